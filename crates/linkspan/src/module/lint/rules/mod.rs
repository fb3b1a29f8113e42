//! The rules, a file for each family.

mod bindings;
mod constraints;
mod exposure;
mod files;
mod gone;
mod http;
mod manifest;
mod portability;
mod queue;
mod security;
mod shared;
mod structure;
mod sync;
mod tests;
mod views;
mod webhook;
mod wiring;

use super::rule::Rule;

/// Every rule, by family.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    let families: [&'static [Rule]; 15] = [
        files::RULES,
        structure::RULES,
        wiring::RULES,
        bindings::RULES,
        queue::RULES,
        http::RULES,
        webhook::RULES,
        sync::RULES,
        security::RULES,
        exposure::RULES,
        manifest::RULES,
        portability::RULES,
        views::RULES,
        gone::RULES,
        tests::RULES,
    ];
    families.into_iter().flatten()
}

/// The rule with this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}
