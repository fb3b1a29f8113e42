//! The way out of an entity as this Odoo can do it: which fields it has, what is read in which context.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use odoo_rpc::Record;
use serde_json::Value;

use super::error::SyncError;
use super::session::Session;
use crate::definition::export::Export;
use crate::mapping::{ExportPlan, OutField};

/// What this Odoo has of an entity's way out.
#[derive(Debug)]
pub(super) struct Shape {
    /// Type of each field of the model.
    pub(super) types: BTreeMap<String, String>,
    /// Fields that are read without a context of their own.
    pub(super) reads: Vec<String>,
    /// Contexts, and what is read in each.
    pub(super) contexts: Vec<(Record, Vec<String>)>,
    /// For each external field the position of its context plus one, 0 for none; `None` when Odoo lacks what it is made of.
    pub(super) places: Vec<Option<usize>>,
    /// Relations whose records are read along: field, model, their fields.
    pub(super) related: Vec<(String, String, Vec<String>)>,
    /// The model of each link.
    pub(super) comodels: BTreeMap<String, String>,
    /// Records can be archived.
    pub(super) has_active: bool,
}

impl Session {
    /// The way out of an entity; asked of Odoo once a run.
    pub(super) async fn shape(&self, entity: u16) -> Result<Arc<Shape>, SyncError> {
        let mut shapes = self.shapes.lock().await;
        if let Some(shape) = shapes.get(&entity) {
            return Ok(Arc::clone(shape));
        }
        let shape = Arc::new(Shape::of(self, entity).await?);
        shapes.insert(entity, Arc::clone(&shape));
        Ok(shape)
    }

    /// The way out that the definition gives an entity.
    pub(super) fn way_out(&self, entity: u16) -> Result<(&Export, &ExportPlan), SyncError> {
        let plan = self.plan(entity);
        let export = self.definition.entities.get(&plan.entity).and_then(|entity| entity.export.as_ref());
        export.zip(plan.export.as_ref()).ok_or_else(|| {
            SyncError::Impossible(format!(
                "the definition has no `export` for {}, so nothing of it goes out",
                plan.entity
            ))
        })
    }
}

impl Shape {
    async fn of(session: &Session, entity: u16) -> Result<Shape, SyncError> {
        let plan = session.plan(entity);
        let (export, out) = session.way_out(entity)?;
        let known = session.odoo.fields_get(&plan.model, &["type", "relation"]).await?;
        let text = |field: &Record, key: &str| field.get(key).and_then(Value::as_str).map(str::to_owned);
        let types: BTreeMap<String, String> =
            known.iter().filter_map(|(name, field)| Some((name.clone(), text(field, "type")?))).collect();
        let comodels: BTreeMap<String, String> =
            known.iter().filter_map(|(name, field)| Some((name.clone(), text(field, "relation")?))).collect();
        let has_active = types.contains_key("active");
        let mut shape = Shape {
            reads: Vec::new(),
            contexts: Vec::new(),
            places: Vec::new(),
            related: Vec::new(),
            comodels,
            has_active,
            types,
        };
        let mut problems = Vec::new();
        shape.place_fields(session, out, &mut problems);
        shape.plain_reads(session, entity, export, out, &mut problems);
        shape.read_along(session, export, &mut problems).await?;
        if problems.is_empty() {
            return Ok(shape);
        }
        Err(SyncError::Config(format!(
            "the export of {} does not fit this Odoo ({}): {}",
            plan.entity,
            session.odoo.version().text,
            problems.join("; ")
        )))
    }

    /// Which fields can be made, and in which context each is asked.
    fn place_fields(&mut self, session: &Session, out: &ExportPlan, problems: &mut Vec<String>) {
        for field in &out.fields {
            let lacking =
                field.reads.iter().find(|(name, may_lack)| !may_lack && !self.types.contains_key(name));
            let place = match lacking {
                None => Some(self.context_of(session, field)),
                Some(_) if field.optional => None,
                Some((name, _)) => {
                    problems.push(format!(
                        "{} is made of {name}, which this Odoo lacks; install the app it belongs to, or say `optional = true`",
                        field.path.text()
                    ));
                    None
                }
            };
            self.places.push(place);
        }
    }

    fn context_of(&mut self, session: &Session, field: &OutField) -> usize {
        let given = field.context.iter();
        let context: Record =
            given.filter_map(|(key, setting)| Some((key.clone(), session.plans.setting(setting)?))).collect();
        let names: Vec<String> = self.existing(&field.reads).collect();
        if context.is_empty() {
            self.reads.extend(names);
            return 0;
        }
        let position = self.contexts.iter().position(|(known, _)| *known == context).unwrap_or_else(|| {
            self.contexts.push((context, Vec::new()));
            self.contexts.len() - 1
        });
        self.contexts[position].1.extend(names);
        position + 1
    }

    fn existing(&self, reads: &[(String, bool)]) -> impl Iterator<Item = String> {
        reads.iter().filter(|(name, _)| self.types.contains_key(name)).map(|(name, _)| name.clone())
    }

    /// What is looked at besides the values themselves. The imported fields show whether an import would change anything.
    fn plain_reads(
        &mut self,
        session: &Session,
        entity: u16,
        export: &Export,
        out: &ExportPlan,
        problems: &mut Vec<String>,
    ) {
        for (name, may_lack) in &out.reads {
            if !may_lack && !self.types.contains_key(name) {
                problems.push(format!("`only` or `instead` looks at {name}, which this Odoo lacks"));
            }
        }
        if let Some(look_up) =
            export.look_up.as_ref().filter(|look_up| !self.types.contains_key(&look_up.from))
        {
            problems.push(format!("`look_up` is by {}, which this Odoo lacks", look_up.from));
        }
        let imported = session.plan(entity).fields.iter().filter(|field| field.lines.is_none());
        let mut reads: BTreeSet<String> = std::mem::take(&mut self.reads).into_iter().collect();
        reads.extend(self.existing(&out.reads));
        reads.extend(imported.map(|field| field.name.clone()));
        reads.extend(export.look_up.iter().map(|look_up| look_up.from.clone()));
        reads.extend(["write_date", "write_uid"].map(str::to_owned));
        reads.extend(self.has_active.then(|| "active".to_owned()));
        self.reads = reads.into_iter().filter(|name| self.types.contains_key(name)).collect();
    }

    async fn read_along(
        &mut self,
        session: &Session,
        export: &Export,
        problems: &mut Vec<String>,
    ) -> Result<(), SyncError> {
        for (name, related) in &export.read {
            let Some(model) = self.comodels.get(name).cloned() else {
                if !related.optional {
                    problems.push(format!("`read` names {name}, which is no link in this Odoo"));
                }
                continue;
            };
            let known = session.odoo.fields_get(&model, &["type"]).await?;
            let (have, lack): (Vec<&String>, Vec<&String>) =
                related.fields.iter().partition(|field| known.contains_key(*field));
            if !lack.is_empty() && !related.optional {
                problems.push(format!(
                    "{model} has no field {lack:?}; install the app, or say `optional = true`"
                ));
            }
            self.related.push((name.clone(), model, have.into_iter().cloned().collect()));
            if !self.reads.contains(name) {
                self.reads.push(name.clone());
            }
        }
        Ok(())
    }
}
