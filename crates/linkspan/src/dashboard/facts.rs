//! What the pages say about the configuration. No secret is in here, so none can be shown.

use schemars::JsonSchema;
use serde::Serialize;

use crate::config;
use crate::definition::entity::{Case, Entity, Expr, Field, Owner, Source};
use crate::definition::model::{Limit, Scalar};
use crate::store::{Direction, ScheduleView, Stage};

/// A backend as its configuration has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BackendFacts {
    /// Its name.
    pub name: String,
    /// Its connector, in words.
    pub connector: String,
    /// The Odoo its records go to: address and database.
    pub odoo: String,
    /// Where people open it, without a slash at the end.
    pub odoo_url: String,
    /// The Odoo's name in the configuration.
    pub odoo_name: String,
    /// Settings without secrets: title, value.
    pub settings: Vec<(String, String)>,
    /// The external system's limits, in words.
    pub limits: Vec<String>,
    /// The kinds of records it syncs, and those that stand inside them.
    pub entities: Vec<EntityFacts>,
    /// What is done by the clock.
    pub schedules: Vec<ScheduleFacts>,
    /// It receives webhooks.
    pub webhooks: bool,
}

/// A backend of the configuration that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BrokenBackend {
    /// Its name.
    pub name: String,
    /// What is wrong with its definition or its part of the configuration.
    pub error: String,
}

/// A kind of record that a backend syncs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EntityFacts {
    /// Its name.
    pub name: String,
    /// Its Odoo model.
    pub model: String,
    /// Its stage into Odoo by the configuration; `None`: it does not go in by itself.
    pub stage_in: Option<Stage>,
    /// Its stage out of Odoo by the configuration; `None`: it does not go out.
    pub stage_out: Option<Stage>,
    /// The configuration says which records its stage `canary` brings into Odoo.
    pub canary_in: bool,
    /// The configuration says which records its stage `canary` sends out of Odoo.
    pub canary_out: bool,
    /// The rule that sets each Odoo field.
    pub rules: Vec<RuleFacts>,
}

/// The rule that sets an Odoo field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RuleFacts {
    /// Odoo's name of the field, `order_line.product_id` for a line's.
    pub field: String,
    /// Where the value comes from: a path, an expression, a constant.
    pub source: String,
    /// What else the definition says of it.
    pub notes: String,
}

/// What is done by the clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ScheduleFacts {
    /// Its name in the store.
    pub name: String,
    /// When, in words.
    pub rule: String,
    /// Where changes are looked for; `null`: it looks after something else.
    pub direction: Option<Direction>,
    /// Of which entities.
    pub entities: Vec<String>,
}

impl BackendFacts {
    /// Of a configured backend.
    pub fn of(backend: &config::Backend) -> Self {
        let definition = &backend.definition;
        let setting = |(name, value): (&String, &Scalar)| {
            let title = definition.settings.get(name).map_or(name, |setting| &setting.title);
            (title.clone(), scalar(value))
        };
        // Records that stand inside others can be refused too.
        let entities = definition.entities.iter().filter(|(name, entity)| {
            backend.entities.contains(name) || entity.export.is_some() || entity.import.is_none()
        });
        Self {
            name: backend.name.clone(),
            connector: format!("{} {}", definition.connector.title, definition.connector.version),
            odoo: format!("{} ({})", backend.odoo.url, backend.odoo.database),
            odoo_url: backend.odoo.url.trim_end_matches('/').to_owned(),
            odoo_name: backend.odoo.name.clone(),
            settings: backend.settings.iter().map(setting).collect(),
            limits: definition.limits.iter().map(limit).collect(),
            entities: entities.map(|(name, entity)| EntityFacts::of(name, entity, backend)).collect(),
            schedules: crate::service::schedules_of(backend),
            webhooks: definition.webhooks.is_some(),
        }
    }

    /// Names of the breakers of its two servers.
    pub(super) fn breakers(&self) -> [String; 2] {
        [format!("shop:{}", self.name), format!("odoo:{}", self.odoo_name)]
    }

    /// The schedules that look for changes of an entity on the other side, if somebody has paused all of them.
    pub(super) fn paused_schedules(&self, entity: &str, views: &[ScheduleView]) -> Vec<&str> {
        let is_paused = |name: &str| views.iter().any(|view| view.name == name && view.paused);
        let looks = |schedule: &&ScheduleFacts| {
            schedule.direction == Some(Direction::In) && schedule.entities.iter().any(|name| name == entity)
        };
        let names: Vec<&str> = self.schedules.iter().filter(looks).map(|facts| facts.name.as_str()).collect();
        if names.iter().all(|name| is_paused(name)) { names } else { Vec::new() }
    }

