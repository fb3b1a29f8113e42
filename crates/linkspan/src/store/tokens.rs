//! Refresh tokens that change with each use, sealed by those who bring them; one process at a time asks for a new one.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::database::{args, both};
use super::leases::demand;
use super::{Lease, Result, Store, now_ms};
use crate::adapter::{TokenKeeper, Turn};

/// Longer than the token server may take; a holder that is gone is waited for no longer.
const TURN_MS: i64 = 60_000;
const LOOK_EVERY: Duration = Duration::from_millis(50);

const KEPT: &str = "SELECT sealed FROM oauth_token WHERE name = $1";

const KEEP: &str = "INSERT INTO oauth_token (name, sealed, updated_at) VALUES ($1, $2, $3) \
                    ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at";

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

    async fn end_turn(&self, turn: &Turn, sealed: Option<&str>) -> Result<()> {
        const ACTION: &str = "keep a token";
        let Turn { name, holder, fence, .. } = turn;
        let lease =
            Lease { name: lease_name(name), holder: holder.clone(), fence: *fence, expires_at: i64::MAX };
        if let Some(sealed) = sealed {
            let mut tx = self.database.begin(ACTION).await?;
            demand(&mut tx, &lease).await?;
            tx.session().execute(ACTION, both(KEEP), args![name, sealed, now_ms()]).await?;
            tx.commit(ACTION).await?;
        }
        self.release_lease(&lease).await.map(drop)
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
        self.end_turn(turn, sealed).map(|ended| ended.map_err(|error| error.to_string())).boxed()
    }
}
