//! The events of a delivery that tells of several: `events[]`, `notifications[].changes[]`, `[]`.

use pyexpr::Json;

use crate::mapping::{Found, Path};

/// Events in one delivery at most; vendors send hundreds.
const MOST: usize = 10_000;

/// Where the events of a delivery stand.
#[derive(Debug)]
pub struct Events {
    text: String,
    /// The way to each list, from the body or from an item of the list before; `None`: that itself is the list.
    lists: Vec<Option<Path>>,
}

impl Events {
    /// Understands `each` of a definition.
    pub fn parse(text: &str) -> Result<Events, String> {
        let Some(steps) = text.strip_suffix("[]") else {
            return Err(format!("`{text}` does not end with `[]`, so it names no list of events"));
        };
        let mut lists = Vec::new();
        for (place, step) in steps.split("[]").enumerate() {
            let path = if place == 0 { Some(step) } else { step.strip_prefix('.') };
            lists.push(match path {
                Some("") if place == 0 => None,
                None if step.is_empty() => None,
                Some(path) => Some(Path::parse(path)?),
                None => {
                    return Err(format!("`{step}` after `[]` is not understood; write a dot between parts"));
                }
            });
        }
        Ok(Events { text: text.to_owned(), lists })
    }

    /// The events of a body; the error says what is no list.
    pub(super) fn of<'b>(&self, body: &'b Json<'b>) -> Result<Vec<&'b Json<'b>>, String> {
        let mut here = vec![body];
        for list in &self.lists {
            let mut items = Vec::new();
            for one in here {
                let found = list.as_ref().map_or(Found::Value(one), |path| path.find(one));
                let Found::Value(Json::Array(list)) = found else {
                    return Err(format!("There is no list of events at {}.", self.text));
                };
                items.extend(list);
            }
            here = items;
        }
        if here.len() > MOST {
            return Err(format!("It has {} events; more than {MOST} are not taken at once.", here.len()));
        }
        Ok(here)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(each: &str, body: &str) -> Result<usize, String> {
        let body = Json::parse(body.as_bytes()).expect("JSON");
        Events::parse(each).expect(each).of(&body).map(|events| events.len())
    }

    #[test]
    fn events_are_found_in_lists_within_lists() {
        assert_eq!(count("events[]", r#"{"events": [{}, {}]}"#), Ok(2));
        assert_eq!(count("[]", "[1, 2, 3]"), Ok(3));
        assert_eq!(count("[][]", "[[1], [2, 3]]"), Ok(3));
        assert_eq!(count("a.b[].c[]", r#"{"a": {"b": [{"c": [1]}, {"c": []}, {"c": [2, 3]}]}}"#), Ok(3));
        assert!(count("events[]", r#"{"events": {}}"#).is_err());
        assert!(count("events[]", "[]").is_err());
        assert!(count("[]", &serde_json::json!(vec![1; MOST + 1]).to_string()).is_err());
    }

    #[test]
    fn what_names_no_list_is_refused() {
        for text in ["events", "", "a[]b[]", "a..b[]", "a[].[]"] {
            assert!(Events::parse(text).is_err(), "{text}");
        }
    }
}
