//! Records in bad shape, on request: what plugins and imports leave behind in real shops.

use serde_json::{Value, json};

use super::super::spec::Settings;
use super::Catalog;

impl Catalog {
    /// The product, spoilt if it is one of the bad ones.
    pub(super) fn product_or_bad(&self, index: u64, settings: &Settings) -> Value {
        let mut record = self.product(index, settings);
        if let (Some(number), Some(map)) = (self.bad_number(index), record.as_object_mut()) {
            spoil(map, number);
        }
        record
    }

    /// Which bad product this is, counted from 0; they are spread evenly over the shop.
    fn bad_number(&self, index: u64) -> Option<u64> {
        let every = self.products.checked_div(self.bad_products)?.max(1);
        let number = index / every;
        (index % every == every / 2 && number < self.bad_products).then_some(number)
    }
}

/// Spoils a product so that no honest mapping of name, price and dates can take it.
pub(crate) fn spoil(product: &mut serde_json::Map<String, Value>, number: u64) {
    match number % 6 {
        0 => product.insert("regular_price".into(), "abc".into()),
        1 => product.remove("name"),
        2 => {
            product.insert("date_modified".into(), "0000-00-00T00:00:00".into());
            product.insert("date_modified_gmt".into(), "0000-00-00T00:00:00".into())
        }
        3 => product.insert("name".into(), Value::Null),
        4 => product.insert("regular_price".into(), json!({ "amount": "12.00", "currency": "SAR" })),
        _ => product.insert("name".into(), json!(["not", "a", "name"])),
    };
}
