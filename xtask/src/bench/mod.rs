//! `cargo xtask bench`: figures of speed and size, measured in one run on one named machine.
//!
//! Figures are printed beside their goals and never decide whether the run succeeds: another machine has others.

mod backend;
mod import;
mod machine;
mod mapping;
mod memory;
mod queue;
mod sandbox;
mod service;
mod startup;
mod validate;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::{step, system};

const PARTS: [&str; 7] = ["mapping", "import", "memory", "startup", "validate", "service", "queue"];

pub(crate) fn run(words: &[String]) -> Result<()> {
    let quick = words.iter().any(|word| word == "--quick");
    let wanted: Vec<&str> = words.iter().map(String::as_str).filter(|word| *word != "--quick").collect();
    if let Some(unknown) = wanted.iter().find(|word| !PARTS.contains(word)) {
        bail!("there is no part '{unknown}'; there are: {}", PARTS.join(", "));
    }
    let mut build =
        system::cargo(&["build", "--release", "--package", "linkspan", "--bins", "--example", "bench"]);
    step::quiet("compile", &mut build)?;
    machine::print()?;
    let programs = Programs { folder: system::target().join("release") };
    for part in PARTS.into_iter().filter(|part| wanted.is_empty() || wanted.contains(part)) {
        println!("\n{part}");
        match part {
            "mapping" => mapping::run(&programs)?,
            "import" => import::run(&programs, quick)?,
            "memory" => memory::run(&programs, quick)?,
            "startup" => startup::run(&programs)?,
            "validate" => validate::run(&programs)?,
            "service" => service::run(&programs)?,
            _ => queue::run(&programs, quick)?,
        }
    }
    Ok(())
}

/// What was compiled.
struct Programs {
    folder: PathBuf,
}

impl Programs {
    fn linkspan(&self) -> PathBuf {
        self.folder.join("linkspan")
    }

    /// `crates/linkspan/examples/bench`.
    fn bench(&self) -> PathBuf {
        self.folder.join("examples/bench")
    }
}

/// One figure, its unit, and the goal if there is one.
fn figure(name: &str, value: impl std::fmt::Display, goal: &str) {
    let goal = if goal.is_empty() { String::new() } else { format!("  (goal {goal})") };
    println!("  {name:<46} {value:>16}{goal}");
}

/// A number with commas between thousands: `1,234,567`.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The middle of some measurements.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A folder of the scratch folder, empty.
fn empty_folder(name: &str) -> Result<PathBuf> {
    let folder = system::scratch()?.join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A path as a word of a command line or of a configuration.
fn word(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!([7.0, 999.4, 1000.0, 1_234_567.0].map(grouped), ["7", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median(vec![9.0, 1.0, 5.0]), 5.0);
    }
}
