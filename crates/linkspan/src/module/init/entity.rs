//! One entity of a definition as the values that the templates of its files need.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::export::ExportView;
use super::field;
use super::models::line_model;
use super::names::{Names, class, plural, title};
use super::operation;
use super::python::{dict, scalar, text};
use super::translate::{Scope, Unit};
use crate::definition::entity::{Converter, Entity, Field, Lines, Source};
use crate::definition::model::Definition;
use crate::mapping::Plans;

/// An entity, ready for templates. Text fields named after Python things hold Python.
#[derive(Debug, Serialize)]
pub(super) struct EntityView {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) plural: String,
    pub(super) class: String,
    /// Binding model.
    pub(super) model: String,
    /// Binding model with `_`.
    pub(super) xml: String,
    pub(super) odoo_model: String,
    pub(super) odoo_class: String,
    /// `action_export_` method of the backend: `export_product_product`.
    pub(super) export_method: String,
    pub(super) imports: bool,
    pub(super) exports: bool,
    pub(super) embedded: bool,
    pub(super) adapter: operation::AdapterView,
    pub(super) mapper: Unit,
    pub(super) mapper_imports: Vec<String>,
    pub(super) lines: Vec<LineView>,
    pub(super) importer: ImporterView,
    pub(super) importer_imports: Vec<String>,
    pub(super) export: ExportView,
}

/// The mapper of one kind of lines.
#[derive(Debug, Serialize)]
pub(super) struct LineView {
    pub(super) class: String,
    pub(super) component: String,
    pub(super) usage: String,
    pub(super) model: String,
    pub(super) key_path: String,
    pub(super) key_prefix: String,
    pub(super) title: String,
    pub(super) mapper: Unit,
}

/// What an importer says beyond what the framework does.
#[derive(Debug, Default, Serialize)]
pub(super) struct ImporterView {
    pub(super) id_path: Option<String>,
    pub(super) version_path: Option<String>,
    /// Zone of a version without offset; none for UTC.
    pub(super) version_zone: Option<String>,
    pub(super) incremental: bool,
    /// Binding models of records of the same Odoo model that come from lists, of an embedded entity.
    pub(super) listed_as: Vec<String>,
    /// What is added to the context of writes, as Python.
    pub(super) context: Option<String>,
    /// What a rule finds is bound and never written.
    pub(super) link_only: bool,
    /// Domains, in the order of the rules.
    pub(super) matches: Vec<String>,
    pub(super) wanted: Vec<String>,
    pub(super) embedded_id: Vec<String>,
    pub(super) follow: Vec<String>,
    pub(super) expected: Vec<String>,
}

/// Translates entities; what cannot be translated is collected.
pub(super) struct Translator<'a> {
    pub(super) names: &'a Names,
    pub(super) definition: &'a Definition,
    pub(super) scope: Scope<'a>,
    /// The definition as the service understands it.
    pub(super) plans: &'a Plans,
    /// Entities that go out of the module.
    pub(super) exported: BTreeSet<String>,
    /// Key and reason.
    pub(super) unsupported: Vec<String>,
}

