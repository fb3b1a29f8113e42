//! Reference data that every Odoo has: countries, states, currencies, units. Read in whole tables, once a run.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use odoo_rpc::{Client, SearchOptions};
use serde_json::{Value, json};

use super::session::many2one;
use crate::mapping::{Reference, state_without_country};

/// What has been looked up so far; `None` means that Odoo has no such record.
#[derive(Debug, Default)]
pub(super) struct References(Mutex<HashMap<Reference<'static>, Option<i64>>>);

impl References {
    /// The Odoo id of a reference that [`References::look_up`] was asked for before.
    pub(super) fn id(&self, reference: &Reference<'static>) -> Option<i64> {
        self.lock().get(reference).copied().flatten()
    }

    /// Makes sure that all of `wanted` have been looked up; one call for each kind that is new.
    pub(super) async fn look_up(
        &self,
        odoo: &Client,
        wanted: &BTreeSet<Reference<'static>>,
    ) -> Result<(), odoo_rpc::Error> {
        let missing: Vec<&Reference<'static>> = {
            let known = self.lock();
            wanted.iter().filter(|reference| !known.contains_key(*reference)).collect()
        };
        let texts = |pick: fn(&Reference<'static>) -> Option<String>| -> BTreeSet<String> {
            missing.iter().filter_map(|reference| pick(reference)).collect()
        };
        let currencies =
            texts(|r| if let Reference::Currency(code) = r { Some(code.to_string()) } else { None });
        let countries =
            texts(|r| if let Reference::Country(code) = r { Some(code.to_string()) } else { None });
        let of_states =
            texts(|r| if let Reference::State(country, _) = r { Some(country.to_string()) } else { None });
        let units = texts(|r| if let Reference::Unit(name) = r { Some(name.to_string()) } else { None });

        let mut found = HashMap::new();
        for (id, record) in read(odoo, "res.currency", "name", &currencies, &["name"]).await? {
            found.insert(Reference::Currency(text(&record, "name").into()), id);
        }
        for (id, record) in read(odoo, "res.country", "code", &countries, &["code"]).await? {
            found.insert(Reference::Country(text(&record, "code").into()), id);
        }
        for (id, record) in read(odoo, "uom.uom", "name", &units, &["name"]).await? {
            found.insert(Reference::Unit(text(&record, "name").into()), id);
        }
        if !of_states.is_empty() {
            let countries = read(odoo, "res.country", "code", &of_states, &["code"]).await?;
            let codes: HashMap<i64, String> =
                countries.into_iter().map(|(id, record)| (id, text(&record, "code"))).collect();
            let fields = ["code", "country_id"];
            let states = read(odoo, "res.country.state", "country_id.code", &of_states, &fields).await?;
            for (id, record) in states {
                let country = record.get("country_id").and_then(many2one).and_then(|(id, _)| codes.get(&id));
                let Some(country) = country else { continue };
                let code = text(&record, "code");
                for spelling in spellings(country, &code) {
                    let is_exact = spelling == code;
                    let reference = Reference::State(country.clone().into(), spelling.into());
                    if is_exact {
                        found.insert(reference, id);
                    } else {
                        found.entry(reference).or_insert(id);
                    }
                }
            }
        }
        let mut known = self.lock();
        for reference in missing {
            known.insert(reference.clone(), found.get(reference).copied());
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Reference<'static>, Option<i64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a state's code is written. Odoo has `DE-NW`, but `01` for a state of Japan; shops have `DE-NW` and `JP01`.
fn spellings(country: &str, code: &str) -> [String; 3] {
    let bare = state_without_country(country, code);
    [bare.to_owned(), format!("{country}-{bare}"), format!("{country}{bare}")]
}

type Found = Vec<(i64, serde_json::Map<String, Value>)>;

async fn read(
    odoo: &Client,
    model: &str,
    by: &str,
    values: &BTreeSet<String>,
    fields: &[&str],
) -> Result<Found, odoo_rpc::Error> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let domain = json!([[by, "in", values]]);
    let records = odoo.search_read(model, &domain, fields, SearchOptions::default()).await?;
    Ok(records.into_iter().filter_map(|record| Some((record.get("id")?.as_i64()?, record))).collect())
}

fn text(record: &serde_json::Map<String, Value>, field: &str) -> String {
    record.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::spellings;

    #[test]
    fn a_state_is_found_however_its_code_is_written() {
        assert_eq!(spellings("DE", "DE-NW"), ["NW", "DE-NW", "DENW"]);
        assert_eq!(spellings("JP", "13"), ["13", "JP-13", "JP13"]);
        // As it is in Odoo already: the state of Mexico that is called like it.
        assert_eq!(spellings("MX", "MEX")[0], "MEX");
    }
}
