//! `kill -9` at random moments of an import.
//!
//! `LINKSPAN_KILLS` says how many kills there are in total (default 50), `LINKSPAN_KILL_SEED` repeats a failed run.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sandbox::shop::{ChangeSpec, Shop, ShopSpec};

use crate::support::kept::EndState;
use crate::support::records::disagreements;
use crate::support::world::{BACKEND, Plan, StoreKind, World, size, writes};

/// A shop in which some products are in bad shape, so that there are dead letters and orders that wait.
fn shop() -> Shop {
    Shop::generate(&ShopSpec { bad_products: 3, ..size(300, 100, 150) })
}

fn plan(store: StoreKind) -> Plan {
    Plan { store, ..Plan::of(shop()).in_steps(50, 50) }
}

/// One number for the kills of all tests here, of which each takes its share.
fn kills_wanted(percent: usize) -> usize {
    let all: usize = std::env::var("LINKSPAN_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(50);
    (all * percent).div_ceil(100)
}

fn seed() -> u64 {
    let given = std::env::var("LINKSPAN_KILL_SEED").ok().and_then(|text| text.parse().ok());
    given.unwrap_or_else(|| rand::rng().random())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_import_into_sqlite_ends_as_an_undisturbed_one() {
    kill_and_compare(StoreKind::Sqlite, kills_wanted(40)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_import_into_postgres_ends_as_an_undisturbed_one() {
    kill_and_compare(StoreKind::Postgres, kills_wanted(40)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_is_killed_while_the_shop_changes_loses_no_change() {
    let calm = Calm::run(StoreKind::Sqlite).await;
    let mut dice = Dice::new(&calm);
    let mut kills = kills_wanted(20);
    while kills > 0 {
        let world = World::start(plan(StoreKind::Sqlite)).await;
        while kills > 0 && run_until(&world, dice.moment()).await.is_none() {
            kills -= 1;
            let changes = ChangeSpec { seed: dice.random.random(), products: 5, customers: 3, orders: 4 };
            world.shop.shop().change(&changes);
        }
        finish(&world).await;
        finish(&world).await;
        let wrong = disagreements(&world).await;
        assert!(wrong.is_empty(), "seed {}: {wrong:#?}", dice.seed);
    }
}

async fn kill_and_compare(store: StoreKind, mut kills: usize) {
    let calm = Calm::run(store).await;
    let mut dice = Dice::new(&calm);
    while kills > 0 {
        let world = World::start(plan(store)).await;
        let mut how = format!("{store:?}, seed {}, killed", dice.seed);
        while kills > 0 {
            let moment = dice.moment();
            if let Some(code) = run_until(&world, moment).await {
                assert!(code == 0 || code == 1, "{how}: exit code {code}");
                break;
            }
            how.push_str(&format!(" {moment:?}"));
            kills -= 1;
        }
        finish(&world).await;
        EndState::of(&world).await.assert_is(&calm.end, &how);
        let wrong = disagreements(&world).await;
        assert!(wrong.is_empty(), "{how}: {wrong:#?}");
    }
}

/// A run to the end; nothing may be wrong with it but refused records.
async fn finish(world: &World) {
    world.sync(&[]).await.finished();
}

/// What nobody disturbed.
struct Calm {
    took: Duration,
    writes: u64,
    end: EndState,
}

impl Calm {
    async fn run(store: StoreKind) -> Calm {
        let world = World::start(plan(store)).await;
        let started = Instant::now();
        world.sync(&[]).await.ended(1);
        let took = started.elapsed();
        let writes = world.writes().values().sum();
        finish(&world).await;
        let wrong = disagreements(&world).await;
        assert!(wrong.is_empty(), "undisturbed: {wrong:#?}");
        Calm { took, writes, end: EndState::of(&world).await }
    }
}

/// When a run is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So long after its start.
    After(Duration),
    /// So long after Odoo began to work on this write: Odoo has it, the program may not have heard of it.
    AfterWrite(u64, Duration),
}

/// Chooses moments.
struct Dice {
    seed: u64,
    random: StdRng,
    took: Duration,
    writes: u64,
}

impl Dice {
    fn new(calm: &Calm) -> Dice {
        let seed = seed();
        println!(
            "an undisturbed run takes {:?} and {} writes; LINKSPAN_KILL_SEED={seed}",
            calm.took, calm.writes
        );
        Dice { seed, random: StdRng::seed_from_u64(seed), took: calm.took, writes: calm.writes }
    }

    fn moment(&mut self) -> Moment {
        if self.random.random_bool(0.5) {
            Moment::After(self.took.mul_f64(self.random.random_range(0.0..1.0)))
        } else {
            let write = self.random.random_range(1..=self.writes.div_ceil(3));
            Moment::AfterWrite(write, Duration::from_micros(self.random.random_range(0..30_000)))
        }
    }
}

/// Kills a sync at this moment; gives its exit code when it ended before.
async fn run_until(world: &World, moment: Moment) -> Option<i32> {
    let before: u64 = world.writes().values().sum();
    let mut child = world.program.start(&["sync", BACKEND]);
    let kill_now = async {
        match moment {
            Moment::After(time) => tokio::time::sleep(time).await,
            Moment::AfterWrite(write, time) => {
                let mut look = tokio::time::interval(Duration::from_micros(300));
                while writes(&world.odoo).values().sum::<u64>() < before + write {
                    look.tick().await;
                }
                tokio::time::sleep(time).await;
            }
        }
    };
    tokio::select! {
        ended = child.wait() => return Some(ended.unwrap().code().unwrap()),
        () = kill_now => {}
    }
    child.kill().await.unwrap();
    None
}
