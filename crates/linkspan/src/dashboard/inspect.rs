//! What only a running service can tell: both sides of a record at this moment, and whether a connection works.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;

/// The answer of a look; the error is a sentence for the operator.
pub type Answer<T> = Result<T, String>;

/// Looks at a record on both sides.
pub trait Inspect: Send + Sync {
    /// The values that the mapper gives for the external record as it is now, beside what Odoo holds. Writes nothing.
    fn inspect<'a>(
        &'a self,
        backend: &'a str,
        entity: &'a str,
        external_id: &'a str,
    ) -> BoxFuture<'a, Answer<Inspection>>;
}

/// Tries a backend's connections.
pub trait TestConnection: Send + Sync {
    /// Asks both servers whether they know the credentials. Writes nothing.
    fn test<'a>(&'a self, backend: &'a str) -> BoxFuture<'a, Connections>;
}

/// How both connections of a backend are: what the server said of itself, or why it does not work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Connections {
    /// The external system.
    pub external: Answer<String>,
    /// Odoo.
    pub odoo: Answer<String>,
}

/// A record on both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Inspection {
    /// Its fields, in the definition's order.
    pub fields: Vec<InspectedField>,
}

/// One field of a record on both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InspectedField {
    /// Odoo's name of the field.
    pub field: String,
    /// The rule that sets it, as the definition has it.
    pub rule: String,
    /// What the external record holds, as JSON; `None`: nothing.
    pub external_value: Option<String>,
    /// What the mapper makes of it; `None`: the field is left alone.
    pub value: Option<String>,
    /// What Odoo holds; `None`: the record is not there.
    pub odoo_value: Option<String>,
}
