//! The way out of one entity as Python: the export mapper's entries and methods, and what the exporter says.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use super::entity::Translator;
use super::field;
use super::names::snake;
use super::python::{dict, list, scalar, text};
use super::translate::{Imports, Scope, Unit};
use crate::definition::entity::{Converter, Entity, Field, Owner, Source};
use crate::definition::export::{DEFAULT_OVERLAP_MS, Export, ExportField};
use crate::definition::model::{Format, Scalar};
use crate::definition::operation::Repeat;
use crate::mapping::{OutField, Plan};
use crate::module::stand_in;

/// The way back. Text fields hold Python.
#[derive(Debug, Default, Serialize)]
pub(super) struct ExportView {
    /// Seconds that a change waits before it goes out.
    pub(super) delay: u32,
    /// Entries that every export sends if they changed.
    pub(super) direct: Vec<String>,
    /// Entries that go out with new records only.
    pub(super) on_create: Vec<String>,
    pub(super) methods: Vec<Method>,
    /// Path -> fields that an import makes of it, for what both sides may change.
    pub(super) shared: Vec<(String, String)>,
    /// Path -> where the other side's record has the same.
    pub(super) compare: Vec<(String, String)>,
    /// Path of a list of related records -> where an item has its id.
    pub(super) items: Vec<(String, String)>,
    /// Relation -> its fields that expressions look at.
    pub(super) related: Vec<(String, String)>,
    pub(super) id_path: String,
    pub(super) version_path: Option<String>,
    pub(super) imports: Vec<String>,
    pub(super) creates: bool,
    pub(super) updates: bool,
    /// A create may be repeated when its answer was lost.
    pub(super) repeats: bool,
    pub(super) dependencies: Vec<Dependency>,
    /// Bodies of methods of the exporter.
    pub(super) wanted: Vec<String>,
    pub(super) write_as: Vec<String>,
    pub(super) look_up: Option<String>,
    pub(super) archive_body: Option<String>,
    /// What an update sends besides what changed, and what it leaves out.
    pub(super) along: Option<String>,
    pub(super) without: Option<String>,
    /// What the search for changes looks at: seconds that it reaches back unless they are the usual ones, models and the
    /// paths from there, the domain of records that are created.
    pub(super) overlap: Option<u64>,
    pub(super) watch: Vec<(String, String)>,
    pub(super) new_domain: Option<String>,
    /// What the generated README tells of it.
    pub(super) notes: Vec<String>,
    /// A field of text that both sides may change.
    pub(super) tried: Option<Tried>,
    /// Fields of Odoo that have to be there.
    #[serde(skip)]
    pub(super) needs: Vec<String>,
}

/// What the module's tests change in Odoo; Python but for the field's name.
#[derive(Debug, Serialize)]
pub(super) struct Tried {
    field: String,
    /// Where a record stands in the body of an update; `None`: it is the body.
    within: Option<String>,
    /// What has to stand there.
    sent: String,
    /// Where the answer has the changed value.
    answered: String,
}

/// A field whose records go out first.
#[derive(Debug, Serialize)]
pub(super) struct Dependency {
    /// Python that has them exported.
    call: String,
    /// Only before this record is made there.
    on_create: bool,
}

/// A mapping method.
#[derive(Debug, Serialize)]
pub(super) struct Method {
    name: String,
    pub(super) changed_by: String,
    pub(super) create_only: bool,
    body: Vec<String>,
}

/// Names of the framework's export mapper that no mapping method may take.
const TAKEN: &[&str] = &["odoo", "has", "put", "back", "fingerprint", "digest_of", "direct_on_create"];

