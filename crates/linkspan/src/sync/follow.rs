//! Step 7: what follows the write. Buttons (`call`) and second writes (`write`) are guarded by what Odoo shows, so
//! a repeat does nothing; then `check` compares what Odoo shows with what the shop says.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use odoo_rpc::{Class, Repeat};
use pyexpr::Json;
use serde_json::{Map, Value, json};

use super::error::{Refusal, SyncError, odoo_class};
use super::prepare::Pending;
use super::resolve::{Row, SEPARATOR};
use super::session::{Session, object_to_json};
use crate::definition::model::ErrorClass;
use crate::mapping::{OdooValue, Plan, Problem, Step, ThenPlan};

/// A record that has been written.
pub(super) struct Done<'p, 'r> {
    pub(super) odoo_id: i64,
    pub(super) record: &'p Pending<'r>,
    pub(super) row: &'p Row,
}

/// Records in one call of a button. Confirming an order takes Odoo some 50 ms; larger batches hold locks long.
const CALL_BATCH: usize = 50;

type Shown = HashMap<i64, Map<String, Value>>;

/// What came of the steps.
#[derive(Debug, Default)]
pub(super) struct Followed {
    /// Records that failed a step or a check.
    pub(super) refusals: Vec<Refusal>,
    /// By Odoo id, the last call whose outcome both sides show.
    pub(super) agreed: HashMap<i64, String>,
}

/// Runs the steps and checks.
pub(super) async fn follow(
    session: &Session,
    entity: u16,
    done: &[Done<'_, '_>],
) -> Result<Followed, SyncError> {
    let plan = session.plan(entity);
    if done.is_empty() || (plan.then.is_empty() && plan.check.is_empty()) {
        return Ok(Followed::default());
    }
    let mut refused: BTreeMap<i64, Refusal> = BTreeMap::new();
    let ids: Vec<i64> = done.iter().map(|done| done.odoo_id).collect();
    let mut shown = read(session, plan, &ids).await?;
    for then in &plan.then {
        let open: Vec<&Done<'_, '_>> =
            done.iter().filter(|done| !refused.contains_key(&done.odoo_id)).collect();
        let todo = still_to_do(session, then, &open, &shown, &mut refused);
        if todo.is_empty() {
            continue;
        }
        match &then.step {
            Step::Call(method) => call(session, plan, then, method, &todo, &mut refused).await?,
            Step::Write(fields) => write(session, plan, fields, &todo, &shown, &mut refused).await?,
        }
        let changed: Vec<i64> = todo.iter().map(|done| done.odoo_id).collect();
        shown.extend(read(session, plan, &changed).await?);
        no_effect(session, then, &todo, &shown, &mut refused);
    }
    for done in done.iter().filter(|done| !refused.contains_key(&done.odoo_id)).collect::<Vec<_>>() {
        if let Some(refusal) = check(session, plan, done, &shown) {
            session.tally.count(&plan.entity, |counts| counts.mismatched += 1);
            refused.insert(done.odoo_id, refusal);
        }
    }
    let agreed = done.iter().filter_map(|done| Some((done.odoo_id, agreed(session, plan, done, &shown)?)));
    Ok(Followed { agreed: agreed.collect(), refusals: refused.into_values().collect() })
}

/// What Odoo shows of the fields that guards and checks look at.
async fn read(session: &Session, plan: &Plan, ids: &[i64]) -> Result<Shown, SyncError> {
    let mut fields: BTreeSet<&str> =
        plan.then.iter().flat_map(|then| &then.reads).map(String::as_str).collect();
    fields.extend(plan.check.iter().map(|(field, _)| field.as_str()));
    let fields: Vec<&str> = fields.into_iter().collect();
    let records = session.odoo.read(&plan.model, ids, &fields).await?;
    Ok(records.into_iter().filter_map(|record| Some((record.get("id")?.as_i64()?, record))).collect())
}

