//! Dead letters: tried again, edited, decided, dismissed.

use serde_json::{Value, json};

use super::{OperationError, Operator, Result, filter_text};
use crate::store::{
    DeadLetter, DeadLetterFilter, DeadLetterState, Deciding, Direction, JobKind, NewAudit, NewJob, Priority,
    RolloutKey, Stage,
};
use crate::sync::{Decided, Decision, conflict};

/// Letters in one transaction.
const AT_A_TIME: u32 = 500;

impl Operator<'_> {
    /// Lets one dead letter be tried again; a dismissed one opens again.
    pub async fn retry(&self, id: i64) -> Result<DeadLetter> {
        let letter = self.letter(id).await?;
        let audit = self.audit("dead_letter.retry", format!("dead letter {id}"), about(&letter));
        if self.store.retry_dead_letters(&[id], audit).await? > 0 {
            return Ok(letter);
        }
        Err(OperationError::Invalid(why_not_tried(&letter)))
    }

    /// Lets all open dead letters that match be tried again. Gives how many.
    pub async fn retry_matching(&self, filter: DeadLetterFilter) -> Result<u64> {
        let target = letter_filter_text(&filter);
        let mut done = 0;
        let mut page = open_page(filter);
        while let Some(ids) = self.next_ids(&mut page).await? {
            let audit = self.audit("dead_letter.retry", &target, json!({}));
            done += self.store.retry_dead_letters(&ids, audit).await?;
        }
        Ok(done)
    }

    /// Puts other data into a dead letter, for the next retry. `payload` is the whole external record as a JSON object; it is
    /// kept as it is written, because a number may have more digits than a parser keeps.
    pub async fn edit(&self, id: i64, payload: &str) -> Result<()> {
        let letter = self.letter(id).await?;
        if letter.kind == "export" {
            return Err(OperationError::Invalid(
                "what goes out comes from Odoo: change the record there, then retry".to_owned(),
            ));
        }
        let parsed: Value = serde_json::from_str(payload).map_err(|error| {
            OperationError::Invalid(format!(
                "this is not JSON: line {}, column {}: {error}",
                error.line(),
                error.column()
            ))
        })?;
        if !parsed.is_object() {
            return Err(OperationError::Invalid(
                "a record is a JSON object, which begins with `{`".to_owned(),
            ));
        }
        let audit = self.audit("dead_letter.edit", format!("dead letter {id}"), about(&letter));
        if self.store.edit_dead_letter(id, payload.trim(), audit).await? {
            return Ok(());
        }
        Err(OperationError::Invalid(format!("dead letter {id} is resolved: the record went through")))
    }

    /// Dismisses one dead letter: the record stays out.
    pub async fn dismiss(&self, id: i64) -> Result<DeadLetter> {
        let letter = self.letter(id).await?;
        let audit = self.audit("dead_letter.dismiss", format!("dead letter {id}"), about(&letter));
        if self.store.dismiss_dead_letters(&[id], audit).await? > 0 {
            return Ok(letter);
        }
        Err(OperationError::Invalid(format!("dead letter {id} is {} already", letter.state.text())))
    }

    /// Dismisses all open dead letters that match. Gives how many.
    pub async fn dismiss_matching(&self, filter: DeadLetterFilter) -> Result<u64> {
        let target = letter_filter_text(&filter);
        let mut done = 0;
        let mut page = open_page(filter);
        while let Some(ids) = self.next_ids(&mut page).await? {
            let audit = self.audit("dead_letter.dismiss", &target, json!({}));
            done += self.store.dismiss_dead_letters(&ids, audit).await?;
        }
        Ok(done)
    }

    /// Writes down that these were tried again, by whoever tried them himself.
    pub async fn note_retries(&self, letters: &[DeadLetter]) -> Result<()> {
        for letter in letters {
            self.note("dead_letter.retry", format!("dead letter {}", letter.id), about(letter)).await?;
        }
        Ok(())
    }

    /// Settles a conflict: what one side holds stays. A worker does it; who asks twice for the same is told the same.
    /// `configured` gives the stage of the record in the direction that is written, unless an operator has set one.
    pub async fn decide(
        &self,
        id: i64,
        side: Decision,
        configured: impl FnOnce(&DeadLetter, Direction) -> Option<Stage>,
    ) -> Result<DeadLetter> {
        let letter = self.letter(id).await?;
        let said = self.decided(&letter, side)?;
        let (backend, entity, direction) = (&*letter.backend, &*letter.entity, side.direction());
        let set = self.store.rollout(RolloutKey { backend, entity, direction }).await?.map(|row| row.stage);
        let stage = set.or_else(|| configured(&letter, direction)).unwrap_or(Stage::Off);
        if let Some(why) = side.held_by(stage, entity) {
            return Err(OperationError::Invalid(format!(
                "{why}. Change it with `linkspan backends stage` or on the backend's page, then decide again"
            )));
        }
        let job = NewJob {
            priority: Priority::HUMAN,
            payload: Some(json!(Decided { dead_letter: id, side }).to_string()),
            ..NewJob::new(backend, JobKind::Decision, entity, &letter.external_id)
        };
        let audit = self.decision(&letter, side);
        match self.store.decide_dead_letter(id, &job, &said, audit).await? {
            Deciding::Begun | Deciding::Already => Ok(letter),
            Deciding::Otherwise(job) => Err(OperationError::Invalid(format!(
                "dead letter {id} was decided the other way already: cancel job {job} first, if it still waits"
            ))),
            Deciding::Closed => Err(OperationError::Invalid(format!(
                "dead letter {id} is no open conflict any more: it was closed just now"
            ))),
        }
    }

    /// Writes down whose value stays after a conflict, by whoever settled it himself. `letter` is as it was before.
    pub async fn note_decision(&self, letter: &DeadLetter, side: Decision) -> Result<()> {
        let said = self.decided(letter, side)?;
        Ok(self.store.note_decision(letter, &said, self.decision(letter, side)).await?)
    }

    fn decision(&self, letter: &DeadLetter, side: Decision) -> NewAudit {
        let mut details = about(letter);
        details["side"] = json!(side.text());
        self.audit("dead_letter.decide", format!("dead letter {}", letter.id), details)
    }

    /// The event of a decision.
    fn decided(&self, letter: &DeadLetter, side: Decision) -> Result<String> {
        let fields = conflict(letter).map_err(OperationError::Invalid)?;
        let names: Vec<&str> = fields.iter().map(|field| field.field.as_str()).collect();
        Ok(format!("{} decided on {}: {}.", self.actor, names.join(", "), side.stays(names.len())))
    }

    async fn letter(&self, id: i64) -> Result<DeadLetter> {
        self.store.dead_letter(id).await?.ok_or_else(|| {
            OperationError::NotFound(format!(
                "there is no dead letter {id}; `linkspan dead-letters list --state any` shows all"
            ))
        })
    }

    /// The next ids of a walk, from new to old; letters that come meanwhile are not part of it.
    async fn next_ids(&self, page: &mut DeadLetterFilter) -> Result<Option<Vec<i64>>> {
        let letters = self.store.list_dead_letters(page.clone()).await?;
        page.before_id = letters.last().map(|letter| letter.id);
        let ids: Vec<i64> = letters.iter().map(|letter| letter.id).collect();
        Ok(Some(ids).filter(|ids| !ids.is_empty()))
    }
}

