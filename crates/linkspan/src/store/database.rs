//! The one place that knows there are two databases.
//!
//! A statement is text with `$1` parameters, which both understand. Where they differ, [`Sql`]
//! holds the two texts side by side. Values are `i64` and text only (times are epoch milliseconds,
//! JSON is text), so binding and reading fit on this page. Rows travel in as one JSON array:
//! sqlx ships each SQLite statement to a thread, so a set costs one trip and not one a row.
//! SQLite's `jsonb_each` gives rows that `->>` need not parse again: half the time of `json_each`.

use std::borrow::Cow;

use serde::Serialize;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{
    AssertSqlSafe, ColumnIndex, PgConnection, Postgres, Row as _, Sqlite, SqliteConnection, SqlitePool,
    Transaction,
};

use super::StoreError;
use super::at_hand::{Connections, Lent};

/// An open database; a clone shares its connections.
#[derive(Clone, Debug)]
pub(super) enum Database {
    /// One connection writes, so that a writer never meets another of its own process.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(Connections),
}

/// The text of one statement for both databases. Only constants and [`Filter`] make these.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sql<'a> {
    pub(super) sqlite: &'a str,
    pub(super) postgres: &'a str,
}

/// The same text for both.
pub(super) const fn both(text: &str) -> Sql<'_> {
    Sql { sqlite: text, postgres: text }
}

/// One parameter. A list arrives as a JSON array in SQLite (`SELECT value FROM jsonb_each($1)`) and
/// as an array in PostgreSQL (`unnest($1)`).
#[derive(Clone, Debug)]
pub(super) enum Arg {
    Int(Option<i64>),
    Text(Option<String>),
    Ints(Vec<i64>),
    Texts(Vec<Option<String>>),
}

impl From<i64> for Arg {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Arg {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Arg {
    fn from(value: &str) -> Self {
        Self::Text(Some(without_nul(value).into_owned()))
    }
}

impl From<&String> for Arg {
    fn from(value: &String) -> Self {
        value.as_str().into()
    }
}

impl From<String> for Arg {
    fn from(value: String) -> Self {
        value.as_str().into()
    }
}

impl From<Option<&str>> for Arg {
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(|text| without_nul(text).into_owned()))
    }
}

impl From<&[&str]> for Arg {
    fn from(values: &[&str]) -> Self {
        values.iter().map(|text| Some(*text)).collect::<Vec<_>>().into()
    }
}

impl From<Vec<Option<&str>>> for Arg {
    fn from(values: Vec<Option<&str>>) -> Self {
        let texts = values.into_iter().map(|value| value.map(|text| without_nul(text).into_owned()));
        Self::Texts(texts.collect())
    }
}

impl From<&[i64]> for Arg {
    fn from(values: &[i64]) -> Self {
        Self::Ints(values.to_vec())
    }
}

/// The parameters of a statement, in the order `$1`, `$2`...
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::database::Arg::from($value)),*] };
}
pub(super) use args;

/// PostgreSQL cannot store NUL in text. One such character in one record must not refuse a whole
/// batch, so it becomes U+FFFD, in both databases and in look-ups too.
fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

/// Rows as the JSON array that the set-based statements take apart again.
pub(super) fn json_rows<T: Serialize>(rows: &[T]) -> String {
    match serde_json::to_string(rows) {
        Ok(text) if !text.contains("\\u0000") => text,
        // Rare, so that only these rows pay for a tree.
        _ => {
            let mut values = serde_json::json!(rows);
            strip_nul(&mut values);
            values.to_string()
        }
    }
}

fn strip_nul(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => *text = without_nul(text).into_owned(),
        serde_json::Value::Array(items) => items.iter_mut().for_each(strip_nul),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(strip_nul),
        _ => {}
    }
}

impl Database {
    /// Rows of a statement that only reads.
    pub(super) async fn read(
        &self,
        action: &'static str,
        sql: Sql<'_>,
        args: Vec<Arg>,
    ) -> Result<Vec<Row>, StoreError> {
        self.alone(action, Use::Read).await?.rows(action, sql, args).await
    }

    /// Opens a transaction that may write from its first statement on.
    pub(super) async fn begin(&self, action: &'static str) -> Result<Tx, StoreError> {
        match self {
            // A deferred transaction that reads and then writes fails with SQLITE_BUSY whatever
            // the busy timeout is.
            Self::Sqlite { writer, .. } => writer.begin_with("BEGIN IMMEDIATE").await.map(Tx::Sqlite),
            Self::Postgres(connections) => connections.pool().begin().await.map(Tx::Postgres),
        }
        .map_err(|source| StoreError::Statement { action, source })
    }

