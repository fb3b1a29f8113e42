//! Rate limits over all nodes, one row each: the time at which a full bucket would be full again (GCRA).

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::database::{Sql, args, both};
use super::{Result, Store, now_ms};
use crate::adapter::Ledger;

/// `$1` name, `$2` now, `$3` time in which a token comes back, `$4` time that may be taken ahead, all in microseconds.
macro_rules! take {
    ($most:literal) => {
        concat!(
            "INSERT INTO rate_limit (name, next_at, paused_to, updated_at) VALUES ($1, $2 + $3, 0, $2 / 1000) \
             ON CONFLICT (name) DO UPDATE SET next_at = ",
            $most,
            "(rate_limit.next_at, $2) + $3, updated_at = $2 / 1000 \
             WHERE rate_limit.next_at - $4 <= $2 AND rate_limit.paused_to <= $2 / 1000 RETURNING next_at"
        )
    };
}

const TAKE: Sql<'_> = Sql { sqlite: take!("max"), postgres: take!("greatest") };

const READY: &str = "SELECT next_at, paused_to FROM rate_limit WHERE name = $1";

const PAUSE: Sql<'_> = Sql {
    sqlite: "INSERT INTO rate_limit (name, next_at, paused_to, updated_at) VALUES ($1, 0, $2, $3) \
             ON CONFLICT (name) DO UPDATE SET paused_to = max(rate_limit.paused_to, excluded.paused_to), updated_at = $3",
    postgres: "INSERT INTO rate_limit (name, next_at, paused_to, updated_at) VALUES ($1, 0, $2, $3) \
               ON CONFLICT (name) DO UPDATE SET paused_to = greatest(rate_limit.paused_to, excluded.paused_to), updated_at = $3",
};

impl Store {
    /// Takes a token of a shared limit; gives the time to wait when there is none.
    pub async fn take_token(&self, name: &str, every: Duration, slack: Duration) -> Result<Option<Duration>> {
        let micros = |time: Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX / 4);
        let now = jiff::Timestamp::now().as_microsecond();
        let args = args![name, now, micros(every), micros(slack)];
        let taken = self.database.write_returning("take a token", TAKE, args).await?;
        if !taken.is_empty() {
            return Ok(None);
        }
        let rows = self.database.read("read a limit", both(READY), args![name]).await?;
        let Some(row) = rows.first() else { return Ok(Some(Duration::from_millis(1))) };
        let (next_at, paused_to): (i64, i64) = (row.get("next_at")?, row.get("paused_to")?);
        let wait = (next_at - micros(slack)).max(paused_to * 1_000) - now;
        Ok(Some(Duration::from_micros(wait.max(1_000).cast_unsigned())))
    }

    /// Nobody takes a token of this limit for so long.
    pub async fn pause_limit(&self, name: &str, wait: Duration) -> Result<()> {
        let until = now_ms() + i64::try_from(wait.as_millis()).unwrap_or(i64::MAX / 4);
        self.database.write("pause a limit", PAUSE, args![name, until, now_ms()]).await.map(drop)
    }
}

impl Ledger for Store {
    fn take<'a>(
        &'a self,
        name: &'a str,
        every: Duration,
        slack: Duration,
    ) -> BoxFuture<'a, Option<Duration>> {
        async move {
            match self.take_token(name, every, slack).await {
                Ok(wait) => {
                    if wait.is_some() {
                        metrics::counter!("linkspan_limit_waits_total", "limit" => name.to_owned()).increment(1);
                    }
                    wait
                }
                Err(error) => {
                    tracing::warn!(%error, name, "the shared limit could not be asked; this process keeps its own");
                    None
                }
            }
        }
        .boxed()
    }

    fn pause(&self, name: &str, wait: Duration) {
        let (store, name) = (self.clone(), name.to_owned());
        tokio::spawn(async move {
            if let Err(error) = store.pause_limit(&name, wait).await {
                tracing::warn!(%error, name, "the other nodes could not be told to pause");
            }
        });
    }
}
