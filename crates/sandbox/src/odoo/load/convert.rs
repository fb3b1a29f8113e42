//! Cells into values. A cell that does not fit leaves a message and an empty field.

use super::Message;
use super::columns::{Cell, Record};
use crate::odoo::error::Outcome;
use crate::odoo::messages;
use crate::odoo::orm::{Command, Env, Input, Vals};
use crate::odoo::schema::{FieldId, Kind, ModelId};
use crate::odoo::value::Value;

/// Where messages about the current record go.
pub(super) struct Log<'a> {
    pub(super) messages: &'a mut Vec<Message>,
    pub(super) place: (usize, usize, usize),
}

impl Log<'_> {
    fn add(&mut self, warning: bool, field: &str, text: String) {
        let field = Some(field.to_owned());
        self.messages.push(Message { warning, text, field, more: None, place: Some(self.place) });
    }
}

/// The database id in the record's own `.id` column, if such a record is there and not archived.
pub(super) fn own_id(env: &mut Env<'_>, model: ModelId, record: &Record, log: &mut Log<'_>) -> Option<u32> {
    let text = record.text(".id")?;
    let id: Option<u32> = text.parse().ok();
    let found = id.filter(|id| {
        let active = env.model(model).field("active").filter(|_| env.context.active_test);
        env.db.table(model).contains(*id)
            && active.is_none_or(|active| env.db.field(model, *id, active).truthy())
    });
    if found.is_none() {
        let text = env.say(messages::UNKNOWN_DB_ID, &[text]);
        log.add(false, ".id", text);
    }
    found
}