impl Translator<'_> {
    pub(super) fn entity(&mut self, name: &str, entity: &Entity, imports: bool, exports: bool) -> EntityView {
        let model = self.scope.binding_model(name);
        let (mapper, lines) = self.mapper(name, entity);
        let (importer, importer_unit) = self.importer(name, entity);
        let mut mapper_imports = mapper.imports.clone();
        for line in &lines {
            mapper_imports.extend(&line.mapper.imports);
        }
        let export = if exports { self.export(name, entity) } else { ExportView::default() };
        EntityView {
            title: title(name),
            plural: plural(name),
            class: format!("{}{}", self.names.class, class(name)),
            xml: model.replace('.', "_"),
            model,
            odoo_class: class(&entity.odoo.model),
            export_method: format!("export_{}", entity.odoo.model.replace('.', "_")),
            odoo_model: entity.odoo.model.clone(),
            embedded: entity.import.is_none() && !exports,
            adapter: self.adapter(name, entity, imports, exports),
            mapper_imports: mapper_imports.lines(),
            mapper,
            lines,
            importer,
            importer_imports: importer_unit.imports.lines(),
            export,
            name: name.to_owned(),
            imports,
            exports,
        }
    }

    fn mapper(&mut self, name: &str, entity: &Entity) -> (Unit, Vec<LineView>) {
        let mut unit = Unit::default();
        let mut lines = Vec::new();
        for (field_name, field) in &entity.map {
            if !self.in_series(field) {
                continue;
            }
            if let Some(source) = &field.lines {
                self.lines(&mut unit, &mut lines, name, entity, field_name, field, source);
            } else {
                field::add(&mut unit, &self.scope, field_name, field);
            }
        }
        (unit, lines)
    }

    fn in_series(&self, field: &Field) -> bool {
        field.series.as_ref().is_none_or(|series| series.contains(&self.scope.series))
    }

    /// Adds the method that lists the lines, and a mapper for each kind of them.
    #[expect(clippy::too_many_arguments, reason = "a field of an entity, and what is made of it")]
    fn lines(
        &mut self,
        unit: &mut Unit,
        views: &mut Vec<LineView>,
        name: &str,
        entity: &Entity,
        field_name: &str,
        field: &Field,
        source: &Source,
    ) {
        let Some(model) = line_model(&entity.odoo.model, field_name) else {
            self.refuse(
                &format!("entities.{name}.map.{field_name}"),
                "the model of these lines is not known; put the field into the module by hand",
            );
            return;
        };
        let mut sources = Vec::new();
        let before = unit.methods.len();
        let main = (None, source, field.key.as_deref().unwrap_or("id"), field.map.as_ref());
        let also = field
            .also
            .iter()
            .map(|Lines { name, lines, key, map }| (Some(name.as_str()), lines, key.as_str(), Some(map)));
        for (kind, source, key, map) in std::iter::once(main).chain(also) {
            let view = self.line(name, field_name, model, kind, key, map);
            let code = match source {
                Source::Path(_) => field::source_code(unit, &self.scope, source),
                Source::Expr(code) => {
                    let helper = format!("_{}_lines", kind.unwrap_or(field_name));
                    unit.helper(&helper, &self.scope, &code.expr);
                    format!("self.{helper}(record)")
                }
            };
            sources.push(format!("({}, {code})", text(&view.usage)));
            views.push(view);
        }
        let removed = field.removed.as_ref().map(|removed| format!(", removed={}", dict(&removed.or_write)));
        let plan = self.plans.position(name).map(|position| &self.plans.entities[usize::from(position)]);
        let sent = plan.is_some_and(|plan| plan.goes_out(field_name)).then_some(", sent=True");
        let options = format!("{}{}", removed.unwrap_or_default(), sent.unwrap_or_default());
        let body = vec![
            format!("lines = [{}]", sources.join(", ")),
            format!("return self.lines({}, lines{options})", text(field_name)),
        ];
        unit.method(field_name, false, &self.scope, body);
        // The method first, then those that it calls.
        unit.methods[before..].rotate_right(1);
    }

    fn line(
        &mut self,
        name: &str,
        field_name: &str,
        model: &str,
        kind: Option<&str>,
        key: &str,
        map: Option<&BTreeMap<String, Field>>,
    ) -> LineView {
        let mut mapper = Unit::default();
        let scope = Scope { argument: "line", ..self.scope };
        for (column, field) in map.into_iter().flatten().filter(|(_, field)| self.in_series(field)) {
            field::add(&mut mapper, &scope, column, field);
        }
        let part = [Some(name), Some(field_name), kind].into_iter().flatten().collect::<Vec<_>>();
        LineView {
            class: format!("{}{}", self.names.class, class(&part.join("_"))),
            component: format!("{}.{}.mapper", self.names.name, part.join(".")),
            usage: part.join("."),
            model: model.to_owned(),
            key_path: key.to_owned(),
            key_prefix: kind.map(|kind| format!("{kind}-")).unwrap_or_default(),
            title: kind.map_or_else(|| "line".to_owned(), |kind| format!("{kind} line")),
            mapper,
        }
    }

    fn importer(&mut self, name: &str, entity: &Entity) -> (ImporterView, Unit) {
        let mut unit = Unit::default();
        let updated = entity.external.updated.as_ref();
        // Times as numbers are compared as numbers, whatever their format.
        let zone = updated.filter(|updated| !updated.zone.eq_ignore_ascii_case("utc"));
        let mut view = ImporterView {
            version_path: updated.map(|updated| updated.path.clone()),
            version_zone: zone.map(|updated| updated.zone.clone()),
            ..ImporterView::default()
        };
        view.context = (!entity.odoo.context.is_empty()).then(|| dict(&entity.odoo.context));
        view.link_only = entity.matches.iter().any(|rule| rule.link_only);
        view.matches = entity.matches.iter().map(domain).collect();
        if entity.import.is_none() {
            let is_listed = |other: &&Entity| other.import.is_some() && other.odoo.model == entity.odoo.model;
            let entities = self.scope.models.iter().filter_map(|(name, model)| {
                self.definition.entities.get(name).filter(is_listed).map(|_| model.clone())
            });
            view.listed_as = entities.collect();
        }
        match (&entity.external.id, &entity.import) {
            (Source::Path(path), Some(import)) => {
                view.id_path = (path != "id").then(|| path.clone());
                view.incremental = import.since.is_some();
            }
            (Source::Expr(_), Some(_)) => self.refuse(
                &format!("entities.{name}.external.id"),
                "an id made by an expression is understood for embedded records only",
            ),
            (Source::Path(path), None) if path == "id" => {}
            (source, None) => {
                let code = field::source_code(&mut unit, &self.scope, source);
                view.embedded_id = unit.aliases(&["settings", "company"], "record");
                view.embedded_id.push(format!("return {code}"));
            }
        }
        if let Some(only) = entity.import.as_ref().and_then(|import| import.only.as_ref()) {
            unit.uses(&only.expr);
            view.wanted = unit.aliases(&["settings", "company"], "record");
            view.wanted.push(format!("return ({})", only.expr));
        }
        view.follow = follow(&mut unit, entity);
        if !entity.check.is_empty() {
            let mut items = Vec::new();
            for (field_name, check) in &entity.check {
                let code = match (&check.from, &check.expr) {
                    (Some(path), _) => {
                        unit.name_from("convert", "take");
                        format!("take(record, {})", text(path))
                    }
                    (None, expr) => {
                        let code = expr.as_deref().unwrap_or("None");
                        unit.uses(code);
                        code.to_owned()
                    }
                };
                items.push(format!("{}: {code}", text(field_name)));
            }
            view.expected = unit.aliases(&["settings", "company"], "record");
            view.expected.push(format!("return {{{}}}", items.join(", ")));
        }
        (view, unit)
    }

    pub(super) fn refuse(&mut self, key: &str, reason: &str) {
        self.unsupported.push(format!("{key}: {reason}"));
    }
}

