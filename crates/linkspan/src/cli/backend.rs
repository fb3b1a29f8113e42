//! Opens what the commands work on: the configuration and its store.

use std::path::Path;

use secrecy::ExposeSecret;

use super::failure::Failure;
use crate::config::Config;
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
