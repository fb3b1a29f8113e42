//! `load`: rows of text cells into records, all or nothing.
//!
//! `columns.rs` cuts the rows into records and their lines, `convert.rs` turns cells into values, this file writes
//! them, and `message.rs` says what went wrong.

mod columns;
mod convert;
mod message;

use serde_json::{Value as Json, json};

use super::business;
use super::error::Outcome;
use super::messages;
use super::orm::{Env, Vals};
use super::schema::ModelId;
use columns::Record;
use message::{Log, Message, Place, explain};

/// One record ready to be written.
struct Ready {
    xmlid: Option<String>,
    id: Option<u32>,
    vals: Vals,
    place: Place,
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
    let mut ids = Some(write(env, model, ready, &mut messages));
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
    let text = "could not serialize access due to concurrent update\n";
    let message = Message::error(text, (0, 0, rows.saturating_sub(1)));
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
    let mut log = Log::new(messages, place);
    let id = convert::own_id(env, model, &record, &mut log)?;
    let xmlid = record.text("id").map(|xmlid| env.complete_xmlid(xmlid));
    let vals = convert::vals(env, model, &record, &mut log)?;
    Ok(Ready { xmlid, id, vals, place })
}

/// All at once; if that fails, one by one to find out which records are to blame.
fn write(env: &mut Env<'_>, model: ModelId, ready: Vec<Ready>, messages: &mut Vec<Message>) -> Vec<u32> {
    let start = env.db.savepoint();
    let together: Outcome<Vec<u32>> = ready.iter().map(|record| write_one(env, model, record)).collect();
    let first = match together {
        Ok(ids) => return ids,
        Err(error) => error,
    };
    env.db.roll_back_to(start);
    let general = ready.first().filter(|_| first.class.is_user_error());
    let general = general.map(|record| Message::error(first.message, record.place));
    let (mut ids, mut errors) = (Vec::new(), 0);
    for (number, record) in ready.iter().enumerate() {
        let here = env.db.savepoint();
        match write_one(env, model, record) {
            Ok(id) => ids.push(id),
            Err(error) => {
                env.db.roll_back_to(here);
                messages.push(explain(env, model, error, record.place));
                errors += 1;
            }
        }
        if errors >= 10 && errors * 10 > number {
            let text = env.say(messages::TOO_MANY_ERRORS, &[]);
            messages.push(Message { warning: true, text, ..Message::default() });
            break;
        }
    }
    if let Some(general) = general.filter(|general| errors > 0 && !messages.contains(general)) {
        messages.insert(0, general);
    }
    ids
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
    business::before_loaded_create(env, model, &record.vals)?;
    let id = env.create(model, vec![record.vals.clone()])?.first().copied().unwrap_or_default();
    if let Some(xmlid) = &record.xmlid {
        env.bind_xmlid(xmlid, model, id)?;
    }
    Ok(id)
}
