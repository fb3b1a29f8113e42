//! What stands inside a record: lines, which are written with it, and embedded records, which are entities of their own.

use std::borrow::Cow;
use std::collections::BTreeSet;

use pyexpr::Json;

use super::convert;
use super::map::{Embedded, Got, Held, MappedLine, Scope};
use super::path::Found;
use super::plan::{LinesPart, LinesPlan, Origin, Rule};
use super::problem::Problem;
use super::run::{Place, Run};
use super::value::OdooValue;

impl<'r> Run<'r> {
    pub(super) fn embed(
        &mut self,
        rule: &'r Rule,
        origin: &'r Origin,
        line: Option<&'r Json<'r>>,
        place: Place<'_>,
    ) -> Option<OdooValue<'r>> {
        let got = match self.plans.origin(origin, self.scope, line) {
            Ok(got) => got,
            Err(reason) => {
                self.problem(rule, place, None, reason);
                return None;
            }
        };
        let entity = rule.relation?;
        match got {
            Got::Other(records) if rule.many => return self.embed_each(rule, entity, &records, place),
            Got::Other(record) if matches!(*record, Json::Object(_)) => {
                let parent = Some(self.scope.record);
                match self.embedded_id(entity, &record, parent) {
                    Ok(id) => {
                        self.embedded.push(Embedded { entity, external_id: Cow::Owned(id.clone()), record });
                        return Some(OdooValue::Relation { entity, external_id: Cow::Owned(id) });
                    }
                    Err(problem) => self.problem(rule, place, Some(&record), problem.to_string()),
                }
            }
            Got::Null | Got::Absent if rule.required => {
                self.problem(rule, place, None, "nothing stands here, but it is required");
            }
            Got::Null => return Some(OdooValue::Empty),
            Got::Absent if rule.optional => {}
            Got::Absent => self.problem(rule, place, None, "the record has no such object"),
            Got::Value(value) => {
                let shown = Json::Str(value.to_string().into());
                let wanted = if rule.many { "a list of objects" } else { "an object" };
                self.problem(rule, place, Some(&shown), format!("{wanted} is expected here"));
            }
            Got::Other(json) => self.problem(rule, place, Some(&json), "an object is expected here"),
        }
        None
    }

    /// Several records that stand inside this one.
    fn embed_each(
        &mut self,
        rule: &'r Rule,
        entity: u16,
        records: &Json<'_>,
        place: Place<'_>,
    ) -> Option<OdooValue<'r>> {
        let Json::Array(records) = records else {
            self.problem(rule, place, Some(records), "a list of objects is expected here");
            return None;
        };
        let mut ids = BTreeSet::new();
        let problems = self.problems.len();
        for (position, record) in records.iter().enumerate() {
            let id = match record {
                Json::Object(_) => {
                    let id = self.embedded_id(entity, record, Some(self.scope.record));
                    id.map_err(|problem| format!("the item at position {position}: {problem}"))
                }
                _ => Err(format!("the item at position {position} is no object")),
            };
            match id {
                Ok(id) => {
                    let record = Held::Made(record.clone().into_owned());
                    self.embedded.push(Embedded { entity, external_id: Cow::Owned(id.clone()), record });
                    ids.insert(id);
                }
                Err(reason) => self.problem(rule, place, Some(record), reason),
            }
        }
        if self.problems.len() > problems {
            return None;
        }
        if ids.is_empty() && rule.required {
            self.problem(rule, place, None, "nothing stands here, but it is required");
            return None;
        }
        Some(match ids.is_empty() {
            true => OdooValue::Empty,
            false => OdooValue::Relations { entity, external_ids: ids.into_iter().map(Cow::Owned).collect() },
        })
    }

    fn embedded_id(
        &self,
        entity: u16,
        record: &Json<'_>,
        parent: Option<&Json<'_>>,
    ) -> Result<String, Problem> {
        let id = self.plans.external_id(entity, Scope { record, parent })?;
        Ok(id.into_owned())
    }

    pub(super) fn lines(&mut self, name: &str, plan: &'r LinesPlan) -> Vec<MappedLine<'r>> {
        let mut lines = Vec::new();
        for part in &plan.parts {
            let listed = match self.plans.origin(&part.source, self.scope, None) {
                Ok(Got::Other(json)) => json,
                Ok(Got::Null) => continue,
                Ok(_) => {
                    self.problems.push(Problem::new(
                        name,
                        part.source.text(),
                        None,
                        "a list of lines is expected here",
                    ));
                    continue;
                }
                Err(reason) => {
                    self.problems.push(Problem::new(name, part.source.text(), None, reason));
                    continue;
                }
            };
            match listed {
                Held::Part(Json::Array(items)) => {
                    for item in items {
                        self.line(name, part, item, &mut lines);
                    }
                }
                Held::Made(Json::Array(items)) => {
                    for item in items {
                        self.made_line(name, part, &item, &mut lines);
                    }
                }
                other => {
                    let reason = "a list of lines is expected here";
                    self.problems.push(Problem::new(name, part.source.text(), Some(&other), reason));
                }
            }
        }
        lines
    }

    fn line(&mut self, name: &str, part: &'r LinesPart, item: &'r Json<'r>, lines: &mut Vec<MappedLine<'r>>) {
        let place = Place(Some((name, lines.len())));
        let key = match part.key.find(item) {
            Found::Value(Json::Int(i)) => i.to_string(),
            Found::Value(Json::Str(text)) if text.contains('\0') => {
                self.problems.push(Problem::new(name, part.key.text(), Some(item), convert::NUL));
                return;
            }
            Found::Value(Json::Str(text)) if !text.is_empty() => text.to_string(),
            _ => {
                let reason = "a line needs an id here, so that a repeat changes it and adds none";
                self.problems.push(Problem::new(name, part.key.text(), Some(item), reason));
                return;
            }
        };
        let key = match &part.name {
            Some(name) => format!("{name}-{key}"),
            None => key,
        };
        if lines.iter().any(|line| line.key == key) {
            self.problems.push(Problem::new(
                name,
                part.key.text(),
                Some(item),
                format!("two lines have the id {key}"),
            ));
            return;
        }
        let (mut values, mut for_new) = (Vec::with_capacity(part.fields.len()), Vec::new());
        for (column, rule) in &part.fields {
            self.for_new = false;
            let Some(value) = self.value(rule, Some(item), place) else { continue };
            values.push((*column, value));
            if self.for_new {
                for_new.push(*column);
            }
        }
        lines.push(MappedLine { key, values, for_new });
    }

    /// A line made by an expression lives only here, so its values are copied.
    fn made_line(&mut self, name: &str, part: &LinesPart, item: &Json<'_>, lines: &mut Vec<MappedLine<'r>>) {
        let mut run = Run::new(self.plans, self.scope);
        let without_values = |line: &MappedLine<'_>| MappedLine {
            key: line.key.clone(),
            values: Vec::new(),
            for_new: Vec::new(),
        };
        let mut made = lines.iter().map(without_values).collect();
        run.line(name, part, item, &mut made);
        let (problems, embedded) = (run.problems, run.embedded);
        if let Some(line) = made.drain(lines.len()..).next() {
            let values =
                line.values.into_iter().map(|(column, value)| (column, value.into_owned())).collect();
            lines.push(MappedLine { key: line.key, values, for_new: line.for_new });
        }
        self.problems.extend(problems);
        for record in embedded {
            self.embedded.push(record.into_owned());
        }
    }
}

impl Embedded<'_> {
    fn into_owned(self) -> Embedded<'static> {
        Embedded {
            entity: self.entity,
            external_id: Cow::Owned(self.external_id.into_owned()),
            record: Held::Made((*self.record).clone().into_owned()),
        }
    }
}
