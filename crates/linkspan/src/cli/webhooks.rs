//! `linkspan webhooks`

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};

use super::backend;
use super::failure::{Failure, PROBLEMS};
use super::output::Output;
use crate::backend::open;
use crate::config::{Config, has_user};
use crate::operations::{COMMAND_LINE, Operator};
use crate::store::{Delivery, DeliveryFilter, DeliveryState, Store, Subscription, SubscriptionState};
use crate::webhook::subscriptions::{SubscribeError, Wanted, ensure};
use crate::webhook::{Receivers, refusals};

const DAY_MS: i64 = 86_400_000;

/// Webhooks that are read at a time.
const AT_A_TIME: u32 = 500;

/// Webhooks that came in: look at them, do them again, see to it that some come.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  linkspan webhooks list --backend shop1\n  linkspan webhooks replay 17\n  linkspan webhooks subscribe shop1"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List webhooks, newest first.
    #[command(after_help = "Example:\n  linkspan webhooks list --backend shop1 --state unreadable")]
    List {
        #[command(flatten)]
        filter: Filter,
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Show one with its headers and its body as it came.
    #[command(after_help = "Example:\n  linkspan webhooks show 17")]
    Show {
        /// Number in the list.
        id: i64,
    },
    /// Import the records of stored webhooks again, as the definition understands them now.
    #[command(
        after_help = "Examples:\n  linkspan webhooks replay 17 18\n  linkspan webhooks replay --all --backend shop1 --topic order.updated"
    )]
    Replay {
        /// Numbers in the list.
        #[arg(required_unless_present = "all")]
        ids: Vec<i64>,
        /// All that match the filter.
        #[arg(long, conflicts_with = "ids")]
        all: bool,
        #[command(flatten)]
        filter: Filter,
    },
    /// Show whether webhooks come: which backends take them, what came since yesterday, how subscriptions stand.
    #[command(after_help = "Example:\n  linkspan webhooks status")]
    Status,
    /// Subscribe to a backend's webhooks, and repair what does not deliver. Doing it again changes nothing.
    #[command(
        after_help = "Examples:\n  linkspan webhooks subscribe shop1\n  linkspan webhooks subscribe shop1 --url https://sync.example.com/webhooks/shop1"
    )]
    Subscribe {
        /// The backend.
        backend: String,
        /// Where the external system reaches this service. Default: `public_url` under [service] in the configuration.
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        /// Give the secret to subscriptions that are in order too: it was changed.
        #[arg(long)]
        new_secret: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Filter {
    /// Only of this backend.
    #[arg(long)]
    backend: Option<String>,
    /// Only of this topic.
    #[arg(long)]
    topic: Option<String>,
    /// Only about this entity.
    #[arg(long)]
    entity: Option<String>,
    /// Only about the record with this id in the external system.
    #[arg(long)]
    external_id: Option<String>,
    /// Only in this state.
    #[arg(long, value_enum)]
    state: Option<DeliveryState>,
}

impl Filter {
    fn to_store(&self, limit: u32) -> DeliveryFilter {
        DeliveryFilter {
            backend: self.backend.clone(),
            topic: self.topic.clone(),
            entity: self.entity.clone(),
            record: self.external_id.clone(),
            state: self.state.map(|state| state.text().to_owned()),
            before_id: None,
            limit,
        }
    }

    /// For a filter that found nothing.
    fn check(&self, config: &Config) -> Result<(), Failure> {
        backend::check_entity(config, self.backend.as_deref(), self.entity.as_deref())
    }
}

pub(super) async fn run(arguments: &Arguments, path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let config = backend::config(path)?;
    if let Command::List { filter: Filter { backend: Some(name), .. }, .. }
    | Command::Replay { filter: Filter { backend: Some(name), .. }, .. } = &arguments.command
    {
        config.check_backend(name)?;
    }
    let store = backend::store(&config).await?;
    match &arguments.command {
        Command::List { filter, limit } => {
            let deliveries = store.deliveries(filter.to_store(*limit)).await?;
            if deliveries.is_empty() {
                filter.check(&config)?;
            }
            list(&deliveries, output);
            Ok(ExitCode::SUCCESS)
        }
        Command::Show { id } => {
            let delivery = store.delivery(*id).await?.ok_or_else(|| {
                Failure::config(format!(
                    "there is no webhook {id}; `linkspan webhooks list` shows those that are kept"
                ))
            })?;
            show(&delivery, output);
            Ok(ExitCode::SUCCESS)
        }
        Command::Replay { ids, filter, .. } => {
            let ids = if ids.is_empty() { matching(&store, filter).await? } else { ids.clone() };
            if ids.is_empty() {
                filter.check(&config)?;
            }
            replay_all(&config, &store, &ids, output).await
        }
        Command::Status => status(&config, &store, output).await,
        Command::Subscribe { backend, url, new_secret } => {
            subscribe(&config, &store, backend, url.as_deref(), *new_secret, output).await
        }
    }
}

/// Every one that matches, page by page.
async fn matching(store: &Store, filter: &Filter) -> Result<Vec<i64>, Failure> {
    let mut page = filter.to_store(AT_A_TIME);
    let mut ids = Vec::new();
    loop {
        let found = store.deliveries(page.clone()).await?;
        let Some(last) = found.last() else { return Ok(ids) };
        page.before_id = Some(last.id);
        ids.extend(found.iter().map(|delivery| delivery.id));
    }
}

fn list(deliveries: &[Delivery], output: &Output) {
    let without_body = |delivery: &Delivery| {
        let mut value = json!(delivery);
        if let Value::Object(fields) = &mut value {
            ["headers", "body", "body_encoding"].iter().for_each(|name| drop(fields.remove(*name)));
        }
        value
    };
    output.object(&json!({ "webhooks": deliveries.iter().map(without_body).collect::<Vec<_>>() }));
    let rows = deliveries.iter().map(|delivery| {
        [
            delivery.id.to_string(),
            moment(delivery.received_at),
            delivery.backend.clone(),
            delivery.topic.clone(),
            format!("{} {}", delivery.entity, delivery.record).trim().to_owned(),
            delivery.state.clone(),
            delivery.message.clone().unwrap_or_default(),
        ]
    });
    output.table(&["no.", "came", "backend", "topic", "record", "state", "why"], rows);
}

fn show(delivery: &Delivery, output: &Output) {
    output.object(&json!({ "webhook": delivery }));
    output.line(format!("{} of {}, came {}", delivery.topic, delivery.backend, moment(delivery.received_at)));
    match delivery.message.as_deref() {
        Some(why) => output.line(format!("  {}: {why}", delivery.state)),
        None => output.line(format!("  imports {} {}", delivery.entity, delivery.record)),
    }
    output.line(format!("  correlation {}, replayed {} times", delivery.correlation, delivery.replays));
    if let Some(id) = &delivery.delivery {
        output.line(format!("  the sender's id {id}"));
    }
    let headers: serde_json::Map<String, Value> = serde_json::from_str(&delivery.headers).unwrap_or_default();
    for (name, value) in &headers {
        output.line(format!("  {name}: {}", value.as_str().unwrap_or_default()));
    }
    output.line(&delivery.body);
}

async fn replay_all(
    config: &Config,
    store: &Store,
    ids: &[i64],
    output: &Output,
) -> Result<ExitCode, Failure> {
    let done = Operator::new(store, COMMAND_LINE).replay(&Receivers::from_config(config), ids).await?;
    output.object(&json!(done));
    output.line(format!("{} replayed; `linkspan serve` imports their records now", done.replayed));
    done.left.iter().for_each(|left| output.line(format!("left: {}: {}", left.id, left.reason)));
    Ok(if done.left.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(PROBLEMS) })
}

