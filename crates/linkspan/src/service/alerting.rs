//! Tells people of alerts where they are: one JSON POST when an alert is raised, one when it is over.
//!
//! What is to be told is in the store, so it survives a kill, and one message tells all that is new. The nodes share the
//! limit on messages, so only one of them tells. A message whose answer was lost comes again.
//!
//! The address is the operator's own and may be a private one; a redirect is not followed, so no answer leads elsewhere.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Client;
use reqwest::redirect::Policy;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::sleep;

use super::stopped;
use crate::config::{Config, Secret};
use crate::store::{Alert, Store, Untold};

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Shorter than the shortest time between two messages of all nodes would allow to overlap for long.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait after messages that nobody took.
const LONGEST_WAIT: Duration = Duration::from_secs(600);
/// Alerts in one message; the rest comes with the next one.
const AT_ONCE: u32 = 20;
/// Name of the limit that all nodes share.
const LIMIT: &str = "alerts";

/// Who tells people of alerts.
pub(super) struct Alerting {
    store: Store,
    http: Client,
    url: Secret,
    every: Duration,
    /// Where the dashboard is, for people to go there.
    dashboard: Option<String>,
}

/// Why a message did not arrive. Never holds the address, which is a secret.
#[derive(Debug, thiserror::Error)]
enum Untellable {
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error(transparent)]
    Secret(#[from] crate::config::SecretError),
    #[error("nobody took the message: {0}")]
    Request(reqwest::Error),
    #[error("the message was refused with status {0}; check the address that service.alerts.url gives")]
    Status(u16),
}

impl Alerting {
    /// As the configuration wants it; `None`: nobody is to be told.
    pub(super) fn new(config: &Config, store: Store) -> Option<Alerting> {
        let (url, per_minute) = config.alerts()?;
        odoo_rpc::install_crypto();
        let client = Client::builder().redirect(Policy::none()).timeout(TIMEOUT).build();
        let http = client.inspect_err(|error| tracing::error!(%error, "alerts cannot be sent")).ok()?;
        let every = Duration::from_secs(60) / per_minute.max(1);
        let dashboard = config.service().public_url.clone();
        Some(Alerting { store, http, url, every, dashboard })
    }

    /// Tells what is to be told, until it is stopped.
    pub(super) async fn run(self, mut stopping: watch::Receiver<bool>) {
        let mut failures = 0_u32;
        while !*stopping.borrow() {
            let wait = match self.tell().await {
                Ok(()) => {
                    failures = 0;
                    LOOK_EVERY
                }
                Err(error) => {
                    tracing::warn!(%error, "people could not be told of alerts; it is tried again");
                    failures += 1;
                    (self.every * 2_u32.saturating_pow(failures.min(10))).min(LONGEST_WAIT)
                }
            };
            tokio::select! {
                () = sleep(wait) => {}
                () = stopped(&mut stopping) => {}
            }
        }
    }

    async fn tell(&self) -> Result<(), Untellable> {
        if self.store.untold_alerts(1).await? == Untold::default()
            || self.store.take_token(LIMIT, self.every, Duration::ZERO).await?.is_some()
        {
            return Ok(());
        }
        // Another node may have told meanwhile.
        let untold = self.store.untold_alerts(AT_ONCE).await?;
        if untold == Untold::default() {
            return Ok(());
        }
        let url = self.url.read()?;
        let request = self.http.post(url.expose_secret()).json(&message(&untold, self.dashboard.as_deref()));
        let answer = request.send().await.map_err(|error| Untellable::Request(error.without_url()))?;
        if !answer.status().is_success() {
            return Err(Untellable::Status(answer.status().as_u16()));
        }
        Ok(self.store.alerts_told(&untold).await?)
    }
}

/// `text` is what Slack, Mattermost and Microsoft Teams show; programs read `alerts`.
fn message(untold: &Untold, dashboard: Option<&str>) -> Value {
    let mut lines: Vec<String> = Vec::new();
    lines.extend(untold.raised.iter().map(|alert| line("Alert", alert)));
    lines.extend(untold.over.iter().map(|over| line("Over", &over.alert)));
    lines.extend(dashboard.map(|address| format!("Dashboard: {address}")));
    let raised = untold.raised.iter().map(|alert| structured("raised", alert, None));
    let over = untold.over.iter().map(|over| structured("over", &over.alert, Some(over.over_at)));
    json!({ "text": lines.join("\n"), "alerts": raised.chain(over).collect::<Vec<_>>() })
}

/// An error of a shop must not become a mention of everybody, `<!channel>` in Slack.
fn line(word: &str, alert: &Alert) -> String {
    let text = alert.message.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("{word}, {}: {text}", alert.backend)
}

fn structured(state: &str, alert: &Alert, over_at: Option<i64>) -> Value {
    let time = |at: i64| Timestamp::from_millisecond(at).map(|at| at.to_string()).ok();
    json!({
        "state": state, "name": alert.name, "backend": alert.backend, "message": alert.message,
        "raised_at": time(alert.raised_at), "over_at": over_at.and_then(time),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shop_says_cannot_mention_everybody() {
        let alert = Alert {
            name: "shop:a".to_owned(),
            backend: "a".to_owned(),
            message: "It said <!channel> & more.".to_owned(),
            raised_at: 0,
            seen_at: 0,
        };
        let untold = Untold { raised: vec![alert], over: Vec::new() };
        let message = message(&untold, Some("https://sync.example.com"));
        assert_eq!(
            message["text"],
            "Alert, a: It said &lt;!channel&gt; &amp; more.\nDashboard: https://sync.example.com"
        );
        assert_eq!(message["alerts"][0]["message"], "It said <!channel> & more.");
        assert_eq!(message["alerts"][0]["raised_at"], "1970-01-01T00:00:00Z");
    }
}
