//! Dead letters: records that need a human, with what is needed to understand and retry them.

use schemars::JsonSchema;
use serde::Serialize;

use super::database::{Filter, Row, Sql, Tx, args, both, json_rows};
use super::next_step::next_step;
use super::{JobKind, NewJob, Result, Store, StoreError, now_ms};

/// A record that was refused, or that waits for another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeadLetter {
    /// Number to show and dismiss it by.
    pub id: i64,
    /// The shop.
    pub backend: String,
    /// The kind of record.
    pub entity: String,
    /// Id in the external system; of an export that has none yet `odoo:<id>`.
    pub external_id: String,
    /// Class of the sync problem: `data`, `conflict`, `missing_dependency`...
    pub class: String,
    /// What happened, in a sentence.
    pub message: String,
    /// What to do next, in a sentence.
    pub next_step: String,
    /// JSON list of the single problems.
    pub problems: String,
    /// `import` or `export`.
    pub kind: String,
    /// A human changed the payload; a retry takes it instead of the record's current state.
    pub edited: bool,
    /// The external record as JSON, as far as it was fetched.
    pub payload: Option<String>,
    /// Version of the external record.
    pub version: Option<String>,
    /// How often it was refused, this time included.
    pub attempts: i64,
    /// Whether somebody still has to look at it.
    pub state: DeadLetterState,
    /// The record it waits for.
    pub depends_on: Option<RecordKey>,
    /// First refusal.
    pub created_at: i64,
    /// Last refusal, or when it was closed.
    pub updated_at: i64,
}

/// What the importer knows of a refused record; the batch names backend and entity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewDeadLetter {
    /// Id in the external system.
    pub external_id: String,
    /// Class of the sync problem.
    pub class: String,
    /// What happened and what to do, in a sentence.
    pub message: String,
    /// JSON list of the single problems, `[]` when there is nothing to add.
    pub problems: String,
    /// The external record as JSON.
    pub payload: Option<String>,
    /// Version of the external record.
    pub version: Option<String>,
    /// The record it waits for, of the same backend.
    pub depends_on: Option<RecordKey>,
}

/// An external record of a backend.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct RecordKey {
    /// The kind of record.
    pub entity: String,
    /// Id in the external system.
    pub external_id: String,
}

/// Whether somebody still has to look at a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeadLetterState {
    /// Waits for a human or for the record it depends on.
    Open,
    /// A human decided that it does not matter.
    Dismissed,
    /// The record went through later.
    Resolved,
}

/// Which way a refused record was on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeadLetterKind {
    /// Into Odoo.
    #[default]
    Import,
    /// Out of Odoo.
    Export,
}

impl DeadLetterKind {
    /// The word in the database, on the command line and in JSON.
    pub fn text(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Export => "export",
        }
    }
}

/// Which dead letters to list; the default is all of them.
#[derive(Clone, Debug, Default)]
pub struct DeadLetterFilter {
    /// Only in this state.
    pub state: Option<DeadLetterState>,
    /// Only of this backend.
    pub backend: Option<String>,
    /// Only of this entity.
    pub entity: Option<String>,
    /// Only of the record with this id in the external system.
    pub external_id: Option<String>,
    /// Only of this class.
    pub class: Option<String>,
    /// Only with exactly this message: those of one cause.
    pub message: Option<String>,
    /// Only with this text in the message, the problems or the external id; case counts only
    /// outside ASCII.
    pub text: Option<String>,
    /// Go on behind this id, the last of the page before.
    pub before_id: Option<i64>,
    /// Most rows to give; 0 means 100.
    pub limit: u32,
}

/// Open dead letters with the same cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CauseGroup {
    /// The shop.
    pub backend: String,
    /// The kind of record.
    pub entity: String,
    /// Class of the sync problem.
    pub class: String,
    /// The message they share.
    pub message: String,
    /// How many there are.
    pub count: u64,
    /// When the last of them was refused.
    pub last_at: i64,
}

