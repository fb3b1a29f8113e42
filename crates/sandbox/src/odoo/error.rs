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
    Assertion,
    Index,
    Exception,
    /// A model or route that is not there.
    NotFound,
    /// The session's way to say that a model is not there.
    NoRoute,
    /// JSON-2: a call that does not fit the method.
    Unprocessable,
    BadRequest,
    Unauthorized,
    Serialization,
    ForeignKey,
    NotNull,
    /// A check constraint.
    Check,
    /// Text where the database wants a number.
    InvalidText,
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
            Class::Assertion => "builtins.AssertionError",
            Class::Index => "builtins.IndexError",
            Class::Exception => "builtins.Exception",
            Class::NoRoute | Class::NotFound => "werkzeug.exceptions.NotFound",
            Class::Unprocessable => "werkzeug.exceptions.UnprocessableEntity",
            Class::BadRequest => "werkzeug.exceptions.BadRequest",
            Class::Unauthorized => "werkzeug.exceptions.Unauthorized",
            Class::Serialization => "psycopg2.errors.SerializationFailure",
            Class::ForeignKey => "psycopg2.errors.ForeignKeyViolation",
            Class::NotNull => "psycopg2.errors.NotNullViolation",
            Class::Check => "psycopg2.errors.CheckViolation",
            Class::InvalidText => "psycopg2.errors.InvalidTextRepresentation",
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
    pub(crate) detail: Detail,
}

/// What `load` needs besides to say it in its own words.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Detail {
    #[default]
    Nothing,
    /// The empty column of a required field: table's model, field, label.
    Column { model: &'static str, model_label: &'static str, field: &'static str, label: &'static str },
    /// The database's own words.
    Words(String),
}

impl Error {
    pub(crate) fn new(class: Class, message: impl Into<String>) -> Error {
        Error { class, message: message.into(), detail: Detail::Nothing }
    }

    pub(crate) fn with(mut self, detail: Detail) -> Error {
        self.detail = detail;
        self
    }

    /// The `data` of a JSON-RPC error, and the whole body of a JSON-2 one.
    pub(crate) fn to_json(&self) -> Json {
        // An HTTP error has its status as second argument.
        let arguments = match self.class {
            Class::NoRoute => json!([]),
            Class::NotFound => json!([self.message, 404]),
            Class::Unprocessable => json!([self.message, 422]),
            Class::Unauthorized => json!([self.message, 401]),
            Class::BadRequest => json!([self.message, 400]),
            _ => json!([self.message]),
        };
        json!({
            "name": self.class.name(),
            "message": self.message,
            "arguments": arguments,
            "context": {},
            "debug": format!("Traceback (most recent call last):\n{}: {}\n", self.class.name(), self.message),
        })
    }
}

/// What a call gives.
pub(crate) type Outcome<T> = Result<T, Error>;
