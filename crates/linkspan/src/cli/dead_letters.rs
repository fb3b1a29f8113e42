//! `linkspan dead-letters`

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::failure::{Failure, PROBLEMS};
use super::kept_back::{Asked, leave_out, not_paused, stage};
use super::output::Output;
use super::{backend, progress};
use crate::config::Config;
use crate::definition::model::ErrorClass;
use crate::mapping::Problem;
use crate::operations::{COMMAND_LINE, Operator, why_not_tried};
use crate::store::{DeadLetter, DeadLetterFilter, DeadLetterState, Direction, Store};
use crate::sync::{Decision, ExportOutcome, LeaseGuard, Mode, SyncError, class_text};

/// Dead letters that are read at a time.
const AT_A_TIME: u32 = 500;

/// Records that were refused: why, and what to do about them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  linkspan dead-letters list --backend shop1\n  linkspan dead-letters show 17\n  linkspan dead-letters retry 17"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List refused records, newest first.
    #[command(after_help = "Example:\n  linkspan dead-letters list --backend shop1 --class data")]
    List {
        #[command(flatten)]
        filter: Filter,
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Show one with every reason and the record as it came.
    #[command(after_help = "Example:\n  linkspan dead-letters show 17")]
    Show {
        /// Number in the list.
        id: i64,
    },
    /// Try again: the record's current state is fetched and imported.
    #[command(
        after_help = "Examples:\n  linkspan dead-letters retry 17\n  linkspan dead-letters retry --all --backend shop1 --class missing_dependency"
    )]
    Retry {
        /// Numbers in the list.
        #[arg(required_unless_present = "all")]
        ids: Vec<i64>,
        /// All that match the filter: open ones, or dismissed ones with `--state dismissed`.
        #[arg(long, conflicts_with = "ids")]
        all: bool,
        /// Try them although a stage or a pause keeps them back.
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        filter: Filter,
    },
    /// Put other data into a dead letter; the next retry imports that instead of the record's current state.
    #[command(
        after_help = "Example:\n  linkspan dead-letters show 17 --json | jq -r .dead_letter.payload > record.json\n  linkspan dead-letters edit 17 --payload record.json"
    )]
    Edit {
        /// Number in the list.
        id: i64,
        /// File with the whole external record as a JSON object.
        #[arg(long, value_name = "FILE")]
        payload: PathBuf,
    },
    /// Decide a conflict of an export: Odoo's value goes out, or the other side's comes in.
    #[command(after_help = "Example:\n  linkspan dead-letters decide 17 odoo")]
    Decide {
        /// Number in the list.
        id: i64,
        /// Whose value stays.
        side: Decision,
        /// Write it although a stage or a pause keeps it back.
        #[arg(long)]
        force: bool,
    },
    /// Dismiss: the record stays out, nobody is bothered by it again.
    #[command(
        after_help = "Examples:\n  linkspan dead-letters dismiss 17 18\n  linkspan dead-letters dismiss --all --entity coupon"
    )]
    Dismiss {
        /// Numbers in the list.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        ids: Vec<i64>,
        /// All open ones that match.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        filter: Filter,
    },
}

#[derive(Debug, clap::Args)]
struct Filter {
    /// Only of this backend.
    #[arg(long)]
    backend: Option<String>,
    /// Only of this entity.
    #[arg(long)]
    entity: Option<String>,
    /// Only of the record with this id in the external system.
    #[arg(long)]
    external_id: Option<String>,
    /// Only of this class.
    #[arg(long, value_enum)]
    class: Option<ErrorClass>,
    /// Only those whose message holds this text.
    #[arg(long)]
    text: Option<String>,
    /// Which ones.
    #[arg(long, value_enum, default_value = "open")]
    state: State,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    Open,
    Dismissed,
    Resolved,
    Any,
}

impl Filter {
    fn to_store(&self, limit: u32) -> DeadLetterFilter {
        DeadLetterFilter {
            state: match self.state {
                State::Open => Some(DeadLetterState::Open),
                State::Dismissed => Some(DeadLetterState::Dismissed),
                State::Resolved => Some(DeadLetterState::Resolved),
                State::Any => None,
            },
            backend: self.backend.clone(),
            entity: self.entity.clone(),
            external_id: self.external_id.clone(),
            class: self.class.map(|class| class_text(class).to_owned()),
            message: None,
            text: self.text.clone(),
            before_id: None,
            limit,
        }
    }