/// The dead letters of some records in one state. The state stands in the text, because an index covers only it.
macro_rules! in_state {
    ($state:literal, $kind:literal) => {
        Sql {
            sqlite: concat!(
                "SELECT * FROM dead_letter WHERE state = '",
                $state,
                "' AND backend = $1 AND entity = $2 ",
                $kind,
                "\
                 AND external_id IN (SELECT value FROM jsonb_each($3)) ORDER BY id"
            ),
            postgres: concat!(
                "SELECT * FROM dead_letter WHERE state = '",
                $state,
                "' AND backend = $1 AND entity = $2 ",
                $kind,
                "AND external_id IN (SELECT unnest($3)) ORDER BY id"
            ),
        }
    };
}

pub(super) const OPEN_FOR: Sql<'_> = in_state!("open", "");

const DISMISSED_FOR: Sql<'_> = in_state!("dismissed", "AND kind = 'import' ");

pub(super) const WAITING_ON: Sql<'_> = Sql {
    sqlite: "SELECT * FROM dead_letter WHERE state = 'open' AND backend = $1 AND depends_on_entity = $2 \
             AND depends_on_id IN (SELECT value FROM jsonb_each($3)) ORDER BY id",
    postgres: "SELECT * FROM dead_letter WHERE state = 'open' AND backend = $1 AND depends_on_entity = $2 \
               AND depends_on_id IN (SELECT unnest($3)) ORDER BY id",
};

pub(super) const RELEASED: &str = "SELECT d.* FROM dead_letter d JOIN binding b ON b.backend = d.backend \
                        AND b.entity = d.depends_on_entity AND b.external_id = d.depends_on_id \
                        AND b.odoo_id IS NOT NULL \
                        WHERE d.state = 'open' AND d.depends_on_id IS NOT NULL AND d.backend = $1 AND d.id > $2 ORDER BY d.id LIMIT $3";

/// Of those that wait for the same record one: it asks for that record again, and brings the others along. The longer they
/// have waited the more seldom, at least daily.
const WAITS_AGAIN: &str = "SELECT d.* FROM dead_letter d WHERE d.state = 'open' AND d.kind = 'import' \
                           AND d.depends_on_id IS NOT NULL AND $1 - d.updated_at >= $2 \
                           AND ($1 - d.updated_at >= d.updated_at - d.created_at OR $1 - d.updated_at >= $3) \
                           AND NOT EXISTS (SELECT 1 FROM dead_letter o WHERE o.state = 'open' AND o.kind = 'import' \
                           AND o.backend = d.backend AND o.depends_on_entity = d.depends_on_entity \
                           AND o.depends_on_id = d.depends_on_id AND o.id < d.id) ORDER BY d.updated_at, d.id LIMIT $4";

/// What is missing in the other system may come there unseen, with an old date or by a right that was given.
const ASKED_AGAIN_AFTER_MS: i64 = 600_000;
const ASKED_AGAIN_AT_LEAST_MS: i64 = 86_400_000;
const ASKED_AGAIN_AT_ONCE: i64 = 100;

pub(super) const RESOLVE: Sql<'_> = Sql {
    sqlite: "UPDATE dead_letter SET state = 'resolved', updated_at = $4 WHERE state = 'open' AND backend = $1 \
             AND entity = $2 AND kind = $5 AND external_id IN (SELECT value FROM jsonb_each($3))",
    postgres: "UPDATE dead_letter SET state = 'resolved', updated_at = $4 WHERE state = 'open' AND backend = $1 \
               AND entity = $2 AND kind = $5 AND external_id IN (SELECT unnest($3))",
};

/// What a person has put into the letter stays until the other system has a newer state.
macro_rules! stays_edited {
    () => {
        "dead_letter.edited = 1 AND (excluded.version IS NULL OR dead_letter.version IS NULL \
         OR excluded.version <= dead_letter.version)"
    };
}

