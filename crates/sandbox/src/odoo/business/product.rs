//! Products and their categories.

use crate::odoo::error::{Class, Error, Outcome};
use crate::odoo::messages;
use crate::odoo::orm::Env;
use crate::odoo::pack::Row;
use crate::odoo::schema::{FieldId, ModelId};
use crate::odoo::spec::Series;
use crate::odoo::value::Value;

pub(super) fn complete(env: &mut Env<'_>, model: ModelId, row: &mut Row, given: &[FieldId]) -> Outcome<()> {
    let taxes = env.model(model).known("taxes_id");
    if !given.contains(&taxes) {
        row[taxes] = default_taxes(env);
    }
    mirror_type(env, model, row);
    unique_barcode(env, model, None, row)
}

/// What the company puts on a product that names no tax.
fn default_taxes(env: &Env<'_>) -> Value {
    let taxes = env.db.table(env.schema().known("account.tax"));
    taxes.ids().next().map(|tax| Value::Ids(vec![tax])).unwrap_or_default()
}

pub(super) fn before_write(
    env: &mut Env<'_>,
    model: ModelId,
    id: u32,
    row: &mut Row,
    _given: &[FieldId],
) -> Outcome<()> {
    mirror_type(env, model, row);
    unique_barcode(env, model, Some(id), row)
}

/// Until 17.0 the type is computed from the detailed type.
fn mirror_type(env: &Env<'_>, model: ModelId, row: &mut Row) {
    let definition = env.model(model);
    if let (Some(detailed), Some(kind)) = (definition.field("detailed_type"), definition.field("type")) {
        row[kind] = row[detailed].clone();
    }
}

fn unique_barcode(env: &mut Env<'_>, model: ModelId, own: Option<u32>, row: &Row) -> Outcome<()> {
    let barcode = env.model(model).known("barcode");
    if row[barcode].as_text().is_empty() {
        return Ok(());
    }
    let others = env.db.with_value(model, barcode, &row[barcode]);
    match others.into_iter().find(|id| Some(*id) != own) {
        None => Ok(()),
        Some(other) => {
            let first = env.display_name(model, other);
            let second = row[env.model(model).known("name")].as_text().to_owned();
            let template = if env.series() == Series::V16 {
                messages::BARCODE_TAKEN_16
            } else {
                messages::BARCODE_TAKEN
            };
            let message = env.say(template, &[row[barcode].as_text(), &first, &second]);
            Err(Error::new(Class::Validation, message))
        }
    }
}

pub(super) fn name_category(env: &Env<'_>, model: ModelId, row: &mut Row) {
    let definition = env.model(model);
    let (name, complete, parent) =
        (definition.known("name"), definition.known("complete_name"), definition.known("parent_id"));
    row[complete] = match row[parent].id() {
        Some(parent) => {
            let parent = env.db.field(model, parent, complete);
            Value::Text(format!("{} / {}", parent.as_text(), row[name].as_text()))
        }
        None => row[name].clone(),
    };
}
