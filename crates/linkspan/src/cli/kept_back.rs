//! What an operator keeps back of a backend, by a rollout stage or a pause. Commands that write obey both, unless they are
//! told to write all the same.

use super::failure::Failure;
use super::output::Output;
use crate::config::Backend;
use crate::store::{Direction, Lane, Rollout, Stage, Store, now_ms};

/// A command that writes.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) command: &'static str,
    pub(super) direction: Direction,
    /// Whether it knows `--plan`.
    pub(super) plans: bool,
}

/// What a command is to write.
pub(super) struct Chosen {
    pub(super) entities: Vec<String>,
    /// Entities that nobody named and whose stage keeps them back.
    pub(super) left_out: Vec<String>,
}

/// Leaves out of `entities` those whose stage keeps them back. One that was named is an error, because a command that does
/// nothing of what it was told must say so.
pub(super) async fn leave_out(
    store: &Store,
    backend: &Backend,
    asked: Asked,
    (entities, named): (Vec<String>, &[String]),
) -> Result<Chosen, Failure> {
    let (name, Asked { command, direction, .. }) = (&backend.name, asked);
    not_paused(store, name, asked).await?;
    let set = store.rollouts(Some(name)).await?;
    let mut chosen = Chosen { entities: Vec::new(), left_out: Vec::new() };
    for entity in entities {
        match stage(&set, backend, &entity, direction) {
            None | Some(Stage::On) => chosen.entities.push(entity),
            Some(stage) if named.contains(&entity) => {
                return Err(Failure::config(format!(
                    "{entity} of {name} is in stage {}, and `linkspan {command}` knows no stages but `on`. \
                     `linkspan backends stage {name} {entity} on{}` lets all of it through; {}to write all the \
                     same, `--force`",
                    stage.text(),
                    if direction == Direction::In { "" } else { " --direction out" },
                    asked.or_plan(),
                )));
            }
            Some(_) => chosen.left_out.push(entity),
        }
    }
    Ok(chosen)
}

/// The stage that an operator has set, or the configuration; none where neither has.
pub(super) fn stage(set: &[Rollout], backend: &Backend, entity: &str, direction: Direction) -> Option<Stage> {
    let row = set.iter().find(|row| row.entity == entity && row.direction == direction);
    row.map(|row| row.stage).or_else(|| backend.configured_stage(entity, direction))
}

/// An error while an operator keeps a direction of a backend back.
pub(super) async fn not_paused(store: &Store, backend: &str, asked: Asked) -> Result<(), Failure> {
    let lane = if asked.direction == Direction::In { Lane::In } else { Lane::Out };
    let channel = lane.channel(backend);
    let channels = store.channels().await?;
    let Some(pause) = channels.iter().find(|c| c.name == channel && c.is_paused_at(now_ms())) else {
        return Ok(());
    };
    let reason = pause.reason.as_deref().filter(|reason| !reason.is_empty()).unwrap_or("no reason was given");
    Err(Failure::config(format!(
        "{backend} is paused: {reason}. `linkspan backends resume {backend}` ends the pause; {}to write all the same, \
         `--force`",
        asked.or_plan()
    )))
}

impl Asked {
    fn or_plan(self) -> &'static str {
        if self.plans { "to see what would change, `--plan`; " } else { "" }
    }
}

impl Chosen {
    /// Says what was left out.
    pub(super) fn tell(&self, output: &Output) {
        if !self.left_out.is_empty() {
            output.line(format!(
                "left out, because their stage is not `on`: {} (`--force` writes them all the same)",
                self.left_out.join(", ")
            ));
        }
    }
}
