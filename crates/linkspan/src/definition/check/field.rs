//! A field: where its value comes from, and which of its keys go together.

use jiff::civil::{Date, DateTime};

use super::Check;
use super::connector::scalar;
use super::entity::{Absence, Place};
use super::site::{Site, line_tables};
use crate::definition::model::Scalar;
use crate::definition::path::{Step, Steps};
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{Node, suggest};

/// Where a value may come from.
const ORIGINS: &[&str] = &["from", "expr", "value", "embed", "lines", "choose"];

/// Key, and the origins it goes with.
const GOES_WITH: &[(&str, &[&str])] = &[
    ("as", &["from", "expr"]),
    ("zone", &["from", "expr"]),
    ("country", &["from", "expr"]),
    ("values", &["from", "expr"]),
    ("default", &["from", "expr"]),
    ("null", &["from", "expr"]),
    ("empty", &["from", "expr"]),
    ("optional", &["from", "expr", "embed"]),
    ("required", &["from", "expr", "embed"]),
    ("relation", &["from", "expr", "embed"]),
    ("missing", &["from", "expr", "embed"]),
    ("many", &["expr", "embed"]),
    ("key", &["lines"]),
    ("map", &["lines"]),
    ("also", &["lines"]),
    ("removed", &["lines"]),
];

/// Keys that exclude each other, and why.
const EXCLUDE: &[(&str, &str, &str)] = &[
    ("values", "as", "A value table gives the Odoo value itself; convert in the table."),
    ("values", "relation", "A relation takes the external id as it stands; use `expr` to change it."),
    ("relation", "as", "A relation takes the external id as it stands."),
    (
        "relation",
        "default",
        "A record that is not there cannot be linked: use `missing`, or `choose` another one.",
    ),
    ("default", "optional", "With a default the path may be absent anyway."),
    ("required", "null", "`required` makes null a problem already."),
    ("required", "empty", "`required` makes empty text a problem already."),
];

impl<'a> Check<'a> {
    pub(super) fn field(&mut self, site: &Site<'a>, entity: &Place<'a>) {
        let field = site.field;
        let place = Place { line: site.line, ..*entity };
        let what = format!("`{}`", site.name);
        if let Some(origin) = self.exactly_one(field, &what, ORIGINS) {
            self.together(field, origin);
            self.where_it_stands(site, origin);
        }
        let absence = |allowed: bool| if allowed { Absence::Allowed } else { Absence::CanBeAllowed };
        let may_be_absent = absence(is_on(field, "optional") || field.get("default").is_some());
        let from = self.from(field);
        self.in_sample(field.get("from"), from, &place, may_be_absent);
        if let Some(expr) = field.get("expr") {
            self.expression(expr, &place);
        }
        self.sampled_path(field.get("country"), &place, may_be_absent);
        let embed = field.get("embed");
        let embedded = embed.filter(|node| node.text().is_some());
        let steps = self.path_of_each(embedded);
        self.in_sample(embedded, steps, &place, absence(is_on(field, "optional")));
        self.expr_table(embed, &place);
        self.converter(field);
        self.default(field);
        self.relation(field);
        self.choose(field, &place);
        if field.get("lines").is_some() {
            self.lines(field, entity);
        }
        if let Some(series) = field.get("series").filter(|series| is_empty_list(*series)) {
            let help = "Remove it for all series, or name some.";
            self.error(codes::BAD_VALUE, series, "no Odoo series has this field", help);
        }
    }

    /// The path of `from`, which goes through a list where the items are related records.
    fn from(&mut self, field: Node<'a>) -> Option<Steps> {
        let node = field.get("from")?;
        let steps = self.path_of_each(Some(node))?;
        let list =
            steps.iter().find(|(step, _)| *step == Step::Each).filter(|_| field.get("relation").is_none());
        let Some((_, range)) = list else { return Some(steps) };
        if !self.is_broken(field) {
            let span = self.inside(node, range.clone());
            let message = "`[]` needs `relation`: of other values one goes into an Odoo field";
            let help = "Name the entity of the records with `relation`, or one item by its position, `[0]`; texts are joined \
                        with `expr`: `', '.join(record['names'])`.";
            self.error_at(codes::NEEDS_KEY, span, message, help);
        }
        None
    }

