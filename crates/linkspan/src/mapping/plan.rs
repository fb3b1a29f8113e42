//! A definition's fields, compiled once.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use pyexpr::{Expression, Json};

use super::each::EachPath;
use super::export_plan::ExportPlan;
use super::path::Path;
use super::value::OdooValue;
use crate::definition::entity::{
    Blank, Case, Converter, Entity, Expr, Field, Lines, MatchRule, Missing, Owner, Source, TimeFormat,
};
use crate::definition::model::{Definition, Scalar, Series};

/// Names an entity's expressions may use, in the order of their values.
pub(super) const RECORD_NAMES: &[&str] = &["record", "settings", "company"];
pub(super) const EMBEDDED_NAMES: &[&str] = &["record", "settings", "company", "parent"];
pub(super) const LINE_NAMES: &[&str] = &["record", "settings", "company", "parent", "line"];
/// Names in `unless`.
pub(super) const ODOO_NAMES: &[&str] = &["record", "settings", "company", "parent", "odoo", "agreed"];

/// The mapping of every entity of a definition for one Odoo series and one backend.
#[derive(Debug)]
pub struct Plans {
    /// One plan for each entity; relations name an entity by its position here.
    pub entities: Vec<Plan>,
    pub(super) settings: Json<'static>,
    pub(super) company: Json<'static>,
}

/// The mapping of one entity.
#[derive(Debug)]
pub struct Plan {
    /// The entity's name.
    pub entity: String,
    /// Its Odoo model.
    pub model: String,
    /// What is added to the context of writes.
    pub context: serde_json::Map<String, serde_json::Value>,
    /// Its records stand inside other records.
    pub embedded: bool,
    /// Its fields; values name a field by its position here.
    pub fields: Vec<FieldPlan>,
    /// What follows the write.
    pub then: Vec<ThenPlan>,
    /// Field and the value that Odoo must show after the write.
    pub check: Vec<(String, Origin)>,
    pub(super) id: Origin,
    pub(super) updated: Option<UpdatedPlan>,
    pub(super) only: Option<Expression>,
    /// Which records the stage `canary` takes.
    pub(super) canary: Option<Expression>,
    /// How a record that Odoo has already is found.
    pub matches: Vec<MatchPlan>,
    /// The way out of Odoo.
    pub export: Option<ExportPlan>,
}

/// One way to find a record that Odoo has already.
#[derive(Debug)]
pub struct MatchPlan {
    /// Odoo field that must hold the same value.
    pub odoo: String,
    /// Further fields and the values they must have.
    pub conditions: BTreeMap<String, Scalar>,
    /// What is found is linked and never written.
    pub link_only: bool,
    pub(super) path: Path,
    pub(super) convert: Converter,
}

/// One field of a record or of a line.
#[derive(Debug)]
pub struct FieldPlan {
    /// Odoo's name of the field.
    pub name: String,
    /// Written only by the import that creates the record.
    pub create_only: bool,
    /// Its value is the id of an Odoo record.
    pub relational: bool,
    /// Its value may be several Odoo records.
    pub many: bool,
    /// What happens when the related record is missing.
    pub missing: Missing,
    /// Plans of its lines, when it is a list of lines.
    pub lines: Option<LinesPlan>,
    pub(super) rule: Rule,
}

/// The lines of one field, from all their sources. All sources share the columns.
#[derive(Debug)]
pub struct LinesPlan {
    /// Names of the Odoo fields of a line; values name a field by its position here.
    pub columns: Vec<LineColumn>,
    /// Values written to a line that Odoo refuses to remove; `None` leaves lines in Odoo that left the record.
    pub removed: Option<BTreeMap<String, Scalar>>,
    pub(super) parts: Vec<LinesPart>,
}

/// A column of the lines.
#[derive(Debug)]
pub struct LineColumn {
    /// Odoo's name of the field.
    pub name: String,
    /// Its value is the id of an Odoo record.
    pub relational: bool,
    /// Its value may be several Odoo records.
    pub many: bool,
    /// What happens when the related record is missing.
    pub missing: Missing,
}

#[derive(Debug)]
pub(super) struct LinesPart {
    pub(super) name: Option<String>,
    pub(super) source: Origin,
    pub(super) key: Path,
    /// Position in the columns, rule.
    pub(super) fields: Vec<(u16, Rule)>,
}

/// Where a value comes from: a path or an expression.
#[derive(Debug)]
pub enum Origin {
    /// A path in the record.
    Path(Path),
    /// A path to each item of a list.
    Each(EachPath),
    /// An expression.
    Expr(Expression),
}

impl Origin {
    /// As written in the definition.
    pub fn text(&self) -> &str {
        match self {
            Origin::Path(path) => path.text(),
            Origin::Each(path) => path.text(),
            Origin::Expr(expression) => expression.text(),
        }
    }
}

