//! A session in this process, for tests of many small steps.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use linkspan::adapter::{Adapter, AdapterOptions};
use linkspan::definition::model::Scalar;
use linkspan::store::Store;
use linkspan::store::redact::Redactor;
use linkspan::sync::{Mode, OdooContext, Parts, Session, Silent};
use secrecy::SecretString;
use serde_json::Value;

use super::world::{BACKEND, World};

impl World {
    /// A session of the backend with the shipped definition.
    pub(crate) async fn session(&self, store: &Store) -> Session {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("connectors/woocommerce/connector.toml");
        let definition = Arc::new(linkspan::definition::load(&path).unwrap().definition);
        let given = BTreeMap::from([("store_url".to_owned(), Scalar::Text(self.shop.url()))]);
        let secrets = ["consumer_key", "consumer_secret", "webhook_secret"].into_iter().zip([
            "ck_sandbox",
            "cs_sandbox",
            "w",
        ]);
        let secrets: BTreeMap<String, SecretString> =
            secrets.map(|(name, value)| (name.to_owned(), SecretString::from(value))).collect();
        let options = AdapterOptions { backend: BACKEND.to_owned(), ..AdapterOptions::default() };
        let adapter = Adapter::new(Arc::clone(&definition), &given, &secrets, options).unwrap();
        let setting = |name: &String| match given.get(name) {
            Some(value) => value.to_json(),
            None => definition.settings[name].default.as_ref().map_or(Value::Null, Scalar::to_json),
        };
        let settings = definition.settings.keys().map(|name| (name.clone(), setting(name))).collect();
        let parts = Parts {
            backend: BACKEND.to_owned(),
            definition: Arc::clone(&definition),
            settings,
            adapter,
            odoo: self.client().await,
            context: OdooContext::default(),
            store: store.clone(),
            mode: Mode::Write,
            lease: None,
            progress: Arc::new(Silent),
            redactor: Redactor::new(secrets.values(), std::iter::empty()),
        };
        Session::open(parts).await.unwrap()
    }
}
