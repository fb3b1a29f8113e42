//! One field: its type, what it demands and where its value comes from.

use crate::odoo::value::Value;

/// The number of decimals a float keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Digits {
    /// As many as a double has.
    Full,
    /// As the named `decimal.precision` says.
    Precision(&'static str),
    /// Always this many.
    Fixed(u8),
    /// Shown with the named precision, kept in full: prices from 19.0 on.
    Shown(&'static str),
}

/// A field's type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Char,
    Text,
    Html,
    Boolean,
    Integer,
    Float(Digits),
    /// Rounded to the currency of the record.
    Monetary,
    Date,
    Datetime,
    Binary,
    /// Technical value and English label.
    Selection(Vec<(&'static str, &'static str)>),
    Many2one(&'static str),
    /// Model and the many2one there that points back.
    One2many(&'static str, &'static str),
    Many2many(&'static str),
}

impl Kind {
    /// The name that `fields_get` gives.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Kind::Char => "char",
            Kind::Text => "text",
            Kind::Html => "html",
            Kind::Boolean => "boolean",
            Kind::Integer => "integer",
            Kind::Float(_) => "float",
            Kind::Monetary => "monetary",
            Kind::Date => "date",
            Kind::Datetime => "datetime",
            Kind::Binary => "binary",
            Kind::Selection(_) => "selection",
            Kind::Many2one(_) => "many2one",
            Kind::One2many(..) => "one2many",
            Kind::Many2many(_) => "many2many",
        }
    }

    /// The model on the other side of a relation.
    pub(crate) fn relation(&self) -> Option<&'static str> {
        match self {
            Kind::Many2one(model) | Kind::One2many(model, _) | Kind::Many2many(model) => Some(model),
            _ => None,
        }
    }
}

/// What a record gets in a field that its creator does not give.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Default {
    Nothing,
    Constant(Value),
    Now,
    /// The company that the user works in.
    Company,
    User,
    /// The language of the user.
    Lang,
    /// The first record of the related model in its order of ids.
    First,
}

/// One field of a model.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    /// For people; a call may write it all the same, as in Odoo.
    pub(crate) readonly: bool,
    /// Kept in the table. What is not kept is computed at each read and can not be written.
    pub(crate) stored: bool,
    pub(crate) default: Default,
    /// Has a text per language.
    pub(crate) translate: bool,
    /// `copy`, `unlink` and `write` of other models: the record goes when the one it points at goes.
    pub(crate) cascade: bool,
}

impl Field {
    pub(crate) fn new(name: &'static str, label: &'static str, kind: Kind) -> Field {
        let stored = !matches!(kind, Kind::One2many(..));
        let default = Default::Nothing;
        Field {
            name,
            label,
            kind,
            required: false,
            readonly: false,
            stored,
            default,
            translate: false,
            cascade: false,
        }
    }

    pub(crate) fn required(mut self) -> Field {
        self.required = true;
        self
    }

    pub(crate) fn readonly(mut self) -> Field {
        self.readonly = true;
        self
    }

    pub(crate) fn computed(mut self) -> Field {
        self.stored = false;
        self.readonly = true;
        self
    }

    pub(crate) fn translated(mut self) -> Field {
        self.translate = true;
        self
    }

    pub(crate) fn cascade(mut self) -> Field {
        self.cascade = true;
        self
    }

    pub(crate) fn or(mut self, default: Default) -> Field {
        self.default = default;
        self
    }

    pub(crate) fn or_true(self) -> Field {
        self.or(Default::Constant(Value::Bool(true)))
    }

    pub(crate) fn or_number(self, number: f64) -> Field {
        let value = if self.kind == Kind::Integer { Value::Int(number as i64) } else { Value::Float(number) };
        self.or(Default::Constant(value))
    }

    pub(crate) fn or_text(self, text: &str) -> Field {
        self.or(Default::Constant(Value::text(text)))
    }
}

/// Short names for the tables of fields.
pub(super) mod short {
    use super::{Digits, Field, Kind};

    pub(in super::super) fn char(name: &'static str, label: &'static str) -> Field {
        Field::new(name, label, Kind::Char)
    }
    pub(in super::super) fn text(name: &'static str, label: &'static str) -> Field {
        Field::new(name, label, Kind::Text)
    }
    pub(in super::super) fn html(name: &'static str, label: &'static str) -> Field {
        Field::new(name, label, Kind::Html)
    }
    pub(in super::super) fn boolean(name: &'static str, label: &'static str) -> Field {
        Field::new(name, label, Kind::Boolean)
    }
    pub(in super::super) fn integer(name: &'static str, label: &'static str) -> Field {
        Field::new(name, label, Kind::Integer)
    }
    pub(in super::super) fn float(name: &'static str, label: &'static str) -> Field {
        Field::new(name, label, Kind::Float(Digits::Full))
    }
    pub(in super::super) fn digits(name: &'static str, label: &'static str, digits: Digits) -> Field {
        Field::new(name, label, Kind::Float(digits))
    }
    pub(in super::super) fn monetary(name: &'static str, label: &'static str) -> Field {
        Field::new(name, label, Kind::Monetary)
    }
    pub(in super::super) fn date(name: &'static str, label: &'static str) -> Field {
        Field::new(name, label, Kind::Date)
    }
    pub(in super::super) fn datetime(name: &'static str, label: &'static str) -> Field {
        Field::new(name, label, Kind::Datetime)
    }
    pub(in super::super) fn selection(
        name: &'static str,
        label: &'static str,
        options: &[(&'static str, &'static str)],
    ) -> Field {
        Field::new(name, label, Kind::Selection(options.to_vec()))
    }
    pub(in super::super) fn many2one(name: &'static str, label: &'static str, model: &'static str) -> Field {
        Field::new(name, label, Kind::Many2one(model))
    }
    pub(in super::super) fn one2many(
        name: &'static str,
        label: &'static str,
        model: &'static str,
        inverse: &'static str,
    ) -> Field {
        Field::new(name, label, Kind::One2many(model, inverse))
    }
    pub(in super::super) fn many2many(name: &'static str, label: &'static str, model: &'static str) -> Field {
        Field::new(name, label, Kind::Many2many(model))
    }
}
