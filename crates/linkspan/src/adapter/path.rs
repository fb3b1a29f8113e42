//! Paths such as `data.items[0]`, in an answer.

use pyexpr::Json;

use crate::definition::path::{self, Step, is_item};

/// The value at `path`; the value itself when the path is empty.
pub(crate) fn find<'v, 'a>(value: &'v Json<'a>, path: &str) -> Option<&'v Json<'a>> {
    steps(path)?.into_iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get(&key),
        Step::Index(index) => {
            let items = value.as_array()?;
            items.get(position(index, items.len())?)
        }
        Step::Item { member, text } => value.as_array()?.iter().find(|item| is_item(item, &member, &text)),
        Step::Each => None,
    })
}

/// Like [`find`], but takes the value out.
pub(super) fn take<'a>(value: Json<'a>, path: &str) -> Option<Json<'a>> {
    steps(path)?.into_iter().try_fold(value, |value, step| match (value, step) {
        (Json::Object(object), Step::Key(key)) => {
            object.0.into_iter().rev().find(|(name, _)| *name == key).map(|(_, value)| value)
        }
        (Json::Array(items), Step::Index(index)) => {
            let at = position(index, items.len())?;
            items.into_iter().nth(at)
        }
        (Json::Array(items), Step::Item { member, text }) => {
            items.into_iter().find(|item| is_item(item, &member, &text))
        }
        _ => None,
    })
}

fn steps(path: &str) -> Option<Vec<Step>> {
    if path.is_empty() {
        return Some(Vec::new());
    }
    Some(path::parse(path).ok()?.into_iter().map(|(step, _)| step).collect())
}

/// Where an index points in a list of a length; negative ones count from the end.
fn position(index: i64, length: usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}

/// Whether the path ends with a position in a list that is empty.
pub(super) fn is_first_of_none(value: &Json<'_>, path: &str) -> bool {
    let Some(mut steps) = steps(path) else { return false };
    let Some(Step::Index(_)) = steps.pop() else { return false };
    let list = steps.into_iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get(&key),
        _ => None,
    });
    list.and_then(Json::as_array).is_some_and(|items| items.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_goes_through_objects_and_lists() {
        let json = Json::parse(br#"{"data": {"items": [{"id": 1}, {"id": 2}]}}"#).expect("JSON");
        assert_eq!(find(&json, "data.items[1].id"), Some(&Json::Int(2)));
        assert_eq!(find(&json, ""), Some(&json));
        assert_eq!(find(&json, "data.items.id"), None);
        assert_eq!(find(&json, "data.items[2]"), None);
        assert_eq!(find(&json, "data.items[-1].id"), Some(&Json::Int(2)));
        assert_eq!(find(&json, "data.items[-3]"), None);
        let named = Json::parse(br#"{"a": [{"k": 1}, {"k": "b", "v": 2}]}"#).expect("JSON");
        assert_eq!(find(&named, "a[k=b].v"), Some(&Json::Int(2)));
        assert_eq!(find(&named, "a[k=1].v"), None);
        assert_eq!(take(named, "a[k=b].v"), Some(Json::Int(2)));
        assert_eq!(take(json, "data.items[0].id"), Some(Json::Int(1)));
    }
}
