//! P: XML that a series does not have any more, or not yet.

use crate::module::Series;
use crate::module::edit::Replacement;
use crate::module::lint::finding::Finding;
use crate::module::lint::index::data::{Record, Value};
use crate::module::lint::load::FileId;
use crate::module::lint::load::xml::{Attribute, Node, NodeId, Tree};
use crate::module::lint::place::whole_lines;
use crate::module::lint::rule::{Context, Rule};

use Series::{V17, V18, V19};

pub(super) static RULES: &[Rule] = &[
    Rule::error("P05", "`<tree>` from 18.0 on", tree_tag).since(V18).fixable(),
    Rule::error("P06", "`<list>` before 18.0", list_tag).until(V17).fixable(),
    Rule::error("P07", "`attrs` and `states` from 17.0 on", attrs).since(V17),
    Rule::error("P08", "`numbercall` and `doall` from 18.0 on", cron_fields).since(V18).fixable(),
    Rule::error("P09", "The category of a group from 19.0 on", group_category).since(V19),
    Rule::error("P10", "`groups_id` and `users` from 19.0 on", old_group_fields).since(V19).fixable(),
    Rule::error("P11", "`group_ids` and `user_ids` before 19.0", new_group_fields).until(V18).fixable(),
    Rule::error("P21", "Attributes of a group in a search view from 19.0 on", search_group)
        .since(V19)
        .fixable(),
    Rule::error("P25", "`allow_commit` in 17.0", allow_commit).since(V17).until(V17).fixable(),
    Rule::error("P26", "`on_fail_method` before 18.0", on_fail_method).until(V17).fixable(),
    Rule::error("P27", "Limits of a channel as data", channel_limits),
    Rule::error("P29", "`<chatter/>` before 18.0", chatter).until(V17),
    Rule::error("P33", "`res.groups.privilege` before 19.0", privilege).until(V18),
];

/// Every element of the module's XML files.
fn nodes<'c>(ctx: &'c Context<'_>) -> impl Iterator<Item = (FileId, &'c Tree, NodeId, &'c Node)> {
    let files = ctx.module.files.iter().enumerate().filter(|(_, file)| file.is_program());
    let trees = files.filter_map(|(id, file)| Some((id, file.xml()?)));
    trees.flat_map(|(file, tree)| tree.nodes.iter().enumerate().map(move |(id, node)| (file, tree, id, node)))
}

/// Another name for an element, where it opens and where it closes.
fn rename(text: &str, node: &Node, new: &str) -> Vec<Replacement> {
    let mut fix = vec![Replacement::new(node.open_tag(), new)];
    let whole = &text[node.span.clone()];
    if let Some(at) = whole.rfind("</").filter(|at| whole[at + 2..].trim_start().starts_with(&node.tag)) {
        let start = node.span.start + at + 2;
        fix.push(Replacement::new(start..start + node.tag.len(), new));
    }
    fix
}

/// A word of a text replaced where it stands alone: `tree` of `tree,form` and of `//tree/field`.
fn words(text: &str, start: usize, old: &str, new: &str) -> Vec<Replacement> {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let found = text.match_indices(old).filter(|(at, _)| {
        let before = text[..*at].bytes().next_back().is_none_or(|b| !is_word(b));
        let after = text[at + old.len()..].bytes().next().is_none_or(|b| !is_word(b));
        before && after
    });
    found.map(|(at, _)| Replacement::new(start + at..start + at + old.len(), new)).collect()
}

/// Where the name of a list view stands besides the element itself: `view_mode`, `mode`, `expr`.
fn mentions<'n>(tree: &Tree, node: &'n Node) -> Option<(&'n str, usize)> {
    let at = |attribute: &'n Attribute| (attribute.value.as_str(), attribute.value_span.start);
    match node.tag.as_str() {
        "field" if matches!(node.get("name"), Some("view_mode" | "binding_view_types")) => {
            Some((node.text.as_str(), node.text_span.start))
        }
        "xpath" => node.attribute("expr").map(at),
        "field" => {
            // `mode` of a relation inside of a view.
            let is_in_view = node.parent.is_some_and(|parent| tree.nodes[parent].tag != "record");
            node.attribute("mode").filter(|_| is_in_view).map(at)
        }
        _ => None,
    }
}

