//! `load`: rows of text cells into records, all or nothing.
//!
//! `columns.rs` cuts the rows into records and their lines, `convert.rs` turns cells into values, this file writes them
//! and collects what went wrong.

mod columns;
mod convert;

use serde_json::{Map, Value as Json, json};

use super::error::{Class, Error, Outcome};
use super::messages;
use super::orm::{Env, Vals};
use super::schema::ModelId;
use columns::Record;

/// One entry of `messages`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message {
    pub(crate) warning: bool,
    pub(crate) text: String,
    pub(crate) field: Option<String>,
    /// What a database error or a failed conversion says besides.
    pub(crate) more: Option<String>,
    /// Number of the record and its first and last row.
    pub(crate) place: Option<(usize, usize, usize)>,
}

impl Message {
    fn to_json(&self) -> Json {
        let mut json = Map::new();
        if let Some((record, from, to)) = self.place {
            json.insert("rows".to_owned(), json!({ "from": from, "to": to }));
            json.insert("record".to_owned(), json!(record));
        }
        json.insert("type".to_owned(), json!(if self.warning { "warning" } else { "error" }));
        json.insert("message".to_owned(), json!(self.text));
        if let Some(field) = &self.field {
            json.insert("field".to_owned(), json!(field));
        }
        if let Some(more) = &self.more {
            json.insert("moreinfo".to_owned(), json!(more));
        }
        Json::Object(json)
    }
}

/// One record ready to be written.
struct Ready {
    xmlid: Option<String>,
    id: Option<u32>,
    vals: Vals,
    place: (usize, usize, usize),
}

/// Loads `rows` under `fields`: `{ids, messages, nextrow}`.
pub(crate) fn load(
    env: &mut Env<'_>,
    model: ModelId,
    fields: &[String],
    rows: &[Vec<String>],
) -> Outcome<Json> {
    let paths = columns::paths(fields);
    let records = columns::records(env, model, &paths, rows)?;
    let start = env.db.savepoint();
    let mut messages = Vec::new();
    let mut ready = Vec::with_capacity(records.len());
    for (number, record) in records.into_iter().enumerate() {
        ready.push(prepare(env, model, number, record, &mut messages)?);
    }
    let mut ids = write(env, model, ready, &mut messages)?;
    if messages.iter().any(|message| !message.warning) {
        env.db.roll_back_to(start);
        env.stale_orders.clear();
        ids = None;
    }
    let messages: Vec<Json> = messages.iter().map(Message::to_json).collect();
    Ok(json!({ "ids": ids.map_or(Json::Bool(false), |ids| json!(ids)), "messages": messages, "nextrow": 0 }))
}

/// The answer when the database gave up because another transaction was faster: an ordinary message.
pub(crate) fn serialization_failure(rows: usize) -> Json {
    let message = Message {
        warning: false,
        text: "could not serialize access due to concurrent update\n".to_owned(),
        field: None,
        more: None,
        place: Some((0, 0, rows.saturating_sub(1))),
    };
    json!({ "ids": false, "messages": [message.to_json()], "nextrow": 0 })
}

fn prepare(
    env: &mut Env<'_>,
    model: ModelId,
    number: usize,
    record: Record,
    messages: &mut Vec<Message>,
) -> Outcome<Ready> {
    let place = (number, record.from, record.to);
    let mut log = convert::Log { messages, place };
    let id = convert::own_id(env, model, &record, &mut log);
    let xmlid = record.text("id").map(|xmlid| env.complete_xmlid(xmlid));
    let vals = convert::vals(env, model, &record, &mut log)?;
    Ok(Ready { xmlid, id, vals, place })
}

/// All at once; if that fails, one by one to find out which records are to blame.
fn write(
    env: &mut Env<'_>,
    model: ModelId,
    ready: Vec<Ready>,
    messages: &mut Vec<Message>,
) -> Outcome<Option<Vec<u32>>> {
    let start = env.db.savepoint();
    let together: Outcome<Vec<u32>> = ready.iter().map(|record| write_one(env, model, record)).collect();
    let first = match together {
        Ok(ids) => return Ok(Some(ids)),
        Err(error) => error,
    };
    env.db.roll_back_to(start);
    let general = ready.first().filter(|_| first.class.is_user_error()).map(|record| Message {
        warning: false,
        text: first.message,
        field: None,
        more: None,
        place: Some(record.place),
    });
    let (mut ids, mut errors, before) = (Vec::new(), 0, messages.len());
    for (number, record) in ready.iter().enumerate() {
        let here = env.db.savepoint();
        match write_one(env, model, record) {
            Ok(id) => ids.push(id),
            Err(error) => {
                env.db.roll_back_to(here);
                messages.push(explain(env, error, record.place));
                errors += 1;
            }
        }
        if errors >= 10 && errors * 10 > number {
            let text = env.say(messages::TOO_MANY_ERRORS, &[]);
            messages.push(Message { warning: true, text, field: None, more: None, place: None });
            break;
        }
    }
    if let Some(general) = general.filter(|general| errors > 0 && !messages.contains(general)) {
        messages.insert(before.min(0), general);
    }
    Ok(Some(ids))
}

fn write_one(env: &mut Env<'_>, model: ModelId, record: &Ready) -> Outcome<u32> {
    let known = match &record.xmlid {
        Some(xmlid) => env.record_of_xmlid(xmlid, model)?,
        None => record.id,
    };
    if let Some(id) = known {
        env.write(model, &[id], record.vals.clone())?;
        return Ok(id);
    }
    let id = env.create(model, vec![record.vals.clone()])?.first().copied().unwrap_or_default();
    if let Some(xmlid) = &record.xmlid {
        env.bind_xmlid(xmlid, model, id)?;
    }
    Ok(id)
}

/// An exception as a message: people's errors as they are, the database's in its own words, others as unknown.
fn explain(env: &Env<'_>, error: Error, place: (usize, usize, usize)) -> Message {
    let message = |text, field| Message { warning: false, text, field, more: None, place: Some(place) };
    match error.class {
        class if class.is_user_error() => message(error.message, None),
        Class::NotNull | Class::ForeignKey | Class::Serialization => match error.field.clone() {
            Some(field) if error.class == Class::NotNull => {
                let label = error.label.clone().unwrap_or_else(|| field.clone());
                message(env.say(messages::MISSING_REQUIRED, &[&label, &field]), Some(field))
            }
            _ => message(error.message, None),
        },
        class => {
            let kind = format!("<class '{}'>", class.name().trim_start_matches("builtins."));
            message(env.say(messages::UNKNOWN_IMPORT_ERROR, &[&kind, &error.message]), None)
        }
    }
}
