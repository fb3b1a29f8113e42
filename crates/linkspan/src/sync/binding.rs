//! Names and fingerprints: the external id a record has in Odoo, the digest that tells a changed record from an
//! unchanged one, and versions as sortable text.

use std::fmt::Write;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::mapping::{Mapped, OdooValue, Plan, Plans, Scope};

/// Module part of every external id that Linkspan makes in Odoo. No such module needs to be installed.
pub const MODULE: &str = "__linkspan__";

/// The external id in Odoo of a record: `__linkspan__.<backend>_<entity>_<id>`. It depends on nothing else, so a
/// repeated write meets the record that the first one made.
pub fn xmlid(backend: &str, entity: &str, external_id: &str) -> String {
    format!("{MODULE}.{}_{}_{}", escaped(backend), escaped(entity), id_part(external_id))
}

/// The external id in Odoo of a line of a record.
pub fn line_xmlid(record: &str, field: &str, key: &str) -> String {
    format!("{record}_{}_{}", escaped(field), id_part(key))
}

/// `_` separates the parts, so inside a name it is doubled.
fn escaped(name: &str) -> String {
    name.replace('_', "__")
}

/// Ids of letters, digits and `-` stand as they are; every other id as a hash, because a dot or a blank would end
/// the name and length is limited.
fn id_part(id: &str) -> String {
    let plain =
        id.len() <= 48 && !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let looks_hashed = id.len() == 33 && id.starts_with('h');
    if plain && !looks_hashed { id.to_owned() } else { format!("h{}", &sha256(id)[..32]) }
}

/// A moment as text of constant length, so that later sorts after earlier.
pub fn version_text(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

/// SHA-256 in hexadecimal.
pub fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Fingerprint of everything a mapped record writes, and of what follows the write: the steps of `then` that it asks for,
/// and the values that `check` expects. Fields that only the creating import writes are left out: Odoo owns them afterwards.
pub fn digest(plans: &Plans, plan: &Plan, mapped: &Mapped<'_>, scope: Scope<'_>) -> String {
    let mut text = String::with_capacity(1024);
    let mut add = |name: &str, value: &OdooValue<'_>| {
        let kind = match value {
            OdooValue::Empty => '-',
            OdooValue::Bool(_) => 'b',
            OdooValue::Int(_) => 'i',
            OdooValue::Decimal(_) => 'd',
            OdooValue::Text(_) => 't',
            OdooValue::Date(_) => 'a',
            OdooValue::DateTime(_) => 'm',
            OdooValue::Relation { entity, .. } => {
                text.push_str(&plans.entities[usize::from(*entity)].entity);
                'r'
            }
            OdooValue::Relations { entity, .. } => {
                text.push_str(&plans.entities[usize::from(*entity)].entity);
                's'
            }
            OdooValue::Reference(_) => 'c',
        };
        // Lengths keep "a" + "bc" and "ab" + "c" apart.
        let value = match value {
            OdooValue::Relations { external_ids, .. } => {
                external_ids.iter().map(|id| format!("{}:{id},", id.len())).collect()
            }
            one => one.to_string(),
        };
        let _ = write!(text, "{name}:{kind}{}:{value};", value.len());
    };
    for (position, value) in &mapped.values {
        let field = &plan.fields[usize::from(*position)];
        if !field.create_only {
            add(&field.name, value);
        }
    }
    for (position, lines) in &mapped.lines {
        let field = &plan.fields[usize::from(*position)];
        let Some(lines_plan) = &field.lines else { continue };
        for line in lines {
            add(&field.name, &OdooValue::Text(line.key.as_str().into()));
            for (column, value) in line.values.iter().filter(|(column, _)| !line.for_new.contains(column)) {
                add(&lines_plan.columns[usize::from(*column)].name, value);
            }
        }
    }
    for (i, embedded) in mapped.embedded.iter().enumerate() {
        if mapped.embedded[..i].contains(embedded) {
            continue;
        }
        // What stands in the record belongs to it: a guest's address is corrected in the order.
        let scope = Scope { record: &embedded.record, parent: Some(scope.record) };
        let whole = || embedded.record.to_string();
        let inner = plans.map(embedded.entity, scope).map_or_else(
            |_| whole(),
            |mapped| digest(plans, &plans.entities[usize::from(embedded.entity)], &mapped, scope),
        );
        let _ = write!(text, "embed:{}:{inner};", inner.len());
    }
    for (position, then) in plan.then.iter().enumerate().filter(|(_, then)| then.when.is_some()) {
        // One that fails is refused by the step itself.
        if plans.applies(then, scope).unwrap_or(true) {
            let _ = write!(text, "then:{position};");
        }
    }
    for (field, origin) in &plan.check {
        if let Ok(Some(value)) = plans.expected(origin, scope) {
            let value = value.to_string();
            let _ = write!(text, "check:{field}:{}:{value};", value.len());
        }
    }
    sha256(&text)[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_never_collide() {
        let names = [
            xmlid("a_b", "c", "1"),
            xmlid("a", "b_c", "1"),
            xmlid("a", "b", "c_1"),
            xmlid("a", "b", "1"),
            line_xmlid(&xmlid("a", "b", "1"), "lines", "2"),
            xmlid("a", "b", "1_lines_2"),
            xmlid("a", "b", "1.2"),
        ];
        for (i, one) in names.iter().enumerate() {
            assert!(names[i + 1..].iter().all(|other| other != one), "{one}");
            assert_eq!(one.matches('.').count(), 1, "{one}");
        }
    }

    #[test]
    fn an_id_that_looks_like_a_hash_is_hashed_too() {
        let hashed = id_part("a b");
        assert_ne!(id_part(&hashed), hashed);
    }

    #[test]
    fn later_versions_sort_after_earlier_ones() {
        let text = |second| version_text(Timestamp::from_millisecond(second).expect("in range"));
        assert!(text(999) < text(1_000));
        assert!(text(1_000) < text(1_001));
        assert_eq!(text(0), "1970-01-01T00:00:00.000000Z");
    }
}
