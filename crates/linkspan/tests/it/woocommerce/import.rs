//! A shop, an Odoo and a store, and imports from one to the other as `linkspan sync` makes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use linkspan::adapter::{Adapter, AdapterOptions};
use linkspan::connectors;
use linkspan::definition::Definition;
use linkspan::definition::model::Scalar;
use linkspan::store::redact::Redactor;
use linkspan::store::{DeadLetter, DeadLetterFilter, Store};
use linkspan::sync::binding::xmlid;
use linkspan::sync::{ImportOptions, Mode, OdooContext, Parts, Session, Silent, Summary};
use odoo_rpc::Client;
use sandbox::odoo::{Odoo, OdooSpec, RunningOdoo, Series};
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use super::recorded;
use super::shop::{CATEGORIES, CUSTOMERS, ORDERS, PRODUCTS, Records, Shop};

const BACKEND: &str = "shop";

/// An Odoo record as it is stored, relations as ids.
pub(super) type OdooRecord = Map<String, Value>;

/// Both sides and what Linkspan keeps between them.
pub(super) struct World {
    pub(super) shop: Shop,
    pub(super) odoo: RunningOdoo,
    pub(super) client: Client,
    pub(super) store: Store,
    /// The backend's settings beside the store's URL.
    pub(super) settings: BTreeMap<String, i64>,
}

/// The shipped definition without its limits: the sandbox has no PHP workers to spare.
pub(super) fn definition() -> Arc<Definition> {
    let shipped = connectors::shipped("woocommerce").expect("shipped");
    let mut definition = Arc::unwrap_or_clone(shipped.unwrap_or_else(|report| panic!("{report}")));
    definition.limits.clear();
    Arc::new(definition)
}

/// The recorded shop's categories, products and customers, and these orders.
pub(super) fn recorded_shop(orders: impl IntoIterator<Item = (u64, Value)>) -> Records {
    Records::from([
        (CATEGORIES, recorded::latest(recorded::categories())),
        (PRODUCTS, recorded::latest_products()),
        (CUSTOMERS, recorded::latest(recorded::customers())),
        (ORDERS, orders.into_iter().collect()),
    ])
}

impl World {
    /// The recorded shop with these orders beside an Odoo of a company in `currency`.
    pub(super) async fn new(
        series: Series,
        currency: &str,
        orders: impl IntoIterator<Item = (u64, Value)>,
    ) -> World {
        let spec = OdooSpec {
            currency: currency.to_owned(),
            extra_currencies: ["SAR", "USD", "KWD", "JPY"].map(str::to_owned).into(),
            ..OdooSpec::new(series)
        };
        let odoo = Odoo::start(spec, 0).await.expect("a free port");
        // 19.0 is spoken to over JSON-2, which takes API keys only.
        let secret = if series == Series::V19 { "manager-key-1" } else { "manager-pass-1" };
        let url = odoo.url().parse().expect("an address");
        let config = odoo_rpc::Config::new(url, "odoo", "manager", SecretString::from(secret));
        World {
            shop: Shop::start(recorded_shop(orders)).await,
            client: Client::connect(config).await.expect("the Odoo answers"),
            odoo,
            store: Store::open("sqlite::memory:").await.expect("a store"),
            settings: BTreeMap::new(),
        }
    }

    async fn session(&self) -> Session {
        let definition = definition();
        let store_url = ("store_url".to_owned(), Scalar::Text(self.shop.url()));
        let own = self.settings.iter().map(|(name, value)| (name.clone(), Scalar::Integer(*value)));
        let adapter_settings: BTreeMap<String, Scalar> = own.chain([store_url]).collect();
        let secrets = ["consumer_key", "consumer_secret"]
            .map(|name| (name.to_owned(), SecretString::from("test")))
            .into();
        let options = AdapterOptions { backend: BACKEND.to_owned(), ..AdapterOptions::default() };
        let adapter = Adapter::new(Arc::clone(&definition), &adapter_settings, &secrets, options)
            .expect("all settings are there");
        Session::open(Parts {
            backend: BACKEND.to_owned(),
            settings: settings(&self.settings),
            definition,
            adapter,
            odoo: self.client.clone(),
            context: OdooContext::default(),
            store: self.store.clone(),
            mode: Mode::Write,
            lease: None,
            progress: Arc::new(Silent),
            redactor: Redactor::new([], []),
        })
        .await
        .expect("the definition fits this Odoo")
    }