fn list_view(ctx: &Context<'_>, old: &str, new: &str, out: &mut Vec<Finding>) {
    for (file, tree, _, node) in nodes(ctx) {
        let message = format!("{} calls this view `{new}`", ctx.odoo());
        if node.tag == old {
            let fix = if ctx.is_for_all() { rename(ctx.text(file), node, new) } else { Vec::new() };
            out.push(Finding::new(file, node.head(), message).help(format!("Write <{new}>.")).fix(fix));
        } else if let Some((text, start)) = mentions(tree, node) {
            let fix = words(text, start, old, new);
            if let Some(first) = fix.first() {
                let span = first.range.clone();
                let fix = if ctx.is_for_all() { fix } else { Vec::new() };
                out.push(Finding::new(file, span, message).help(format!("Write {new}.")).fix(fix));
            }
        }
    }
}

fn tree_tag(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    list_view(ctx, "tree", "list", out);
}

fn list_tag(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    // A Python list in data is spelled with other elements (`<value>`), so `<list>` is always a view.
    list_view(ctx, "list", "tree", out);
}

fn attrs(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for (file, tree, id, node) in nodes(ctx) {
        let is_in_view =
            tree.ancestors(id).any(|around| around.tag == "field" && around.get("name") == Some("arch"));
        for attribute in &node.attributes {
            let is_old = attribute.name == "attrs" || (attribute.name == "states" && node.tag != "record");
            // `<attribute name="attrs">` of an inheriting view.
            let is_inherited = node.tag == "attribute"
                && attribute.name == "name"
                && matches!(attribute.value.as_str(), "attrs" | "states");
            if is_in_view && (is_old || is_inherited) {
                let message = format!(
                    "{} refuses views with `{}`",
                    ctx.odoo(),
                    if is_inherited { &attribute.value } else { &attribute.name }
                );
                out.push(
                    Finding::new(file, attribute.span.clone(), message)
                        .help("Write the condition itself: invisible=\"state != 'draft'\", readonly=\"...\", required=\"...\"."),
                );
            }
        }
    }
}

/// The `<field>` element of a value taken away with its line.
fn removed(ctx: &Context<'_>, row: &Record<'_>, value: &Value<'_>) -> Vec<Replacement> {
    if value.node.is_none() || !ctx.is_for_all() {
        return Vec::new();
    }
    vec![Replacement::delete(whole_lines(ctx.text(row.file), value.span.clone()))]
}

fn no_such_field(ctx: &Context<'_>, model: &str, fields: &[&str], help: &str, out: &mut Vec<Finding>) {
    for row in ctx.index.data.of_model(model) {
        for value in row.values.iter().filter(|value| fields.contains(&value.name)) {
            let message = format!("'{model}' has no field '{}' in {}", value.name, ctx.odoo());
            out.push(
                Finding::new(row.file, value.span.clone(), message).help(help).fix(removed(ctx, row, value)),
            );
        }
    }
}

fn cron_fields(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let help = "Take it away: a scheduled action runs until it is inactive.";
    no_such_field(ctx, "ir.cron", &["numbercall", "doall"], help, out);
}

fn allow_commit(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let help = "Take it away: queue_job for 17.0 does not forbid commits.";
    no_such_field(ctx, "queue.job.function", &["allow_commit"], help, out);
}

fn on_fail_method(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let help = "Take it away, and write the failure in a cursor of its own.";
    no_such_field(ctx, "queue.job.function", &["on_fail_method"], help, out);
}

fn channel_limits(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    const FIELDS: &[&str] =
        &["capacity", "sequential", "throttle", "paused", "capacity_default", "sequential_default"];
    let without: Vec<&str> =
        ctx.concerned.iter().filter(|series| **series != V18).map(|series| series.as_str()).collect();
    for row in ctx.index.data.of_model("queue.job.channel").filter(|_| !without.is_empty()) {
        for value in row.values.iter().filter(|value| FIELDS.contains(&value.name)) {
            let message =
                format!("a channel has no field '{}' in Odoo {}", value.name, without.join(" and "));
            out.push(
                Finding::new(row.file, value.span.clone(), message)
                    .help("Put the limits into the server's configuration: channels = root:4,root.shop:2."),
            );
        }
    }
}

