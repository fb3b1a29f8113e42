//! Reading a connector definition.

use linkspan::connectors;

#[test]
fn every_shipped_definition_is_without_errors() {
    for id in connectors::IDS {
        let shipped = connectors::shipped(id).expect("it is in the registry");
        if let Err(report) = shipped {
            panic!("{report}");
        }
    }
}
