//! Finding a record by what a person has at hand: an external id, an Odoo id, an order number.
//!
//! Ids are looked up by index. A number that stands only inside stored data (an order's number is not always its id) is
//! looked for in the dead letters, and in the webhooks and events of late; whole tables are never read for it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use super::database::{Row, Sql, args, both, json_rows};
use super::dead_letters::escape_like;
use super::jobs::identities;
use super::{Result, Store};

/// Webhooks and events that are looked through, from the newest.
const LOOKED_THROUGH: i64 = 20_000;

/// Most hits in each of the places that are looked through; there may be more.
pub const MOST_HITS: i64 = 50;

/// A record that was found, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Hit {
    /// The backend.
    pub backend: String,
    /// The kind of record.
    pub entity: String,
    /// External id; of an export that is not bound yet the Odoo id.
    pub record: String,
    /// Where the text was found, in a few words.
    pub found_in: Vec<String>,
}

/// `$1` holds the backends and entities there are, so that both look-ups go by an index.
const BY_ID: Sql<'_> = Sql {
    sqlite: "SELECT b.backend, b.entity, b.external_id AS record FROM jsonb_each($1) AS w CROSS JOIN binding AS b \
             WHERE b.backend = w.value->>'backend' AND b.entity = w.value->>'entity' AND b.external_id = $2",
    postgres: "SELECT b.backend, b.entity, b.external_id AS record FROM json_to_recordset($1::json) AS w (backend text, \
               entity text), LATERAL (SELECT * FROM binding WHERE backend = w.backend AND entity = w.entity \
               AND external_id = $2 LIMIT 1) AS b",
};

const BY_ODOO_ID: Sql<'_> = Sql {
    sqlite: "SELECT b.backend, b.entity, b.external_id AS record FROM jsonb_each($1) AS w CROSS JOIN binding AS b \
             INDEXED BY binding_odoo_id WHERE b.backend = w.value->>'backend' AND b.entity = w.value->>'entity' \
             AND b.odoo_id = $2 AND b.odoo_id IS NOT NULL",
    postgres: "SELECT b.backend, b.entity, b.external_id AS record FROM json_to_recordset($1::json) AS w (backend text, \
               entity text), LATERAL (SELECT * FROM binding WHERE backend = w.backend AND entity = w.entity \
               AND odoo_id = $2 LIMIT 1) AS b",
};

const LETTERS: &str = "SELECT backend, entity, external_id AS record, coalesce(payload, '') AS held FROM dead_letter \
                       WHERE (state = 'open' OR id > (SELECT coalesce(max(id), 0) FROM dead_letter) - $4) \
                       AND (external_id = $1 OR lower(payload) LIKE lower($2) ESCAPE '!') ORDER BY id DESC LIMIT $3";

const WEBHOOKS: &str = "SELECT backend, entity, record, body AS held FROM inbox WHERE entity <> '' \
                        AND id > (SELECT coalesce(max(id), 0) FROM inbox) - $4 \
                        AND (record = $1 OR lower(body) LIKE lower($2) ESCAPE '!') ORDER BY id DESC LIMIT $3";

const EVENTS: &str = "SELECT backend, entity, record, message || ' ' || coalesce(details, '') AS held FROM event \
                      WHERE id > (SELECT coalesce(max(id), 0) FROM event) - $4 \
                      AND (record = $1 OR lower(message) LIKE lower($2) ESCAPE '!' OR lower(details) LIKE lower($2) ESCAPE '!') \
                      ORDER BY id DESC LIMIT $3";

/// `$1` the record, `$2` what its jobs that wait may be called.
pub(super) const JOBS: Sql<'_> = Sql {
    sqlite: "SELECT backend, entity, record FROM job WHERE state = 'waiting' \
             AND identity IN (SELECT value FROM jsonb_each($2)) \
             UNION SELECT backend, entity, record FROM job WHERE state = 'running' AND record = $1",
    postgres: "SELECT backend, entity, record FROM job WHERE state = 'waiting' AND identity = ANY($2) \
               UNION SELECT backend, entity, record FROM job WHERE state = 'running' AND record = $1",
};

