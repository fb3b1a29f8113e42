//! Prose that can drift, compared with the program: commands, exit codes, files, tests, dependencies.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{CommandFactory, error::ContextKind};
use linkspan::cli::Cli;
use linkspan::config::Config;

/// Pages that people write. Generated ones have a test of their own.
const PAGES: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/framework.md",
    "docs/operating.md",
    "docs/validate.md",
    "docs/quirks.md",
];

/// Folders that a path on a page may start at.
const ROOTS: &[&str] = &["", "docs", "crates/linkspan/src"];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page(name: &str) -> String {
    fs::read_to_string(workspace().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Lines inside fenced blocks, and what stands between backticks elsewhere.
fn code(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            found.push(line.split(" #").next().unwrap_or(line).trim().to_owned());
        }
    }
    let prose: Vec<&str> = text.split("```").step_by(2).collect();
    let inline = prose.iter().flat_map(|part| part.split('`').skip(1).step_by(2));
    found.extend(inline.map(|part| part.split_whitespace().collect::<Vec<_>>().join(" ")));
    found
}

/// Everything that pages show as code, with the page's name.
fn all_code() -> Vec<(&'static str, String)> {
    PAGES.iter().flat_map(|name| code(&page(name)).into_iter().map(move |code| (*name, code))).collect()
}

/// The command line in a piece of code, from `linkspan` on; without redirections.
fn command_line(code: &str) -> Option<Vec<String>> {
    let code = code.replace("cargo run --release -- ", "linkspan ").replace("ExecStart=/usr/local/bin/", "");
    let mut words = code.split(' ').skip_while(|word| *word != "linkspan").peekable();
    words.peek()?;
    let words = words.take_while(|word| !matches!(*word, ">" | ">>" | "|" | "&&"));
    Some(words.map(str::to_owned).collect()).filter(|_| !code.contains("cargo "))
}

#[test]
fn commands_on_pages_are_understood() {
    let mut tried = 0;
    for (page, code) in all_code() {
        let Some(words) = command_line(&code) else { continue };
        let Err(error) = Cli::command().try_get_matches_from(&words) else {
            tried += 1;
            continue;
        };
        // A command that is only named needs no arguments.
        let is_short = matches!(
            error.kind(),
            ErrorKind::MissingRequiredArgument
                | ErrorKind::MissingSubcommand
                | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        );
        assert!(is_short, "{page}: `{code}`: {:?}\n{error}", error.get(ContextKind::InvalidArg));
    }
    assert!(tried > 20, "only {tried} commands were found: does `code` still find them?");
}

#[test]
fn the_readme_names_every_command() {
    let named: BTreeSet<String> =
        code(&page("README.md")).iter().filter_map(|code| command_line(code)?.get(1).cloned()).collect();
    for command in Cli::command().get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = command.get_name();
        assert!(name == "help" || named.contains(name), "README.md does not show `linkspan {name}`");
    }
}

#[test]
fn the_readme_has_the_programs_exit_codes() {
    let help = Cli::command().get_after_help().map(ToString::to_string).unwrap_or_default();
    let in_help: Vec<(String, String)> = help
        .lines()
        .filter_map(|line| line.trim().split_once("  "))
        .map(|(code, meaning)| (code.to_owned(), meaning.to_owned()))
        .collect();
    let in_readme: Vec<(String, String)> = page("README.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "))
        .filter(|(code, _)| code.parse::<u8>().is_ok())
        .map(|(code, meaning)| (code.to_owned(), meaning.to_owned()))
        .collect();
    assert!(in_help.len() >= 2, "the help lists no exit codes: {help}");
    assert_eq!(in_readme, in_help);
}

#[test]
fn the_readmes_configuration_has_no_problems() {
    let readme = page("README.md");
    let block = readme.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let config = Config::parse(block, Path::new("linkspan.toml")).unwrap_or_else(|report| panic!("{report}"));
    let report = config.check_all();
    assert!(report.diagnostics.is_empty(), "{report}");
}

/// A piece of code that reads like a path in this repository.
fn is_path(code: &str) -> bool {
    const ENDINGS: &[&str] = &[".rs", ".md", ".py", ".toml", ".json", "/"];
    const OF_OTHERS: &[&str] = &["connector.toml", "linkspan.toml", "./acme/connector.toml"];
    // `connectors/<id>/...` is a pattern, a slash at the front another machine's path.
    let plain = code.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(&b));
    let inside = ["crates/", "docs/", "xtask/", ".ci/"].iter().any(|folder| code.starts_with(folder));
    plain
        && !code.starts_with('/')
        && !OF_OTHERS.contains(&code)
        && (inside || ENDINGS.iter().any(|ending| code.ends_with(ending)))
}

