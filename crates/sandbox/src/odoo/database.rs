//! All tables, with transactions: every change can be taken back until it is committed, and a commit may be kept in a
//! file so that the next process starts from it.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::pack::{Packed, Row};
use super::schema::{FieldId, Model, ModelId, Schema};
use super::table::Table;
use super::value::Value;

/// The tables of one database.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) schema: Arc<Schema>,
    tables: Vec<Table>,
    /// What the changes since the last commit replaced, oldest first.
    undo: Vec<Replaced>,
    file: Option<File>,
    /// The number of the last order; like a sequence it only goes up.
    pub(crate) last_order_number: u32,
    /// What a record rule hides from everybody but the system.
    pub(crate) hidden: HashSet<(ModelId, u32)>,
}

#[derive(Debug)]
struct Replaced {
    model: ModelId,
    id: u32,
    old: Option<Packed>,
}

/// One line of the file is a list of these: model, id, and the values that are set or nothing if the record went.
type Change = (String, u32, Option<Map<String, Json>>);

/// A point to go back to within a transaction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Savepoint(usize);

impl Database {
    pub(crate) fn new(schema: Schema) -> Database {
        let tables = schema.models.iter().map(|model| Table::new(model.fields.len())).collect();
        Database {
            schema: Arc::new(schema),
            tables,
            undo: Vec::new(),
            file: None,
            last_order_number: 0,
            hidden: HashSet::new(),
        }
    }

    pub(crate) fn model(&self, model: ModelId) -> &Model {
        &self.schema.models[model]
    }

    pub(crate) fn table(&self, model: ModelId) -> &Table {
        &self.tables[model]
    }

    pub(crate) fn table_mut(&mut self, model: ModelId) -> &mut Table {
        &mut self.tables[model]
    }

    pub(crate) fn row(&self, model: ModelId, id: u32) -> Option<Row> {
        self.tables[model].row(id)
    }

    pub(crate) fn field(&self, model: ModelId, id: u32, field: FieldId) -> Value {
        self.tables[model].field(id, field)
    }

    /// A stored field by name; `Unset` if the model has none of that name.
    pub(crate) fn get(&self, model: &str, id: u32, field: &str) -> Value {
        let Some(model) = self.schema.model(model) else { return Value::Unset };
        self.schema.models[model].field(field).map(|field| self.field(model, id, field)).unwrap_or_default()
    }

    /// The records whose stored `field` is `value`, ascending.
    pub(crate) fn with_value(&mut self, model: ModelId, field: FieldId, value: &Value) -> Vec<u32> {
        self.tables[model].ensure_index(field);
        self.tables[model].with_value(field, value).unwrap_or_default()
    }

    pub(crate) fn put(&mut self, model: ModelId, id: u32, row: &[Value]) {
        self.replace(model, id, Some(Packed::new(row)));
    }

    /// Sets fields of an existing record.
    pub(crate) fn set(&mut self, model: ModelId, id: u32, values: &[(FieldId, Value)]) {
        if let Some(mut row) = self.row(model, id) {
            for (field, value) in values {
                row[*field] = value.clone();
            }
            self.put(model, id, &row);
        }
    }

    pub(crate) fn remove(&mut self, model: ModelId, id: u32) {
        self.replace(model, id, None);
    }

    fn replace(&mut self, model: ModelId, id: u32, new: Option<Packed>) {
        let old = self.tables[model].replace(id, new);
        self.undo.push(Replaced { model, id, old });
    }

    pub(crate) fn savepoint(&self) -> Savepoint {
        Savepoint(self.undo.len())
    }

    pub(crate) fn roll_back_to(&mut self, savepoint: Savepoint) {
        while self.undo.len() > savepoint.0 {
            if let Some(replaced) = self.undo.pop() {
                self.tables[replaced.model].replace(replaced.id, replaced.old);
            }
        }
    }

    pub(crate) fn roll_back(&mut self) {
        self.roll_back_to(Savepoint(0));
    }

    /// Keeps the changes of the transaction.
    pub(crate) fn commit(&mut self) -> std::io::Result<()> {
        if self.undo.is_empty() {
            return Ok(());
        }
        let mut touched: Vec<(ModelId, u32)> =
            self.undo.iter().map(|replaced| (replaced.model, replaced.id)).collect();
        touched.sort_unstable();
        touched.dedup();
        self.undo.clear();
        if self.file.is_some() {
            let mut line = serde_json::to_vec(&self.changes(&touched))?;
            line.push(b'\n');
            if let Some(file) = &mut self.file {
                // One write for the whole transaction: a process killed in between leaves at most a half line, which
                // the next start drops. The disk is not waited for; a sandbox survives kill -9, not a power cut.
                file.write_all(&line)?;
            }
        }
        Ok(())
    }

    fn changes(&self, touched: &[(ModelId, u32)]) -> Json {
        let record = |(model, id): &(ModelId, u32)| {
            let fields = &self.model(*model).fields;
            let values = self.row(*model, *id).map(|row| {
                let set = row.iter().enumerate().filter(|(_, value)| !value.is_unset());
                set.map(|(field, value)| (fields[field].name.to_owned(), kept(value))).collect::<Map<_, _>>()
            });
            json!([self.model(*model).name, id, values])
        };
        Json::Array(touched.iter().map(record).collect())
    }

    /// Reads what earlier processes committed to `path`, and appends to it from now on.
    pub(crate) fn attach(&mut self, path: &Path) -> std::io::Result<()> {
        let mut complete = 0;
        if path.exists() {
            let mut reader = BufReader::new(File::open(path)?);
            let mut line = String::new();
            loop {
                line.clear();
                let length = reader.read_line(&mut line)?;
                if length == 0 || !line.ends_with('\n') {
                    break;
                }
                let changes: Vec<Change> = serde_json::from_str(&line)?;
                changes.into_iter().for_each(|(model, id, values)| self.replay(&model, id, values));
                complete += length as u64;
            }
        }
        self.undo.clear();
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        file.set_len(complete)?;
        self.file = Some(file);
        Ok(())
    }

    fn replay(&mut self, model: &str, id: u32, values: Option<Map<String, Json>>) {
        let Some(model) = self.schema.model(model) else { return };
        let Some(values) = values else { return self.remove(model, id) };
        let definition = &self.schema.models[model];
        let mut row = vec![Value::Unset; definition.fields.len()];
        for (name, value) in values {
            if let Some(field) = definition.field(&name) {
                row[field] = from_kept(value);
            }
        }
        if definition.name == "sale.order" {
            let number = row[definition.known("name")].as_text().trim_start_matches('S').parse().unwrap_or(0);
            self.last_order_number = self.last_order_number.max(number);
        }
        self.put(model, id, &row);
    }
}

/// A value in the file. Floats are told apart from integers by being wrapped.
fn kept(value: &Value) -> Json {
    match value {
        Value::Float(number) => json!({ "f": number }),
        other => other.to_json(),
    }
}

fn from_kept(value: Json) -> Value {
    match value {
        Json::Bool(flag) => Value::Bool(flag),
        Json::Number(number) => number.as_i64().map(Value::Int).unwrap_or_default(),
        Json::String(text) => Value::Text(text),
        Json::Object(float) => float.get("f").and_then(Json::as_f64).map(Value::Float).unwrap_or_default(),
        Json::Array(ids) => Value::Ids(ids.iter().filter_map(Json::as_u64).map(|id| id as u32).collect()),
        Json::Null => Value::Unset,
    }
}