    /// The entity called `name`.
    pub fn entity(&self, name: &str) -> Option<&EntityFacts> {
        self.entities.iter().find(|entity| entity.name == name)
    }
}

impl EntityFacts {
    fn of(name: &str, entity: &Entity, backend: &config::Backend) -> Self {
        let mut rules = Vec::new();
        entity.map.iter().for_each(|(name, field)| describe(name, field, &mut rules));
        Self {
            name: name.to_owned(),
            model: entity.odoo.model.clone(),
            stage_in: backend
                .entities
                .iter()
                .any(|wanted| wanted == name)
                .then(|| backend.import_stage(name)),
            stage_out: entity.export.is_some().then(|| backend.export_stage(name)),
            canary_in: backend.way(name, Direction::In).has_canary,
            canary_out: backend.way(name, Direction::Out).has_canary,
            rules,
        }
    }

    /// What it can do in a direction.
    pub fn way(&self, direction: Direction) -> config::Way {
        let has_canary = match direction {
            Direction::In => self.canary_in,
            Direction::Out => self.canary_out,
        };
        let stage = self.stage(direction);
        config::Way { is_there: stage.is_some(), has_canary, stage: stage.unwrap_or(Stage::Off) }
    }

    /// The configured stage of a direction; `None`: the entity does not go that way.
    pub fn stage(&self, direction: Direction) -> Option<Stage> {
        match direction {
            Direction::In => self.stage_in,
            Direction::Out => self.stage_out,
        }
    }
}

fn describe(name: &str, field: &Field, rules: &mut Vec<RuleFacts>) {
    rules.push(RuleFacts { field: name.to_owned(), source: source(field), notes: notes(field) });
    if let Some(map) = &field.map {
        for (column, inner) in map {
            describe(&format!("{name}.{column}"), inner, rules);
        }
    }
    for lines in &field.also {
        let place = format!("{name} ({})", lines.name);
        rules.push(RuleFacts {
            field: place.clone(),
            source: of_source(&lines.lines),
            notes: "more lines".to_owned(),
        });
        for (column, inner) in &lines.map {
            describe(&format!("{place}.{column}"), inner, rules);
        }
    }
}

fn source(field: &Field) -> String {
    if let Some(path) = &field.from {
        path.clone()
    } else if let Some(text) = &field.expr {
        text.clone()
    } else if let Some(value) = &field.value {
        format!("always {}", scalar(value))
    } else if let Some(embed) = &field.embed {
        of_source(embed)
    } else if let Some(lines) = &field.lines {
        of_source(lines)
    } else {
        field.choose.iter().flatten().map(case).collect::<Vec<_>>().join("; ")
    }
}

fn case(case: &Case) -> String {
    match &case.when {
        Some(Expr { expr }) => format!("if {expr}: {}", source(&case.then)),
        None => format!("else: {}", source(&case.then)),
    }
}

fn of_source(source: &Source) -> String {
    match source {
        Source::Path(path) => path.clone(),
        Source::Expr(Expr { expr }) => expr.clone(),
    }
}

fn notes(field: &Field) -> String {
    let mut notes = Vec::new();
    if let Some(relation) = &field.relation {
        notes.push(format!("the {relation}'s Odoo record"));
    }
    if let Some(converter) = field.convert {
        notes.push(format!("as {}", format!("{converter:?}").to_lowercase()));
    }
    if let Some(values) = &field.values {
        let pairs: Vec<String> = values.iter().map(|(from, to)| format!("{from} → {}", scalar(to))).collect();
        notes.push(pairs.join(", "));
    }
    if let Some(default) = &field.default {
        notes.push(format!("{} when absent", scalar(default)));
    }
    if field.lines.is_some() {
        notes.push("one line each".to_owned());
    }
    if field.required {
        notes.push("required".to_owned());
    }
    if field.owner == Owner::Odoo {
        notes.push("set once, then Odoo's".to_owned());
    }
    notes.join("; ")
}

fn scalar(value: &Scalar) -> String {
    match value.to_json() {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

fn limit(limit: &Limit) -> String {
    let mut text = format!("{}: {} requests each {} ms", limit.name, limit.rate, limit.per_ms);
    if let Some(burst) = limit.burst {
        text.push_str(&format!(", {burst} at once"));
    }
    if let Some(concurrency) = limit.concurrency {
        text.push_str(&format!(", {concurrency} under way"));
    }
    text
}
