//! The configuration `linkspan.toml`: the store, the Odoo databases, the backends.
//!
//! [`Config::load`] reads and checks the file by itself. [`Config::backend`] joins one backend with its
//! connector's definition and its Odoo into a [`Backend`], ready to use; only then is the definition read, so a
//! broken one does not stop the others. Secrets are read last, when they are needed.

mod backend;
mod check;
pub mod file;
mod mask;
mod secret;
mod sync_rules;

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use secrecy::SecretString;
use serde_json::Value;

use crate::diagnostic::{Diagnostic, Report, Source, codes};
use crate::document::schema::View;
use crate::document::{Document, read, schema, structure, suggest};
use file::{ConfigFile, OdooFile, TextOrEnv};

pub(crate) use backend::fitted;
pub use backend::{Backend, Odoo};
pub(crate) use check::{is_origin, is_web_address, networks};
pub(crate) use file::LISTEN;
pub use file::Protocol;
pub(crate) use mask::has_user;
pub use secret::{Secret, SecretError};
pub use sync_rules::{CatchUp, DEFAULT_EVERY_MS, RolloutFile, ScheduleFile, Way};
pub(crate) use sync_rules::{able, canary_words};

/// A configuration without errors in itself.
#[derive(Debug, Clone)]
pub struct Config {
    file: ConfigFile,
    path: PathBuf,
    /// Kept for the places in it: what a backend lacks is only seen once its definition is read.
    text: Text,
}

/// The file's text, which may hold a secret where none belongs and therefore has no `Debug`.
#[derive(Clone)]
struct Text {
    read: Arc<str>,
    shown: Arc<Source>,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Text({})", self.shown.name())
    }
}

impl Config {
    /// Reads and checks the configuration at `path`.
    pub fn load(path: &Path) -> Result<Config, Report> {
        let text = read::read(path, "the configuration").map_err(|problem| Report::from(*problem))?;
        Config::parse(&text, path)
    }

    /// Checks a configuration's text; relative paths in it start at `path`'s folder.
    pub fn parse(text: &str, path: &Path) -> Result<Config, Report> {
        let name = path.display().to_string();
        if text.len() as u64 > read::MAX_BYTES {
            return Err(read::too_large(&name).into());
        }
        let first = Document::parse(text, Source::new(name.as_str(), ""));
        let whole = first.only_duplicates();
        let shown = Source::new(name, mask::masked(text, &first.document, whole));
        let parsed = Document::parse(text, Arc::clone(&shown));
        if !whole {
            return Err(Report::new(parsed.problems));
        }
        let document = parsed.document;
        let mut problems = parsed.problems;
        problems.extend(structure::check(&document, View::new(&SCHEMA)).problems);
        problems.extend(check::check(&document));
        let report = Report::new(problems);
        if report.has_errors() {
            return Err(report);
        }
        let file = document.into_typed().map_err(|problem| Report::from(*problem))?;
        Ok(Config { file, path: path.to_owned(), text: Text { read: text.into(), shown } })
    }

    /// Names of all backends.
    pub fn backend_names(&self) -> impl Iterator<Item = &str> {
        self.file.backends.keys().map(String::as_str)
    }

    /// Names of all Odoo databases.
    pub fn odoo_names(&self) -> impl Iterator<Item = &str> {
        self.file.odoo.keys().map(String::as_str)
    }

    /// The backend `name` with its definition and its Odoo. The report holds what its definition, its settings
    /// and its secrets' names lack; secrets themselves are not read.
    pub fn backend(&self, name: &str) -> Result<Backend, Report> {
        match self.file.backends.get(name) {
            Some(file) => backend::resolve(self, name, file),
            None => Err(self.unknown_backend(name)),
        }
    }

    /// Whether there is a backend `name`; the report says which there are. Its definition is not read.
    pub fn check_backend(&self, name: &str) -> Result<(), Report> {
        match self.file.backends.contains_key(name) {
            true => Ok(()),
            false => Err(self.unknown_backend(name)),
        }
    }

