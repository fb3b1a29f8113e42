//! The errors that a call ends in, as Odoo classes them; `wire/` puts them into the envelope of each protocol.

use serde_json::{Value as Json, json};

/// The exception class that the client sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    User,
    Validation,
    Access,
    Missing,
    AccessDenied,
    SessionExpired,
    /// Python's own.
    Value,
    Type,
    Key,
    Attribute,
    /// A model or route that is not there.
    NotFound,
    /// JSON-2: a call that does not fit the method.
    Unprocessable,
    BadRequest,
    Unauthorized,
    Serialization,
    ForeignKey,
    NotNull,
    UndefinedDatabase,
}

impl Class {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Class::User => "odoo.exceptions.UserError",
            Class::Validation => "odoo.exceptions.ValidationError",
            Class::Access => "odoo.exceptions.AccessError",
            Class::Missing => "odoo.exceptions.MissingError",
            Class::AccessDenied => "odoo.exceptions.AccessDenied",
            Class::SessionExpired => "odoo.http.SessionExpiredException",
            Class::Value => "builtins.ValueError",
            Class::Type => "builtins.TypeError",
            Class::Key => "builtins.KeyError",
            Class::Attribute => "builtins.AttributeError",
            Class::NotFound => "werkzeug.exceptions.NotFound",
            Class::Unprocessable => "werkzeug.exceptions.UnprocessableEntity",
            Class::BadRequest => "werkzeug.exceptions.BadRequest",
            Class::Unauthorized => "werkzeug.exceptions.Unauthorized",
            Class::Serialization => "psycopg2.errors.SerializationFailure",
            Class::ForeignKey => "psycopg2.errors.ForeignKeyViolation",
            Class::NotNull => "psycopg2.errors.NotNullViolation",
            Class::UndefinedDatabase => "psycopg2.OperationalError",
        }
    }

    /// A `UserError` or one of its children: what `load` shows as it is.
    pub(crate) fn is_user_error(self) -> bool {
        matches!(self, Class::User | Class::Validation | Class::Access | Class::Missing | Class::AccessDenied)
    }
}

/// A call that ended in an exception.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Error {
    pub(crate) class: Class,
    pub(crate) message: String,
    /// For a database error in `load`: the field it is about.
    pub(crate) field: Option<String>,
    /// The label of that field.
    pub(crate) label: Option<String>,
}

impl Error {
    pub(crate) fn new(class: Class, message: impl Into<String>) -> Error {
        Error { class, message: message.into(), field: None, label: None }
    }

    pub(crate) fn about(mut self, field: &str) -> Error {
        self.field = Some(field.to_owned());
        self
    }

    pub(crate) fn labelled(mut self, label: &str) -> Error {
        self.label = Some(label.to_owned());
        self
    }

    /// The `data` of a JSON-RPC error, and the whole body of a JSON-2 one.
    pub(crate) fn to_json(&self) -> Json {
        json!({
            "name": self.class.name(),
            "message": self.message,
            "arguments": [self.message],
            "context": {},
            "debug": format!("Traceback (most recent call last):\n{}: {}\n", self.class.name(), self.message),
        })
    }
}

/// What a call gives.
pub(crate) type Outcome<T> = Result<T, Error>;
