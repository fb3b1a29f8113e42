//! People are told of alerts: once when one is raised, once when it is over.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use linkspan::store::Store;
use sandbox::Fault;
use serde_json::Value;
use tokio::net::TcpListener;

use super::{SELDOM, Served, configure, until};
use crate::support::world::{Plan, World};

/// What takes alerts, and what came.
#[derive(Clone, Default)]
struct Channel {
    refusals: Arc<Mutex<usize>>,
    messages: Arc<Mutex<Vec<Value>>>,
}

impl Channel {
    /// Refuses so many messages, then takes them; gives its address.
    async fn start(&self, refusals: usize) -> String {
        *self.refusals.lock().unwrap() = refusals;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/hook/secret-path", listener.local_addr().unwrap());
        let router = Router::new().route("/hook/secret-path", post(take)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        address
    }

    /// What was told so far: state and name, in order.
    fn told(&self) -> Vec<String> {
        let messages = self.messages.lock().unwrap();
        let alerts = messages.iter().flat_map(|message| message["alerts"].as_array().unwrap());
        alerts.map(|alert| format!("{} {}", alert["state"], alert["name"]).replace('"', "")).collect()
    }
}

async fn take(State(channel): State<Channel>, Json(message): Json<Value>) -> StatusCode {
    let mut refusals = channel.refusals.lock().unwrap();
    if *refusals > 0 {
        *refusals -= 1;
        return StatusCode::BAD_GATEWAY;
    }
    channel.messages.lock().unwrap().push(message);
    StatusCode::OK
}

async fn world_with(channel: &Channel, refusals: usize) -> (World, Store) {
    let world = World::start(Plan::sized(3, 0, 0)).await;
    configure(&world, SELDOM);
    world
        .program
        .edit("[odoo.main]", "[service.alerts]\nurl = { file = \"hook\" }\nper_minute = 60\n\n[odoo.main]");
    std::fs::write(world.program.path("hook"), channel.start(refusals).await).unwrap();
    let store = world.store().await;
    (world, store)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_is_told_once_when_it_is_raised_and_once_when_it_is_over() {
    let channel = Channel::default();
    let (world, store) = world_with(&channel, 1).await;
    store.raise_alert("test:a", "shop1", "The key is refused.").await.unwrap();
    let served = Served::start(&world).await;
    // The first message is refused.
    until("it is told", || async { (channel.told() == ["raised test:a"]).then_some(()) }).await;
    store.raise_alert("test:a", "shop1", "The key is still refused.").await.unwrap();
    store.raise_alert("test:b", "shop1", "Another one.").await.unwrap();
    until("so is the next", || async { (channel.told().len() == 2).then_some(()) }).await;
    // What comes while no service runs is told by the next one.
    assert!(served.stop().await.success());
    assert!(store.clear_alert("test:a").await.unwrap());
    store.raise_alert("test:c", "shop1", "Raised and over before anybody was told.").await.unwrap();
    store.clear_alert("test:c").await.unwrap();
    let served = Served::start(&world).await;
    until("the end is told", || async { (channel.told().len() == 3).then_some(()) }).await;
    assert!(served.stop().await.success());
    assert_eq!(channel.told(), ["raised test:a", "raised test:b", "over test:a"]);
    let text = channel.messages.lock().unwrap()[0]["text"].as_str().unwrap().to_owned();
    assert_eq!(text, "Alert, shop1: The key is refused.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_told_that_a_system_does_not_answer_and_that_it_is_back() {
    let channel = Channel::default();
    let (world, _store) = world_with(&channel, 0).await;
    world.shop.faults().add("GET /wp-json", Fault::Status { status: 503, retry_after_secs: None }, 12);
    let served = Served::start(&world).await;
    until("both are told", || async {
        (channel.told() == ["raised shop:shop1", "over shop:shop1"]).then_some(())
    })
    .await;
    assert!(served.stop().await.success());
    let text = channel.messages.lock().unwrap()[0]["text"].as_str().unwrap().to_owned();
    assert!(text.contains("It does not answer") && text.contains("503"), "{text}");
}
