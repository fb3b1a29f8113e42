//! The promise of this crate: CPython gives the same value of the same type, or raises the same exception.
//!
//! `PYEXPR_PAIRS` sets how many random pairs are tried (nightly: 200000), `PYEXPR_SEED` repeats a run.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use pyexpr::{ErrorKind, Expression, Json};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::generate::Generator;

/// What one side says: ("value", type, repr) or ("error", exception, message).
type Outcome = (String, String, String);

fn ours(expression: &Expression, record: &Json<'_>) -> Outcome {
    match expression.evaluate(&[record]) {
        Ok(value) => ("value".to_owned(), value.type_name().to_owned(), value.repr()),
        Err(error) => ("error".to_owned(), error.kind.python_name().to_owned(), error.message),
    }
}

/// CPython's outcomes for all pairs, in one process.
fn pythons(pairs: &[(String, String)]) -> Vec<Outcome> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut child = Command::new("python3")
        .arg(root.join("tests/it/differential.py"))
        .arg(root.join("python"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONWARNINGS", "ignore")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is needed for this test: install Python 3.10 or later");
    let mut stdin = child.stdin.take().expect("stdin was piped");
    let lines: Vec<String> = pairs.iter().map(|pair| serde_json::to_string(pair).unwrap()).collect();
    // A thread writes while this one reads: both pipes are small.
    let writer = std::thread::spawn(move || lines.iter().try_for_each(|line| writeln!(stdin, "{line}")));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().expect("python3 reads all of its input");
    assert!(output.status.success(), "python3 failed");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Compares all pairs; the answer counts our own refusals by message.
fn compare(pairs: Vec<(String, String)>) -> BTreeMap<String, usize> {
    let mut limits = BTreeMap::new();
    let mut asked = Vec::new();
    let mut expected = Vec::new();
    for (text, record) in pairs {
        let expression = match Expression::compile(&text, &["record"]) {
            Ok(expression) => expression,
            Err(error) => {
                // What is refused must at least be Python: the generator makes nothing else.
                assert!(!error.message.contains("not a Python expression"), "{text}: {error}");
                *limits.entry(error.message).or_default() += 1;
                continue;
            }
        };
        let parsed = Json::parse(record.as_bytes()).unwrap();
        let outcome = ours(&expression, &parsed);
        // Beyond our bounds Python may have an answer, or take forever to find it.
        if outcome.1 == ErrorKind::Limit.python_name() {
            *limits.entry(outcome.2).or_default() += 1;
            continue;
        }
        expected.push(outcome);
        asked.push((text, record));
    }
    let values = expected.iter().filter(|outcome| outcome.0 == "value").count();
    eprintln!("{} pairs compared, {values} with a value, the others with an exception", expected.len());
    let mut wrong = Vec::new();
    for ((pair, ours), python) in asked.iter().zip(&expected).zip(pythons(&asked)) {
        let same = ours.0 == python.0 && ours.1 == python.1 && (ours.0 == "error" || ours.2 == python.2);
        if !same {
            wrong.push(format!("{}\n  record: {}\n  here:   {ours:?}\n  Python: {python:?}", pair.0, pair.1));
        }
    }
    wrong.sort_by_key(String::len);
    let shown = wrong.iter().take(25).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} of {} differ, the shortest:\n{shown}", wrong.len(), asked.len());
    limits
}

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[test]
fn cpython_agrees_on_random_expressions_and_records() {
    let count = from_environment("PYEXPR_PAIRS").unwrap_or(6_000) as usize;
    let seed = from_environment("PYEXPR_SEED").unwrap_or_else(rand::random);
    eprintln!("PYEXPR_SEED={seed} PYEXPR_PAIRS={count}");
    let mut generator = Generator::new(StdRng::seed_from_u64(seed));
    let pairs: Vec<_> = (0..count).map(|_| (generator.expression(), generator.record())).collect();
    let limits = compare(pairs);
    let refused: usize = limits.values().sum();
    eprintln!("refused by our own bounds: {refused}, {limits:#?}");
    assert!(refused * 10 < count, "so many refusals hide what should be compared: {limits:#?}");
}

#[test]
fn cpython_agrees_on_the_hand_written_expressions() {
    let record = crate::cases::RECORD.to_owned();
    let pairs = crate::cases::CASES.iter().map(|(text, _)| ((*text).to_owned(), record.clone()));
    let limits = compare(pairs.collect());
    assert!(limits.is_empty(), "{limits:#?}");
}
