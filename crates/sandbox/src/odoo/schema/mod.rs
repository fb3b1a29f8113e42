//! The models that the stand-in knows: names, types and rules of their fields, per series.
//!
//! | file | models |
//! |---|---|
//! | `base.rs` | company, users, languages, currencies, countries, `ir.model.data`, `decimal.precision` |
//! | `partner.rs` | contacts and their tags |
//! | `product.rs` | products, categories, pricelists, units, taxes |
//! | `sale.rs` | orders and their lines |
//! | `stock.rs` | what the app Inventory adds, if the spec has it |
//! | `automation.rs` | what the app Automation Rules adds, if the spec has it |

mod automation;
mod base;
mod field;
mod partner;
mod product;
mod sale;
mod stock;

use std::collections::HashMap;

pub(crate) use field::{Default, Digits, Field, Kind};

use super::spec::{Apps, Series};

/// Number of a model in its schema.
pub(crate) type ModelId = usize;
/// Number of a field in its model.
pub(crate) type FieldId = usize;

/// One model.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) fields: Vec<Field>,
    /// Order of a search that names none.
    pub(crate) order: &'static str,
    /// The field that `display_name` shows and names are searched in.
    pub(crate) rec_name: &'static str,
    by_name: HashMap<&'static str, FieldId>,
}

impl Model {
    pub(crate) fn new(
        name: &'static str,
        label: &'static str,
        order: &'static str,
        fields: Vec<Field>,
    ) -> Model {
        let mut all = vec![
            Field::new("id", "ID", Kind::Integer).readonly(),
            Field::new("display_name", "Display Name", Kind::Char).computed(),
            Field::new("create_date", "Created on", Kind::Datetime).readonly(),
            Field::new("create_uid", "Created by", Kind::Many2one("res.users")).readonly(),
            Field::new("write_date", "Last Updated on", Kind::Datetime).readonly(),
            Field::new("write_uid", "Last Updated by", Kind::Many2one("res.users")).readonly(),
        ];
        all.extend(fields);
        let by_name = all.iter().enumerate().map(|(number, field)| (field.name, number)).collect();
        Model { name, label, fields: all, order, rec_name: "name", by_name }
    }

    fn add(&mut self, fields: &[Field]) {
        for field in fields {
            self.by_name.insert(field.name, self.fields.len());
            self.fields.push(field.clone());
        }
    }

    pub(crate) fn named_by(mut self, rec_name: &'static str) -> Model {
        self.rec_name = rec_name;
        self
    }

    pub(crate) fn field(&self, name: &str) -> Option<FieldId> {
        self.by_name.get(name).copied()
    }

    /// A field that this file's own models are known to have.
    pub(crate) fn known(&self, name: &str) -> FieldId {
        self.field(name).unwrap_or_else(|| panic!("the schema of {} has no field {name}", self.name))
    }
}

/// All models of one series.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) series: Series,
    pub(crate) models: Vec<Model>,
    by_name: HashMap<&'static str, ModelId>,
}

impl Schema {
    pub(crate) fn new(series: Series, apps: Apps) -> Schema {
        let mut models: Vec<Model> = base::models(series)
            .into_iter()
            .chain(partner::models(series))
            .chain(product::models(series))
            .chain(sale::models(series))
            .collect();
        if apps.stock {
            for (name, fields) in
                [("product.product", stock::of_product(series)), ("sale.order", stock::of_order())]
            {
                models.iter_mut().filter(|model| model.name == name).for_each(|model| model.add(&fields));
            }
            models.iter_mut().filter(|model| model.name == "product.product").for_each(stock::storable);
            models.extend(stock::models());
        }
        if apps.automation && series >= Series::V17 {
            models.extend(automation::models());
        }
        let by_name = models.iter().enumerate().map(|(number, model)| (model.name, number)).collect();
        Schema { series, models, by_name }
    }

    pub(crate) fn model(&self, name: &str) -> Option<ModelId> {
        self.by_name.get(name).copied()
    }

    /// A model that this schema is known to have.
    pub(crate) fn known(&self, name: &str) -> ModelId {
        self.model(name).unwrap_or_else(|| panic!("the schema has no model {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_relation_points_at_a_model_and_a_field_that_exist() {
        let apps = Apps { stock: true, automation: true };
        for schema in Series::ALL.map(|series| Schema::new(series, apps)) {
            for model in &schema.models {
                assert!(model.fields.len() < 256, "{} packs its field numbers in a byte", model.name);
                for field in &model.fields {
                    match &field.kind {
                        Kind::Many2one(target) | Kind::Many2many(target) => {
                            assert!(
                                schema.model(target).is_some(),
                                "{}.{} -> {target}",
                                model.name,
                                field.name
                            );
                        }
                        Kind::One2many(target, inverse) => {
                            let target = &schema.models[schema.known(target)];
                            assert!(target.field(inverse).is_some(), "{}.{}", model.name, field.name);
                        }
                        _ => {}
                    }
                }
            }
        }
    }
}
