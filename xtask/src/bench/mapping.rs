//! Records mapped in a second, against the same mapping as plain Python.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{Programs, figure, grouped, word};
use crate::system;

pub(super) fn run(programs: &Programs) -> Result<()> {
    let records = word(&super::empty_folder("bench-mapping")?.join("records.jsonl"));
    let rust = |task: &str| system::output(Command::new(programs.bench()).args(["mapping", task, &records]));
    let script = system::workspace().join("crates/linkspan/examples/bench/mapping.py");
    let python = |task: &str| system::output(Command::new("python3").arg(&script).args([task, &records]));
    rust("records")?;
    ensure!(
        rust("values")? == python("values")?,
        "mapping.py and connector.toml give different values of {records}"
    );
    let (ours, theirs) = (rate(&rust("time")?)?, rate(&python("time")?)?);
    figure("20 fields, records/s on one core", grouped(ours), "1,000,000");
    figure("the same in plain CPython, records/s", grouped(theirs), "");
    figure("times faster, both giving the same values", format!("{:.1}", ours / theirs), "50");
    Ok(())
}

fn rate(text: &str) -> Result<f64> {
    text.trim().parse().with_context(|| format!("'{text}' is no number of records a second"))
}