    /// Runs one writing statement; gives the number of rows touched.
    pub(super) async fn write(
        &self,
        action: &'static str,
        sql: Sql<'_>,
        args: Vec<Arg>,
    ) -> Result<u64, StoreError> {
        self.alone(action, Use::Write).await?.execute(action, sql, args).await
    }

    /// Runs one writing statement with `RETURNING`.
    pub(super) async fn write_returning(
        &self,
        action: &'static str,
        sql: Sql<'_>,
        args: Vec<Arg>,
    ) -> Result<Vec<Row>, StoreError> {
        self.alone(action, Use::Write).await?.rows(action, sql, args).await
    }

    /// A connection for one statement, which is a transaction by itself and costs no trip more.
    async fn alone(&self, action: &'static str, to: Use) -> Result<Alone<'_>, StoreError> {
        match (self, to) {
            (Self::Sqlite { readers, .. }, Use::Read) => readers.acquire().await.map(Alone::Sqlite),
            (Self::Sqlite { writer, .. }, Use::Write) => writer.acquire().await.map(Alone::Sqlite),
            (Self::Postgres(connections), _) => {
                connections.lend().await.map(|lent| Alone::Postgres(connections, lent))
            }
        }
        .map_err(|source| StoreError::Statement { action, source })
    }
}

#[derive(Clone, Copy, Debug)]
enum Use {
    Read,
    Write,
}

/// A connection outside a transaction, for one statement.
enum Alone<'d> {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(&'d Connections, Lent),
}

impl Alone<'_> {
    async fn rows(
        mut self,
        action: &'static str,
        sql: Sql<'_>,
        args: Vec<Arg>,
    ) -> Result<Vec<Row>, StoreError> {
        let rows = self.session().rows(action, sql, args).await?;
        self.end();
        Ok(rows)
    }

    async fn execute(
        mut self,
        action: &'static str,
        sql: Sql<'_>,
        args: Vec<Arg>,
    ) -> Result<u64, StoreError> {
        let touched = self.session().execute(action, sql, args).await?;
        self.end();
        Ok(touched)
    }

    fn session(&mut self) -> Session<'_> {
        match self {
            Self::Sqlite(connection) => Session::Sqlite(connection),
            Self::Postgres(_, lent) => Session::Postgres(lent.connection()),
        }
    }

    fn end(self) {
        if let Self::Postgres(connections, lent) = self {
            connections.take_back(lent);
        }
    }
}

/// An open transaction; dropping it rolls back.
pub(super) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    pub(super) fn session(&mut self) -> Session<'_> {
        match self {
            Self::Sqlite(tx) => Session::Sqlite(tx),
            Self::Postgres(tx) => Session::Postgres(tx),
        }
    }

    pub(super) async fn commit(self, action: &'static str) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
        .map_err(|source| StoreError::Statement { action, source })
    }
}

/// A connection to run statements on.
pub(super) enum Session<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Session<'_> {
    pub(super) async fn rows(
        self,
        action: &'static str,
        sql: Sql<'_>,
        args: Vec<Arg>,
    ) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(connection) => sqlite_query(sql, args)
                .fetch_all(connection)
                .await
                .map(|rows| rows.into_iter().map(Row::Sqlite).collect()),
            Self::Postgres(connection) => postgres_query(sql, args)
                .fetch_all(connection)
                .await
                .map(|rows| rows.into_iter().map(Row::Postgres).collect()),
        }
        .map_err(|source| StoreError::Statement { action, source })
    }

    pub(super) async fn execute(
        self,
        action: &'static str,
        sql: Sql<'_>,
        args: Vec<Arg>,
    ) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(connection) => {
                sqlite_query(sql, args).execute(connection).await.map(|done| done.rows_affected())
            }
            Self::Postgres(connection) => {
                postgres_query(sql, args).execute(connection).await.map(|done| done.rows_affected())
            }
        }
        .map_err(|source| StoreError::Statement { action, source })
    }
}

