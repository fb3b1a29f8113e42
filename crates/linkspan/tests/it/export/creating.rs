//! New records on the other side: never two, whatever is cut off, killed or repeated.

use std::time::Duration;

use linkspan::sync::ExportOutcome;
use sandbox::Fault;
use sandbox::shop::Kind;
use serde_json::{Value, json};

use super::{in_step, record};
use crate::support::world::World;

/// A product that only Odoo has.
async fn new_product(world: &World, values: Value) -> i64 {
    world.administrator().await.create("product.product", vec![record(values)]).await.unwrap()[0]
}

fn named(world: &World, name: &str) -> Vec<Value> {
    let shop = world.shop.shop();
    let all = world.shop.ids(Kind::Product).into_iter().filter_map(|id| shop.get(Kind::Product, id));
    all.filter(|product| product["name"] == name).collect()
}

async fn export_id(world: &World, odoo_id: i64) -> crate::support::program::Ran {
    world.export(&["product", "--id", &odoo_id.to_string()]).await
}

/// A definition whose requests time out soon, so that a lost create may be looked up soon.
async fn impatient(timeout_ms: u64) -> World {
    let plan = super::with_apps(crate::support::world::Plan::sized(3, 0, 0).in_steps(100, 500));
    let world = World::start(plan).await;
    let path = world.program.path("connector/connector.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("timeout_ms = 60_000"));
    std::fs::write(&path, text.replace("timeout_ms = 60_000", &format!("timeout_ms = {timeout_ms}")))
        .unwrap();
    world.sync(&[]).await.ended(0);
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_product_is_made_in_the_shop_once_and_linked() {
    let world = in_step(3, 0, 0).await;
    let values = json!({ "name": "New lamp", "default_code": "NEW-1", "list_price": 20, "description_sale": "Bright" });
    let odoo_id = new_product(&world, values).await;
    // Nobody asked for it: unlinked products of Odoo are not sent by themselves.
    assert_eq!(world.export(&["product"]).await.ended(0).json()["created"], 0);
    let done = export_id(&world, odoo_id).await.ended(0).json();
    assert_eq!(done["records"][0]["outcome"], "created", "{done}");
    let [product] = named(&world, "New lamp").try_into().unwrap();
    assert_eq!((&product["sku"], &product["regular_price"]), (&"NEW-1".into(), &"20.00".into()));
    assert_eq!(product["status"], "publish");
    assert!(product["short_description"].as_str().unwrap().contains("Bright"), "{product}");
    assert_eq!(export_id(&world, odoo_id).await.ended(0).json()["unchanged"], 1);
    // Its echo neither makes a second product in Odoo nor changes the first.
    let (count, writes) = (world.odoo.count("product.product"), world.writes());
    world.sync(&["product"]).await.ended(0);
    assert_eq!((world.odoo.count("product.product"), world.writes()), (count, writes));
    world.write_odoo("product.product", odoo_id, json!({ "name": "New lamp 2" })).await;
    world.export(&["product"]).await.ended(0);
    assert_eq!(named(&world, "New lamp 2").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_whose_answer_was_lost_is_looked_up_and_not_repeated() {
    let world = in_step(3, 0, 0).await;
    let odoo_id = new_product(&world, json!({ "name": "Lost", "default_code": "LOST-1" })).await;
    world.shop.faults().add("POST /wp-json/wc/v3/products", Fault::CutAfterWork, 1);
    export_id(&world, odoo_id).await.ended(1).said(&["transient"]);
    assert_eq!(named(&world, "Lost").len(), 1);
    let done = export_id(&world, odoo_id).await.ended(0).json();
    assert_eq!(done["records"][0]["outcome"], "created", "{done}");
    assert_eq!(named(&world, "Lost").len(), 1);
    assert_eq!(world.sent().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_create_is_looked_up_by_what_was_sent_although_a_person_changed_that() {
    let world = in_step(3, 0, 0).await;
    let odoo_id = new_product(&world, json!({ "name": "Lost", "default_code": "LOST-1" })).await;
    world.shop.faults().add("POST /wp-json/wc/v3/products", Fault::CutAfterWork, 1);
    export_id(&world, odoo_id).await.ended(1);
    world.write_odoo("product.product", odoo_id, json!({ "default_code": "LOST-2" })).await;
    export_id(&world, odoo_id).await.ended(0);
    assert_eq!(named(&world, "Lost").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_that_never_arrived_is_sent_again_once_nobody_can_be_working_on_it() {
    let world = impatient(2_500).await;
    let odoo_id = new_product(&world, json!({ "name": "Cut", "default_code": "CUT-1" })).await;
    world.shop.faults().add("POST /wp-json/wc/v3/products", Fault::CutBeforeWork, 1);
    export_id(&world, odoo_id).await.ended(1);
    // Nobody can tell yet.
    export_id(&world, odoo_id).await.ended(1).said(&["under way"]);
    assert_eq!(named(&world, "Cut").len(), 0);
    let done = async { while export_id(&world, odoo_id).await.code != 0 {} };
    tokio::time::timeout(Duration::from_secs(30), done).await.unwrap();
    assert_eq!(named(&world, "Cut").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_create_that_cannot_be_looked_up_waits_for_a_human() {
    let world = in_step(3, 0, 0).await;
    let odoo_id = new_product(&world, json!({ "name": "No code" })).await;
    world.shop.faults().add("POST /wp-json/wc/v3/products", Fault::CutAfterWork, 1);
    for _ in 0..3 {
        let done = export_id(&world, odoo_id).await.ended(1).json();
        assert_eq!(done["records"][0]["class"], "ambiguous", "{done}");
    }
    // A code that it did not have then finds nothing.
    world.write_odoo("product.product", odoo_id, json!({ "default_code": "LATER-1" })).await;
    let done = export_id(&world, odoo_id).await.ended(1).json();
    assert_eq!(done["records"][0]["class"], "ambiguous", "{done}");
    let [product] = named(&world, "No code").try_into().unwrap();
    let link = ["bindings", "link", "shop1", "product", &product["id"].to_string(), &odoo_id.to_string()];
    world.run(&link).await.ended(0);
    export_id(&world, odoo_id).await.ended(0);
    assert_eq!(named(&world, "No code").len(), 1);
    // And where a human saw that nothing was made:
    let other = new_product(&world, json!({ "name": "Neither" })).await;
    world.shop.faults().add("POST /wp-json/wc/v3/products", Fault::CutBeforeWork, 1);
    export_id(&world, other).await.ended(1);
    let again = ["product", "--id", &other.to_string(), "--create-again", "--plan"];
    world.export(&again).await.ended(0);
    // A plan forgets nothing.
    let done = export_id(&world, other).await.ended(1).json();
    assert_eq!(done["records"][0]["class"], "ambiguous", "{done}");
    world.export(&again[..4]).await.ended(0);
    assert_eq!(named(&world, "Neither").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_is_never_duplicated_when_the_process_is_killed_between_create_and_link() {
    let world = impatient(400).await;
    let mut linked = 0;
    for round in 0..8_u64 {
        let name = format!("Killed {round}");
        let values = json!({ "name": name, "default_code": format!("KILL-{round}") });
        let odoo_id = new_product(&world, values).await;
        // Killed while the request is on its way, or right after the shop did it.
        let fault =
            if round % 2 == 0 { Fault::Delay(Duration::from_millis(300)) } else { Fault::CutAfterWork };
        world.shop.faults().add("POST /wp-json/wc/v3/products", fault, 1);
        let before = world.sent().len();
        let mut child = world.program.start(&["export", "shop1", "product", "--id", &odoo_id.to_string()]);
        while world.sent().len() == before {
            tokio::task::yield_now().await;
        }
        child.kill().await.unwrap();
        let done = async { while export_id(&world, odoo_id).await.code != 0 {} };
        tokio::time::timeout(Duration::from_secs(30), done).await.unwrap();
        assert_eq!(named(&world, &name).len(), 1, "{name}");
        linked += 1;
    }
    assert_eq!(linked, 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_the_other_side_has_already_is_linked_and_not_made() {
    let world = in_step(3, 0, 0).await;
    let (id, _) = world.simple_product();
    let sku = world.in_shop(Kind::Product, id)["sku"].as_str().unwrap().to_owned();
    // Taken by a linked record: a human has to say which is which.
    let twin = new_product(&world, json!({ "name": "Twin", "default_code": sku })).await;
    let done = export_id(&world, twin).await.ended(1).json();
    assert_eq!(done["records"][0]["class"], "conflict", "{done}");
    // One that no import has seen.
    let mut unseen = world.in_shop(Kind::Product, id);
    unseen["id"] = 9_000.into();
    unseen["sku"] = "UNSEEN-1".into();
    assert!(world.shop.shop().put(Kind::Product, unseen));
    let odoo_id = new_product(&world, json!({ "name": "Seen in Odoo", "default_code": "UNSEEN-1" })).await;
    export_id(&world, odoo_id).await.ended(0);
    assert_eq!(world.sent().iter().filter(|request| request.starts_with("POST")).count(), 0);
    world.sync(&["product"]).await.ended(0);
    let same = world.odoo.records("product.product");
    assert_eq!(same.iter().filter(|product| product["default_code"] == "UNSEEN-1").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_shop_refuses_is_a_dead_letter_and_is_not_asked_for_again() {
    let world = in_step(3, 0, 0).await;
    let odoo_id = new_product(&world, json!({ "name": "Refused", "default_code": "REF-1" })).await;
    let fault = Fault::Status { status: 400, retry_after_secs: None };
    world.shop.faults().add("POST /wp-json/wc/v3/products", fault, 1);
    let done = export_id(&world, odoo_id).await.ended(1).json();
    assert_eq!(done["records"][0]["class"], "data", "{done}");
    let letters = world.run(&["dead-letters", "list", "--json"]).await.json();
    let letter = letters["dead_letters"][0].clone();
    assert_eq!(letter["external_id"], format!("odoo:{odoo_id}"));
    // Retried by a human it goes through, and the dead letter is closed.
    world.run(&["dead-letters", "retry", &letter["id"].to_string()]).await.ended(0);
    assert_eq!(named(&world, "Refused").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unlinked_records_in_the_domain_are_created_by_themselves() {
    let world = impatient(60_000).await;
    let path = world.program.path("connector/connector.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let domain = "create = \"create_product\"\ndomain = { default_code = \"AUTO-1\" }\n";
    std::fs::write(&path, text.replace("create = \"create_product\"\n", domain)).unwrap();
    new_product(&world, json!({ "name": "In", "default_code": "AUTO-1" })).await;
    new_product(&world, json!({ "name": "Out", "default_code": "OTHER-1" })).await;
    assert_eq!(world.export(&["product"]).await.ended(0).json()["created"], 1);
    assert_eq!((named(&world, "In").len(), named(&world, "Out").len()), (1, 0));
    assert_eq!(world.export(&["product"]).await.ended(0).json()["created"], 0);
}

/// A type, a key, the lines of a document: said once, and the other side's from then on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_other_side_owns_goes_out_with_new_records_only() {
    let world = impatient(60_000).await;
    let path = world.program.path("connector/connector.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let owned = "[entities.product.export.map]\ncatalog_visibility = { value = \"hidden\", owner = \"external\" }\n\
                 purchase_note = { from = \"default_code\", owner = \"external\" }\n";
    std::fs::write(&path, text.replace("[entities.product.export.map]\n", owned)).unwrap();
    let odoo_id = new_product(&world, json!({ "name": "New", "default_code": "new-1" })).await;
    export_id(&world, odoo_id).await.ended(0);
    let seen = |name: &str| {
        let [product] = named(&world, name).try_into().unwrap();
        (product["catalog_visibility"].clone(), product["purchase_note"].clone())
    };
    assert_eq!(seen("New"), ("hidden".into(), "new-1".into()));
    world.write_odoo("product.product", odoo_id, json!({ "name": "Newer", "default_code": "new-2" })).await;
    export_id(&world, odoo_id).await.ended(0);
    assert_eq!(seen("Newer"), ("hidden".into(), "new-1".into()));
    let old = world.shop.ids(Kind::Product)[0];
    let before = world.shop.shop().get(Kind::Product, old).unwrap();
    let imported = world.odoo_id(&format!("product_{old}")).unwrap();
    world.write_odoo("product.product", imported, json!({ "name": "Renamed" })).await;
    export_id(&world, imported).await.ended(0);
    assert_eq!(seen("Renamed"), (before["catalog_visibility"].clone(), before["purchase_note"].clone()));
}

/// A rule in Odoo tells of every record that is saved there; only what the definition chooses, or a person names, is made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_nobody_chose_is_not_made_whoever_tells_of_it() {
    let world = in_step(3, 0, 0).await;
    let odoo_id = new_product(&world, json!({ "name": "Not for sale", "default_code": "NOT-1" })).await;
    let session = world.session(&world.store().await).await;
    let told = session.export_records("product", &[odoo_id]).await.unwrap();
    let ExportOutcome::Skipped { reason } = &told[0].1 else { panic!("{told:?}") };
    assert!(reason.contains("`export.domain` does not choose it"), "{reason}");
    assert_eq!(named(&world, "Not for sale").len(), 0);
    export_id(&world, odoo_id).await.ended(0);
    assert_eq!(named(&world, "Not for sale").len(), 1);
}

/// A record rule, another company: Odoo's searches pass over the record, and it is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_odoo_hides_from_linkspans_user_is_not_archived_on_the_other_side() {
    let world = in_step(3, 0, 0).await;
    let ids = world.shop.ids(Kind::Product);
    let status = |id: u64| world.shop.shop().get(Kind::Product, id).unwrap()["status"].clone();
    let [hidden, deleted] = [ids[0], ids[1]].map(|id| world.odoo_id(&format!("product_{id}")).unwrap());
    let before = status(ids[0]);
    world.odoo.hide("product.product", u32::try_from(hidden).unwrap());
    world.administrator().await.unlink("product.product", &[deleted]).await.unwrap();
    world.export(&["product", "--full"]).await.ended(0);
    let session = world.session(&world.store().await).await;
    let told = session.export_records("product", &[hidden]).await.unwrap();
    assert!(matches!(told[0].1, ExportOutcome::Skipped { .. }), "{told:?}");
    assert_eq!(status(ids[0]), before);
    assert_eq!(status(ids[1]), "draft");
}
