//! `linkspan validate`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use super::failure::{Failure, PROBLEMS};
use super::output::Output;
use crate::config::Config;
use crate::definition::{self, Report};
use crate::diagnostic::Diagnostic;
use crate::module::Series;
use crate::module::lint::{self, Baseline, Options, output as formats, pages};

/// Check definitions, configurations and Odoo modules: all problems at once, each with its place and what to write.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  linkspan validate connector.toml\n  linkspan validate linkspan.toml --json\n  \
    linkspan validate ./shop_connector --odoo 16.0,18.0\n  linkspan validate ./shop_connector --fix --dry-run\n  \
    linkspan validate --explain C01\n\n\
    In a module `# linkspan: ignore[C01] reason` allows a finding on its line.\n\
    Exit code 1: a module has errors; 2: a definition or configuration has, or there is nothing to check."
)]
pub(super) struct Arguments {
    /// connector.toml, linkspan.toml, an Odoo module, a file in one, or a folder of modules; default: the configuration.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Series that a module has to work on; default: the one in its version.
    #[arg(long, value_delimiter = ',', value_name = "SERIES", value_parser = |text: &str| text.parse::<Series>())]
    odoo: Vec<Series>,
    /// Folders with the modules it depends on, to know their models and components.
    #[arg(long, value_delimiter = ',', value_name = "DIR")]
    addons_path: Vec<PathBuf>,
    /// Put right what can be put right safely, all files or none.
    #[arg(long)]
    fix: bool,
    /// With --fix: show the changes and write nothing.
    #[arg(long, requires = "fix")]
    dry_run: bool,
    /// How findings are printed.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Tell only what is not in this file.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write what is found now into the baseline.
    #[arg(long, requires = "baseline")]
    write_baseline: bool,
    /// Only these rules.
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    rules: Vec<String>,
    /// Show the page of a rule and do nothing else.
    #[arg(long, value_name = "RULE", conflicts_with = "paths")]
    explain: Option<String>,
    /// List all rules and do nothing else.
    #[arg(long, conflicts_with = "paths")]
    list_rules: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// The offending text underlined.
    Text,
    /// One JSON object.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
}

/// What was found, and what would put it right.
#[derive(Default)]
struct Found {
    of_files: Vec<Diagnostic>,
    of_modules: lint::Outcome,
    /// Files that belong to no module.
    skipped: Vec<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, config: &Path, output: &Output) -> Result<ExitCode, Failure> {
    if let Some(id) = &arguments.explain {
        return explain(id, output);
    }
    if arguments.list_rules {
        return Ok(list_rules(output));
    }
    let options = options(arguments)?;
    let mut found = check_all(arguments, config, &options)?;
    if arguments.fix {
        let is_shown = arguments.format == Format::Text;
        fix(arguments, &found, output, is_shown)?;
        if !arguments.dry_run && !found.of_modules.edits.is_empty() {
            // What is left is what a person sees in the files now.
            found = check_all(arguments, config, &options)?;
        }
    }
    let known = baseline(arguments, &mut found, output)?;
    print(arguments, output, &found, known)
}

fn options(arguments: &Arguments) -> Result<Options, Failure> {
    let mut only = Vec::new();
    for id in &arguments.rules {
        only.push(rule(id)?.id);
    }
    let (targets, addons_paths) = (arguments.odoo.clone(), arguments.addons_path.clone());
    Ok(Options { targets, addons_paths, only })
}

fn rule(id: &str) -> Result<&'static lint::Rule, Failure> {
    let wanted = id.to_uppercase();
    lint::find_rule(&wanted).ok_or_else(|| {
        Failure::config(format!("there is no rule '{id}'; `linkspan validate --list-rules` lists them"))
    })
}

fn check_all(arguments: &Arguments, config: &Path, options: &Options) -> Result<Found, Failure> {
    let mut found = Found::default();
    let mut modules: Vec<PathBuf> = Vec::new();
    if arguments.paths.is_empty() {
        found.of_files.extend(check_config(config).diagnostics);
    }
    for path in &arguments.paths {
        if is_source(path) {
            // Many files of one module, as pre-commit names them, are one check.
            match lint::module_of(path) {
                Some(module) if modules.contains(&module) => {}
                Some(module) => modules.push(module),
                None => found.skipped.push(path.clone()),
            }
        // A folder of that name was meant to be a definition.
        } else if path.is_dir() && path.extension().is_none_or(|extension| extension != "toml") {
            modules.push(path.clone());
        } else {
            found.of_files.extend(check_file(path).diagnostics);
        }
    }
    let of_modules = lint::check_all(&modules, options);
    found.of_modules = of_modules.map_err(|error| Failure::config(error.to_string()))?;
    Ok(found)
}

/// Whether a path is a file of an Odoo module rather than a definition.
fn is_source(path: &Path) -> bool {
    path.is_file()
        && path.extension().is_some_and(|ending| ["py", "xml", "csv"].iter().any(|known| ending == *known))
}

fn check_config(file: &Path) -> Report {
    match Config::load(file) {
        Ok(config) => config.check_all(),
        Err(report) => report,
    }
}

