//! The connection to Odoo, or the shop, fails at every single step; the program lives on.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use sandbox::Fault;
use sandbox::shop::{ChangeSpec, Clock, Shop, ShopSpec};

use crate::support::kept::EndState;
use crate::support::records::disagreements;
use crate::support::world::{Plan, World, size};

/// Small, because there is one run for each write; it still has everything that a larger one writes.
fn shop() -> Shop {
    Shop::generate(&ShopSpec { bad_products: 1, ..size(24, 10, 24) })
}

/// What the sync under test has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    /// Everything is new.
    FirstImport,
    /// Everything is in Odoo; records changed, and lines left orders.
    Changes,
}

impl Work {
    /// A world in which only the sync under test is still to be done.
    async fn world(self) -> World {
        let world = World::start(Plan::of(shop()).in_steps(12, 12)).await;
        // Changes of all worlds are from the same moment, which no checkpoint has reached.
        static CHANGED: LazyLock<i64> = LazyLock::new(|| jiff::Timestamp::now().as_second() + 3_600);
        world.shop.shop().set_clock(Clock::Fixed(*CHANGED));
        if self == Work::Changes {
            world.sync(&[]).await.ended(1);
            let changes = ChangeSpec { seed: 4, products: 3, customers: 2, orders: 16 };
            world.shop.shop().change(&changes);
        }
        world
    }
}

/// What nobody disturbed.
struct Calm {
    work: Work,
    writes: BTreeMap<String, u64>,
    end: EndState,
}

impl Calm {
    async fn run(work: Work) -> Calm {
        let world = work.world().await;
        let before = world.writes();
        world.sync(&[]).await.finished();
        let mut writes = world.writes();
        writes.iter_mut().for_each(|(target, count)| *count -= before.get(target).unwrap_or(&0));
        writes.retain(|_, count| *count > 0);
        let wrong = disagreements(&world).await;
        assert!(wrong.is_empty(), "undisturbed {work:?}: {wrong:#?}");
        Calm { work, writes, end: EndState::of(&world).await }
    }

    /// One run for each single write of the undisturbed run, with `fault` at it.
    async fn with_each_write(&self, fault: Fault) {
        for (target, count) in &self.writes {
            for at in 0..*count {
                self.with(target, &fault, u32::try_from(at).unwrap(), 1).await;
            }
        }
    }

    /// One run for each writing method, with `fault` at its first calls.
    async fn with_each_method(&self, fault: Fault, times: u32) {
        for target in self.writes.keys() {
            self.with(target, &fault, 0, times).await;
        }
    }

    async fn with(&self, target: &str, fault: &Fault, skip: u32, times: u32) {
        let how = format!("{:?}, {times} times {fault:?} at {target} after {skip}", self.work);
        let world = self.work.world().await;
        world.odoo.faults().add_after(target, fault.clone(), skip, times);
        sync_until_done(&world, &how, times).await;
        EndState::of(&world).await.assert_is(&self.end, &how);
    }
}

/// A run that cannot go on says so with exit code 3; one of the next must come to the end. A web page in place of
/// an answer may as well be a wrong address, which is exit code 2.
async fn sync_until_done(world: &World, how: &str, failing: u32) {
    println!("{how}");
    for _ in 0..failing {
        let ran = world.sync(&[]).await;
        if !matches!(ran.code, 2 | 3) {
            ran.finished();
            return;
        }
    }
    world.sync(&[]).await.finished();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_import_whose_connection_is_cut_after_any_commit_ends_the_same() {
    let calm = Calm::run(Work::FirstImport).await;
    for written in ["product.product.load", "sale.order.load", "sale.order.action_confirm"] {
        assert!(calm.writes.contains_key(written), "{written} is not tested: {:?}", calm.writes);
    }
    calm.with_each_write(Fault::CutAfterWork).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_whose_connection_is_cut_after_any_commit_ends_the_same() {
    let calm = Calm::run(Work::Changes).await;
    for written in ["sale.order.load", "sale.order.line.unlink", "sale.order.line.write"] {
        assert!(calm.writes.contains_key(written), "{written} is not tested: {:?}", calm.writes);
    }
    calm.with_each_write(Fault::CutAfterWork).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_odoo_that_stays_away_for_a_while_is_no_end() {
    let calm = Calm::run(Work::FirstImport).await;
    calm.with_each_method(Fault::CutBeforeWork, 12).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_odoo_answers_instead_of_an_answer_loses_and_duplicates_nothing() {
    let calm = Calm::run(Work::FirstImport).await;
    let faults = [
        Fault::SerializationFailure,
        Fault::SessionExpired,
        Fault::Status { status: 500, retry_after_secs: None },
        Fault::Status { status: 429, retry_after_secs: Some(1) },
        Fault::HtmlPage { status: 200 },
        Fault::HtmlPage { status: 502 },
    ];
    for fault in faults {
        calm.with_each_method(fault, 1).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_shop_answers_instead_of_an_answer_loses_and_duplicates_nothing() {
    let calm = Calm::run(Work::FirstImport).await;
    let faults = [
        Fault::Status { status: 429, retry_after_secs: Some(1) },
        Fault::Status { status: 500, retry_after_secs: None },
        Fault::HtmlPage { status: 200 },
        Fault::HtmlPage { status: 503 },
        Fault::CutAfterWork,
    ];
    for fault in faults {
        for list in ["/products?", "/customers?", "/orders?"] {
            let how = format!("{fault:?} at {list}");
            let world = Work::FirstImport.world().await;
            world.shop.faults().add_after(list, fault.clone(), 1, 1);
            sync_until_done(&world, &how, 1).await;
            EndState::of(&world).await.assert_is(&calm.end, &how);
        }
    }
}
