//! Records that Odoo has under Linkspan's external id although the store knows of no link: it was lost, or restored from a
//! time before they were made. They are changed as linked records are, so that what Odoo owns of them stays.

use std::collections::HashMap;

use odoo_rpc::SearchOptions;
use serde_json::{Value, json};

use super::binding::MODULE;
use super::error::SyncError;
use super::resolve::Row;
use super::session::Session;

/// Odoo ids by external id in Odoo. `load` meets these records by itself; what it would overwrite is only what Odoo owns, so
/// nothing is asked where Odoo owns nothing. Nor where the user may not read external ids, which few may.
pub(super) async fn met_again(
    session: &Session,
    entity: u16,
    rows: &[&Row],
) -> Result<HashMap<String, i64>, SyncError> {
    let plan = session.plan(entity);
    let odoo_owns = plan.fields.iter().any(|field| field.create_only);
    if rows.is_empty() || !odoo_owns || !session.may("ir.model.data", "read").await? {
        return Ok(HashMap::new());
    }
    let name = |xmlid: &str| Some(xmlid.strip_prefix(MODULE)?.strip_prefix('.')?.to_owned());
    let names: Vec<String> = rows.iter().filter_map(|row| name(&row.xmlid)).collect();
    let domain = json!([["module", "=", MODULE], ["name", "in", names], ["model", "=", plan.model]]);
    let options = SearchOptions::default();
    let found = session.odoo.search_read("ir.model.data", &domain, &["name", "res_id"], options).await?;
    let found = found.iter().filter_map(|row| {
        let id = row.get("res_id").and_then(Value::as_i64)?;
        Some((format!("{MODULE}.{}", row.get("name")?.as_str()?), id))
    });
    Ok(found.collect())
}
