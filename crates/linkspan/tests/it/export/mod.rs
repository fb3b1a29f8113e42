//! Out of Odoo, between the sandbox's shop and its Odoo.

mod changes;
mod conflicts;
mod creating;
mod deciding;
mod echo;
mod keyed;
mod orders;
mod rounds;
mod rule;
mod stock;
mod tagging;
mod updating;

use sandbox::odoo::{Apps, OdooSpec, Series};
use sandbox::shop::Kind;
use serde_json::{Value, json};

use crate::support::program::Ran;
use crate::support::records::record;
use crate::support::world::{BACKEND, Plan, StoreKind, World};

/// A world with Inventory and Automation Rules, whose records are in Odoo and in step.
async fn in_step(products: usize, customers: usize, orders: usize) -> World {
    in_step_in(StoreKind::Sqlite, products, customers, orders).await
}

/// The same, with the store in this database.
async fn in_step_in(store: StoreKind, products: usize, customers: usize, orders: usize) -> World {
    let plan = with_apps(Plan::sized(products, customers, orders));
    let world = World::start(Plan { store, ..plan }).await;
    world.sync(&[]).await.ended(0);
    world.export(&[]).await.ended(0);
    world
}

/// The plan with both apps.
fn with_apps(plan: Plan) -> Plan {
    let apps = Apps { stock: true, automation: true };
    Plan { odoo: OdooSpec { apps, ..OdooSpec::new(Series::V18) }, ..plan }
}

impl World {
    /// Runs `linkspan export shop1 --json <arguments>`.
    async fn export(&self, arguments: &[&str]) -> Ran {
        self.run(&[&["export", BACKEND, "--json"], arguments].concat()).await
    }

    /// A product of the shop that is for sale and simple, and its Odoo id.
    fn simple_product(&self) -> (u64, i64) {
        self.simple_products()[0]
    }

    fn simple_products(&self) -> Vec<(u64, i64)> {
        let shop = self.shop.shop();
        let is_simple = |id: &u64| {
            let record = shop.get(Kind::Product, *id).unwrap();
            record["type"] == "simple" && record["status"] == "publish" && record["regular_price"] != ""
        };
        let ids = self.shop.ids(Kind::Product).into_iter().filter(is_simple);
        ids.map(|id| (id, self.odoo_id(&format!("product_{id}")).unwrap())).collect()
    }

    fn in_shop(&self, kind: Kind, id: u64) -> Value {
        self.shop.shop().get(kind, id).unwrap()
    }

    /// Requests that changed something in the shop: method and path.
    fn sent(&self) -> Vec<String> {
        let writes = |(method, target): &(String, String)| {
            let path = target.split('?').next().unwrap_or_default();
            (method != "GET").then(|| format!("{method} {path}"))
        };
        self.shop.requests().iter().filter_map(writes).collect()
    }
}

/// Stock of a product in the company's place for it; gives the quant's id.
async fn put_stock(world: &World, product: i64, quantity: f64) -> i64 {
    let client = world.administrator().await;
    let location = world.odoo.records("stock.location")[0]["id"].clone();
    let storable = record(json!({ "is_storable": true }));
    client.write("product.product", &[product], storable).await.unwrap();
    let quant = record(json!({ "product_id": product, "location_id": location, "quantity": quantity }));
    client.create("stock.quant", vec![quant]).await.unwrap()[0]
}
