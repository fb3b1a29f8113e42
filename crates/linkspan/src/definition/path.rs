//! How a path is written: `billing.country`, `categories[0].id`, `tags[].id`, `meta_data[key=color].value`,
//! `["@odata.nextLink"]`.

use std::ops::Range;

use pyexpr::Json;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// The member of an object.
    Key(String),
    /// The item of a list; negative numbers count from the end.
    Index(i64),
    /// Every item of a list.
    Each,
    /// The first item of a list whose member has this text.
    Item { member: String, text: String },
}

/// A step and where it stands in the path's text.
pub(crate) type Steps = Vec<(Step, Range<usize>)>;

/// The steps of `text`, or where it is wrong and why.
pub(crate) fn parse(text: &str) -> Result<Steps, (Range<usize>, String)> {
    let mut steps = Vec::new();
    let mut at = 0;
    // At the beginning and after a dot a name stands; behind it, brackets or a dot.
    let mut is_name = true;
    while is_name || at < text.len() {
        let rest = &text[at..];
        if let Some(quoted) = rest.strip_prefix("[\"") {
            let Some((name, _)) = quoted.split_once("\"]").filter(|(name, _)| !name.is_empty()) else {
                return Err((at..text.len(), "this name has to end with `\"]`".to_owned()));
            };
            let end = at + name.len() + 4;
            steps.push((Step::Key(name.to_owned()), at..end));
            (at, is_name) = (end, false);
        } else if is_name {
            let part = &rest[..rest.find('.').unwrap_or(rest.len())];
            let name = &part[..part.find('[').unwrap_or(part.len())];
            if name.is_empty() {
                let range = at..(at + part.len()).max(at + usize::from(at < text.len()));
                return Err((range, "this path has an empty part".to_owned()));
            }
            if let Some(bad) = name.find([']', ' ', '\t']) {
                return Err((at + bad..at + bad + 1, "this does not belong into a path".to_owned()));
            }
            steps.push((Step::Key(name.to_owned()), at..at + name.len()));
            (at, is_name) = (at + name.len(), false);
        } else if rest.starts_with('.') {
            (at, is_name) = (at + 1, true);
        } else {
            let part = &rest[..rest.find('.').unwrap_or(rest.len())];
            let Some(inside) = rest.strip_prefix('[') else {
                let message = "after a bracket a path goes on with a dot".to_owned();
                return Err((at..at + part.len(), message));
            };
            let Some((number, _)) = inside.split_once(']') else {
                return Err((at..at + part.len(), "this bracket is not closed".to_owned()));
            };
            let place = at..at + number.len() + 2;
            let item = number.split_once('=').filter(|(member, text)| !member.is_empty() && !text.is_empty());
            match (number.parse::<i32>(), item) {
                _ if number.is_empty() => steps.push((Step::Each, place.clone())),
                (Ok(index), _) => steps.push((Step::Index(i64::from(index)), place.clone())),
                (Err(_), Some((member, text))) => {
                    let (member, text) = (member.to_owned(), text.to_owned());
                    steps.push((Step::Item { member, text }, place.clone()));
                }
                (Err(_), None) => return Err((place, format!("`[{number}]` is no position"))),
            }
            at = place.end;
        }
    }
    Ok(steps)
}

/// Whether this is the item of a list whose member has this value: a text, `true` or `false`, a whole number.
pub(crate) fn is_item(item: &Json<'_>, member: &str, value: &str) -> bool {
    match item.get(member) {
        Some(Json::Str(text)) => text == value,
        Some(Json::Bool(is)) => value == if *is { "true" } else { "false" },
        Some(Json::Int(number)) => number.to_string() == value,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<Step> {
        parse(text).expect(text).into_iter().map(|(step, _)| step).collect()
    }

    #[test]
    fn a_path_is_keys_and_positions() {
        let expected = [Step::Key("categories".into()), Step::Index(0), Step::Key("id".into())];
        assert_eq!(keys("categories[0].id"), expected);
        assert_eq!(parse("categories[0].id").expect("a path")[2].1, 14..16);
        assert_eq!(keys("data[-1]"), [Step::Key("data".into()), Step::Index(-1)]);
    }

    #[test]
    fn empty_brackets_are_each_item_of_a_list() {
        assert_eq!(keys("tags[].id"), [Step::Key("tags".into()), Step::Each, Step::Key("id".into())]);
        assert_eq!(keys("a[][]"), [Step::Key("a".into()), Step::Each, Step::Each]);
    }

    #[test]
    fn an_item_is_named_by_a_member() {
        let item = |member: &str, text: &str| Step::Item { member: member.into(), text: text.into() };
        let expected = [Step::Key("meta".into()), item("key", "_a.b"), Step::Key("value".into())];
        assert_eq!(keys("meta[key=_a.b].value"), expected);
        assert_eq!(parse("meta[key=_a.b].value").expect("a path")[1].1, 4..14);
        assert_eq!(keys("m[a=b=c][0]"), [Step::Key("m".into()), item("a", "b=c"), Step::Index(0)]);
        for wrong in ["m[=b]", "m[a=]", "m[a=b", "m[a=b]c"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_in_quotes_may_hold_anything() {
        let link = Step::Key("@odata.nextLink".into());
        assert_eq!(keys(r#"["@odata.nextLink"]"#), std::slice::from_ref(&link));
        let expected = [Step::Key("d".into()), link, Step::Index(0), Step::Key("e".into())];
        assert_eq!(keys(r#"d["@odata.nextLink"][0].e"#), expected);
        assert_eq!(keys(r#"["a b"].c"#), [Step::Key("a b".into()), Step::Key("c".into())]);
    }

    #[test]
    fn a_wrong_path_is_told_at_its_place() {
        let place = |text: &str| parse(text).expect_err(text).0;
        assert_eq!(place("a..b"), 2..3);
        assert_eq!(place(""), 0..0);
        assert_eq!(place("a."), 2..2);
        assert_eq!(place("[0]"), 0..3);
        assert_eq!(place("a[x].b"), 1..4);
        assert_eq!(place("a[0"), 1..3);
        assert_eq!(place("a[0]b"), 4..5);
        assert_eq!(place("a b"), 1..2);
        assert_eq!(place(r#"a["b"#), 1..4);
        assert_eq!(place(r#"a[""]"#), 1..5);
    }
}
