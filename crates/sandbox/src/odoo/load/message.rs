//! The entries of `messages`.

use serde_json::{Map, Value as Json, json};

use crate::odoo::error::{Class, Detail, Error};
use crate::odoo::messages;
use crate::odoo::orm::Env;
use crate::odoo::schema::ModelId;
use crate::odoo::spec::Series;

/// Number of a record, its first and its last row.
pub(super) type Place = (usize, usize, usize);

/// One entry of `messages`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Message {
    pub(super) warning: bool,
    pub(super) text: String,
    pub(super) field: Option<String>,
    pub(super) field_name: Option<String>,
    /// What would have been right.
    pub(super) more: Option<Json>,
    pub(super) place: Option<Place>,
}

impl Message {
    pub(super) fn error(text: impl Into<String>, place: Place) -> Message {
        Message { text: text.into(), place: Some(place), ..Message::default() }
    }

    pub(super) fn to_json(&self) -> Json {
        let mut json = Map::new();
        let mut put = |key: &str, value: Json| json.insert(key.to_owned(), value);
        if let Some((record, from, to)) = self.place {
            put("rows", json!({ "from": from, "to": to }));
            put("record", json!(record));
        }
        put("type", json!(if self.warning { "warning" } else { "error" }));
        put("message", json!(self.text));
        for (key, value) in [("field", &self.field), ("field_name", &self.field_name)] {
            if let Some(value) = value {
                put(key, json!(value));
            }
        }
        if let Some(more) = &self.more {
            put("moreinfo", more.clone());
        }
        Json::Object(json)
    }
}

/// Where messages about the current record go.
pub(super) struct Log<'a> {
    pub(super) messages: &'a mut Vec<Message>,
    pub(super) place: Place,
    /// The one2many fields that the current cell is below: outermost name and label, and all labels joined.
    above: Option<(String, String, String)>,
}

impl<'a> Log<'a> {
    pub(super) fn new(messages: &'a mut Vec<Message>, place: Place) -> Log<'a> {
        Log { messages, place, above: None }
    }

    /// Works on the cells below a one2many: their messages name it.
    pub(super) fn inside<T>(&mut self, name: &str, label: &str, work: impl FnOnce(&mut Log<'a>) -> T) -> T {
        let path = self.label(label);
        let before = self.above.take();
        self.above = Some(match &before {
            None => (name.to_owned(), label.to_owned(), path),
            Some((name, label, _)) => (name.clone(), label.clone(), path),
        });
        let result = work(self);
        self.above = before;
        result
    }

    /// Has the one2many that is worked on failed? Its first problem is the only one told.
    pub(super) fn stopped(&self, errors_before: usize) -> bool {
        self.above.is_some() && self.errors() > errors_before
    }

    /// The number of problems so far.
    pub(super) fn errors(&self) -> usize {
        self.messages.iter().filter(|message| !message.warning).count()
    }

    /// A field's label with those of the fields above it.
    pub(super) fn label(&self, label: &str) -> String {
        self.above.as_ref().map_or_else(|| label.to_owned(), |(_, _, path)| format!("{path}/{label}"))
    }

    /// A cell that does not fit.
    pub(super) fn refuse(&mut self, field: &str, label: &str, text: String, more: Option<Json>) {
        let label = self.above.as_ref().map_or(label, |(_, label, _)| label).to_owned();
        self.add(Message { field_name: Some(label), more, text, ..Message::default() }, field);
    }

    /// An error that does not say more than its text.
    pub(super) fn plain(&mut self, field: &str, text: String) {
        self.add(Message { text, ..Message::default() }, field);
    }

    pub(super) fn warn(&mut self, field: &str, text: String) {
        self.add(Message { warning: true, text, ..Message::default() }, field);
    }

    fn add(&mut self, message: Message, field: &str) {
        let field = self.above.as_ref().map_or(field, |(name, _, _)| name).to_owned();
        self.messages.push(Message { field: Some(field), place: Some(self.place), ..message });
    }
}

/// The window action that shows what a relation may be set to.
pub(super) fn possible_values(env: &Env<'_>, target: ModelId, by_id: bool) -> Json {
    let model = env.model(target).name;
    let mut action = json!({
        "name": env.say(messages::POSSIBLE_VALUES, &[]),
        "type": "ir.actions.act_window",
        "target": "new",
        "view_mode": if env.series() >= Series::V18 { "list,form" } else { "tree,form" },
        "views": [[false, "list"], [false, "form"]],
        "context": { "create": false },
        "help": env.say(messages::SEE_VALUES, &[]),
        "res_model": if by_id { "ir.model.data" } else { model },
    });
    if by_id {
        action["domain"] = json!([["model", "=", model]]);
    }
    action
}

/// An exception as a message: people's errors as they are, the database's in its own words, others as unknown.
pub(super) fn explain(env: &Env<'_>, model: ModelId, error: Error, place: Place) -> Message {
    let plain = |text: String| Message::error(text, place);
    match (error.class, error.detail) {
        (class, _) if class.is_user_error() => plain(error.message),
        (Class::NotNull, Detail::Column { model: table, model_label, field, label }) => {
            let own = env.model(model).name == table;
            let field_key = own.then(|| field.to_owned());
            let text = match (env.series(), own) {
                (Series::V19, true) => {
                    let table = format!("'{model_label}' ({table})");
                    env.say(messages::MISSING_REQUIRED_19, &[label, field, &table])
                }
                (Series::V19, false) => {
                    // The field is looked up on the model that is loaded, whatever table the column is in.
                    let loaded = env.model(model);
                    let label = loaded.field(field).map_or(label, |field| loaded.fields[field].label);
                    env.say(messages::MISSING_REQUIRED_19, &[label, field, "Unknown"])
                }
                (_, true) => env.say(messages::MISSING_REQUIRED, &[label, field]),
                (Series::V16 | Series::V17, false) => env.say(messages::MISSING_REQUIRED_17, &[field]),
                (_, false) => env.say(messages::MISSING_LINKED, &[field, &table.replace('.', "_")]),
            };
            Message { field: field_key, ..plain(text) }
        }
        (Class::ForeignKey | Class::Check, Detail::Words(words)) => plain(words),
        (Class::Serialization, _) => plain(error.message),
        (class, _) => {
            let kind = format!("<class '{}'>", class.name().trim_start_matches("builtins."));
            plain(env.say(messages::UNKNOWN_IMPORT_ERROR, &[&kind, &error.message]))
        }
    }
}
