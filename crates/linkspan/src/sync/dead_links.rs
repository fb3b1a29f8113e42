//! Links whose Odoo record somebody deleted there, or merged into another one.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use odoo_rpc::{Class, Record, Repeat};
use serde_json::{Map, Value, json};

use super::error::SyncError;
use super::matching::is_given_up;
use super::prepare::Pending;
use super::related::each_value;
use super::session::Session;
use crate::mapping::OdooValue;
use crate::store::{Binding, Origin};

/// Makes intents of the record's links to Odoo records that are gone, so that those are made anew or found again; says
/// whether there were any. A record that Odoo refuses is looked at in this way, because Odoo says of a dead link only that
/// it has no such id.
pub(super) async fn forget_dead_links(
    session: &Session,
    entity: u16,
    record: &Pending<'_>,
) -> Result<bool, SyncError> {
    let mut wanted: BTreeMap<u16, BTreeSet<&str>> = BTreeMap::new();
    each_value(session, entity, std::slice::from_ref(record), |value, _| match value {
        OdooValue::Relation { entity, external_id } => {
            wanted.entry(*entity).or_default().insert(external_id);
        }
        OdooValue::Relations { entity, external_ids } => {
            wanted.entry(*entity).or_default().extend(external_ids.iter().map(|id| &**id));
        }
        _ => {}
    });
    let mut any = false;
    for (related, ids) in wanted {
        let plan = session.plan(related);
        let ids: Vec<&str> = ids.into_iter().collect();
        let bindings = session.store.bindings(&session.backend, &plan.entity, &ids).await?;
        let odoo_ids: Vec<i64> = bindings.values().filter_map(|binding| binding.odoo_id).collect();
        let gone = those_there(session, &plan.model, &odoo_ids, &["write_date"]).await?.gone;
        let is_gone = |binding: &&Binding| binding.odoo_id.is_some_and(|id| gone.contains(&id));
        for Binding { external_id, origin, .. } in bindings.values().filter(is_gone) {
            session.store.delete_binding(&session.backend, &plan.entity, external_id).await?;
            // One that was adopted is looked for as then: it may have been merged.
            if *origin == Origin::Created {
                let id = &[external_id.as_str()];
                session.store.begin_writes(&session.backend, &plan.entity, &plan.model, id).await?;
            }
            any = true;
        }
    }
    Ok(any)
}

/// What was read of records of which somebody may have deleted some.
pub(super) struct Found {
    /// Those that are there and may be read.
    pub(super) records: Vec<Record>,
    /// Those that do not exist. One that may not be read does.
    pub(super) gone: HashSet<i64>,
}

/// Reads fields of those records that nobody has deleted, as far as they may be read: a write tells of the others.
pub(super) async fn those_there(
    session: &Session,
    model: &str,
    ids: &[i64],
    fields: &[&str],
) -> Result<Found, SyncError> {
    let id_of = |record: &Record| record.get("id").and_then(Value::as_i64);
    match session.odoo.read(model, ids, fields).await {
        Err(error) if matches!(error.class(), Class::Gone | Class::Access) => {}
        records => {
            let records = records?;
            let there: HashSet<i64> = records.iter().filter_map(id_of).collect();
            let gone = ids.iter().copied().filter(|id| !there.contains(id)).collect();
            return Ok(Found { records, gone });
        }
    }
    let mut found = Found { records: Vec::new(), gone: HashSet::new() };
    for id in ids {
        match session.odoo.read(model, &[*id], fields).await {
            Err(error) if error.class() == Class::Gone => drop(found.gone.insert(*id)),
            Err(error) if error.class() == Class::Access => {}
            Ok(none) if none.is_empty() => drop(found.gone.insert(*id)),
            one => found.records.extend(one?),
        }
    }
    Ok(found)
}

/// What has the external id of a record that was deleted in Odoo, or whose first write was begun and not seen to end.
pub(super) enum Standing {
    /// Nothing: it was not made, or is gone.
    Nothing,
    /// A record that no other external record is linked to: it is this one's.
    Own,
    /// The record with this Odoo id, whose link to another external record is free.
    Free(i64),
    /// A record that is another one's, for which reason nothing may be written.
    Taken(String),
}

/// Looks at the record with an external id. Odoo hands the external ids on when a person merges records, so `load` would
/// write this one over one that another external record is linked to.
pub(super) async fn standing(
    session: &Session,
    entity: u16,
    external_id: &str,
    xmlid: &str,
) -> Result<Standing, SyncError> {
    const METHOD: (&str, &str) = ("ir.model.data", "check_object_reference");
    let Some((module, name)) = xmlid.split_once('.') else { return Ok(Standing::Nothing) };
    let id = Map::from_iter([("module".to_owned(), json!(module)), ("xml_id".to_owned(), json!(name))]);
    let found = match session.odoo.call(METHOD.0, METHOD.1, Vec::new(), id, Repeat::Safe).await {
        Ok(found) => found,
        // Nothing has this external id.
        Err(error) if matches!(error.class(), Class::Data | Class::Gone | Class::Access | Class::Server) => {
            return Ok(Standing::Nothing);
        }
        Err(error) => return Err(error.into()),
    };
    let Some(odoo_id) = found.get(1).and_then(Value::as_i64) else { return Ok(Standing::Nothing) };
    let name = &session.plan(entity).entity;
    let held = session.store.bindings_by_odoo_id(&session.backend, name, &[odoo_id]).await?;
    let Some(holder) = held.get(&odoo_id).filter(|holder| holder.external_id != external_id) else {
        return Ok(Standing::Own);
    };
    if is_given_up(session, entity, &holder.external_id).await? {
        return Ok(Standing::Free(odoo_id));
    }
    Ok(Standing::Taken(format!(
        "its Odoo record was merged into {odoo_id}, which is linked to record {} of the shop, so nothing was written. Delete one \
         of the two in the shop, or make a record for this one in Odoo and link it with `linkspan bindings link {} {name} \
         {external_id} <odoo id>`",
        holder.external_id, session.backend
    )))
}
