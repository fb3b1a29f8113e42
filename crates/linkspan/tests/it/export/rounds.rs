//! Random edits on both sides, round after round: it never loops, and both sides end equal.

use linkspan::store::{DeadLetterFilter, DeadLetterState, Store};
use linkspan::sync::{ChangeOptions, Decision, ExportOutcome, ImportOptions, Session};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sandbox::shop::{Clock, Kind};
use serde_json::{Value, json};

use super::{in_step, record};
use crate::support::world::World;

/// Products that are edited at the same time, and how often: a thousand rounds.
const PRODUCTS: usize = 20;
const ROUNDS: u32 = 50;

/// Products that people on both sides edit: id in the shop, id in Odoo.
struct Sides {
    world: World,
    store: Store,
    session: Session,
    admin: odoo_rpc::Client,
    products: Vec<(u64, i64)>,
    clock: i64,
}

impl Sides {
    async fn new() -> Sides {
        let world = in_step(80, 0, 0).await;
        let products: Vec<(u64, i64)> = world.simple_products().into_iter().take(PRODUCTS).collect();
        assert_eq!(products.len(), PRODUCTS);
        let store = world.store().await;
        let session = world.session(&store).await;
        let admin = world.administrator().await;
        Sides { world, store, session, admin, products, clock: jiff::Timestamp::now().as_second() }
    }

    async fn edit_odoo(&self, random: &mut StdRng, odoo_id: i64) {
        let values = match random.random_range(0..4) {
            0 => json!({ "name": name(random) }),
            1 => json!({ "list_price": f64::from(random.random_range(0..10_000)) / 1_000.0 }),
            2 => json!({ "description_sale": name(random) }),
            _ => json!({ "active": random.random_bool(0.7) }),
        };
        self.admin.write("product.product", &[odoo_id], record(values)).await.unwrap();
    }

    /// The shop's clock, set to ours.
    fn time(&self) -> String {
        self.world.shop.shop().set_clock(Clock::Fixed(self.clock));
        jiff::Timestamp::from_second(self.clock).unwrap().strftime("%Y-%m-%dT%H:%M:%S").to_string()
    }

    fn edit_shop(&mut self, random: &mut StdRng, shop_id: u64) {
        // One clock for edits and for what the program sends, so that none is older than one before.
        self.clock += 1;
        let at = self.time();
        let (choice, name) = (random.random_range(0..5), name(random));
        let cents = random.random_range(0..10_000);
        self.world.edit_at(Kind::Product, shop_id, &at, |product| match choice {
            0 => product["name"] = name.replace('<', "&lt;").into(),
            1 => product["regular_price"] = format!("{}.{:03}", cents / 1_000, cents % 1_000).into(),
            2 => product["short_description"] = format!("<em>{}</em>", name.replace('<', "")).into(),
            3 => product["status"] = ["publish", "draft", "private"][cents % 3].into(),
            _ => product["weight"] = format!("{}.5", cents % 90).into(),
        });
    }

    async fn import(&self) {
        let options = ImportOptions { full: true, ..ImportOptions::default() };
        self.session.import_batch("product", options).await.unwrap();
    }

