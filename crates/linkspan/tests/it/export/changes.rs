//! Changes in Odoo are found, whatever time they bear.

use sandbox::shop::Kind;
use serde_json::json;

use super::in_step;

/// So many minutes ago, as Odoo writes it.
fn minutes_ago(minutes: i64) -> String {
    let at = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes);
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_transaction_whose_time_lies_behind_the_cursor_is_found() {
    let world = in_step(6, 0, 0).await;
    let (id, odoo_id) = world.simple_product();
    // Others have written since, and the search has seen it.
    let other = world.odoo_id(&format!("product_{}", world.shop.ids(Kind::Product)[0])).unwrap();
    world.write_odoo("product.product", other, json!({ "color": 3 })).await;
    world.export(&["product"]).await.ended(0);
    let values = [("name", json!("From a long transaction"))];
    world.odoo.commit_late("product.product", u32::try_from(odoo_id).unwrap(), &values, &minutes_ago(25));
    assert_eq!(world.export(&["product"]).await.ended(0).json()["updated"], 1);
    assert_eq!(world.in_shop(Kind::Product, id)["name"], "From a long transaction");
    // Longer than the overlap: the sweep finds it.
    let values = [("name", json!("From a longer one"))];
    world.odoo.commit_late("product.product", u32::try_from(odoo_id).unwrap(), &values, &minutes_ago(600));
    assert_eq!(world.export(&["product"]).await.ended(0).json()["updated"], 0);
    assert_eq!(world.export(&["product", "--full"]).await.ended(0).json()["updated"], 1);
    assert_eq!(world.in_shop(Kind::Product, id)["name"], "From a longer one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_made_while_its_job_runs_is_not_lost_on_the_way_out() {
    let world = in_step(6, 0, 0).await;
    let (id, odoo_id) = world.simple_product();
    world.write_odoo("product.product", odoo_id, json!({ "name": "First" })).await;
    let slow = sandbox::Fault::Delay(std::time::Duration::from_millis(400));
    world.shop.faults().add(&format!("PUT /wp-json/wc/v3/products/{id}"), slow, 1);
    let mut running = world.program.start(&["export", "shop1", "product"]);
    while world.sent().is_empty() {
        tokio::task::yield_now().await;
    }
    world.write_odoo("product.product", odoo_id, json!({ "name": "Second" })).await;
    assert!(running.wait().await.unwrap().success());
    assert_eq!(world.in_shop(Kind::Product, id)["name"], "First");
    world.export(&["product"]).await.ended(0);
    assert_eq!(world.in_shop(Kind::Product, id)["name"], "Second");
}
