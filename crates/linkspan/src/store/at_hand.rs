//! Connections to PostgreSQL, the last used one first.
//!
//! sqlx asks each connection that is given back whether it is alive. Under load that is a trip after every statement, and
//! as long as it takes the next statement finds the connection gone and opens or warms up another one. So the few whose
//! last statement ended well stay at hand, and sqlx's pool gets the others.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, PgConnection, PgPool, Postgres};
use tokio::time::timeout;

/// Shorter than any server takes to restart.
const TAKEN_FOR_ALIVE: Duration = Duration::from_millis(500);

/// After this long a connection goes through the pool again, which closes it when it has become old.
const GOES_BACK_AFTER: Duration = Duration::from_mins(5);

/// One that does not answer in this time has gone, with its server's machine perhaps.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// The pool needs as many connections beyond those that its own line shall have.
pub(super) const MOST_AT_HAND: u32 = 4;

/// The pool with what is at hand of it; a clone shares both.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    pool: PgPool,
    at_hand: Arc<AtHand>,
}

/// A connection that is lent. Dropped, as when a statement failed or nobody waits for it any more, it goes to the pool,
/// which looks what is the matter with it.
#[derive(Debug)]
pub(super) struct Lent {
    connection: PoolConnection<Postgres>,
    left_pool: Instant,
    used: Instant,
}

#[derive(Debug, Default)]
struct AtHand(Mutex<Vec<Lent>>);

/// Asks it unless it was in use a moment ago.
pub(super) async fn is_alive(connection: &mut PgConnection, idle_for: Duration) -> Result<bool, sqlx::Error> {
    if idle_for > TAKEN_FOR_ALIVE {
        connection.ping().await?;
    }
    Ok(true)
}

impl Connections {
    pub(super) fn new(pool: PgPool) -> Self {
        Self { pool, at_hand: Arc::default() }
    }

    /// The pool itself, for transactions.
    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// A connection that answers.
    pub(super) async fn lend(&self) -> Result<Lent, sqlx::Error> {
        let last = self.at_hand.list().pop();
        if let Some(mut lent) = last {
            let idle_for = lent.used.elapsed();
            if let Ok(Ok(true)) = timeout(ANSWERS_WITHIN, is_alive(&mut lent.connection, idle_for)).await {
                return Ok(lent);
            }
            // The others were used before it. The pool would wait for an answer of each.
            lent.close();
            self.at_hand.close();
        }
        let now = Instant::now();
        Ok(Lent { connection: self.pool.acquire().await?, left_pool: now, used: now })
    }

    /// Takes back a connection whose statement ended well.
    pub(super) fn take_back(&self, mut lent: Lent) {
        let somebody_waits =
            self.pool.num_idle() == 0 && self.pool.size() >= self.pool.options().get_max_connections();
        if somebody_waits || lent.left_pool.elapsed() > GOES_BACK_AFTER {
            return;
        }
        let mut at_hand = self.at_hand.list();
        if at_hand.len() < MOST_AT_HAND as usize {
            lent.used = Instant::now();
            at_hand.push(lent);
        }
    }
}

impl Lent {
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// Without a word to the server, and without a runtime.
    fn close(self) {
        drop(self.connection.detach());
    }
}

impl AtHand {
    fn list(&self) -> MutexGuard<'_, Vec<Lent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        self.list().drain(..).for_each(Lent::close);
    }
}

impl Drop for AtHand {
    fn drop(&mut self) {
        self.close();
    }
}
