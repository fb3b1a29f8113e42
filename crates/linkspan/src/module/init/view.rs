//! Everything that the templates need, as ready values.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::cases::{self, Case};
use super::choice::{choose, goes_out, incoming, leaves};
use super::entity::{EntityView, Translator};
use super::extension::extensions;
use super::models::{addon_of_field, addon_of_model};
use super::names::title;
use super::shared::Shared;
use super::source::Source;
use super::translate::Scope;
use super::{InitError, Item, Names, Request};
use crate::definition::model::{Definition, Series as DefinitionSeries};
use crate::module::Series;

/// Values for all templates of a module.
pub(super) struct View {
    series: Series,
    shared: BTreeMap<String, Value>,
    entities: Vec<(String, Value, Files)>,
    extensions: Vec<(String, Value)>,
    pub(super) cases: Vec<Case>,
    pub(super) entity_names: Vec<String>,
    pub(super) depends: Vec<String>,
}

/// Which files an entity has.
#[derive(Debug, Clone, Copy)]
struct Files {
    importer: bool,
    exporter: bool,
}

impl View {
    /// Files that the template at `path` becomes, each with what it is about.
    pub(super) fn targets(&self, path: &str) -> Vec<(String, Item)> {
        let flag = |name: &str| self.shared.get(name).is_some_and(Value::is_true);
        let wanted = match path {
            "wizards/__init__.py"
            | "wizards/sync_wizard.py"
            | "wizards/sync_wizard_views.xml"
            | "tests/test_wizard.py" => flag("has_imports"),
            "data/export_action_data.xml" | "tests/test_export.py" => flag("has_exports"),
            "tests/test_import.py" => flag("has_cases"),
            "tests/test_webhook.py" | "controllers/__init__.py" | "controllers/webhook_controller.py" => {
                flag("has_topics")
            }
            _ => true,
        };
        if !wanted {
            return Vec::new();
        }
        if path == "models/extension.py" {
            let target = |(file, value): &(String, Value)| {
                (format!("models/{file}.py"), Some(("extension", value.clone())))
            };
            return self.extensions.iter().map(target).collect();
        }
        let Some((folder, rest)) = path.split_once("/entity_") else { return vec![(path.to_owned(), None)] };
        let fits = |files: &Files| match rest {
            "mapper.py" | "importer.py" => files.importer,
            "exporter.py" => files.exporter,
            _ => true,
        };
        let entities = self.entities.iter().filter(|(_, _, files)| fits(files));
        entities
            .map(|(name, value, _)| (format!("{folder}/{name}_{rest}"), Some(("entity", value.clone()))))
            .collect()
    }

    /// Values for one template.
    pub(super) fn context(&self, item: Item) -> Value {
        let mut values = self.shared.clone();
        values.extend(self.series.context().into_iter().map(|(name, value)| (name.to_owned(), value)));
        values.extend(item.map(|(name, value)| (name.to_owned(), value)));
        Value::from_pairs(values)
    }
}

/// Lays out the module that `request` asks for.
pub(super) fn build(request: &Request, names: &Names, source: &Source) -> Result<View, InitError> {
    let definition = &source.definition;
    let incoming = incoming(request, definition);
    let chosen = choose(request, definition, &incoming)?;
    let exported = chosen.iter().filter(|name| leaves(request, name, &definition.entities[*name])).cloned();
    let models = binding_models(definition, names, &chosen);
    let scope = Scope { models: &models, series: series(request.series), argument: "record" };
    let plans = cases::plans(definition, request.series)
        .map_err(|error| InitError::Unsupported(vec![error.to_string()]))?;
    let mut translator = Translator {
        names,
        definition,
        scope,
        plans: &plans,
        exported: exported.collect(),
        unsupported: Vec::new(),
    };
    let mut entities = Vec::new();
    for name in &chosen {
        let entity = &definition.entities[name];
        let imports = entity.import.is_some() && incoming.contains(name);
        let exports = translator.exported.contains(name);
        entities.push(translator.entity(name, entity, imports, exports));
    }
    let set: BTreeSet<String> = chosen.iter().cloned().collect();
    let imported: BTreeSet<String> =
        entities.iter().filter(|entity| entity.imports).map(|entity| entity.name.clone()).collect();
    let backend = translator.backend(request.auth.filter(|kind| !kind.is_of(&definition.auth)), &imported);
    let mut depends = depends(request.series, definition, &set, &mut translator);
    for entity in &entities {
        let needed = entity.export.needs.iter();
        let addons = needed.filter_map(|field| addon_of_field(&entity.odoo_model, field, request.series));
        for addon in
            addons.filter(|addon| !depends.iter().any(|known| known == addon)).collect::<BTreeSet<_>>()
        {
            depends.push(addon.to_owned());
        }
    }
    depends[1..].sort();
    if !translator.unsupported.is_empty() {
        return Err(InitError::Unsupported(translator.unsupported));
    }
    let cases = cases::make(source, definition, &models, &plans, &imported);
    let extensions = extensions(definition, &entities);
    let entity_names = chosen.clone();
    let shared = Shared {
        request,
        names,
        definition,
        backend: &backend,
        entities: &entities,
        depends: &depends,
        cases: &cases,
        extensions: &extensions,
    };
    let shared = shared.values();
    let cased: BTreeSet<&str> = cases.iter().map(|case| case.entity.as_str()).collect();
    let entities = entities.iter().map(|entity| {
        let files = Files { importer: has_importer(entity), exporter: entity.exports };
        (entity.name.clone(), entity_value(entity, &cased), files)
    });
    let extensions = extensions.iter().map(|extension| (extension.file.clone(), serde_value(extension)));
    Ok(View {
        series: request.series,
        shared,
        entities: entities.collect(),
        extensions: extensions.collect(),
        cases,
        entity_names,
        depends,
    })
}

