//! One process at a time syncs a backend. The lease is in the store, so it holds over machines; a process that was
//! killed leaves it behind until it expires, or until the next one on the same machine sees that its holder is gone.

use std::time::Duration;

use tokio::task::JoinHandle;

use super::error::SyncError;
use crate::store::{Lease, Store, now_ms};

const TTL_MS: i64 = 60_000;
const RENEW_EVERY: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How long a service may work on a backend before a command says that it is busy.
const TURNS: Duration = Duration::from_secs(30);

/// Holds a backend's lease; renewed while it lives.
#[derive(Debug)]
pub struct LeaseGuard {
    store: Store,
    lease: Lease,
    renewal: JoinHandle<()>,
}

impl LeaseGuard {
    /// Takes the lease of `backend`, or says who has it.
    pub async fn acquire(store: &Store, backend: &str) -> Result<LeaseGuard, SyncError> {
        let just_begun = || SyncError::Busy(format!("another sync of {backend} has just begun"));
        LeaseGuard::take(store, &format!("sync:{backend}"), |other| busy(backend, other), just_begun).await
    }

    /// Takes the lease of a backend's way out, which commands share with nobody; an import may go on beside it.
    pub async fn acquire_export(store: &Store, backend: &str) -> Result<LeaseGuard, SyncError> {
        let taken = |holder: &str| {
            SyncError::Busy(format!(
                "another export of {backend} is running ({holder}). Wait for it to end; if it was killed, its claim ends within a minute"
            ))
        };
        let name = format!("export:{backend}");
        LeaseGuard::take(store, &name, |other| taken(&other.holder), || taken("it has just begun")).await
    }

    /// The same for a command. A service gives the lease back every few seconds, so where one runs the command waits for
    /// its turn; what another command does may take hours.
    pub async fn acquire_for_command(store: &Store, backend: &str) -> Result<LeaseGuard, SyncError> {
        let alive = now_ms() - TTL_MS;
        let is_served = store.node_views().await?.iter().any(|node| node.seen_at > alive);
        let end = tokio::time::Instant::now() + if is_served { TURNS } else { Duration::ZERO };
        loop {
            match LeaseGuard::acquire(store, backend).await {
                Err(SyncError::Busy(_)) if tokio::time::Instant::now() < end => {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                other => return other,
            }
        }
    }

    /// Takes the right to be the only service on a store that serves one node, or says who has it.
    pub async fn only_node(store: &Store) -> Result<LeaseGuard, SyncError> {
        let taken = |holder: &str| {
            SyncError::Busy(format!(
                "another service works on this SQLite store ({holder}). Stop it first; several nodes need a store on PostgreSQL"
            ))
        };
        LeaseGuard::take(store, "node", |other| taken(&other.holder), || taken("it has just begun")).await
    }

    async fn take(
        store: &Store,
        name: &str,
        busy: impl Fn(&Lease) -> SyncError,
        just_begun: impl Fn() -> SyncError,
    ) -> Result<LeaseGuard, SyncError> {
        let holder = holder();
        let mut lease = store.acquire_lease(name, &holder, TTL_MS, now_ms()).await?;
        if lease.is_none()
            && let Some(other) = store.lease(name).await?
        {
            if !is_gone(&other.holder) {
                return Err(busy(&other));
            }
            store.release_lease(&other).await?;
            lease = store.acquire_lease(name, &holder, TTL_MS, now_ms()).await?;
        }
        let lease = lease.ok_or_else(just_begun)?;
        let renewal = tokio::spawn(renew(store.clone(), lease.clone()));
        Ok(LeaseGuard { store: store.clone(), lease, renewal })
    }

    /// Proof for the store that the lease is held.
    pub fn lease(&self) -> Lease {
        self.lease.clone()
    }

    /// Gives the lease back. One that could not be given back is still held, until it expires or another takes it.
    pub async fn release(&self) -> Result<(), SyncError> {
        self.renewal.abort();
        self.store.release_lease(&self.lease).await?;
        Ok(())
    }
}

/// A lease that cannot be renewed is noticed at the next commit, which names it.
async fn renew(store: Store, mut lease: Lease) {
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        if let Err(error) = store.renew_lease(&mut lease, TTL_MS, now_ms()).await {
            tracing::warn!(%error, lease = lease.name, "the lease could not be renewed");
        }
    }
}

fn busy(backend: &str, other: &Lease) -> SyncError {
    SyncError::Busy(format!(
        "another sync of {backend} is running ({}). Wait for it to end; if it was killed, its claim ends within a minute",
        other.holder
    ))
}

/// `host:process id.time at which it began`: in a container that begins anew host and process id are the same.
pub(crate) fn holder() -> String {
    let id = std::process::id().to_string();
    let began = began(&id).map_or_else(String::new, |began| format!(".{began}"));
    format!("{}:{id}{began}", host())
}

/// When a process began, in ticks since the machine did.
fn began(process: &str) -> Option<String> {
    stat(process, 22)
}

/// Whether a process has ended and only its parent has not asked for its outcome yet, a shell that was closed for instance.
fn is_zombie(process: &str) -> bool {
    stat(process, 3).is_some_and(|state| state == "Z" || state == "X")
}

/// A field of what the system tells of a process, counted from 1.
fn stat(process: &str, field: usize) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // Behind the second, the program's name, which may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(field.checked_sub(3)?).map(str::to_owned)
}

fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map_or_else(|_| "unknown".to_owned(), |name| name.trim().to_owned())
}

/// Whether the holder was a process of this machine that no longer runs. Where that cannot be told, it is not.
pub(crate) fn is_gone(holder: &str) -> bool {
    let Some((machine, process)) = holder.rsplit_once(':') else { return false };
    let (id, its_beginning) = process.split_once('.').map_or((process, None), |(id, at)| (id, Some(at)));
    let proc = std::path::Path::new("/proc");
    let is_another = || its_beginning.is_some_and(|at| began(id).is_some_and(|now| now != at));
    let ended = || !proc.join(id).exists() || is_another() || is_zombie(id);
    machine == host() && proc.join("self").exists() && ended()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::{began, holder, host, is_gone};

    #[test]
    fn a_process_is_known_by_its_id_and_the_time_at_which_it_began() {
        let own = std::process::id();
        let began: u64 = began(&own.to_string()).unwrap().parse().unwrap();
        assert!(!is_gone(&holder()), "this one runs");
        assert!(!is_gone(&format!("{}:{own}", host())), "as earlier versions wrote it");
        assert!(is_gone(&format!("{}:{own}.{}", host(), began - 1)), "one that had the same id before");
        assert!(is_gone(&format!("{}:4294967295.1", host())));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let child_id = child.id().to_string();
        while super::stat(&child_id, 3).as_deref() != Some("Z") {
            std::thread::yield_now();
        }
        assert!(is_gone(&format!("{}:{child_id}.{}", host(), super::began(&child_id).unwrap())), "a zombie");
        child.wait().unwrap();
        assert!(!is_gone(&format!("elsewhere:{own}.{}", began - 1)), "of another machine nothing is known");
    }
}
