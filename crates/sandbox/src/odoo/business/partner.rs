//! Contacts: normalised addresses, the company they belong to, the full name.

use crate::odoo::error::{Class, Error, Outcome};
use crate::odoo::messages;
use crate::odoo::orm::{Env, Input, Vals};
use crate::odoo::pack::Row;
use crate::odoo::schema::{FieldId, ModelId};
use crate::odoo::spec::{Rights, Series};
use crate::odoo::value::Value;

pub(super) fn complete(env: &mut Env<'_>, model: ModelId, row: &mut Row, _given: &[FieldId]) -> Outcome<()> {
    let definition = env.model(model);
    let field = |name: &str| definition.known(name);
    let (parent, address, company_type) = (field("parent_id"), ADDRESS.map(field), field("type"));
    // A contact of a company has the company's address; the other types have one of their own.
    if let Some(parent) = row[parent].id()
        && row[company_type].as_text() == "contact"
    {
        let of_parent: Vec<Value> = address.iter().map(|field| env.db.field(model, parent, *field)).collect();
        if of_parent.iter().any(|value| !value.is_unset()) {
            for (field, value) in address.into_iter().zip(of_parent) {
                row[field] = value;
            }
        }
    }
    derive(env, model, row)
}

const ADDRESS: [&str; 6] = ["street", "street2", "zip", "city", "state_id", "country_id"];

pub(super) fn before_write(
    env: &mut Env<'_>,
    model: ModelId,
    id: u32,
    row: &mut Row,
    _given: &[FieldId],
) -> Outcome<()> {
    derive(env, model, row)?;
    let (parent, commercial) =
        (env.model(model).known("parent_id"), env.model(model).known("commercial_partner_id"));
    if row[parent].is_unset() {
        row[commercial] = Value::link(id);
    }
    Ok(())
}

fn derive(env: &mut Env<'_>, model: ModelId, row: &mut Row) -> Outcome<()> {
    let definition = env.model(model);
    let field = |name: &str| definition.known(name);
    let (name, email, normalized) = (field("name"), field("email"), field("email_normalized"));
    let (parent, commercial, is_company) =
        (field("parent_id"), field("commercial_partner_id"), field("is_company"));
    let (kind, complete) = (field("type"), definition.field("complete_name"));
    if row[name].is_unset() && row[kind].as_text() == "contact" {
        let text = env.say(messages::CONTACT_NAME, &[]);
        let words = if env.series() >= Series::V19 { text } else { format!("'{text}'") };
        return Err(env.check_violation(messages::CONTACT_NAME, words));
    }
    row[normalized] = normalize(row[email].as_text()).map(Value::Text).unwrap_or_default();
    let parent_id = row[parent].id();
    if let Some(parent_id) = parent_id {
        row[commercial] = if row[is_company].truthy() {
            row[commercial].clone()
        } else {
            env.db.field(model, parent_id, commercial)
        };
    }
    if let Some(complete) = complete {
        let own = row[name].as_text();
        row[complete] = match parent_id.filter(|_| !row[is_company].truthy()) {
            Some(parent_id) => {
                let parent = env.db.field(model, parent_id, name);
                Value::Text(format!("{}, {own}", parent.as_text()))
            }
            None => Value::text(own),
        };
    }
    Ok(())
}

/// The only address in a text, in small letters; `None` if there is none or more than one.
fn normalize(email: &str) -> Option<String> {
    let address = match (email.rfind('<'), email.rfind('>')) {
        (Some(start), Some(end)) if start < end => &email[start + 1..end],
        _ => email,
    };
    let address = address.trim();
    let (local, domain) = address.split_once('@')?;
    let plain = !local.is_empty() && !domain.is_empty() && !domain.contains('@');
    (plain && !address.contains([' ', ','])).then(|| address.to_lowercase())
}

pub(super) fn after_change(
    env: &mut Env<'_>,
    model: ModelId,
    id: u32,
    given: &[FieldId],
    new: bool,
) -> Outcome<()> {
    let commercial = env.model(model).known("commercial_partner_id");
    if new && env.db.field(model, id, commercial).is_unset() {
        env.db.set(model, id, &[(commercial, Value::link(id))]);
    }
    let address = ADDRESS.map(|name| env.model(model).known(name));
    let (name, parent) = (env.model(model).known("name"), env.model(model).known("parent_id"));
    let moved = given.iter().any(|field| address.contains(field));
    if new || !(moved || given.contains(&name)) {
        return Ok(());
    }
    for child in env.db.with_value(model, parent, &Value::link(id)) {
        follow_parent(env, model, id, child, if moved { &address } else { &[] })?;
    }
    Ok(())
}

/// A contact's full name has the parent's in it, and without a type of its own it lives where the parent does.
fn follow_parent(
    env: &mut Env<'_>,
    model: ModelId,
    parent: u32,
    child: u32,
    address: &[FieldId],
) -> Outcome<()> {
    let kind = env.model(model).known("type");
    let Some(mut row) = env.db.row(model, child) else { return Ok(()) };
    if row[kind].as_text() == "contact" {
        for field in address {
            row[*field] = env.db.field(model, parent, *field);
        }
    }
    derive(env, model, &mut row)?;
    env.db.put(model, child, &row);
    Ok(())
}

/// From 18.0 on, loading a *new* contact of a company reads its credit limit with the caller's own rights, which takes
/// an accountant; `create`, updates and contacts loaded below their company do not. Found on real servers.
pub(super) fn before_loaded_create(env: &Env<'_>, model: ModelId, vals: &Vals) -> Outcome<()> {
    let parent = env.model(model).known("parent_id");
    let below = vals.iter().any(|(field, input)| *field == parent && *input != Input::Value(Value::Unset));
    if below && env.series() >= Series::V18 && env.user.rights != Rights::Administrator {
        let definition = env.model(model);
        let values = [definition.label, definition.name, &env.user.id.to_string()];
        return Err(Error::new(Class::Access, env.say(messages::CREDIT_LIMIT, &values)));
    }
    Ok(())
}

/// In 18.0 a contact takes its quotations and cancelled orders along.
pub(super) fn before_unlink(env: &mut Env<'_>, id: u32) -> Outcome<()> {
    if env.series() != Series::V18 {
        return Ok(());
    }
    let orders = env.schema().known("sale.order");
    let partner = env.model(orders).known("partner_id");
    for order in env.db.with_value(orders, partner, &Value::link(id)) {
        if matches!(env.db.get("sale.order", order, "state").as_text(), "draft" | "cancel") {
            env.elevated(|env| env.unlink(orders, &[order]))?;
        }
    }
    Ok(())
}
