//! What only a service can tell the dashboard: both sides of a record now, and whether the connections work.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::runtime::Runtime;
use crate::backend;
use crate::dashboard::{
    Answer, BackendFacts, Connections, Inspect, InspectedField, Inspection, TestConnection,
};
use crate::store::{Direction, Store};
use crate::sync::Mode;

/// The backends of a node, to be looked at.
pub struct Looking {
    backends: Vec<Arc<Runtime>>,
    store: Store,
}

impl Looking {
    /// Looks at these.
    pub fn new(backends: Vec<Arc<Runtime>>, store: Store) -> Looking {
        Looking { backends, store }
    }

    fn backend(&self, name: &str) -> Answer<&Runtime> {
        let found = self.backends.iter().find(|runtime| runtime.name() == name);
        found.map(AsRef::as_ref).ok_or_else(|| {
            format!("the backend {name} could not be opened when this node started; its alert says why")
        })
    }

    async fn look(&self, backend: &str, entity: &str, external_id: &str) -> Answer<Inspection> {
        let runtime = self.backend(backend)?;
        let session = runtime
            .session(&self.store, Mode::Plan, (Direction::In, &[]))
            .await
            .map_err(|error| error.to_string())?;
        let seen = session.inspect(entity, external_id).await.map_err(|error| error.to_string())?;
        let facts = BackendFacts::of(runtime.config());
        let rules = facts.entity(entity).map(|facts| facts.rules.as_slice()).unwrap_or_default();
        let rule = |field: &str| {
            let found = rules.iter().find(|rule| rule.field == field);
            found.map(|rule| rule.source.clone()).unwrap_or_default()
        };
        let fields = seen.into_iter().map(|seen| InspectedField {
            rule: rule(&seen.field),
            field: seen.field,
            external_value: seen.external_value,
            value: seen.value,
            odoo_value: seen.odoo_value,
        });
        Ok(Inspection { fields: fields.collect() })
    }
}

impl Inspect for Looking {
    fn inspect<'a>(
        &'a self,
        backend: &'a str,
        entity: &'a str,
        external_id: &'a str,
    ) -> BoxFuture<'a, Answer<Inspection>> {
        self.look(backend, entity, external_id).boxed()
    }
}

impl TestConnection for Looking {
    fn test<'a>(&'a self, backend: &'a str) -> BoxFuture<'a, Connections> {
        async move {
            let runtime = match self.backend(backend) {
                Ok(runtime) => runtime,
                Err(reason) => return Connections { external: Err(reason.clone()), odoo: Err(reason) },
            };
            let (external, odoo) =
                tokio::join!(runtime.adapter().verify(), backend::connect(&runtime.config().odoo));
            Connections {
                external: external
                    .map(|_| "the key is accepted".to_owned())
                    .map_err(|error| error.to_string()),
                odoo: odoo
                    .map(|client| format!("{} over {}", client.version().text, client.protocol()))
                    .map_err(|error| error.to_string()),
            }
        }
        .boxed()
    }
}
