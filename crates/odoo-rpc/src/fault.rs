//! What Odoo reports as an exception, in any protocol, and the [`Error`] it is.
//!
//! Classes are told apart by the exception's Python name. Texts are translated to the user's language and are
//! never looked at, with one exception: texts that Python or Odoo's own source keep in English.

use crate::Error;

/// An exception in Odoo.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fault {
    /// `odoo.exceptions.ValidationError`, `builtins.KeyError`.
    pub(crate) name: String,
    /// Text, perhaps translated.
    pub(crate) message: String,
    /// Python traceback, empty where the server gives none.
    pub(crate) traceback: String,
}

impl Fault {
    /// The error of this exception raised by `call` (`model.method`).
    pub(crate) fn into_error(self, call: &str, database: &str) -> Error {
        let missing = self.is_unknown_name(call);
        let Fault { name, message, .. } = self;
        let call = call.to_owned();
        if missing {
            return Error::NotFound { call, message };
        }
        let class = name.rsplit('.').next().unwrap_or(&name);
        match class {
            "AccessDenied" => Error::AccessDenied {
                call,
                message: format!("{message}. Check login, and password or API key; a key may have expired."),
            },
            "AccessError" => Error::Access { call, message },
            "MissingError" => Error::Missing { call, message },
            "UserError"
            | "ValidationError"
            | "RedirectWarning"
            | "Warning"
            | "except_orm"
            | "IntegrityError"
            | "UniqueViolation"
            | "NotNullViolation"
            | "ForeignKeyViolation"
            | "CheckViolation"
            | "RestrictViolation"
            | "ExclusionViolation"
            | "DataError" => Error::Validation { call, name, message },
            "SessionExpiredException" => Error::SessionExpired { call },
            "SerializationFailure" | "DeadlockDetected" | "TransactionRollbackError" | "ConcurrencyError" => {
                Error::Serialization { call, name }
            }
            "LockError" | "LockNotAvailable" | "PoolError" => Error::Lock { call, name, message },
            "OperationalError" if refused_to_connect(&message) && names_database(&message, database) => {
                Error::WrongDatabase { call, database: database.to_owned(), message }
            }
            "OperationalError" if refused_to_connect(&message) => Error::Lock { call, name, message },
            // PostgreSQL went away under the transaction: a commit may have been on its way.
            "OperationalError" | "InterfaceError" | "AdminShutdown" => {
                Error::UnknownOutcome { call, cause: format!("Odoo lost its database: {message}") }
            }
            _ => Error::Server { call, name, message },
        }
    }

    /// The model or the method does not exist. Odoo has no class for that: it is a `UserError` raised in
    /// `execute_cr` before anything ran, an `AttributeError` naming `'model.method'` or, in builds of 17.0 until early
    /// 2025 at least, both apart, a `KeyError` of the model, or a 404.
    fn is_unknown_name(&self, call: &str) -> bool {
        match self.name.as_str() {
            "odoo.exceptions.UserError" => {
                let model = call.rsplit_once('.').map_or(call, |(model, _)| model);
                self.traceback.contains("Object %s doesn't exist")
                    || self.message == format!("Object {model} doesn't exist")
            }
            "builtins.AttributeError" => {
                self.message.contains(&format!("'{call}' does not exist"))
                    || self.names_apart(call)
                    || (self.message.contains("has no attribute") && self.raised_by_lookup(call))
            }
            "builtins.KeyError" => {
                let key = self.message.trim_matches(|c| c == '\'' || c == '"');
                call.rsplit_once('.').is_some_and(|(model, _)| model == key)
            }
            "werkzeug.exceptions.NotFound" => true,
            _ => false,
        }
    }

    /// `The method 'frobnicate' does not exist on the model 'res.partner'`.
    fn names_apart(&self, call: &str) -> bool {
        call.rsplit_once('.').is_some_and(|(model, method)| {
            self.message == format!("The method '{method}' does not exist on the model '{model}'")
        })
    }

    /// `type object 'res.partner' has no attribute 'frobnicate'`: the names of this call, not of a bug deeper in.
    fn raised_by_lookup(&self, call: &str) -> bool {
        call.rsplit_once('.').is_some_and(|(model, method)| {
            self.message.contains(&format!("'{model}'")) && self.message.ends_with(&format!("'{method}'"))
        })
    }
}

/// libpq's own text for a connection that was never made: starting up, too many clients, no such database.
fn refused_to_connect(message: &str) -> bool {
    message.contains("failed:") && (message.contains("connection to server") || message.contains("FATAL:"))
}

/// Whether PostgreSQL's part of the message, whatever its language, is about the database.
fn names_database(message: &str, database: &str) -> bool {
    let from_server = message.rsplit("failed:").next().unwrap_or(message);
    !database.is_empty() && from_server.contains(database)
}

