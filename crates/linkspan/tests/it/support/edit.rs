//! People at work: in the shop and in Odoo.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use odoo_rpc::{Client, Config};
use sandbox::shop::Kind;
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::world::World;

impl World {
    /// Changes a record in the shop, now.
    pub(crate) fn edit(&self, kind: Kind, id: u64, change: impl FnOnce(&mut Value)) {
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S").to_string();
        self.edit_at(kind, id, &now, change);
    }

    /// Changes a record in the shop at this moment, UTC.
    pub(crate) fn edit_at(&self, kind: Kind, id: u64, at: &str, change: impl FnOnce(&mut Value)) {
        let mut record = self.shop.shop().get(kind, id).unwrap();
        change(&mut record);
        record["date_modified_gmt"] = at.into();
        record["date_modified"] = at.into();
        assert!(self.shop.shop().put(kind, record));
    }

    /// The shop's owner mends a product: price, name and dates are those of a good one.
    pub(crate) fn mend(&self, id: &str) {
        let id = id.parse().unwrap();
        self.edit_at(Kind::Product, id, "2026-10-03T10:00:00", |product| {
            product["name"] = format!("Mended {id}").into();
            product["regular_price"] = "12.50".into();
            product["price"] = "12.50".into();
        });
    }

    /// A client of Odoo, as a person's browser is one.
    pub(crate) async fn client(&self) -> Client {
        odoo_rpc::install_crypto();
        let url = self.odoo.url().parse().unwrap();
        let config = Config::new(url, "odoo", "manager", SecretString::from("manager-pass-1"));
        Client::connect(config).await.unwrap()
    }

    /// The Odoo record behind an external id that Linkspan made: `product_12`, `order_7_order__line_3`.
    pub(crate) fn odoo_id(&self, name: &str) -> Option<i64> {
        let xmlids = self.odoo.xmlids();
        xmlids.get(&format!("__linkspan__.shop1_{name}")).map(|(_, id)| i64::from(*id))
    }

    /// A record of Odoo with all its fields.
    pub(crate) fn odoo_record(&self, model: &str, id: i64) -> Map<String, Value> {
        let records = self.odoo.records(model);
        records
            .into_iter()
            .find(|record| record["id"] == id)
            .unwrap_or_else(|| panic!("{model} {id} is gone"))
    }
}
