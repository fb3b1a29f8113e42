//! Step 1 of the way out: read records from Odoo, a batch at a time, and make of them what goes out.

use std::collections::{BTreeSet, HashMap};

use odoo_rpc::{Record, SearchOptions};
use pyexpr::Json;
use serde_json::{Value, json};

use super::binding::sha256;
use super::error::SyncError;
use super::export_compare::canonical;
use super::export_shape::Shape;
use super::session::{Session, linked_ids, many2one, object_to_json};
use crate::definition::entity::{Converter, Owner};
use crate::mapping::{Around, Out, OutProblem, Problem};

/// A record on its way out of Odoo.
#[derive(Debug)]
pub(super) struct Leaving {
    pub(super) odoo_id: i64,
    /// Its fields as Odoo shows them.
    pub(super) shown: Record,
    /// The same as expressions see them.
    pub(super) odoo: Json<'static>,
    /// The definition wants it out.
    pub(super) wanted: bool,
    /// It is not archived.
    pub(super) active: bool,
    /// What goes out for each external field of the plan; `None` leaves it alone.
    pub(super) out: Vec<Option<Out>>,
    /// Why some of it cannot go out.
    pub(super) problems: Vec<OutProblem>,
}

/// Reads these records; those that Odoo no longer has are absent.
pub(super) async fn read(
    session: &Session,
    entity: u16,
    ids: &[i64],
) -> Result<HashMap<i64, Leaving>, SyncError> {
    let shape = session.shape(entity).await?;
    let model = &session.plan(entity).model;
    let mut shown = read_records(&session.odoo, model, ids, &shape.reads).await?;
    let mut elsewhere = Vec::new();
    for (context, fields) in &shape.contexts {
        let odoo = session.odoo.with_context(context.clone());
        elsewhere.push(read_records(&odoo, model, ids, fields).await?);
    }
    let mut along = Vec::new();
    for (field, model, fields) in &shape.related {
        let ids: Vec<i64> = shown.values().flat_map(|record| linked_ids(record.get(field))).collect();
        along.push((field, read_records(&session.odoo, model, &ids, fields).await?));
    }
    let links = Links::of(session, entity, &shape, shown.values()).await?;
    let mut leaving = HashMap::with_capacity(shown.len());
    for (odoo_id, record) in shown.drain() {
        let in_contexts: Vec<Record> = elsewhere
            .iter_mut()
            .map(|records| {
                let own = records.remove(&odoo_id).unwrap_or_default();
                record.clone().into_iter().chain(own).collect()
            })
            .collect();
        let views = std::iter::once(&record).chain(&in_contexts);
        let views: Vec<Json<'static>> = views.map(|view| with_related(view, &along)).collect();
        let reader = Reader { session, entity, shape: &shape, links: &links };
        leaving.insert(odoo_id, reader.leaving(odoo_id, &record, &in_contexts, &views)?);
    }
    Ok(leaving)
}

struct Reader<'s> {
    session: &'s Session,
    entity: u16,
    shape: &'s Shape,
    links: &'s Links,
}

impl Reader<'_> {
    fn leaving(
        &self,
        odoo_id: i64,
        record: &Record,
        in_contexts: &[Record],
        views: &[Json<'static>],
    ) -> Result<Leaving, SyncError> {
        let (_, plan) = self.session.way_out(self.entity)?;
        let field_type = |name: &str| self.shape.types.get(name).cloned();
        let linked = |entity: u16, id: i64| self.links.external.get(&(entity, id)).cloned();
        let code = |kind: Converter, id: i64| self.links.codes.get(&(name_of(kind), id)).cloned();
        let around = |place: usize| Around {
            shown: if place == 0 { record } else { &in_contexts[place - 1] },
            odoo: &views[place],
            field_type: &field_type,
            linked: &linked,
            code: &code,
        };
        let mut leaving = Leaving {
            odoo_id,
            shown: record.clone(),
            odoo: views[0].clone(),
            wanted: true,
            active: record.get("active").and_then(Value::as_bool).unwrap_or(true),
            out: Vec::with_capacity(plan.fields.len()),
            problems: Vec::new(),
        };
        match self.session.plans.sends(self.entity, &around(0)) {
            Ok(wanted) => leaving.wanted = wanted,
            Err(problem) => leaving.problems.push(OutProblem::Value(problem)),
        }
        for (field, place) in plan.fields.iter().zip(&self.shape.places) {
            let out = match place {
                Some(place) => self.session.plans.out(self.entity, field, &around(*place)),
                None => Ok(None),
            };
            leaving.out.push(out.unwrap_or_else(|problem| {
                leaving.problems.push(problem);
                None
            }));
        }
        Ok(leaving)
    }
}

