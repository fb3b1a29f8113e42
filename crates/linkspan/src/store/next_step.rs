//! What a human does next about a dead letter.

use super::RecordKey;

/// One sentence; the classes are explained in docs/operating.md.
pub(super) fn next_step(class: &str, kind: &str, waits_for: Option<&RecordKey>) -> String {
    let step = match (class, kind, waits_for) {
        (_, _, Some(RecordKey { entity, external_id })) => {
            return format!(
                "Nothing: it goes on by itself once {entity} {external_id} is in; see to that one."
            );
        }
        ("data", "export", _) => "Mend the record in Odoo; it then goes out by itself.",
        ("data", _, _) => {
            "Mend the record in the other system, then it comes by itself; or change its data here and retry."
        }
        ("conflict", "export", _) => {
            "Decide whose value stays, on this dead letter's page or with `linkspan dead-letters decide`; or mend one side and retry."
        }
        ("conflict", _, _) => {
            "Do what the reason says: merge the records, link one, or press the button in Odoo; then retry."
        }
        ("auth", _, _) => "Give the user the right that the reason names, then retry.",
        ("config", _, _) => "Mend the definition or the configuration, restart the service, then retry.",
        ("gone", _, _) => "Dismiss it: the record no longer exists.",
        ("ambiguous", "export", _) => {
            "Look whether the record is on the other side: link it if it is, retry if not."
        }
        _ => "Retry.",
    };
    step.to_owned()
}
