//! Traces over OTLP, as a collector receives them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use sandbox::shop::Kind;

use super::{SELDOM, Served, configure, take_webhooks, until};
use crate::support::records::disagreements;
use crate::support::world::{BACKEND, Plan, World};
use crate::webhook::deliveries;

type Bodies = Arc<Mutex<Vec<Bytes>>>;

/// A span as far as the test looks at it.
#[derive(Debug, Clone)]
struct Span {
    trace: String,
    id: String,
    parent: String,
    name: String,
    /// The text attributes.
    attributes: Vec<(String, String)>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhooks_way_into_odoo_is_one_trace_under_its_correlation() {
    let mut world = World::start(Plan::sized(3, 0, 0)).await;
    configure(&world, SELDOM);
    take_webhooks(&mut world.program, BACKEND);
    let (collector, bodies) = collector().await;
    world.program.set("OTEL_EXPORTER_OTLP_ENDPOINT", &collector);
    let served = Served::start(&world).await;
    until("the shop is imported", || async { disagreements(&world).await.is_empty().then_some(()) }).await;
    let id = world.shop.ids(Kind::Product)[0];
    world.edit(Kind::Product, id, |product| product["name"] = "Traced".into());
    assert!(served.deliver(BACKEND, "product.updated", "traced", id).await);
    until("the change is in Odoo", || async { disagreements(&world).await.is_empty().then_some(()) }).await;
    // What is not sent yet is sent when it stops.
    assert!(served.stop().await.success());

    let spans: Vec<Span> = bodies.lock().unwrap().iter().flat_map(|body| spans(body)).collect();
    let intake = spans.iter().find(|span| span.name == "webhook").expect("the intake is a span");
    let correlation = attribute(intake, "correlation");
    let delivery = deliveries(&world.store().await).await.remove(0);
    assert_eq!(delivery.correlation, correlation, "the trace has the correlation of log and store");
    assert!(intake.trace.ends_with(&correlation), "{intake:?}");
    let jobs = spans.iter().find(|span| span.name == "jobs" && span.trace == intake.trace).unwrap();
    assert_eq!(attribute(jobs, "correlation"), correlation);
    let has = |key: &str, value: &str| {
        spans.iter().any(|span| attribute(span, key) == value && is_under(span, jobs, &spans))
    };
    assert!(has("operation", "get_product"), "fetching the record is part of it: {spans:#?}");
    assert!(has("call", "product.product.load"), "so is writing it: {spans:#?}");
}

/// Whether a span is the other's child, or a child of one.
fn is_under(span: &Span, other: &Span, all: &[Span]) -> bool {
    span.trace == other.trace
        && (span.parent == other.id
            || all.iter().any(|one| one.id == span.parent && is_under(one, other, all)))
}

fn attribute(span: &Span, name: &str) -> String {
    let found = span.attributes.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

/// A collector on loopback, until the test ends.
async fn collector() -> (String, Bodies) {
    let bodies = Bodies::default();
    let take = |State(bodies): State<Bodies>, body: Bytes| async move { bodies.lock().unwrap().push(body) };
    let router = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&bodies));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, bodies)
}

/// The spans of an `ExportTraceServiceRequest`; the numbers are those of `opentelemetry/proto/trace/v1/trace.proto`.
fn spans(request: &[u8]) -> Vec<Span> {
    let scopes = all(request, 1).into_iter().flat_map(|resource| all(resource, 2));
    scopes.flat_map(|scope| all(scope, 2)).map(span).collect()
}

fn span(message: &[u8]) -> Span {
    let hex = |number| hex::encode(all(message, number).first().copied().unwrap_or_default());
    let attribute = |message: &[u8]| {
        let value = all(message, 2).into_iter().flat_map(|value| all(value, 1)).map(text).next();
        (text(all(message, 1)[0]), value.unwrap_or_default())
    };
    Span {
        trace: hex(1),
        id: hex(2),
        parent: hex(4),
        name: text(all(message, 5)[0]),
        attributes: all(message, 9).into_iter().map(attribute).collect(),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The values of a field that have a length, in protobuf's wire format.
fn all(mut message: &[u8], number: u64) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while !message.is_empty() {
        let tag = varint(&mut message);
        let length = match tag & 7 {
            0 => {
                varint(&mut message);
                continue;
            }
            1 => 8,
            2 => usize::try_from(varint(&mut message)).unwrap(),
            5 => 4,
            other => panic!("wire type {other}"),
        };
        let (value, rest) = message.split_at(length);
        if (tag & 7, tag >> 3) == (2, number) {
            found.push(value);
        }
        message = rest;
    }
    found
}

fn varint(message: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = message.split_first().unwrap();
        *message = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return value;
        }
    }
    panic!("a varint without end")
}