async fn status(config: &Config, store: &Store, output: &Output) -> Result<ExitCode, Failure> {
    let receivers = Receivers::from_config(config);
    let since = jiff::Timestamp::now().as_millisecond() - DAY_MS;
    let counts = store.inbox_counts(since).await?;
    let subscriptions = store.list_subscriptions(None).await?;
    let alerts = store.list_alerts(None, 1_000).await?;
    let mut healthy = true;
    let mut backends = Vec::new();
    for (name, state, reason) in receivers.states() {
        let refused = alerts.iter().find(|alert| alert.name == refusals::alert_name(name));
        let refused = refused.map(|alert| alert.message.as_str());
        healthy &= state != "broken" && refused.is_none();
        let came = counts.iter().find(|count| count.backend == name);
        backends.push(json!({
            "backend": name, "state": state, "reason": reason, "refused": refused, "since_yesterday": came,
        }));
        let came = came.map_or_else(
            || "nothing came since yesterday".to_owned(),
            |came| {
                format!(
                    "{} came since yesterday ({} import nothing, {} cannot be read), the last {}",
                    came.queued + came.ignored + came.unreadable,
                    came.ignored,
                    came.unreadable,
                    moment(came.last_received_at)
                )
            },
        );
        output.line(format!("{name}: {}", reason.unwrap_or(&came)));
        refused.iter().for_each(|refused| output.line(format!("{name}: {refused}")));
    }
    healthy &= subscriptions.iter().all(|one| one.state == SubscriptionState::Active);
    output.object(&json!({ "backends": backends, "subscriptions": subscriptions }));
    if !subscriptions.is_empty() {
        show_subscriptions(&subscriptions, output);
    }
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::from(PROBLEMS) })
}