/// What both statements that open dead letters end with: a second refusal refreshes the open one.
macro_rules! refresh {
    () => {
        concat!(" ON CONFLICT (backend, entity, external_id, kind) WHERE state = 'open' DO UPDATE SET class = excluded.class, \
         message = excluded.message, problems = excluded.problems, \
         edited = CASE WHEN ", stays_edited!(), " THEN 1 ELSE 0 END, payload = CASE WHEN ", stays_edited!(),
         " THEN dead_letter.payload ELSE coalesce(excluded.payload, dead_letter.payload) END, \
         version = coalesce(excluded.version, dead_letter.version), attempts = dead_letter.attempts + 1, \
         depends_on_entity = excluded.depends_on_entity, depends_on_id = excluded.depends_on_id, \
         updated_at = excluded.updated_at")
    };
}

const OPEN: Sql<'_> = Sql {
    sqlite: concat!(
        "INSERT INTO dead_letter (backend, entity, kind, external_id, class, message, problems, payload, version, \
         attempts, state, depends_on_entity, depends_on_id, created_at, updated_at) \
         SELECT $1, $2, $5, value->>'external_id', value->>'class', value->>'message', value->>'problems', \
         value->>'payload', value->>'version', 1, 'open', value->>'depends_on_entity', value->>'depends_on_id', \
         $4, $4 FROM jsonb_each($3) WHERE true",
        refresh!()
    ),
    postgres: concat!(
        "INSERT INTO dead_letter (backend, entity, kind, external_id, class, message, problems, payload, version, \
         attempts, state, depends_on_entity, depends_on_id, created_at, updated_at) \
         SELECT $1, $2, $5, external_id, class, message, problems, payload, version, 1, 'open', depends_on_entity, \
         depends_on_id, $4, $4 FROM json_to_recordset($3::json) AS r (external_id text, class text, message text, \
         problems text, payload text, version text, depends_on_entity text, depends_on_id text)",
        refresh!()
    ),
};

impl Store {
    /// A page of dead letters, newest first.
    pub async fn list_dead_letters(&self, filter: DeadLetterFilter) -> Result<Vec<DeadLetter>> {
        let limit = if filter.limit == 0 { 100 } else { filter.limit };
        let pattern = filter.text.map(|text| format!("%{}%", escape_like(&text)));
        let (sql, args) = Filter::default()
            .and("state = $?", filter.state.map(DeadLetterState::text))
            .and("backend = $?", filter.backend)
            .and("entity = $?", filter.entity)
            .and("external_id = $?", filter.external_id)
            .and("class = $?", filter.class)
            .and("message = $?", filter.message)
            .and(
                "(lower(message) LIKE lower($?) ESCAPE '!' OR lower(problems) LIKE lower($?) ESCAPE '!' \
                 OR lower(external_id) LIKE lower($?) ESCAPE '!')",
                pattern,
            )
            .and("id < $?", filter.before_id)
            .page("SELECT * FROM dead_letter", "ORDER BY id DESC", limit);
        self.dead_letters("list the dead letters", both(&sql), args).await
    }

    /// One dead letter by its number.
    pub async fn dead_letter(&self, id: i64) -> Result<Option<DeadLetter>> {
        let sql = both("SELECT * FROM dead_letter WHERE id = $1");
        Ok(self.dead_letters("read a dead letter", sql, args![id]).await?.pop())
    }

    /// The open dead letters of these records.
    pub async fn open_dead_letters_for(
        &self,
        backend: &str,
        entity: &str,
        external_ids: &[&str],
    ) -> Result<Vec<DeadLetter>> {
        let args = args![backend, entity, external_ids];
        self.dead_letters("read the open dead letters", OPEN_FOR, args).await
    }

    /// The dismissed dead letters of these records on their way into Odoo, oldest first.
    pub async fn dismissed_dead_letters_for(
        &self,
        backend: &str,
        entity: &str,
        external_ids: &[&str],
    ) -> Result<Vec<DeadLetter>> {
        let args = args![backend, entity, external_ids];
        self.dead_letters("read the dismissed dead letters", DISMISSED_FOR, args).await
    }

