//! Categories: three levels, names in several languages, entities as WordPress keeps them.

use serde_json::{Value, json};

use super::words::CATEGORIES;
use super::{Catalog, FIRST_TERM, UNCATEGORIZED};

impl Catalog {
    /// The category of an id that exists.
    pub(super) fn category(&self, id: u64) -> Value {
        let (name, slug, parent) = match id.checked_sub(FIRST_TERM) {
            None => ("Uncategorized".to_owned(), "uncategorized".to_owned(), 0),
            Some(index) => (category_name(index), category_slug(index), self.category_parent(index)),
        };
        json!({
            "id": id, "name": name, "slug": slug, "parent": parent,
            "description": if id.is_multiple_of(7) { "Everything for <b>you</b> &amp; yours" } else { "" },
            "display": "default", "image": null, "menu_order": 0, "count": self.products_in(id),
        })
    }

    /// The first ten are roots; each other one hangs below an earlier one, so no cycle can come about.
    fn category_parent(&self, index: u64) -> u64 {
        match index {
            0..10 => 0,
            10..26 => FIRST_TERM + index % 10,
            _ => FIRST_TERM + 10 + index % 16,
        }
    }

    /// How many products the shop counts in a category: a share, since counting a million costs a walk.
    fn products_in(&self, id: u64) -> u64 {
        if id == UNCATEGORIZED { 0 } else { self.products / self.categories.max(1) }
    }

    /// The reference that a product of this index carries to its category.
    pub(super) fn category_of(&self, index: u64) -> Value {
        if self.categories == 0 {
            return json!([{ "id": UNCATEGORIZED, "name": "Uncategorized", "slug": "uncategorized" }]);
        }
        let index = index % self.categories;
        json!([{ "id": FIRST_TERM + index, "name": category_name(index), "slug": category_slug(index) }])
    }
}

fn category_name(index: u64) -> String {
    let name = CATEGORIES[(index % CATEGORIES.len() as u64) as usize];
    match index / CATEGORIES.len() as u64 {
        0 => name.to_owned(),
        round => format!("{name} {}", round + 1),
    }
}

fn category_slug(index: u64) -> String {
    let name = category_name(index);
    let slug: String = name
        .replace("&amp;", "")
        .to_lowercase()
        .split_whitespace()
        .map(|word| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-");
    slug
}
