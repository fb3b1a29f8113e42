//! Paths such as `data.items[0]`, in an answer.

use pyexpr::Json;

/// The value at `path`; the value itself when the path is empty.
pub(crate) fn find<'v, 'a>(value: &'v Json<'a>, path: &str) -> Option<&'v Json<'a>> {
    steps(path).try_fold(value, |value, step| step_into(value, step))
}

/// Like [`find`], but takes the value out.
pub(super) fn take<'a>(value: Json<'a>, path: &str) -> Option<Json<'a>> {
    steps(path).try_fold(value, |value, step| match (value, step) {
        (Json::Object(object), Step::Key(key)) => {
            object.0.into_iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
        }
        (Json::Array(items), Step::Index(index)) => items.into_iter().nth(index),
        _ => None,
    })
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Step<'p> {
    Key(&'p str),
    Index(usize),
}

fn step_into<'v, 'a>(value: &'v Json<'a>, step: Step<'_>) -> Option<&'v Json<'a>> {
    match step {
        Step::Key(key) => value.get(key),
        Step::Index(index) => value.as_array()?.get(index),
    }
}

fn steps(path: &str) -> impl Iterator<Item = Step<'_>> {
    path.split(['.', '[']).filter(|part| !part.is_empty()).map(|part| {
        let index = part.strip_suffix(']').and_then(|index| index.parse().ok());
        index.map_or(Step::Key(part), Step::Index)
    })
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
        assert_eq!(take(json, "data.items[0].id"), Some(Json::Int(1)));
    }
}