fn group_category(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for row in ctx.index.data.of_model("res.groups") {
        if let Some(value) = row.value("category_id") {
            let message = format!("a group has no category in {}", ctx.odoo());
            out.push(Finding::new(row.file, value.span.clone(), message).help(
                "Make a record of res.groups.privilege with the category, and name it in privilege_id.",
            ));
        }
    }
}

fn privilege(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for row in ctx.index.data.of_model("res.groups.privilege") {
        let message = format!("{} has no model 'res.groups.privilege'", ctx.odoo());
        out.push(Finding::new(row.file, row.span.clone(), message).help("Give the group a category_id."));
    }
    for row in ctx.index.data.of_model("res.groups") {
        if let Some(value) = row.value("privilege_id") {
            let message = format!("a group has no privilege in {}", ctx.odoo());
            out.push(Finding::new(row.file, value.span.clone(), message).help("Give it a category_id."));
        }
    }
}

/// Models whose field of groups has another name from 19.0 on.
fn has_groups(model: &str) -> bool {
    matches!(model, "res.users" | "ir.ui.menu" | "ir.ui.view" | "ir.cron") || model.starts_with("ir.actions.")
}

fn rename_field(ctx: &Context<'_>, row: &Record<'_>, value: &Value<'_>, new: &str, out: &mut Vec<Finding>) {
    let message = format!("{} calls this field `{new}`", ctx.odoo());
    let tree = ctx.file(row.file).xml();
    let name = tree.zip(value.node).and_then(|(tree, node)| tree.nodes[node].attribute("name"));
    let fix = name.filter(|_| ctx.is_for_all()).map(|name| Replacement::new(name.value_span.clone(), new));
    let span = name.map_or(value.span.clone(), |name| name.span.clone());
    out.push(Finding::new(row.file, span, message).fix(fix.into_iter().collect()));
}

fn old_group_fields(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for row in &ctx.index.data.records {
        for value in row.values.iter().filter(|value| value.node.is_some()) {
            match value.name {
                "groups_id" if has_groups(row.model) => rename_field(ctx, row, value, "group_ids", out),
                "users" if row.model == "res.groups" => rename_field(ctx, row, value, "user_ids", out),
                _ => {}
            }
        }
    }
}

fn new_group_fields(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for row in &ctx.index.data.records {
        for value in row.values.iter().filter(|value| value.node.is_some()) {
            match value.name {
                "group_ids" if has_groups(row.model) => rename_field(ctx, row, value, "groups_id", out),
                "user_ids" if row.model == "res.groups" => rename_field(ctx, row, value, "users", out),
                _ => {}
            }
        }
    }
}

fn search_group(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for (file, tree, id, node) in nodes(ctx).filter(|(_, _, _, node)| node.tag == "group") {
        if !tree.ancestors(id).any(|around| around.tag == "search") {
            continue;
        }
        for attribute in
            node.attributes.iter().filter(|attribute| matches!(attribute.name.as_str(), "expand" | "string"))
        {
            let text = ctx.text(file);
            // With the blank before it.
            let start = text[..attribute.span.start].trim_end().len();
            let message = format!("{} refuses search views with `{}` on a group", ctx.odoo(), attribute.name);
            out.push(
                Finding::new(file, attribute.span.clone(), message)
                    .help("Take it away: no series needs it.")
                    .fix(vec![Replacement::delete(start..attribute.span.end)]),
            );
        }
    }
}

fn chatter(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for (file, _, _, node) in nodes(ctx).filter(|(_, _, _, node)| node.tag == "chatter") {
        let message = format!("{} has no <chatter/>", ctx.odoo());
        out.push(
            Finding::new(file, node.head(), message)
                .help("Write <div class=\"oe_chatter\"> with the fields message_follower_ids, activity_ids and message_ids."),
        );
    }
}