    /// Keys that do not go with the origin, or not with each other.
    fn together(&mut self, field: Node<'a>, origin: &str) {
        let is_path = field.get(origin).is_some_and(|node| node.text().is_some()) && origin != "expr";
        for (key, origins) in GOES_WITH {
            let goes = origins.contains(&origin) && !(*key == "many" && is_path);
            let Some(node) = given(field, key).filter(|_| !goes) else { continue };
            let message = format!("`{key}` does not go with `{origin}`");
            let help = match origin {
                "from" | "embed" if *key == "many" => {
                    "Remove it: `[]` behind a list of the path says it, `tags[].id` or `tag_ids[]` for example."
                        .to_owned()
                }
                "choose" => format!("Write `{key}` into the case's `then`."),
                _ => format!("`{key}` goes with {}.", suggest::list(origins).replace(", ", " or ")),
            };
            self.error_at_key(codes::NOT_TOGETHER, node, message, help);
        }
        for (one, other, why) in EXCLUDE {
            if let (Some(one_node), Some(other_node)) = (given(field, one), given(field, other)) {
                let message = format!("`{one}` and `{other}` do not go together");
                let problem =
                    Diagnostic::error(codes::NOT_TOGETHER, self.source, other_node.key_span(), message);
                self.problems.push(problem.help(*why).related(one_node.key_span(), format!("`{one}`")));
            }
        }
        for key in ["null", "empty"] {
            let needs_default = field.text_of(key) == Some("default") && field.get("default").is_none();
            if let Some(node) = field.get(key).filter(|_| needs_default) {
                let message = format!("`{key} = \"default\"` needs `default`");
                self.error(codes::NEEDS_KEY, node, message, "Give a `default`, or write `clear` or `skip`.");
            }
        }
        let is_list = origin == "expr" && field.get("relation").is_none();
        if let Some(many) = given(field, "many").filter(|_| is_list) {
            let help = "Name the entity of the records with `relation`, or remove `many`.";
            self.error_at_key(codes::NEEDS_KEY, many, "`many` needs `relation`", help);
        }
        if let Some(missing) = field.get("missing").filter(|_| field.get("relation").is_none()) {
            let help = "Name the related entity with `relation`, or remove `missing`.";
            self.error_at_key(codes::NEEDS_KEY, missing, "`missing` needs `relation`", help);
        }
    }

    /// Keys that count only for a whole field, and values that a line or a case cannot have.
    fn where_it_stands(&mut self, site: &Site<'a>, origin: &str) {
        let part = match (site.in_choose, site.line) {
            (true, _) => "a case",
            (false, Some(_)) => "a line's field",
            (false, None) => return,
        };
        if let Some(lines) = site.field.get("lines").filter(|_| origin == "lines") {
            let message = format!("{part} cannot be a list of lines");
            self.error_at_key(codes::NOT_TOGETHER, lines, message, "Lines stand in an entity's own field.");
        }
        let whole: &[&str] = if site.in_choose { &["owner", "series"] } else { &["owner"] };
        for key in whole {
            // What only a new line gets.
            let of_new_line = *key == "owner" && site.in_choose && site.line.is_some();
            let misplaced = |node: &Node<'a>| !(of_new_line && node.text() == Some("odoo"));
            if let Some(node) = site.field.get(key).filter(misplaced) {
                let message = format!("`{key}` counts for a whole field, not for {part}");
                self.error_at_key(codes::NOT_TOGETHER, node, message, "Write it beside `choose` or `lines`.");
            }
        }
    }

    fn converter(&mut self, field: Node<'a>) {
        let converter = field.text_of("as");
        if let Some(zone) = field.get("zone") {
            self.zone(zone);
            if !matches!(converter, Some("datetime" | "date")) && !self.is_broken(field) {
                let help = "Add `as = \"datetime\"`, or remove `zone`.";
                self.error_at_key(codes::NEEDS_KEY, zone, "`zone` needs `as = \"datetime\"`", help);
            }
        }
        match (field.get("country"), field.get("as")) {
            (Some(country), _) if converter != Some("state") && !self.is_broken(field) => {
                let help = "Add `as = \"state\"`, or remove `country`.";
                self.error_at_key(codes::NEEDS_KEY, country, "`country` needs `as = \"state\"`", help);
            }
            (None, Some(state)) if converter == Some("state") && !self.is_broken(field) => {
                let help =
                    "Add `country`: the path to the country's code. States of two countries share codes.";
                self.error(codes::NEEDS_KEY, state, "`as = \"state\"` needs `country`", help);
            }
            _ => {}
        }
        let empty_table = |node: &Node<'a>| node.table().is_some_and(|table| table.is_empty());
        if let Some(values) = field.get("values").filter(empty_table) {
            let help = "Write external value = Odoo value, `{ publish = true, draft = false }` for example.";
            self.error(codes::BAD_VALUE, values, "this value table is empty", help);
        }
    }

    fn default(&mut self, field: Node<'a>) {
        let (Some(default), Some(converter)) = (field.get("default"), field.text_of("as")) else { return };
        let Some(value) = scalar(default) else { return };
        if let Some(expected) = misfit(&value, converter) {
            let message = format!("the default of a field with `as = \"{converter}\"` must be {expected}");
            self.error(codes::BAD_DEFAULT, default, message, format!("Write {expected}."));
        }
    }

