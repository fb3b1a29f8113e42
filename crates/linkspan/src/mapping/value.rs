//! What a mapped field becomes in Odoo.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::{Date, DateTime};
use pyexpr::Decimal;

/// One value on its way to Odoo. Relations and reference data are still named by what the external system
/// calls them; `sync/` turns them into Odoo ids.
#[derive(Debug, Clone, PartialEq)]
pub enum OdooValue<'r> {
    /// The field is emptied.
    Empty,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// An exact decimal.
    Decimal(Decimal),
    /// Text.
    Text(Cow<'r, str>),
    /// A day.
    Date(Date),
    /// A moment in UTC.
    DateTime(DateTime),
    /// A record of another entity.
    Relation {
        /// Position of the entity in the definition's plans.
        entity: u16,
        /// Its id in the external system.
        external_id: Cow<'r, str>,
    },
    /// Several records of another entity.
    Relations {
        /// Position of the entity in the definition's plans.
        entity: u16,
        /// Their ids in the external system, sorted and each once: which order they came in means nothing.
        external_ids: Vec<Cow<'r, str>>,
    },
    /// A record every Odoo has: currency, country, state, unit.
    Reference(Reference<'r>),
}

/// A record every Odoo has, by its code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference<'r> {
    /// ISO 4217 code.
    Currency(Cow<'r, str>),
    /// ISO 3166 alpha-2 code.
    Country(Cow<'r, str>),
    /// Country's code and state's code.
    State(Cow<'r, str>, Cow<'r, str>),
    /// Name of the unit.
    Unit(Cow<'r, str>),
}

impl OdooValue<'_> {
    /// The same value, its text borrowed: constants of a definition are not copied for each record.
    pub fn borrowed(&self) -> OdooValue<'_> {
        match self {
            OdooValue::Text(text) => OdooValue::Text(Cow::Borrowed(text)),
            other => other.clone(),
        }
    }

    /// A copy that borrows nothing.
    pub fn into_owned(self) -> OdooValue<'static> {
        match self {
            OdooValue::Empty => OdooValue::Empty,
            OdooValue::Bool(b) => OdooValue::Bool(b),
            OdooValue::Int(i) => OdooValue::Int(i),
            OdooValue::Decimal(d) => OdooValue::Decimal(d),
            OdooValue::Text(text) => OdooValue::Text(Cow::Owned(text.into_owned())),
            OdooValue::Date(date) => OdooValue::Date(date),
            OdooValue::DateTime(at) => OdooValue::DateTime(at),
            OdooValue::Relation { entity, external_id } => {
                OdooValue::Relation { entity, external_id: Cow::Owned(external_id.into_owned()) }
            }
            OdooValue::Relations { entity, external_ids } => OdooValue::Relations {
                entity,
                external_ids: external_ids.into_iter().map(|id| Cow::Owned(id.into_owned())).collect(),
            },
            OdooValue::Reference(reference) => OdooValue::Reference(reference.into_owned()),
        }
    }
}

impl Reference<'_> {
    /// A copy that borrows nothing.
    pub fn into_owned(self) -> Reference<'static> {
        match self {
            Reference::Currency(code) => Reference::Currency(Cow::Owned(code.into_owned())),
            Reference::Country(code) => Reference::Country(Cow::Owned(code.into_owned())),
            Reference::State(country, code) => {
                Reference::State(Cow::Owned(country.into_owned()), Cow::Owned(code.into_owned()))
            }
            Reference::Unit(name) => Reference::Unit(Cow::Owned(name.into_owned())),
        }
    }
}

impl fmt::Display for Reference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::Currency(code) => write!(f, "currency {code}"),
            Reference::Country(code) => write!(f, "country {code}"),
            Reference::State(country, code) => write!(f, "state {code} of country {country}"),
            Reference::Unit(name) => write!(f, "unit {name}"),
        }
    }
}

/// The cell that Odoo's `load` takes, except for relations and references, which show what they name. The same
/// text goes into the digest that tells a changed record from an unchanged one.
impl fmt::Display for OdooValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OdooValue::Empty => Ok(()),
            OdooValue::Bool(true) => f.write_str("True"),
            OdooValue::Bool(false) => f.write_str("False"),
            OdooValue::Int(i) => write!(f, "{i}"),
            OdooValue::Decimal(d) => f.write_str(&d.to_plain_string()),
            OdooValue::Text(text) => f.write_str(text),
            OdooValue::Date(date) => write!(f, "{date}"),
            OdooValue::DateTime(at) => f.write_str(&at.strftime("%Y-%m-%d %H:%M:%S").to_string()),
            OdooValue::Relation { external_id, .. } => write!(f, "id {external_id}"),
            OdooValue::Relations { external_ids, .. } => write!(f, "ids {}", external_ids.join(", ")),
            OdooValue::Reference(reference) => write!(f, "{reference}"),
        }
    }
}