    /// Walks the whole list of an entity and imports what changed.
    pub(super) async fn import(&self, entity: &str) -> Summary {
        let session = self.session().await;
        let options = ImportOptions { full: true, ..ImportOptions::default() };
        session.import_batch(entity, options).await.unwrap_or_else(|error| panic!("{error}"));
        session.summary()
    }

    /// Imports and demands that nothing was refused.
    pub(super) async fn import_all(&self, entity: &str) -> Summary {
        let summary = self.import(entity).await;
        let refused: Vec<String> = summary
            .refusals
            .iter()
            .map(|r| format!("{} {}: {}", r.entity, r.external_id, r.reason))
            .collect();
        assert!(refused.is_empty(), "refused: {refused:#?}");
        summary
    }

    /// The Odoo record that an external record became.
    pub(super) fn record(&self, entity: &str, external_id: &str) -> Option<OdooRecord> {
        let (model, id) = self.odoo.xmlids().remove(&xmlid(BACKEND, entity, external_id))?;
        self.odoo.records(&model).into_iter().find(|record| record["id"] == id)
    }

    /// Every record that an entity's records became, by its external id in Odoo.
    pub(super) fn records(&self, entity: &str) -> BTreeMap<String, OdooRecord> {
        let prefix = xmlid(BACKEND, entity, "");
        let prefix = prefix.rsplit_once('_').map_or("", |(prefix, _)| prefix);
        let of_entity =
            |(xmlid, _): &(String, _)| xmlid.rsplit_once('_').is_some_and(|(start, _)| start == prefix);
        let mut found: BTreeMap<String, OdooRecord> = BTreeMap::new();
        let mut tables: BTreeMap<String, BTreeMap<u64, OdooRecord>> = BTreeMap::new();
        for (xmlid, (model, id)) in self.odoo.xmlids().into_iter().filter(of_entity) {
            let table = tables.entry(model).or_insert_with_key(|model| {
                let records = self.odoo.records(model).into_iter();
                records.filter_map(|record| Some((record["id"].as_u64()?, record))).collect()
            });
            found.extend(table.remove(&u64::from(id)).map(|record| (xmlid, record)));
        }
        found
    }

    /// The order that became of a shop's order.
    pub(super) fn order(&self, id: u64) -> OdooRecord {
        self.record("order", &id.to_string()).unwrap_or_else(|| panic!("order {id} is not in Odoo"))
    }

    /// An order's lines, oldest first.
    pub(super) fn lines(&self, order: &OdooRecord) -> Vec<OdooRecord> {
        let lines = self.odoo.records("sale.order.line");
        lines.into_iter().filter(|line| line["order_id"] == order["id"]).collect()
    }

    /// A record of Odoo by its id.
    pub(super) fn odoo_record(&self, model: &str, id: &Value) -> OdooRecord {
        let records = self.odoo.records(model);
        records.into_iter().find(|record| record["id"] == *id).unwrap_or_else(|| panic!("{model} {id}"))
    }

    /// What waits for a human.
    pub(super) async fn dead_letters(&self) -> Vec<DeadLetter> {
        self.store.list_dead_letters(DeadLetterFilter::default()).await.expect("the store answers")
    }
}

/// Settings as expressions see them.
pub(super) fn settings(own: &BTreeMap<String, i64>) -> BTreeMap<String, Value> {
    let defaults =
        [("weight_unit", json!("kg")), ("price_decimals", json!(2)), ("quantity_decimals", json!(2))];
    let own = own.iter().map(|(name, value)| (name.clone(), json!(value)));
    defaults.map(|(name, value)| (name.to_owned(), value)).into_iter().chain(own).collect()
}
