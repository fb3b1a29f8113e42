//! Refusals that propose something better.

use ruff_python_ast::Expr;
use ruff_text_size::{Ranged, TextRange};

use super::{Compiled, refuse};
use crate::vocabulary::{ATTRIBUTES, FUNCTIONS, Function, Keyword, METHODS, Signature, similar};

pub(super) fn unsupported<T>(expr: &Expr) -> Compiled<T> {
    let (what, help) = match expr {
        Expr::Named(_) => ("the operator := is", ""),
        Expr::Lambda(_) => ("lambda is", "write the expression where it is used"),
        Expr::Set(_) => ("a set is", "use it after `in`, or write a list"),
        Expr::SetComp(_) => ("a set is", "use a list: [... for ...]"),
        Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_) => ("await or yield is", ""),
        Expr::BytesLiteral(_) => ("a bytes literal is", "write text: '...'"),
        Expr::Starred(_) => ("unpacking with * is", "use + to join lists"),
        Expr::EllipsisLiteral(_) => ("... is", ""),
        Expr::TString(_) => ("a template string is", "use an f-string"),
        _ => ("this syntax is", ""),
    };
    refuse(expr.range(), format!("{what} not supported"), help)
}

pub(super) fn refuse_keyword<T>(signature: &Signature, word: &str, range: TextRange) -> Compiled<T> {
    let name = signature.name;
    let help = match (signature.keyword, signature.function, word) {
        (_, Function::Sorted | Function::Min | Function::Max, "key") => {
            "sort pairs instead: sorted([[item['k'], item['v']] for item in items])".to_owned()
        }
        (Keyword::Second(known) | Keyword::Named(known), ..) => format!("the keyword here is {known}"),
        (Keyword::None, ..) => String::new(),
    };
    refuse(range, format!("{name}() has no keyword {word} here"), help)
}

pub(super) fn refuse_attribute<T>(name: &str, range: TextRange) -> Compiled<T> {
    if name.starts_with('_') {
        return refuse(range, format!("names that start with _ such as {name} are not allowed"), "");
    }
    let known = METHODS.iter().map(|entry| entry.0).chain(ATTRIBUTES.iter().map(|entry| entry.0));
    let help = match name {
        "format" => "use an f-string: f'{name}'".to_owned(),
        "encode" | "decode" => "expressions work on text only".to_owned(),
        _ => match similar(name, known) {
            Some(candidate) => format!("did you mean {candidate}?"),
            None => format!("a member of a dict is written ['{name}']"),
        },
    };
    refuse(range, format!("unknown method or attribute {name}"), help)
}

pub(super) fn refuse_function<T>(name: &str, range: TextRange) -> Compiled<T> {
    let help = match name {
        "Decimal" => "use decimal(...)".to_owned(),
        "set" | "frozenset" => "use a list".to_owned(),
        "map" | "filter" => "use a comprehension: [... for x in items if ...]".to_owned(),
        "format" | "repr" => "use an f-string: f'{name:.2f}'".to_owned(),
        _ => match similar(name, FUNCTIONS.iter().map(|signature| signature.name)) {
            Some(candidate) => format!("did you mean {candidate}?"),
            None => {
                let names: Vec<_> = FUNCTIONS.iter().map(|signature| signature.name).collect();
                format!("the functions are: {}", names.join(", "))
            }
        },
    };
    refuse(range, format!("unknown function {name}"), help)
}
