//! The functions, methods and attributes an expression may use, and how many arguments they take.

/// A function that can be called by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Abs,
    All,
    Any,
    Bool,
    Date,
    DateTime,
    Decimal,
    Dict,
    Digest,
    Enumerate,
    Float,
    HtmlToText,
    Int,
    Join,
    Len,
    List,
    Max,
    Merge,
    Min,
    Next,
    Range,
    Reversed,
    Round,
    RoundHalfUp,
    Sorted,
    Str,
    Sum,
    Tuple,
    Zip,
}

/// How a function is called.
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    pub(crate) function: Function,
    pub(crate) least: usize,
    pub(crate) most: usize,
    /// The position of the argument that is iterated at once and may be a generator expression.
    pub(crate) iterable: Option<usize>,
    pub(crate) keyword: Keyword,
}

/// The one keyword argument a function may have.
#[derive(Clone, Copy)]
pub(crate) enum Keyword {
    None,
    /// Another way to write the second positional argument.
    Second(&'static str),
    /// Can only be given by name.
    Named(&'static str),
}

const fn plain(name: &'static str, function: Function, least: usize, most: usize) -> Signature {
    Signature { name, function, least, most, iterable: None, keyword: Keyword::None }
}

const fn iterating(name: &'static str, function: Function, most: usize, keyword: Keyword) -> Signature {
    Signature { name, function, least: 1, most, iterable: Some(0), keyword }
}

/// More arguments than anyone writes.
const MANY: usize = 64;

/// Every function, by name.
pub(crate) const FUNCTIONS: &[Signature] = &[
    plain("abs", Function::Abs, 1, 1),
    iterating("all", Function::All, 1, Keyword::None),
    iterating("any", Function::Any, 1, Keyword::None),
    plain("bool", Function::Bool, 1, 1),
    plain("date", Function::Date, 1, 1),
    plain("datetime", Function::DateTime, 1, 1),
    plain("decimal", Function::Decimal, 1, 1),
    Signature { least: 0, ..iterating("dict", Function::Dict, 1, Keyword::None) },
    plain("digest", Function::Digest, 1, 1),
    iterating("enumerate", Function::Enumerate, 2, Keyword::Second("start")),
    plain("float", Function::Float, 1, 1),
    plain("html_to_text", Function::HtmlToText, 1, 1),
    plain("int", Function::Int, 1, 1),
    Signature { iterable: Some(1), ..plain("join", Function::Join, 2, 2) },
    plain("len", Function::Len, 1, 1),
    Signature { least: 0, ..iterating("list", Function::List, 1, Keyword::None) },
    iterating("max", Function::Max, MANY, Keyword::Named("default")),
    plain("merge", Function::Merge, 2, 2),
    iterating("min", Function::Min, MANY, Keyword::Named("default")),
    Signature { least: 2, ..iterating("next", Function::Next, 2, Keyword::None) },
    plain("range", Function::Range, 1, 3),
    plain("reversed", Function::Reversed, 1, 1),
    Signature { keyword: Keyword::Second("ndigits"), ..plain("round", Function::Round, 1, 2) },
    plain("round_half_up", Function::RoundHalfUp, 2, 2),
    iterating("sorted", Function::Sorted, 1, Keyword::Named("reverse")),
    plain("str", Function::Str, 1, 1),
    iterating("sum", Function::Sum, 2, Keyword::Second("start")),
    Signature { least: 0, ..iterating("tuple", Function::Tuple, 1, Keyword::None) },
    plain("zip", Function::Zip, 2, 8),
];

impl Function {
    /// Does it give something that can only be iterated, such as `range(3)`?
    pub(crate) fn is_lazy(self) -> bool {
        matches!(self, Function::Range | Function::Enumerate | Function::Zip | Function::Reversed)
    }
}

/// A method of one or several types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Capitalize,
    Count,
    Date,
    Endswith,
    Find,
    Get,
    Index,
    Isdecimal,
    Isdigit,
    Isoformat,
    Isoweekday,
    Isspace,
    Items,
    Join,
    Keys,
    Ljust,
    Lower,
    Lstrip,
    Partition,
    Quantize,
    Removeprefix,
    Removesuffix,
    Replace,
    Rfind,
    Rjust,
    Rpartition,
    Rsplit,
    Rstrip,
    Split,
    Splitlines,
    Startswith,
    Strftime,
    Strip,
    Title,
    Upper,
    Values,
    Weekday,
    Zfill,
}

/// Every method in the order of [`Method`]: name, least and most arguments, and CPython's types that have it.
pub(crate) const METHODS: &[(&str, Method, usize, usize, &[&str])] = &[
    ("capitalize", Method::Capitalize, 0, 0, &["str"]),
    ("count", Method::Count, 1, 1, &["str", "list", "tuple"]),
    ("date", Method::Date, 0, 0, &["datetime.datetime"]),
    ("endswith", Method::Endswith, 1, 1, &["str"]),
    ("find", Method::Find, 1, 1, &["str"]),
    ("get", Method::Get, 1, 2, &["dict"]),
    ("index", Method::Index, 1, 1, &["str", "list", "tuple"]),
    ("isdecimal", Method::Isdecimal, 0, 0, &["str"]),
    ("isdigit", Method::Isdigit, 0, 0, &["str"]),
    ("isoformat", Method::Isoformat, 0, 0, &["datetime.date", "datetime.datetime"]),
    ("isoweekday", Method::Isoweekday, 0, 0, &["datetime.date", "datetime.datetime"]),
    ("isspace", Method::Isspace, 0, 0, &["str"]),
    ("items", Method::Items, 0, 0, &["dict"]),
    ("join", Method::Join, 1, 1, &["str"]),
    ("keys", Method::Keys, 0, 0, &["dict"]),
    ("ljust", Method::Ljust, 1, 2, &["str"]),
    ("lower", Method::Lower, 0, 0, &["str"]),
    ("lstrip", Method::Lstrip, 0, 1, &["str"]),
    ("partition", Method::Partition, 1, 1, &["str"]),
    ("quantize", Method::Quantize, 1, 1, &["decimal.Decimal"]),
    ("removeprefix", Method::Removeprefix, 1, 1, &["str"]),
    ("removesuffix", Method::Removesuffix, 1, 1, &["str"]),
    ("replace", Method::Replace, 2, 3, &["str"]),
    ("rfind", Method::Rfind, 1, 1, &["str"]),
    ("rjust", Method::Rjust, 1, 2, &["str"]),
    ("rpartition", Method::Rpartition, 1, 1, &["str"]),
    ("rsplit", Method::Rsplit, 0, 2, &["str"]),
    ("rstrip", Method::Rstrip, 0, 1, &["str"]),
    ("split", Method::Split, 0, 2, &["str"]),
    ("splitlines", Method::Splitlines, 0, 0, &["str"]),
    ("startswith", Method::Startswith, 1, 1, &["str"]),
    ("strftime", Method::Strftime, 1, 1, &["datetime.date", "datetime.datetime"]),
    ("strip", Method::Strip, 0, 1, &["str"]),
    ("title", Method::Title, 0, 0, &["str"]),
    ("upper", Method::Upper, 0, 0, &["str"]),
    ("values", Method::Values, 0, 0, &["dict"]),
    ("weekday", Method::Weekday, 0, 0, &["datetime.date", "datetime.datetime"]),
    ("zfill", Method::Zfill, 1, 1, &["str"]),
];

impl Method {
    /// Its name in Python.
    pub(crate) fn name(self) -> &'static str {
        METHODS[self as usize].0
    }

