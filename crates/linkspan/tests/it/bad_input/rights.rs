//! Odoo users who may not, and Odoos that speak another language.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use linkspan::store::DeadLetterState;
use sandbox::odoo::{OdooSpec, Rights, Series, UserSpec};
use sandbox::shop::Kind;
use serde_json::Value;

use crate::support::kept::{EndState, dead_letters};
use crate::support::records::disagreements;
use crate::support::world::{Plan, World, size};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_may_not_create_products_is_told_and_orders_wait() {
    let world = World::start(Plan { login: "sales", ..Plan::sized(10, 4, 6) }).await;
    let ran = world.run(&["sync", "shop1"]).await.ended(1);
    ran.said(&["the Odoo user may not create product.category", "Settings > Users", "[auth]"]);
    let store = world.store().await;
    let letters = dead_letters(&store).await;
    let of = |entity: &str| letters.iter().filter(|letter| letter.entity == entity).collect::<Vec<_>>();
    assert_eq!(of("category").len(), 9);
    assert!(of("category").iter().all(|letter| letter.class == "auth"), "{:?}", of("category"));
    assert!(!of("order").is_empty());
    assert!(
        of("order").iter().all(|letter| letter.class == "missing_dependency" && letter.depends_on.is_some())
    );
    // Customers do not depend on products.
    assert_eq!(of("customer").len(), 0);
    let ran = world.run(&["test-connection", "shop1"]).await.ended(3);
    ran.said(&[
        "FAILED Odoo, product.product: the Odoo user may not create or write it",
        "ok     Odoo, res.partner",
    ]);

    // A user with the right to do so: everything goes through by itself.
    let mut world = world;
    world.program.edit("login = \"sales\"", "login = \"manager\"");
    world.program.set("TEST_PASSWORD", "manager-pass-1");
    world.sync(&["--full"]).await.ended(0);
    assert_eq!(disagreements(&world).await, Vec::<String>::new());
    let open = dead_letters(&store).await.into_iter().filter(|letter| letter.state == DeadLetterState::Open);
    assert_eq!(open.count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_without_any_application_is_told_what_is_lacking() {
    let user = UserSpec::new("clerk", "clerk-pass-1", Rights::Employee);
    let odoo = OdooSpec { users: vec![user], ..OdooSpec::new(Series::V18) };
    let world = World::start(Plan { odoo, login: "clerk", ..Plan::sized(5, 2, 2) }).await;
    let ran = world.run(&["test-connection", "shop1"]).await.ended(3);
    ran.said(&["FAILED Odoo, sale.order: the Odoo user may not read or create or write it"]);
    let ran = world.run(&["sync", "shop1"]).await;
    assert!(matches!(ran.code, 1 | 3), "{ran:?}");
    ran.said(&["not allow"]);
    assert_eq!(world.odoo.count("sale.order"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_odoo_that_answers_in_arabic_gets_the_same_records() {
    let english = World::start(Plan::of(shop())).await;
    english.sync(&[]).await.ended(1);
    let odoo = OdooSpec { lang: "ar_001".to_owned(), ..OdooSpec::new(Series::V18) };
    let arabic = World::start(Plan { odoo, ..Plan::of(shop()) }).await;
    arabic.sync(&[]).await.ended(1);
    let mut found = EndState::of(&arabic).await;
    // A partner gets the language of the user who makes it, as in Odoo.
    found.odoo.iter_mut().for_each(|line| *line = line.replace("lang=\"ar_001\"", "lang=\"en_US\""));
    found.assert_is(&EndState::of(&english).await, "in Arabic");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_in_arabic_are_sorted_as_those_in_english() {
    let odoo = OdooSpec { lang: "ar_001".to_owned(), ..OdooSpec::new(Series::V18) };
    let mut world = World::start(Plan { odoo, login: "sales", ..Plan::sized(5, 2, 2) }).await;
    world
        .run(&["sync", "shop1"])
        .await
        .ended(1)
        .said(&["the Odoo user may not create product.category", "[auth]"]);
    world.program.set("TEST_PASSWORD", "wrong");
    world.run(&["sync", "shop1"]).await.ended(3).said(&["Odoo refuses the login"]);
}

/// A record that Odoo refuses, not the mapping: its name is empty there only.
fn shop() -> sandbox::shop::Shop {
    let shop = sandbox::shop::Shop::generate(&size(12, 4, 8));
    let id = shop.ids(Kind::Product)[3];
    let mut product = shop.get(Kind::Product, id).unwrap();
    product["name"] = Value::String("   ".to_owned());
    shop.put(Kind::Product, product);
    shop
}
