//! External ids: the rows of `ir.model.data`. Users without rights on them still load by them, so these functions ask
//! for none, as Odoo's own do not.

use super::Env;
use crate::odoo::error::{Class, Error, Outcome};
use crate::odoo::schema::ModelId;
use crate::odoo::value::Value;

impl Env<'_> {
    /// `module.name` for an id that may lack its module.
    pub(crate) fn complete_xmlid(&self, xmlid: &str) -> String {
        if xmlid.contains('.') { xmlid.to_owned() } else { format!("{}.{xmlid}", self.context.module) }
    }

    /// The record that an external id names, whatever its model.
    pub(crate) fn find_xmlid(&mut self, xmlid: &str) -> Option<(ModelId, u32)> {
        self.xmlid_row(xmlid).map(|(_, model, id)| (model, id))
    }

    /// The row of `ir.model.data`, model and id.
    fn xmlid_row(&mut self, xmlid: &str) -> Option<(u32, ModelId, u32)> {
        let data = self.schema().known("ir.model.data");
        let field = |name| self.model(data).known(name);
        let (complete, model, res_id) = (field("complete_name"), field("model"), field("res_id"));
        let row = *self.db.with_value(data, complete, &Value::text(xmlid)).first()?;
        let model = self.schema().model(self.db.field(data, row, model).as_text())?;
        let id = self.db.field(data, row, res_id).id()?;
        self.db.table(model).contains(id).then_some((row, model, id))
    }

    /// The record of `model` that an external id names. An id of another model is an error, as in Odoo.
    pub(crate) fn record_of_xmlid(&mut self, xmlid: &str, model: ModelId) -> Outcome<Option<u32>> {
        match self.xmlid_row(xmlid) {
            None => Ok(None),
            Some((_, found, id)) if found == model => Ok(Some(id)),
            Some((row, found, _)) => {
                let (wanted, found) = (self.model(model).name, self.model(found).name);
                let message = format!(
                    "For external id {xmlid} when trying to create/update a record of model {wanted} found record of different model {found} ({row})"
                );
                Err(Error::new(Class::Validation, message))
            }
        }
    }

    /// Names a record by an external id.
    pub(crate) fn bind_xmlid(&mut self, xmlid: &str, model: ModelId, id: u32) -> Outcome<()> {
        let xmlid = self.complete_xmlid(xmlid);
        let data = self.schema().known("ir.model.data");
        let definition = self.model(data);
        let mut row = vec![Value::Unset; definition.fields.len()];
        row[definition.known("complete_name")] = Value::text(xmlid.as_str());
        row[definition.known("model")] = Value::text(self.model(model).name);
        row[definition.known("res_id")] = Value::link(id);
        if self.context.noupdate {
            row[definition.known("noupdate")] = Value::Bool(true);
        }
        let complete = definition.known("complete_name");
        let old = self.db.with_value(data, complete, &Value::text(xmlid)).first().copied();
        let place = old.unwrap_or_else(|| self.db.table_mut(data).take_id());
        self.db.put(data, place, &row);
        Ok(())
    }

    /// The external ids of a record, oldest first.
    pub(crate) fn xmlids_of(&mut self, model: ModelId, id: u32) -> Vec<String> {
        let data = self.schema().known("ir.model.data");
        let complete = self.model(data).known("complete_name");
        let rows = self.xmlid_rows(model, id);
        rows.into_iter().map(|row| self.db.field(data, row, complete).as_text().to_owned()).collect()
    }

    pub(crate) fn drop_xmlids(&mut self, model: ModelId, id: u32) {
        let data = self.schema().known("ir.model.data");
        for row in self.xmlid_rows(model, id) {
            self.db.remove(data, row);
        }
    }

    fn xmlid_rows(&mut self, model: ModelId, id: u32) -> Vec<u32> {
        let data = self.schema().known("ir.model.data");
        let (of_model, res_id) = (self.model(data).known("model"), self.model(data).known("res_id"));
        let name = self.model(model).name;
        let rows = self.db.with_value(data, res_id, &Value::link(id));
        rows.into_iter().filter(|row| self.db.field(data, *row, of_model).as_text() == name).collect()
    }
}