fn still_to_do<'d, 'p, 'r>(
    session: &Session,
    then: &ThenPlan,
    open: &[&'d Done<'p, 'r>],
    shown: &Shown,
    refused: &mut BTreeMap<i64, Refusal>,
) -> Vec<&'d Done<'p, 'r>> {
    let mut todo = Vec::new();
    for done in open {
        let needed = session
            .plans
            .applies(then, done.record.scope)
            .and_then(|applies| Ok(applies && !is_done(session, then, done, shown)?));
        match needed {
            Ok(true) => todo.push(*done),
            Ok(false) => {}
            Err(problem) => {
                refused.insert(done.odoo_id, done.record.refuse(ErrorClass::Config, problem));
            }
        }
    }
    todo
}

fn is_done(session: &Session, then: &ThenPlan, done: &Done<'_, '_>, shown: &Shown) -> Result<bool, Problem> {
    let odoo: Json<'static> = shown.get(&done.odoo_id).map_or(Json::Null, object_to_json);
    let agreed = done.record.binding.as_ref().and_then(|binding| binding.agreed.as_deref());
    session.plans.is_done(then, done.record.scope, &odoo, agreed)
}

/// The last call that the shop wants and whose outcome Odoo shows.
fn agreed(session: &Session, plan: &Plan, done: &Done<'_, '_>, shown: &Shown) -> Option<String> {
    plan.then
        .iter()
        .filter(|then| session.plans.applies(then, done.record.scope).unwrap_or(false))
        .filter_map(|then| match &then.step {
            Step::Call(method) if is_done(session, then, done, shown).unwrap_or(false) => {
                Some(method.clone())
            }
            Step::Call(_) | Step::Write(_) => None,
        })
        .next_back()
}

