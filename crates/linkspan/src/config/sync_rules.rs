//! When a backend syncs by itself, and how far.

use std::collections::BTreeMap;

use croner::parser::{CronParser, Seconds, Year};
use pyexpr::Expression;
use schemars::JsonSchema;
use serde::Deserialize;

use super::backend::{Backend, Join};
use crate::definition::entity::{Entity, Expr};
use crate::diagnostic::{Diagnostic, codes};
use crate::document::suggest;
use crate::store::{Direction, Stage};

/// How far the sync of one entity is rolled out; an operator changes the stage while the service runs.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RolloutFile {
    /// Into Odoo. Default `on`.
    #[serde(rename = "in")]
    pub import: Option<Stage>,
    /// Out of Odoo. Default `off`: nothing is sent to a live system that nobody asked for.
    #[serde(rename = "out")]
    pub export: Option<Stage>,
    /// Which records the stage `canary` brings into Odoo: an expression over `record` as the external system sends it,
    /// `settings` and `company`.
    pub canary: Option<Expr>,
    /// Which records the stage `canary` sends out of Odoo: an expression over `odoo`, the record's fields as Odoo shows
    /// them, `settings` and `company`, as in the definition's `export.only`.
    pub canary_out: Option<Expr>,
    /// Records that one run may create or change in Odoo; beyond that it stops and waits until an operator allows it.
    /// Default: no limit.
    pub max_changes: Option<u64>,
}

/// When the service looks for changes without being asked: exactly one of `every_ms` and `cron`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleFile {
    /// `in`: the external system is asked for changes. `out`: Odoo is. Default `in`.
    #[serde(default = "into_odoo")]
    pub direction: Direction,
    /// The entities. Default: all of the backend that go this way.
    pub entities: Option<Vec<String>>,
    /// Milliseconds from one run's beginning to the next, 1,000 to 31,536,000,000 (365 days).
    pub every_ms: Option<u64>,
    /// Five fields: minute, hour, day of the month, month, day of the week. `0 3 * * *` is three o'clock every night.
    pub cron: Option<String>,
    /// Time zone of `cron`, `Asia/Riyadh` for example. Default: the backend's, else UTC.
    pub timezone: Option<String>,
    /// Look at all records, not only at what changed.
    #[serde(default)]
    pub full: bool,
    /// What happens when the service was off at the time.
    #[serde(default)]
    pub catch_up: CatchUp,
}

fn into_odoo() -> Direction {
    Direction::In
}

impl Default for ScheduleFile {
    fn default() -> Self {
        ScheduleFile {
            direction: Direction::In,
            entities: None,
            every_ms: None,
            cron: None,
            timezone: None,
            full: false,
            catch_up: CatchUp::Once,
        }
    }
}

/// What happens to a run whose time passed while the service was off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CatchUp {
    /// One run as soon as the service is back, however many were missed.
    #[default]
    Once,
    /// The next one is at its own time.
    Skip,
}

/// Without schedules of its own a backend is asked every five minutes for what changed.
pub const DEFAULT_EVERY_MS: u64 = 300_000;

/// A next time that is further away is most likely a slip of the unit.
const MAX_EVERY_MS: u64 = 31_536_000_000;

/// What an entity can do in one direction; which stages fit depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// The definition says how it goes.
    pub is_there: bool,
    /// The configuration says which records the stage `canary` takes.
    pub has_canary: bool,
    /// The stage as configured.
    pub stage: Stage,
}

impl Backend {
    /// What an entity can do in one direction.
    pub fn way(&self, entity: &str, direction: Direction) -> Way {
        let rollout = self.rollout.get(entity);
        Way {
            is_there: self.definition.entities.get(entity).is_some_and(|entity| goes(entity, direction)),
            has_canary: rollout.is_some_and(|rollout| rollout.filter(direction).is_some()),
            stage: self.stage(entity, direction),
        }
    }

    /// The stage of an entity in one direction, as configured.
    pub fn stage(&self, entity: &str, direction: Direction) -> Stage {
        match direction {
            Direction::In => self.import_stage(entity),
            Direction::Out => self.export_stage(entity),
        }
    }

