//! Refresh tokens that change with each use, sealed by those who bring them; one process at a time asks for a new one.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::database::{args, both};
use super::{Lease, Result, Store, now_ms};
use crate::adapter::{TokenKeeper, Turn};

/// Longer than the token server may take; a holder that is gone is waited for no longer.
const TURN_MS: i64 = 60_000;
const LOOK_EVERY: Duration = Duration::from_millis(50);

const KEPT: &str = "SELECT sealed FROM oauth_token WHERE name = $1";

/// What was kept when the turn began must be there still: a turn may have been taken over, a token may not be lost.
const REPLACE: &str =
    "UPDATE oauth_token SET sealed = $2, updated_at = $3 WHERE name = $1 AND sealed IN ($4, $2)";

const KEEP: &str = "INSERT INTO oauth_token (name, sealed, updated_at) VALUES ($1, $2, $3) \
                    ON CONFLICT (name) DO UPDATE SET updated_at = excluded.updated_at \
                    WHERE oauth_token.sealed = excluded.sealed";

impl Store {
    async fn begin_turn(&self, name: &str) -> Result<Turn> {
        let (lease_name, holder) = (lease_name(name), crate::store::correlation());
        let lease = loop {
            if let Some(lease) = self.acquire_lease(&lease_name, &holder, TURN_MS, now_ms()).await? {
                break lease;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        };
        let rows = self.database.read("read a token", both(KEPT), args![name]).await?;
        let sealed = rows.first().map(|row| row.get("sealed")).transpose()?;
        Ok(Turn { name: name.to_owned(), holder, fence: lease.fence, sealed })
    }

    /// Whether what is to be kept is kept; the turn has ended then.
    async fn end_turn(&self, turn: &Turn, sealed: Option<&str>) -> Result<bool> {
        const ACTION: &str = "keep a token";
        let Turn { name, holder, fence, sealed: before } = turn;
        let kept = match (sealed, before) {
            (None, _) => 1,
            (Some(sealed), Some(before)) => {
                self.database.write(ACTION, both(REPLACE), args![name, sealed, now_ms(), before]).await?
            }
            (Some(sealed), None) => {
                self.database.write(ACTION, both(KEEP), args![name, sealed, now_ms()]).await?
            }
        };
        let lease =
            Lease { name: lease_name(name), holder: holder.clone(), fence: *fence, expires_at: i64::MAX };
        // Nobody waits for longer than the lease holds anyway.
        if let Err(error) = self.release_lease(&lease).await {
            tracing::warn!(%error, name, "the turn to ask for a token ends by itself");
        }
        Ok(kept > 0)
    }
}

fn lease_name(name: &str) -> String {
    format!("token:{name}")
}

impl TokenKeeper for Store {
    fn begin<'a>(&'a self, name: &'a str) -> BoxFuture<'a, std::result::Result<Turn, String>> {
        self.begin_turn(name).map(|turn| turn.map_err(|error| error.to_string())).boxed()
    }

    fn end<'a>(
        &'a self,
        turn: &'a Turn,
        sealed: Option<&'a str>,
    ) -> BoxFuture<'a, std::result::Result<(), String>> {
        async move {
            match self.end_turn(turn, sealed).await {
                Ok(true) => Ok(()),
                Ok(false) => Err("another process has kept other tokens meanwhile".to_owned()),
                Err(error) => Err(error.to_string()),
            }
        }
        .boxed()
    }
}
