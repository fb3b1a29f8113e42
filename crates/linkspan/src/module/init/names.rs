//! The names of a module: its folder, models, classes and XML ids.

use super::InitError;

/// Names that a module takes from the one that the user gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// First part of model names: `shopify`.
    pub name: String,
    /// Folder and technical name: `shopify_connector`.
    pub module: String,
    /// First part of class names: `Shopify`.
    pub class: String,
}

impl Names {
    /// The names that follow from `name`, which has to be an identifier in small letters.
    pub fn parse(name: &str) -> Result<Names, InitError> {
        if !is_identifier(name) {
            return Err(InitError::Name { name: name.to_owned(), proposal: proposal(name) });
        }
        let name = name.strip_suffix("_connector").filter(|rest| !rest.is_empty()).unwrap_or(name);
        Ok(Names { name: name.to_owned(), module: format!("{name}_connector"), class: class(name) })
    }
}

/// `sale_order` as `SaleOrder`.
pub(super) fn class(name: &str) -> String {
    let capital = |part: &str| match part.split_at_checked(1) {
        Some((first, rest)) => first.to_ascii_uppercase() + rest,
        None => String::new(),
    };
    name.split(['_', '.']).map(capital).collect()
}

/// `meta_data[key=_number].value` as `meta_data_key_number_value`.
pub(super) fn snake(path: &str) -> String {
    let parts = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let name = parts.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_");
    if is_identifier(&name) { name } else { format!("path_{name}") }
}

/// `stock_level` as `Stock Level`.
pub(super) fn title(name: &str) -> String {
    name.split(['_', '.']).map(class).collect::<Vec<_>>().join(" ")
}

/// `product` as `products`, `category` as `categories`.
pub(in crate::module) fn plural(name: &str) -> String {
    let vowel_before_y = name.len() >= 2 && name[..name.len() - 1].ends_with(['a', 'e', 'i', 'o', 'u']);
    match name.strip_suffix('y') {
        Some(stem) if !vowel_before_y => format!("{stem}ies"),
        _ if name.ends_with(['s', 'x', 'z']) || name.ends_with("ch") || name.ends_with("sh") => {
            format!("{name}es")
        }
        _ => format!("{name}s"),
    }
}

/// Words that Python keeps for itself.
const KEYWORDS: &[&str] = &[
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
    "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not",
    "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && !name.ends_with('_')
        && !name.contains("__")
        && !KEYWORDS.contains(&name)
}

/// The nearest name that would do.
fn proposal(name: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        words.push(word.to_ascii_lowercase());
    }
    let joined = words.join("_");
    match joined.chars().next() {
        None => "my_shop".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("shop_{joined}"),
        Some(_) if KEYWORDS.contains(&joined.as_str()) => format!("{joined}_shop"),
        Some(_) => joined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_module_and_class() {
        let names = Names::parse("my_shop").expect("a good name");
        assert_eq!((names.module.as_str(), names.class.as_str()), ("my_shop_connector", "MyShop"));
        let parse = |name| Names::parse(name).expect("a good name");
        assert_eq!(parse("shopify_connector"), parse("shopify"));
    }

    #[test]
    fn a_name_that_is_no_identifier_is_refused_with_one_that_is() {
        for (name, better) in [
            ("my-shop", "my_shop"),
            ("My Shop", "my_shop"),
            ("Shopify", "shopify"),
            ("3pl", "shop_3pl"),
            ("class", "class_shop"),
            ("متجر", "my_shop"),
            ("", "my_shop"),
            ("../x", "x"),
        ] {
            let Err(InitError::Name { proposal, .. }) = Names::parse(name) else { panic!("{name}") };
            assert_eq!(proposal, better, "{name}");
            Names::parse(&proposal).expect("the proposal is good");
        }
    }

    #[test]
    fn plurals_read_like_english() {
        for (one, many) in [
            ("product", "products"),
            ("category", "categories"),
            ("address", "addresses"),
            ("delivery_day", "delivery_days"),
        ] {
            assert_eq!(plural(one), many);
        }
    }
}