    /// The stage of an entity that the configuration names.
    pub fn configured_stage(&self, entity: &str, direction: Direction) -> Option<Stage> {
        let rollout = self.rollout.get(entity)?;
        match direction {
            Direction::In => rollout.import,
            Direction::Out => rollout.export,
        }
    }

    /// The stage of an entity into Odoo, as configured.
    pub fn import_stage(&self, entity: &str) -> Stage {
        self.configured_stage(entity, Direction::In).unwrap_or(Stage::On)
    }

    /// The stage of an entity out of Odoo, as configured.
    pub fn export_stage(&self, entity: &str) -> Stage {
        self.configured_stage(entity, Direction::Out).unwrap_or(Stage::Off)
    }
}

impl Join<'_> {
    /// Checks rollouts and schedules.
    pub(super) fn sync_rules(&self, problems: &mut Vec<Diagnostic>) {
        for (name, rollout) in &self.file.rollout {
            self.rollout(name, rollout, problems);
        }
        for (place, schedule) in self.file.schedules.iter().enumerate() {
            let place = place.to_string();
            problems.extend(self.nothing_to_do(&place, schedule));
            self.scheduled(&place, schedule, problems);
            if let Err((key, reason)) = schedule.check() {
                problems.push(self.problem(codes::BAD_SETTING, &["schedules", &place, key], reason).help(
                    "Write `every_ms = 300_000`, or `cron = \"0 3 * * *\"` with `timezone = \"Asia/Riyadh\"`.",
                ));
            }
        }
    }

    fn rollout(&self, name: &str, rollout: &RolloutFile, problems: &mut Vec<Diagnostic>) {
        let Some(entity) = self.definition.entities.get(name) else {
            let known: Vec<&str> = self.definition.entities.keys().map(String::as_str).collect();
            let message = format!("the connector has no entity `{name}`");
            let problem = self.problem(codes::UNKNOWN_IN_CONFIG, &["rollout", name], message);
            return problems.push(problem.help(suggest::instead_of(name, "entity", &known)));
        };
        for direction in [Direction::In, Direction::Out] {
            let is_off = rollout.stage(direction).is_none_or(|stage| stage == Stage::Off);
            if is_off || goes(entity, direction) {
                self.canary(name, rollout, direction, problems);
            } else {
                problems.push(self.no_such_way(name, direction));
            }
        }
    }

    /// The stage of a direction that the entity does not go.
    fn no_such_way(&self, entity: &str, direction: Direction) -> Diagnostic {
        let (key, able) = (direction.text(), able(direction));
        let message = format!("`{entity}` cannot be {able}, so it has no stage `{key}`");
        let known = suggest::list(&self.that_go(direction));
        let known = if known.is_empty() { "no entity of the connector".to_owned() } else { known };
        self.problem(codes::UNKNOWN_IN_CONFIG, &["rollout", entity, key], message)
            .help(format!("Remove `{key}`. The definition says what can be {able}: {known}."))
    }

    /// Checks the entities that a schedule names.
    fn scheduled(&self, place: &str, schedule: &ScheduleFile, problems: &mut Vec<Diagnostic>) {
        let known = self.that_go(schedule.direction);
        for name in schedule.entities.iter().flatten().filter(|name| !known.contains(&name.as_str())) {
            let message =
                format!("the connector has no entity `{name}` that can be {}", able(schedule.direction));
            let path = ["schedules", place, "entities"];
            let problem = self.problem(codes::UNKNOWN_IN_CONFIG, &path, message);
            problems.push(problem.help(suggest::instead_of(name, "entity", &known)));
        }
    }

    /// The problem of a schedule that has no entities.
    fn nothing_to_do(&self, place: &str, schedule: &ScheduleFile) -> Option<Diagnostic> {
        let reason = match &schedule.entities {
            Some(named) if named.is_empty() => "its `entities` are none".to_owned(),
            None if self.that_go(schedule.direction).is_empty() => {
                format!("no entity of the connector can be {}", able(schedule.direction))
            }
            _ => return None,
        };
        let path = ["schedules", place, "entities"];
        let problem =
            self.problem(codes::BAD_SETTING, &path, format!("this schedule would do nothing: {reason}"));
        Some(problem.help("Name entities that go its `direction`, or remove the schedule."))
    }

    fn canary(
        &self,
        entity: &str,
        rollout: &RolloutFile,
        direction: Direction,
        problems: &mut Vec<Diagnostic>,
    ) {
        let (key, example, subject) = canary_words(direction);
        let help =
            format!("Write `{key} = {{ expr = \"{example}\" }}`, an expression that is true for them.");
        let problem =
            |code, at, message| self.problem(code, &["rollout", entity, at], message).help(help.clone());
        match rollout.filter(direction) {
            None if rollout.stage(direction) == Some(Stage::Canary) => {
                let message = format!("the stage `canary` of `{entity}` says not which records");
                problems.push(problem(codes::NOT_GIVEN, direction.text(), message));
            }
            None => {}
            Some(filter) => {
                if let Err(error) = Expression::compile(&filter.expr, &[subject, "settings", "company"]) {
                    let message = format!("`{key}` of `{entity}` is no expression: {}", error.message);
                    problems.push(problem(codes::BAD_SETTING, key, message));
                }
            }
        }
    }
}

