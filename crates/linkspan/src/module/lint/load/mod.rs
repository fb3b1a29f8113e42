//! Reads a module's files: Python by ruff's parser, XML and CSV with the place of everything.
//!
//! A file that cannot be read or parsed becomes a [`Finding`]; the others are read all the same.

pub(crate) mod csv;
pub(crate) mod manifest;
pub(crate) mod xml;

use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, io};

use ruff_python_ast::ModModule;
use ruff_python_parser::{Mode, ParseOptions, Parsed, parse_unchecked};

use super::finding::Finding;
use crate::diagnostic::Source;
use csv::Table;
use manifest::Manifest;
use xml::Tree;

/// Index of a file in [`Module::files`].
pub(crate) type FileId = usize;

/// Folders that hold nothing this program reads.
const LEFT_OUT: &[&str] = &["__pycache__", ".git", "node_modules", "i18n"];

/// Files of a module's tests that may hold recorded exchanges.
const RECORDED: &[&str] = &["yaml", "yml", "json"];

/// What a file holds.
#[derive(Debug)]
pub(crate) enum Body {
    Python(Parsed<ModModule>),
    Xml(Tree),
    Csv(Table),
    /// Text that only single rules look into.
    Text,
    /// It could not be read or parsed; there is a finding about it.
    Broken,
}

/// One file of a module.
#[derive(Debug)]
pub(crate) struct File {
    /// Path inside the module, with `/`.
    pub(crate) path: String,
    pub(crate) source: Arc<Source>,
    pub(crate) body: Body,
}

impl File {
    pub(crate) fn python(&self) -> Option<&Parsed<ModModule>> {
        if let Body::Python(parsed) = &self.body { Some(parsed) } else { None }
    }

    pub(crate) fn xml(&self) -> Option<&Tree> {
        if let Body::Xml(tree) = &self.body { Some(tree) } else { None }
    }

    pub(crate) fn csv(&self) -> Option<&Table> {
        if let Body::Csv(table) = &self.body { Some(table) } else { None }
    }

    /// Whether it belongs to the module's tests.
    pub(crate) fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/")
    }

    /// Whether it runs with the module: no test, no migration script.
    pub(crate) fn is_program(&self) -> bool {
        !self.is_test() && !self.path.starts_with("migrations/") && !self.path.starts_with("upgrades/")
    }
}

/// A module with everything that was read of it.
#[derive(Debug)]
pub(crate) struct Module {
    /// Technical name: its folder's.
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) files: Vec<File>,
    /// Every path inside, also of files that are not read.
    pub(crate) paths: Vec<String>,
    pub(crate) manifest: Manifest,
}

impl Module {
    pub(crate) fn file(&self, path: &str) -> Option<FileId> {
        self.files.iter().position(|file| file.path == path)
    }

    pub(crate) fn has_path(&self, path: &str) -> bool {
        self.paths.binary_search_by(|known| known.as_str().cmp(path)).is_ok()
    }
}

/// A module, and what was wrong with its files.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) module: Module,
    pub(crate) findings: Vec<Finding>,
}

/// The folders of modules: `path` itself, or those directly in it. Sorted by name.
///
/// # Errors
/// When the folder cannot be listed.
pub(crate) fn find_modules(path: &Path) -> io::Result<Vec<PathBuf>> {
    if path.join("__manifest__.py").is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path)? {
        let folder = entry?.path();
        if folder.join("__manifest__.py").is_file() {
            found.push(folder);
        }
    }
    found.sort();
    Ok(found)
}

/// Reads the module in `folder`, its files called by their paths below `shown` in messages.
///
/// # Errors
/// When the folder cannot be listed.
pub(crate) fn load(folder: &Path, shown: &Path) -> io::Result<Loaded> {
    let mut paths = Vec::new();
    list(folder, "", &mut paths)?;
    paths.sort();
    let wanted: Vec<&String> = paths.iter().filter(|path| is_read(path)).collect();
    let read = in_parallel(&wanted, |path| read_file(folder, shown, path));
    let mut findings = Vec::new();
    let mut files = Vec::with_capacity(read.len());
    for (id, (file, problems)) in read.into_iter().enumerate() {
        findings.extend(problems.into_iter().map(|problem| Finding { file: id, ..problem }));
        files.push(file);
    }
    let name = module_name(folder);
    let manifest = Manifest::read(&files, &mut findings);
    Ok(Loaded { module: Module { name, folder: folder.to_owned(), files, paths, manifest }, findings })
}