fn open_page(filter: DeadLetterFilter) -> DeadLetterFilter {
    DeadLetterFilter { state: Some(DeadLetterState::Open), before_id: None, limit: AT_A_TIME, ..filter }
}

/// Why a dead letter as it stands cannot be tried again.
pub fn why_not_tried(letter: &DeadLetter) -> String {
    let DeadLetter { id, entity, external_id, .. } = letter;
    match letter.state {
        DeadLetterState::Dismissed => {
            format!("dead letter {id} was dismissed, and its record has a newer one: retry that")
        }
        DeadLetterState::Resolved => format!("dead letter {id} is resolved: the record went through"),
        DeadLetterState::Open => {
            format!(
                "{entity} {external_id} is not linked to an Odoo record any more; dismiss dead letter {id}"
            )
        }
    }
}

/// A filter in the words of the audit.
pub fn letter_filter_text(filter: &DeadLetterFilter) -> String {
    let parts = [
        ("backend", filter.backend.as_deref()),
        ("entity", filter.entity.as_deref()),
        ("external_id", filter.external_id.as_deref()),
        ("class", filter.class.as_deref()),
        ("message", filter.message.as_deref()),
        ("text", filter.text.as_deref()),
    ];
    format!("dead letters: {}", filter_text(&parts))
}

fn about(letter: &DeadLetter) -> Value {
    json!({ "backend": letter.backend, "entity": letter.entity, "record": letter.external_id })
}