    /// Whether any dead letter of the entity is dismissed.
    pub async fn has_dismissed_dead_letters(&self, backend: &str, entity: &str) -> Result<bool> {
        let sql = both(
            "SELECT 1 AS found FROM dead_letter WHERE state = 'dismissed' AND kind = 'import' AND backend = $1 AND entity = $2 LIMIT 1",
        );
        let rows = self.database.read("look for dismissed dead letters", sql, args![backend, entity]).await?;
        Ok(!rows.is_empty())
    }

    /// Opens a dismissed dead letter again, unless its record has an open one; whether it did.
    pub async fn reopen_dead_letter(&self, id: i64) -> Result<bool> {
        let sql = both(
            "UPDATE dead_letter SET state = 'open', updated_at = $2 WHERE id = $1 AND state = 'dismissed' \
             AND NOT EXISTS (SELECT 1 FROM dead_letter other WHERE other.state = 'open' \
             AND other.backend = dead_letter.backend AND other.entity = dead_letter.entity \
             AND other.external_id = dead_letter.external_id AND other.kind = dead_letter.kind)",
        );
        Ok(self.database.write("open a dead letter again", sql, args![id, now_ms()]).await? > 0)
    }

    /// Open dead letters, of any entity, that wait for one of these records.
    pub async fn waiting_on(
        &self,
        backend: &str,
        entity: &str,
        external_ids: &[&str],
    ) -> Result<Vec<DeadLetter>> {
        let args = args![backend, entity, external_ids];
        self.dead_letters("find what waits for a record", WAITING_ON, args).await
    }

    /// Has dead letters that wait for a record tried again, one for each such record, seldom; gives how many. Without it
    /// they would wait for ever where the record comes to the other system without a change that anybody sees.
    pub async fn try_waiting_again(&self, now: i64) -> Result<usize> {
        let args = args![now, ASKED_AGAIN_AFTER_MS, ASKED_AGAIN_AT_LEAST_MS, ASKED_AGAIN_AT_ONCE];
        let letters = self.dead_letters("find what has waited", both(WAITS_AGAIN), args).await?;
        let jobs: Vec<NewJob> = letters
            .iter()
            .map(|letter| NewJob::new(&letter.backend, JobKind::Retry, &letter.entity, &letter.external_id))
            .collect();
        self.enqueue(&jobs).await?;
        Ok(jobs.len())
    }

    /// Open dead letters whose dependency is bound by now, by id, for the start of a run: one that
    /// was killed between binding a record and retrying what waited for it leaves such behind.
    pub async fn released_dead_letters(
        &self,
        backend: &str,
        after_id: i64,
        limit: u32,
    ) -> Result<Vec<DeadLetter>> {
        let args = args![backend, after_id, i64::from(limit)];
        self.dead_letters("find what may go on", both(RELEASED), args).await
    }

    /// Open dead letters grouped by cause, the largest group first.
    pub async fn cause_groups(&self, backend: Option<&str>, limit: u32) -> Result<Vec<CauseGroup>> {
        const ACTION: &str = "group the dead letters";
        let (sql, args) = Filter::default().and("state = $?", Some("open")).and("backend = $?", backend).page(
            "SELECT backend, entity, class, message, count(*) AS n, max(updated_at) AS last_at FROM dead_letter",
            "GROUP BY backend, entity, class, message ORDER BY n DESC, last_at DESC, message",
            limit,
        );
        let rows = self.database.read(ACTION, both(&sql), args).await?;
        rows.iter().map(CauseGroup::from_row).collect()
    }

    async fn dead_letters(
        &self,
        action: &'static str,
        sql: Sql<'_>,
        args: Vec<super::database::Arg>,
    ) -> Result<Vec<DeadLetter>> {
        let rows = self.database.read(action, sql, args).await?;
        rows.iter().map(DeadLetter::from_row).collect()
    }
}

