//! Looks at one record on both sides without writing anything.

use pyexpr::Json;
use serde_json::Value;

use super::error::SyncError;
use super::session::Session;
use crate::definition::entity::Field;
use crate::mapping::{EachPath, Found, OdooValue, Path, Scope};

/// One field of a record on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenField {
    /// Odoo's name of the field.
    pub field: String,
    /// What the external record holds where the definition looks, as JSON.
    pub external_value: Option<String>,
    /// What the mapper makes of it; `None`: the field is left alone.
    pub value: Option<String>,
    /// What Odoo holds; `None`: the record is not there.
    pub odoo_value: Option<String>,
}

impl Session {
    /// The record as it is now, as it is mapped, and as Odoo has it. A record that cannot be mapped is an error that
    /// lists its problems.
    pub async fn inspect(&self, name: &str, external_id: &str) -> Result<Vec<SeenField>, SyncError> {
        let entity = self
            .plans
            .position(name)
            .ok_or_else(|| SyncError::Impossible(format!("there is no entity {name}")))?;
        let definition = &self.definition.entities[name];
        let get = definition.import.as_ref().and_then(|import| import.get.as_deref()).ok_or_else(|| {
            SyncError::Impossible(format!(
                "the definition has no `import.get` for {name}, so it cannot be looked at"
            ))
        })?;
        let page = self.adapter.get(get, external_id).await?;
        let records = page.records()?;
        let Some(record) = records.first() else { return Ok(Vec::new()) };
        let mapped = self.plans.map(entity, Scope { record, parent: None }).map_err(|unmapped| {
            let problems: Vec<String> = unmapped.problems.iter().map(ToString::to_string).collect();
            SyncError::Impossible(problems.join("; "))
        })?;
        let held = self.held_by_odoo(name, external_id).await?;
        let plan = self.plan(entity);
        let mut seen = Vec::new();
        for (position, field) in plan.fields.iter().enumerate() {
            let position = u16::try_from(position).unwrap_or(u16::MAX);
            let value =
                mapped.values.iter().find(|(at, _)| *at == position).map(|(_, value)| self.shown(value));
            let lines = mapped.lines.iter().find(|(at, _)| *at == position);
            let value = value.or_else(|| lines.map(|(_, lines)| format!("{} lines", lines.len())));
            seen.push(SeenField {
                external_value: definition.map.get(&field.name).and_then(|field| source_value(field, record)),
                value: value.map(|value| self.redactor.text(&value)),
                odoo_value: held.as_ref().and_then(|held| held.get(&field.name)).map(plain),
                field: field.name.clone(),
            });
        }
        Ok(seen)
    }

    /// The mapped fields of the record in Odoo; `None`: there is no such record.
    async fn held_by_odoo(&self, name: &str, external_id: &str) -> Result<Option<Value>, SyncError> {
        let binding = self.store.bindings(&self.backend, name, &[external_id]).await?.remove(external_id);
        let Some((odoo_id, model)) = binding.and_then(|binding| Some((binding.odoo_id?, binding.odoo_model)))
        else {
            return Ok(None);
        };
        let Some(entity) = self.plans.position(name) else { return Ok(None) };
        let fields: Vec<&str> = self.plan(entity).fields.iter().map(|field| field.name.as_str()).collect();
        let found = self.odoo.read(&model, &[odoo_id], &fields).await?;
        Ok(found.into_iter().next().map(|record| Value::Object(record.into_iter().collect())))
    }

    fn shown(&self, value: &OdooValue<'_>) -> String {
        match value {
            OdooValue::Relation { entity, external_id } => {
                format!("{} {external_id}", self.plan(*entity).entity)
            }
            OdooValue::Relations { entity, external_ids } => {
                format!("{} {}", self.plan(*entity).entity, external_ids.join(", "))
            }
            OdooValue::Reference(reference) => reference.to_string(),
            other => other.to_string(),
        }
    }
}

fn source_value(field: &Field, record: &Json<'_>) -> Option<String> {
    let path = field.from.as_deref()?;
    if let Some(each) = EachPath::parse(path).ok()? {
        return each.shown(record);
    }
    let path = Path::parse(path).ok()?;
    match path.find(record) {
        Found::Value(value) => Some(value.to_string()),
        _ => None,
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.len() == 2 && items[1].is_string() => {
            format!("{} ({})", items[1].as_str().unwrap_or_default(), items[0])
        }
        other => other.to_string(),
    }
}