impl RolloutFile {
    fn stage(&self, direction: Direction) -> Option<Stage> {
        match direction {
            Direction::In => self.import,
            Direction::Out => self.export,
        }
    }

    /// Which records the stage `canary` takes in this direction.
    pub fn filter(&self, direction: Direction) -> Option<&Expr> {
        match direction {
            Direction::In => self.canary.as_ref(),
            Direction::Out => self.canary_out.as_ref(),
        }
    }
}

impl ScheduleFile {
    /// The key whose value is wrong, and why.
    fn check(&self) -> Result<(), (&'static str, String)> {
        match (self.every_ms, &self.cron) {
            (Some(every), None) => check_every(every).map_err(|reason| ("every_ms", reason)),
            (None, Some(cron)) => {
                check_cron(cron).map_err(|reason| ("cron", reason))?;
                let zone = self.timezone.as_deref().unwrap_or("UTC");
                let unknown = |_| ("timezone", format!("there is no time zone {zone}"));
                jiff::tz::TimeZone::get(zone).map(drop).map_err(unknown)
            }
            _ => Err(("every_ms", "a schedule has exactly one of `every_ms` and `cron`".to_owned())),
        }
    }
}

fn check_every(every_ms: u64) -> Result<(), String> {
    match every_ms {
        0..1_000 => Err("a schedule comes at most once a second".to_owned()),
        1_000..=MAX_EVERY_MS => Ok(()),
        _ => Err(format!("a schedule comes at least every 365 days, {MAX_EVERY_MS} milliseconds")),
    }
}

fn check_cron(text: &str) -> Result<(), String> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    let cron = parser.parse(text).map_err(|error| format!("`{text}` is no cron time: {error}"))?;
    // Without a year in it, a time that did not come after 1970 never comes.
    let first = cron.find_next_occurrence(&chrono::DateTime::UNIX_EPOCH, false);
    first.map(drop).map_err(|_| format!("`{text}` is a time that never comes"))
}

/// The key of a direction's canary records, an expression for it, and what that speaks of.
pub(crate) fn canary_words(direction: Direction) -> (&'static str, &'static str, &'static str) {
    match direction {
        Direction::In => ("canary", "record['id'] == 1042", "record"),
        Direction::Out => ("canary_out", "odoo['default_code'] == 'A-1'", "odoo"),
    }
}

/// Whether the entity goes this way.
pub(super) fn goes(entity: &Entity, direction: Direction) -> bool {
    match direction {
        Direction::In => entity.import.is_some(),
        Direction::Out => entity.export.is_some(),
    }
}

/// What happens to an entity that goes this way.
pub(crate) fn able(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "imported",
        Direction::Out => "exported",
    }
}

/// Rollouts by entity.
pub(super) type Rollouts = BTreeMap<String, RolloutFile>;
