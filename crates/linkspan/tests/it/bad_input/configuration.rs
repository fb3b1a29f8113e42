//! Files that cannot be used: told before anything is asked of the shop or of Odoo.

use crate::support::world::{Plan, World};

async fn world() -> World {
    World::start(Plan::sized(0, 0, 0)).await
}

/// Neither server may have been asked for anything.
fn assert_untouched(world: &World) {
    assert_eq!(world.shop.requests(), []);
    assert!(world.odoo.calls().is_empty(), "{:?}", world.odoo.calls());
}

#[tokio::test]
async fn an_unknown_key_is_told_with_its_place_and_the_right_one() {
    let world = world().await;
    world.program.edit("consumer_key =", "consumer_kee =");
    let ran = world.run(&["sync", "shop1"]).await.ended(2);
    ran.said(&["consumer_kee", "linkspan.toml:20:", "Did you mean `consumer_key`?"]);
    world.program.edit("consumer_kee =", "consumer_key =");
    world.program.edit("database =", "datbase =");
    let ran = world.run(&["validate"]).await.ended(2);
    ran.said(&["linkspan.toml:8:1", "datbase", "Did you mean `database`?"]);
    assert_untouched(&world);
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_told_with_what_to_write() {
    let world = world().await;
    world.program.edit("login = \"manager\"", "login = \"manager\"\nmax_concurrency = \"4\"");
    let ran = world.run(&["sync", "shop1"]).await.ended(2);
    ran.said(&["linkspan.toml:10:", "max_concurrency", "without quotes: 4"]);
    assert_untouched(&world);
}

#[tokio::test]
async fn a_setting_of_the_wrong_type_is_told_with_what_to_write() {
    let world = world().await;
    world.program.edit("[backends.shop1.settings]\n", "[backends.shop1.settings]\nprice_decimals = \"2\"\n");
    let ran = world.run(&["sync", "shop1"]).await.ended(2);
    ran.said(&["linkspan.toml:17:", "price_decimals", "a whole number without quotes"]);
    assert_untouched(&world);
}

#[tokio::test]
async fn a_missing_secret_is_told_with_the_variable_to_set() {
    let mut world = world().await;
    world.program.unset("TEST_SECRET");
    let ran = world.run(&["sync", "shop1"]).await.ended(2);
    ran.said(&[
        "`consumer_secret` of backend `shop1`",
        "`TEST_SECRET` is not set",
        "Set `TEST_SECRET` before",
    ]);
    world.program.set("TEST_SECRET", "cs_sandbox");
    world.program.unset("TEST_PASSWORD");
    let ran = world.run(&["sync", "shop1"]).await.ended(2);
    ran.said(&["the secret of Odoo `main`", "`TEST_PASSWORD` is not set", "`odoo.main.secret`"]);
    world.program.edit("consumer_key = { env = \"TEST_KEY\" }\n", "");
    let ran = world.run(&["sync", "shop1"]).await.ended(2);
    ran.said(&["backend `shop1` needs the secret `consumer_key`", "linkspan.toml:19:"]);
    assert_untouched(&world);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named() {
    let world = world().await;
    let ran = world.run(&["sync", "shop1", "--config", "nowhere.toml"]).await.ended(2);
    ran.said(&["nowhere.toml", "--config"]);
    // A folder is there and cannot be read as a file, whoever asks.
    std::fs::create_dir(world.program.path("folder.toml")).expect("the folder can be made");
    let ran = world.run(&["sync", "shop1", "--config", "folder.toml"]).await.ended(2);
    ran.said(&["folder.toml", "cannot be read"]);
    let ran = world.run(&["validate", "folder.toml"]).await.ended(2);
    ran.said(&["folder.toml", "cannot be read"]);
    world.program.edit("{ env = \"TEST_KEY\" }", "{ file = \"key.txt\" }");
    let ran = world.run(&["sync", "shop1"]).await.ended(2);
    ran.said(&["key.txt", "cannot be read", "`backends.shop1.secrets.consumer_key`"]);
    assert_untouched(&world);
}

#[tokio::test]
async fn a_file_that_is_not_utf_8_is_named_with_the_place() {
    let world = world().await;
    let mut bytes = std::fs::read(world.program.path("linkspan.toml")).expect("the configuration is there");
    bytes.extend_from_slice(b"# caf\xe9\n");
    std::fs::write(world.program.path("linkspan.toml"), bytes).expect("the configuration can be written");
    let ran = world.run(&["sync", "shop1"]).await.ended(2);
    ran.said(&["linkspan.toml", "UTF-8"]);
    assert_untouched(&world);
}

#[tokio::test]
async fn relations_in_a_circle_are_told_with_the_whole_circle() {
    let world = World::start(Plan::sized(0, 0, 0).in_steps(10, 10)).await;
    let path = world.program.path("connector/connector.toml");
    let text = std::fs::read_to_string(&path).expect("the definition is there");
    let relation = "x_product = { from = \"id\", relation = \"product\" }";
    let text = text.replace("[entities.category.map]\n", &format!("[entities.category.map]\n{relation}\n"));
    std::fs::write(&path, text).expect("the definition can be written");
    for arguments in [&["sync", "shop1"][..], &["validate", "connector/connector.toml"]] {
        let ran = world.run(arguments).await.ended(2);
        ran.said(&["connector.toml:", "`category` needs `product` needs `category`", "Break the circle"]);
    }
    assert_untouched(&world);
}

#[tokio::test]
async fn unknown_names_are_told_with_those_that_there_are() {
    let world = world().await;
    let ran = world.run(&["sync", "shop2"]).await.ended(2);
    ran.said(&["there is no backend `shop2`", "`shop1`"]);
    let ran = world.run(&["sync", "shop1", "produckt"]).await.ended(2);
    ran.said(&["produckt is no entity of shop1", "category", "customer", "order", "product"]);
    let ran = world.run(&["sync", "shop1", "guest"]).await.ended(2);
    ran.said(&["guest is no entity of shop1 that can be imported"]);
    let ran = world.run(&["test-connection", "shop2"]).await.ended(2);
    ran.said(&["there is no backend `shop2`"]);
    let ran = world.run(&["bindings", "link", "shop1", "produckt", "1", "2"]).await.ended(2);
    ran.said(&["shop1 has no entity produckt", "product"]);
    world.program.edit("connector = \"woocommerce\"", "connector = \"woocomerce\"");
    let ran = world.run(&["sync", "shop1"]).await.ended(2);
    ran.said(&[
        "there is no shipped connector `woocomerce`",
        "Did you mean `woocommerce`?",
        "linkspan.toml:13:",
    ]);
    assert_untouched(&world);
}

#[tokio::test]
async fn wrong_usage_is_told_with_what_is_right() {
    let world = world().await;
    let ran = world.run(&["sync", "shop1", "--since", "yesterday"]).await.ended(2);
    ran.said(&["yesterday", "2026-11-01"]);
    let ran = world.run(&["sync", "shop1", "--id", "5"]).await.ended(2);
    ran.said(&["--id needs exactly one entity"]);
    let ran = world.run(&["sync", "shop1", "--limit", "many"]).await.ended(2);
    ran.said(&["many", "--limit"]);
    let ran = world.run(&["dead-letters", "show", "17"]).await.ended(2);
    ran.said(&["there is no dead letter 17", "dead-letters list"]);
    assert_untouched(&world);
}
