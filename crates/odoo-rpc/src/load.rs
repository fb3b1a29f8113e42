//! What `load` says about the rows it was given.

use serde_json::Value;

/// The outcome of a `load`: ids, or the reasons why nothing was written.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadResult {
    /// Database ids, one for each record in order; `None` when the whole call was refused and rolled back.
    pub ids: Option<Vec<i64>>,
    /// Refusals and warnings.
    pub messages: Vec<LoadMessage>,
}

/// One remark of `load` about a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadMessage {
    /// `error`, `warning` or `info`.
    pub kind: String,
    /// In the user's language.
    pub message: String,
    /// Index of the record (not of the row), where the remark is about one.
    pub record: Option<usize>,
    /// First and last row of that record, counted from 0.
    pub rows: Option<(usize, usize)>,
    /// The field, by technical name or as the caller wrote the column.
    pub field: Option<String>,
}

impl LoadResult {
    pub(crate) fn from_answer(answer: &Value) -> Option<LoadResult> {
        let ids = match answer.get("ids")? {
            Value::Bool(false) | Value::Null => None,
            // A record that could not be written is `false` in the list, when the context allows that.
            Value::Array(ids) => Some(ids.iter().map(Value::as_i64).collect::<Option<_>>()?),
            _ => return None,
        };
        let messages = answer.get("messages").and_then(Value::as_array);
        let messages =
            messages.map(|all| all.iter().map(LoadMessage::from_answer).collect()).unwrap_or_default();
        Some(LoadResult { ids, messages })
    }

    /// Whether the rows were refused only because another transaction was faster: Odoo reports that as an
    /// ordinary message and does not try again itself. Nothing was written; repeat the same call.
    pub fn is_transient(&self) -> bool {
        let mut errors = self.messages.iter().filter(|message| message.kind == "error").peekable();
        self.ids.is_none() && errors.peek().is_some() && errors.any(LoadMessage::is_concurrency)
    }
}

impl LoadMessage {
    fn from_answer(answer: &Value) -> LoadMessage {
        let index = |value: Option<&Value>| value?.as_u64().and_then(|index| usize::try_from(index).ok());
        let text = |key: &str| answer.get(key).and_then(Value::as_str).map(str::to_owned);
        let rows = answer.get("rows");
        LoadMessage {
            kind: text("type").unwrap_or_else(|| "error".to_owned()),
            message: text("message").unwrap_or_default(),
            record: index(answer.get("record")),
            rows: index(rows.and_then(|rows| rows.get("from")))
                .zip(index(rows.and_then(|rows| rows.get("to")))),
            field: text("field"),
        }
    }

    /// PostgreSQL's text, which Odoo passes on untranslated.
    fn is_concurrency(&self) -> bool {
        ["could not serialize access", "deadlock detected", "could not obtain lock"]
            .iter()
            .any(|text| self.message.contains(text))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_names_record_rows_and_field() {
        let result = LoadResult::from_answer(&json!({
            "ids": false, "nextrow": 0,
            "messages": [{
                "type": "error", "message": "Kein passender Datensatz", "record": 1,
                "rows": {"from": 2, "to": 4}, "field": "partner_id", "field_name": "Kunde"
            }],
        }));
        let message = LoadMessage {
            kind: "error".into(),
            message: "Kein passender Datensatz".into(),
            record: Some(1),
            rows: Some((2, 4)),
            field: Some("partner_id".into()),
        };
        assert_eq!(result, Some(LoadResult { ids: None, messages: vec![message] }));
        assert!(!result.unwrap().is_transient());
    }

    #[test]
    fn a_lost_race_is_transient() {
        let result = LoadResult::from_answer(&json!({
            "ids": false,
            "messages": [{"type": "error", "message": "could not serialize access due to concurrent update\n"}],
        }));
        assert!(result.unwrap().is_transient());
    }

    #[test]
    fn success_is_ids_even_with_warnings() {
        let answer =
            json!({"ids": [3, 4], "messages": [{"type": "warning", "message": "deadlock detected"}]});
        let result = LoadResult::from_answer(&answer).unwrap();
        assert_eq!(result.ids, Some(vec![3, 4]));
        assert!(!result.is_transient());
        assert_eq!(LoadResult::from_answer(&json!(true)), None);
    }
}
