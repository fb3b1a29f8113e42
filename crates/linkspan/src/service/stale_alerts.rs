//! Alerts that nobody would take back any more: what they speak of left the configuration.
//!
//! Each alert is taken back where it is raised, once what it tells is over. That place never comes to its turn again for a
//! backend, entity, Odoo or subscription that is no longer configured.

use std::sync::Arc;

use super::runtime::Runtime;
use crate::config::Config;
use crate::store::{Alert, Store, StoreError};

/// Takes such alerts back when a node starts. `opened` are the backends that could be opened; one that could not keeps its
/// alerts.
pub(super) async fn take_back(
    config: &Config,
    store: &Store,
    opened: &[Arc<Runtime>],
) -> Result<(), StoreError> {
    for alert in store.list_alerts(None, 10_000).await? {
        let configured = config.backend_names().any(|name| name == alert.backend);
        let runtime = opened.iter().find(|runtime| runtime.name() == alert.backend);
        let is_stale = match runtime {
            Some(runtime) => speaks_of_nothing(config, &alert, runtime),
            None => !configured,
        };
        if is_stale {
            store.clear_alert(&alert.name).await?;
        }
    }
    Ok(())
}

fn speaks_of_nothing(config: &Config, alert: &Alert, runtime: &Runtime) -> bool {
    let backend = runtime.config();
    let Some((kind, about)) = alert.name.split_once([':', ' ']) else { return false };
    let of_backend = about.strip_prefix(backend.name.as_str()).and_then(|rest| rest.strip_prefix(['/', ' ']));
    let is_synced = |entity: &str| backend.entities.iter().any(|synced| synced == entity);
    let webhooks = backend.definition.webhooks.as_ref();
    match (kind, of_backend) {
        ("poll" | "held", Some(entity)) => !is_synced(entity),
        ("subscription", Some(_)) => {
            config.service().public_url.is_none()
                || webhooks.is_none_or(|webhooks| webhooks.subscriptions.is_none())
        }
        ("odoo", _) => about != backend.odoo.name,
        _ => false,
    }
}