/// A configuration has backends or an Odoo at the top; everything else is read as a definition.
fn check_file(file: &Path) -> Report {
    let is_config = file.file_name().is_some_and(|name| name == "linkspan.toml")
        || std::fs::read_to_string(file).is_ok_and(|text| {
            text.lines().any(|line| line.starts_with("[backends") || line.starts_with("[odoo"))
        });
    if is_config {
        return check_config(file);
    }
    match definition::load(file) {
        Ok(loaded) => Report::new(loaded.findings),
        Err(report) => report,
    }
}

fn fix(arguments: &Arguments, found: &Found, output: &Output, is_shown: bool) -> Result<(), Failure> {
    if found.of_modules.edits.is_empty() {
        return Ok(());
    }
    let told = if arguments.dry_run {
        found.of_modules.edits.diff(Path::new("")).trim_end().to_owned()
    } else {
        let written = found.of_modules.edits.write().map_err(|error| Failure::config(error.to_string()))?;
        format!("{written} files changed")
    };
    if is_shown {
        output.line(told);
    }
    Ok(())
}

/// Takes away what the baseline knows, or writes it; gives how many findings it knew.
fn baseline(arguments: &Arguments, found: &mut Found, output: &Output) -> Result<usize, Failure> {
    let Some(path) = &arguments.baseline else { return Ok(0) };
    let fail = |why: String| Failure::config(format!("the baseline {}: {why}", path.display()));
    let root = Path::new("");
    if arguments.write_baseline {
        let baseline = Baseline::of(&found.of_modules.diagnostics, root);
        std::fs::write(path, baseline.to_json()).map_err(|error| fail(error.to_string()))?;
        if arguments.format == Format::Text {
            output.line(format!("{} findings written to {}", baseline.len(), path.display()));
        }
        found.of_modules.diagnostics.clear();
        return Ok(baseline.len());
    }
    let text = std::fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
    Ok(Baseline::parse(&text).map_err(fail)?.filter(&mut found.of_modules.diagnostics, root))
}

fn print(arguments: &Arguments, output: &Output, found: &Found, known: usize) -> Result<ExitCode, Failure> {
    let (of_files, of_modules) =
        (Report::new(found.of_files.clone()), Report::new(found.of_modules.diagnostics.clone()));
    let all = Report::new([of_files.diagnostics.as_slice(), &of_modules.diagnostics].concat());
    match arguments.format {
        Format::Text if !output.json => print_text(output, &all, found, known),
        Format::Text | Format::Json => {
            let mut value = all.to_json();
            value["modules"] = json!(found.of_modules.modules);
            value["fixable"] = json!(found.of_modules.fixable);
            value["unfixed"] = json!(found.of_modules.unfixed);
            value["in_baseline"] = json!(known);
            Output::new(true).object(&value);
        }
        Format::Sarif => Output::new(true).object(&formats::sarif(&all.diagnostics)),
        Format::Github => {
            let text = formats::github(&all.diagnostics);
            if !text.is_empty() {
                Output::new(false).line(text);
            }
        }
    }
    Ok(match (of_files.has_errors(), of_modules.has_errors()) {
        (true, _) => ExitCode::from(2),
        (false, true) => ExitCode::from(PROBLEMS),
        (false, false) => ExitCode::SUCCESS,
    })
}

fn print_text(output: &Output, all: &Report, found: &Found, known: usize) {
    if !all.diagnostics.is_empty() {
        output.styled(all.render(std::io::IsTerminal::is_terminal(&std::io::stdout())));
    }
    for path in &found.skipped {
        output.line(format!("skipped: {} belongs to no Odoo module", path.display()));
    }
    for path in &found.of_modules.unfixed {
        output.line(format!(
            "not fixed: {} could not be parsed with what --fix would write; mend it by hand",
            path.display()
        ));
    }
    let (errors, warnings) = all.counts();
    let mut line = match (errors, warnings) {
        (0, 0) => "no problems".to_owned(),
        _ => format!("{errors} errors, {warnings} warnings"),
    };
    if found.of_modules.fixable > 0 {
        line.push_str(&format!("; --fix puts {} right", found.of_modules.fixable));
    }
    if known > 0 {
        line.push_str(&format!("; {known} in the baseline"));
    }
    output.line(line);
}

fn explain(id: &str, output: &Output) -> Result<ExitCode, Failure> {
    let rule = rule(id)?;
    output.line(pages::explain(rule).trim_end());
    output.object(&json!({ "id": rule.id, "title": rule.title, "page": pages::explain(rule) }));
    Ok(ExitCode::SUCCESS)
}

fn list_rules(output: &Output) -> ExitCode {
    let rows = lint::rules().map(|rule| {
        let fix = if rule.is_fixable { "--fix" } else { "" };
        [rule.id, rule.severity.as_str(), fix, rule.title].map(str::to_owned)
    });
    output.table(&["rule", "", "", "finds"], rows);
    let list: Vec<_> = lint::rules()
        .map(|rule| {
            let (id, title, severity) = (rule.id, rule.title, rule.severity.as_str());
            json!({ "id": id, "title": title, "severity": severity, "fixable": rule.is_fixable })
        })
        .collect();
    output.object(&json!({ "rules": list }));
    ExitCode::SUCCESS
}