impl DeadLetter {
    pub(super) fn from_row(row: &Row) -> Result<Self> {
        let depends_on = row.get::<Option<String>>("depends_on_entity")?.zip(row.get("depends_on_id")?);
        let depends_on = depends_on.map(|(entity, external_id)| RecordKey { entity, external_id });
        let (class, kind): (String, String) = (row.get("class")?, row.get("kind")?);
        Ok(Self {
            id: row.get("id")?,
            backend: row.get("backend")?,
            entity: row.get("entity")?,
            external_id: row.get("external_id")?,
            next_step: next_step(&class, &kind, depends_on.as_ref()),
            class,
            message: row.get("message")?,
            problems: row.get("problems")?,
            kind,
            edited: row.get::<i64>("edited")? != 0,
            payload: row.get("payload")?,
            version: row.get("version")?,
            attempts: row.get("attempts")?,
            state: DeadLetterState::from_text(row.get("state")?)?,
            depends_on,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

impl CauseGroup {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            backend: row.get("backend")?,
            entity: row.get("entity")?,
            class: row.get("class")?,
            message: row.get("message")?,
            count: row.get::<i64>("n")?.unsigned_abs(),
            last_at: row.get("last_at")?,
        })
    }
}

impl DeadLetterState {
    /// The word in the database, on the command line and in JSON.
    pub fn text(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Dismissed => "dismissed",
            Self::Resolved => "resolved",
        }
    }

    fn from_text(text: String) -> Result<Self> {
        match text.as_str() {
            "open" => Ok(Self::Open),
            "dismissed" => Ok(Self::Dismissed),
            "resolved" => Ok(Self::Resolved),
            _ => Err(StoreError::Unexpected { column: "state", value: text }),
        }
    }
}

/// Makes a text stand for itself in `LIKE ... ESCAPE '!'`.
pub(super) fn escape_like(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

pub(super) async fn resolve(
    tx: &mut Tx,
    backend: &str,
    entity: &str,
    kind: DeadLetterKind,
    external_ids: &[String],
) -> Result<()> {
    if external_ids.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = external_ids.iter().map(String::as_str).collect();
    let args = args![backend, entity, ids.as_slice(), now_ms(), kind.text()];
    tx.session().execute("resolve dead letters", RESOLVE, args).await?;
    Ok(())
}

/// Opens a dead letter for each record, or refreshes the open one. Of two for the same record the
/// last one holds.
pub(super) async fn open(
    tx: &mut Tx,
    backend: &str,
    entity: &str,
    kind: DeadLetterKind,
    letters: Vec<NewDeadLetter>,
) -> Result<()> {
    if letters.is_empty() {
        return Ok(());
    }
    let distinct: std::collections::BTreeMap<String, NewDeadLetter> =
        letters.into_iter().map(|letter| (letter.external_id.clone(), letter)).collect();
    let rows: Vec<NewRow> = distinct.into_values().map(NewRow::from).collect();
    let args = args![backend, entity, json_rows(&rows), now_ms(), kind.text()];
    tx.session().execute("open dead letters", OPEN, args).await?;
    Ok(())
}

/// A new dead letter as the columns it fills.
#[derive(Serialize)]
struct NewRow {
    external_id: String,
    class: String,
    message: String,
    problems: String,
    payload: Option<String>,
    version: Option<String>,
    depends_on_entity: Option<String>,
    depends_on_id: Option<String>,
}

impl From<NewDeadLetter> for NewRow {
    fn from(letter: NewDeadLetter) -> Self {
        let (depends_on_entity, depends_on_id) =
            letter.depends_on.map(|record| (record.entity, record.external_id)).unzip();
        Self {
            external_id: letter.external_id,
            class: letter.class,
            message: letter.message,
            problems: letter.problems,
            payload: letter.payload,
            version: letter.version,
            depends_on_entity,
            depends_on_id,
        }
    }
}
