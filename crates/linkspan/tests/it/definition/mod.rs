//! Reading a connector definition.

mod bad;
mod bad_exports;
mod expressions;
mod reading;
mod reference;
mod robust;
mod shown;
mod trial;
mod webhooks;

use std::path::Path;

use linkspan::connectors;
use linkspan::definition;

/// The sketch of the design, with the operations and entities it only names.
const SKETCH: &str = include_str!("data/sketch.toml");

#[test]
fn every_shipped_definition_is_without_problems() {
    for id in connectors::IDS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("connectors").join(id).join("connector.toml");
        let loaded = definition::load(&path).unwrap_or_else(|report| panic!("{report}"));
        let report = definition::Report::new(loaded.findings);
        assert!(report.diagnostics.is_empty(), "{report}");
        assert_eq!(loaded.definition.connector.id, *id);
        let shipped = connectors::shipped(id).expect("it is in the registry");
        assert!(shipped.is_ok(), "it is fine without its samples too");
    }
}

#[test]
fn the_sketch_of_the_design_is_read() {
    let checked = definition::parse(SKETCH, "sketch.toml", None).unwrap_or_else(|report| panic!("{report}"));
    let report = definition::Report::new(checked.findings);
    assert!(report.diagnostics.is_empty(), "{report}");
    assert_eq!(checked.definition.connector.id, "woocommerce");
    assert_eq!(checked.definition.entities.len(), 4);
}