    /// Names of the entities of one backend, or of all. `None` where a definition cannot be read.
    pub fn entity_names(&self, backend: Option<&str>) -> Option<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for name in self.backend_names().filter(|name| backend.is_none_or(|wanted| wanted == *name)) {
            names.extend(self.backend(name).ok()?.definition.entities.keys().cloned());
        }
        Some(names)
    }

    /// How the service runs.
    pub fn service(&self) -> &file::ServiceFile {
        &self.file.service
    }

    /// Where people are told of alerts: the address and how many messages a minute it gets.
    pub fn alerts(&self) -> Option<(Secret, u32)> {
        let alerts = self.file.service.alerts.as_ref()?;
        let what = "the address that alerts are sent to".to_owned();
        let url = Secret::new(alerts.url.clone(), self.folder(), what, "service.alerts.url".to_owned());
        Some((url, alerts.per_minute))
    }

    /// The Odoo database `name`.
    pub fn odoo(&self, name: &str) -> Result<Odoo, Report> {
        match self.file.odoo.get(name) {
            Some(file) => Ok(Odoo::new(name, file, self.folder())),
            None => Err(self.unknown("Odoo", "odoo", name, self.odoo_names().collect()).into()),
        }
    }

    /// All problems of all backends, their definitions included.
    pub fn check_all(&self) -> Report {
        let reports = self.backend_names().map(|name| match self.backend(name) {
            Ok(backend) => backend.findings,
            Err(report) => report.diagnostics,
        });
        let mut problems: Vec<Diagnostic> = reports.flatten().collect();
        // Two backends of one connector show its problems once.
        let mut seen = std::collections::BTreeSet::new();
        problems.retain(|d| seen.insert((d.file().to_owned(), d.span.start, d.code, d.message.clone())));
        Report::new(problems)
    }

    /// Address of the store; a relative SQLite path is made to start at the file's folder. Secret because it
    /// may hold a password.
    pub fn store_url(&self) -> Result<SecretString, SecretError> {
        let url = match &self.file.store.url {
            None => "sqlite:linkspan.db".to_owned(),
            Some(TextOrEnv::Text(url)) => url.clone(),
            Some(TextOrEnv::Env(env)) => {
                let from = file::SecretFrom { env: Some(env.env.clone()), ..file::SecretFrom::default() };
                let what = "the store's address".to_owned();
                return Secret::new(from, self.folder(), what, "store.url".to_owned()).read();
            }
        };
        Ok(SecretString::from(self.beside(&url)))
    }

    fn beside(&self, url: &str) -> String {
        match url.strip_prefix("sqlite:") {
            Some(path) if !path.starts_with("//") && !path.starts_with(':') && !path.starts_with('/') => {
                format!("sqlite:{}", self.folder().join(path).display())
            }
            _ => url.to_owned(),
        }
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    fn unknown_backend(&self, name: &str) -> Report {
        self.unknown("backend", "backends", name, self.backend_names().collect()).into()
    }

    fn unknown(&self, what: &str, table: &str, name: &str, known: Vec<&str>) -> Diagnostic {
        let message = format!("there is no {what} `{name}`");
        self.problem(codes::UNKNOWN_IN_CONFIG, &[table], message)
            .help(suggest::instead_of(name, what, &known))
    }

    fn problem(&self, code: &'static str, path: &[&str], message: String) -> Diagnostic {
        Diagnostic::error(code, &self.text.shown, self.span(path), message)
    }

    /// Place of the value under `path`, in which a number is a place in a list; else of the nearest table around it.
    fn span(&self, path: &[&str]) -> Range<usize> {
        let parsed = Document::parse(&self.text.read, Arc::clone(&self.text.shown));
        let mut node = parsed.document.root();
        for key in path {
            let item = || node.items().nth(key.parse().ok()?);
            match node.get(key).or_else(item) {
                Some(inner) => node = inner,
                None => break,
            }
        }
        node.span()
    }

    fn odoo_file(&self, name: &str) -> Option<&OdooFile> {
        self.file.odoo.get(name)
    }
}

static SCHEMA: LazyLock<Value> = LazyLock::new(|| schema::of::<ConfigFile>("Linkspan configuration"));

/// The JSON Schema of `linkspan.toml`.
pub fn json_schema() -> Value {
    SCHEMA.clone()
}
