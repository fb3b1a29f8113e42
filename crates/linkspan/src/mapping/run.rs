//! One run of a plan over a record, field by field; all problems are kept.

use std::borrow::Cow;
use std::collections::BTreeSet;

use pyexpr::{Expression, Json};

use super::convert;
use super::map::{Embedded, Got, NULL, Scope, evaluate, is_blank};
use super::path::Found;
use super::plan::{From, Origin, Plans, Rule};
use super::problem::Problem;
use super::value::OdooValue;
use crate::definition::entity::{Blank, Converter};

/// Which line of which field a rule works on. Only a problem makes text of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a>(pub(super) Option<(&'a str, usize)>);

impl Place<'_> {
    fn field(self, name: &str) -> String {
        match self.0 {
            Some((lines, position)) => format!("{lines}[{position}].{name}"),
            None => name.to_owned(),
        }
    }
}

pub(super) struct Run<'r> {
    pub(super) plans: &'r Plans,
    pub(super) scope: Scope<'r>,
    pub(super) problems: Vec<Problem>,
    pub(super) embedded: Vec<Embedded<'r>>,
    /// The last case that was chosen is for new lines.
    pub(super) for_new: bool,
}

impl<'r> Run<'r> {
    pub(super) fn new(plans: &'r Plans, scope: Scope<'r>) -> Run<'r> {
        Run { plans, scope, problems: Vec::new(), embedded: Vec::new(), for_new: false }
    }

    pub(super) fn keep<T>(&mut self, outcome: Result<T, Problem>) -> Option<T> {
        outcome.map_err(|problem| self.problems.push(problem)).ok()
    }

    pub(super) fn problem(
        &mut self,
        rule: &Rule,
        place: Place<'_>,
        value: Option<&Json<'_>>,
        reason: impl Into<String>,
    ) {
        let path = match &rule.from {
            From::Origin(origin) | From::Embed(origin) => origin.text(),
            From::Constant(_) | From::Choose(_) | From::Lines => "",
        };
        self.problems.push(Problem::new(&place.field(&rule.name), path, value, reason));
    }

    /// Adds the value of a field that is as it should be at its path, which most fields are. [`Run::value`] would make
    /// the same; handing a value through all of its steps costs more than making it, and so does handing one on from
    /// here: each kind is made where it is to stand. False wherever there is more to decide or to tell.
    #[inline(always)]
    pub(super) fn push_plain(
        &self,
        rule: &'r Rule,
        position: u16,
        values: &mut Vec<(u16, OdooValue<'r>)>,
    ) -> bool {
        let From::Origin(Origin::Path(path)) = &rule.from else { return false };
        let Found::Value(json) = path.find(self.scope.record) else { return false };
        let mut push = |value| {
            values.push((position, value));
            true
        };
        match (json, rule.convert) {
            (Json::Str(text), _) => push_plain_text(rule, text, push),
            _ if rule.values.is_some() => false,
            (Json::Int(id), _) if let Some(entity) = rule.relation => {
                push(OdooValue::Relation { entity, external_id: Cow::Owned(id.to_string()) })
            }
            (Json::Int(number), None | Some(Converter::Integer)) => push(OdooValue::Int(*number)),
            (Json::Bool(flag), None | Some(Converter::Boolean)) if rule.relation.is_none() => {
                push(OdooValue::Bool(*flag))
            }
            _ => false,
        }
    }

    /// The field's value; `None` when it is left alone or has a problem.
    pub(super) fn value(
        &mut self,
        rule: &'r Rule,
        line: Option<&'r Json<'r>>,
        place: Place<'_>,
    ) -> Option<OdooValue<'r>> {
        match &rule.from {
            From::Constant(value) => Some(value.borrowed()),
            From::Origin(origin) => match self.plans.origin(origin, self.scope, line) {
                Ok(got) => self.made_of(rule, got, line, place),
                Err(reason) => {
                    self.problem(rule, place, None, reason);
                    None
                }
            },
            From::Embed(origin) => self.embed(rule, origin, line, place),
            From::Choose(cases) => self.choose(rule, cases, line, place),
            From::Lines => None,
        }
    }

    fn made_of(
        &mut self,
        rule: &'r Rule,
        got: Got<'r>,
        line: Option<&'r Json<'r>>,
        place: Place<'_>,
    ) -> Option<OdooValue<'r>> {
        let value = match got {
            Got::Absent => {
                if rule.default.is_none() && !rule.optional {
                    self.problem(rule, place, None, "the record has no such value; the definition may give a default or say optional = true");
                }
                return rule.default.as_ref().map(OdooValue::borrowed);
            }
            Got::Null => return self.blank(rule, rule.null, "null", place),
            Got::Value(OdooValue::Text(text)) if rule.values.is_none() && is_blank(&text) => {
                return self.blank(rule, rule.empty, "empty", place);
            }
            Got::Other(json) if rule.many => return self.related(rule, &json, place),
            Got::Value(_) if rule.many => {
                let shown = self.found(rule, line);
                self.problem(rule, place, shown.as_ref(), "a list is expected here");
                return None;
            }
            Got::Other(json) => {
                self.problem(rule, place, Some(&json), convert::not_one_value(&json));
                return None;
            }
            Got::Value(value) => value,
        };
        match self.finish(rule, value, line) {
            // HTML without any text in it.
            Ok(OdooValue::Text(text)) if text.is_empty() && rule.values.is_none() => {
                self.blank(rule, rule.empty, "empty", place)
            }
            Ok(value) => Some(value),
            Err(reason) => {
                let shown = self.found(rule, line);
                self.problem(rule, place, shown.as_ref(), reason);
                None
            }
        }
    }

    /// The related records that a list names. Each item has to be an id: one that is not is a problem, not left out.
    fn related(&mut self, rule: &'r Rule, list: &Json<'_>, place: Place<'_>) -> Option<OdooValue<'r>> {
        let (Json::Array(items), Some(entity)) = (list, rule.relation) else {
            self.problem(rule, place, Some(list), "a list is expected here");
            return None;
        };
        let mut ids = BTreeSet::new();
        let problems = self.problems.len();
        for (position, item) in items.iter().enumerate() {
            match item {
                Json::Str(text) if text.contains('\0') => self.problem(rule, place, Some(item), convert::NUL),
                Json::Str(text) if !is_blank(text) => drop(ids.insert(text.to_string())),
                Json::Int(number) => drop(ids.insert(number.to_string())),
                _ => {
                    let reason = format!(
                        "the item at position {position} is no id of a related record: text or a whole number is expected"
                    );
                    self.problem(rule, place, Some(item), reason);
                }
            }
        }
        if self.problems.len() > problems {
            return None;
        }
        if ids.is_empty() {
            return self.blank(rule, rule.empty, "empty", place);
        }
        Some(OdooValue::Relations { entity, external_ids: ids.into_iter().map(Cow::Owned).collect() })
    }

    /// What the rule starts from, once more and as text, for a problem: most values have none and need no copy.
    fn found(&self, rule: &'r Rule, line: Option<&'r Json<'r>>) -> Option<Json<'static>> {
        let From::Origin(origin) = &rule.from else { return None };
        match self.plans.origin(origin, self.scope, line) {
            Ok(Got::Value(value)) => Some(Json::Str(value.to_string().into())),
            _ => None,
        }
    }

    /// Value table, relation, converter.
    fn finish(
        &self,
        rule: &'r Rule,
        value: OdooValue<'r>,
        line: Option<&'r Json<'r>>,
    ) -> Result<OdooValue<'r>, String> {
        if let Some(values) = &rule.values {
            let key = match &value {
                OdooValue::Text(text) => Cow::Borrowed(&**text),
                OdooValue::Bool(b) => Cow::Borrowed(if *b { "true" } else { "false" }),
                other => Cow::Owned(other.to_string()),
            };
            let found = values.binary_search_by(|(external, _)| external.as_str().cmp(&key));
            return found.map(|position| values[position].1.borrowed()).map_err(|_| {
                let known: Vec<&str> = values.iter().map(|(external, _)| external.as_str()).collect();
                format!(
                    "\"{key}\" is not in the value table ({}); add it to the definition",
                    known.join(", ")
                )
            });
        }
        if let Some(entity) = rule.relation {
            let external_id = match value {
                OdooValue::Text(text) => text,
                OdooValue::Int(i) => Cow::Owned(i.to_string()),
                _ => return Err("an id of a related record is text or a whole number".to_owned()),
            };
            return Ok(OdooValue::Relation { entity, external_id });
        }
        match (rule.convert, &rule.country) {
            (None, _) => Ok(value),
            (Some(Converter::State), Some(country)) => {
                match country.find(line.unwrap_or(self.scope.record)) {
                    Found::Value(country) => match convert::scalar(country)? {
                        // An address without a country has no state either.
                        Some(OdooValue::Text(text)) if text.is_empty() => Ok(OdooValue::Empty),
                        Some(country) => convert::state(value, country),
                        None => Ok(OdooValue::Empty),
                    },
                    Found::Absent | Found::Null => Ok(OdooValue::Empty),
                }
            }
            (Some(converter), _) => convert::convert(converter, value, &rule.zone),
        }
    }

    fn blank(
        &mut self,
        rule: &'r Rule,
        blank: Blank,
        found: &str,
        place: Place<'_>,
    ) -> Option<OdooValue<'r>> {
        match blank {
            Blank::Clear => Some(OdooValue::Empty),
            Blank::Skip => None,
            Blank::Default => rule.default.as_ref().map(OdooValue::borrowed),
            Blank::Error => {
                self.problem(rule, place, None, format!("the value is {found} but required"));
                None
            }
        }
    }

    fn choose(
        &mut self,
        rule: &'r Rule,
        cases: &'r [(Option<Expression>, Rule)],
        line: Option<&'r Json<'r>>,
        place: Place<'_>,
    ) -> Option<OdooValue<'r>> {
        for (when, case) in cases {
            let applies = match when {
                None => Ok(true),
                Some(when) => {
                    let parent = self.scope.parent.unwrap_or(&NULL);
                    let values = [
                        self.scope.record,
                        &self.plans.settings,
                        &self.plans.company,
                        parent,
                        line.unwrap_or(&NULL),
                    ];
                    evaluate(when, values).map(|value| value.truthy())
                }
            };
            match applies {
                Ok(true) => {
                    self.for_new = case.for_new;
                    return self.value(case, line, place);
                }
                Ok(false) => {}
                Err(reason) => {
                    self.problem(rule, place, None, reason);
                    return None;
                }
            }
        }
        None
    }
}

