//! Step 4: records that Odoo has already are found by the entity's `match` rules and adopted, never duplicated.
//! A rule that finds several records stops the record: Linkspan does not guess.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use odoo_rpc::SearchOptions;
use serde_json::{Value, json};

use super::error::{Refusal, SyncError};
use super::export_settle::Settlement;
use super::outcome::settle;
use super::prepare::Pending;
use super::session::{Mode, Session};
use crate::definition::model::ErrorClass;
use crate::mapping::{MatchPlan, Problem};

/// What matching found for one record.
#[derive(Debug)]
pub(super) enum Match {
    /// Odoo does not have it.
    New,
    /// Odoo has it, under this id.
    Found(i64),
    /// Odoo has it, linked to another external record, which is named.
    Held(i64, String, Refusal),
    /// A human must decide.
    Refused(Refusal),
}

/// Looks for the records at `positions` of `pending`; one answer for each, in order.
pub(super) async fn match_records(
    session: &Session,
    entity: u16,
    pending: &[&Pending<'_>],
    positions: &[usize],
) -> Result<Vec<Match>, SyncError> {
    let plan = session.plan(entity);
    let values: Vec<Vec<Option<String>>> =
        positions.iter().map(|i| session.plans.match_values(entity, pending[*i].scope.record)).collect();
    let mut answers: Vec<Match> = positions.iter().map(|_| Match::New).collect();
    for (rule_index, rule) in plan.matches.iter().enumerate() {
        let open: BTreeSet<&str> = answers
            .iter()
            .zip(&values)
            .filter(|(answer, _)| matches!(answer, Match::New))
            .filter_map(|(_, values)| values[rule_index].as_deref())
            .collect();
        if open.is_empty() {
            continue;
        }
        let ids = search(session, &plan.model, rule, &open).await?;
        let held = held(session, &plan.entity, &ids).await?;
        let candidates = Candidates { session, entity: &plan.entity, rule, ids, held };
        let mut takers: HashMap<String, String> = HashMap::new();
        for ((answer, values), position) in answers.iter_mut().zip(&values).zip(positions) {
            let (Match::New, Some(value)) = (&*answer, &values[rule_index]) else { continue };
            *answer = candidates.decide(pending[*position], value, &mut takers);
        }
    }
    for answer in &mut answers {
        if let Match::Held(odoo_id, holder, refusal) = answer {
            *answer = match is_given_up(session, entity, holder).await? {
                true => Match::Found(*odoo_id),
                false => Match::Refused(refusal.clone()),
            };
        }
    }
    Ok(answers)
}

/// Whether the external record that holds a link no longer exists. Who deletes a record and makes it again under the same
/// key means the same one in Odoo, so the link is free then, and what waited of the old record is done with.
pub(super) async fn is_given_up(session: &Session, entity: u16, holder: &str) -> Result<bool, SyncError> {
    // Lines are known by the id of their record: those of the old one would stay beside those of the new one.
    if session.plan(entity).has_lines() {
        return Ok(false);
    }
    let name = &session.plan(entity).entity;
    let import = session.definition.entities[name].import.as_ref();
    let Some(get) = import.and_then(|import| import.get.as_deref()) else { return Ok(false) };
    match session.adapter.get(get, holder).await {
        Err(error) if error.class == ErrorClass::Gone => {}
        Ok(_) => return Ok(false),
        Err(error) if error.class == ErrorClass::Data => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    if session.mode != Mode::Plan {
        let gone = || vec![holder.to_owned()];
        settle(session, entity, Vec::new(), gone()).await?;
        let way_out = Settlement { settled: gone(), forgotten: gone(), ..Settlement::default() };
        way_out.store(session, entity).await?;
        session.store.delete_binding(&session.backend, name, holder).await?;
    }
    Ok(true)
}

/// What a rule found in Odoo.
struct Candidates<'s> {
    session: &'s Session,
    entity: &'s str,
    rule: &'s MatchPlan,
    /// Odoo ids by value.
    ids: BTreeMap<String, Vec<i64>>,
    /// External ids of those that are linked already, by Odoo id.
    held: HashMap<i64, String>,
}

impl Candidates<'_> {
    /// What `value` means for `record`; `takers` are the records of this batch by value.
    fn decide(&self, record: &Pending<'_>, value: &str, takers: &mut HashMap<String, String>) -> Match {
        let (id, field) = (&*record.mapped.external_id, &self.rule.odoo);
        let refusal =
            |reason: String| record.refuse(ErrorClass::Conflict, Problem::new(field, "", None, reason));
        let conflict = |reason: String| Match::Refused(refusal(reason));
        if let Some(other) = takers.insert(value.to_owned(), id.to_owned())
            && other != id
        {
            return conflict(format!(
                "record {other} of the shop has the same {field} \"{value}\"; make them differ"
            ));
        }
        match self.ids.get(value).map(Vec::as_slice) {
            None | Some([]) => Match::New,
            Some([odoo_id]) => match self.held.get(odoo_id).filter(|other| *other != id) {
                None => Match::Found(*odoo_id),
                Some(other) => {
                    let reason = format!(
                        "Odoo record {odoo_id} with {field} \"{value}\" is linked to record {other} of the shop already; make the two differ in the shop"
                    );
                    Match::Held(*odoo_id, other.clone(), refusal(reason))
                }
            },
            Some(several) => conflict(format!(
                "Odoo has {} records with {field} \"{value}\" (ids {several:?}); merge them, or link one with `linkspan bindings link {} {} {id} <odoo id>`",
                several.len(),
                self.session.backend,
                self.entity
            )),
        }
    }
}