/// One rule of `match` as a domain.
fn domain(rule: &crate::definition::entity::MatchRule) -> String {
    let mut value = format!("self._match_text({})", text(&rule.external));
    match rule.convert {
        Some(Converter::Lower) => value += ".lower()",
        Some(Converter::Upper) => value += ".upper()",
        Some(Converter::Text) => value = format!("self._match_text({}, str)", text(&rule.external)),
        _ => {}
    }
    let mut terms = vec![format!("({}, \"=\", {value})", text(&rule.odoo))];
    terms.extend(
        rule.conditions.iter().map(|(field, value)| format!("({}, \"=\", {})", text(field), scalar(value))),
    );
    format!("[{}]", terms.join(", "))
}

/// The steps after the write.
fn follow(unit: &mut Unit, entity: &Entity) -> Vec<String> {
    let mut steps = Vec::new();
    for then in &entity.then {
        let mut arguments = vec!["binding".to_owned()];
        let function = match (&then.call, &then.write) {
            (Some(method), _) => {
                arguments.push(text(method));
                "_press"
            }
            (None, fields) => {
                let fields: Vec<String> = fields.iter().flatten().map(|field| text(field)).collect();
                arguments.push(format!("[{}]", fields.join(", ")));
                "_write_again"
            }
        };
        if let Some(when) = &then.when {
            unit.uses(&when.expr);
            arguments.push(format!("when={}", when.expr));
        }
        if let Some(unless) = then.unless.as_ref().filter(|_| then.call.is_some()) {
            unit.uses(&unless.expr);
            arguments.push(format!("done=lambda odoo, agreed: ({})", unless.expr));
        }
        arguments.extend(then.context.iter().map(|(name, value)| format!("{name}={}", scalar(value))));
        steps.push(format!("self.{function}({})", arguments.join(", ")));
    }
    if steps.is_empty() {
        return steps;
    }
    unit.uses("record");
    let mut body: Vec<String> = unit
        .aliases(&["record", "settings", "company"], "")
        .into_iter()
        .map(
            |line| if line.starts_with("record") { "record = self.external_record".to_owned() } else { line },
        )
        .collect();
    body.append(&mut steps);
    body
}

/// Entities whose ids go out with an entity.
pub(super) fn relations_out(entity: &Entity) -> Vec<String> {
    let fields = entity.map.values().filter(|field| field.from.is_some());
    fields.filter_map(|field| field.relation.clone()).collect()
}

/// Entities that the fields of an entity refer to.
pub(super) fn relations(entity: &Entity) -> Vec<String> {
    fn walk(field: &Field, found: &mut Vec<String>) {
        found.extend(field.relation.clone());
        for case in field.choose.iter().flatten() {
            walk(&case.then, found);
        }
        let maps = field.map.iter().chain(field.also.iter().map(|lines| &lines.map));
        for inner in maps.flat_map(BTreeMap::values) {
            walk(inner, found);
        }
    }
    let mut found = Vec::new();
    for field in entity.map.values() {
        walk(field, &mut found);
    }
    found.sort_unstable();
    found.dedup();
    found
}
