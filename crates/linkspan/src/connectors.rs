//! The connector definitions that ship inside the program. A `match` is the registry: a new one is a folder in
//! `connectors/` and a line here.

use std::sync::Arc;

use crate::definition::{self, Definition, Report};

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
