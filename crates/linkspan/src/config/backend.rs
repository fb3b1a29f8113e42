//! A backend joined with its connector's definition and its Odoo.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;

use super::file::{BackendFile, OdooFile, Protocol, SecretFrom};
use super::secret::{Secret, SecretError};
use super::sync_rules::{Rollouts, ScheduleFile, goes};
use super::{Config, check, mask};
use crate::connectors;
use crate::definition::model::{Scalar, Setting, SettingType};
use crate::definition::{self, Definition};
use crate::diagnostic::{Diagnostic, Report, codes};
use crate::document::suggest;
use crate::store::Direction;

/// One external system, ready to talk to.
#[derive(Debug, Clone)]
pub struct Backend {
    /// Its name in the configuration.
    pub name: String,
    /// Its connector's definition.
    pub definition: Arc<Definition>,
    /// What in the definition is most likely not meant.
    pub findings: Vec<Diagnostic>,
    /// Every setting that is given or has a default, of the type the definition says.
    pub settings: BTreeMap<String, Scalar>,
    /// The entities to sync, each of which can be imported.
    pub entities: Vec<String>,
    /// The Odoo its records go to.
    pub odoo: Odoo,
    /// Company the records belong to; `None` is the Odoo user's.
    pub company: Option<i64>,
    /// Language of texts; `None` is the Odoo user's.
    pub lang: Option<String>,
    /// Time zone of the company; `None` is the Odoo user's.
    pub timezone: Option<String>,
    /// Where its webhooks come from; empty is anywhere.
    pub webhook_ips: Vec<IpNet>,
    /// How far each entity's sync is rolled out, where the configuration says.
    pub rollout: Rollouts,
    /// When the service imports by itself; empty: every five minutes.
    pub schedules: Vec<ScheduleFile>,
    secrets: BTreeMap<String, Secret>,
}

impl Backend {
    /// Reads the secret `name`; `None` if it is optional and not given.
    pub fn secret(&self, name: &str) -> Result<Option<SecretString>, SecretError> {
        self.secrets.get(name).map(Secret::read).transpose()
    }

    /// Reads all secrets that are given; the errors of all that cannot be read.
    pub fn secrets(&self) -> Result<BTreeMap<String, SecretString>, Vec<SecretError>> {
        let (mut secrets, mut errors) = (BTreeMap::new(), Vec::new());
        for (name, secret) in &self.secrets {
            match secret.read() {
                Ok(text) => drop(secrets.insert(name.clone(), text)),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(secrets) } else { Err(errors) }
    }
}

/// How to reach an Odoo database.
#[derive(Debug, Clone)]
pub struct Odoo {
    /// Its name in the configuration.
    pub name: String,
    /// Address without a trailing `/`.
    pub url: String,
    /// Name of the database.
    pub database: String,
    /// Login of the user who writes.
    pub login: String,
    /// That user's API key or password.
    pub secret: Secret,
    /// Company records belong to; `None` is the user's.
    pub company: Option<i64>,
    /// Language of texts; `None` is the user's.
    pub lang: Option<String>,
    /// Time zone of the company; `None` is the user's.
    pub timezone: Option<String>,
    /// Protocol; `None` asks the server.
    pub protocol: Option<Protocol>,
    /// Requests under way at the same time.
    pub max_concurrency: u32,
    /// Requests and the length of the window they may go out in.
    pub rate: Option<(u32, Duration)>,
    /// Time for one request.
    pub timeout: Duration,
}

impl Odoo {
    pub(super) fn new(name: &str, file: &OdooFile, folder: &Path) -> Self {
        let secret = Secret::new(
            file.secret.clone(),
            folder,
            format!("the secret of Odoo `{name}`"),
            format!("odoo.{name}.secret"),
        );
        Odoo {
            name: name.to_owned(),
            url: file.url.trim_end_matches('/').to_owned(),
            database: file.database.clone(),
            login: file.login.clone(),
            secret,
            company: file.company,
            lang: file.lang.clone(),
            timezone: file.timezone.clone(),
            protocol: file.protocol,
            max_concurrency: file.max_concurrency,
            rate: file.rate.map(|rate| (rate, Duration::from_millis(file.per_ms))),
            timeout: Duration::from_millis(file.timeout_ms),
        }
    }