/// Odoo ids by value. Odoo may compare without regard to accents or case; only equal texts count, and equal numbers.
async fn search(
    session: &Session,
    model: &str,
    rule: &MatchPlan,
    values: &BTreeSet<&str>,
) -> Result<BTreeMap<String, Vec<i64>>, SyncError> {
    let is_number = session.fields.numbers.contains(&(model.to_owned(), rule.odoo.clone()));
    let wanted: HashMap<String, (&str, Value)> = values
        .iter()
        .filter_map(|text| {
            let value = if is_number { number(text)? } else { json!(text) };
            Some((comparable(&value)?, (*text, value)))
        })
        .collect();
    let conditions = rule.conditions.iter().map(|(field, value)| json!([field, "=", value.to_json()]));
    let domain = |term: Value| std::iter::once(term).chain(conditions.clone()).collect::<Vec<_>>();
    let options = || SearchOptions { order: Some("id".to_owned()), ..SearchOptions::default() };
    let mut found: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    // A dotted path such as currency_id.name is not a field that can be read: ask for each value instead.
    if rule.odoo.contains('.') {
        for (text, value) in wanted.values() {
            let domain = json!(domain(json!([rule.odoo, "=", value])));
            let records = session.odoo.search_read(model, &domain, &["id"], options()).await?;
            let ids = records.iter().filter_map(|record| record.get("id")?.as_i64());
            found.insert((*text).to_owned(), ids.collect());
        }
        return Ok(found);
    }
    let asked: Vec<&Value> = wanted.values().map(|(_, value)| value).collect();
    let domain = json!(domain(json!([rule.odoo, "in", asked])));
    for record in session.odoo.search_read(model, &domain, &[&rule.odoo], options()).await? {
        let shown = record.get(&rule.odoo).and_then(comparable).and_then(|shown| wanted.get(&shown));
        if let (Some(id), Some((text, _))) = (record.get("id").and_then(Value::as_i64), shown) {
            found.entry((*text).to_owned()).or_default().push(id);
        }
    }
    Ok(found)
}

fn number(text: &str) -> Option<Value> {
    let whole = || Some(json!(text.parse::<i64>().ok()?));
    whole()
        .or_else(|| text.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| json!(number)))
}

/// A value, and what Odoo shows of it, in the same form: 15 and 15.0 are one number, a link is its record's id.
fn comparable(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => number.as_f64().map(|number| number.to_string()),
        Value::Array(link) => comparable(link.first()?),
        _ => None,
    }
}

/// Which of the found Odoo records are linked to an external record already.
async fn held(
    session: &Session,
    entity: &str,
    found: &BTreeMap<String, Vec<i64>>,
) -> Result<HashMap<i64, String>, SyncError> {
    let ids: Vec<i64> = found.values().flatten().copied().collect();
    let bindings = session.store.bindings_by_odoo_id(&session.backend, entity, &ids).await?;
    Ok(bindings.into_iter().map(|(id, binding)| (id, binding.external_id)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for (text, shown) in
            [("15", json!(15.0)), ("15.50", json!(15.5)), ("7", json!([7, "Bank"])), ("7", json!(7))]
        {
            assert_eq!(number(text).as_ref().and_then(comparable), comparable(&shown), "{text} {shown}");
        }
        assert_ne!(comparable(&json!("015")), comparable(&json!("15")));
        for text in ["", "abc", "nan", "inf", "1 000"] {
            assert_eq!(number(text), None, "{text}");
        }
        assert_eq!(comparable(&json!(false)), None);
    }
}
