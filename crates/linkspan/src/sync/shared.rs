//! Fields that both sides write, on the way in: an import leaves alone what changed in Odoo and is still to go out, reports
//! what both sides changed, and remembers what both hold afterwards, so that the next search in Odoo sends nothing back.

use std::collections::{BTreeMap, HashMap, HashSet};

use odoo_rpc::Record;
use serde_json::{Value, json};

use super::error::SyncError;
use super::export_compare::{Change, base_of, base_without, canonical, changed};
use super::export_read::{self, Leaving};
use super::export_settle::{ARCHIVED, Settlement, archived, fields};
use super::export_update::conflict;
use super::follow::{Done, shows};
use super::prepare::Pending;
use super::resolve::Row;
use super::session::{Mode, Session};
use crate::definition::entity::Owner;
use crate::mapping::{Out, OutField, to_value};
use crate::store::{Base, Outbound};

/// What an import knows of a batch's way out.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Bound records as Odoo showed them before the write.
    before: HashMap<i64, Leaving>,
    known: HashMap<String, Outbound>,
    /// (Odoo id, external field) that the import does not bring to Odoo.
    kept: HashSet<(i64, String)>,
    /// (Odoo id, external field) that the other side changed and Odoo did not.
    unchanged: HashSet<(i64, String)>,
}

/// Whether imports of an entity have to think of exports.
fn has_updates(session: &Session, entity: u16) -> bool {
    session.way_out(entity).is_ok_and(|(export, _)| export.update.is_some())
}