/// The folder's own name, also when it was given as `.`.
fn module_name(folder: &Path) -> String {
    let full = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    full.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn list(folder: &Path, inside: &str, paths: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if inside.is_empty() { name.clone() } else { format!("{inside}/{name}") };
        // Links to folders are not followed: they may lead in a circle.
        if entry.file_type()?.is_dir() {
            if !LEFT_OUT.contains(&name.as_str()) {
                list(&entry.path(), &path, paths)?;
            }
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

/// Templates and scripts of the browser (`static/`) are not read.
fn is_read(path: &str) -> bool {
    if path.starts_with("static/") {
        return false;
    }
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("py" | "xml" | "csv") => true,
        Some(ending) => RECORDED.contains(&ending) && path.starts_with("tests/"),
        None => false,
    }
}

fn read_file(folder: &Path, shown: &Path, path: &str) -> (File, Vec<Finding>) {
    let name = shown.join(path).display().to_string();
    let (text, problem) = match fs::read(folder.join(path)) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let start = String::from_utf8_lossy(&error.as_bytes()[..at]).into_owned();
                let problem = Finding::new(0, at..at, "the file is not UTF-8 from here on")
                    .help("Save it as UTF-8; Odoo reads nothing else.");
                (start, Some(problem.code("E05")))
            }
        },
        Err(error) => {
            let problem = Finding::new(0, 0..0, format!("the file cannot be read: {error}"));
            (String::new(), Some(problem.code("E04")))
        }
    };
    let broken = problem.is_some();
    let mut problems: Vec<Finding> = problem.into_iter().collect();
    let body = if broken { Body::Broken } else { parse(path, &text, &mut problems) };
    (File { path: path.to_owned(), source: Source::new(name, text), body }, problems)
}

fn parse(path: &str, text: &str, problems: &mut Vec<Finding>) -> Body {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("py") => parse_python(text, problems),
        Some("xml") => match Tree::parse(text) {
            Ok(tree) => Body::Xml(tree),
            Err((at, message)) => {
                problems.push(
                    Finding::new(0, at..at, format!("this is not well-formed XML: {message}")).code("E02"),
                );
                Body::Broken
            }
        },
        Some("csv") => {
            let table = Table::parse(text);
            problems.extend(table.problems());
            Body::Csv(table)
        }
        _ => Body::Text,
    }
}

fn parse_python(text: &str, problems: &mut Vec<Finding>) -> Body {
    let parsed = parse_unchecked(text, ParseOptions::from(Mode::Module)).try_into_module();
    match parsed {
        Some(parsed) if parsed.has_valid_syntax() => Body::Python(parsed),
        Some(parsed) => {
            // One is enough: what follows it is mostly its echo.
            if let Some(error) = parsed.errors().first() {
                let span = error.location.start().to_usize()..error.location.end().to_usize();
                let message = format!("this is not valid Python: {}", error.error);
                problems.push(Finding::new(0, span, message).code("E01"));
            }
            Body::Broken
        }
        None => Body::Broken,
    }
}

/// `work` for each item, on all processors, results in the items' order.
pub(crate) fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let lanes = processors.min(items.len());
    if lanes < 2 {
        return items.iter().map(work).collect();
    }
    // Items differ a lot in size: whoever is done takes the next one.
    let (next, work) = (&AtomicUsize::new(0), &work);
    let take = move || {
        let i = next.fetch_add(1, Ordering::Relaxed);
        items.get(i).map(|item| (i, work(item)))
    };
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let started: Vec<_> =
            (0..lanes).map(|_| scope.spawn(move || std::iter::from_fn(take).collect::<Vec<_>>())).collect();
        let joined = started.into_iter().map(|lane| lane.join().unwrap_or_else(|panic| resume_unwind(panic)));
        joined.flatten().collect()
    });
    done.sort_by_key(|(i, _)| *i);
    done.into_iter().map(|(_, result)| result).collect()
}
