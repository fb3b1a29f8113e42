//! Checks an Odoo module deeper than a linter that does not know connectors: `linkspan validate <module>`.
//!
//! The way of a check: [`load`] reads the files, [`index`] notes what is in them, [`known`] adds what the modules
//! it depends on provide, each rule in [`rules`] looks things up in these and returns findings, [`suppress`] takes
//! away what a comment allows, [`baseline`] what was there before. [`fix`] turns findings into edits.
//!
//! A rule never guesses: where a dependency is unknown, it stays silent. Each rule has a page in `pages/` whose
//! examples are its tests.

mod baseline;
mod finding;
mod fix;
mod index;
mod known;
mod load;
pub mod output;
pub mod pages;
mod place;
mod py;
mod rule;
mod rules;
mod suppress;
pub(super) mod twice;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use baseline::Baseline;
pub use rule::Rule;
pub use rules::{all as rules, find as find_rule};

use crate::diagnostic::{Diagnostic, Severity};
use crate::module::Series;
use crate::module::edit::EditSet;
use finding::Finding;
use index::Index;
use known::{Known, Library};
use load::Module;
use rule::Context;

/// What to check modules for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Series that each module has to work on; empty: the one its version names.
    pub targets: Vec<Series>,
    /// Folders with the sources of other modules.
    pub addons_paths: Vec<PathBuf>,
    /// Only these rules; empty: all.
    pub only: Vec<&'static str>,
}

/// Why nothing could be checked at all.
#[derive(Debug, thiserror::Error)]
pub enum LintError {
    /// Neither a module nor a folder of modules.
    #[error("{} holds no Odoo module: there is no __manifest__.py in it or in a folder directly in it", .0.display())]
    NoModule(PathBuf),
    /// The folder cannot be listed.
    #[error("{} cannot be read: {error}", .path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

/// The folder of the module that a file belongs to.
pub fn module_of(file: &Path) -> Option<PathBuf> {
    let folders = file.ancestors().skip(1);
    // A relative path ends before the working folder's own name.
    folders
        .map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
        .find(|folder| folder.join("__manifest__.py").is_file())
        .map(Path::to_owned)
}

/// Everything that was found in some modules.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Technical names of the checked modules.
    pub modules: Vec<String>,
    /// The findings, by module, file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// What the fixable ones among them change.
    pub edits: EditSet,
    /// Number of findings that the edits put right.
    pub fixable: usize,
    /// Files whose edits were left out, because the file could not be parsed with them.
    pub unfixed: Vec<PathBuf>,
}

/// Checks the module in `path`, or all modules in it.
///
/// # Errors
/// When there is no module, or a folder cannot be listed.
pub fn check(path: &Path, options: &Options) -> Result<Outcome, LintError> {
    check_all(&[path.to_owned()], options)
}

/// Checks the modules in all `paths`, on all processors; what is found comes in the order of the paths.
///
/// # Errors
/// When a path has no module, or a folder cannot be listed.
pub fn check_all(paths: &[PathBuf], options: &Options) -> Result<Outcome, LintError> {
    let mut modules = Vec::new();
    for path in paths {
        let io = |error| LintError::Io { path: path.clone(), error };
        let folders = load::find_modules(path).map_err(io)?;
        if folders.is_empty() {
            return Err(LintError::NoModule(path.clone()));
        }
        let mut known = options.addons_paths.clone();
        // Modules that stand side by side know each other.
        known.extend((folders.len() > 1).then(|| path.clone()));
        let library = Arc::new(Library::new(&known).map_err(io)?);
        modules.extend(folders.into_iter().map(|folder| (folder, Arc::clone(&library))));
    }
    let mut all = Outcome::default();
    for outcome in load::in_parallel(&modules, |(folder, library)| check_module(folder, options, library)) {
        let outcome = outcome?;
        all.modules.extend(outcome.modules);
        all.diagnostics.extend(outcome.diagnostics);
        all.edits.extend(outcome.edits);
        all.fixable += outcome.fixable;
        all.unfixed.extend(outcome.unfixed);
    }
    Ok(all)
}

fn check_module(folder: &Path, options: &Options, library: &Library) -> Result<Outcome, LintError> {
    let loaded = library.load(folder).map_err(|error| LintError::Io { path: folder.to_owned(), error })?;
    let module = &loaded.module;
    let mut findings = loaded.findings.clone();
    let targets = targets(module, options);
    if module.manifest.is_read {
        let index = Index::new(module);
        let known = Known::new(module, &index, &targets, library);
        findings.extend(run_rules(module, &index, &known, &targets, &options.only));
    }
    findings.retain(|finding| options.only.is_empty() || options.only.contains(&finding.code));
    let mut findings = suppress::suppress(module, findings, &options.only);
    findings.sort_by_key(|finding| (finding.file, finding.span.start, finding.span.end, finding.code));
    let mut edits = EditSet::new();
    let fixed: Vec<&Finding> =
        findings.iter().filter(|finding| fix::add(&mut edits, module, finding)).collect();
    let unfixed = fix::drop_broken(&mut edits);
    let is_fixed = |finding: &&&Finding| !unfixed.contains(&fix::file_path(module, finding));
    Ok(Outcome {
        modules: vec![module.name.clone()],
        diagnostics: findings.iter().map(|finding| diagnostic(module, finding)).collect(),
        fixable: fixed.iter().filter(is_fixed).count(),
        edits,
        unfixed,
    })
}

/// What the command line asks for, or the version; a module without either is taken for the newest series.
fn targets(module: &Module, options: &Options) -> Vec<Series> {
    if options.targets.is_empty() {
        return vec![module.manifest.series().unwrap_or(Series::V19)];
    }
    options.targets.clone()
}

fn run_rules(
    module: &Module,
    index: &Index<'_>,
    known: &Known,
    targets: &[Series],
    only: &[&str],
) -> Vec<Finding> {
    let wanted: Vec<&Rule> = rules::all().filter(|rule| only.is_empty() || only.contains(&rule.id)).collect();
    let found = load::in_parallel(&wanted, |rule| {
        let concerned = rule.concerned(targets);
        let mut found = Vec::new();
        if !concerned.is_empty() {
            (rule.check)(&Context { module, index, known, targets, concerned: &concerned }, &mut found);
        }
        found.into_iter().map(|finding| finding.code(rule.id)).collect::<Vec<_>>()
    });
    found.into_iter().flatten().collect()
}

fn diagnostic(module: &Module, finding: &Finding) -> Diagnostic {
    let source = &module.files[finding.file].source;
    let severity = rules::find(finding.code).map_or(Severity::Error, |rule| rule.severity);
    let (code, span) = (finding.code, finding.span.clone());
    let mut diagnostic = match severity {
        Severity::Error => Diagnostic::error(code, source, span, &finding.message),
        Severity::Warning => Diagnostic::warning(code, source, span, &finding.message),
    };
    if let Some(label) = &finding.label {
        diagnostic = diagnostic.label(label);
    }
    if let Some(help) = &finding.help {
        diagnostic = diagnostic.help(help);
    }
    diagnostic
}