/// Adds what a rule makes of a text that is as it should be.
#[inline(always)]
fn push_plain_text<'r>(rule: &'r Rule, text: &'r str, mut push: impl FnMut(OdooValue<'r>) -> bool) -> bool {
    if is_blank(text) {
        return rule.values.is_none() && rule.empty == Blank::Clear && push(OdooValue::Empty);
    }
    if text.contains('\0') {
        return false;
    }
    if let Some(values) = &rule.values {
        let found = values.binary_search_by(|(external, _)| external.as_str().cmp(text));
        return found.is_ok_and(|position| push(values[position].1.borrowed()));
    }
    if let Some(entity) = rule.relation {
        return push(OdooValue::Relation { entity, external_id: Cow::Borrowed(text) });
    }
    match rule.convert {
        None | Some(Converter::Text) => push(OdooValue::Text(Cow::Borrowed(text))),
        Some(Converter::Trim) => push(OdooValue::Text(Cow::Borrowed(text.trim()))),
        Some(Converter::Decimal) => {
            convert::decimal_of(text).is_ok_and(|decimal| push(OdooValue::Decimal(decimal)))
        }
        Some(Converter::Date) => {
            convert::date_of(text, &rule.zone).is_ok_and(|date| push(OdooValue::Date(date)))
        }
        Some(Converter::Datetime) => {
            convert::datetime_of(text, &rule.zone).is_ok_and(|at| push(OdooValue::DateTime(at)))
        }
        // One needs the country, the other may leave nothing.
        Some(Converter::State | Converter::HtmlToText) => false,
        Some(converter) => {
            let value = convert::convert(converter, OdooValue::Text(Cow::Borrowed(text)), &rule.zone);
            value.is_ok_and(push)
        }
    }
}
