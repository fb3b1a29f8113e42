//! A shop, an Odoo, and the program between them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::path::Path;

use linkspan::store::Store;
use odoo_rpc::Client;
use sandbox::odoo::{Odoo, OdooSpec, RunningOdoo, Series};
use sandbox::shop::{RunningShop, Shop, ShopSpec};
use serde_json::{Map, Value};

use super::connector::{self, Steps};
use super::postgres;
use super::program::{Program, Ran};
use super::records::record;

/// What the backend is called in every configuration here.
pub(crate) const BACKEND: &str = "shop1";

/// Where the program keeps its bindings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreKind {
    Sqlite,
    Postgres,
}

/// What a world is made of.
pub(crate) struct Plan {
    pub(crate) shop: Shop,
    pub(crate) odoo: OdooSpec,
    /// One of the Odoo's users; the password is the sandbox's.
    pub(crate) login: &'static str,
    pub(crate) store: StoreKind,
    /// Smaller pages and batches than the shipped definition's.
    pub(crate) steps: Option<Steps>,
}

impl Plan {
    /// This shop, an 18.0 with a sales manager, SQLite, the shipped definition.
    pub(crate) fn of(shop: Shop) -> Plan {
        let odoo = OdooSpec::new(Series::V18);
        Plan { shop, odoo, login: "manager", store: StoreKind::Sqlite, steps: None }
    }

    /// A generated shop of this size.
    pub(crate) fn sized(products: usize, customers: usize, orders: usize) -> Plan {
        Plan::of(Shop::generate(&size(products, customers, orders)))
    }

    /// The same, but in small steps.
    pub(crate) fn in_steps(self, page: usize, batch: usize) -> Plan {
        Plan { steps: Some(Steps { page, batch }), ..self }
    }
}

/// The spec of a shop of this size, with few categories.
pub(crate) fn size(products: usize, customers: usize, orders: usize) -> ShopSpec {
    ShopSpec { products, customers, orders, categories: 8, ..ShopSpec::default() }
}

/// A shop, an Odoo, and a program that knows both. Each stops with it.
pub(crate) struct World {
    pub(crate) shop: RunningShop,
    pub(crate) odoo: RunningOdoo,
    pub(crate) program: Program,
    pub(crate) store_url: String,
}

impl World {
    /// Starts everything.
    pub(crate) async fn start(plan: Plan) -> World {
        let shop = plan.shop.start(0).await.unwrap();
        let odoo = Odoo::start(plan.odoo, 0).await.unwrap();
        let mut world = World::between(shop, odoo, plan.login, plan.steps);
        let store_url = match plan.store {
            StoreKind::Sqlite => world.store_url.clone(),
            StoreKind::Postgres => postgres::new_schema_url().await,
        };
        world.keep_store_at(&store_url);
        world
    }

    fn between(shop: RunningShop, odoo: RunningOdoo, login: &str, steps: Option<Steps>) -> World {
        let connector = if steps.is_some() { "./connector/connector.toml" } else { "woocommerce" };
        let config = config(connector, &shop.url(), &odoo.url(), login);
        let environment = BTreeMap::from([
            ("TEST_KEY".to_owned(), "ck_sandbox".to_owned()),
            ("TEST_SECRET".to_owned(), "cs_sandbox".to_owned()),
            ("TEST_PASSWORD".to_owned(), format!("{login}-pass-1")),
        ]);
        let program = Program::new(&config, environment);
        if let Some(steps) = steps {
            connector::write(program.folder(), steps);
        }
        let store_url = format!("sqlite:{}", program.path("linkspan.db").display());
        World { shop, odoo, program, store_url }
    }

    /// Keeps the store somewhere else from now on.
    pub(crate) fn keep_store_at(&mut self, url: &str) {
        url.clone_into(&mut self.store_url);
        self.program.set("TEST_STORE_URL", url);
    }

    /// Runs `linkspan <arguments>`.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        self.program.run(arguments).await
    }

    /// Runs `linkspan sync shop1 --json <arguments>`.
    pub(crate) async fn sync(&self, arguments: &[&str]) -> Ran {
        self.run(&[&["sync", BACKEND, "--json"], arguments].concat()).await
    }

    /// Adds a backend of a definition under `tests/it`; `keys` are further lines of its table.
    pub(crate) fn add_backend(&self, name: &str, definition: &str, keys: &str) {
        let connector = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(definition);
        let backend = format!(
            "\n[backends.{name}]\nconnector = \"{}\"\nodoo = \"main\"\n{keys}\n",
            connector.display()
        );
        let config = self.program.path("linkspan.toml");
        std::fs::write(&config, std::fs::read_to_string(&config).unwrap() + &backend).unwrap();
    }

    /// Replaces texts of the definition everywhere. The world was planned `in_steps`.
    pub(crate) fn redefine(&self, edits: &[(&str, &str)]) {
        let definition = self.program.path("connector/connector.toml");
        let mut text = std::fs::read_to_string(&definition).unwrap();
        for (old, new) in edits {
            assert!(text.contains(old), "the definition has no {old:?}");
            text = text.replace(old, new);
        }
        std::fs::write(&definition, text).unwrap();
    }

    /// An administrator of Odoo at work.
    pub(crate) async fn administrator(&self) -> Client {
        odoo_rpc::install_crypto();
        let url = self.odoo.url().parse().unwrap();
        let secret = secrecy::SecretString::from("admin-pass-1");
        Client::connect(odoo_rpc::Config::new(url, "odoo", "admin", secret)).await.unwrap()
    }

    /// A person writes to a record of Odoo.
    pub(crate) async fn write_odoo(&self, model: &str, id: i64, values: Value) {
        self.administrator().await.write(model, &[id], record(values)).await.unwrap();
    }

    /// The only product of Odoo with this code.
    pub(crate) fn product(&self, code: &str) -> Map<String, Value> {
        let products = self.odoo.records("product.product");
        let mut found = products.into_iter().filter(|product| product["default_code"] == code);
        let product = found.next().unwrap_or_else(|| panic!("no {code}"));
        assert!(found.next().is_none(), "{code} is there twice");
        product
    }

    /// The program's store, opened by the test.
    pub(crate) async fn store(&self) -> Store {
        Store::open(&self.store_url).await.unwrap()
    }

    /// How often each writing method of Odoo was called so far.
    pub(crate) fn writes(&self) -> BTreeMap<String, u64> {
        writes(&self.odoo)
    }
}

/// How often each writing method of this Odoo was called so far.
pub(crate) fn writes(odoo: &RunningOdoo) -> BTreeMap<String, u64> {
    const WRITING: [&str; 5] = [".load", ".create", ".write", ".unlink", ".action_"];
    let mut calls = odoo.calls();
    calls.retain(|target, _| WRITING.iter().any(|method| target.contains(method)));
    calls
}

/// A configuration with one backend.
pub(crate) fn config(connector: &str, shop_url: &str, odoo_url: &str, login: &str) -> String {
    format!(
        r#"schema = 1

[store]
url = {{ env = "TEST_STORE_URL" }}

[odoo.main]
url = "{odoo_url}"
database = "odoo"
login = "{login}"
secret = {{ env = "TEST_PASSWORD" }}

[backends.{BACKEND}]
connector = "{connector}"
odoo = "main"

[backends.{BACKEND}.settings]
store_url = "{shop_url}"

[backends.{BACKEND}.secrets]
consumer_key = {{ env = "TEST_KEY" }}
consumer_secret = {{ env = "TEST_SECRET" }}
"#
    )
}
