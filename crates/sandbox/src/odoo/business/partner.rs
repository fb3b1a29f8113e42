//! Contacts: normalised addresses, the company they belong to, the full name.

use crate::odoo::error::{Class, Error, Outcome};
use crate::odoo::messages;
use crate::odoo::orm::Env;
use crate::odoo::pack::Row;
use crate::odoo::schema::{FieldId, ModelId};
use crate::odoo::value::Value;

pub(super) fn complete(env: &mut Env<'_>, model: ModelId, row: &mut Row, _given: &[FieldId]) -> Outcome<()> {
    let definition = env.model(model);
    let field = |name: &str| definition.known(name);
    let (parent, address, company_type) = (field("parent_id"), ADDRESS.map(field), field("type"));
    // A contact of a company shares its address unless it has a type of its own.
    if let Some(parent) = row[parent].id()
        && row[company_type].as_text() == "contact"
    {
        for field in address {
            if row[field].is_unset() {
                row[field] = env.db.field(model, parent, field);
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
    if row[name].as_text().is_empty() && row[kind].as_text() == "contact" {
        return Err(Error::new(Class::NotNull, env.say(messages::CONTACT_NAME, &[])));
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
    _given: &[FieldId],
    new: bool,
) -> Outcome<()> {
    let commercial = env.model(model).known("commercial_partner_id");
    if new && env.db.field(model, id, commercial).is_unset() {
        env.db.set(model, id, &[(commercial, Value::link(id))]);
    }
    Ok(())
}
