//! Sample records: what the external system sends, so that a path's typing error shows before the first sync.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use serde_json::Value;

use super::site::sites;
use crate::definition::path::{self, Step, Steps};
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{Document, Node, suggest};
use crate::mapping::is_item;

/// How far an entity embedded in an embedded entity is followed.
const MAX_DEPTH: usize = 8;

/// The sample records of all entities that name one.
pub(super) struct Samples<'a> {
    records: BTreeMap<&'a str, Value>,
    /// Entity = where it stands inside others: that one's name, and the path if a path says where. In lines
    /// a path starts at the line, so none is given for them.
    embeds: BTreeMap<&'a str, Vec<(&'a str, Option<&'a str>)>>,
}

/// What stands at a path in a sample.
pub(super) enum Look<'s> {
    /// These values (of a list's items: one each).
    Found(Vec<&'s Value>),
    /// The sample does not tell: null or an empty list is on the way.
    Unknown,
    /// There is no such key at this step of the path; these are there.
    Missing(usize, Vec<&'s str>),
    /// This step asks for a part of something that has none.
    NoParts(usize, &'static str),
}

impl<'a> Samples<'a> {
    pub(super) fn load(
        document: &'a Document<'_>,
        base_dir: Option<&Path>,
        problems: &mut Vec<Diagnostic>,
    ) -> Self {
        let (mut records, mut embeds) = (BTreeMap::new(), BTreeMap::<_, Vec<_>>::new());
        for (name, entity) in document.root().members_of("entities") {
            for site in sites(entity) {
                let embed = site.field.get("embed").zip(site.field.text_of("relation"));
                if let Some((embed, relation)) = embed {
                    let path = embed.text().filter(|_| site.line.is_none());
                    embeds.entry(relation).or_default().push((name, path));
                }
            }
            let Some((node, file)) = entity.get("sample").and_then(|node| Some((node, node.text()?))) else {
                continue;
            };
            let Some(base_dir) = base_dir else { continue };
            match read(base_dir, file) {
                Ok(record) => drop(records.insert(name, record)),
                Err((message, help)) => {
                    let problem =
                        Diagnostic::error(codes::BAD_SAMPLE, document.source(), node.span(), message);
                    problems.push(problem.help(help));
                }
            }
        }
        Samples { records, embeds }
    }

    /// The samples that entities name themselves.
    pub(super) fn own(&self) -> impl Iterator<Item = (&'a str, &Value)> {
        self.records.iter().map(|(name, record)| (*name, record))
    }

    /// The records that an entity's paths start at; empty if no sample tells.
    pub(super) fn records(&self, entity: &str) -> Vec<&Value> {
        self.records_within(entity, 0)
    }

    fn records_within(&self, entity: &str, depth: usize) -> Vec<&Value> {
        if let Some(record) = self.records.get(entity) {
            return vec![record];
        }
        let mut records = Vec::new();
        for (around, path) in self.embeds.get(entity).into_iter().flatten() {
            // What an expression makes is not in any sample.
            let steps = path.and_then(|text| path::parse(text).ok());
            let Some(steps) = steps.filter(|_| depth < MAX_DEPTH) else { return Vec::new() };
            match look(&self.records_within(around, depth + 1), &steps) {
                Look::Found(values) => records.extend(values),
                _ => return Vec::new(),
            }
        }
        records
    }

    /// The records around an embedded entity's records; empty if no sample tells.
    pub(super) fn parents(&self, entity: &str) -> Vec<&Value> {
        let mut parents = Vec::new();
        for (around, _) in self.embeds.get(entity).into_iter().flatten() {
            let records = self.records_within(around, 1);
            if records.is_empty() {
                return Vec::new();
            }
            parents.extend(records);
        }
        parents
    }

    /// The lines that stand at the path in `table`'s `lines`; empty if no sample tells.
    pub(super) fn lines(&self, entity: &str, table: Node<'_>) -> Vec<&Value> {
        let Some(mut steps) = table.text_of("lines").and_then(|text| path::parse(text).ok()) else {
            return Vec::new();
        };
        steps.push((Step::Each, 0..0));
        match look(&self.records(entity), &steps) {
            Look::Found(values) => values,
            _ => Vec::new(),
        }
    }
}

/// What stands at `steps` in any of `values`.
pub(super) fn look<'s>(values: &[&'s Value], steps: &Steps) -> Look<'s> {
    let mut here: Vec<&'s Value> = values.to_vec();
    if here.is_empty() {
        return Look::Unknown;
    }
    for (position, (step, _)) in steps.iter().enumerate() {
        let next: Vec<&'s Value> = here.iter().flat_map(|value| go(value, step)).collect();
        if next.is_empty() {
            return nothing(&here, step, position);
        }
        here = next;
    }
    Look::Found(here)
}

