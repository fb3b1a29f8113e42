//! What can go wrong: refusals when an expression is compiled, Python's exceptions when it is evaluated.

use std::fmt;
use std::ops::Range;

/// Why a text is not an expression of the subset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileError {
    /// A sentence: what is not allowed or not understood.
    pub message: String,
    /// Bytes of the text it is about.
    pub range: Range<usize>,
    /// What to write instead, when there is something to propose.
    pub help: Option<String>,
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.message, self.range.start)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

impl std::error::Error for CompileError {}

/// The exception Python raises in the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// An operation met a value of the wrong type.
    TypeError,
    /// The right type, an impossible value: `int('abc')`.
    ValueError,
    /// A missing member of a dict.
    KeyError,
    /// A missing item of a list, tuple or text.
    IndexError,
    /// The value's type has no such method or attribute.
    AttributeError,
    /// Division of an int or a float by zero.
    ZeroDivisionError,
    /// A result too large for Python's float.
    OverflowError,
    /// `decimal.DivisionByZero`, which Python counts among the `ZeroDivisionError`s.
    DivisionByZero,
    /// `decimal.InvalidOperation`: 0/0, or a result of more than 28 digits where all must be kept.
    InvalidOperation,
    /// Ours: a bound of this engine (64-bit integers, finite floats, sizes, steps), or a rare operation that
    /// it does not have. Python itself may well have an answer.
    Limit,
}

impl ErrorKind {
    /// The exception's class name in Python; `"LimitError"` for [`ErrorKind::Limit`].
    pub fn python_name(self) -> &'static str {
        match self {
            ErrorKind::TypeError => "TypeError",
            ErrorKind::ValueError => "ValueError",
            ErrorKind::KeyError => "KeyError",
            ErrorKind::IndexError => "IndexError",
            ErrorKind::AttributeError => "AttributeError",
            ErrorKind::ZeroDivisionError => "ZeroDivisionError",
            ErrorKind::OverflowError => "OverflowError",
            ErrorKind::DivisionByZero => "DivisionByZero",
            ErrorKind::InvalidOperation => "InvalidOperation",
            ErrorKind::Limit => "LimitError",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.python_name())
    }
}

/// Why an expression has no value for this record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvalError {
    /// Python's exception.
    pub kind: ErrorKind,
    /// A sentence, in Python's words where Python has some.
    pub message: String,
    /// The part of the expression that failed: `record['weight']`.
    pub what: String,
    /// The value it could not work with, as Python would print it, shortened.
    pub value: Option<String>,
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}, in `{}`", self.kind, self.message, self.what)?;
        self.value.as_ref().map_or(Ok(()), |value| write!(f, " (value: {value})"))
    }
}

impl std::error::Error for EvalError {}

/// An error on its way up; small, so that `Result<Value, Failure>` stays cheap to pass.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) Box<FailureParts>);

#[derive(Debug)]
pub(crate) struct FailureParts {
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
    pub(crate) value: Option<String>,
    /// Bytes of the expression's text; set by the innermost node that failed.
    pub(crate) span: Option<(u32, u32)>,
}

impl Failure {
    #[cold]
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Failure {
        Failure(Box::new(FailureParts { kind, message: message.into(), value: None, span: None }))
    }

    #[cold]
    pub(crate) fn type_error(message: impl Into<String>) -> Failure {
        Failure::new(ErrorKind::TypeError, message)
    }

    #[cold]
    pub(crate) fn value_error(message: impl Into<String>) -> Failure {
        Failure::new(ErrorKind::ValueError, message)
    }

    #[cold]
    pub(crate) fn limit(message: impl Into<String>) -> Failure {
        Failure::new(ErrorKind::Limit, message)
    }

    /// Notes the value that could not be used.
    #[cold]
    pub(crate) fn with_value(mut self, value: &crate::Value<'_>) -> Failure {
        self.0.value.get_or_insert_with(|| shorten(&value.repr()));
        self
    }

    /// Notes where in the text it happened, unless a node further inside already did.
    #[cold]
    pub(crate) fn at(mut self, start: u32, end: u32) -> Failure {
        self.0.span.get_or_insert((start, end));
        self
    }
}

/// At most 60 characters, with an ellipsis in place of the rest.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
