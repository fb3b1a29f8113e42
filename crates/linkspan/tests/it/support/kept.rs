//! What the store and Odoo hold after a run, in a form in which two runs can be compared: ids and times aside.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::HashMap;

use linkspan::store::{Binding, BindingFilter, DeadLetter, DeadLetterFilter, Store};
use sandbox::odoo::RunningOdoo;
use serde_json::Value;

use super::world::{BACKEND, World};

/// Everything a run left behind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EndState {
    pub(crate) odoo: Vec<String>,
    pub(crate) bindings: Vec<String>,
    pub(crate) checkpoints: Vec<String>,
    pub(crate) dead_letters: Vec<String>,
}

impl EndState {
    /// What there is now.
    pub(crate) async fn of(world: &World) -> EndState {
        let store = world.store().await;
        let names = Names::of(&world.odoo);
        let mut dead_letters: Vec<String> = dead_letters(&store).await.iter().map(described).collect();
        dead_letters.sort_unstable();
        EndState {
            odoo: world.odoo.snapshot(),
            bindings: bindings(&store).await.iter().map(|binding| names.described(binding)).collect(),
            checkpoints: checkpoints(&store).await,
            dead_letters,
        }
    }

    /// Fails with the lines that differ.
    #[track_caller]
    pub(crate) fn assert_is(&self, expected: &EndState, how: &str) {
        let parts = [
            ("Odoo", &self.odoo, &expected.odoo),
            ("bindings", &self.bindings, &expected.bindings),
            ("checkpoints", &self.checkpoints, &expected.checkpoints),
            ("dead letters", &self.dead_letters, &expected.dead_letters),
        ];
        for (what, found, expected) in parts {
            let only = |here: &[String], there: &[String]| -> Vec<String> {
                here.iter().filter(|line| !there.contains(line)).take(5).cloned().collect()
            };
            assert!(
                found == expected,
                "{how}: {what} differ, {} lines and not {}.\ntoo much: {:#?}\nmissing: {:#?}",
                found.len(),
                expected.len(),
                only(found, expected),
                only(expected, found)
            );
        }
    }
}

/// All bindings of the backend, in order.
pub(crate) async fn bindings(store: &Store) -> Vec<Binding> {
    let filter = BindingFilter { limit: 100_000, ..BindingFilter::default() };
    store.list_bindings(filter).await.unwrap()
}

/// All dead letters, closed ones too.
pub(crate) async fn dead_letters(store: &Store) -> Vec<DeadLetter> {
    let filter = DeadLetterFilter { state: None, limit: 100_000, ..DeadLetterFilter::default() };
    store.list_dead_letters(filter).await.unwrap()
}

async fn checkpoints(store: &Store) -> Vec<String> {
    let mut lines = Vec::new();
    for entity in ["category", "product", "customer", "order"] {
        if let Some(kept) = store.checkpoint(BACKEND, entity).await.unwrap() {
            lines.push(format!(
                "{entity} walked to the end: {}, under way: {:?}",
                kept.since.is_some(),
                kept.walk
            ));
        }
    }
    lines
}

/// Without number, attempts and times. Reasons may name Odoo ids, so only what kind of reason it is counts.
fn described(letter: &DeadLetter) -> String {
    let waits = letter.depends_on.as_ref().map(|key| format!("{} {}", key.entity, key.external_id));
    format!(
        "{} {} {} {:?} waits for {waits:?}",
        letter.entity, letter.external_id, letter.class, letter.state
    )
}

/// What an Odoo id stands for, whatever its number.
struct Names(HashMap<(String, i64), String>);

impl Names {
    fn of(odoo: &RunningOdoo) -> Names {
        let mut names = HashMap::new();
        for model in ["product.category", "product.product", "product.pricelist", "res.partner", "sale.order"]
        {
            for record in odoo.records(model) {
                let text = |field: &str| record.get(field).and_then(Value::as_str).unwrap_or_default();
                // Records that were adopted have no external id; these fields tell them apart.
                let name = format!("{} {} {}", text("default_code"), text("email"), text("client_order_ref"));
                names.insert((model.to_owned(), record["id"].as_i64().unwrap()), name);
            }
        }
        for (xmlid, (model, id)) in odoo.xmlids() {
            names.insert((model, i64::from(id)), xmlid);
        }
        Names(names)
    }

    fn described(&self, binding: &Binding) -> String {
        let stands_for = binding.odoo_id.map(|id| self.0.get(&(binding.odoo_model.clone(), id)));
        format!(
            "{} {} = {} {stands_for:?} {:?} version {:?} digest {:?} lines {:?} agreed {:?}",
            binding.entity,
            binding.external_id,
            binding.odoo_model,
            binding.origin,
            binding.version,
            binding.digest,
            binding.line_keys,
            binding.agreed
        )
    }
}
