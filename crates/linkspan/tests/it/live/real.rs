//! The real Odoo that the environment names.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use odoo_rpc::{Client, Config, SearchOptions};
use sandbox::shop::{Kind, Shop};
use secrecy::SecretString;
use serde_json::{Map, Value, json};

/// How to reach it.
pub(crate) struct Real {
    pub(crate) url: String,
    pub(crate) database: String,
    pub(crate) login: String,
    pub(crate) secret: String,
}

impl Real {
    pub(crate) fn from_environment() -> Real {
        let read = |name: &str| {
            std::env::var(name)
                .unwrap_or_else(|_| panic!("{name} is not set: the live tests need a real Odoo"))
        };
        Real {
            url: read("LINKSPAN_ODOO_URL"),
            database: read("LINKSPAN_ODOO_DB"),
            login: read("LINKSPAN_ODOO_LOGIN"),
            secret: read("LINKSPAN_ODOO_SECRET"),
        }
    }

    /// A client that sees archived records too.
    pub(crate) async fn client(&self) -> Client {
        self.connect().await.unwrap()
    }

    /// The same, unless the server does not answer.
    pub(crate) async fn connect(&self) -> Result<Client, odoo_rpc::Error> {
        odoo_rpc::install_crypto();
        let secret = SecretString::from(self.secret.clone());
        let config = Config::new(self.url.parse().unwrap(), &self.database, &self.login, secret);
        let context = Map::from_iter([("active_test".to_owned(), json!(false))]);
        Ok(Client::connect(config).await?.with_context(context))
    }
}

/// A number that tells the records of this run from those of earlier ones in the same database.
pub(crate) fn run_number() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap() % 1_000_000_000
}

/// Records by external id: `<prefix>...` -> model and id. Only an administrator may read them; others give none.
pub(crate) async fn read(
    client: &Client,
    model: &str,
    ids: &[i64],
    fields: &[&str],
) -> Vec<Map<String, Value>> {
    let mut records = Vec::new();
    for chunk in ids.chunks(500) {
        let domain = json!([["id", "in", chunk]]);
        let options = SearchOptions { order: Some("id".to_owned()), ..SearchOptions::default() };
        records.extend(client.search_read(model, &domain, fields, options).await.unwrap());
    }
    records
}

/// SKUs, e-mail addresses and order numbers of this run only, so that nothing of earlier runs is adopted.
pub(crate) fn mark_records(shop: &Shop, mark: u64) {
    for kind in [Kind::Product, Kind::Variation, Kind::Customer, Kind::Order] {
        for id in shop.ids(kind) {
            let mut record = shop.get(kind, id).unwrap();
            for field in ["sku", "number"] {
                if record[field].as_str().is_some_and(|text| !text.is_empty()) {
                    record[field] = format!("m{mark}-{}", record[field].as_str().unwrap()).into();
                }
            }
            let marked = |email: &Value| match email.as_str() {
                Some(email) if !email.is_empty() => Value::from(format!("m{mark}.{email}")),
                _ => email.clone(),
            };
            if kind == Kind::Customer {
                record["email"] = marked(&record["email"]);
            }
            if record["billing"].is_object() {
                record["billing"]["email"] = marked(&record["billing"]["email"]);
            }
            shop.put(kind, record);
        }
    }
}
