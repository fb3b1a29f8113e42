//! In which order the entities of a backend are imported: what others refer to comes first, so that few records
//! have to be fetched out of turn.

use std::collections::BTreeSet;

use crate::definition::entity::{Entity, Field};
use crate::definition::model::Definition;

/// `wanted` entities, those that others refer to first. Embedded entities come along by themselves.
pub fn import_order(definition: &Definition, wanted: &[String]) -> Vec<String> {
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    for name in wanted {
        visit(definition, name, &mut seen, &mut order);
    }
    order.retain(|name| wanted.contains(name));
    order
}

fn visit(definition: &Definition, name: &str, seen: &mut BTreeSet<String>, order: &mut Vec<String>) {
    if !seen.insert(name.to_owned()) {
        return;
    }
    let Some(entity) = definition.entities.get(name) else { return };
    for related in relations(entity) {
        visit(definition, &related, seen, order);
    }
    order.push(name.to_owned());
}

/// Every entity that a field of this one refers to.
pub fn relations(entity: &Entity) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    entity.map.values().for_each(|field| collect(field, &mut found));
    found
}

fn collect(field: &Field, found: &mut BTreeSet<String>) {
    found.extend(field.relation.clone());
    field.choose.iter().flatten().for_each(|case| collect(&case.then, found));
    field.map.iter().flat_map(|map| map.values()).for_each(|field| collect(field, found));
    field.also.iter().flat_map(|lines| lines.map.values()).for_each(|field| collect(field, found));
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_others_refer_to_comes_first() {
        let definition = crate::connectors::shipped("woocommerce").expect("shipped").expect("valid");
        let wanted = ["order", "customer", "category", "product"].map(str::to_owned);
        let order = super::import_order(&definition, &wanted);
        let place = |name: &str| order.iter().position(|found| found == name).expect("listed");
        assert!(place("category") < place("product"));
        assert!(place("product") < place("order"));
        assert!(place("customer") < place("order"));
        assert_eq!(order.len(), 4);
    }
}
