//! What the stand-in claims about Odoo, as checks that also run against a real one.
//!
//! By default they run against the stand-in for every series. With `LINKSPAN_ODOO_URL`, `_DB`, `_LOGIN`, `_SECRET` (a
//! sales manager), and optionally `_ADMIN_LOGIN`, `_ADMIN_SECRET` (who may create taxes), `_PLAIN_LOGIN`, `_PLAIN_SECRET`
//! (a salesperson) and `_API_KEY` (of the manager), they run against that Odoo instead. They make their own records,
//! with names that nobody else uses. `LINKSPAN_CHECK` picks the checks whose names contain it.
#![allow(clippy::print_stdout, reason = "a line per check is what the run is for")]

mod bench;
mod cells;
mod doors;
mod json2;
mod orders;
mod records;
mod rights;
mod stand_in;

use std::pin::Pin;

use bench::Bench;
use sandbox::odoo::Series;

/// One claim and the function that tries it.
type Check = (&'static str, for<'a> fn(&'a Bench) -> Pin<Box<dyn Future<Output = Result<(), String>> + 'a>>);

/// Names the functions of a module as checks.
macro_rules! checks {
    ($($name:ident),* $(,)?) => {
        pub(crate) const CHECKS: &[crate::Check] = &[$((stringify!($name), |bench| Box::pin($name(bench)))),*];
    };
}
pub(crate) use checks;

fn all() -> Vec<Check> {
    [doors::CHECKS, json2::CHECKS, rights::CHECKS, records::CHECKS, cells::CHECKS, orders::CHECKS].concat()
}

async fn run(bench: &Bench) {
    let mut failed = Vec::new();
    let wanted = std::env::var("LINKSPAN_CHECK").unwrap_or_default();
    for (name, check) in all().into_iter().filter(|(name, _)| name.contains(&wanted)) {
        match check(bench).await {
            Ok(()) => println!("{} ok   {name}", bench.series),
            Err(why) => {
                println!("{} FAIL {name}: {why}", bench.series);
                failed.push(name);
            }
        }
    }
    assert!(failed.is_empty(), "series {}: {} checks failed: {failed:?}", bench.series, failed.len());
}

/// The checks against the stand-in of a series, unless a real Odoo is to be tested.
async fn against(series: Series) {
    match Bench::from_env().await {
        None => run(&Bench::stand_in(series).await).await,
        Some(real) if real.series == series.number() => run(&real).await,
        Some(_) => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odoo_16_does_what_the_checks_say() {
    against(Series::V16).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odoo_17_does_what_the_checks_say() {
    against(Series::V17).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odoo_18_does_what_the_checks_say() {
    against(Series::V18).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odoo_19_does_what_the_checks_say() {
    against(Series::V19).await;
}
