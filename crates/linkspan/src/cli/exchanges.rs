//! `linkspan exchanges`

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::backend;
use super::failure::Failure;
use super::output::Output;
use super::when::when;
use crate::store::{Exchange, ExchangeFilter};

/// Requests to external systems that failed: what was asked, what came back.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  linkspan exchanges\n  linkspan exchanges shop1 --limit 3 --bodies")]
pub(super) struct Arguments {
    /// Only of this backend.
    backend: Option<String>,
    /// Most requests to list, newest first.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u32,
    /// Show what was sent and what came back too, up to 4 KiB of each; secrets are masked.
    #[arg(long)]
    bodies: bool,
}

pub(super) async fn run(arguments: &Arguments, path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let config = backend::config(path)?;
    if let Some(name) = &arguments.backend {
        config.check_backend(name)?;
    }
    let store = backend::store(&config).await?;
    let filter = ExchangeFilter {
        backend: arguments.backend.clone(),
        limit: arguments.limit,
        ..ExchangeFilter::default()
    };
    let exchanges = store.list_exchanges(filter).await?;
    output.object(&json!({ "exchanges": exchanges }));
    if arguments.bodies {
        exchanges.iter().for_each(|exchange| output.line(whole(exchange)));
    } else {
        output.table(&["when (UTC)", "backend", "request", "answer", "ms"], exchanges.iter().map(row));
    }
    Ok(ExitCode::SUCCESS)
}

fn row(exchange: &Exchange) -> [String; 5] {
    [
        when(exchange.at),
        exchange.backend.clone(),
        format!("{} {}", exchange.method, exchange.url),
        answer(exchange),
        exchange.duration_ms.to_string(),
    ]
}

/// Status and fault, in one line.
fn answer(exchange: &Exchange) -> String {
    let status = exchange.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
    exchange.error.as_ref().map_or_else(|| status.clone(), |error| format!("{status}: {error}"))
}

fn whole(exchange: &Exchange) -> String {
    let [when, backend, request, answer, ms] = row(exchange);
    let body = |title: &str, body: &Option<String>| {
        body.as_deref()
            .filter(|body| !body.is_empty())
            .map_or_else(String::new, |body| format!("\n  {title} {body}"))
    };
    let (sent, received) = (body("sent", &exchange.request_body), body("received", &exchange.response_body));
    format!("{when}  {backend}  {request}\n  {answer} after {ms} ms{sent}{received}\n")
}
