//! `cargo xtask soak`: the service is killed 1,000 times on each database, its database and Odoo go away under load, and a
//! storm of repeated webhooks comes. `cargo xtask test` does the same for a short while.

use anyhow::{Result, ensure};

use crate::live::suite::{Suite, Total};

const KILLS: &str = "1000";
const OUTAGES: &str = "50";

const PARTS: [(&str, &str); 3] =
    [("kills", "service::killed::"), ("outages", "service::away::"), ("storm", "the_whole_storm_")];

pub(crate) fn run(words: &[String]) -> Result<()> {
    let names: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
    if let Some(unknown) = words.iter().find(|word| !names.contains(&word.as_str())) {
        anyhow::bail!("there is no part '{unknown}'; there are: {}", names.join(", "));
    }
    let given =
        |name: &'static str, usual: &str| (name, std::env::var(name).unwrap_or_else(|_| usual.to_owned()));
    let environment = [given("LINKSPAN_SERVICE_KILLS", KILLS), given("LINKSPAN_SERVICE_OUTAGES", OUTAGES)];
    let mut total = Total::default();
    for (name, filter) in
        PARTS.into_iter().filter(|(name, _)| words.is_empty() || words.iter().any(|word| word == name))
    {
        // The tests of a part share nothing, and wait most of the time.
        let suite = Suite { name, package: "linkspan", binary: "it", filter: filter.to_owned(), at_once: 3 };
        total.add(suite.run(&environment)?);
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    ensure!(total.failed == 0, "some checks failed; the seed that repeats a run stands before its check");
    Ok(())
}