impl Translator<'_> {
    pub(super) fn export(&mut self, name: &str, entity: &Entity) -> ExportView {
        let Some(export) = &entity.export else { return ExportView::default() };
        let id_path = match &entity.external.id {
            Source::Path(path) => path.clone(),
            Source::Expr(_) => {
                self.refuse(
                    &format!("entities.{name}.external.id"),
                    "an exported record's id has to be a path in the answer",
                );
                String::new()
            }
        };
        let create = export.create.as_ref().and_then(|create| self.definition.operations.get(create));
        let mut view = ExportView {
            delay: export.delay_ms.div_ceil(1_000),
            id_path,
            version_path: entity.external.updated.as_ref().map(|updated| updated.path.clone()),
            creates: create.is_some(),
            updates: export.update.is_some(),
            repeats: create.is_some_and(|operation| operation.repeat != Repeat::LookUpFirst),
            archive_body: export.archive.as_ref().map(|archive| dict(&archive.body)),
            related: export
                .read
                .iter()
                .map(|(relation, related)| (text(relation), list(&related.fields)))
                .collect(),
            ..ExportView::default()
        };
        if export.overlap_ms != DEFAULT_OVERLAP_MS {
            view.overlap = Some(export.overlap_ms.div_ceil(1_000));
        }
        view.watch = export.watch.iter().map(|watch| (text(&watch.model), text(&watch.path))).collect();
        view.new_domain = export.domain.as_ref().filter(|_| view.creates).map(domain);
        view.look_up = export.look_up.as_ref().map(|look_up| {
            format!("({}, {}, {})", text(&look_up.param), text(&look_up.from), text(&look_up.external))
        });
        let compared =
            |(path, field): (&String, &ExportField)| Some((text(path), text(field.compare.as_ref()?)));
        view.compare = export.map.iter().filter_map(compared).collect();
        let given = |paths: &[String]| Some(list(paths)).filter(|_| !paths.is_empty());
        (view.along, view.without) = (given(&export.along), given(&export.without));
        let mut unit = Unit::default();
        let plan = self.plans.position(name).map(|position| &self.plans.entities[usize::from(position)]);
        if let Some(plan) = plan {
            fields(&mut view, &mut unit, &self.scope, entity, export, plan);
            view.notes = notes(entity, export, plan);
            view.dependencies = self.dependencies(entity, plan);
        }
        let changed = plan.and_then(|plan| changed(entity, export, plan));
        view.tried = changed.and_then(|(field, path)| self.tried(field, path, entity, export));
        exporter(&mut view, &mut unit, export);
        view.imports = unit.imports.lines();
        view
    }
}

impl Translator<'_> {
    fn tried(&self, field: &str, path: &str, entity: &Entity, export: &Export) -> Option<Tried> {
        let operation = |name: &Option<String>| self.definition.operations.get(name.as_ref()?);
        let update = operation(&export.update)?;
        let get = entity.import.as_ref().and_then(|import| operation(&import.get));
        let records = get.and_then(|get| get.records.as_deref());
        let answered = [records, Some(path)].into_iter().flatten().collect::<Vec<_>>().join(".");
        let new = json!("Changed in Odoo");
        // With more around it, or in a format that knows only texts, the field itself is looked at.
        let alone = !export.along.is_empty() || self.definition.http.format != Format::Json;
        let (within, sent) = if alone {
            let place = [update.wrap.as_deref(), Some(path)].into_iter().flatten().collect::<Vec<_>>();
            (Some(place.join(".")), new)
        } else {
            (update.wrap.clone(), super::cases::sent(self.definition, update, &stand_in::at(path, new)))
        };
        Some(Tried {
            field: field.to_owned(),
            within: within.as_deref().map(text),
            sent: super::python::value(&sent).replace("\"{id}\"", "case[\"external_id\"]"),
            answered: text(&answered),
        })
    }

    /// Relations that go out, to records that can be made there.
    fn dependencies(&self, entity: &Entity, plan: &Plan) -> Vec<Dependency> {
        let fields = plan.export.iter().flat_map(|export| &export.fields);
        let related = fields.filter_map(|out| {
            let (name, field) = mapped(entity, out)?;
            let target = field.relation.as_ref().filter(|target| self.exported.contains(*target))?;
            let export = self.definition.entities.get(target)?.export.as_ref()?;
            export.create.as_ref()?;
            let model = text(&self.scope.binding_model(target));
            let call = match field.is_many() {
                true => format!("self._export_each({}, {model})", text(name)),
                false => format!("self._export_dependency(self.binding.{name}, {model})"),
            };
            Some(Dependency { call, on_create: out.owner == Owner::External })
        });
        related.collect()
    }
}

/// The mapper: what goes out, from where, and who owns it.
fn fields(
    view: &mut ExportView,
    unit: &mut Unit,
    scope: &Scope<'_>,
    entity: &Entity,
    export: &Export,
    plan: &Plan,
) {
    for out in plan.export.iter().flat_map(|export| &export.fields) {
        let path = out.path.text();
        if out.owner == Owner::External && !view.creates {
            continue;
        }
        match export.map.get(path) {
            Some(field) => own(view, unit, path, field, out),
            None => {
                let Some((name, field)) = mapped(entity, out) else { continue };
                view.items.extend(out.item().map(|item| (text(path), text(&item))));
                let entry = format!("({}, {})", back(&mut unit.imports, scope, name, field, out), text(path));
                match out.owner {
                    Owner::External => view.on_create.push(entry),
                    Owner::Odoo | Owner::Shared => view.direct.push(entry),
                }
            }
        }
        if out.owner == Owner::Shared {
            let made: Vec<String> =
                plan.fields.iter().filter(|field| out.makes(field)).map(|field| field.name.clone()).collect();
            view.shared.push((text(path), list(&made)));
        }
        let needs = out.reads.iter().filter(|(_, may_lack)| !may_lack && !out.optional);
        view.needs.extend(needs.map(|(name, _)| name.clone()));
    }
}