fn go<'s>(value: &'s Value, step: &Step) -> Vec<&'s Value> {
    match (step, value) {
        (Step::Key(name), Value::Object(object)) => object.get(name).into_iter().collect(),
        (Step::Index(_) | Step::Each, Value::Array(items)) => items.iter().collect(),
        (Step::Item { member, text }, Value::Array(items)) => {
            let is_it = |item: &&Value| is_item(item, member, text);
            items.iter().find(is_it).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn nothing<'s>(here: &[&'s Value], step: &Step, position: usize) -> Look<'s> {
    let is_blank = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        // WordPress writes an empty object as an empty list, and others the other way round.
        Value::Object(object) => object.is_empty(),
        _ => false,
    };
    if here.iter().any(|value| is_blank(value)) {
        return Look::Unknown;
    }
    let keys: Vec<&str> =
        here.iter().filter_map(|value| value.as_object()).flatten().map(|(key, _)| key.as_str()).collect();
    match (step, keys.is_empty()) {
        (Step::Key(_), false) => {
            let mut keys = keys;
            keys.sort_unstable();
            keys.dedup();
            Look::Missing(position, keys)
        }
        _ => Look::NoParts(position, here.first().map_or("nothing", |value| kind(value))),
    }
}

/// What a path asks for that a sample does not have.
pub(super) struct Lack {
    /// The step of the path.
    pub(super) position: usize,
    pub(super) message: String,
    pub(super) help: String,
    /// The sample has nearly this name.
    pub(super) looks_misspelt: bool,
}

/// What `look` lacks of `steps`, if it is sure; `start` is what the path starts at, "record" or "line".
pub(super) fn lack(look: &Look<'_>, steps: &Steps, start: &str) -> Option<Lack> {
    let step = |position: usize| match &steps[position].0 {
        Step::Key(name) => format!("`{name}`"),
        Step::Index(index) => format!("`[{index}]`"),
        Step::Each => "items".to_owned(),
        Step::Item { member, text } => format!("item whose `{member}` is `{text}`"),
    };
    let around = |position: usize| if position == 0 { format!("the {start}") } else { step(position - 1) };
    match look {
        Look::Found(_) | Look::Unknown => None,
        Look::Missing(position, keys) => {
            let wanted = step(*position);
            let message = format!("{} has no {wanted} in the sample", around(*position));
            let wanted = wanted.trim_matches('`');
            let looks_misspelt = suggest::is_misspelt(wanted, keys.iter().copied());
            let help = suggest::instead_of(wanted, "key", keys);
            Some(Lack { position: *position, message, help, looks_misspelt })
        }
        Look::NoParts(position, kind) => {
            let message =
                format!("{} is {kind} in the sample and has no {}", around(*position), step(*position));
            let help = "Compare the path with the sample.".to_owned();
            Some(Lack { position: *position, message, help, looks_misspelt: false })
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true/false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn read(base_dir: &Path, file: &str) -> Result<Value, (String, String)> {
    let is_inside =
        Path::new(file).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !is_inside {
        let message = format!("the sample `{file}` is not beside the definition");
        return Err((
            message,
            "Put it into the definition's folder or one below, and write its relative path.".to_owned(),
        ));
    }
    let path = base_dir.join(file);
    let text = crate::document::read::read(&path, "the sample").map_err(|problem| {
        let help =
            format!("Save one record as the external system sends it as `{file}`, or remove `sample`.");
        (format!("the sample `{file}` cannot be used: {}", problem.message), help)
    })?;
    let record: Value = serde_json::from_str(&text).map_err(|error| {
        (format!("the sample `{file}` is not JSON: {error}"), "Save the answer's body as it came.".to_owned())
    })?;
    match record {
        Value::Object(_) => Ok(record),
        other => Err((
            format!("the sample `{file}` holds {} where one record is expected", kind(&other)),
            "Keep one record of the list, an object in braces.".to_owned(),
        )),
    }
}