    /// The same Odoo with another user, whose secret an environment variable holds.
    pub fn as_user(&self, login: &str, variable: &str) -> Odoo {
        let from = SecretFrom { env: Some(variable.to_owned()), ..SecretFrom::default() };
        let what = format!("the secret of the Odoo user {login}");
        let secret = Secret::new(from, Path::new("."), what, format!("odoo.{}.login", self.name));
        Odoo { login: login.to_owned(), secret, ..self.clone() }
    }
}

pub(super) fn resolve(config: &Config, name: &str, file: &BackendFile) -> Result<Backend, Report> {
    let (definition, findings) = definition_of(config, name, file)?;
    let joined = Join { config, name, file, definition: &definition };
    let mut problems = Vec::new();
    let settings = joined.settings(&mut problems);
    let secrets = joined.secrets(&mut problems);
    let entities = joined.entities(&mut problems);
    joined.sync_rules(&mut problems);
    let odoo = match config.odoo_file(&file.odoo) {
        Some(odoo) => Some(Odoo::new(&file.odoo, odoo, config.folder())),
        None => {
            let known = config.odoo_names().collect();
            problems.push(config.unknown("Odoo", "odoo", &file.odoo, known));
            None
        }
    };
    match odoo {
        Some(odoo) if problems.is_empty() => Ok(Backend {
            name: name.to_owned(),
            findings,
            settings,
            entities,
            company: file.company.or(odoo.company),
            lang: file.lang.clone().or_else(|| odoo.lang.clone()),
            timezone: file.timezone.clone().or_else(|| odoo.timezone.clone()),
            webhook_ips: check::networks(&file.webhook_ips),
            odoo,
            rollout: file.rollout.clone(),
            schedules: file.schedules.clone(),
            secrets,
            definition,
        }),
        _ => Err(Report::new(problems)),
    }
}

fn definition_of(
    config: &Config,
    name: &str,
    file: &BackendFile,
) -> Result<(Arc<Definition>, Vec<Diagnostic>), Report> {
    let connector = file.connector.as_str();
    if connector.starts_with(['.', '/']) {
        let loaded = definition::load(&config.folder().join(connector))?;
        return Ok((Arc::new(loaded.definition), loaded.findings));
    }
    match connectors::shipped(connector) {
        Some(definition) => Ok((definition?, Vec::new())),
        None => Err(check::unknown_connector(
            &config.text.shown,
            config.span(&["backends", name, "connector"]),
            connector,
        )
        .into()),
    }
}

/// What a backend gives against what its definition asks for.
pub(super) struct Join<'a> {
    config: &'a Config,
    name: &'a str,
    pub(super) file: &'a BackendFile,
    pub(super) definition: &'a Definition,
}