fn has_importer(entity: &EntityView) -> bool {
    entity.imports || entity.embedded
}

/// Entity -> binding model. The first entity that syncs an Odoo model gets its name, `shopify.res.partner`; others of
/// the same model, and embedded ones, are called after the entity: `shopify.guest`.
fn binding_models(definition: &Definition, names: &Names, chosen: &[String]) -> BTreeMap<String, String> {
    let mut taken = BTreeSet::new();
    let mut models = BTreeMap::new();
    for name in chosen {
        let entity = &definition.entities[name];
        let synced = entity.import.is_some() || goes_out(entity);
        let named = synced && taken.insert(entity.odoo.model.clone());
        let last = if named { entity.odoo.model.clone() } else { name.replace('_', ".") };
        models.insert(name.clone(), format!("{}.{last}", names.name));
    }
    models
}

pub(super) fn series(series: Series) -> DefinitionSeries {
    match series {
        Series::V16 => DefinitionSeries::V16,
        Series::V17 => DefinitionSeries::V17,
        Series::V18 => DefinitionSeries::V18,
        Series::V19 => DefinitionSeries::V19,
    }
}

fn depends(
    target: Series,
    definition: &Definition,
    chosen: &BTreeSet<String>,
    translator: &mut Translator<'_>,
) -> Vec<String> {
    let mut addons = BTreeSet::new();
    for name in chosen {
        let entity = &definition.entities[name];
        match addon_of_model(&entity.odoo.model) {
            Some("base") => {}
            Some(addon) => {
                addons.insert(addon);
            }
            None => translator.refuse(
                &format!("entities.{name}.odoo.model"),
                "which addon has this model is not known; a module can be made for models of Community's apps",
            ),
        }
        let fields = entity
            .map
            .iter()
            .filter(|(_, field)| field.series.as_ref().is_none_or(|list| list.contains(&series(target))));
        addons.extend(fields.filter_map(|(field, _)| addon_of_field(&entity.odoo.model, field, target)));
    }
    let mut depends = vec!["generic_connector".to_owned()];
    depends.extend(addons.into_iter().map(str::to_owned));
    depends
}

pub(super) fn entity_value(entity: &EntityView, cased: &BTreeSet<&str>) -> Value {
    let ways = match (entity.imports, entity.exports) {
        (true, true) => ", both ways",
        (true, false) => ", into Odoo",
        (false, true) => ", out of Odoo",
        (false, false) if entity.embedded => ", as a part of other records",
        (false, false) => ", by its id only",
    };
    let mappers = || std::iter::once(&entity.mapper).chain(entity.lines.iter().map(|line| &line.mapper));
    let mut decorators = Vec::new();
    if mappers().any(|mapper| !mapper.methods.is_empty()) {
        decorators.push("mapping");
    }
    if mappers().any(|mapper| mapper.methods.iter().any(|method| method.create_only)) {
        decorators.push("only_create");
    }
    let further = Value::from_pairs([
        ("ways", Value::from(ways)),
        ("title_plural", Value::from(title(&entity.plural))),
        ("export_decorators", Value::from(export_decorators(entity))),
        ("mapper_decorators", Value::from(decorators.join(", "))),
        ("has_import_components", Value::from(has_importer(entity))),
        ("case", Value::from(cased.contains(entity.name.as_str()))),
    ]);
    minijinja::value::merge_maps([further, serde_value(entity)])
}

fn export_decorators(entity: &EntityView) -> String {
    let methods = &entity.export.methods;
    let changed_by = methods.iter().any(|method| !method.changed_by.is_empty()).then_some("changed_by");
    let only_create = methods.iter().any(|method| method.create_only).then_some("only_create");
    let names: Vec<&str> = [changed_by, Some("mapping"), only_create].into_iter().flatten().collect();
    names.join(", ")
}

pub(super) fn serde_value(value: impl Serialize) -> Value {
    Value::from(Serde(value))
}
