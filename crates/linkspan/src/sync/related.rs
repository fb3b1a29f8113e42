//! Step 2: see to it that what the records refer to is in Odoo: records embedded in them, related records that
//! are missing, reference data. In batches, not one call each.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use pyexpr::Json;

use super::error::{Refusal, SyncError};
use super::import_batch::changed;
use super::prepare::{Incoming, Pending, Wanted, is_wanted, left_out};
use super::session::Session;
use super::write_batch::write_batch;
use crate::adapter::{Page, Param};
use crate::definition::entity::{Fetch, Missing};
use crate::definition::model::ErrorClass;
use crate::mapping::{OdooValue, Problem, Reference, Scope};

/// Odoo ids of related records by entity and external id.
pub(super) type Links = HashMap<(u16, String), i64>;

/// Looks up the links of all related records; fetches and writes those that are missing and wanted.
pub(super) async fn write_missing(
    session: &Session,
    entity: u16,
    pending: &[Pending<'_>],
) -> Result<Links, SyncError> {
    let wanted = wanted(session, entity, pending);
    let mut links = Links::new();
    for (related, ids) in wanted {
        let mut missing = look_up(session, related, ids.keys(), &mut links).await?;
        missing.retain(|id| {
            let in_batch = related == entity && pending.iter().any(|p| p.mapped.external_id == *id);
            let refused = session.tally.has_refused(&session.plan(related).entity, id);
            let planned = session.planned_state(related, id).is_some();
            ids[id] && !in_batch && !refused && !planned && !session.plan(related).embedded
        });
        if missing.is_empty() {
            continue;
        }
        let fetched = fetch_and_write(session, related, &missing).await?;
        let absent = look_up(session, related, missing.iter(), &mut links).await?;
        note_absent(session, related, &absent, &fetched)?;
    }
    Ok(links)
}

/// Adds the links of `ids` to `links`; gives the ids that have none.
pub(super) async fn look_up(
    session: &Session,
    entity: u16,
    ids: impl Iterator<Item = &String>,
    links: &mut Links,
) -> Result<Vec<String>, SyncError> {
    let ids: Vec<&str> = ids.map(String::as_str).collect();
    let found = session.store.bindings(&session.backend, &session.plan(entity).entity, &ids).await?;
    let mut missing = Vec::new();
    for id in ids {
        match found.get(id).and_then(|binding| binding.odoo_id) {
            Some(odoo_id) => {
                links.insert((entity, id.to_owned()), odoo_id);
            }
            None => missing.push(id.to_owned()),
        }
    }
    Ok(missing)
}

/// External ids of related records, each with whether it is to be fetched.
fn wanted(session: &Session, entity: u16, pending: &[Pending<'_>]) -> BTreeMap<u16, BTreeMap<String, bool>> {
    let mut wanted: BTreeMap<u16, BTreeMap<String, bool>> = BTreeMap::new();
    each_value(session, entity, pending, |value, missing| {
        let (entity, external_ids) = match value {
            OdooValue::Relation { entity, external_id } => (*entity, std::slice::from_ref(external_id)),
            OdooValue::Relations { entity, external_ids } => (*entity, external_ids.as_slice()),
            _ => return,
        };
        for external_id in external_ids {
            let fetch = wanted.entry(entity).or_default().entry(external_id.to_string()).or_insert(false);
            *fetch |= missing == Missing::Fetch;
        }
    });
    wanted
}

/// Looks up the countries, currencies ... that the records name.
pub(super) async fn look_up_references(
    session: &Session,
    entity: u16,
    pending: &[Pending<'_>],
) -> Result<(), SyncError> {
    let mut wanted: BTreeSet<Reference<'static>> = BTreeSet::new();
    each_value(session, entity, pending, |value, _| {
        if let OdooValue::Reference(reference) = value {
            wanted.insert(reference.clone().into_owned());
        }
    });
    Ok(session.references.look_up(&session.odoo, &wanted).await?)
}

pub(super) fn each_value<'p>(
    session: &Session,
    entity: u16,
    pending: &'p [Pending<'_>],
    mut visit: impl FnMut(&'p OdooValue<'p>, Missing),
) {
    let plan = session.plan(entity);
    for record in pending {
        for (position, value) in &record.mapped.values {
            visit(value, plan.fields[usize::from(*position)].missing);
        }
        for (position, lines) in &record.mapped.lines {
            let Some(lines_plan) = &plan.fields[usize::from(*position)].lines else { continue };
            for (column, value) in lines.iter().flat_map(|line| &line.values) {
                visit(value, lines_plan.columns[usize::from(*column)].missing);
            }
        }
    }
}

async fn fetch_and_write(session: &Session, entity: u16, ids: &[String]) -> Result<Fetched, SyncError> {
    let fetched = fetch(session, entity, ids).await?;
    let mut records: Vec<Json<'_>> = Vec::new();
    for page in &fetched.pages {
        records.extend(page.records()?);
    }
    write_batch(session, entity, records.iter().map(Incoming::of).collect()).await?;
    Ok(fetched)
}

/// Notes why fetched records are not in Odoo all the same, for the dead letters of those that refer to them. Refused ones
/// have dead letters of their own.
fn note_absent(
    session: &Session,
    entity: u16,
    absent: &[String],
    fetched: &Fetched,
) -> Result<(), SyncError> {
    let name = &session.plan(entity).entity;
    let unexplained = || absent.iter().filter(|id| !session.tally.has_refused(name, id));
    if unexplained().next().is_none() {
        return Ok(());
    }
    let mut given: HashMap<String, Option<String>> = HashMap::new();
    for page in &fetched.pages {
        for record in page.records()? {
            let scope = Scope { record: &record, parent: None };
            let Ok(id) = session.plans.external_id(entity, scope) else { continue };
            let why = match is_wanted(session, entity, scope) {
                Ok(Wanted::Never) => Some("the definition does not want it (`import.only`)".to_owned()),
                Ok(Wanted::Later) => Some(left_out(session, entity)),
                _ => None,
            };
            given.insert(id.into_owned(), why);
        }
    }
    for id in unexplained() {
        let gone = fetched.gone.iter().find(|gone| gone.external_id == *id);
        let why = match (given.remove(id), gone) {
            (Some(why), _) => why,
            (None, Some(gone)) => Some(gone.why.clone()),
            (None, None) => {
                Some("what the shop answered when it was asked for it does not hold it".to_owned())
            }
        };
        if let Some(why) = why {
            session.tally.absent(name, id, why);
        }
    }
    Ok(())
}

/// What came of fetching records by id.
#[derive(Debug, Default)]
pub(super) struct Fetched {
    pub(super) pages: Vec<Page>,
    /// Records that no longer exist, or that cannot be read.
    pub(super) gone: Vec<Gone>,
}

/// A record that could not be fetched.
#[derive(Debug)]
pub(super) struct Gone {
    pub(super) external_id: String,
    pub(super) class: ErrorClass,
    /// What the shop said of it.
    why: String,
}

/// Fetches records by id: by the list narrowed to ids where the definition can (and the list has whole records), the rest
/// one by one. A record that no longer exists is no error here; whoever refers to it will miss its link.
pub(super) async fn fetch(session: &Session, entity: u16, ids: &[String]) -> Result<Fetched, SyncError> {
    let plan = session.plan(entity);
    let Some(import) = &session.definition.entities[&plan.entity].import else {
        return Ok(Fetched::default());
    };
    let mut pages = Vec::new();
    let mut gone = Vec::new();
    let mut rest: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    if let Some(include) = &import.include
        && ids.len() > 1
        && import.fetch == Fetch::Listed
    {
        for chunk in ids.chunks(include.size.max(1)) {
            let mut these = changed(import, None)?;
            these.push(Param::new(&include.param, chunk.to_vec()));
            let mut walk = session.adapter.list(&import.list, these, None);
            while let Some(page) = walk.next().await? {
                for record in page.records()? {
                    let scope = Scope { record: &record, parent: None };
                    if let Ok(id) = session.plans.external_id(entity, scope) {
                        rest.remove(&*id);
                    }
                }
                pages.push(page);
            }
        }
    }
    let Some(get) = &import.get else {
        gone.extend(rest.into_iter().map(|id| Gone {
            external_id: id.to_owned(),
            class: ErrorClass::Gone,
            why: "the shop's list does not hold it".to_owned(),
        }));
        return Ok(Fetched { pages, gone });
    };
    for id in rest {
        match session.adapter.get(get, id).await {
            Ok(page) => pages.push(page),
            Err(error) if matches!(error.class, ErrorClass::Gone | ErrorClass::Data) => {
                let why = match error.status {
                    Some(200..300) if error.class == ErrorClass::Gone => {
                        "the shop has no such record".to_owned()
                    }
                    Some(status @ 300..) => format!("the shop answered {status} when it was asked for it"),
                    _ => format!("it could not be fetched: {error}"),
                };
                gone.push(Gone { external_id: id.to_owned(), class: error.class, why });
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Fetched { pages, gone })
}

/// The refusal of a record whose related record is not in Odoo.
pub(super) fn missing_link(
    session: &Session,
    record: &Pending<'_>,
    field: &str,
    related: u16,
    external_id: &str,
) -> Refusal {
    let entity = &session.plan(related).entity;
    let why = session.tally.why_absent(entity, external_id).unwrap_or_else(|| {
        let letters = format!("`linkspan dead-letters list --entity {entity}`");
        match session.tally.has_refused(entity, external_id) {
            true => format!("it was refused. See {letters}"),
            false => {
                format!("it was refused, deleted in the shop, or not allowed to be fetched. See {letters}")
            }
        }
    });
    let reason = format!("{entity} {external_id} is not in Odoo: {why}");
    let mut refusal = record.refuse(ErrorClass::MissingDependency, Problem::new(field, "", None, reason));
    refusal.depends_on =
        Some(crate::store::RecordKey { entity: entity.clone(), external_id: external_id.to_owned() });
    refusal
}
