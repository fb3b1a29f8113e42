//! Cells into values. A cell that does not fit leaves a message and its field untouched; the record is tried all the
//! same, so that one call tells of all problems.

use serde_json::{Value as Json, json};

use super::columns::{Cell, Record};
use super::message::{Log, possible_values};
use crate::odoo::error::{Class, Error, Outcome};
use crate::odoo::messages;
use crate::odoo::orm::{Command, Env, Input, Vals};
use crate::odoo::schema::{FieldId, Kind, ModelId};
use crate::odoo::spec::Series;
use crate::odoo::value::Value;

/// The database id in the record's own `.id` column, if such a record is there and not archived.
pub(super) fn own_id(
    env: &mut Env<'_>,
    model: ModelId,
    record: &Record,
    log: &mut Log<'_>,
) -> Outcome<Option<u32>> {
    let Some(text) = record.text(".id") else { return Ok(None) };
    let Ok(id) = text.trim().parse::<u32>() else {
        let message = format!("invalid input syntax for type integer: \"{text}\"\n");
        return Err(Error::new(Class::InvalidText, message));
    };
    let active = env.model(model).field("active").filter(|_| env.context.active_test);
    if env.db.table(model).contains(id)
        && active.is_none_or(|active| env.db.field(model, id, active).truthy())
    {
        return Ok(Some(id));
    }
    log.plain(".id", env.say(messages::UNKNOWN_DB_ID, &[text]));
    Ok(None)
}

/// The values of a record; an empty cell empties its field.
pub(super) fn vals(env: &mut Env<'_>, model: ModelId, record: &Record, log: &mut Log<'_>) -> Outcome<Vals> {
    let mut vals = Vec::with_capacity(record.cells.len());
    let errors = log.errors();
    for (name, cell) in &record.cells {
        if log.stopped(errors) {
            break;
        }
        if matches!(name.as_str(), "" | "id" | ".id") {
            continue;
        }
        let field = env.field_of(model, name)?;
        match cell {
            Cell::Text(text) => {
                if let Some(value) = plain(env, model, field, text, log) {
                    vals.push((field, Input::Value(value)));
                }
            }
            Cell::Records(records) => {
                if let Some(input) = related(env, model, field, records, log)? {
                    vals.push((field, input));
                }
            }
        }
    }
    Ok(vals)
}

fn plain(env: &mut Env<'_>, model: ModelId, field: FieldId, text: &str, log: &mut Log<'_>) -> Option<Value> {
    let of = env.field(model, field);
    if text.is_empty() {
        return Some(if of.kind == Kind::Boolean { Value::Bool(false) } else { Value::Unset });
    }
    let (refused, more) = match &of.kind {
        Kind::Boolean => match text.to_lowercase().as_str() {
            "1" | "true" | "yes" | "نعم" => return Some(Value::Bool(true)),
            "0" | "false" | "no" | "لا" => return Some(Value::Bool(false)),
            _ => (messages::UNKNOWN_BOOLEAN, Some(json!(env.say(messages::USE_BOOLEAN, &[])))),
        },
        Kind::Integer => match text.trim().parse() {
            Ok(number) => return Some(Value::Int(number)),
            Err(_) => (messages::NOT_INTEGER, None),
        },
        Kind::Float(_) | Kind::Monetary => match text.trim().parse() {
            Ok(number) => return Some(env.rounded(&of.kind, Value::Float(number))),
            Err(_) => (messages::NOT_NUMBER, None),
        },
        Kind::Date => match text.parse::<jiff::civil::Date>() {
            Ok(_) if text.len() == 10 => return Some(Value::text(text)),
            _ => (messages::NOT_DATE, Some(json!(env.say(messages::USE_DATE, &["2012-12-31"])))),
        },
        Kind::Datetime => match moment(env, text) {
            Some(moment) => return Some(Value::Text(moment)),
            None => {
                (messages::NOT_DATETIME, Some(json!(env.say(messages::USE_DATE, &["2012-12-31 23:59:59"]))))
            }
        },
        Kind::Selection(options) => {
            match options
                .iter()
                .find(|(value, label)| *value == text || label.to_lowercase() == text.to_lowercase())
            {
                Some((value, _)) => return Some(Value::text(*value)),
                None => {
                    let labels: Vec<&str> = options.iter().map(|(_, label)| *label).collect();
                    (messages::NOT_IN_SELECTION, Some(json!(labels)))
                }
            }
        }
        _ => return Some(Value::text(text)),
    };
    let text = env.say(refused, &[text, &log.label(of.label)]);
    log.refuse(of.name, of.label, text, more);
    None
}

/// A moment in a cell is in the caller's time zone: the one of the context, or UTC.
fn moment(env: &Env<'_>, text: &str) -> Option<String> {
    let text = if text.len() == 10 { format!("{text} 00:00:00") } else { text.to_owned() };
    if text.len() != 19 || text.as_bytes()[10] != b' ' {
        return None;
    }
    let moment: jiff::civil::DateTime = text.parse().ok()?;
    let zone = env.context.tz.as_deref().and_then(|zone| jiff::tz::TimeZone::get(zone).ok());
    let zoned = moment.to_zoned(zone.unwrap_or(jiff::tz::TimeZone::UTC)).ok()?;
    Some(crate::odoo::pack::moment_of(zoned.timestamp()))
}

