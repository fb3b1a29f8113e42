//! Logs and traces of the program: to stderr as text or as JSON lines, and over OTLP where the standard's own environment
//! variable `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector.

use std::io::IsTerminal;

use clap::ValueEnum;
use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, TracerProvider as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

const COLLECTOR: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// What has been started; dropping it sends what still waits.
#[must_use = "traces are sent until it is dropped"]
pub struct Telemetry(Option<SdkTracerProvider>);

/// Starts logs and traces. `LINKSPAN_LOG` says what is logged; by default what is at `level` and above. Called before the
/// runtime starts, because the exporter works in a thread of its own.
pub fn start(format: LogFormat, level: &str) -> Telemetry {
    // The verifier of certificates logs what the error says better.
    let by_default = || EnvFilter::new(format!("{level},rustls_platform_verifier=off"));
    let filter = EnvFilter::try_from_env("LINKSPAN_LOG").unwrap_or_else(|_| by_default());
    let is_terminal = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(is_terminal);
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let (provider, problem) = match std::env::var(COLLECTOR).map(|_| exporter()) {
        Ok(Ok(provider)) => (Some(provider), None),
        Ok(Err(problem)) => (None, Some(problem)),
        Err(_) => (None, None),
    };
    let traces = provider.as_ref().map(|provider| {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("linkspan"))
            .with_filter(EnvFilter::new("linkspan=info,odoo_rpc=info"))
    });
    tracing_subscriber::registry().with(traces).with(lines.with_filter(filter)).init();
    if let Some(problem) = problem {
        tracing::warn!("no traces are sent: {problem}. Check {COLLECTOR}");
    }
    Telemetry(provider)
}

fn exporter() -> Result<SdkTracerProvider, opentelemetry_otlp::ExporterBuildError> {
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build()?;
    let resource = Resource::builder().with_service_name("linkspan").build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

/// Puts a span into the trace of the first of these correlations, and links it to those of the others: what one webhook or
/// one walk sets off is one trace, whenever and on whichever node it is done.
pub(crate) fn follow<'c>(span: &Span, correlations: impl IntoIterator<Item = &'c str>) {
    let mut roots = correlations.into_iter().filter_map(root);
    let Some(first) = roots.next() else { return };
    // Where nobody collects traces there is nothing to follow.
    if span.set_parent(Context::new().with_remote_span_context(first)).is_ok() {
        roots.for_each(|root| span.add_link(root));
    }
}

/// A correlation is 16 hexadecimal digits: the id of a trace, and of the span that stands for whatever began it.
fn root(correlation: &str) -> Option<SpanContext> {
    let (trace, span) = (TraceId::from_hex(correlation).ok()?, SpanId::from_hex(correlation).ok()?);
    Some(SpanContext::new(trace, span, TraceFlags::SAMPLED, true, TraceState::default()))
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(provider) = &self.0
            && let Err(error) = provider.shutdown()
        {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}