async fn subscribe(
    config: &Config,
    store: &Store,
    name: &str,
    url: Option<&str>,
    renew_secret: bool,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let wanted = config.backend(name)?;
    let Some(webhooks) = &wanted.definition.webhooks else {
        return Err(Failure::config(format!("the connector of `{name}` has no webhooks")));
    };
    let public_url = public_url(config, name, url)?;
    let secret = wanted.secret(webhooks.verify.secret())?;
    let opened = open(&wanted, store)?;
    let wishes = Wanted {
        backend: name,
        public_url: &public_url,
        entities: &wanted.entities,
        secret: secret.as_ref(),
        renew_secret,
    };
    let done = ensure(&opened.adapter, webhooks, &wishes, store).await;
    opened.close().await;
    let subscriptions = done.map_err(|error| match error {
        SubscribeError::NotDescribed { .. } | SubscribeError::NoSecret { .. } => {
            Failure::config(error.to_string())
        }
        SubscribeError::Adapter(error) => error.into(),
        SubscribeError::Store(error) => error.into(),
    })?;
    output.object(&json!({ "address": wishes.address(), "subscriptions": subscriptions }));
    output.line(format!("webhooks are delivered to {}", wishes.address()));
    show_subscriptions(&subscriptions, output);
    let all = subscriptions.iter().all(|one| one.state == SubscriptionState::Active);
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::from(PROBLEMS) })
}

/// The service's public address: given with or without the path of the backend, or configured.
fn public_url(config: &Config, backend: &str, given: Option<&str>) -> Result<String, Failure> {
    let url = given.or(config.service().public_url.as_deref()).ok_or_else(|| {
        Failure::config(
            "nothing says where the external system reaches this service: name it with --url, or write `public_url` \
             under [service]",
        )
    })?;
    let url = url.trim_end_matches('/');
    let base = url.strip_suffix(&format!("/webhooks/{backend}")).unwrap_or(url);
    if !crate::config::is_origin(base) {
        let shown = if has_user(url) { "an address with a user or password in it" } else { url };
        return Err(Failure::config(format!(
            "{shown} is not where webhooks of `{backend}` are taken; write for example \
             https://sync.example.com/webhooks/{backend}"
        )));
    }
    Ok(base.to_owned())
}

fn show_subscriptions(subscriptions: &[Subscription], output: &Output) {
    let rows = subscriptions.iter().map(|one| {
        [
            one.backend.clone(),
            one.topic.clone(),
            one.state.text().to_owned(),
            one.remote_id.clone().unwrap_or_default(),
            moment(one.checked_at),
            one.message.clone().unwrap_or_default(),
        ]
    });
    output.table(&["backend", "topic", "state", "id there", "checked", "what was done"], rows);
}

/// A moment as people read it, in UTC.
fn moment(epoch_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(epoch_ms)
        .map_or_else(|_| epoch_ms.to_string(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}
