//! Field values for the wire.

use serde_json::{Map, Value as Json, json};

use super::{Env, Operation};
use crate::odoo::business;
use crate::odoo::error::{Class, Error, Outcome};
use crate::odoo::messages;
use crate::odoo::schema::{FieldId, Kind, ModelId};
use crate::odoo::spec::Series;
use crate::odoo::value::Value;

impl Env<'_> {
    /// The value of any field, stored or computed; x2many are empty here (see [`Env::linked`]).
    pub(crate) fn value(&mut self, model: ModelId, id: u32, field: FieldId) -> Value {
        let definition = self.field(model, field);
        match definition.name {
            "id" => Value::link(id),
            "display_name" => Value::Text(self.display_name(model, id)),
            _ if definition.stored => self.db.field(model, id, field),
            name => business::computed(self, model, id, name),
        }
    }

    /// Records as objects; `names` empty means every field. With `classic` a many2one is `[id, name]`.
    pub(crate) fn read(
        &mut self,
        model: ModelId,
        ids: &[u32],
        names: &[String],
        classic: bool,
    ) -> Outcome<Json> {
        self.check_access(model, Operation::Read)?;
        let fields: Vec<FieldId> = if names.is_empty() {
            (0..self.model(model).fields.len()).collect()
        } else {
            let known = |name: &String| {
                self.model(model).field(name).ok_or_else(|| {
                    let preposition = if self.series() >= Series::V19 { "on" } else { "on model" };
                    let message =
                        format!("Invalid field '{name}' {preposition} '{}'", self.model(model).name);
                    Error::new(Class::Value, message)
                })
            };
            names.iter().map(known).collect::<Outcome<_>>()?
        };
        let mut records = Vec::with_capacity(ids.len());
        for id in ids {
            // What does not exist is left out; only a computed field would complain.
            if !self.db.table(model).contains(*id) {
                continue;
            }
            if self.is_hidden(model, *id) {
                let name = self.model(model).name;
                return Err(Error::new(Class::Access, self.say(messages::HIDDEN, &[name])));
            }
            let mut record = Map::new();
            record.insert("id".to_owned(), json!(id));
            for field in &fields {
                let value = self.wire_value(model, *id, *field, classic);
                record.insert(self.field(model, *field).name.to_owned(), value);
            }
            records.push(Json::Object(record));
        }
        Ok(Json::Array(records))
    }

    fn wire_value(&mut self, model: ModelId, id: u32, field: FieldId, classic: bool) -> Json {
        match &self.field(model, field).kind {
            Kind::One2many(..) | Kind::Many2many(_) => json!(self.linked(model, id, field)),
            Kind::Many2one(target) => {
                let target = self.schema().known(target);
                match self.value(model, id, field).id() {
                    None => Json::Bool(false),
                    Some(linked) if classic => json!([linked, self.display_name(target, linked)]),
                    Some(linked) => json!(linked),
                }
            }
            Kind::Boolean => Json::Bool(self.value(model, id, field).truthy()),
            Kind::Integer => match self.value(model, id, field) {
                Value::Unset => json!(0),
                value => value.to_json(),
            },
            Kind::Float(_) | Kind::Monetary => json!(self.value(model, id, field).as_float()),
            _ => self.value(model, id, field).to_json(),
        }
    }
}