fn sqlite_query(sql: Sql<'_>, args: Vec<Arg>) -> sqlx::query::Query<'static, Sqlite, SqliteArguments> {
    let query = sqlx::query(AssertSqlSafe(sql.sqlite.to_owned()));
    args.into_iter().fold(query, |query, arg| match arg {
        Arg::Int(value) => query.bind(value),
        Arg::Text(value) => query.bind(value),
        Arg::Ints(values) => query.bind(serde_json::json!(values).to_string()),
        Arg::Texts(values) => query.bind(serde_json::json!(values).to_string()),
    })
}

fn postgres_query(sql: Sql<'_>, args: Vec<Arg>) -> sqlx::query::Query<'static, Postgres, PgArguments> {
    let query = sqlx::query(AssertSqlSafe(sql.postgres.to_owned()));
    args.into_iter().fold(query, |query, arg| match arg {
        Arg::Int(value) => query.bind(value),
        Arg::Text(value) => query.bind(value),
        Arg::Ints(values) => query.bind(values),
        Arg::Texts(values) => query.bind(values),
    })
}

/// One row of an answer.
pub(super) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// The value of a column: `String`, `i64`, or an `Option` of them.
    pub(super) fn get<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: for<'r> sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite>,
        T: for<'r> sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>,
    {
        self.at(column)
    }

    /// Its values one after the other.
    pub(super) fn cells(&self) -> Cells<'_> {
        Cells { row: self, place: 0 }
    }

    fn at<T, I>(&self, column: I) -> Result<T, StoreError>
    where
        T: for<'r> sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite>,
        T: for<'r> sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>,
        I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>,
    {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
        .map_err(|source| StoreError::Statement { action: "understand its own answer", source })
    }
}

/// The values of a row in the order of its columns: for answers of many rows, where looking for names shows.
pub(super) struct Cells<'r> {
    row: &'r Row,
    place: usize,
}

impl Cells<'_> {
    /// The value of the next column, as [`Row::get`] gives it.
    pub(super) fn next<T>(&mut self) -> Result<T, StoreError>
    where
        T: for<'r> sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite>,
        T: for<'r> sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>,
    {
        let place = self.place;
        self.place += 1;
        self.row.at(place)
    }
}

/// A `WHERE` of the conditions that are asked for, so that each list uses the best index.
#[derive(Default)]
pub(super) struct Filter {
    conditions: Vec<String>,
    args: Vec<Arg>,
}

impl Filter {
    /// Adds `column operator value` when there is a value. Column and operator are constants.
    pub(super) fn and<T: Into<Arg>>(mut self, condition: &'static str, value: Option<T>) -> Self {
        if let Some(value) = value {
            self.args.push(value.into());
            self.conditions.push(condition.replace("$?", &format!("${}", self.args.len())));
        }
        self
    }

    /// Adds `column IN ($?)` with as many places as there are values.
    pub(super) fn and_one_of(mut self, condition: &'static str, values: Vec<Arg>) -> Self {
        let places = self.places(values);
        self.conditions.push(condition.replace("$?", &places));
        self
    }

    /// Adds a condition on two values, `$a` and `$b`, when both are there.
    pub(super) fn and_pair(mut self, condition: &'static str, values: Option<(String, String)>) -> Self {
        if let Some((a, b)) = values {
            let first = self.args.len() + 1;
            self.args.extend([Arg::from(a), Arg::from(b)]);
            let condition = condition.replace("$a", &format!("${first}"));
            self.conditions.push(condition.replace("$b", &format!("${}", first + 1)));
        }
        self
    }

    /// Adds `(columns) > (values)`: rows behind the last one of a page.
    pub(super) fn and_row_after(mut self, columns: &'static str, values: Vec<Arg>) -> Self {
        let places = self.places(values);
        self.conditions.push(format!("{columns} > ({places})"));
        self
    }

    /// Takes values; gives their places: `$3, $4`.
    fn places(&mut self, values: Vec<Arg>) -> String {
        let first = self.args.len() + 1;
        self.args.extend(values);
        (first..=self.args.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
    }

    /// A page: the statement with the conditions, an order and a limit, and its parameters.
    pub(super) fn page(self, select: &'static str, order: &'static str, limit: u32) -> (String, Vec<Arg>) {
        let Self { conditions, mut args } = self;
        let place = conditions.iter().map(|condition| format!(" AND {condition}")).collect::<String>();
        args.push(i64::from(limit).into());
        (format!("{select} WHERE 1 = 1{place} {order} LIMIT ${}", args.len()), args)
    }
}
