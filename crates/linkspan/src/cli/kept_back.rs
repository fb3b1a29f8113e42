//! What an operator keeps back of a backend, by a rollout stage or a pause. Commands that write obey both, unless they are
//! told to write all the same.

use super::failure::Failure;
use super::output::Output;
use crate::config::Backend;
use crate::store::{Direction, Lane, Stage, Store, now_ms};

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
    (direction, command): (Direction, &str),
    (entities, named): (Vec<String>, &[String]),
) -> Result<Chosen, Failure> {
    let name = &backend.name;
    let lane = if direction == Direction::In { Lane::In } else { Lane::Out };
    let channel = lane.channel(name);
    if let Some(pause) =
        store.channels().await?.iter().find(|c| c.name == channel && c.is_paused_at(now_ms()))
    {
        let reason =
            pause.reason.as_deref().filter(|reason| !reason.is_empty()).unwrap_or("no reason was given");
        return Err(Failure::config(format!(
            "{name} is paused: {reason}. `linkspan backends resume {name}` ends the pause; to see what would change, \
             `--plan`; to write all the same, `--force`"
        )));
    }
    let set = store.rollouts(Some(name)).await?;
    let stage = |entity: &str| {
        let row = set.iter().find(|row| row.entity == entity && row.direction == direction);
        row.map(|row| row.stage).or_else(|| backend.configured_stage(entity, direction))
    };
    let mut chosen = Chosen { entities: Vec::new(), left_out: Vec::new() };
    for entity in entities {
        match stage(&entity) {
            None | Some(Stage::On) => chosen.entities.push(entity),
            Some(stage) if named.contains(&entity) => {
                return Err(Failure::config(format!(
                    "{entity} of {name} is in stage {}, and `linkspan {command}` knows no stages but `on`. \
                     `linkspan backends stage {name} {entity} on{}` lets all of it through; to see what would \
                     change, `--plan`; to write all the same, `--force`",
                    stage.text(),
                    if direction == Direction::In { "" } else { " --direction out" },
                )));
            }
            Some(_) => chosen.left_out.push(entity),
        }
    }
    Ok(chosen)
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
