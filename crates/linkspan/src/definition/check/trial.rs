//! The samples on trial: each is mapped by the plans that a sync would use. A definition that refuses its own sample would
//! refuse every record like it.

use std::collections::BTreeMap;
use std::path::Path;

use pyexpr::{Expression, Json, PathKey};
use serde_json::{Value, json};

use super::sample::Samples;
use super::site::{line_tables, sites};
use crate::definition::model::{Definition, Scalar, Series};
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{Document, Node};
use crate::mapping::{Plans, Problem, Scope};

/// Every name that an expression may use, whatever its place.
const NAMES: [&str; 7] = ["record", "settings", "company", "parent", "line", "odoo", "agreed"];

/// What the mapper refuses in the samples of a definition without errors. What depends on settings without a default or on
/// the company is left out: only `linkspan.toml` and Odoo tell them.
pub(in crate::definition) fn trial(
    document: &Document<'_>,
    definition: &Definition,
    base_dir: Option<&Path>,
) -> Vec<Diagnostic> {
    let mut refused = Vec::new();
    let samples = Samples::load(document, base_dir, &mut Vec::new());
    let records: Vec<(&str, Json<'static>)> =
        samples.own().map(|(name, record)| (name, owned(record))).collect();
    if records.is_empty() {
        return refused;
    }
    for series in [Series::V16, Series::V17, Series::V18, Series::V19] {
        let Ok(plans) = Plans::compile(definition, series, settings(definition), company()) else { continue };
        let mut trial = Trial { document, definition, plans: &plans, refused: &mut refused };
        for (name, record) in &records {
            // One that is embedded comes with the record around it.
            let entity = plans.position(name).filter(|at| !plans.entities[usize::from(*at)].embedded);
            if let Some(entity) = entity {
                trial.record(entity, Scope { record, parent: None });
            }
        }
    }
    refused
}

/// Settings as a backend that gives none has them.
fn settings(definition: &Definition) -> Json<'static> {
    let values = definition.settings.iter().map(|(name, setting)| {
        let default = setting.default.as_ref().map_or(Value::Null, Scalar::to_json);
        (name.clone(), default)
    });
    owned(&Value::Object(values.collect()))
}

fn company() -> Json<'static> {
    owned(&json!({ "id": 1, "name": "Company", "currency": "USD", "country": "US" }))
}

fn owned(value: &Value) -> Json<'static> {
    Json::parse(value.to_string().as_bytes()).map_or(Json::Null, Json::into_owned)
}

struct Trial<'t> {
    document: &'t Document<'t>,
    definition: &'t Definition,
    plans: &'t Plans,
    refused: &'t mut Vec<Diagnostic>,
}

impl<'t> Trial<'t> {
    fn record(&mut self, entity: u16, scope: Scope<'_>) {
        let plans = self.plans;
        let plan = &plans.entities[usize::from(entity)];
        let Some(node) = self.document.root().get("entities").and_then(|all| all.get(&plan.entity)) else {
            return;
        };
        let only = node.get("import").and_then(|import| import.get("only"));
        if only.is_some_and(|only| self.depends(only)) {
            return;
        }
        match plans.wants(entity, scope) {
            Ok(true) => {}
            Ok(false) => return,
            Err(problem) => return only.into_iter().for_each(|only| self.tell(only, &problem)),
        }
        let mapped = match plans.map(entity, scope) {
            Ok(mapped) => mapped,
            Err(unmapped) => return unmapped.problems.iter().for_each(|problem| self.place(node, problem)),
        };
        for embedded in &mapped.embedded {
            let within = Scope { record: &embedded.record, parent: Some(scope.record) };
            let name = &plans.entities[usize::from(embedded.entity)].entity;
            let is_made_of_it =
                |field: Node<'_>| field.text_of("relation") == Some(name) && field.get("embed").is_some();
            let is_unknown =
                sites(node).iter().any(|site| is_made_of_it(site.field) && self.depends(site.field));
            if !is_unknown {
                self.record(embedded.entity, within);
            }
        }
        for (then, table) in plan.then.iter().zip(node.items_of("then")) {
            if let (Err(problem), Some(when)) = (plans.applies(then, scope), table.get("when")) {
                self.tell_unless_it_depends(when, &problem);
            }
        }
        for (field, origin) in &plan.check {
            let table = node.get("check").and_then(|check| check.get(field));
            if let (Err(problem), Some(table)) = (plans.expected(origin, scope), table) {
                self.tell_unless_it_depends(table, &problem);
            }
        }
    }

