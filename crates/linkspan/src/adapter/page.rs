//! One page of records, or one record: the answer's bytes and where the records are in them.

use bytes::Bytes;
use pyexpr::Json;

use super::answer::Answer;
use super::error::AdapterError;
use super::paginate::Cursor;
use super::path;
use crate::definition::model::ErrorClass;

/// A page of records.
#[derive(Debug, Clone)]
pub struct Page {
    answer: Answer,
    records_path: String,
    /// Made by `get`: the record may stand alone instead of in a list.
    single: bool,
    /// Where a walk goes on after this page.
    pub cursor: Cursor,
    /// Number of records in the whole list, if the server says.
    pub total: Option<u64>,
    /// The server's clock when it answered.
    pub server_time: Option<jiff::Timestamp>,
    /// Nothing follows.
    pub is_last: bool,
}

impl Page {
    pub(super) fn new(answer: Answer, records_path: String, cursor: Cursor, total: Option<u64>) -> Page {
        let (server_time, is_last) = (answer.server_time(), cursor.is_end());
        Page { answer, records_path, single: false, cursor, total, server_time, is_last }
    }

    /// The page of a list that has not changed: no records, and nothing follows.
    pub(super) fn unchanged(mut answer: Answer) -> Page {
        answer.body = Bytes::from_static(b"[]");
        Page::new(answer, String::new(), Cursor::end(), None)
    }

    /// The page of a single record: an object, or a list with that object alone.
    pub(super) fn one(answer: Answer, records_path: String) -> Result<Page, AdapterError> {
        let page = Page { single: true, ..Page::new(answer, records_path, Cursor::end(), None) };
        match page.found()? {
            Json::Object(_) => Ok(page),
            Json::Array(items) if matches!(items.as_slice(), [Json::Object(_)]) => Ok(page),
            Json::Null => Err(page.error(ErrorClass::Gone, "The server found no record with this id.")),
            Json::Array(items) if items.is_empty() => {
                Err(page.error(ErrorClass::Gone, "The server found no record with this id."))
            }
            other => Err(page.error(
                ErrorClass::Config,
                &format!(
                    "One record was expected{}, but the answer has {}.",
                    page.place(),
                    described(&other)
                ),
            )),
        }
    }

    /// The records, borrowed from the page; a single record is a list of one.
    pub fn records(&self) -> Result<Vec<Json<'_>>, AdapterError> {
        match self.found()? {
            Json::Array(items) => Ok(items),
            one @ Json::Object(_) if self.single => Ok(vec![one]),
            other => Err(self.error(
                ErrorClass::Config,
                &format!("A list was expected{}, but the answer has {}.", self.place(), described(&other)),
            )),
        }
    }

    /// The same page, with where the walk goes on.
    pub(super) fn followed_by(mut self, cursor: Cursor) -> Page {
        self.is_last = cursor.is_end();
        self.cursor = cursor;
        self
    }

    /// Names this page's operation and address in an error.
    pub(super) fn at_this(&self, error: AdapterError) -> AdapterError {
        self.answer.error(error)
    }

    /// The answer's body.
    pub fn body(&self) -> &Bytes {
        &self.answer.body
    }

    fn found(&self) -> Result<Json<'_>, AdapterError> {
        let json = self.answer.json()?;
        // A server written in PHP may give an empty list for an object without members.
        if matches!(&json, Json::Array(items) if items.is_empty()) {
            return Ok(json);
        }
        let shape = described(&json);
        // The first of an empty list is no record, not an odd answer.
        let is_empty = self.single && path::is_first_of_none(&json, &self.records_path);
        if is_empty {
            return Ok(Json::Array(Vec::new()));
        }
        path::take(json, &self.records_path).ok_or_else(|| {
            let message = format!("Nothing is at `{}` in the answer, which is {shape}.", self.records_path);
            self.error(ErrorClass::Config, &message)
        })
    }

    fn place(&self) -> String {
        match self.records_path.as_str() {
            "" => String::new(),
            path => format!(" at `{path}`"),
        }
    }

    fn error(&self, class: ErrorClass, message: &str) -> AdapterError {
        let error = AdapterError::new(class, message);
        self.answer.error(match class {
            ErrorClass::Config => {
                error.hint(format!("Check `records` of `{}` in the definition.", self.answer.operation))
            }
            _ => error,
        })
    }
}

/// What a value is, with the names of an object's first members.
pub(super) fn described(json: &Json<'_>) -> String {
    match json {
        Json::Object(object) => {
            let names: Vec<&str> = object.iter().map(|(name, _)| name).take(8).collect();
            match names.is_empty() {
                true => "an empty object".to_owned(),
                false => format!("an object with {}", names.join(", ")),
            }
        }
        Json::Array(items) => format!("a list of {}", items.len()),
        Json::Null => "null".to_owned(),
        other => format!("a {}", other.kind()),
    }
}