fn related(
    env: &mut Env<'_>,
    model: ModelId,
    field: FieldId,
    records: &[Record],
    log: &mut Log<'_>,
) -> Outcome<Option<Input>> {
    let of = env.field(model, field);
    let (name, label, kind) = (of.name, of.label, of.kind.clone());
    let link = Link { model, field, name, label };
    match kind {
        Kind::Many2one(target) => {
            let target = env.schema().known(target);
            let Some((column, text)) = records.first().and_then(only_text) else {
                return Ok(Some(Input::Value(Value::Unset)));
            };
            Ok(find(env, &link, target, column, text, log).map(|id| Input::Value(Value::link(id))))
        }
        Kind::Many2many(target) => {
            let target = env.schema().known(target);
            let mut ids = Vec::new();
            for (column, text) in records.iter().filter_map(only_text) {
                for part in text.split(',') {
                    match find(env, &link, target, column, part, log) {
                        Some(id) => ids.push(id),
                        None => return Ok(None),
                    }
                }
            }
            Ok(Some(Input::Commands(vec![Command::Set(ids)])))
        }
        Kind::One2many(target, _) => {
            let target = env.schema().known(target);
            let mut commands = Vec::new();
            for record in records {
                match line(env, &link, target, record, log)? {
                    Some(of_line) => commands.extend(of_line),
                    None => return Ok(None),
                }
            }
            Ok(Some(Input::Commands(commands)))
        }
        _ => Ok(None),
    }
}

/// The relation that a cell is about.
struct Link {
    model: ModelId,
    field: FieldId,
    name: &'static str,
    label: &'static str,
}

/// One record of a one2many: updated if its id is known, created with its external id if not.
fn line(
    env: &mut Env<'_>,
    link: &Link,
    target: ModelId,
    record: &Record,
    log: &mut Log<'_>,
) -> Outcome<Option<Vec<Command>>> {
    let errors = log.errors();
    let vals = log.inside(link.name, link.label, |log| vals(env, target, record, log))?;
    if log.errors() > errors {
        return Ok(None);
    }
    if let Some(xmlid) = record.text("id") {
        let xmlid = env.complete_xmlid(xmlid);
        // An external id of another model is taken over by the new line, in Odoo too.
        let known = env.find_xmlid(&xmlid).filter(|(model, _)| *model == target).map(|(_, id)| id);
        return Ok(Some(match known {
            Some(id) => vec![Command::Link(id), Command::Update(id, vals)],
            None => vec![Command::Create(vals, Some(xmlid))],
        }));
    }
    let Some(text) = record.text(".id") else { return Ok(Some(vec![Command::Create(vals, None)])) };
    let found = find(env, link, target, ".id", text, log);
    Ok(found.map(|id| vec![Command::Link(id), Command::Update(id, vals)]))
}

/// The one filled cell that says which record is meant: column (`id`, `.id`, empty for the name) and text.
fn only_text(record: &Record) -> Option<(&str, &str)> {
    record.cells.iter().find_map(|(column, cell)| match cell {
        Cell::Text(text) if !text.is_empty() => Some((column.as_str(), text.as_str())),
        _ => None,
    })
}

fn find(
    env: &mut Env<'_>,
    link: &Link,
    target: ModelId,
    column: &str,
    text: &str,
    log: &mut Log<'_>,
) -> Option<u32> {
    let label = log.label(link.label);
    let (found, what) = match column {
        ".id" => match text.trim().parse::<u32>() {
            Ok(id) => (Some(id).filter(|id| by_database_id(env, target, *id)), messages::DATABASE_ID),
            Err(_) => {
                let more = possible_values(env, target, true);
                log.refuse(
                    link.name,
                    link.label,
                    env.say(messages::INVALID_DB_ID, &[text, &label]),
                    Some(more),
                );
                return None;
            }
        },
        "id" => (by_xmlid(env, link, target, text, log)?, messages::EXTERNAL_ID),
        "" => (by_name(env, link, target, text, log), messages::NAME),
        _ => {
            log.plain(link.name, env.say(messages::NO_INDIRECT, &[]));
            return None;
        }
    };
    if found.is_none() {
        let what_text = env.say(what, &[]);
        let message = env.say(messages::NO_MATCH, &[&what_text, text, &label]);
        let more = possible_values(env, target, what != messages::NAME);
        log.refuse(link.name, link.label, message, Some(more));
    }
    found
}

/// Until 16.0 an archived record is not found by its id.
fn by_database_id(env: &Env<'_>, target: ModelId, id: u32) -> bool {
    let hidden = env.series() == Series::V16 && env.context.active_test;
    let active = env.model(target).field("active").filter(|_| hidden);
    env.db.table(target).contains(id) && active.is_none_or(|active| env.db.field(target, id, active).truthy())
}

/// `None` if the complaint is made already.
fn by_xmlid(
    env: &mut Env<'_>,
    link: &Link,
    target: ModelId,
    text: &str,
    log: &mut Log<'_>,
) -> Option<Option<u32>> {
    let xmlid = env.complete_xmlid(text);
    match env.find_xmlid(&xmlid) {
        Some((model, id)) if model == target => Some(Some(id)),
        Some((model, _)) if env.series() < Series::V19 => {
            let (wanted, found) = (env.model(target).name, env.model(model).name);
            log.plain(link.name, env.say(messages::WRONG_XMLID_MODEL, &[&xmlid, wanted, found]));
            None
        }
        _ => Some(None),
    }
}

/// Several matches are a warning: the first is taken.
fn by_name(env: &mut Env<'_>, link: &Link, target: ModelId, text: &str, log: &mut Log<'_>) -> Option<u32> {
    debug_assert!(env.field(link.model, link.field).kind.relation().is_some());
    let matches =
        env.elevated(|env| env.name_search(target, text, &Json::Null, "=", None)).unwrap_or_default();
    if matches.len() > 1 {
        let template =
            if env.series() == Series::V16 { messages::MANY_MATCHES_16 } else { messages::MANY_MATCHES };
        let label = log.label(link.label);
        log.warn(link.name, env.say(template, &[text, &label, &matches.len().to_string()]));
    }
    matches.first().map(|(id, _)| *id)
}