#[derive(Debug)]
pub(super) struct UpdatedPlan {
    pub(super) path: Path,
    pub(super) format: TimeFormat,
    pub(super) zone: TimeZone,
}

/// How one value is made.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) from: From,
    pub(super) convert: Option<Converter>,
    pub(super) zone: TimeZone,
    pub(super) country: Option<Path>,
    pub(super) values: Option<ValueTable>,
    pub(super) default: Option<OdooValue<'static>>,
    pub(super) optional: bool,
    pub(super) required: bool,
    pub(super) null: Blank,
    pub(super) empty: Blank,
    pub(super) relation: Option<u16>,
    /// Its value is a list of such ids.
    pub(super) many: bool,
    /// In a line: only a new one gets the value.
    pub(super) for_new: bool,
}

/// External value, Odoo value, sorted by the first: tables are small, and a search costs less than a hash.
pub(super) type ValueTable = Vec<(String, OdooValue<'static>)>;

#[derive(Debug)]
pub(super) enum From {
    Origin(Origin),
    Constant(OdooValue<'static>),
    Embed(Origin),
    Choose(Vec<(Option<Expression>, Rule)>),
    /// Lines have their own plan.
    Lines,
}

/// What follows the write.
#[derive(Debug)]
pub struct ThenPlan {
    /// What is done.
    pub step: Step,
    /// Context of the call.
    pub context: BTreeMap<String, Scalar>,
    /// Odoo fields that the guards look at.
    pub reads: Vec<String>,
    pub(crate) when: Option<Expression>,
    pub(super) unless: Option<Expression>,
}

/// A step after the write.
#[derive(Debug)]
pub enum Step {
    /// A public method of the model.
    Call(String),
    /// Mapped fields that are written once more where Odoo shows another value.
    Write(Vec<String>),
}

/// A definition that passed `definition::check` compiles; this says what is wrong with one that did not.
#[derive(Debug, thiserror::Error)]
#[error("entity {entity}: {message}")]
pub struct CompileError {
    entity: String,
    message: String,
}

impl Plan {
    /// Whether some field is a list of lines.
    pub fn has_lines(&self) -> bool {
        self.fields.iter().any(|field| field.lines.is_some())
    }
}

impl Plans {
    /// Compiles the entities of `definition` for an Odoo series. `settings` are the backend's, `company` tells
    /// currency and country of the Odoo company; both are what expressions see.
    pub fn compile(
        definition: &Definition,
        series: Series,
        settings: Json<'static>,
        company: Json<'static>,
    ) -> Result<Plans, CompileError> {
        let names: Vec<&str> = definition.entities.keys().map(String::as_str).collect();
        let compiler = Compiler { definition, series, names };
        let entities = definition
            .entities
            .iter()
            .map(|(name, entity)| {
                compiler
                    .entity(name, entity)
                    .map_err(|message| CompileError { entity: name.clone(), message })
            })
            .collect::<Result<_, _>>()?;
        Ok(Plans { entities, settings, company })
    }

    /// Of this entity's records only those come into Odoo that `canary` chooses.
    pub fn choose(&mut self, entity: u16, canary: &str) -> Result<(), CompileError> {
        let plan = &mut self.entities[usize::from(entity)];
        let compiled = compile(canary, RECORD_NAMES);
        plan.canary =
            Some(compiled.map_err(|message| CompileError { entity: plan.entity.clone(), message })?);
        Ok(())
    }

    /// Position of the entity called `name`.
    pub fn position(&self, name: &str) -> Option<u16> {
        self.entities.iter().position(|plan| plan.entity == name).and_then(|i| u16::try_from(i).ok())
    }
}

pub(super) struct Compiler<'d> {
    definition: &'d Definition,
    series: Series,
    names: Vec<&'d str>,
}

impl Compiler<'_> {
    fn entity(&self, name: &str, entity: &Entity) -> Result<Plan, String> {
        let names = if entity.import.is_some() { RECORD_NAMES } else { EMBEDDED_NAMES };
        let updated = entity.external.updated.as_ref().map(|updated| {
            Ok::<_, String>(UpdatedPlan {
                path: Path::parse(&updated.path)?,
                format: updated.format,
                zone: zone(Some(&updated.zone))?,
            })
        });
        let fields = entity
            .map
            .iter()
            .filter(|(_, field)| self.in_series(field))
            .map(|(name, f)| self.field(name, f, names));
        let fields: Vec<FieldPlan> = fields.collect::<Result<_, _>>()?;
        let export = entity.export.as_ref().map(|export| self.export(entity, export, &fields)).transpose()?;
        Ok(Plan {
            entity: name.to_owned(),
            model: entity.odoo.model.clone(),
            context: entity.odoo.context.iter().map(|(key, value)| (key.clone(), value.to_json())).collect(),
            embedded: entity.import.is_none(),
            fields,
            export,
            then: entity.then.iter().map(then).collect::<Result<_, _>>()?,
            check: entity
                .check
                .iter()
                .map(|(field, c)| {
                    let origin = match (&c.from, &c.expr) {
                        (Some(path), _) => Origin::Path(Path::parse(path)?),
                        (None, Some(text)) => Origin::Expr(compile(text, names)?),
                        (None, None) => return Err(format!("check of {field}: give from or expr")),
                    };
                    Ok((field.clone(), origin))
                })
                .collect::<Result<_, String>>()?,
            id: origin(&entity.external.id, names)?,
            updated: updated.transpose()?,
            only: entity.import.as_ref().and_then(|i| i.only.as_ref()).map(|e| expr(e, names)).transpose()?,
            canary: None,
            matches: entity.matches.iter().map(match_plan).collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn has_series(&self, series: Option<&[Series]>) -> bool {
        series.is_none_or(|series| series.contains(&self.series))
    }

    fn in_series(&self, field: &Field) -> bool {
        self.has_series(field.series.as_deref())
    }

    fn field(&self, name: &str, field: &Field, names: &[&str]) -> Result<FieldPlan, String> {
        Ok(FieldPlan {
            name: name.to_owned(),
            create_only: field.owner == Owner::Odoo,
            relational: relational(field),
            many: many(field),
            missing: missing(field),
            lines: field.lines.is_some().then(|| self.lines(field)).transpose()?,
            rule: self.rule(name, field, names)?,
        })
    }

    fn rule(&self, name: &str, field: &Field, names: &[&str]) -> Result<Rule, String> {
        let fail = |message: String| format!("field {name}: {message}");
        Ok(Rule {
            name: name.to_owned(),
            from: self.from(name, field, names).map_err(fail)?,
            convert: field.convert,
            zone: zone(field.zone.as_deref()).map_err(fail)?,
            country: field.country.as_deref().map(Path::parse).transpose().map_err(fail)?,
            // A BTreeMap is sorted already.
            values: field.values.as_ref().map(|values| {
                values.iter().map(|(external, odoo)| (external.clone(), constant(odoo))).collect()
            }),
            default: field.default.as_ref().map(constant),
            optional: field.optional,
            required: field.required,
            null: blank(field, field.null),
            empty: blank(field, field.empty),
            relation: field.relation.as_deref().map(|r| self.position(r)).transpose().map_err(fail)?,
            many: field.is_many(),
            for_new: field.owner == Owner::Odoo,
        })
    }

    fn from(&self, name: &str, field: &Field, names: &[&str]) -> Result<From, String> {
        Ok(if let Some(path) = &field.from {
            From::Origin(path_origin(path)?)
        } else if let Some(text) = &field.expr {
            From::Origin(Origin::Expr(compile(text, names)?))
        } else if let Some(value) = &field.value {
            From::Constant(constant(value))
        } else if let Some(embed) = &field.embed {
            From::Embed(origin(embed, names)?)
        } else if let Some(cases) = &field.choose {
            let case = |case: &Case| {
                let when = case.when.as_ref().map(|when| expr(when, names)).transpose()?;
                Ok::<_, String>((when, self.rule(name, &case.then, names)?))
            };
            From::Choose(cases.iter().map(case).collect::<Result<_, _>>()?)
        } else if field.lines.is_some() {
            From::Lines
        } else {
            return Err("give one of from, expr, value, embed, lines, choose".to_owned());
        })
    }

    fn lines(&self, field: &Field) -> Result<LinesPlan, String> {
        let (Some(lines), Some(key), Some(map)) = (&field.lines, &field.key, &field.map) else {
            return Err("lines need key and map".to_owned());
        };
        let first = [(None, lines, key, map)];
        let also = field.also.iter().map(|l: &Lines| (Some(l.name.clone()), &l.lines, &l.key, &l.map));
        let mut columns: Vec<LineColumn> = Vec::new();
        let mut parts = Vec::new();
        for (name, source, key, map) in first.into_iter().chain(also) {
            let mut fields = Vec::new();
            for (column, field) in map.iter().filter(|(_, field)| self.in_series(field)) {
                let position = match columns.iter().position(|c| c.name == *column) {
                    Some(position) => position,
                    None => {
                        let relational = relational(field);
                        columns.push(LineColumn {
                            name: column.clone(),
                            relational,
                            many: many(field),
                            missing: missing(field),
                        });
                        columns.len() - 1
                    }
                };
                let position = u16::try_from(position).map_err(|_| "too many line fields".to_owned())?;
                fields.push((position, self.rule(column, field, LINE_NAMES)?));
            }
            parts.push(LinesPart {
                name,
                source: origin(source, EMBEDDED_NAMES)?,
                key: Path::parse(key)?,
                fields,
            });
        }
        Ok(LinesPlan {
            columns,
            parts,
            removed: field.removed.as_ref().map(|removed| removed.or_write.clone()),
        })
    }

    fn position(&self, entity: &str) -> Result<u16, String> {
        let position = self.names.iter().position(|name| *name == entity);
        position
            .and_then(|i| u16::try_from(i).ok())
            .filter(|_| self.definition.entities.contains_key(entity))
            .ok_or_else(|| format!("there is no entity {entity}"))
    }
}

/// Without a converter for text, empty text is no value: it clears. `default` is what absence gives.
fn blank(field: &Field, wanted: Option<Blank>) -> Blank {
    match wanted {
        _ if field.required => Blank::Error,
        Some(blank) => blank,
        None => Blank::Clear,
    }
}

impl FieldPlan {
    /// Whether the field is made of the external record's member `name`, as far as that can be told.
    pub fn is_made_of(&self, name: &str) -> bool {
        match &self.rule.from {
            From::Origin(origin @ (Origin::Path(_) | Origin::Each(_))) => {
                origin.text().split(['.', '[']).next() == Some(name)
            }
            From::Origin(Origin::Expr(expression)) => {
                expression.field_names_of("record").iter().any(|read| read == name)
            }
            _ => false,
        }
    }
}

fn relational(field: &Field) -> bool {
    let reference = matches!(
        field.convert,
        Some(Converter::Currency | Converter::Country | Converter::State | Converter::Unit)
    );
    let chosen = field.choose.iter().flatten().any(|case| relational(&case.then));
    field.relation.is_some() || reference || chosen
}

fn many(field: &Field) -> bool {
    field.is_many() || field.choose.iter().flatten().any(|case| many(&case.then))
}

fn missing(field: &Field) -> Missing {
    let of_case =
        || field.choose.iter().flatten().map(|case| missing(&case.then)).find(|m| *m != Missing::Fetch);
    if field.missing == Missing::Fetch { of_case().unwrap_or_default() } else { field.missing }
}

fn match_plan(rule: &MatchRule) -> Result<MatchPlan, String> {
    Ok(MatchPlan {
        odoo: rule.odoo.clone(),
        conditions: rule.conditions.clone(),
        link_only: rule.link_only,
        path: Path::parse(&rule.external)?,
        convert: rule.convert.unwrap_or(Converter::Trim),
    })
}

fn then(then: &crate::definition::entity::Then) -> Result<ThenPlan, String> {
    let step = match (&then.call, &then.write) {
        (Some(method), None) => Step::Call(method.clone()),
        (None, Some(fields)) => Step::Write(fields.clone()),
        _ => return Err("a step of then has exactly one of call and write".to_owned()),
    };
    let unless = then.unless.as_ref().map(|e| expr(e, ODOO_NAMES)).transpose()?;
    let mut reads = unless.as_ref().map(|e| e.field_names_of("odoo")).unwrap_or_default();
    if let Step::Write(fields) = &step {
        reads.extend(fields.iter().cloned());
    }
    Ok(ThenPlan {
        step,
        context: then.context.clone(),
        reads,
        when: then.when.as_ref().map(|e| expr(e, EMBEDDED_NAMES)).transpose()?,
        unless,
    })
}

fn path_origin(path: &str) -> Result<Origin, String> {
    Ok(match EachPath::parse(path)? {
        Some(each) => Origin::Each(each),
        None => Origin::Path(Path::parse(path)?),
    })
}

fn origin(source: &Source, names: &[&str]) -> Result<Origin, String> {
    Ok(match source {
        Source::Path(path) => path_origin(path)?,
        Source::Expr(expression) => Origin::Expr(expr(expression, names)?),
    })
}

pub(super) fn expr(expression: &Expr, names: &[&str]) -> Result<Expression, String> {
    compile(&expression.expr, names)
}

pub(super) fn compile(text: &str, names: &[&str]) -> Result<Expression, String> {
    Expression::compile(text, names).map_err(|e| format!("expression {text:?}: {}", e.message))
}

/// The zone called `name`.
pub(crate) fn zone(name: Option<&str>) -> Result<TimeZone, String> {
    match name {
        None | Some("utc" | "UTC") => Ok(TimeZone::UTC),
        Some(name) => TimeZone::get(name)
            .map_err(|_| format!("there is no time zone \"{name}\"; write utc or Asia/Riyadh")),
    }
}

fn constant(scalar: &Scalar) -> OdooValue<'static> {
    match scalar {
        Scalar::Boolean(b) => OdooValue::Bool(*b),
        Scalar::Integer(i) => OdooValue::Int(*i),
        Scalar::Float(f) => {
            pyexpr::Decimal::from_json_number(*f).map_or(OdooValue::Empty, OdooValue::Decimal)
        }
        Scalar::Text(text) => OdooValue::Text(text.clone().into()),
    }
}
