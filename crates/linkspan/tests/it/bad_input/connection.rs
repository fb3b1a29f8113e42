//! Servers that are away, are others, or let nobody in.

use sandbox::odoo::{OdooSpec, Rights, Series, UserSpec};
use sandbox::shop::{ApiKey, Permission, Shop, ShopSpec};
use tokio::net::TcpSocket;

use crate::support::world::{Plan, World, size};

async fn world() -> World {
    World::start(Plan::sized(5, 2, 2)).await
}

/// An address on which nobody listens, as long as the socket lives: the port is taken.
fn nowhere() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a port is free");
    let address = socket.local_addr().expect("it has an address");
    (socket, format!("http://{address}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_told_as_such() {
    let mut world = world().await;
    world.program.set("TEST_PASSWORD", "not-the-password");
    let ran = world.run(&["sync", "shop1"]).await.ended(3);
    ran.said(&["Odoo refuses the login", "manager"]);
    let ran = world.run(&["test-connection", "shop1"]).await.ended(3);
    ran.said(&["FAILED Odoo", "refuses the login"]);
    assert_eq!(world.writes().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_database_is_told_with_its_name() {
    let world = world().await;
    world.program.edit("database = \"odoo\"", "database = \"odooo\"");
    let ran = world.run(&["sync", "shop1"]).await.ended(2);
    ran.said(&["no database", "\"odooo\""]);
    let ran = world.run(&["test-connection", "shop1"]).await.ended(3);
    ran.said(&["FAILED Odoo", "\"odooo\""]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_odoo_that_is_down_is_told_with_its_address() {
    let world = world().await;
    let (_socket, nowhere) = nowhere();
    world.program.edit(&world.odoo.url(), &nowhere);
    let ran = world.run(&["sync", "shop1"]).await.ended(3);
    ran.said(&["no connection to", &nowhere, "Check the address and that the server runs"]);
    let ran = world.run(&["test-connection", "shop1"]).await.ended(3);
    ran.said(&["FAILED Odoo", &nowhere, "ok     WooCommerce"]);
}

/// WooCommerce ignores keys over plain http; it takes requests that are signed, each once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_without_tls_is_read_with_signed_requests() {
    let mut world = World::start(Plan::sized(105, 2, 2)).await;
    world.shop.shop().change_settings(|settings| settings.keys_over_plain_http = false);
    world.run(&["test-connection", "shop1"]).await.ended(0);
    let ran = world.run(&["sync", "shop1", "product"]).await.ended(0);
    ran.said(&["105"]);
    world.program.set("TEST_SECRET", "cs_of_another_shop");
    let ran = world.run(&["test-connection", "shop1"]).await.ended(3);
    ran.said(&["FAILED WooCommerce", "signature does not match", "consumer secret is wrong"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_that_is_down_is_told_with_its_address() {
    let world = world().await;
    let (_socket, nowhere) = nowhere();
    world.program.edit(&world.shop.url(), &nowhere);
    let ran = world.run(&["sync", "shop1"]).await.ended(3);
    ran.said(&["refused the connection", &nowhere, "store_url"]);
    let ran = world.run(&["test-connection", "shop1"]).await.ended(3);
    ran.said(&["FAILED WooCommerce", "refused the connection", "ok     Odoo"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_is_no_odoo_is_told_as_such() {
    let world = world().await;
    world.program.edit(&world.odoo.url(), &world.shop.url());
    let ran = world.run(&["sync", "shop1"]).await.ended(2);
    ran.said(&["does not answer as an Odoo", &world.shop.url()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_the_shop_does_not_know_are_told_with_the_place_to_make_new_ones() {
    let mut world = world().await;
    world.program.set("TEST_KEY", "ck_unknown");
    let ran = world.run(&["sync", "shop1"]).await.ended(3);
    ran.said(&["401", "WooCommerce > Settings > Advanced > REST API"]);
    world.program.set("TEST_KEY", "ck_sandbox");
    world.program.set("TEST_SECRET", "cs_wrong");
    let ran = world.run(&["test-connection", "shop1"]).await.ended(3);
    ran.said(&["FAILED WooCommerce", "REST API"]);
    assert_eq!(world.writes().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_may_not_read_is_told_as_such() {
    let keys = vec![ApiKey::new("ck_sandbox", "cs_sandbox", Permission::Write, true)];
    let shop = Shop::generate(&ShopSpec { keys, ..size(5, 0, 0) });
    let world = World::start(Plan::of(shop)).await;
    let ran = world.run(&["sync", "shop1"]).await.ended(3);
    ran.said(&["401", "permission", "REST API"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_factor_is_told_with_the_way_out() {
    let user =
        UserSpec { second_factor: true, ..UserSpec::new("careful", "careful-pass-1", Rights::SalesManager) };
    let odoo = OdooSpec { users: vec![user], ..OdooSpec::new(Series::V18) };
    let world = World::start(Plan { odoo, login: "careful", ..Plan::sized(5, 0, 0) }).await;
    let ran = world.run(&["sync", "shop1"]).await.ended(3);
    ran.said(&["API key"]);
}
