//! The exchange log: the last requests to the shop and to Odoo, without their secrets.

use serde::Serialize;

use super::database::{Filter, Row, args, both};
use super::redact::Redactor;
use super::{Result, Store, StoreError};

/// Rows that stay; older ones go as new ones come.
const KEPT_EXCHANGES: i64 = 10_000;

/// Bytes of a body that stay.
const KEPT_BODY_BYTES: usize = 4_096;

/// One request and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// The shop's backend.
    pub backend: String,
    /// Who was asked.
    pub side: Side,
    /// `GET`; for Odoo `product.product.load`.
    pub method: String,
    /// Full URL.
    pub url: String,
    /// HTTP status; None: no answer came.
    pub status: Option<u16>,
    /// From sending the request to the end of the answer.
    pub duration_ms: u64,
    /// Body sent, as text.
    pub request_body: Option<String>,
    /// Body received, as text.
    pub response_body: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
    /// When it began.
    pub at: i64,
}

/// Who was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The external system.
    Shop,
    /// Odoo.
    Odoo,
}

/// Which exchanges to list; the default is all of them.
#[derive(Clone, Debug, Default)]
pub struct ExchangeFilter {
    /// Only of this backend.
    pub backend: Option<String>,
    /// Only with this side.
    pub side: Option<Side>,
    /// Most rows to give; 0 means 100.
    pub limit: u32,
}

const LOG: &str = "INSERT INTO exchange (backend, side, method, url, status, duration_ms, request_body, \
                   response_body, error, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

const PRUNE: &str = "DELETE FROM exchange WHERE id <= (SELECT max(id) FROM exchange) - $1";

impl Store {
    /// Logs exchanges, oldest first, masked by `redactor` and with bodies cut to 4 KiB, and drops
    /// all but the last 10,000. Every call waits for the disk, so log several at once where speed
    /// counts.
    pub async fn log_exchanges(&self, exchanges: &[Exchange], redactor: &Redactor) -> Result<()> {
        const ACTION: &str = "log an exchange";
        let mut tx = self.database.begin(ACTION).await?;
        for exchange in exchanges {
            let clip = |body: &Option<String>| {
                body.as_deref().map(|body| redactor.clipped_body(body, KEPT_BODY_BYTES))
            };
            let args = args![
                &exchange.backend,
                exchange.side.text(),
                redactor.text(&exchange.method),
                redactor.url(&exchange.url),
                exchange.status.map(i64::from),
                exchange.duration_ms.cast_signed(),
                clip(&exchange.request_body).as_deref(),
                clip(&exchange.response_body).as_deref(),
                exchange.error.as_deref().map(|error| redactor.text(error)).as_deref(),
                exchange.at,
            ];
            tx.session().execute(ACTION, both(LOG), args).await?;
        }
        tx.session().execute(ACTION, both(PRUNE), args![KEPT_EXCHANGES]).await?;
        tx.commit(ACTION).await
    }

    /// Keeps the last `keep` exchanges only.
    pub async fn prune_exchanges(&self, keep: u32) -> Result<u64> {
        self.database.write("prune the exchange log", both(PRUNE), args![i64::from(keep)]).await
    }

    /// The last exchanges, newest first.
    pub async fn list_exchanges(&self, filter: ExchangeFilter) -> Result<Vec<Exchange>> {
        let limit = if filter.limit == 0 { 100 } else { filter.limit };
        let (sql, args) = Filter::default()
            .and("backend = $?", filter.backend)
            .and("side = $?", filter.side.map(Side::text))
            .page("SELECT * FROM exchange", "ORDER BY id DESC", limit);
        let rows = self.database.read("list the exchanges", both(&sql), args).await?;
        rows.iter().map(Exchange::from_row).collect()
    }
}

impl Exchange {
    fn from_row(row: &Row) -> Result<Self> {
        let status: Option<i64> = row.get("status")?;
        Ok(Self {
            backend: row.get("backend")?,
            side: Side::from_text(row.get("side")?)?,
            method: row.get("method")?,
            url: row.get("url")?,
            status: status.and_then(|status| u16::try_from(status).ok()),
            duration_ms: row.get::<i64>("duration_ms")?.cast_unsigned(),
            request_body: row.get("request_body")?,
            response_body: row.get("response_body")?,
            error: row.get("error")?,
            at: row.get("at")?,
        })
    }
}

impl Side {
    fn text(self) -> &'static str {
        match self {
            Self::Shop => "shop",
            Self::Odoo => "odoo",
        }
    }

    fn from_text(text: String) -> Result<Self> {
        match text.as_str() {
            "shop" => Ok(Self::Shop),
            "odoo" => Ok(Self::Odoo),
            _ => Err(StoreError::Unexpected { column: "side", value: text }),
        }
    }
}
