//! The ORM methods, typed.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::client::Client;
use crate::error::Error;
use crate::load::LoadResult;
use crate::retry::Repeat;
use crate::version::Series;

/// A record or its values: field name to value, as Odoo's JSON has it (`false` for an empty text or relation).
pub type Record = Map<String, Value>;

/// Which part of the matching records to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchOptions {
    /// Records to skip.
    pub offset: Option<u64>,
    /// At most so many.
    pub limit: Option<u64>,
    /// As in Odoo: `"write_date, id desc"`.
    pub order: Option<String>,
}

impl Client {
    /// The `fields` of the records matching `domain` (`[["customer_rank", ">", 0]]`); all fields if empty. Name
    /// them: all fields of a partner of 19.0, for one, are refused to an ordinary user ([`Error::Access`]).
    ///
    /// # Errors
    /// See [`Client::call`].
    pub async fn search_read(
        &self,
        model: &str,
        domain: &Value,
        fields: &[&str],
        options: SearchOptions,
    ) -> Result<Vec<Record>, Error> {
        let mut kwargs = Record::new();
        kwargs.insert("domain".to_owned(), domain.clone());
        kwargs.insert("fields".to_owned(), json!(fields));
        if let Some(offset) = options.offset {
            kwargs.insert("offset".to_owned(), offset.into());
        }
        if let Some(limit) = options.limit {
            kwargs.insert("limit".to_owned(), limit.into());
        }
        if let Some(order) = options.order {
            kwargs.insert("order".to_owned(), order.into());
        }
        self.typed(model, "search_read", Vec::new(), kwargs, Repeat::Safe).await
    }

    /// How many records match `domain`.
    ///
    /// # Errors
    /// See [`Client::call`].
    pub async fn search_count(&self, model: &str, domain: &Value) -> Result<u64, Error> {
        self.typed(model, "search_count", vec![domain.clone()], Record::new(), Repeat::Safe).await
    }