    async fn export(&self) -> Vec<ExportOutcome> {
        let changes = self.session.changed_in_odoo("product", ChangeOptions::default()).await.unwrap();
        let ids: Vec<i64> = changes.records.iter().map(|record| record.odoo_id).collect();
        let outcomes = self.session.export_records("product", &ids).await.unwrap();
        self.session.settle_changes(&changes, &[]).await.unwrap();
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    /// Settles open conflicts one way or the other.
    async fn decide(&self, random: &mut StdRng) {
        let filter = DeadLetterFilter { state: Some(DeadLetterState::Open), ..DeadLetterFilter::default() };
        for letter in self.store.list_dead_letters(filter).await.unwrap() {
            assert_eq!((letter.kind.as_str(), letter.class.as_str()), ("export", "conflict"), "{letter:?}");
            let side = if random.random_bool(0.5) { Decision::Odoo } else { Decision::External };
            self.session.resolve_conflict(&letter, side).await.unwrap();
        }
    }
}

/// Names that each side writes in its own way: blanks around, HTML, characters that HTML escapes.
fn name(random: &mut StdRng) -> String {
    let words = ["Lamp", " Tea & Co", "5 < 6", "مصباح", "Caffè ", "\"Royal\"", "a  b"];
    format!("{}{}", words[random.random_range(0..words.len())], random.random_range(0..50))
}

fn plain(text: &Value) -> String {
    let text = text.as_str().unwrap_or_default();
    let text = text.replace("<em>", "").replace("</em>", "").replace("<p>", "").replace("</p>", "");
    let text = html_escape::decode_html_entities(&text).into_owned();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn price(value: &Value) -> f64 {
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).unwrap_or(0.0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_rounds_of_edits_on_both_sides_never_loop_and_end_equal() {
    let seed = std::env::var("LINKSPAN_SEED").ok().map_or_else(rand::random, |seed| seed.parse().unwrap());
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut sides = Sides::new().await;
    for round in 0..ROUNDS {
        for (shop_id, odoo_id) in sides.products.clone() {
            for _ in 0..random.random_range(0..3) {
                sides.edit_odoo(&mut random, odoo_id).await;
            }
            for _ in 0..random.random_range(0..3) {
                sides.edit_shop(&mut random, shop_id);
            }
        }
        if random.random_bool(0.5) {
            sides.import().await;
            sides.export().await;
        } else {
            sides.export().await;
            sides.import().await;
        }
        sides.decide(&mut random).await;
        if round % 5 == 4 {
            assert_quiet(&mut sides, &mut random, &format!("seed {seed}, round {round}")).await;
        }
    }
}

/// The one that stays may become what it was before the conflict, before it could be sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_decided_holds_for_what_the_value_becomes_later() {
    let mut sides = Sides::new().await;
    let (shop_id, odoo_id) = sides.products[0];
    let odoo = async |sides: &Sides, values: Value| {
        sides.admin.write("product.product", &[odoo_id], record(values)).await.unwrap();
    };
    let before = sides.world.odoo_record("product.product", odoo_id)["name"].clone();
    // An archived record is not sent.
    odoo(&sides, json!({ "active": false })).await;
    sides.export().await;
    sides.import().await;
    odoo(&sides, json!({ "name": "Odoo's" })).await;
    sides.clock += 100;
    sides
        .world
        .edit_at(Kind::Product, shop_id, &sides.time(), |product| product["name"] = "The shop's".into());
    sides.import().await;
    let filter = DeadLetterFilter { state: Some(DeadLetterState::Open), ..DeadLetterFilter::default() };
    let letters = sides.store.list_dead_letters(filter).await.unwrap();
    assert_eq!(letters.len(), 1, "{letters:?}");
    sides.session.resolve_conflict(&letters[0], Decision::Odoo).await.unwrap();
    odoo(&sides, json!({ "name": before, "active": true })).await;
    sides.export().await;
    sides.import().await;
    let shop = sides.world.shop.shop().get(Kind::Product, shop_id).unwrap();
    assert_eq!(plain(&shop["name"]), plain(&before));
    assert_eq!(plain(&sides.world.odoo_record("product.product", odoo_id)["name"]), plain(&before));
}

/// What is left of the edits settles, and after that nothing moves any more.
async fn assert_quiet(sides: &mut Sides, random: &mut StdRng, how: &str) {
    for _ in 0..2 {
        sides.import().await;
        sides.export().await;
        sides.decide(random).await;
    }
    let (sent, writes) = (sides.world.sent(), sides.world.writes());
    sides.import().await;
    let outcomes = sides.export().await;
    sides.import().await;
    assert_eq!(sides.world.sent(), sent, "{how}: {outcomes:?}");
    assert_eq!(sides.world.writes(), writes, "{how}");
    for (shop_id, odoo_id) in &sides.products {
        let odoo = Value::Object(sides.world.odoo_record("product.product", *odoo_id));
        let shop = sides.world.shop.shop().get(Kind::Product, *shop_id).unwrap();
        let id = shop_id.to_string();
        let known = sides.store.outbound("shop1", "product", &[&id]).await.unwrap();
        assert_equal(&shop, &odoo, &format!("{how}\n{known:#?}\n{shop}\n{odoo}"));
    }
}

fn assert_equal(shop: &Value, odoo: &Value, how: &str) {
    let sold = matches!(shop["status"].as_str(), Some("publish" | "private"));
    assert_eq!(sold, odoo["active"] == true, "{how}");
    // What is archived is not sent; its changes wait.
    if sold {
        assert_eq!(plain(&shop["name"]), plain(&odoo["name"]), "{how}");
        assert_eq!(plain(&shop["short_description"]), plain(&odoo["description_sale"]), "{how}");
        // Odoo keeps cents, the shop what is typed.
        assert!((price(&shop["regular_price"]) - price(&odoo["list_price"])).abs() < 0.0051, "{how}");
    }
}
