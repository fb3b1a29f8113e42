//! The connector definitions that ship inside the program. A `match` is the registry: a new one is a folder in
//! `connectors/` and a line here.

use std::sync::Arc;

use rust_embed::RustEmbed;

use crate::definition::model::ConnectorType;
use crate::definition::{self, Definition, Report};

/// Samples, and whatever else stands beside the definitions.
#[derive(RustEmbed)]
#[folder = "connectors/"]
struct Files;

/// Ids of the shipped connectors.
pub const IDS: &[&str] = &["woocommerce"];

/// Text of the shipped definition `id`.
pub fn text(id: &str) -> Option<&'static str> {
    match id {
        "woocommerce" => Some(include_str!("../connectors/woocommerce/connector.toml")),
        _ => None,
    }
}

/// The shipped definition `id`; `None` if none has this id. The error would be a defect of this program, which
/// its tests exclude.
pub fn shipped(id: &str) -> Option<Result<Arc<Definition>, Report>> {
    let text = text(id)?;
    let checked = definition::parse(text, &format!("connectors/{id}/connector.toml"), None);
    Some(checked.map(|checked| Arc::new(checked.definition)))
}

/// Text of a file beside the definitions, `woocommerce/samples/order.json` for example.
pub fn sample(path: &str) -> Option<String> {
    let file = Files::get(path)?;
    String::from_utf8(file.data.into_owned()).ok()
}

/// The definition that a new connector of a type starts from.
pub fn starter(kind: ConnectorType) -> &'static str {
    match kind {
        ConnectorType::Ecommerce => include_str!("../connectors/starters/ecommerce/connector.toml"),
        ConnectorType::Logistics => include_str!("../connectors/starters/logistics/connector.toml"),
        ConnectorType::Accounting => include_str!("../connectors/starters/accounting/connector.toml"),
        ConnectorType::Crm => include_str!("../connectors/starters/crm/connector.toml"),
    }
}
