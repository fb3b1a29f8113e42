//! Leases: one importer for each backend and entity at a time, across processes.
//!
//! A holder renews before its time is up. One that was killed, or slept too long, is taken over;
//! the fence then grows, and whatever the old holder still sends is refused (`BatchCommit::lease`).

use super::database::{Sql, Tx, args, both};
use super::{Result, Store, StoreError};

/// The right to be the only one, for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What it is for, `import shop product`.
    pub name: String,
    /// Who has it; unlike any other holder's text, for instance host, process id and a random number.
    pub holder: String,
    /// Grows with each holder; a smaller one is out of date.
    pub fence: i64,
    /// When it ends unless renewed.
    pub expires_at: i64,
}

const ACQUIRE: &str = "INSERT INTO lease (name, holder, fence, expires_at) VALUES ($1, $2, 1, $3) \
                       ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, fence = lease.fence + 1, \
                       expires_at = excluded.expires_at WHERE lease.expires_at <= $4 RETURNING fence";

/// An expired lease that nobody took is still its holder's.
const RENEW: &str = "UPDATE lease SET expires_at = $4 WHERE name = $1 AND holder = $2 AND fence = $3";

const CURRENT: Sql<'_> = Sql {
    sqlite: "SELECT fence FROM lease WHERE name = $1 AND holder = $2 AND fence = $3",
    // Shared, so that nobody takes the lease over before this transaction ends.
    postgres: "SELECT fence FROM lease WHERE name = $1 AND holder = $2 AND fence = $3 FOR SHARE",
};

impl Store {
    /// Takes a lease that is free or expired at `now_ms`; None when somebody else has it.
    pub async fn acquire_lease(
        &self,
        name: &str,
        holder: &str,
        ttl_ms: i64,
        now_ms: i64,
    ) -> Result<Option<Lease>> {
        let expires_at = now_ms.saturating_add(ttl_ms);
        let args = args![name, holder, expires_at, now_ms];
        let rows = self.database.write_returning("take a lease", both(ACQUIRE), args).await?;
        rows.first()
            .map(|row| {
                let fence = row.get("fence")?;
                Ok(Lease { name: name.to_owned(), holder: holder.to_owned(), fence, expires_at })
            })
            .transpose()
    }

    /// Moves the end of a lease to `ttl_ms` from `now_ms`; an error when it was taken over.
    pub async fn renew_lease(&self, lease: &mut Lease, ttl_ms: i64, now_ms: i64) -> Result<()> {
        let expires_at = now_ms.saturating_add(ttl_ms);
        let args = args![&lease.name, &lease.holder, lease.fence, expires_at];
        if self.database.write("renew a lease", both(RENEW), args).await? == 0 {
            return Err(lease.lost());
        }
        lease.expires_at = expires_at;
        Ok(())
    }

    /// Gives a lease back at once; false when it was taken over already. The row stays, so that the
    /// fence never falls.
    pub async fn release_lease(&self, lease: &Lease) -> Result<bool> {
        let args = args![&lease.name, &lease.holder, lease.fence, 0];
        Ok(self.database.write("release a lease", both(RENEW), args).await? > 0)
    }

    /// Who has a lease, or had it last.
    pub async fn lease(&self, name: &str) -> Result<Option<Lease>> {
        let sql = both("SELECT * FROM lease WHERE name = $1");
        let rows = self.database.read("read a lease", sql, args![name]).await?;
        rows.first()
            .map(|row| {
                Ok(Lease {
                    name: row.get("name")?,
                    holder: row.get("holder")?,
                    fence: row.get("fence")?,
                    expires_at: row.get("expires_at")?,
                })
            })
            .transpose()
    }
}

impl Lease {
    fn lost(&self) -> StoreError {
        StoreError::LeaseLost { name: self.name.clone(), holder: self.holder.clone() }
    }
}

/// Refuses to go on when the lease is somebody else's now.
pub(super) async fn demand(tx: &mut Tx, lease: &Lease) -> Result<()> {
    let args = args![&lease.name, &lease.holder, lease.fence];
    let rows = tx.session().rows("check its lease", CURRENT, args).await?;
    if rows.is_empty() { Err(lease.lost()) } else { Ok(()) }
}
