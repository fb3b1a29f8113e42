//! The end of a batch: bindings, dead letters and checkpoint, all or nothing.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::bindings::{self, BY_ODOO_ID, lock_bindings};
use super::database::{Tx, args};
use super::{
    Binding, Checkpoint, DeadLetterKind, Lease, NewDeadLetter, NewJob, Outbound, Result, Store, checkpoints,
    dead_letters, intents, jobs, leases, outbound,
};

/// What one batch of one entity leaves behind.
#[derive(Clone, Debug, Default)]
pub struct BatchCommit {
    /// The shop.
    pub backend: String,
    /// The kind of record; it holds for everything below.
    pub entity: String,
    /// Records that were written or found unchanged. `created_at` counts for new rows only. Of two
    /// with the same external id the last one holds.
    pub bindings: Vec<Binding>,
    /// Which way the records were on: whose dead letters these are.
    pub kind: DeadLetterKind,
    /// External ids whose open dead letter is done with.
    pub resolved_dead_letters: Vec<String>,
    /// Records that need a human, or wait for another record.
    pub dead_letters: Vec<NewDeadLetter>,
    /// What both sides hold now.
    pub outbound: Vec<Outbound>,
    /// External ids whose [`Outbound`] is forgotten.
    pub forgotten: Vec<String>,
    /// Odoo records whose creation on the other side is finished.
    pub settled_intents: Vec<i64>,
    /// Work that follows.
    pub jobs: Vec<NewJob>,
    /// Where the walk stands after this batch; None leaves the stored one.
    pub checkpoint: Option<Checkpoint>,
    /// The lease this importer works under. When another process has taken it over, the batch is
    /// refused with [`super::StoreError::LeaseLost`] and nothing of it is stored.
    pub lease: Option<Lease>,
}

/// Two external records that want the same Odoo record. The first one keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindingConflict {
    /// The record that was not bound.
    pub external_id: String,
    /// The Odoo record both want.
    pub odoo_id: i64,
    /// The external record that holds it.
    pub held_by: String,
}

impl Store {
    /// Stores a batch in one transaction and gives the bindings that were left out because their
    /// Odoo record belongs to another external record. Each of those also gets a dead letter of the
    /// class `conflict` in the same transaction, so that moving the checkpoint never loses it.
    pub async fn commit_batch(&self, batch: BatchCommit) -> Result<Vec<BindingConflict>> {
        const ACTION: &str = "commit a batch";
        let BatchCommit { backend, entity, bindings, mut resolved_dead_letters, mut dead_letters, .. } =
            batch;
        let mut tx = self.database.begin(ACTION).await?;
        lock_bindings(&mut tx, &backend, &entity).await?;
        if let Some(lease) = &batch.lease {
            leases::demand(&mut tx, lease).await?;
        }
        let (free, conflicts) = sort_out_conflicts(&mut tx, &backend, &entity, bindings).await?;
        for conflict in &conflicts {
            resolved_dead_letters.retain(|id| *id != conflict.external_id);
            if !dead_letters.iter().any(|letter| letter.external_id == conflict.external_id) {
                dead_letters.push(conflict.dead_letter());
            }
        }
        bindings::upsert(&mut tx, &backend, &entity, &free).await?;
        dead_letters::resolve(&mut tx, &backend, &entity, batch.kind, &resolved_dead_letters).await?;
        dead_letters::open(&mut tx, &backend, &entity, batch.kind, dead_letters).await?;
        outbound::save(&mut tx, &backend, &entity, &batch.outbound).await?;
        outbound::forget(&mut tx, &backend, &entity, &batch.forgotten).await?;
        intents::settle(&mut tx, &backend, &entity, &batch.settled_intents).await?;
        if !batch.jobs.is_empty() {
            jobs::enqueue(&mut tx, &batch.jobs).await?;
        }
        if let Some(checkpoint) = &batch.checkpoint {
            checkpoints::save(&mut tx, checkpoint).await?;
        }
        tx.commit(ACTION).await?;
        if !batch.jobs.is_empty() {
            self.wake.notify_waiters();
        }
        Ok(conflicts)
    }
}

/// Parts the bindings into those that may be written, ordered by external id, and those whose Odoo
/// record is taken, be it in the store or earlier in the batch.
async fn sort_out_conflicts(
    tx: &mut Tx,
    backend: &str,
    entity: &str,
    bindings: Vec<Binding>,
) -> Result<(Vec<Binding>, Vec<BindingConflict>)> {
    let mut holders = holders(tx, backend, entity, &bindings).await?;
    // The last one of an external id holds, but it keeps its place in the order of arrival.
    let latest: HashMap<String, usize> =
        bindings.iter().enumerate().map(|(place, binding)| (binding.external_id.clone(), place)).collect();
    let mut free = BTreeMap::new();
    let mut conflicts = Vec::new();
    for (place, binding) in bindings.into_iter().enumerate() {
        if latest.get(&binding.external_id) != Some(&place) {
            continue;
        }
        let holder = binding
            .odoo_id
            .map(|odoo_id| (odoo_id, holders.entry(odoo_id).or_insert_with(|| binding.external_id.clone())));
        match holder {
            Some((odoo_id, holder)) if *holder != binding.external_id => conflicts.push(BindingConflict {
                external_id: binding.external_id,
                odoo_id,
                held_by: holder.clone(),
            }),
            _ => drop(free.insert(binding.external_id.clone(), binding)),
        }
    }
    Ok((free.into_values().collect(), conflicts))
}

/// Who holds the Odoo records of these bindings now: external id by Odoo id.
async fn holders(
    tx: &mut Tx,
    backend: &str,
    entity: &str,
    bindings: &[Binding],
) -> Result<HashMap<i64, String>> {
    let wanted: HashSet<i64> = bindings.iter().filter_map(|binding| binding.odoo_id).collect();
    let wanted: Vec<i64> = wanted.into_iter().collect();
    let rows = tx
        .session()
        .rows("look for conflicts", BY_ODOO_ID, args![backend, entity, wanted.as_slice()])
        .await?;
    rows.iter().map(|row| Ok((row.get("odoo_id")?, row.get("external_id")?))).collect()
}

impl BindingConflict {
    fn dead_letter(&self) -> NewDeadLetter {
        let Self { external_id, odoo_id, held_by } = self;
        NewDeadLetter {
            external_id: external_id.clone(),
            class: "conflict".to_owned(),
            message: format!(
                "Odoo record {odoo_id} is already linked to the external record {held_by:?}, so {external_id:?} \
                 was not linked to it. Merge the two in the shop, or unlink {held_by:?} and retry."
            ),
            problems: "[]".to_owned(),
            ..NewDeadLetter::default()
        }
    }
}
