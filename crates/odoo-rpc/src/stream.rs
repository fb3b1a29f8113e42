//! Reading any number of records page by page, without skipping or repeating one.
//!
//! Pages continue after the last key instead of at an offset, so records created or deleted meanwhile shift
//! nothing. `write_date` has microseconds in the database but seconds over RPC, so "after the last time" would skip
//! records of the same second, and a mass import gives thousands of records one time. Therefore the last second of
//! a full page is read by itself, in the order of ids, to its end; the pages go on after it.

use futures::stream::{self, Stream};
use jiff::ToSpan;
use jiff::civil::DateTime;
use serde_json::{Value, json};

use crate::client::Client;
use crate::error::Error;
use crate::records::{Record, SearchOptions};

/// Odoo's form of a time, always UTC.
const ODOO_TIME: &str = "%Y-%m-%d %H:%M:%S";

impl Client {
    /// Pages of the records matching `domain`, oldest change first (`write_date`, then `id` within a second);
    /// both fields are always in the records. Records without a `write_date` come last. Archived records are
    /// only included with `active_test=False` in the context, as always.
    ///
    /// A record changed while the stream runs comes again with its new state. A long transaction in Odoo commits
    /// records with the time of its *start*: who continues from the last `write_date` another day should step
    /// back some minutes.
    pub fn search_read_stream(
        &self,
        model: &str,
        domain: &Value,
        fields: &[&str],
        page_size: u64,
    ) -> impl Stream<Item = Result<Vec<Record>, Error>> + Send + 'static {
        let pager = Pager::new(self, model, domain, fields, page_size);
        pages(pager, Position::From(None))
    }

    /// Pages of the records matching `domain` in the order of ids. Cheaper than by date, and right where a record
    /// changed meanwhile need not come again.
    pub fn search_read_stream_by_id(
        &self,
        model: &str,
        domain: &Value,
        fields: &[&str],
        page_size: u64,
    ) -> impl Stream<Item = Result<Vec<Record>, Error>> + Send + 'static {
        let pager = Pager::new(self, model, domain, fields, page_size);
        pages(pager, Position::AfterId(0))
    }
}

/// What is left to read.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Position {
    /// Everything changed at or after this second; everything at all for `None`.
    From(Option<String>),
    /// The rest of this second after this id.
    InSecond {
        second: String,
        after: i64,
    },
    /// Records that have no `write_date`, after this id.
    Undated {
        after: i64,
    },
    /// Everything after this id, whatever its date.
    AfterId(i64),
    End,
}

struct Pager {
    client: Client,
    model: String,
    domain: Value,
    fields: Vec<String>,
    page_size: u64,
}

fn pages(pager: Pager, start: Position) -> impl Stream<Item = Result<Vec<Record>, Error>> + Send + 'static {
    stream::try_unfold((pager, start), |(pager, position)| async move {
        let mut position = position;
        while position != Position::End {
            let (page, next) = pager.step(&position).await?;
            position = next;
            if !page.is_empty() {
                return Ok(Some((page, (pager, position))));
            }
        }
        Ok(None)
    })
}

impl Pager {
    fn new(client: &Client, model: &str, domain: &Value, fields: &[&str], page_size: u64) -> Pager {
        let mut fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        // An empty list means all fields, these two among them.
        if !fields.is_empty() {
            for key in ["id", "write_date"] {
                if !fields.iter().any(|field| field == key) {
                    fields.push(key.to_owned());
                }
            }
        }
        Pager {
            client: client.clone(),
            model: model.to_owned(),
            domain: domain.clone(),
            fields,
            page_size: page_size.max(1),
        }
    }