impl Leaving {
    /// Fingerprint of everything that would go out. A linked record's leaves out what updates never send.
    pub(super) fn fingerprint(
        &self,
        session: &Session,
        entity: u16,
        bound: bool,
    ) -> Result<String, SyncError> {
        let (_, plan) = session.way_out(entity)?;
        let mut values = serde_json::Map::new();
        for (field, out) in plan.fields.iter().zip(&self.out) {
            if !bound || field.owner != Owner::External {
                let value = out.as_ref().map(|out| canonical(&out.value, out.is_number));
                values.insert(field.path.text().to_owned(), json!(value));
            }
        }
        let problems: Vec<String> =
            self.problems.iter().map(|problem| problem_of(problem).to_string()).collect();
        Ok(sha256(&json!([self.wanted, self.active, values, problems]).to_string())[..32].to_owned())
    }

    /// Everything that keeps it from going out.
    pub(super) fn reasons(&self) -> Vec<Problem> {
        self.problems.iter().map(|problem| problem_of(problem).clone()).collect()
    }
}

fn problem_of(problem: &OutProblem) -> &Problem {
    match problem {
        OutProblem::Value(problem) | OutProblem::Unlinked(_, _, problem) => problem,
    }
}

/// What links of the records stand for on the other side.
#[derive(Debug, Default)]
struct Links {
    /// (entity, Odoo id) -> external id.
    external: HashMap<(u16, i64), String>,
    /// (kind, Odoo id) -> code.
    codes: HashMap<(&'static str, i64), String>,
}

impl Links {
    async fn of<'r>(
        session: &Session,
        entity: u16,
        shape: &Shape,
        records: impl Iterator<Item = &'r Record> + Clone,
    ) -> Result<Links, SyncError> {
        let plan = session.plan(entity);
        let definition = &session.definition.entities[&plan.entity];
        let mut links = Links::default();
        for field in plan.fields.iter().filter(|field| field.path().is_some() && field.relational) {
            let Some(mapped) = definition.map.get(&field.name) else { continue };
            let found: BTreeSet<i64> =
                records.clone().flat_map(|record| linked_ids(record.get(&field.name))).collect();
            let ids: Vec<i64> = found.into_iter().collect();
            if let Some(position) = mapped.relation.as_deref().and_then(|name| session.plans.position(name)) {
                let name = &session.plan(position).entity;
                let bindings = session.store.bindings_by_odoo_id(&session.backend, name, &ids).await?;
                links.external.extend(bindings.into_iter().map(|(id, b)| ((position, id), b.external_id)));
            } else if let (Some(kind), Some(model)) = (mapped.convert, shape.comodels.get(&field.name)) {
                let code =
                    if matches!(kind, Converter::Country | Converter::State) { "code" } else { "name" };
                for (id, record) in read_records(&session.odoo, model, &ids, &[code.to_owned()]).await? {
                    let code = record.get(code).and_then(Value::as_str).map(str::to_owned);
                    links.codes.extend(code.map(|code| ((name_of(kind), id), code)));
                }
            }
        }
        Ok(links)
    }
}

fn name_of(kind: Converter) -> &'static str {
    match kind {
        Converter::Currency => "currency",
        Converter::Country => "country",
        Converter::State => "state",
        _ => "unit",
    }
}

/// Records by id; those that are gone are absent.
async fn read_records(
    odoo: &odoo_rpc::Client,
    model: &str,
    ids: &[i64],
    fields: &[String],
) -> Result<HashMap<i64, Record>, SyncError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let names: Vec<&str> = fields.iter().map(String::as_str).collect();
    let found =
        odoo.search_read(model, &json!([["id", "in", ids]]), &names, SearchOptions::default()).await?;
    Ok(found.into_iter().filter_map(|record| Some((record.get("id")?.as_i64()?, record))).collect())
}

/// The record with related records in place of their ids.
fn with_related(record: &Record, along: &[(&String, HashMap<i64, Record>)]) -> Json<'static> {
    let mut view = record.clone();
    for (field, records) in along {
        let is_one = record.get(*field).and_then(many2one).is_some_and(|(_, name)| !name.is_empty());
        let mut found = linked_ids(record.get(*field)).into_iter().filter_map(|id| records.get(&id).cloned());
        let value = match is_one {
            true => found.next().map_or(Value::Null, Value::Object),
            false => found.map(Value::Object).collect(),
        };
        view.insert((*field).clone(), value);
    }
    object_to_json(&view)
}