    /// The `fields` of these records, in no certain order.
    ///
    /// # Errors
    /// [`Error::Missing`] when one of them is gone, and see [`Client::call`].
    pub async fn read(&self, model: &str, ids: &[i64], fields: &[&str]) -> Result<Vec<Record>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.typed(model, "read", vec![json!(ids), json!(fields)], Record::new(), Repeat::Safe).await
    }

    /// Creates records in one transaction and gives their ids in the same order. Never repeated when the outcome
    /// is unknown.
    ///
    /// # Errors
    /// See [`Client::call`].
    pub async fn create(&self, model: &str, records: Vec<Record>) -> Result<Vec<i64>, Error> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        self.typed(model, "create", vec![json!(records)], Record::new(), Repeat::Never).await
    }

    /// Writes the same values to these records. Counts as idempotent, unless the values create sub-records.
    ///
    /// # Errors
    /// See [`Client::call`].
    pub async fn write(&self, model: &str, ids: &[i64], values: Record) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        let repeat =
            if values.values().any(holds_create_command) { Repeat::Never } else { Repeat::Idempotent };
        self.call(model, "write", vec![json!(ids), Value::Object(values)], Record::new(), repeat).await?;
        Ok(())
    }

    /// Deletes these records. After a lost answer the repetition may find them gone: [`Error::Missing`] then
    /// means that they are deleted.
    ///
    /// # Errors
    /// See [`Client::call`].
    pub async fn unlink(&self, model: &str, ids: &[i64]) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        self.call(model, "unlink", vec![json!(ids)], Record::new(), Repeat::Idempotent).await?;
        Ok(())
    }

    /// Creates or updates records by external id, as an import of a file does, all or nothing.
    ///
    /// `fields` are columns: `id` (external id), `.id` (database id), `partner_id/id`, `partner_id/.id`,
    /// `order_line/product_id/.id`... A row with empty header cells continues the record above. Cells are texts
    /// or JSON values. With an `id` or `.id` column it may be repeated, without one it never is.
    ///
    /// A race lost to another transaction, which Odoo reports as a refusal, is repeated as other errors are: a
    /// result that still [is transient](LoadResult::is_transient) is left to the caller's schedule.
    ///
    /// # Errors
    /// An unknown column is [`Error::Server`] (`ValueError`). Refused rows are no error here: see
    /// [`LoadResult::messages`].
    pub async fn load<C: Serialize>(
        &self,
        model: &str,
        fields: &[&str],
        rows: &[Vec<C>],
    ) -> Result<LoadResult, Error> {
        let repeat = if fields.iter().any(|field| matches!(*field, "id" | ".id")) {
            Repeat::Idempotent
        } else {
            Repeat::Never
        };
        let rows = serde_json::to_value(rows).map_err(|error| Error::BadCall {
            call: format!("{model}.load"),
            message: format!("the rows cannot be written as JSON: {error}"),
        })?;
        let args = vec![json!(fields), rows];
        let mut attempt = 0;
        loop {
            let answer = self.call(model, "load", args.clone(), Record::new(), repeat).await?;
            let result = LoadResult::from_answer(&answer).ok_or_else(|| unexpected(model, "load"))?;
            match self.wait_after_race(attempt).filter(|_| result.is_transient()) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Ok(result),
            }
            attempt += 1;
        }
    }

    /// The model's fields with these attributes (`["type", "string", "required", "readonly", "relation"]`).
    ///
    /// # Errors
    /// See [`Client::call`].
    pub async fn fields_get(
        &self,
        model: &str,
        attributes: &[&str],
    ) -> Result<BTreeMap<String, Record>, Error> {
        let mut kwargs = Record::new();
        kwargs.insert("attributes".to_owned(), json!(attributes));
        self.typed(model, "fields_get", Vec::new(), kwargs, Repeat::Safe).await
    }

    /// Who created and changed these records, and their external ids (`xmlid`, `xmlids`), which an ordinary user
    /// may not read from `ir.model.data`. Records that are gone are left out.
    ///
    /// # Errors
    /// See [`Client::call`].
    pub async fn get_metadata(&self, model: &str, ids: &[i64]) -> Result<Vec<Record>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.typed(model, "get_metadata", vec![json!(ids)], Record::new(), Repeat::Safe).await
    }

    /// Calls a method on records as a button does (`action_confirm`). Look at the answer: `true` or `null` is
    /// done, an action (an object) often means that a wizard wants to know more and nothing happened yet.
    ///
    /// # Errors
    /// See [`Client::call`]; never repeated when the outcome is unknown.
    pub async fn call_button(&self, model: &str, method: &str, ids: &[i64]) -> Result<Value, Error> {
        self.call(model, method, vec![json!(ids)], Record::new(), Repeat::Never).await
    }

    /// Whether the user may `read`, `write`, `create` or `unlink` records of the model at all.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown model, and see [`Client::call`].
    pub async fn has_access(&self, model: &str, operation: &str) -> Result<bool, Error> {
        if self.version().series >= Series::V18 {
            let args = vec![json!([]), operation.into()];
            return self.typed(model, "has_access", args, Record::new(), Repeat::Safe).await;
        }
        let args = vec![operation.into(), false.into()];
        self.typed(model, "check_access_rights", args, Record::new(), Repeat::Safe).await
    }

    async fn typed<T: DeserializeOwned>(
        &self,
        model: &str,
        method: &str,
        args: Vec<Value>,
        kwargs: Record,
        repeat: Repeat,
    ) -> Result<T, Error> {
        let answer = self.call(model, method, args, kwargs, repeat).await?;
        serde_json::from_value(answer).map_err(|_| unexpected(model, method))
    }
}

fn unexpected(model: &str, method: &str) -> Error {
    Error::BadResponse {
        call: format!("{model}.{method}"),
        message:
            "Odoo gave a result of another shape than this method has. A module may have changed the method."
                .to_owned(),
    }
}

/// An x2many command `(0, 0, values)` creates a record each time it is written.
fn holds_create_command(value: &Value) -> bool {
    let is_create = |command: &Value| command.get(0).and_then(Value::as_i64) == Some(0);
    value.as_array().is_some_and(|commands| commands.iter().any(is_create))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_commands_that_create_make_a_write_unrepeatable() {
        assert!(holds_create_command(&json!([[4, 7, 0], [0, 0, {"name": "x"}]])));
        assert!(!holds_create_command(&json!([[6, 0, [0, 1]]])));
        assert!(!holds_create_command(&json!("text")));
        assert!(!holds_create_command(&json!(false)));
    }
}