async fn call(
    session: &Session,
    plan: &Plan,
    then: &ThenPlan,
    method: &str,
    todo: &[&Done<'_, '_>],
    refused: &mut BTreeMap<i64, Refusal>,
) -> Result<(), SyncError> {
    // A button is pressed as its user would: archived records stay out of what Odoo computes then.
    let mut context = Map::new();
    context.insert("active_test".to_owned(), json!(true));
    context.insert("tz".to_owned(), json!(session.timezone.as_deref().unwrap_or_default()));
    context.extend(then.context.iter().map(|(key, value)| (key.clone(), value.to_json())));
    let odoo = session.odoo.with_context(context);
    let mut work: Vec<&[&Done<'_, '_>]> = todo.chunks(CALL_BATCH).collect();
    while let Some(chunk) = work.pop() {
        let ids: Vec<i64> = chunk.iter().map(|done| done.odoo_id).collect();
        // Guarded by what Odoo shows and asked again afterwards, so a lost answer is harmless: not repeated here.
        match odoo.call(&plan.model, method, vec![json!(ids)], Map::new(), Repeat::Never).await {
            Ok(_) => {}
            Err(error)
                if matches!(error.class(), Class::Data | Class::Access | Class::Gone | Class::Server) =>
            {
                if let [done] = chunk {
                    let problem = Problem::of_record(format!("{method} failed: {error}"));
                    refused.insert(done.odoo_id, done.record.refuse(odoo_class(&error), problem));
                } else {
                    let (first, second) = chunk.split_at(chunk.len() / 2);
                    work.extend([first, second]);
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

async fn write(
    session: &Session,
    plan: &Plan,
    fields: &[String],
    todo: &[&Done<'_, '_>],
    shown: &Shown,
    refused: &mut BTreeMap<i64, Refusal>,
) -> Result<(), SyncError> {
    for field in fields {
        let Some(position) = plan.field(field) else { continue };
        let mut rows = Vec::new();
        let mut members = Vec::new();
        for done in todo {
            let mut cells = done.row.cells.iter().chain(&done.row.for_new);
            let Some((_, cell)) = cells.find(|(found, _)| *found == position) else {
                continue;
            };
            let same = shown
                .get(&done.odoo_id)
                .and_then(|record| record.get(field))
                .is_some_and(|now| shows(now, cell));
            if !same {
                rows.push(vec![done.odoo_id.to_string(), cell.clone()]);
                members.push(*done);
            }
        }
        if rows.is_empty() {
            continue;
        }
        let column = if plan.fields[usize::from(position)].relational {
            format!("{field}/.id")
        } else {
            field.clone()
        };
        let result = session.odoo.load(&plan.model, &[".id", &column], &rows).await?;
        if result.ids.is_none() {
            let reasons: Vec<&str> = result.messages.iter().map(|message| message.message.as_str()).collect();
            for done in members {
                let problem = Problem::new(
                    field,
                    "",
                    None,
                    format!("Odoo refuses it after the button: {}", reasons.join("; ")),
                );
                refused.insert(done.odoo_id, done.record.refuse(ErrorClass::Data, problem));
            }
        }
    }
    Ok(())
}

fn no_effect(
    session: &Session,
    then: &ThenPlan,
    todo: &[&Done<'_, '_>],
    shown: &Shown,
    refused: &mut BTreeMap<i64, Refusal>,
) {
    let Step::Call(method) = &then.step else { return };
    for done in todo {
        if refused.contains_key(&done.odoo_id) || !matches!(is_done(session, then, done, shown), Ok(false)) {
            continue;
        }
        let now = shown.get(&done.odoo_id).map(|record| {
            let fields =
                then.reads.iter().filter_map(|field| Some(format!("{field} = {}", record.get(field)?)));
            fields.collect::<Vec<_>>().join(", ")
        });
        let reason = format!(
            "{method} changed nothing (Odoo shows {}). Odoo may ask a question there: press the button by hand",
            now.unwrap_or_default()
        );
        refused.insert(done.odoo_id, done.record.refuse(ErrorClass::Conflict, Problem::of_record(reason)));
    }
}

fn check(session: &Session, plan: &Plan, done: &Done<'_, '_>, shown: &Shown) -> Option<Refusal> {
    for (field, origin) in &plan.check {
        let expected = match session.plans.expected(origin, done.record.scope) {
            Ok(Some(expected)) => expected,
            Ok(None) => continue,
            Err(problem) => return Some(done.record.refuse(ErrorClass::Config, problem)),
        };
        let now =
            shown.get(&done.odoo_id).and_then(|record| record.get(field)).cloned().unwrap_or(Value::Null);
        if !equal(&now, &expected) {
            let reason = format!("Odoo shows {now} and the shop {expected}");
            let problem = Problem::new(field, origin.text(), None, reason);
            return Some(done.record.refuse(ErrorClass::Conflict, problem));
        }
    }
    None
}

fn equal(now: &Value, expected: &OdooValue<'_>) -> bool {
    match (now, expected) {
        (Value::Number(now), OdooValue::Decimal(expected)) => {
            let now = now.as_f64().and_then(|now| pyexpr::Decimal::from_json_number(now).ok());
            // Odoo's floats carry no more than this: 0.1 + 0.2 is not 0.3 there.
            let rounded = |d: pyexpr::Decimal| d.quantize_half_up(6).ok();
            now.and_then(rounded).is_some_and(|now| Some(now) == rounded(*expected))
        }
        (now, expected) => shows(now, &expected.to_string()),
    }
}

/// Whether a value as Odoo's `read` gives it is what `cell` would write.
pub(super) fn shows(now: &Value, cell: &str) -> bool {
    match now {
        Value::Bool(false) => cell.is_empty() || cell == "False",
        Value::Bool(true) => cell == "True",
        Value::String(text) => text == cell,
        Value::Number(number) => {
            let parse = |text: &str| pyexpr::Decimal::parse(text).ok();
            parse(&number.to_string()).is_some_and(|now| Some(now) == parse(cell))
        }
        Value::Array(items) => match items.as_slice() {
            [Value::Number(id), Value::String(_)] => id.to_string() == cell,
            [] => cell.is_empty(),
            ids => {
                // Records have no order in a many2many.
                let wanted: BTreeSet<&str> = cell.split(SEPARATOR).collect();
                let shown: BTreeSet<String> = ids.iter().map(Value::to_string).collect();
                shown.iter().map(String::as_str).eq(wanted)
            }
        },
        Value::Null | Value::Object(_) => false,
    }
}
