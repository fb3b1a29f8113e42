// graphile-worker's side of `cargo xtask bench queue`: `fill URL COUNT` adds jobs, each with a key of its own;
// `work URL BATCH` says "ready", waits for a line, works until nothing is left, says how many jobs it did. Its settings are
// those that its documentation names for throughput: a local queue, completions in batches.
import { EventEmitter } from "node:events";
import { createInterface } from "node:readline";
import { makeWorkerUtils, run, Logger } from "graphile-worker";

const [task, connectionString, number] = process.argv.slice(2);
const logger = new Logger(() => () => {});

async function fill(count) {
  const utils = await makeWorkerUtils({ connectionString, logger });
  await utils.migrate();
  await utils.withPgClient(async (client) => {
    await client.query("truncate graphile_worker._private_jobs");
    for (let first = 0; first < count; first += 1000) {
      await client.query(
        `select count(*) from graphile_worker.add_jobs(array(select
           ('import', json_build_object('record', n), null, now(), null, 'order/' || n, null, null
           )::graphile_worker.job_spec from generate_series($1::int, $2::int) as n))`,
        [first, Math.min(first + 1000, count) - 1],
      );
    }
    await client.query("analyze graphile_worker._private_jobs");
  });
  await utils.release();
}

async function work(batch) {
  let done = 0;
  const preset = {
    worker: { concurrentJobs: 24, maxPoolSize: 8, localQueue: { size: batch }, completeJobBatchDelay: 0 },
  };
  const taskList = {
    import: () => {
      done += 1;
    },
  };
  const events = new EventEmitter();
  const empty = new Promise((nothing) =>
    events.on("localQueue:getJobs:complete", ({ jobs }) => jobs.length === 0 && nothing()),
  );
  console.log("ready");
  const lines = createInterface({ input: process.stdin });
  await new Promise((go) => lines.once("line", go));
  const runner = await run({ connectionString, logger, events, preset, noHandleSignals: true, taskList });
  await empty;
  await runner.stop();
  console.log(done);
  lines.close();
}

await (task === "fill" ? fill(Number(number)) : work(Number(number)));
process.exit(0);