/// The values of a record; a relation column that names nothing is emptied, as any empty cell.
pub(super) fn vals(env: &mut Env<'_>, model: ModelId, record: &Record, log: &mut Log<'_>) -> Outcome<Vals> {
    let mut vals = Vec::with_capacity(record.cells.len());
    for (name, cell) in &record.cells {
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
    let definition = env.field(model, field);
    let (name, label) = (definition.name, definition.label);
    if text.is_empty() {
        return Some(if definition.kind == Kind::Boolean { Value::Bool(false) } else { Value::Unset });
    }
    let refused = match &definition.kind {
        Kind::Boolean => return Some(boolean(env, name, label, text, log)),
        Kind::Integer => match text.trim().parse() {
            Ok(number) => return Some(Value::Int(number)),
            Err(_) => messages::NOT_INTEGER,
        },
        Kind::Float(_) | Kind::Monetary => match text.trim().parse() {
            Ok(number) => return Some(env.rounded(&definition.kind, Value::Float(number))),
            Err(_) => messages::NOT_NUMBER,
        },
        Kind::Date => match text.parse::<jiff::civil::Date>() {
            Ok(_) if text.len() == 10 => return Some(Value::text(text)),
            _ => messages::NOT_DATE,
        },
        Kind::Datetime => match env.moment(text) {
            Some(moment) => return Some(Value::Text(moment)),
            None => messages::NOT_DATETIME,
        },
        Kind::Selection(options) => {
            match options.iter().find(|(value, label)| *value == text || label.eq_ignore_ascii_case(text)) {
                Some((value, _)) => return Some(Value::text(*value)),
                None => messages::NOT_IN_SELECTION,
            }
        }
        _ => return Some(Value::text(text)),
    };
    let text = env.say(refused, &[text, label]);
    log.add(false, name, text);
    None
}

fn boolean(env: &Env<'_>, name: &str, label: &str, text: &str, log: &mut Log<'_>) -> Value {
    match text.to_lowercase().as_str() {
        "1" | "true" | "yes" | "نعم" => Value::Bool(true),
        "0" | "false" | "no" | "لا" => Value::Bool(false),
        _ => {
            // Odoo takes what it does not understand for "yes", and warns.
            let text = env.say(messages::UNKNOWN_BOOLEAN, &[text, label]);
            log.add(true, name, text);
            Value::Bool(true)
        }
    }
}

fn related(
    env: &mut Env<'_>,
    model: ModelId,
    field: FieldId,
    records: &[Record],
    log: &mut Log<'_>,
) -> Outcome<Option<Input>> {
    let definition = env.field(model, field);
    let name = definition.name;
    match definition.kind {
        Kind::Many2one(target) => {
            let target = env.schema().known(target);
            let Some(record) = records.first() else { return Ok(Some(Input::Value(Value::Unset))) };
            Ok(match reference(env, model, field, target, record, log) {
                Reference::None => Some(Input::Value(Value::Unset)),
                Reference::Found(id) => Some(Input::Value(Value::link(id))),
                Reference::Failed => None,
            })
        }
        Kind::Many2many(target) => {
            let target = env.schema().known(target);
            let mut ids = Vec::new();
            for record in records {
                let Some((column, text)) = only_text(record) else { continue };
                for part in text.split(',') {
                    match find(env, model, field, target, &column, part, log) {
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
                commands.extend(line(env, target, record, log, name)?);
            }
            Ok(Some(Input::Commands(commands)))
        }
        _ => Ok(None),
    }
}

/// One record of a one2many: updated if its id is known, created with its external id if not.
fn line(
    env: &mut Env<'_>,
    target: ModelId,
    record: &Record,
    log: &mut Log<'_>,
    _name: &str,
) -> Outcome<Vec<Command>> {
    let vals = vals(env, target, record, log)?;
    if let Some(xmlid) = record.text("id") {
        let xmlid = env.complete_xmlid(xmlid);
        return Ok(match env.record_of_xmlid(&xmlid, target)? {
            Some(id) => vec![Command::Link(id), Command::Update(id, vals)],
            None => vec![Command::Create(vals, Some(xmlid))],
        });
    }
    if let Some(text) = record.text(".id") {
        return Ok(match own_id(env, target, record, log) {
            Some(id) => vec![Command::Link(id), Command::Update(id, vals)],
            None => {
                let _ = text;
                Vec::new()
            }
        });
    }
    Ok(vec![Command::Create(vals, None)])
}

enum Reference {
    None,
    Found(u32),
    Failed,
}

fn reference(
    env: &mut Env<'_>,
    model: ModelId,
    field: FieldId,
    target: ModelId,
    record: &Record,
    log: &mut Log<'_>,
) -> Reference {
    match only_text(record) {
        None => Reference::None,
        Some((column, text)) => match find(env, model, field, target, &column, &text, log) {
            Some(id) => Reference::Found(id),
            None => Reference::Failed,
        },
    }
}

/// The one filled cell that says which record is meant: column (`id`, `.id` or empty for the name) and text.
fn only_text(record: &Record) -> Option<(String, String)> {
    record.cells.iter().find_map(|(column, cell)| match cell {
        Cell::Text(text) if !text.is_empty() => Some((column.clone(), text.clone())),
        _ => None,
    })
}

fn find(
    env: &mut Env<'_>,
    model: ModelId,
    field: FieldId,
    target: ModelId,
    column: &str,
    text: &str,
    log: &mut Log<'_>,
) -> Option<u32> {
    let definition = env.field(model, field);
    let (name, label) = (definition.name, definition.label);
    let (found, what) = match column {
        ".id" => match text.trim().parse::<u32>() {
            Ok(id) => (Some(id).filter(|id| env.db.table(target).contains(*id)), messages::DATABASE_ID),
            Err(_) => {
                let text = env.say(messages::INVALID_DB_ID, &[text, label]);
                log.add(false, name, text);
                return None;
            }
        },
        "id" => {
            let xmlid = env.complete_xmlid(text);
            let found = env.find_xmlid(&xmlid).filter(|(found, _)| *found == target).map(|(_, id)| id);
            (found, messages::EXTERNAL_ID)
        }
        _ => {
            let none = serde_json::Value::Null;
            let matches =
                env.elevated(|env| env.name_search(target, text, &none, "=", None)).unwrap_or_default();
            if matches.len() > 1 {
                let text = env.say(messages::MANY_MATCHES, &[text, label, &matches.len().to_string()]);
                log.add(true, name, text);
            }
            (matches.first().map(|(id, _)| *id), messages::NAME)
        }
    };
    if found.is_none() {
        let what = env.say(what, &[]);
        let text = env.say(messages::NO_MATCH, &[&what, text, label]);
        log.add(false, name, text);
    }
    found
}

impl Env<'_> {
    /// A moment in a cell is in the user's time zone; here users have none, so the context decides.
    fn moment(&self, text: &str) -> Option<String> {
        if text.len() != 19 || text.as_bytes()[10] != b' ' {
            return None;
        }
        let moment: jiff::civil::DateTime = text.parse().ok()?;
        let zone = self.context.tz.as_deref().and_then(|zone| jiff::tz::TimeZone::get(zone).ok());
        let zoned = moment.to_zoned(zone.unwrap_or(jiff::tz::TimeZone::UTC)).ok()?;
        Some(crate::odoo::pack::moment_of(zoned.timestamp()))
    }
}