    fn relation(&mut self, field: Node<'a>) {
        let embed = field.get("embed");
        let Some(relation) = field.get("relation") else {
            if let Some(embed) = embed.filter(|_| !self.is_broken(field)) {
                let help = "Name the entity of the record that stands there with `relation`.";
                self.error_at_key(codes::NEEDS_KEY, embed, "`embed` needs `relation`", help);
            }
            return;
        };
        let Some(entity) = self.entity_named(Some(relation)) else { return };
        let name = relation.text().unwrap_or_default();
        match (entity.get("import"), embed) {
            (Some(_), Some(_)) => {
                let message = format!("`{name}` has an `import`, so its records do not stand inside others");
                let help = "Write `from` with the path to its id, or an entity without `import`.";
                self.error(codes::RELATION, relation, message, help);
            }
            (None, None) if !self.is_broken(entity) && !self.is_broken(field) => {
                let message = format!("`{name}` has no `import`, so it cannot be found by its id");
                let help = "Write `embed` with the path to the record, or give the entity an `import`.";
                self.error(codes::RELATION, relation, message, help);
            }
            (Some(import), None) if is_fetched(field) && cannot_fetch(import) && !self.is_broken(import) => {
                let message = format!(
                    "a missing `{name}` cannot be fetched: its `import` has neither `get` nor `include`"
                );
                let help =
                    format!("Add one of them to `entities.{name}.import`, or say `missing = \"wait\"` here.");
                self.error(codes::NEEDS_KEY, relation, message, help);
            }
            _ => {}
        }
    }

    fn choose(&mut self, field: Node<'a>, place: &Place<'a>) {
        let Some(choose) = field.get("choose") else { return };
        if is_empty_list(choose) {
            let help = "Write `[{ when = { expr = \"...\" }, then = { ... } }]`.";
            self.error(codes::BAD_VALUE, choose, "there is no case to choose", help);
        }
        let mut always: Option<Node<'a>> = None;
        for case in choose.items() {
            if let Some(before) = always {
                let message = "this case is never reached";
                let problem = Diagnostic::error(codes::NOT_TOGETHER, self.source, case.span(), message)
                    .help("Put the case without `when` last.")
                    .related(before.span(), "this one always applies");
                self.problems.push(problem);
                break;
            }
            if case.get("when").is_none() && !self.is_broken(case) {
                always = Some(case);
            }
        }
        for case in choose.items() {
            self.expr_table(case.get("when"), place);
        }
    }

    fn lines(&mut self, field: Node<'a>, entity: &Place<'a>) {
        for key in ["key", "map"] {
            if field.get(key).is_none() && !self.is_broken(field) {
                let help = match key {
                    "key" => {
                        "Add `key`: the path to a line's id inside the line, so that a repeat changes it."
                    }
                    _ => "Add `map`: line field = where it comes from.",
                };
                self.error_at_key(codes::NEEDS_KEY, field, format!("`lines` needs `{key}`"), help);
            }
        }
        let mut names = Vec::new();
        for table in line_tables(field) {
            self.source(table.get("lines"), entity);
            self.sampled_path(table.get("key"), &Place { line: Some(table), ..*entity }, Absence::Refused);
        }
        for source in field.items_of("also") {
            let Some((node, name)) = source.get("name").and_then(|node| Some((node, node.text()?))) else {
                continue;
            };
            self.name("name of a source of lines, which is part of their external ids", name, node.span());
            self.once(&mut names, "source of line", name, node);
        }
    }
}

/// The member `key`, unless it says `false`, which is what its absence says.
fn given<'a>(field: Node<'a>, key: &str) -> Option<Node<'a>> {
    field
        .get(key)
        .filter(|node| node.value().and_then(toml::de::DeValue::as_bool) != Some(false) || key == "default")
}

fn is_fetched(field: Node<'_>) -> bool {
    !matches!(field.text_of("missing"), Some("wait" | "empty"))
}

fn cannot_fetch(import: Node<'_>) -> bool {
    import.get("get").is_none() && import.get("include").is_none()
}

fn is_on(field: Node<'_>, key: &str) -> bool {
    field.get(key).is_some_and(Node::is_true)
}

fn is_empty_list(node: Node<'_>) -> bool {
    node.value().and_then(toml::de::DeValue::as_array).is_some_and(|list| list.is_empty())
}

/// What a default must be that its converter could not have given.
fn misfit(default: &Scalar, converter: &str) -> Option<&'static str> {
    let text = match default {
        Scalar::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let fits = match converter {
        "decimal" => matches!(default, Scalar::Integer(_) | Scalar::Float(_)),
        "integer" => matches!(default, Scalar::Integer(_)),
        "boolean" => matches!(default, Scalar::Boolean(_)),
        "date" => text.is_some_and(|text| text.parse::<Date>().is_ok()),
        "datetime" => text.is_some_and(|text| text.parse::<DateTime>().is_ok()),
        _ => text.is_some(),
    };
    let expected = match converter {
        "decimal" => "a number without quotes",
        "integer" => "a whole number without quotes",
        "boolean" => "true or false, without quotes",
        "date" => "a date in quotes, \"2026-11-21\" for example",
        "datetime" => "a time in UTC in quotes, \"2026-11-21 22:18:00\" for example",
        _ => "text in quotes",
    };
    (!fits).then_some(expected)
}
