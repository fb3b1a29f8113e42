//! The way out of Odoo, compiled once: which external fields there are, and which Odoo fields they are made of.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use pyexpr::{Expression, PathKey};
use serde_json::Value;

use super::convert_back::item_shape;
use super::each::ItemShape;
use super::out_path::OutPath;
use super::path::Path;
use super::plan::{Compiler, FieldPlan, From, Origin, Plan, Rule, compile, expr};
use crate::definition::entity::{Blank, Converter, Entity, Owner, Source};
use crate::definition::export::{Export, ExportField, ExportOwner};

/// Names that expressions on the way out may use, in the order of their values.
pub(super) const OUT_NAMES: &[&str] = &["settings", "company", "odoo"];
/// Names in `instead`, which is about a record that is there.
pub(super) const INSTEAD_NAMES: &[&str] = &["settings", "company", "odoo", "record"];

/// The way out of one entity.
#[derive(Debug)]
pub struct ExportPlan {
    /// Its external fields.
    pub fields: Vec<OutField>,
    /// The Odoo fields that `only` and `instead` look at, and whether each may be lacking.
    pub reads: Vec<(String, bool)>,
    pub(super) only: Option<Expression>,
    /// `when` of each `instead`.
    pub(super) instead: Vec<Expression>,
}

/// One external field.
#[derive(Debug)]
pub struct OutField {
    /// Where the value goes.
    pub path: OutPath,
    /// Where the external record has it, if not there.
    pub(super) compare: Option<OutPath>,
    /// Who owns the field; one of the external system is sent with new records only.
    pub owner: Owner,
    /// Context in which Odoo is asked: key, name of the setting that has the value.
    pub context: Vec<(String, String)>,
    /// Left out where Odoo lacks what it is made of.
    pub optional: bool,
    /// The Odoo fields it is made of, and whether each may be lacking.
    pub reads: Vec<(String, bool)>,
    pub(super) source: OutSource,
    /// The value is a list of related records, which stand so in its items.
    pub(super) items: Option<ItemShape>,
}

#[derive(Debug)]
pub(super) enum OutSource {
    /// The way back of a field of `map`: its position.
    Map(u16),
    /// An Odoo field.
    Field {
        rule: Box<Rule>,
        values: Option<BTreeMap<String, Value>>,
    },
    Expr(Expression),
    Constant(Value),
}

impl Plan {
    /// Whether something that goes out is made of this Odoo field.
    pub fn goes_out(&self, field: &str) -> bool {
        let mut out = self.export.iter().flat_map(|export| &export.fields);
        out.any(|out| out.reads.iter().any(|(read, _)| read == field))
    }
}

impl Compiler<'_> {
    /// Fields of `map` with a way back, then those of `export.map`, which go first where both name a path.
    pub(super) fn export(
        &self,
        entity: &Entity,
        export: &Export,
        fields: &[FieldPlan],
    ) -> Result<ExportPlan, String> {
        let id = match &entity.external.id {
            Source::Path(path) => Some(path.as_str()),
            Source::Expr(_) => None,
        };
        let mut out = Vec::new();
        for (position, field) in (0u16..).zip(fields) {
            let Some(path) = field.path().filter(|path| Some(*path) != id && !export.map.contains_key(*path))
            else {
                continue;
            };
            let (true, Ok(path)) = (has_way_back(field), OutPath::parse(path)) else { continue };
            out.push(OutField {
                path,
                compare: None,
                owner: entity.map.get(&field.name).map(|field| field.owner).unwrap_or_default(),
                context: Vec::new(),
                optional: false,
                reads: vec![(field.name.clone(), false)],
                source: OutSource::Map(position),
                items: item_shape(&field.rule).cloned(),
            });
        }
        let wanted = export.map.iter().filter(|(_, field)| self.has_series(field.series.as_deref()));
        for (path, field) in wanted {
            out.push(out_field(path, field).map_err(|message| format!("export.map {path}: {message}"))?);
        }
        let only = export.only.as_ref().map(|only| expr(only, OUT_NAMES)).transpose()?;
        let instead = export.instead.iter().map(|instead| expr(&instead.when, INSTEAD_NAMES));
        let instead: Vec<Expression> = instead.collect::<Result<_, _>>()?;
        let reads = only.iter().chain(&instead).flat_map(reads).collect();
        Ok(ExportPlan { fields: out, reads, only, instead })
    }
}

