//! What records are called, and finding them by what they are called.

use serde_json::{Value as Json, json};

use super::domain::like;
use super::{Env, Page};
use crate::odoo::error::Outcome;
use crate::odoo::schema::{FieldId, Kind, ModelId};
use crate::odoo::spec::Series;
use crate::odoo::value::Value;

impl Env<'_> {
    /// The name shown for a record.
    pub(crate) fn display_name(&mut self, model: ModelId, id: u32) -> String {
        let text = |env: &Self, name: &str| {
            let field = env.model(model).field(name);
            field.map(|field| env.db.field(model, id, field)).unwrap_or_default()
        };
        let definition = self.model(model);
        let (name, rec_name) = (definition.name, definition.rec_name);
        let own = text(self, rec_name).as_text().to_owned();
        match name {
            "product.product" => match text(self, "default_code") {
                Value::Text(code) if !code.is_empty() => format!("[{code}] {own}"),
                _ => own,
            },
            "res.partner" => {
                let parent = text(self, "parent_id").id().filter(|_| !text(self, "is_company").truthy());
                match parent {
                    Some(parent) => {
                        let parent = self.db.get("res.partner", parent, "name");
                        let kind = text(self, "type");
                        let own = match own.as_str() {
                            "" => self.selection_label(model, "type", kind.as_text()),
                            own => own,
                        };
                        format!("{}, {own}", parent.as_text())
                    }
                    None => own,
                }
            }
            "res.country.state" => {
                let country = text(self, "country_id").id().unwrap_or(0);
                format!("{own} ({})", self.db.get("res.country", country, "code").as_text())
            }
            "product.pricelist" => {
                let currency = text(self, "currency_id").id().unwrap_or(0);
                format!("{own} ({})", self.db.get("res.currency", currency, "name").as_text())
            }
            "sale.order.line" => {
                let order = text(self, "order_id").id().unwrap_or(0);
                let (number, partner) = (
                    self.db.get("sale.order", order, "name"),
                    self.db.get("sale.order", order, "partner_id"),
                );
                let line = format!("{} - {}", number.as_text(), own.lines().next().unwrap_or_default());
                match partner.id().filter(|_| self.series() >= Series::V17) {
                    Some(partner) => {
                        format!("{line} ({})", self.db.get("res.partner", partner, "name").as_text())
                    }
                    None => line,
                }
            }
            _ => own,
        }
    }

    /// `[id, name]` of the records whose name fits, within a domain.
    pub(crate) fn name_search(
        &mut self,
        model: ModelId,
        name: &str,
        domain: &Json,
        operator: &str,
        limit: Option<usize>,
    ) -> Outcome<Vec<(u32, String)>> {
        let page = Page::default();
        if operator == "=" && !name.is_empty() {
            let ids = self.named_exactly(model, name, domain)?;
            return Ok(self.labelled(ids.into_iter().take(limit.unwrap_or(usize::MAX)).collect(), model));
        }
        let fields = self.searched_fields(model);
        let ids = self.search(model, domain, &page)?;
        let mut found = Vec::new();
        for id in ids {
            if found.len() >= limit.unwrap_or(usize::MAX) {
                break;
            }
            let fits = name.is_empty()
                || fields.iter().any(|field| {
                    let text = self.value(model, id, *field);
                    like(text.as_text(), name, operator.contains('i'), operator.starts_with('='))
                });
            if fits {
                found.push(id);
            }
        }
        Ok(self.labelled(found, model))
    }

    /// The English label of an option.
    fn selection_label(&self, model: ModelId, field: &str, option: &str) -> &'static str {
        match self.model(model).field(field).map(|field| &self.field(model, field).kind) {
            Some(Kind::Selection(options)) => {
                options.iter().find(|(value, _)| *value == option).map_or("", |(_, label)| label)
            }
            _ => "",
        }
    }

    fn labelled(&mut self, ids: Vec<u32>, model: ModelId) -> Vec<(u32, String)> {
        ids.into_iter().map(|id| (id, self.display_name(model, id))).collect()
    }

    /// By the fields that a name is looked up in, the first that finds anything; archived records are not found.
    fn named_exactly(&mut self, model: ModelId, name: &str, domain: &Json) -> Outcome<Vec<u32>> {
        for field in self.searched_fields(model) {
            let field = self.model(model).fields[field].name;
            let mut terms = vec![json!([field, "=", name])];
            terms.extend(domain.as_array().cloned().unwrap_or_default());
            let ids = self.search(model, &Json::Array(terms), &Page::default())?;
            if !ids.is_empty() {
                return Ok(ids);
            }
        }
        Ok(Vec::new())
    }

    fn searched_fields(&self, model: ModelId) -> Vec<FieldId> {
        let definition = self.model(model);
        let names: &[&str] = match definition.name {
            "product.product" => &["default_code", "barcode", "name"],
            "res.partner" => &["complete_name", "name", "email", "ref", "vat"],
            "res.country" | "res.country.state" => &["code", "name"],
            "res.currency" => &["name", "full_name"],
            "res.users" => &["login", "name"],
            "product.category" => &["complete_name", "name"],
            _ => &["name"],
        };
        names.iter().filter_map(|name| definition.field(name)).collect()
    }
}
