//! Create, write, unlink: rights, defaults, what the database demands, then what the business adds.

use super::{Env, Input, Operation, Vals};
use crate::odoo::business;
use crate::odoo::error::{Class, Error, Outcome};
use crate::odoo::messages;
use crate::odoo::pack::Row;
use crate::odoo::schema::{Default, FieldId, Kind, ModelId};
use crate::odoo::value::Value;

use super::demand::FIRST_OWN_FIELD;
use super::env::COMPANY;

impl Env<'_> {
    /// Creates one record per item and gives their ids.
    pub(crate) fn create(&mut self, model: ModelId, list: Vec<Vals>) -> Outcome<Vec<u32>> {
        self.check_access(model, Operation::Create)?;
        list.into_iter().map(|vals| self.create_one(model, vals)).collect()
    }

    fn create_one(&mut self, model: ModelId, vals: Vals) -> Outcome<u32> {
        let mut row = vec![Value::Unset; self.model(model).fields.len()];
        let (scalars, links) = split(vals);
        let mut given: Vec<FieldId> = scalars.iter().map(|(field, _)| *field).collect();
        given.extend(links.iter().map(|(field, _)| *field));
        for (field, place) in row.iter_mut().enumerate() {
            if !given.contains(&field) {
                *place = self.default_of(model, field)?;
            }
        }
        for (field, value) in scalars {
            row[field] = value;
        }
        business::complete(self, model, &mut row, &given)?;
        let id = self.db.table_mut(model).take_id();
        self.stamp(model, &mut row, true);
        self.check_row(model, id, &row)?;
        self.db.put(model, id, &row);
        self.take_links(model, id, links)?;
        business::after_change(self, model, id, &given, true)?;
        Ok(id)
    }

    /// Writes the same values to each of `ids`.
    pub(crate) fn write(&mut self, model: ModelId, ids: &[u32], vals: Vals) -> Outcome<()> {
        self.check_access(model, Operation::Write)?;
        for id in ids {
            self.write_one(model, *id, vals.clone())?;
        }
        Ok(())
    }

    fn write_one(&mut self, model: ModelId, id: u32, vals: Vals) -> Outcome<()> {
        let mut row = self.db.row(model, id).ok_or_else(|| self.missing(model, id))?;
        let (scalars, links) = split(vals);
        let mut given: Vec<FieldId> = scalars.iter().map(|(field, _)| *field).collect();
        given.extend(links.iter().map(|(field, _)| *field));
        let before = row.clone();
        for (field, value) in scalars {
            if self.field(model, field).stored {
                row[field] = value;
            }
        }
        business::before_write(self, model, id, &before, &mut row, &given)?;
        self.stamp(model, &mut row, false);
        self.check_row(model, id, &row)?;
        self.db.put(model, id, &row);
        self.take_links(model, id, links)?;
        business::after_change(self, model, id, &given, false)
    }

    fn take_links(
        &mut self,
        model: ModelId,
        id: u32,
        links: Vec<(FieldId, Vec<super::Command>)>,
    ) -> Outcome<()> {
        links.into_iter().try_for_each(|(field, commands)| self.follow(model, id, field, commands))
    }

    /// Deletes records, those that can not be without them, and their external ids.
    pub(crate) fn unlink(&mut self, model: ModelId, ids: &[u32]) -> Outcome<()> {
        self.check_access(model, Operation::Unlink)?;
        for id in ids {
            if !self.db.table(model).contains(*id) {
                return Err(self.missing(model, *id));
            }
            business::before_unlink(self, model, *id)?;
            self.release(model, *id)?;
            self.drop_xmlids(model, *id);
            self.db.remove(model, *id);
        }
        Ok(())
    }

    /// What points at a record that goes: lines go with it, a required link forbids it, others are emptied.
    fn release(&mut self, model: ModelId, id: u32) -> Outcome<()> {
        let name = self.model(model).name;
        let schema = std::sync::Arc::clone(&self.db.schema);
        for (other, definition) in schema.models.iter().enumerate() {
            for (field, link) in definition.fields.iter().enumerate() {
                if link.kind != Kind::Many2one(name) || !link.stored || field < FIRST_OWN_FIELD {
                    continue;
                }
                for holder in self.db.with_value(other, field, &Value::link(id)) {
                    if link.cascade {
                        self.elevated(|env| env.unlink(other, &[holder]))?;
                    } else if link.required || is_kept(definition.name, link.name) {
                        return Err(self.broken_link(other, field));
                    } else {
                        self.db.set(other, holder, &[(field, Value::Unset)]);
                    }
                }
            }
        }
        Ok(())
    }

    pub(crate) fn default_of(&mut self, model: ModelId, field: FieldId) -> Outcome<Value> {
        let definition = self.field(model, field);
        let name = definition.name;
        if let Some(json) = self.context.defaults.get(name)
            && definition.stored
        {
            let json = json.clone();
            return Ok(match self.input(model, field, &json)? {
                Input::Value(value) => value,
                Input::Commands(_) => Value::Unset,
            });
        }
        Ok(match &definition.default {
            Default::Nothing => Value::Unset,
            Default::Constant(value) => value.clone(),
            Default::Now => Value::text(self.now.as_str()),
            Default::Company => Value::link(COMPANY),
            Default::User => Value::link(self.user.id),
            Default::Lang => Value::text(self.lang()),
            Default::First => {
                let target = definition.kind.relation().map(|target| self.schema().known(target));
                target
                    .and_then(|target| self.db.table(target).ids().next())
                    .map(Value::link)
                    .unwrap_or_default()
            }
        })
    }

    fn stamp(&self, model: ModelId, row: &mut Row, new: bool) {
        let definition = self.model(model);
        let user = Value::link(self.user.id);
        for (date, by) in [("create_date", "create_uid"), ("write_date", "write_uid")] {
            if new || date == "write_date" {
                row[definition.known(date)] = Value::text(self.now.as_str());
                row[definition.known(by)] = user.clone();
            }
        }
    }

    pub(crate) fn missing(&self, model: ModelId, id: u32) -> Error {
        let values = [self.model(model).name, &id.to_string(), &self.user.id.to_string()];
        Error::new(Class::Missing, self.say(messages::MISSING, &values))
    }
}

/// Links that are not required and forbid the deletion all the same.
fn is_kept(model: &str, field: &str) -> bool {
    (model, field) == ("sale.order.line", "product_id")
}

type Links = Vec<(FieldId, Vec<super::Command>)>;

fn split(vals: Vals) -> (Vec<(FieldId, Value)>, Links) {
    let (mut scalars, mut links) = (Vec::new(), Vec::new());
    for (field, input) in vals {
        match input {
            Input::Value(value) => scalars.push((field, value)),
            Input::Commands(commands) => links.push((field, commands)),
        }
    }
    (scalars, links)
}
