//! Opens what the commands work on: the configuration and its store.

use std::path::Path;

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::failure::Failure;
use super::output::Output;
use crate::config::Config;
use crate::definition::Report;
use crate::document::suggest;
use crate::store::Store;

pub(super) use crate::backend::{Opened, connect, open};

/// The configuration at `path`.
pub(super) fn config(path: &Path) -> Result<Config, Failure> {
    if !path.exists() {
        return Err(Failure::config(format!(
            "there is no configuration {}. Write one (docs/config.md shows how), or name it with --config",
            path.display()
        )));
    }
    Ok(Config::load(path)?)
}

/// The configuration's store.
pub(super) async fn store(config: &Config) -> Result<Store, Failure> {
    Ok(Store::open(config.store_url()?.expose_secret()).await?)
}

/// An error where a filter that found nothing names an entity that the configuration does not have: it is mistyped.
/// What is stored of an entity that has left its definition is found all the same.
pub(super) fn check_entity(
    config: &Config,
    backend: Option<&str>,
    entity: Option<&str>,
) -> Result<(), Failure> {
    let Some((entity, known)) = entity.zip(config.entity_names(backend)) else { return Ok(()) };
    if known.contains(entity) {
        return Ok(());
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    Err(Failure::config(format!(
        "{} has no entity `{entity}`. {}",
        backend.unwrap_or("the configuration"),
        suggest::instead_of(entity, "entity", &known)
    )))
}

/// A backend that cannot be used, as a list shows it beside the others.
pub(super) fn broken(name: &str, report: &Report) -> Value {
    json!({ "backend": name, "error": report.to_string() })
}

/// The same in words.
pub(super) fn tell_broken(broken: &[Value], output: &Output) {
    for one in broken {
        let text = |key: &str| one[key].as_str().unwrap_or_default();
        output.line(format!("broken: {}: {}", text("backend"), text("error")));
    }
}
