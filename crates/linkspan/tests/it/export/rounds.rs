//! Random edits on both sides, round after round: it never loops, and both sides end equal.

use linkspan::store::{DeadLetterFilter, DeadLetterState, Store};
use linkspan::sync::{ChangeOptions, Decision, ExportOutcome, ImportOptions, Session};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sandbox::shop::Kind;
use serde_json::{Value, json};

use super::{in_step, record};
use crate::support::world::World;

const ROUNDS: u32 = 1_000;

/// One product that people on both sides edit.
struct Pair {
    world: World,
    store: Store,
    session: Session,
    admin: odoo_rpc::Client,
    shop_id: u64,
    odoo_id: i64,
    clock: i64,
}

impl Pair {
    async fn new() -> Pair {
        let world = in_step(4, 0, 0).await;
        let (shop_id, odoo_id) = world.simple_product();
        let store = world.store().await;
        let session = world.session(&store).await;
        let admin = world.administrator().await;
        Pair { world, store, session, admin, shop_id, odoo_id, clock: jiff::Timestamp::now().as_second() }
    }

    async fn edit_odoo(&self, random: &mut StdRng) {
        let values = match random.random_range(0..4) {
            0 => json!({ "name": name(random) }),
            1 => json!({ "list_price": f64::from(random.random_range(0..10_000)) / 1_000.0 }),
            2 => json!({ "description_sale": name(random) }),
            _ => json!({ "active": random.random_bool(0.7) }),
        };
        self.admin.write("product.product", &[self.odoo_id], record(values)).await.unwrap();
    }

    fn edit_shop(&mut self, random: &mut StdRng) {
        // The shop's clock goes on, so that no edit is older than one before.
        self.clock += 1;
        let at = jiff::Timestamp::from_second(self.clock).unwrap().strftime("%Y-%m-%dT%H:%M:%S").to_string();
        let (choice, name) = (random.random_range(0..5), name(random));
        let cents = random.random_range(0..10_000);
        self.world.edit_at(Kind::Product, self.shop_id, &at, |product| match choice {
            0 => product["name"] = name.replace('<', "&lt;").into(),
            1 => product["regular_price"] = format!("{}.{:03}", cents / 1_000, cents % 1_000).into(),
            2 => product["short_description"] = format!("<em>{}</em>", name.replace('<', "")).into(),
            3 => product["status"] = ["publish", "draft", "private"][cents % 3].into(),
            _ => product["weight"] = format!("{}.5", cents % 90).into(),
        });
    }

    async fn import(&self) {
        self.session.import_record("product", &self.shop_id.to_string()).await.unwrap();
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

    fn sides(&self) -> (Value, Value) {
        let product = Value::Object(self.world.odoo_record("product.product", self.odoo_id));
        (self.world.shop.shop().get(Kind::Product, self.shop_id).unwrap(), product)
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

fn cents(value: &Value) -> i64 {
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok()).unwrap_or(0.0);
    #[expect(clippy::cast_possible_truncation, reason = "prices here are small")]
    let cents = (number * 100.0 + 0.5).floor() as i64;
    cents
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_rounds_of_edits_on_both_sides_never_loop_and_end_equal() {
    let seed = rand::random::<u64>();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut pair = Pair::new().await;
    for round in 0..ROUNDS {
        for _ in 0..random.random_range(0..3) {
            pair.edit_odoo(&mut random).await;
        }
        for _ in 0..random.random_range(0..3) {
            pair.edit_shop(&mut random);
        }
        if random.random_bool(0.5) {
            pair.import().await;
            pair.export().await;
        } else {
            pair.export().await;
            pair.import().await;
        }
        pair.decide(&mut random).await;
        // What is left of the round's changes; after that nothing may move any more.
        for _ in 0..2 {
            pair.import().await;
            pair.export().await;
        }
        pair.decide(&mut random).await;
        if round % 10 == 9 {
            assert_quiet(&pair, seed, round).await;
        }
    }
}

async fn assert_quiet(pair: &Pair, seed: u64, round: u32) {
    let how = format!("seed {seed}, round {round}");
    let (before, writes) = (pair.world.sent(), pair.world.writes());
    pair.import().await;
    pair.session
        .import_batch("product", ImportOptions { full: true, ..ImportOptions::default() })
        .await
        .unwrap();
    let outcomes = pair.export().await;
    pair.import().await;
    assert_eq!(pair.world.sent(), before, "{how}: {outcomes:?}");
    let (shop, odoo) = pair.sides();
    assert_eq!(pair.world.writes(), writes, "{how}\n{shop}\n{odoo}");
    assert_eq!(plain(&shop["name"]), plain(&odoo["name"]), "{how}");
    assert_eq!(plain(&shop["short_description"]), plain(&odoo["description_sale"]), "{how}");
    assert_eq!(cents(&shop["regular_price"]), cents(&odoo["list_price"]), "{how}");
    let sold = matches!(shop["status"].as_str(), Some("publish" | "private"));
    assert_eq!(sold, odoo["active"] == true, "{how}: {}", shop["status"]);
}
