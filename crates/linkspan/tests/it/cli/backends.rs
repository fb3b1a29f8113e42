//! `linkspan backends`, and how commands take a backend that the configuration does not have.

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
    stage(&["order", "canary"]).await.ended(0);
    stage(&["category", "off", "--direction", "out"]).await.ended(0);
    stage(&["order", "on", "--direction", "out"]).await.ended(0);
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