impl Join<'_> {
    fn settings(&self, problems: &mut Vec<Diagnostic>) -> BTreeMap<String, Scalar> {
        let asked = &self.definition.settings;
        self.unknown_names("settings", "setting", self.file.settings.keys(), asked.keys(), problems);
        let mut settings = BTreeMap::new();
        for (name, setting) in asked {
            match self.file.settings.get(name) {
                Some(given) if has_user(given, setting.kind) => problems.push(self.address_with_user(name)),
                Some(given) => match fitted(given, setting.kind) {
                    Ok(value) => drop(settings.insert(name.clone(), value)),
                    Err(expected) => problems.push(self.bad_setting(name, expected)),
                },
                None => match &setting.default {
                    Some(default) => drop(settings.insert(name.clone(), default.clone())),
                    None if setting.optional => {}
                    None => problems.push(self.setting_not_given(name, setting)),
                },
            }
        }
        settings
    }

    fn secrets(&self, problems: &mut Vec<Diagnostic>) -> BTreeMap<String, Secret> {
        let asked = &self.definition.secrets;
        self.unknown_names("secrets", "secret", self.file.secrets.keys(), asked.keys(), problems);
        let backend = self.name;
        for (name, secret) in
            asked.iter().filter(|(name, secret)| !secret.optional && !self.file.secrets.contains_key(*name))
        {
            let message = format!("backend `{backend}` needs the secret `{name}` ({})", secret.title);
            let mut help =
                format!("Add `{name} = {{ env = \"...\" }}` under `[backends.{backend}.secrets]`.");
            if let Some(where_to_find) = &secret.help {
                help = format!("{help} {where_to_find}");
            }
            problems.push(self.problem(codes::NOT_GIVEN, &["secrets"], message).help(help));
        }
        let secret = |(name, from): (&String, &SecretFrom)| {
            let what = format!("the secret `{name}` of backend `{backend}`");
            let place = format!("backends.{backend}.secrets.{name}");
            (name.clone(), Secret::new(from.clone(), self.config.folder(), what, place))
        };
        self.file.secrets.iter().map(secret).collect()
    }

    fn entities(&self, problems: &mut Vec<Diagnostic>) -> Vec<String> {
        let importable = self.that_go(Direction::In);
        let Some(wanted) = &self.file.entities else {
            return importable.into_iter().map(str::to_owned).collect();
        };
        for name in wanted.iter().filter(|name| !importable.contains(&name.as_str())) {
            let message = format!("the connector has no entity `{name}` that can be imported");
            let problem = self.problem(codes::UNKNOWN_IN_CONFIG, &["entities"], message);
            problems.push(problem.help(suggest::instead_of(name, "entity", &importable)));
        }
        wanted.clone()
    }

    fn unknown_names<'n>(
        &self,
        table: &str,
        what: &str,
        given: impl Iterator<Item = &'n String>,
        asked: impl Iterator<Item = &'n String>,
        problems: &mut Vec<Diagnostic>,
    ) {
        let asked: Vec<&str> = asked.map(String::as_str).collect();
        for name in given.filter(|name| !asked.contains(&name.as_str())) {
            let message = format!("the connector `{}` has no {what} `{name}`", self.definition.connector.id);
            let problem = self.problem(codes::UNKNOWN_IN_CONFIG, &[table, name], message);
            problems.push(problem.help(suggest::instead_of(name, what, &asked)));
        }
    }

    fn setting_not_given(&self, name: &str, setting: &Setting) -> Diagnostic {
        let backend = self.name;
        let message = format!("backend `{backend}` needs the setting `{name}` ({})", setting.title);
        let mut help =
            format!("Add `{name} = {}` under `[backends.{backend}.settings]`.", example(setting.kind));
        if let Some(where_to_find) = &setting.help {
            help = format!("{help} {where_to_find}");
        }
        self.problem(codes::NOT_GIVEN, &["settings"], message).help(help)
    }

    fn bad_setting(&self, name: &str, expected: &str) -> Diagnostic {
        let message = format!("the setting `{name}` must be {expected}");
        self.problem(codes::BAD_SETTING, &["settings", name], message).help(format!("Write {expected}."))
    }

    fn address_with_user(&self, name: &str) -> Diagnostic {
        let message = format!("the setting `{name}` is an address with a user name or password in it");
        let help = format!(
            "Remove it from the address; what signs in stands under `[backends.{}.secrets]`.",
            self.name
        );
        self.problem(codes::PLAIN_SECRET, &["settings", name], message).help(help)
    }

    /// Names of the entities that go this way.
    pub(super) fn that_go(&self, direction: Direction) -> Vec<&str> {
        let all = self.definition.entities.iter().filter(|(_, entity)| goes(entity, direction));
        all.map(|(name, _)| name.as_str()).collect()
    }

    /// A problem of the value under `path` of this backend, or of the nearest table around it.
    pub(super) fn problem(&self, code: &'static str, path: &[&str], message: String) -> Diagnostic {
        self.config.problem(code, &[&["backends", self.name], path].concat(), message)
    }
}

/// Whether this is an address with a user name or password in it.
fn has_user(given: &Scalar, kind: SettingType) -> bool {
    matches!((kind, given), (SettingType::Url, Scalar::Text(text)) if mask::has_user(text))
}

fn example(kind: SettingType) -> &'static str {
    match kind {
        SettingType::Url => "\"https://...\"",
        SettingType::Text => "\"...\"",
        SettingType::Integer => "1",
        SettingType::Boolean => "true",
    }
}

/// The value as the definition wants it, or what it should have been.
pub(crate) fn fitted(given: &Scalar, kind: SettingType) -> Result<Scalar, &'static str> {
    match (kind, given) {
        (SettingType::Url, Scalar::Text(text)) if check::is_web_address(text) => {
            Ok(Scalar::Text(text.trim_end_matches('/').to_owned()))
        }
        (SettingType::Text, Scalar::Text(_))
        | (SettingType::Integer, Scalar::Integer(_))
        | (SettingType::Boolean, Scalar::Boolean(_)) => Ok(given.clone()),
        (SettingType::Url, _) => Err("an address in quotes that starts with https:// or http://"),
        (SettingType::Text, _) => Err("text in quotes"),
        (SettingType::Integer, _) => Err("a whole number without quotes"),
        (SettingType::Boolean, _) => Err("true or false, without quotes"),
    }
}
