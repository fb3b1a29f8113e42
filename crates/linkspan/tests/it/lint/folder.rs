//! Modules of a test in a folder of their own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use linkspan::diagnostic::Diagnostic;
use linkspan::module::Series;
use linkspan::module::lint::{self, Options, Outcome, Rule};
use tempfile::TempDir;

/// A folder with the module `shop`, and perhaps others beside it.
pub(crate) struct Folder {
    folder: TempDir,
}

impl Folder {
    /// Exactly these files.
    pub(crate) fn exactly(files: &[(String, String)]) -> Folder {
        let folder = tempfile::tempdir().unwrap();
        let made = Folder { folder };
        for (path, text) in files {
            made.write(path, text);
        }
        made
    }

    /// These files, with what an example leaves out: the manifest, and `__init__.py` files that import the rest.
    pub(crate) fn completed(files: &[(String, String)], series: Series) -> Folder {
        let mut files = files.to_vec();
        let has = |files: &[(String, String)], path: &str| files.iter().any(|(known, _)| known == path);
        if !has(&files, "__manifest__.py") {
            files.push(("__manifest__.py".to_owned(), manifest(&files, series)));
        }
        let initial: Vec<(String, String)> = init_files(&files).into_iter().collect();
        // A page that shows `__init__.py` itself shows all of them.
        if !has(&files, "__init__.py") {
            let missing: Vec<_> = initial.into_iter().filter(|(path, _)| !has(&files, path)).collect();
            files.extend(missing);
        }
        Folder::exactly(&files)
    }

    pub(crate) fn module(&self) -> PathBuf {
        self.folder.path().join("shop")
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = self.module().join(path);
        std::fs::create_dir_all(self.module()).unwrap();
        let parent = file.parent().unwrap();
        std::fs::create_dir_all(parent).unwrap();
        std::fs::write(file, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.module().join(path)).unwrap()
    }

    pub(crate) fn check(&self, options: &Options) -> Outcome {
        lint::check(&self.module(), options).unwrap_or_else(|error| panic!("{error}"))
    }

    /// What one rule finds, for one series, with everything beside the module as its surroundings.
    pub(crate) fn found_by(&self, rule: &Rule, series: Series) -> Vec<Diagnostic> {
        self.check(&self.options(rule, series)).diagnostics
    }

    pub(crate) fn options(&self, rule: &Rule, series: Series) -> Options {
        Options { targets: vec![series], addons_paths: vec![self.root().to_owned()], only: vec![rule.id] }
    }
}

/// A manifest that names the data files in the order that Odoo's guidelines ask for.
fn manifest(files: &[(String, String)], series: Series) -> String {
    let order = ["security", "data", "views", "wizards"];
    let rank = |path: &str| order.iter().position(|folder| path.starts_with(folder)).unwrap_or(order.len());
    let mut data: Vec<&str> = files
        .iter()
        .map(|(path, _)| path.as_str())
        .filter(|path| (path.ends_with(".xml") || path.ends_with(".csv")) && !path.starts_with("tests/"))
        .collect();
    data.sort_by_key(|path| (rank(path), *path));
    format!(
        "{{\n    \"name\": \"Shop\",\n    \"version\": \"{series}.1.0.0\",\n    \"license\": \"LGPL-3\",\n    \
         \"depends\": [\"connector\", \"generic_connector\", \"sale\"],\n    \"data\": {data:?},\n}}\n"
    )
}

/// `__init__.py` of every folder with Python in it, tests left to themselves.
fn init_files(files: &[(String, String)]) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let python = files.iter().map(|(path, _)| path.as_str()).filter(|path| path.ends_with(".py"));
    let placed: Vec<(&str, &str)> = python.filter_map(|path| path.rsplit_once('/')).collect();
    let folders: BTreeSet<&str> =
        placed.iter().map(|(folder, _)| *folder).filter(|folder| !folder.starts_with("../")).collect();
    let imports =
        |names: Vec<&str>| names.iter().map(|name| format!("from . import {name}\n")).collect::<String>();
    for folder in &folders {
        let names = placed.iter().filter(|(known, name)| known == folder && !name.starts_with("__"));
        let names = names.map(|(_, name)| name.trim_end_matches(".py")).collect();
        found.insert((format!("{folder}/__init__.py"), imports(names)));
    }
    let loaded = folders.iter().copied().filter(|folder| !folder.starts_with("tests")).collect();
    found.insert(("__init__.py".to_owned(), imports(loaded)));
    found
}