    /// One call: the records it yields, and where to go on.
    async fn step(&self, position: &Position) -> Result<(Vec<Record>, Position), Error> {
        let (terms, order) = match position {
            Position::From(None) => (vec![], "write_date, id"),
            Position::From(Some(second)) => (vec![json!(["write_date", ">=", second])], "write_date, id"),
            Position::InSecond { second, after } => {
                let end = self.second_after(second)?;
                let from = json!(["write_date", ">=", second]);
                (vec![from, json!(["write_date", "<", end]), json!(["id", ">", after])], "id")
            }
            Position::Undated { after } => {
                (vec![json!(["write_date", "=", false]), json!(["id", ">", after])], "id")
            }
            Position::AfterId(after) => (vec![json!(["id", ">", after])], "id"),
            Position::End => return Ok((Vec::new(), Position::End)),
        };
        let page = self.read(terms, order).await?;
        self.divide(position, page)
    }

    async fn read(&self, terms: Vec<Value>, order: &str) -> Result<Vec<Record>, Error> {
        let fields: Vec<&str> = self.fields.iter().map(String::as_str).collect();
        // Anything but a list would otherwise mean "all records".
        let Value::Array(own) = &self.domain else {
            let message = "the domain is no list of terms such as [[\"active\", \"=\", true]]".to_owned();
            return Err(Error::BadCall { call: format!("{}.search_read", self.model), message });
        };
        // Terms side by side are joined by "and", whatever operators the caller's part has inside.
        let joined = terms.into_iter().chain(own.iter().cloned()).collect();
        let options =
            SearchOptions { offset: None, limit: Some(self.page_size), order: Some(order.to_owned()) };
        self.client.search_read(&self.model, &Value::Array(joined), &fields, options).await
    }

    /// Cuts off what the next call will read again, and says where that starts.
    fn divide(&self, position: &Position, mut page: Vec<Record>) -> Result<(Vec<Record>, Position), Error> {
        let is_full = page.len() as u64 >= self.page_size;
        let Some(last) = page.last() else { return Ok((page, self.after_short_page(position)?)) };
        let last_id = self.id_of(last)?;
        let last_second = last.get("write_date").and_then(Value::as_str).map(str::to_owned);
        if !is_full {
            return Ok((page, self.after_short_page(position)?));
        }
        let next = match (position, last_second) {
            (Position::From(_), Some(second)) => {
                page.retain(|record| record.get("write_date").and_then(Value::as_str) != Some(&second));
                Position::InSecond { second, after: 0 }
            }
            (Position::From(_), None) => {
                page.retain(|record| record.get("write_date").is_some_and(Value::is_string));
                Position::Undated { after: 0 }
            }
            (Position::InSecond { second, .. }, _) => {
                Position::InSecond { second: second.clone(), after: last_id }
            }
            (Position::Undated { .. }, _) => Position::Undated { after: last_id },
            (Position::AfterId(_) | Position::End, _) => Position::AfterId(last_id),
        };
        Ok((page, next))
    }

    /// A page that is not full ends what its position names.
    fn after_short_page(&self, position: &Position) -> Result<Position, Error> {
        Ok(match position {
            Position::InSecond { second, .. } => Position::From(Some(self.second_after(second)?)),
            // The date condition left out the records without a date.
            Position::From(Some(_)) => Position::Undated { after: 0 },
            Position::From(None) | Position::Undated { .. } | Position::AfterId(_) | Position::End => {
                Position::End
            }
        })
    }

    fn second_after(&self, second: &str) -> Result<String, Error> {
        let next = DateTime::strptime(ODOO_TIME, second).and_then(|time| time.checked_add(1.second()));
        next.map(|time| time.strftime(ODOO_TIME).to_string())
            .map_err(|_| self.bad(format!("write_date {second:?} is no time in Odoo's form")))
    }

    fn id_of(&self, record: &Record) -> Result<i64, Error> {
        record
            .get("id")
            .and_then(Value::as_i64)
            .ok_or_else(|| self.bad("a record came without its id".to_owned()))
    }

    fn bad(&self, message: String) -> Error {
        Error::BadResponse { call: format!("{}.search_read", self.model), message }
    }
}