/// A field of text that both sides may change, and the path that it goes to.
fn changed<'p>(entity: &'p Entity, export: &Export, plan: &'p Plan) -> Option<(&'p str, &'p str)> {
    let mut fields = plan.export.iter().flat_map(|export| &export.fields);
    fields.find_map(|out| {
        let path = out.path.text();
        let (name, field) = mapped(entity, out).filter(|_| !export.map.contains_key(path))?;
        (out.owner == Owner::Shared && is_plain_text(name, path, field)).then_some((name, path))
    })
}

/// The field of `map` that goes back.
fn mapped<'e>(entity: &'e Entity, out: &OutField) -> Option<(&'e str, &'e Field)> {
    let (name, _) = out.reads.first()?;
    entity.map.get_key_value(name).map(|(name, field)| (name.as_str(), field))
}

fn is_plain_text(name: &str, path: &str, field: &Field) -> bool {
    let text =
        matches!(field.convert, None | Some(Converter::Text | Converter::Trim | Converter::HtmlToText));
    let is_single = field.values.is_none() && field.relation.is_none() && !path.contains('[');
    text && is_single && !super::cases::SHOWN_OTHERWISE.contains(&name)
}

/// A path of `export.map`.
fn own(view: &mut ExportView, unit: &mut Unit, path: &str, field: &ExportField, out: &OutField) {
    let quoted = text(path);
    if let Some(value) = &field.value {
        let body = vec![format!("return {{{quoted}: {}}}", scalar(value))];
        view.methods.push(method(path, out, body));
        return;
    }
    let context: String =
        field.context.iter().map(|(key, setting)| format!(", {key}={}", text(setting))).collect();
    let mut body = Vec::new();
    let lacking: Vec<String> = out.reads.iter().filter(|(_, may)| !may).map(|(name, _)| text(name)).collect();
    if out.optional && !lacking.is_empty() {
        body.push(format!("if not self.has(record, {}):", lacking.join(", ")));
        body.push("    return {}".to_owned());
    }
    if let Some(name) = &field.from {
        let modifier = own_modifier(&mut unit.imports, name, field);
        if body.is_empty() && context.is_empty() {
            let entries = if out.owner == Owner::External { &mut view.on_create } else { &mut view.direct };
            entries.push(format!("({modifier}, {quoted})"));
            return;
        }
        let modifier = if modifier == text(name) {
            unit.imports.modules.insert("convert_back".to_owned());
            format!("convert_back.plain({modifier})")
        } else {
            modifier
        };
        body.push(format!("return self.back({quoted}, {modifier}, record{context})"));
    } else if let Some(code) = &field.expr {
        unit.uses(code);
        body.extend(unit.aliases(&["odoo", "settings", "company"], "").into_iter().map(|line| {
            if line.starts_with("odoo") { format!("odoo = self.odoo(record{context})") } else { line }
        }));
        body.extend(given(code, |value| format!("self.put({quoted}, {value})")));
    }
    view.methods.push(method(path, out, body));
}

/// `return ...` of an expression; a long one gets a name.
fn given(code: &str, put: impl Fn(&str) -> String) -> Vec<String> {
    const LONG: usize = 50;
    if code.len() <= LONG && !code.contains('\n') {
        return vec![format!("return {}", put(code))];
    }
    vec![format!("value = ({code})"), format!("return {}", put("value"))]
}

fn method(path: &str, out: &OutField, body: Vec<String>) -> Method {
    let name = snake(path);
    let name = if TAKEN.contains(&name.as_str()) || field::TAKEN.contains(&name.as_str()) {
        format!("map_{name}")
    } else {
        name
    };
    let create_only = out.owner == Owner::External;
    let reads = out.reads.iter().filter(|_| !create_only);
    let changed_by: Vec<String> = reads.map(|(name, _)| text(name)).collect();
    Method { name, changed_by: changed_by.join(", "), create_only, body }
}

