//! What the tables of PostgreSQL demand, and how each series words a refusal.

use super::Env;
use crate::odoo::error::{Class, Detail, Error, Outcome};
use crate::odoo::messages;
use crate::odoo::pack::Row;
use crate::odoo::schema::{FieldId, Kind, ModelId};
use crate::odoo::spec::Series;

/// Fields before this one are the magic ones that every model has.
pub(super) const FIRST_OWN_FIELD: FieldId = 6;

/// Fields of a product that are columns of the variant's own table; the others are the template's.
const VARIANT_COLUMNS: [&str; 7] =
    ["default_code", "barcode", "active", "weight", "volume", "standard_price", "image_1920"];

/// Is this field of a product a column of its template?
pub(super) fn of_template(column: &str) -> bool {
    !VARIANT_COLUMNS.contains(&column) && !MAGIC_COLUMNS.contains(&column)
}

const MAGIC_COLUMNS: [&str; 6] =
    ["id", "display_name", "create_date", "create_uid", "write_date", "write_uid"];

impl Env<'_> {
    /// Required columns and links to records that exist.
    pub(super) fn check_row(&self, model: ModelId, id: u32, row: &Row) -> Outcome<()> {
        let definition = self.model(model);
        for (field, value) in row.iter().enumerate() {
            let of = &definition.fields[field];
            if !of.stored {
                continue;
            }
            let never_null =
                matches!(of.kind, Kind::Boolean | Kind::Integer | Kind::Float(_) | Kind::Monetary);
            if of.required && value.is_unset() && !never_null {
                return Err(self.empty_column(model, field));
            }
            if let (Kind::Many2one(target), Some(link)) = (&of.kind, value.id())
                && field >= FIRST_OWN_FIELD
                && !(*target == definition.name && link == id)
            {
                self.check_exists(model, field, self.schema().known(target), link)?;
            }
        }
        Ok(())
    }

    /// Odoo's model of a column, with its label: a product's template has a table of its own.
    fn table_of(&self, model: ModelId, field: FieldId) -> (&'static str, &'static str) {
        let definition = self.model(model);
        let column = definition.fields[field].name;
        if definition.name == "product.product" && of_template(column) {
            return ("product.template", "Product");
        }
        (definition.name, definition.label)
    }

    fn empty_column(&self, model: ModelId, field: FieldId) -> Error {
        let of = self.field(model, field);
        let (name, label) = self.table_of(model, field);
        let message = if self.series() >= Series::V19 {
            let of_model = format!("'{label}' ({name})");
            let missing = self.say(messages::MISSING_REQUIRED_19, &[of.label, of.name, &of_model]);
            self.say(messages::NOT_COMPLETED, &[&missing])
        } else {
            self.say(messages::MANDATORY, &[label, name, of.label, of.name])
        };
        let detail = Detail::Column { model: name, model_label: label, field: of.name, label: of.label };
        Error::new(Class::NotNull, message).with(detail)
    }

    pub(super) fn check_exists(
        &self,
        model: ModelId,
        field: FieldId,
        target: ModelId,
        link: u32,
    ) -> Outcome<()> {
        if self.db.table(target).contains(link) { Ok(()) } else { Err(self.broken_link(model, field)) }
    }

    /// A link to a record that is not there, or to one that shall go.
    pub(super) fn broken_link(&self, model: ModelId, field: FieldId) -> Error {
        let of = self.field(model, field);
        let (name, label) = self.table_of(model, field);
        let constraint = format!("{}_{}_fkey", name.replace('.', "_"), of.name);
        let message = if self.series() >= Series::V19 {
            self.say(messages::REQUIRED_BY_OTHER_19, &[label, name, of.label, of.name])
        } else {
            self.say(messages::REQUIRED_BY_OTHER, &[label, name, &constraint])
        };
        let words = format!(
            "insert or update on table \"{}\" violates foreign key constraint \"{constraint}\"\n",
            name.replace('.', "_")
        );
        Error::new(Class::ForeignKey, message).with(Detail::Words(words))
    }

    /// A check constraint; `load` says its text without Odoo's half sentence.
    pub(crate) fn check_violation(&self, text: &str, words: String) -> Error {
        let text = self.say(text, &[]);
        Error::new(Class::Check, self.say(messages::NOT_COMPLETED, &[&text])).with(Detail::Words(words))
    }
}
