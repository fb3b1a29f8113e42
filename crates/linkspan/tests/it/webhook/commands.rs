//! `linkspan webhooks`, as a process.

use linkspan::store::{BodyEncoding, DeliveryState, NewDelivery, RecordKey};
use serde_json::json;

use crate::support::world::{Plan, World};

/// A world whose backend has a secret for webhooks, and a store with three of them.
async fn world() -> World {
    let mut world = World::start(Plan::sized(4, 2, 2)).await;
    world.program.edit(
        "consumer_secret = { env = \"TEST_SECRET\" }\n",
        "consumer_secret = { env = \"TEST_SECRET\" }\nwebhook_secret = { env = \"TEST_WEBHOOK\" }\n",
    );
    world.program.set("TEST_WEBHOOK", "the-new-secret\nthe-old-secret");
    let of = |id: &str, topic: &str, state: DeliveryState, message: Option<&str>| NewDelivery {
        backend: "shop1".to_owned(),
        delivery: Some(id.to_owned()),
        fingerprint: id.to_owned(),
        topic: topic.to_owned(),
        records: match state {
            DeliveryState::Queued => {
                vec![RecordKey { entity: "order".to_owned(), external_id: "7".to_owned() }]
            }
            _ => Vec::new(),
        },
        state,
        message: message.map(str::to_owned),
        headers: r#"{"x-wc-webhook-topic":"order.updated"}"#.to_owned(),
        body: r#"{"id":7}"#.to_owned(),
        body_encoding: BodyEncoding::Text,
        correlation: "00000000000000aa".to_owned() + id,
        received_at: jiff::Timestamp::now().as_millisecond(),
    };
    let store = world.store().await;
    let all = [
        of("a", "order.updated", DeliveryState::Queued, None),
        of("b", "coupon.updated", DeliveryState::Ignored, Some("The topic coupon.updated is ignored.")),
        of("c", "order.updated", DeliveryState::Unreadable, Some("The body is no JSON.")),
    ];
    store.receive(&all).await.unwrap();
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_are_listed_shown_and_replayed() {
    let world = world().await;
    let list = world.run(&["webhooks", "list", "--json"]).await.ended(0).json();
    assert_eq!(list["webhooks"].as_array().unwrap().len(), 3);
    assert!(list["webhooks"][0].get("body").is_none(), "a list shows no bodies");
    let text =
        world.run(&["webhooks", "list", "--state", "unreadable", "--topic", "order.updated"]).await.ended(0);
    text.said(&["unreadable", "The body is no JSON."]);
    let show = world.run(&["webhooks", "show", "1"]).await.ended(0);
    show.said(&[
        "order.updated of shop1",
        "imports order 7",
        "x-wc-webhook-topic: order.updated",
        r#"{"id":7}"#,
    ]);
    let json = world.run(&["webhooks", "show", "1", "--json"]).await.ended(0).json();
    assert_eq!(json["webhook"]["body"], r#"{"id":7}"#);
    world.run(&["webhooks", "show", "99"]).await.ended(2).said(&["there is no webhook 99"]);

    let replayed = world.run(&["webhooks", "replay", "1", "2", "99", "--json"]).await.ended(1).json();
    assert_eq!(replayed["replayed"], 1);
    let left: Vec<i64> =
        replayed["left"].as_array().unwrap().iter().map(|left| left["id"].as_i64().unwrap()).collect();
    assert_eq!(left, [2, 99]);
    world.run(&["webhooks", "replay", "--all", "--state", "queued"]).await.ended(0).said(&["1 replayed"]);
    assert_eq!(world.store().await.delivery(1).await.unwrap().unwrap().replays, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_are_subscribed_to_and_their_state_is_told() {
    let mut world = world().await;
    let missing = world.run(&["webhooks", "subscribe", "shop1"]).await.ended(2);
    missing.said(&["--url", "`public_url`"]);
    for wrong in
        ["https://x.example/webhooks/shop2", "https://x.example/behind", "https://x.example?a=1", "x.example"]
    {
        let told = world.run(&["webhooks", "subscribe", "shop1", "--url", wrong]).await.ended(2);
        told.said(&[wrong, "https://sync.example.com/webhooks/shop1"]);
    }
    let with_user = "https://me:hush@x.example/webhooks/shop1";
    let told = world.run(&["webhooks", "subscribe", "shop1", "--url", with_user]).await.ended(2);
    assert!(!told.stderr.contains("hush"), "{}", told.stderr);
    let url = "http://127.0.0.1:9/webhooks/shop1";
    let done = world.run(&["webhooks", "subscribe", "shop1", "--url", url, "--json"]).await.ended(0).json();
    assert_eq!((&done["address"], done["subscriptions"].as_array().unwrap().len()), (&json!(url), 10));
    world.run(&["webhooks", "status"]).await.ended(0).said(&[
        "shop1: 3 came since yesterday",
        "order.updated",
        "active",
    ]);
    let status = world.run(&["webhooks", "status", "--json"]).await.ended(0).json();
    assert_eq!(status["backends"][0]["since_yesterday"]["unreadable"], 1);

    // What the shop was given is the secret's first line, and neither line is anywhere we keep things.
    let before = world.shop.requests().len();
    world
        .run(&["webhooks", "subscribe", "shop1", "--url", url, "--new-secret"])
        .await
        .ended(0)
        .said(&["given the secret"]);
    let writes =
        world.shop.requests().split_off(before).into_iter().filter(|(method, _)| method == "PUT").count();
    assert_eq!(writes, 10);
    world.program.unset("TEST_WEBHOOK");
    world.run(&["webhooks", "status"]).await.ended(1).said(&["TEST_WEBHOOK"]);
}