/// An entry of `export.map` with `from`.
fn own_modifier(imports: &mut Imports, name: &str, field: &ExportField) -> String {
    let call = match (&field.values, field.convert) {
        (Some(values), _) => format!("choice({}, {})", text(name), dict(values)),
        (None, Some(kind)) => format!("{}({})", field::converter(kind), text(name)),
        (None, None) => return text(name),
    };
    imports.modules.insert("convert_back".to_owned());
    format!("convert_back.{call}")
}

/// An entry for the way back of a field of `map`.
fn back(imports: &mut Imports, scope: &Scope<'_>, name: &str, field: &Field, out: &OutField) -> String {
    let quoted = text(name);
    let call = if let Some(values) = &field.values {
        format!("table({quoted}, {})", dict(values))
    } else if let Some(entity) = &field.relation {
        let model = text(&scope.binding_model(entity));
        match out.item().filter(|item| !item.is_empty()) {
            Some(item) => format!("relations({quoted}, {model}, {})", text(&item)),
            None if field.is_many() => format!("relations({quoted}, {model})"),
            None => format!("relation({quoted}, {model})"),
        }
    } else {
        match (field.convert, &field.zone) {
            (None, _) => return quoted,
            (Some(Converter::Datetime), Some(zone)) => format!("datetime({quoted}, zone={})", text(zone)),
            (Some(kind), _) => format!("{}({quoted})", field::converter(kind)),
        }
    };
    imports.modules.insert("convert_back".to_owned());
    format!("convert_back.{call}")
}

/// The exporter: which records go out, and through which operation.
fn exporter(view: &mut ExportView, unit: &mut Unit, export: &Export) {
    if let Some(only) = &export.only {
        unit.uses(&only.expr);
        view.wanted = unit.aliases(&["settings", "company"], "odoo");
        view.wanted.push(format!("return ({})", only.expr));
    }
    for instead in &export.instead {
        unit.uses(&instead.when.expr);
        let mut names = Vec::new();
        for (name, path) in &instead.params {
            unit.name_from("convert", "take");
            names.push(format!("{}: take(record, {})", text(name), text(path)));
        }
        view.write_as.extend(unit.aliases(&["settings", "company"], "odoo"));
        view.write_as.push(format!("if ({}):", instead.when.expr));
        view.write_as.push(format!(
            "    return {}, {{{}}}",
            text(&instead_attribute(&instead.update)),
            names.join(", ")
        ));
    }
    if !view.write_as.is_empty() {
        view.write_as.push("return super()._write_as(odoo, record)".to_owned());
    }
}

/// Fields and the values they must have, as a domain.
fn domain(conditions: &BTreeMap<String, Scalar>) -> String {
    let conditions: Vec<String> = conditions
        .iter()
        .map(|(field, value)| format!("({}, \"=\", {})", text(field), scalar(value)))
        .collect();
    format!("[{}]", conditions.join(", "))
}

/// Attribute of the adapter that has an operation of `instead`.
pub(super) fn instead_attribute(operation: &str) -> String {
    format!("_instead_{operation}")
}

/// What a module does not do of it, or not by itself; sentences for its README.
fn notes(entity: &Entity, export: &Export, plan: &Plan) -> Vec<String> {
    let mut notes = Vec::new();
    let silent: Vec<String> = plan
        .fields
        .iter()
        .filter(|field| !plan.goes_out(&field.name) && !is_constant(entity.map.get(&field.name)))
        .map(|field| format!("``{}``", field.name))
        .collect();
    if !silent.is_empty() {
        let (are, have) =
            if silent.len() == 1 { ("is", "its rule has") } else { ("are", "their rules have") };
        notes.push(format!("{} {are} not sent: {have} no way back.", silent.join(", ")));
    }
    if export.create.is_none() {
        notes.push("Only records that came from the other side are sent; none are created there.".to_owned());
    }
    if export.update.is_none() {
        notes.push("A record is sent once; later changes are not.".to_owned());
    } else if entity.import.as_ref().is_none_or(|import| import.get.is_none()) {
        notes.push(
            "What the other side holds cannot be read, so an update sends everything and what was changed \
             there is overwritten."
                .to_owned(),
        );
    }
    if export.archive.is_some() {
        notes.push(
            "An archived record is archived there too when it is exported; a deleted one is left as it is."
                .to_owned(),
        );
    }
    notes
}

/// A field that no record of the other side decides needs no way back.
fn is_constant(field: Option<&Field>) -> bool {
    field.is_none_or(|field| field.value.is_some())
}