/// The exception named in the last line of a Python traceback, `odoo.exceptions.AccessError: No.`
pub(crate) fn from_traceback(traceback: &str) -> Fault {
    let mut name = String::new();
    let mut message = Vec::new();
    // Later lines may belong to a message of several lines: the exception is the last line that is not indented
    // and looks like a class name.
    for line in traceback.lines() {
        match exception_line(line) {
            Some((class, text)) => {
                name = if class.contains('.') { class.to_owned() } else { format!("builtins.{class}") };
                message = vec![text];
            }
            None if !name.is_empty() && !line.starts_with(' ') => message.push(line),
            None => {}
        }
    }
    Fault { name, message: message.join("\n").trim().to_owned(), traceback: traceback.to_owned() }
}

fn exception_line(line: &str) -> Option<(&str, &str)> {
    let (class, text) = line.split_once(':').unwrap_or((line, ""));
    let last = class.rsplit('.').next()?;
    let is_class = last.starts_with(|c: char| c.is_ascii_uppercase())
        && class.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
        && (class.contains('.')
            || ["Error", "Exception", "Warning", "Failure", "Exit", "Interrupt"]
                .iter()
                .any(|end| last.ends_with(end)));
    is_class.then(|| (class, text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Class;

    fn class_of(name: &str, message: &str) -> Class {
        let fault = Fault { name: name.into(), message: message.into(), traceback: String::new() };
        fault.into_error("res.partner.write", "db").class()
    }

    #[test]
    fn an_exception_is_sorted_by_its_class() {
        for (name, class) in [
            ("odoo.exceptions.AccessError", Class::Access),
            ("odoo.exceptions.AccessDenied", Class::Auth),
            ("odoo.exceptions.ValidationError", Class::Data),
            ("odoo.exceptions.UserError", Class::Data),
            ("odoo.exceptions.MissingError", Class::Gone),
            ("odoo.exceptions.LockError", Class::Transient),
            ("odoo.http.SessionExpiredException", Class::Transient),
            ("psycopg2.errors.SerializationFailure", Class::Transient),
            ("psycopg2.errors.LockNotAvailable", Class::Transient),
            ("psycopg2.errors.UniqueViolation", Class::Data),
            ("psycopg2.OperationalError", Class::Ambiguous),
            ("builtins.ValueError", Class::Server),
        ] {
            assert_eq!(class_of(name, "texte traduit"), class, "{name}");
        }
    }

    #[test]
    fn a_database_that_is_missing_is_not_one_that_starts_up() {
        let error = |text: &str| {
            let message = format!("connection to server at \"shop\", port 5432 failed: {text}");
            let name = "psycopg2.OperationalError".to_owned();
            Fault { name, message, traceback: String::new() }.into_error("login", "shop")
        };
        for text in
            ["FATAL:  database \"shop\" does not exist", "FATAL:  la base de données « shop » n'existe pas"]
        {
            assert!(matches!(error(text), Error::WrongDatabase { .. }), "{text}");
        }
        for text in ["FATAL:  the database system is starting up", "FATAL:  sorry, too many clients already"]
        {
            assert_eq!(error(text).class(), Class::Transient, "{text}");
        }
    }

    #[test]
    fn only_the_names_of_this_call_make_it_not_found() {
        let not_found = |name: &str, message: &str| class_of(name, message) == Class::Config;
        assert!(not_found("builtins.AttributeError", "The method 'res.partner.write' does not exist"));
        // As 17.0 says it, seen in a build of January 2025.
        let apart = "The method 'write' does not exist on the model 'res.partner'";
        assert!(not_found("builtins.AttributeError", apart));
        assert!(!not_found("builtins.AttributeError", &apart.replace("write", "_other")));
        assert!(not_found("builtins.AttributeError", "type object 'res.partner' has no attribute 'write'"));
        assert!(not_found("builtins.KeyError", "'res.partner'"));
        assert!(!not_found("builtins.AttributeError", "'NoneType' object has no attribute 'write'"));
        assert!(!not_found("builtins.KeyError", "'country_id'"));
    }

    #[test]
    fn the_last_exception_of_a_traceback_counts() {
        let fault = from_traceback(
            "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    x\nKeyError: 'a'\n\n\
             During handling of the above exception, another exception occurred:\n\n\
             Traceback (most recent call last):\n  File \"b.py\", line 2, in g\n    y\n\
             psycopg2.errors.SerializationFailure: could not serialize access\n",
        );
        assert_eq!(fault.name, "psycopg2.errors.SerializationFailure");
        assert_eq!(fault.message, "could not serialize access");
        let fault = from_traceback("Traceback (most recent call last):\nValueError: first\nsecond line\n");
        assert_eq!(
            (fault.name.as_str(), fault.message.as_str()),
            ("builtins.ValueError", "first\nsecond line")
        );
    }
}