/// What was found, in the order of how well it fits.
#[derive(Default)]
struct Hits {
    places: BTreeMap<(String, String, String), usize>,
    hits: Vec<Hit>,
}

impl Store {
    /// The records that a text may mean, the best first: by external id, by Odoo id, then by what stored data holds.
    /// `entities` are the backends and entities to look in, as pairs.
    pub async fn search(&self, text: &str, entities: &[(&str, &str)]) -> Result<Vec<Hit>> {
        const ACTION: &str = "search";
        let text = text.trim();
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let places: Vec<_> = entities
            .iter()
            .map(|(backend, entity)| json!({ "backend": backend, "entity": entity }))
            .collect();
        let places = json_rows(&places);
        let mut hits = Hits::default();
        hits.add(&self.database.read(ACTION, BY_ID, args![&places, text]).await?, "external id", None)?;
        if let Ok(odoo_id) = text.parse::<i64>() {
            hits.add(
                &self.database.read(ACTION, BY_ODOO_ID, args![&places, odoo_id]).await?,
                "Odoo id",
                None,
            )?;
        }
        let pattern = format!("%{}%", escape_like(text));
        for (sql, place) in [(LETTERS, "dead letter"), (WEBHOOKS, "webhook"), (EVENTS, "event")] {
            let args = args![text, &pattern, MOST_HITS, LOOKED_THROUGH];
            hits.add(&self.database.read(ACTION, both(sql), args).await?, place, Some(text))?;
        }
        let identities: Vec<String> =
            entities.iter().flat_map(|(backend, entity)| identities(backend, entity, text)).collect();
        let identities: Vec<&str> = identities.iter().map(String::as_str).collect();
        hits.add(&self.database.read(ACTION, JOBS, args![text, &identities[..]]).await?, "job", None)?;
        Ok(hits.hits)
    }
}

impl Hits {
    /// Adds rows. With `text`, only those whose record it names, or whose data holds it as a whole word: 42 is not in
    /// 1420.
    fn add(&mut self, rows: &[Row], place: &str, text: Option<&str>) -> Result<()> {
        for row in rows {
            let key: (String, String, String) = (row.get("backend")?, row.get("entity")?, row.get("record")?);
            if key.2.is_empty() {
                continue;
            }
            if let Some(text) = text
                && key.2 != text
                && !holds_word(&row.get::<String>("held")?, text)
            {
                continue;
            }
            let hits = &mut self.hits;
            let at = *self.places.entry(key.clone()).or_insert_with(|| {
                let (backend, entity, record) = key;
                hits.push(Hit { backend, entity, record, found_in: Vec::new() });
                hits.len() - 1
            });
            if !hits[at].found_in.iter().any(|known| known == place) {
                hits[at].found_in.push(place.to_owned());
            }
        }
        Ok(())
    }
}

/// Whether `text` stands in `held` with no letter or digit beside it; case does not count.
fn holds_word(held: &str, text: &str) -> bool {
    let (held, text) = (held.to_lowercase(), text.to_lowercase());
    held.match_indices(&text).any(|(at, found)| {
        let before = held[..at].chars().next_back();
        let after = held[at + found.len()..].chars().next();
        ![before, after].into_iter().flatten().any(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::holds_word;

    #[test]
    fn a_number_is_found_as_a_whole_only() {
        let cases = [
            (r#"{"number":"1042"}"#, "1042", true),
            (r#"{"number":1042,"id":7}"#, "1042", true),
            (r#"{"number":"11042"}"#, "1042", false),
            (r#"{"number":"10420"}"#, "1042", false),
            (r#"{"number":"WEB-1042"}"#, "web-1042", true),
            ("1042", "1042", true),
            ("", "1042", false),
        ];
        for (held, text, expected) in cases {
            assert_eq!(holds_word(held, text), expected, "{text} in {held}");
        }
    }
}