    /// Does the type have it?
    pub(crate) fn belongs_to(self, type_name: &str) -> bool {
        METHODS[self as usize].4.contains(&type_name)
    }
}

/// An attribute of dates and datetimes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribute {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Microsecond,
}

/// Every attribute, by name.
pub(crate) const ATTRIBUTES: &[(&str, Attribute)] = &[
    ("year", Attribute::Year),
    ("month", Attribute::Month),
    ("day", Attribute::Day),
    ("hour", Attribute::Hour),
    ("minute", Attribute::Minute),
    ("second", Attribute::Second),
    ("microsecond", Attribute::Microsecond),
];

impl Attribute {
    /// Its name in Python.
    pub(crate) fn name(self) -> &'static str {
        ATTRIBUTES.iter().find(|entry| entry.1 == self).map_or("", |entry| entry.0)
    }
}

/// The name of `known` most like `name`, when it is likely meant.
pub(crate) fn similar<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    known
        .map(|candidate| (strsim::damerau_levenshtein(&name.to_lowercase(), candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(4))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A type that `isinstance` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Bool,
    Dict,
    Float,
    Int,
    List,
    Str,
    Tuple,
}

/// Every such type, by name.
pub(crate) const TYPES: &[(&str, Type)] = &[
    ("bool", Type::Bool),
    ("dict", Type::Dict),
    ("float", Type::Float),
    ("int", Type::Int),
    ("list", Type::List),
    ("str", Type::Str),
    ("tuple", Type::Tuple),
];

impl Type {
    /// Is a value of the type called `name` an instance? A `bool` is an `int` too.
    pub(crate) fn includes(self, name: &str) -> bool {
        TYPES.iter().any(|(known, kind)| *kind == self && *known == name)
            || (self == Type::Int && name == "bool")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_names_the_whole_language() {
        let readme = include_str!("../README.md");
        let names =
            FUNCTIONS.iter().map(|signature| signature.name).chain(METHODS.iter().map(|entry| entry.0));
        for name in names.chain(ATTRIBUTES.iter().map(|entry| entry.0)) {
            assert!(readme.contains(&format!("`{name}`")) || readme.contains(&format!("`{name}(")), "{name}");
        }
    }

    #[test]
    fn methods_stand_in_the_order_of_their_enum() {
        for (at, entry) in METHODS.iter().enumerate() {
            assert_eq!(entry.1 as usize, at, "{}", entry.0);
        }
    }
}