    /// Tells a problem where it comes from: at the path or the expression, or else at the field's name.
    fn place(&mut self, entity: Node<'t>, problem: &Problem) {
        let Some(map) = entity.get("map") else { return };
        let (field, column) = match problem.field.split_once('[') {
            Some((lines, rest)) => (lines, rest.split_once("].").map(|(_, column)| column)),
            None => (problem.field.as_str(), None),
        };
        if field.is_empty() {
            let external = entity.get("external");
            let id = external.and_then(|external| external.get("id"));
            let updated = external.and_then(|external| external.get("updated")?.get("path"));
            let is_id = id.is_some_and(|id| text_of(id) == Some(&problem.path));
            let node = if is_id { id } else { updated };
            return node.into_iter().for_each(|node| self.tell_unless_it_depends(node, problem));
        }
        let Some(field) = map.get(field) else { return };
        let Some(column) = column else {
            if !self.depends(field) {
                self.tell(origin_of(field, &problem.path).unwrap_or(field), problem);
            }
            return;
        };
        let columns = || line_tables(field).filter_map(|table| Some((table, table.get("map")?.get(column)?)));
        let exact = columns().find(|(_, node)| origin_of(*node, &problem.path).is_some());
        let Some((table, node)) = exact.or_else(|| columns().next()) else { return };
        let lines_depend = table.get("lines").is_some_and(|lines| self.depends(lines));
        if !lines_depend && !self.depends(node) {
            self.tell(origin_of(node, &problem.path).unwrap_or(node), problem);
        }
    }

    fn tell_unless_it_depends(&mut self, node: Node<'t>, problem: &Problem) {
        if !self.depends(node) {
            self.tell(node, problem);
        }
    }

    fn tell(&mut self, node: Node<'t>, problem: &Problem) {
        let span = node.get("expr").unwrap_or(node).span();
        // Several lines, several series: once is enough.
        if self.refused.iter().any(|known| known.span == span) {
            return;
        }
        let value = if problem.value.is_empty() { String::new() } else { format!(": {}", problem.value) };
        let message = format!("the sample's value is refused{value}: {}", problem.reason);
        let help = "Every record like the sample would be refused. Change the definition, or the sample if the external \
                    system does not send it like that.";
        let problem = Diagnostic::error(codes::SAMPLE_REFUSED, self.document.source(), span, message);
        self.refused.push(problem.help(help));
    }

    /// Whether an expression of a field, or one that is given, reads what no definition tells.
    fn depends(&self, node: Node<'_>) -> bool {
        let is_unknown = |text: &str| {
            let without = |name: &str| NAMES.into_iter().filter(|known| *known != name).collect::<Vec<_>>();
            if Expression::compile(text, &without("company")).is_err() {
                return true;
            }
            let reads_settings = Expression::compile(text, &without("settings")).is_err();
            reads_settings && !self.are_defaults(text)
        };
        texts(node).into_iter().any(is_unknown)
    }

    /// Whether every setting that the expression reads has a default.
    fn are_defaults(&self, text: &str) -> bool {
        let Ok(expression) = Expression::compile(text, &NAMES) else { return false };
        let mut paths = expression.paths().iter().filter(|path| path.name == "settings").peekable();
        let known: &BTreeMap<_, _> = &self.definition.settings;
        paths.peek().is_some()
            && paths.all(|path| match path.steps.first().map(|step| &step.key) {
                Some(PathKey::Name(name)) => known.get(name).is_some_and(|setting| setting.default.is_some()),
                _ => false,
            })
    }
}

/// A path, or the text of an expression.
fn text_of(node: Node<'_>) -> Option<&str> {
    node.text().or_else(|| node.text_of("expr"))
}

/// The expressions of a field, or of the table that is one.
fn texts(node: Node<'_>) -> Vec<&str> {
    let mut all: Vec<&str> = node.text_of("expr").into_iter().collect();
    let tables = ["embed", "lines", "when"].into_iter().filter_map(|key| node.get(key));
    all.extend(tables.filter_map(|table| table.text_of("expr")));
    for case in node.items_of("choose") {
        all.extend(texts(case));
        all.extend(case.get("then").into_iter().flat_map(texts));
    }
    all.extend(node.items_of("also").flat_map(texts));
    all
}

/// Where a field says `text`: its path, its expression, those of its cases and of its further lines.
fn origin_of<'a>(field: Node<'a>, text: &str) -> Option<Node<'a>> {
    let mut own = ["from", "expr", "embed", "lines", "key"].into_iter().filter_map(|key| field.get(key));
    own.find(|node| text_of(*node) == Some(text))
        .or_else(|| field.items_of("choose").find_map(|case| origin_of(case.get("then")?, text)))
        .or_else(|| field.items_of("also").find_map(|table| origin_of(table, text)))
}
