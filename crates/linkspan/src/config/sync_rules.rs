//! When a backend syncs by itself, and how far.

use std::collections::BTreeMap;

use pyexpr::Expression;
use schemars::JsonSchema;
use serde::Deserialize;

use super::backend::{Backend, Join};
use crate::definition::entity::Expr;
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
    /// Milliseconds from one run's beginning to the next.
    pub every_ms: Option<u64>,
    /// Minute, hour, day of the month, month, day of the week: `0 3 * * *` is three o'clock every night.
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

impl Backend {
    /// The stage of an entity into Odoo, as configured.
    pub fn import_stage(&self, entity: &str) -> Stage {
        self.rollout.get(entity).and_then(|rollout| rollout.import).unwrap_or(Stage::On)
    }

    /// The stage of an entity out of Odoo, as configured.
    pub fn export_stage(&self, entity: &str) -> Stage {
        self.rollout.get(entity).and_then(|rollout| rollout.export).unwrap_or(Stage::Off)
    }
}

impl Join<'_> {
    /// Checks rollouts and schedules.
    pub(super) fn sync_rules(&self, problems: &mut Vec<Diagnostic>) {
        let known: Vec<&str> = self.definition.entities.keys().map(String::as_str).collect();
        let unknown = |name: &str, table: &str| {
            let message = format!("the connector has no entity `{name}`");
            self.problem(codes::UNKNOWN_IN_CONFIG, table, message)
                .help(suggest::instead_of(name, "entity", &known))
        };
        for (name, rollout) in &self.file.rollout {
            if !known.contains(&name.as_str()) {
                problems.push(unknown(name, "rollout"));
            }
            for direction in [Direction::In, Direction::Out] {
                self.canary(name, rollout, direction, problems);
            }
        }
        for schedule in &self.file.schedules {
            for name in schedule.entities.iter().flatten().filter(|name| !known.contains(&name.as_str())) {
                problems.push(unknown(name, "schedules"));
            }
            if let Err(reason) = schedule.check() {
                problems.push(self.problem(codes::BAD_SETTING, "schedules", reason).help(
                    "Write `every_ms = 300_000`, or `cron = \"0 3 * * *\"` with `timezone = \"Asia/Riyadh\"`.",
                ));
            }
        }
    }

    fn canary(
        &self,
        entity: &str,
        rollout: &RolloutFile,
        direction: Direction,
        problems: &mut Vec<Diagnostic>,
    ) {
        let (key, example, subject) = match direction {
            Direction::In => ("canary", "record['id'] == 1042", "record"),
            Direction::Out => ("canary_out", "odoo['default_code'] == 'A-1'", "odoo"),
        };
        let help =
            format!("Write `{key} = {{ expr = \"{example}\" }}`, an expression that is true for them.");
        let problem = |code, message| self.problem(code, "rollout", message).help(help.clone());
        match rollout.filter(direction) {
            None if rollout.stage(direction) == Some(Stage::Canary) => {
                let message = format!("the stage `canary` of `{entity}` says not which records");
                problems.push(problem(codes::NOT_GIVEN, message));
            }
            None => {}
            Some(filter) => {
                if let Err(error) = Expression::compile(&filter.expr, &[subject, "settings", "company"]) {
                    let message = format!("`{key}` of `{entity}` is no expression: {}", error.message);
                    problems.push(problem(codes::BAD_SETTING, message));
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
    fn check(&self) -> Result<(), String> {
        match (self.every_ms, &self.cron) {
            (Some(every), None) if every >= 1_000 => Ok(()),
            (Some(_), None) => Err("a schedule comes at most once a second".to_owned()),
            (None, Some(cron)) => {
                cron.parse::<croner::Cron>().map_err(|error| format!("`{cron}` is no cron time: {error}"))?;
                let zone = self.timezone.as_deref().unwrap_or("UTC");
                jiff::tz::TimeZone::get(zone).map(drop).map_err(|_| format!("there is no time zone {zone}"))
            }
            _ => Err("a schedule has exactly one of `every_ms` and `cron`".to_owned()),
        }
    }
}

/// Rollouts by entity.
pub(super) type Rollouts = BTreeMap<String, RolloutFile>;