/// Takes out of the rows what changed in Odoo and not on the other side, and what both changed; the latter becomes a
/// dead letter.
pub(super) async fn hold_back(
    session: &Session,
    entity: u16,
    ready: &mut [(Pending<'_>, Row)],
) -> Result<Held, SyncError> {
    if !has_updates(session, entity) {
        return Ok(Held::default());
    }
    let (_, plan) = session.way_out(entity)?;
    let bound: Vec<(i64, &str)> = ready
        .iter()
        .filter_map(|(record, _)| Some((record.odoo_id()?, &*record.mapped.external_id)))
        .collect();
    if bound.is_empty() {
        return Ok(Held::default());
    }
    let ids: Vec<&str> = bound.iter().map(|(_, id)| *id).collect();
    let known = session.store.outbound(&session.backend, &session.plan(entity).entity, &ids).await?;
    let odoo_ids: Vec<i64> = bound.iter().map(|(odoo_id, _)| *odoo_id).collect();
    let before = export_read::read(session, entity, &odoo_ids).await?;
    let mut held = Held { before, known, ..Held::default() };
    let (mut refusals, mut outbound) = (Vec::new(), Vec::new());
    for (record, row) in ready {
        let Some(leaving) = record.odoo_id().and_then(|id| held.before.get(&id)) else { continue };
        let Some(known) = held.known.get(&*record.mapped.external_id) else { continue };
        let external = to_value(record.scope.record);
        let mut conflicts = Vec::new();
        let mut under_way = known.clone();
        let mut brings = |path: &str, value: &Value| {
            if let Some(base) = under_way.base.get_mut(path) {
                base.bring(value);
            }
        };
        for (field, out) in
            plan.fields.iter().zip(&leaving.out).filter(|(field, _)| field.owner == Owner::Shared)
        {
            let base = known.base.get(field.path.text()).filter(|base| out.is_none() && base.odoo.is_null());
            if base.is_some_and(|base| base.external != canonical(&field.held_in(&external), false)) {
                held.unchanged.insert((leaving.odoo_id, field.path.text().to_owned()));
                brings(field.path.text(), &field.held_in(&external));
            }
        }
        let shared = fields(&plan.fields, leaving).filter(|(field, _)| field.owner == Owner::Shared);
        for (field, out) in shared {
            let name = (leaving.odoo_id, field.path.text().to_owned());
            match judge(field, out, &external, known) {
                Judgement::Equal => continue,
                Judgement::Bring => {
                    brings(field.path.text(), &field.held_in(&external));
                    held.unchanged.insert(name);
                    continue;
                }
                Judgement::Settled => {}
                Judgement::Keep => drop(held.kept.insert(name)),
                Judgement::Conflict(shown) => {
                    conflicts.push(shown);
                    held.kept.insert(name);
                }
            }
            let plan = session.plan(entity);
            row.cells.retain(|(position, _)| !field.makes(&plan.fields[usize::from(*position)]));
        }
        if under_way != *known {
            outbound.push(under_way);
        }
        if !conflicts.is_empty() {
            refusals.push(conflict(&record.mapped.external_id, leaving.odoo_id, &conflicts));
        }
    }
    // Before the write: killed after it, the next look knows whose change it sees.
    Settlement { refusals, outbound, ..Settlement::default() }.store(session, entity).await?;
    Ok(held)
}

enum Judgement {
    /// The import brings the other side's value over one that nobody changed in Odoo.
    Bring,
    /// Nothing is known of it yet, or both sides changed it to the same.
    Equal,
    /// Nobody changed it since both were in step: there is nothing to bring.
    Settled,
    /// Only Odoo changed it: its value is still to go out.
    Keep,
    /// Both changed it.
    Conflict(Value),
}

fn judge(field: &OutField, out: &Out, external: &Value, known: &Outbound) -> Judgement {
    let Some(base) = known.base.get(field.path.text()) else { return Judgement::Equal };
    let theirs = &*field.held_in(external);
    let same = |value: &Value| canonical(value, out.is_number);
    let (ours_now, theirs_now) = (same(&out.value), same(theirs));
    match changed(&ours_now, &theirs_now, base, out.is_number) {
        (Change::None, Change::None) => Judgement::Settled,
        (Change::None, Change::Made) => Judgement::Bring,
        _ if ours_now == theirs_now => Judgement::Equal,
        (Change::Interrupted, _) => Judgement::Bring,
        (_, Change::None | Change::Interrupted) => Judgement::Keep,
        (Change::Made, Change::Made) => Judgement::Conflict(json!({
            "field": field.path.text(), "odoo": out.value, "external": theirs, "base": base.external,
        })),
    }
}

/// Remembers what both sides hold now that the records are written.
pub(super) async fn note_base(
    session: &Session,
    entity: u16,
    held: &Held,
    done: &[&Done<'_, '_>],
) -> Result<(), SyncError> {
    if !has_updates(session, entity) || session.mode == Mode::Plan || done.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = done.iter().map(|done| done.odoo_id).collect();
    let now = export_read::read(session, entity, &ids).await?;
    let mut outbound = Vec::new();
    for done in done {
        let Some(leaving) = now.get(&done.odoo_id) else { continue };
        outbound.push(remembered(session, entity, held, done, leaving)?);
    }
    Settlement { outbound, ..Settlement::default() }.store(session, entity).await?;
    Ok(())
}

fn remembered(
    session: &Session,
    entity: u16,
    held: &Held,
    done: &Done<'_, '_>,
    now: &Leaving,
) -> Result<Outbound, SyncError> {
    let (_, plan) = session.way_out(entity)?;
    let id = &*done.record.mapped.external_id;
    let known = held.known.get(id);
    let external = to_value(done.record.scope.record);
    let mut base: BTreeMap<String, Base> = known.map(|known| known.base.clone()).unwrap_or_default();
    let mut is_settled = now.problems.is_empty();
    for (field, _) in plan.fields.iter().zip(&now.out).filter(|(_, out)| out.is_none()) {
        base.insert(field.path.text().to_owned(), base_without(&field.held_in(&external)));
    }
    for (field, out) in fields(&plan.fields, now) {
        let path = field.path.text();
        let fresh = base_of(out, &field.held_in(&external));
        let name = (done.odoo_id, path.to_owned());
        // A button of this import may change what no cell of it writes.
        let is_new = known.is_none_or(|known| !known.base.contains_key(path));
        let by_import = field.owner == Owner::Shared
            && (is_new || (held.unchanged.contains(&name) && is_own_write(session, now)));
        if held.kept.contains(&name) {
            is_settled = false;
        } else if by_import || is_written(session, entity, field, done, now) || fresh.odoo == fresh.external {
            base.insert(path.to_owned(), fresh);
        } else if base.get(path).is_none_or(|base| base.odoo != fresh.odoo) && field.owner != Owner::External
        {
            // Nothing that this import wrote: it is still to go out.
            is_settled = false;
        }
    }
    // What the import archived is known to the other side.
    let was_archived = held.before.get(&done.odoo_id).map(|before| !before.active);
    if was_archived.is_none() || was_archived == base.get(ARCHIVED).map(|base| base.odoo == json!(true)) {
        base.insert(ARCHIVED.to_owned(), archived(now));
    }
    let is_same = base.get(ARCHIVED).is_some_and(|base| base.odoo == json!(!now.active));
    let fingerprint = match is_settled && is_same {
        true => now.fingerprint(session, entity, true)?,
        false => String::new(),
    };
    Ok(Outbound { external_id: id.to_owned(), base, fingerprint })
}

/// Whether the value that goes out now is what this import wrote, as Odoo stored it.
fn is_written(session: &Session, entity: u16, field: &OutField, done: &Done<'_, '_>, now: &Leaving) -> bool {
    let plan = session.plan(entity);
    let cells: Vec<(&str, &str)> = done
        .row
        .cells
        .iter()
        .map(|(position, cell)| (&plan.fields[usize::from(*position)], cell.as_str()))
        .filter(|(mapped, _)| field.makes(mapped))
        .map(|(mapped, cell)| (mapped.name.as_str(), cell))
        .collect();
    let shown =
        |record: &Record, (name, cell): &(&str, &str)| record.get(*name).is_some_and(|now| shows(now, cell));
    !cells.is_empty() && (is_own_write(session, now) || cells.iter().all(|cell| shown(&now.shown, cell)))
}

/// Nobody has written the record since.
fn is_own_write(session: &Session, now: &Leaving) -> bool {
    let by = now.shown.get("write_uid").and_then(super::session::many2one);
    by.is_some_and(|(id, _)| id == session.odoo.uid())
}

/// Whether a new record of the other side is one that an export of ours is making: its Odoo record, by external id.
pub(super) async fn being_made(
    session: &Session,
    entity: u16,
    ready: &[(Pending<'_>, Row)],
) -> Result<HashMap<String, i64>, SyncError> {
    let Ok((export, _)) = session.way_out(entity) else { return Ok(HashMap::new()) };
    if export.create.is_none() || ready.iter().all(|(record, _)| record.odoo_id().is_some()) {
        return Ok(HashMap::new());
    }
    let intents = session.store.intents(&session.backend, &session.plan(entity).entity).await?;
    let mut found = HashMap::new();
    if intents.is_empty() {
        return Ok(found);
    }
    let path =
        export.look_up.as_ref().and_then(|look_up| crate::mapping::OutPath::parse(&look_up.external).ok());
    for (record, _) in ready.iter().filter(|(record, _)| record.odoo_id().is_none()) {
        let id = &*record.mapped.external_id;
        let value =
            path.as_ref().map(|path| super::export_update::text(path.find(&to_value(record.scope.record))));
        let made = intents.iter().find(|intent| {
            intent.external_id.as_deref() == Some(id)
                || (intent.external_id.is_none() && intent.look_up.is_some() && intent.look_up == value)
        });
        found.extend(made.map(|intent| (id.to_owned(), intent.odoo_id)));
    }
    Ok(found)
}
