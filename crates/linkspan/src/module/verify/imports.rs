//! Synchronizes everything, twice.

use std::collections::BTreeMap;

use odoo_rpc::{Client, Repeat};
use serde_json::{Map, Value, json};

use super::VerifyError;
use super::checklist::{Checklist, Group};
use super::external::Running;
use super::jobs::{Jobs, failures, settle};
use super::subject::Subject;

const G: Group = Group::Import;
const IMPORTS: &str = "Manual sync imports data";
const TWICE: &str = "No duplicate records created on import";
const EXTERNAL_IDS: &str = "External IDs are set correctly";
const LINKS: &str = "Bindings link Odoo records to external records";
const PAGING: &str = "Import handles API pagination correctly";
const ERRORS: &str = "Import handles API errors gracefully";
const RUNS: &str = "Jobs execute successfully in queue_job worker";
const REGISTERED: &str = "Queue jobs are registered and visible";
const STATISTICS: &str = "Backend statistics update (last_sync_date, counters)";

pub(super) async fn check(
    admin: &Client,
    subject: &Subject,
    external: Option<&Running>,
    list: &mut Checklist,
) -> Result<(), VerifyError> {
    let functions = subject.data.get("queue.job.function").map_or(0, Vec::len);
    list.note(Group::Jobs, REGISTERED, functions > 0, format!("{functions} job functions in its data"));
    let (Some((model, id)), Some(external)) = (subject.made(), external) else {
        for item in [IMPORTS, TWICE, EXTERNAL_IDS, LINKS, PAGING, ERRORS] {
            list.skip(G, item, "there is no backend, or nothing to import from");
        }
        return Ok(());
    };
    let before = Jobs::count(admin).await?;
    let first = sync(admin, model, id).await?;
    let counts = subject.counts(admin).await?;
    let failed = failures(admin).await?;
    let total: u64 = counts.values().sum();
    let observed = format!("{}; {} jobs", shown(&counts), first.since(&before));
    list.note(G, IMPORTS, total > 0, observed.clone());
    let is_paged = matches!(external, Running::Shop(_));
    match is_paged {
        true => list.note(G, PAGING, total > 0, observed),
        false => list.skip(G, PAGING, "the recorded exchanges are what the module's own tests page through"),
    }
    let observed = if failed.is_empty() { format!("{} done", first.done) } else { failed.join("; ") };
    list.note(Group::Jobs, RUNS, first.failed == 0 && first.open == 0 && first.done > 0, observed);
    again(admin, subject, model, id, &counts, list).await?;
    links(admin, subject, list).await?;
    statistics(admin, model, id, list).await?;
    refused(admin, model, id, external, list).await
}

async fn again(
    admin: &Client,
    subject: &Subject,
    model: &str,
    id: i64,
    counts: &BTreeMap<&str, u64>,
    list: &mut Checklist,
) -> Result<(), VerifyError> {
    let mut bound = BTreeMap::new();
    for odoo in subject.bindings.values() {
        bound.insert(odoo, admin.search_count(odoo, &json!([])).await?);
    }
    sync(admin, model, id).await?;
    let after = subject.counts(admin).await?;
    let mut grown = Vec::new();
    for (odoo, before) in bound {
        let now = admin.search_count(odoo, &json!([])).await?;
        if now != before {
            grown.push(format!("{odoo}: {before} before, {now} after the second import"));
        }
    }
    let same = after == *counts && grown.is_empty();
    let observed =
        if same { format!("the same after a second import: {}", shown(&after)) } else { grown.join("; ") };
    list.note(G, TWICE, same, observed);
    Ok(())
}

async fn links(admin: &Client, subject: &Subject, list: &mut Checklist) -> Result<(), VerifyError> {
    let (mut without_id, mut without_record) = (0, 0);
    for model in subject.bindings.keys() {
        without_id += admin.search_count(model, &json!([["external_id", "in", [false, ""]]])).await?;
        without_record += admin.search_count(model, &json!([["odoo_id", "=", false]])).await?;
    }
    let observed = |count: u64, what: &str| match count {
        0 => format!("none without {what}"),
        _ => format!("{count} bindings have no {what}"),
    };
    list.note(G, EXTERNAL_IDS, without_id == 0, observed(without_id, "an external id"));
    list.note(G, LINKS, without_record == 0, observed(without_record, "a record"));
    Ok(())
}

async fn statistics(admin: &Client, model: &str, id: i64, list: &mut Checklist) -> Result<(), VerifyError> {
    let read = admin.read(model, &[id], &["last_sync_date"]).await?;
    let at = read.iter().find_map(|record| record.get("last_sync_date")?.as_str());
    let observed =
        at.map_or_else(|| "last_sync_date is empty".to_owned(), |at| format!("last_sync_date {at}"));
    list.note(Group::Backend, STATISTICS, at.is_some(), observed);
    Ok(())
}

/// The same with every request refused: Odoo goes on, and somebody is told.
async fn refused(
    admin: &Client,
    model: &str,
    id: i64,
    external: &Running,
    list: &mut Checklist,
) -> Result<(), VerifyError> {
    const CRASH: &str = "API errors don't crash Odoo";
    const RETRY: &str = "Failed jobs can be retried";
    if !external.refuse(true) {
        for (group, item) in [(G, ERRORS), (Group::Errors, CRASH), (Group::Jobs, RETRY)] {
            list.skip(group, item, "the server given with --external is used as it is");
        }
        return Ok(());
    }
    let jobs = sync(admin, model, id).await;
    external.refuse(false);
    let jobs = jobs?;
    let failed = failures(admin).await?;
    let open = admin.search_count("generic.sync.failure", &json!([["state", "=", "open"]])).await?;
    list.note(
        G,
        ERRORS,
        open > 0 || jobs.failed > 0,
        format!("{open} failures noted, {} jobs failed", jobs.failed),
    );
    list.note(Group::Errors, CRASH, true, "Odoo answers as before");
    let detailed = failed.iter().any(|message| message.contains("401"));
    let shown = failed.first().cloned().unwrap_or_else(|| "no job failed".to_owned());
    list.note(Group::Jobs, "Job logs provide useful debugging info", detailed, shown.clone());
    list.note(Group::Errors, "Detailed errors logged for debugging", detailed, shown);
    let ids: Vec<i64> = admin
        .search_read(
            "queue.job",
            &json!([["state", "=", "failed"]]),
            &["id"],
            odoo_rpc::SearchOptions::default(),
        )
        .await?
        .iter()
        .filter_map(|job| job.get("id")?.as_i64())
        .collect();
    admin.call("queue.job", "requeue", vec![json!(ids)], Map::new(), Repeat::Never).await?;
    let after = settle(admin).await?;
    let observed = format!("{} requeued; {} failed again", ids.len(), after.failed);
    list.note(Group::Jobs, RETRY, after.failed == 0 && after.open == 0, observed);
    Ok(())
}

async fn sync(admin: &Client, model: &str, id: i64) -> Result<Jobs, VerifyError> {
    let _: Value = admin.call(model, "action_sync_all", vec![json!([id])], Map::new(), Repeat::Never).await?;
    settle(admin).await
}

fn shown(counts: &BTreeMap<&str, u64>) -> String {
    let parts: Vec<String> = counts.iter().map(|(model, count)| format!("{model} {count}")).collect();
    parts.join(", ")
}