impl OutField {
    /// What the external record holds of this field; null when nothing. Of a list of related records their ids, in the
    /// order in which they go out.
    pub fn held_in<'v>(&self, record: &'v Value) -> Cow<'v, Value> {
        let found = self.compare.as_ref().unwrap_or(&self.path).find(record);
        match &self.items {
            Some(shape) => Cow::Owned(shape.held(found)),
            None => Cow::Borrowed(found),
        }
    }

    /// Of a list of related records: where the id stands in an item, empty when the item is the id.
    pub fn item(&self) -> Option<String> {
        self.items.as_ref().map(ItemShape::path)
    }

    /// Whether this external field and a field of Odoo are each made of the other.
    pub fn makes(&self, mapped: &FieldPlan) -> bool {
        self.reads.iter().any(|(read, _)| *read == mapped.name) && mapped.is_made_of(self.path.first())
    }
}

/// Whether each value of Odoo stands for one external value.
fn has_way_back(field: &FieldPlan) -> bool {
    let values = field.rule.values.as_deref().unwrap_or_default();
    let twice = |i: usize| values[..i].iter().any(|(_, earlier)| *earlier == values[i].1);
    field.lines.is_none() && !(0..values.len()).any(twice)
}

fn out_field(path: &str, field: &ExportField) -> Result<OutField, String> {
    let (source, reads) = if let Some(name) = &field.from {
        let values = field
            .values
            .as_ref()
            .map(|values| values.iter().map(|(odoo, external)| (odoo.clone(), external.to_json())).collect());
        let rule = Box::new(field_rule(name, field.convert)?);
        (OutSource::Field { rule, values }, vec![(name.clone(), false)])
    } else if let Some(text) = &field.expr {
        let expression = compile(text, OUT_NAMES)?;
        let reads = reads(&expression);
        (OutSource::Expr(expression), reads)
    } else if let Some(value) = &field.value {
        (OutSource::Constant(value.to_json()), Vec::new())
    } else {
        return Err("give one of from, expr, value".to_owned());
    };
    Ok(OutField {
        path: OutPath::parse(path)?,
        compare: field.compare.as_deref().map(OutPath::parse).transpose()?,
        owner: match field.owner {
            ExportOwner::Odoo => Owner::Odoo,
            ExportOwner::Shared => Owner::Shared,
            ExportOwner::External => Owner::External,
        },
        context: field.context.iter().map(|(key, setting)| (key.clone(), setting.clone())).collect(),
        optional: field.optional,
        reads,
        source,
        items: None,
    })
}

/// The Odoo fields an expression reads, and whether each may be lacking.
fn reads(expression: &Expression) -> Vec<(String, bool)> {
    let mut reads: Vec<(String, bool)> = Vec::new();
    for path in expression.paths().iter().filter(|path| path.name == "odoo") {
        let Some(step) = path.steps.first() else { continue };
        let PathKey::Name(name) = &step.key else { continue };
        match reads.iter_mut().find(|(known, _)| known == name) {
            Some((_, may_lack)) => *may_lack &= step.optional,
            None => reads.push((name.clone(), step.optional)),
        }
    }
    reads
}

/// The rule of an Odoo field that goes out by itself.
fn field_rule(name: &str, convert: Option<Converter>) -> Result<Rule, String> {
    Ok(Rule {
        name: name.to_owned(),
        from: From::Origin(Origin::Path(Path::parse(name)?)),
        convert,
        zone: TimeZone::UTC,
        country: None,
        values: None,
        default: None,
        optional: false,
        required: false,
        null: Blank::Clear,
        empty: Blank::Clear,
        relation: None,
        many: false,
        for_new: false,
    })
}