    /// For a filter that found nothing.
    fn check(&self, config: &Config) -> Result<(), Failure> {
        backend::check_entity(config, self.backend.as_deref(), self.entity.as_deref())
    }
}

pub(super) async fn run(arguments: &Arguments, path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let config = backend::config(path)?;
    if let Command::List { filter: Filter { backend: Some(name), .. }, .. }
    | Command::Retry { filter: Filter { backend: Some(name), .. }, .. }
    | Command::Dismiss { filter: Filter { backend: Some(name), .. }, .. } = &arguments.command
    {
        config.check_backend(name)?;
    }
    let store = backend::store(&config).await?;
    match &arguments.command {
        Command::List { filter, limit } => {
            let mut letters = store.list_dead_letters(filter.to_store(limit.saturating_add(1))).await?;
            let limit = usize::try_from(*limit).unwrap_or(usize::MAX);
            let has_more = letters.len() > limit;
            letters.truncate(limit);
            if letters.is_empty() {
                filter.check(&config)?;
            }
            list(&letters, matches!(filter.state, State::Any), has_more, output);
            Ok(ExitCode::SUCCESS)
        }
        Command::Show { id } => {
            show(&find(&store, *id).await?, output);
            Ok(ExitCode::SUCCESS)
        }
        Command::Retry { ids, filter, force, .. } => {
            let mut letters =
                if ids.is_empty() { matching(&store, filter).await? } else { all(&store, ids).await? };
            if letters.is_empty() {
                filter.check(&config)?;
            }
            if !force {
                letters = not_kept_back(&config, &store, letters, !ids.is_empty(), output).await?;
            }
            let mut retried = Vec::with_capacity(letters.len());
            for letter in letters {
                let is_closed = letter.state == DeadLetterState::Dismissed;
                let opened = is_closed && store.reopen_dead_letter(letter.id).await?;
                retried.push(if opened { find(&store, letter.id).await? } else { letter });
            }
            Operator::new(&store, COMMAND_LINE).note_retries(&retried).await?;
            retry(&config, &store, &retried, output).await
        }
        Command::Decide { id, side, force } => {
            if !force {
                check_stage(&config, &store, &find(&store, *id).await?, *side).await?;
            }
            decide(&config, &store, *id, *side, output).await
        }
        Command::Edit { id, payload } => {
            find(&store, *id).await?;
            let text = std::fs::read_to_string(payload)
                .map_err(|error| Failure::config(format!("{} cannot be read: {error}", payload.display())))?;
            Operator::new(&store, COMMAND_LINE).edit(*id, &text).await?;
            output.object(&json!({ "edited": id }));
            output.line(format!(
                "dead letter {id} has new data; `linkspan dead-letters retry {id}` imports it"
            ));
            Ok(ExitCode::SUCCESS)
        }
        Command::Dismiss { ids, filter, .. } => {
            let mut dismissed = 0;
            if ids.is_empty() {
                if !matches!(filter.state, State::Open) {
                    return Err(Failure::config(
                        "only open dead letters can be dismissed: leave --state out",
                    ));
                }
                dismissed = Operator::new(&store, COMMAND_LINE).dismiss_matching(filter.to_store(0)).await?;
                if dismissed == 0 {
                    filter.check(&config)?;
                }
            }
            for id in ids {
                let is_open = find(&store, *id).await?.state == DeadLetterState::Open;
                if is_open {
                    Operator::new(&store, COMMAND_LINE).dismiss(*id).await?;
                }
                dismissed += u64::from(is_open);
            }
            output.object(&json!({ "dismissed": dismissed }));
            output.line(format!("{dismissed} dismissed"));
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn all(store: &Store, ids: &[i64]) -> Result<Vec<DeadLetter>, Failure> {
    let mut letters = Vec::with_capacity(ids.len());
    for id in ids {
        letters.push(find(store, *id).await?);
    }
    Ok(letters)
}

/// Every one that matches, page by page.
async fn matching(store: &Store, filter: &Filter) -> Result<Vec<DeadLetter>, Failure> {
    if matches!(filter.state, State::Resolved | State::Any) {
        return Err(Failure::config(
            "only open and dismissed dead letters can be tried again: leave --state out, or say --state dismissed",
        ));
    }
    let mut page = filter.to_store(AT_A_TIME);
    let mut letters = Vec::new();
    loop {
        let found = store.list_dead_letters(page.clone()).await?;
        let Some(last) = found.last() else { return Ok(letters) };
        page.before_id = Some(last.id);
        letters.extend(found);
    }
}

async fn find(store: &Store, id: i64) -> Result<DeadLetter, Failure> {
    store.dead_letter(id).await?.ok_or_else(|| {
        Failure::config(format!(
            "there is no dead letter {id}; `linkspan dead-letters list --state any` shows all"
        ))
    })
}

/// Leaves out what a stage or a pause keeps back. What was asked for by its number is not left out in silence.
async fn not_kept_back(
    config: &Config,
    store: &Store,
    mut letters: Vec<DeadLetter>,
    is_named: bool,
    output: &Output,
) -> Result<Vec<DeadLetter>, Failure> {
    let ways: HashSet<(String, Direction)> =
        letters.iter().map(|letter| (letter.backend.clone(), direction(letter))).collect();
    for (backend, way) in ways {
        let is_of_way = |letter: &DeadLetter| letter.backend == backend && direction(letter) == way;
        let entities: BTreeSet<&String> =
            letters.iter().filter(|letter| is_of_way(letter)).map(|letter| &letter.entity).collect();
        let entities: Vec<String> = entities.into_iter().cloned().collect();
        let named = if is_named { entities.clone() } else { Vec::new() };
        let asked = Asked { command: "dead-letters retry", direction: way, plans: false };
        let chosen = leave_out(store, &config.backend(&backend)?, asked, (entities, &named)).await?;
        chosen.tell(output);
        letters.retain(|letter| !is_of_way(letter) || chosen.entities.contains(&letter.entity));
    }
    Ok(letters)
}

/// Which way a retry writes.
fn direction(letter: &DeadLetter) -> Direction {
    if letter.kind == "export" { Direction::Out } else { Direction::In }
}

/// An error where the side that a decision writes to is kept back.
async fn check_stage(
    config: &Config,
    store: &Store,
    letter: &DeadLetter,
    side: Decision,
) -> Result<(), Failure> {
    let (backend, entity, direction) = (&*letter.backend, &*letter.entity, side.direction());
    not_paused(store, backend, Asked { command: "dead-letters decide", direction, plans: false }).await?;
    let set = store.rollouts(Some(backend)).await?;
    match stage(&set, &config.backend(backend)?, entity, direction)
        .and_then(|stage| side.held_by(stage, entity))
    {
        None => Ok(()),
        Some(why) => Err(Failure::config(format!(
            "{why}. Change it with `linkspan backends stage`, then decide again; to write all the same, `--force`"
        ))),
    }
}

async fn retry(
    config: &Config,
    store: &Store,
    letters: &[DeadLetter],
    output: &Output,
) -> Result<ExitCode, Failure> {
    let mut backends: Vec<&str> = letters.iter().map(|letter| letter.backend.as_str()).collect();
    backends.sort_unstable();
    backends.dedup();
    for name in backends {
        let wanted = config.backend(name)?;
        let opened = backend::open(&wanted, store)?;
        let guard = LeaseGuard::acquire_for_command(store, name).await?;
        let odoo = backend::connect(&wanted.odoo).await?;
        let session =
            opened.session(odoo, store, Mode::Write, Some(guard.lease()), progress::progress(output)).await?;
        for letter in letters.iter().filter(|letter| letter.backend == name) {
            // What was tried before it may have closed it.
            if find(store, letter.id).await?.state != DeadLetterState::Open {
                continue;
            }
            match session.retry(letter).await {
                Err(SyncError::Impossible(reason)) if letters.len() > 1 => {
                    output.line(format!("not tried: {} {}: {reason}", letter.entity, letter.external_id));
                }
                done => done?,
            }
        }
        session.retry_released().await?;
        drop(session);
        opened.close().await;
        guard.release().await?;
    }
    let (mut open, mut resolved, mut not_tried) = (Vec::new(), 0, Vec::new());
    for letter in letters {
        // One of the same record that goes the other way is another one.
        let now = find(store, letter.id).await?;
        match (letter.state, now.state) {
            (DeadLetterState::Open, DeadLetterState::Open) => open.push(now),
            (DeadLetterState::Open, _) => resolved += 1,
            _ => not_tried.push(now),
        }
    }
    let tried = letters.len() - not_tried.len();
    let ids: Vec<i64> = not_tried.iter().map(|letter| letter.id).collect();
    output
        .object(&json!({ "retried": tried, "resolved": resolved, "still_refused": open, "not_tried": ids }));
    output.line(format!("{tried} tried again, {resolved} are in Odoo now"));
    not_tried.iter().for_each(|letter| output.line(format!("not tried: {}", why_not_tried(letter))));
    open.iter().for_each(|letter| {
        output.line(format!("still refused: {} {}: {}", letter.entity, letter.external_id, letter.message))
    });
    let is_done = open.is_empty() && not_tried.is_empty();
    Ok(if is_done { ExitCode::SUCCESS } else { ExitCode::from(PROBLEMS) })
}

async fn decide(
    config: &Config,
    store: &Store,
    id: i64,
    side: Decision,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let backend = find(store, id).await?.backend;
    let wanted = config.backend(&backend)?;
    let opened = backend::open(&wanted, store)?;
    let guard = LeaseGuard::acquire_for_command(store, &backend).await?;
    // Somebody else may have decided while this one waited for the lease.
    let letter = find(store, id).await?;
    let odoo = backend::connect(&wanted.odoo).await?;
    let session =
        opened.session(odoo, store, Mode::Write, Some(guard.lease()), progress::progress(output)).await?;
    let outcome = session.resolve_conflict(&letter, side).await?;
    Operator::new(store, COMMAND_LINE).note_decision(&letter, side).await?;
    drop(session);
    opened.close().await;
    guard.release().await?;
    let is_settled = !matches!(outcome, ExportOutcome::Conflict { .. } | ExportOutcome::Refused { .. });
    output.object(&json!({ "settled": is_settled, "outcome": outcome }));
    output.line(if is_settled { "settled" } else { "not settled: look at the dead letter again" });
    Ok(if is_settled { ExitCode::SUCCESS } else { ExitCode::from(PROBLEMS) })
}

/// `with_state`: they are in different states.
fn list(letters: &[DeadLetter], with_state: bool, has_more: bool, output: &Output) {
    output.object(&json!({ "dead_letters": letters, "more": has_more }));
    let mut head = vec!["no.", "backend", "entity", "external id", "class", "tries", "why"];
    if with_state {
        head.insert(1, "state");
    }
    let rows = letters.iter().map(|letter| {
        let mut row = vec![
            letter.id.to_string(),
            letter.backend.clone(),
            letter.entity.clone(),
            letter.external_id.clone(),
            letter.class.clone(),
            letter.attempts.to_string(),
            letter.message.clone(),
        ];
        if with_state {
            row.insert(1, letter.state.text().to_owned());
        }
        row
    });
    output.table(&head, rows);
    if has_more {
        output.line("There are more, older ones: raise `--limit`, or choose with `--entity` or `--class`.");
    }
}

fn show(letter: &DeadLetter, output: &Output) {
    output.object(&json!({ "dead_letter": letter }));
    output.line(format!(
        "{} {} of {} [{}], tried {} times, {}",
        letter.entity,
        letter.external_id,
        letter.backend,
        letter.class,
        letter.attempts,
        letter.state.text()
    ));
    let problems: Vec<Problem> = serde_json::from_str(&letter.problems).unwrap_or_default();
    if problems.is_empty() {
        output.line(format!("  {}", letter.message));
    }
    problems.iter().for_each(|problem| output.line(format!("  - {problem}")));
    if letter.state == DeadLetterState::Open {
        output.line(format!("  next: {}", letter.next_step));
    }
    if let Some(payload) = &letter.payload {
        let pretty =
            serde_json::from_str::<Value>(payload).and_then(|value| serde_json::to_string_pretty(&value));
        output.line(pretty.unwrap_or_else(|_| payload.clone()));
    }
}