#[test]
fn files_on_pages_exist() {
    let mut seen = 0;
    let mut missing = Vec::new();
    for (page, code) in all_code().into_iter().filter(|(_, code)| is_path(code)) {
        seen += 1;
        if !ROOTS.iter().any(|root| workspace().join(root).join(&code).exists()) {
            missing.push(format!("{page}: {code}"));
        }
    }
    for name in PAGES {
        let folder = workspace().join(name).parent().map(Path::to_owned).unwrap_or_default();
        let text = page(name);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            seen += 1;
            if !folder.join(target).exists() {
                missing.push(format!("{name}: link to {target}"));
            }
        }
    }
    assert!(missing.is_empty(), "pages name files that do not exist:\n{}", missing.join("\n"));
    assert!(seen > 60, "only {seen} files were found: does `is_path` still find them?");
}

#[test]
fn tests_on_pages_exist() {
    let sources = sources(&workspace().join("crates"));
    // The names of tests are sentences; the names of other things have fewer words.
    let is_test = |code: &str| {
        code.matches('_').count() >= 3
            && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    // An example of a name, not a name.
    let named = all_code()
        .into_iter()
        .filter(|(_, code)| is_test(code) && code != "a_repeated_delivery_imports_once");
    let missing: Vec<String> = named
        .filter(|(_, name)| !sources.contains(name.as_str()))
        .map(|(page, name)| format!("{page}: {name}"))
        .collect();
    assert!(missing.is_empty(), "pages name tests that do not exist:\n{}", missing.join("\n"));
}

/// The promises of the design, in its words; below them the table holds what follows from how it is built.
#[test]
fn every_promise_is_shown_by_a_test_of_its_words() {
    let architecture = page("ARCHITECTURE.md");
    let (_, section) = architecture.split_once("\n## Promises, and where each is kept\n").unwrap();
    let rows = section.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let rows: Vec<&str> = rows.take_while(|line| line.starts_with('|')).take(8).collect();
    for row in &rows {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let words = columns[1].to_lowercase().replace([',', ':'], "").replace(' ', "_");
        assert!(columns[3].contains(&words), "no test of {row} is named {words}");
    }
    assert_eq!(rows.len(), 8);
}

#[test]
fn unit_and_container_start_what_the_program_understands() {
    let unit = page("deploy/linkspan.service");
    let container = page("deploy/Containerfile");
    let lines = |text: &str, key: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.strip_prefix(key)).map(str::to_owned).collect()
    };
    let started = lines(&unit, "ExecStart=/usr/local/bin/")
        .into_iter()
        .map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    let run = lines(&container, "CMD ").into_iter().map(|words| serde_json::from_str(&words).unwrap());
    let commands: Vec<Vec<String>> = started.chain(run).collect();
    assert_eq!(commands.len(), 2);
    for words in commands {
        Cli::command().try_get_matches_from(&words).unwrap_or_else(|error| panic!("{words:?}: {error}"));
    }
    let known: Vec<String> = Cli::command()
        .get_arguments()
        .filter_map(|argument| argument.get_env()?.to_str().map(str::to_owned))
        .collect();
    let set = lines(&unit, "Environment=").into_iter().chain(lines(&container, "ENV "));
    for pair in set.flat_map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()) {
        let (name, _) = pair.split_once('=').unwrap();
        assert!(known.iter().any(|one| one == name), "{name} means nothing to linkspan");
    }
    let manifest: toml::Table = page("Cargo.toml").parse().unwrap();
    let version = manifest["workspace"]["package"]["rust-version"].as_str().unwrap();
    assert!(
        container.contains(&format!("FROM rust:{version}-")),
        "the container builds with another Rust than {version}"
    );
    let binary = "COPY --from=build /source/target/release/linkspan /usr/local/bin/linkspan";
    assert!(container.contains(binary), "it copies what cargo builds to where it is started");
}

/// The text of every Rust and Python file under `folder`.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text.push_str(&sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs" || ending == "py") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
    text
}

#[test]
fn architecture_gives_a_reason_for_each_dependency() {
    let manifest: toml::Table = page("Cargo.toml").parse().unwrap();
    let ours = |value: &toml::Value| value.get("path").is_some();
    let wanted: BTreeSet<String> = manifest["workspace"]["dependencies"]
        .as_table()
        .unwrap()
        .iter()
        .filter(|(_, value)| !ours(value))
        .map(|(name, _)| name.clone())
        .collect();
    let architecture = page("ARCHITECTURE.md");
    let (_, section) = architecture.split_once("\n## Dependencies\n").unwrap();
    let listed: BTreeSet<String> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .filter(|(_, reason)| reason.len() > 10)
        .map(|(name, _)| name.to_owned())
        .collect();
    assert_eq!(listed, wanted);
}

#[test]
fn tasks_on_pages_exist() {
    let tasks = fs::read_to_string(workspace().join("xtask/src/main.rs")).unwrap();
    for (page, code) in all_code() {
        let Some(task) = code.strip_prefix("cargo xtask ").and_then(|rest| rest.split_whitespace().next())
        else {
            continue;
        };
        assert!(tasks.contains(&format!("\"{task}\" =>")), "{page}: there is no `cargo xtask {task}`");
    }
}
