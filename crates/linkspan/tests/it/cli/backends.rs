//! `linkspan backends`, and how commands take a backend that the configuration does not have.

use std::path::Path;

use linkspan::config::Config;
use linkspan::dashboard::BackendFacts;
use linkspan::store::{BatchCommit, Store};

use crate::store::dead_letter;
use crate::support::program::Program;
use crate::support::world::config;

/// The program with the backend `shop1`; nothing listens where its servers should be.
fn program() -> Program {
    let nowhere = "http://127.0.0.1:9";
    let program = Program::new(&config("woocommerce", nowhere, nowhere, "manager"), []);
    program.edit("{ env = \"TEST_STORE_URL\" }", "\"sqlite:linkspan.db\"");
    program
}

#[tokio::test]
async fn a_stage_in_which_nothing_could_happen_is_refused() {
    let program = program();
    let stage = |arguments: &'static [&'static str]| {
        let all = [&["backends", "stage", "shop1"], arguments].concat();
        let program = &program;
        async move { program.run(&all).await }
    };
    stage(&["category", "on", "--direction", "out"])
        .await
        .ended(2)
        .said(&["cannot be exported", "stage off"]);
    stage(&["guest", "on"]).await.ended(2).said(&["guest of shop1 cannot be imported"]);
    let needs = ["not which records of order", "canary = { expr", "[backends.shop1.rollout.order]"];
    stage(&["order", "canary"]).await.ended(2).said(&needs);
    stage(&["order", "canary", "--direction", "out"]).await.ended(2).said(&["canary_out = { expr"]);
    let canary = "[backends.shop1.rollout.order]\ncanary = { expr = \"record['id'] == 7\" }\n\n[backends.shop1.secrets]";
    program.edit("[backends.shop1.secrets]", canary);
    // A sync by command knows no canary, so it is not recommended yet.
    assert!(!stage(&["order", "canary"]).await.ended(0).stdout.contains("--full"));
    stage(&["order", "on"]).await.ended(0).said(&["canary left out", "`linkspan sync shop1 order --full`"]);
    stage(&["category", "off", "--direction", "out"]).await.ended(0);
    let next = ["off left out", "`linkspan export shop1 order --full`"];
    stage(&["order", "on", "--direction", "out"]).await.ended(0).said(&next);
}

#[tokio::test]
async fn a_broken_backend_is_listed_with_its_error_and_so_is_every_dead_letter() {
    let program = program();
    std::fs::write(program.path("bad.toml"), "schema = 1\n").unwrap();
    program.edit(
        "[backends.shop1]",
        "[backends.bad]\nconnector = \"./bad.toml\"\nodoo = \"main\"\n\n[backends.shop1]",
    );
    let url = format!("sqlite:{}", program.path("linkspan.db").display());
    let store = Store::open(&url).await.unwrap();
    for (backend, entity) in [("shop1", "guest"), ("bad", "order"), ("closed", "order")] {
        let commit = BatchCommit {
            backend: backend.to_owned(),
            entity: entity.to_owned(),
            dead_letters: vec![dead_letter("7")],
            ..BatchCommit::default()
        };
        store.commit_batch(commit).await.unwrap();
    }
    let list = program.run(&["backends", "list", "--json"]).await.ended(0).json();
    assert_eq!(list["broken"][0]["backend"], "bad");
    assert!(list["broken"][0]["error"].as_str().unwrap().contains("bad.toml"), "{list}");
    let entities = list["entities"].as_array().unwrap();
    let dead: i64 = entities.iter().map(|one| one["dead"].as_i64().unwrap()).sum();
    assert_eq!(dead, 3, "{entities:?}");
    assert!(entities.iter().any(|one| one["backend"] == "shop1" && one["entity"] == "order"), "{entities:?}");
    program.run(&["backends", "list"]).await.ended(0).said(&["broken: bad:", "guest"]);
    program.run(&["schedules", "list"]).await.ended(0).said(&["broken: bad:", "shop1/changes-in"]);
    program.run(&["backends", "pause", "bad"]).await.ended(0);
}

#[tokio::test]
async fn records_that_stand_inside_others_have_pages_too() {
    let text = config("woocommerce", "http://127.0.0.1:9", "http://127.0.0.1:9", "manager");
    let config = Config::parse(&text, Path::new("linkspan.toml")).unwrap();
    let facts = BackendFacts::of(&config.backend("shop1").unwrap());
    let guest = facts.entity("guest").expect("guests stand inside orders");
    assert_eq!((guest.stage_in, guest.stage_out), (None, None));
}

#[tokio::test]
async fn a_backend_that_the_configuration_does_not_have_is_the_same_error_everywhere() {
    let program = program();
    for arguments in [
        &["exchanges", "shop"][..],
        &["bindings", "list", "shop"],
        &["bindings", "link", "shop", "product", "22", "145"],
        &["backends", "differences", "shop"],
        &["jobs", "list", "--backend", "shop"],
        &["jobs", "cancel", "--all", "--backend", "shop"],
        &["webhooks", "list", "--backend", "shop"],
        &["dead-letters", "list", "--backend", "shop"],
        &["dead-letters", "retry", "--all", "--backend", "shop"],
        &["backends", "pause", "shop"],
        &["sync", "shop"],
    ] {
        let ran = program.run(arguments).await.ended(2);
        ran.said(&["there is no backend `shop`", "Did you mean `shop1`?"]);
    }
}
