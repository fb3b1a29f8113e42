//! The way out: its operations, where its fields come from, how a lost create is found again.

use super::Check;
use super::entity::{Absence, Place, is_model};
use crate::definition::export::WHOLE;
use crate::diagnostic::codes;
use crate::document::{Node, suggest};
use crate::mapping::{EachPath, OutPath};

/// Where an external field may come from.
const ORIGINS: &[&str] = &["from", "expr", "value"];

const OUT_PATH_HELP: &str =
    "Write names joined by dots, or the item of a list: `meta_data[key=_tracking].value`.";

/// Converters of single values. The others name records that Odoo shows as ids.
const CONVERTERS: &[&str] = &["text", "decimal", "integer", "boolean", "date", "datetime", "html_to_text"];

impl<'a> Check<'a> {
    pub(super) fn export(&mut self, entity: Node<'a>, place: &Place<'a>) {
        let Some(export) = entity.get("export") else { return };
        let place = Place { exports: true, ..*place };
        let create = self.operation(export.get("create"));
        if let Some(create) = create {
            self.needs_no_id(create, "`export.create`");
        }
        self.needs_no_params(create, "`export.create`");
        let update = self.operation(export.get("update"));
        self.writes_one(update, "`export.update`");
        self.needs_no_params(update, "`export.update`");
        if export.get("create").is_none() && export.get("update").is_none() && !self.is_broken(export) {
            let message = "this export names no operation";
            self.error(codes::NEEDS_KEY, export, message, "Write `create`, `update` or both.");
        }
        self.needs_create(export);
        self.expr_table(export.get("only"), &place);
        self.along(export);
        self.instead(export, &place);
        self.archive(export);
        self.look_up(export, &place);
        self.watched(export);
        for (path, field) in export.members_of("map") {
            self.export_field(path, field, &place);
        }
        for (name, field) in entity.members_of("map") {
            self.shared_field(name, field);
        }
    }

    /// A field that both sides may change must have a place that can be written to.
    fn shared_field(&mut self, name: &str, field: Node<'a>) {
        let Some((from, path)) = field.get("from").and_then(|node| Some((node, node.text()?))) else {
            return;
        };
        if field.text_of("owner") != Some("shared") || self.is_broken(field) {
            return;
        }
        let problem = match EachPath::parse(path) {
            Err(_) => return,
            Ok(None) => OutPath::parse(path).err(),
            Ok(Some(each)) if each.list().is_some() => None,
            Ok(Some(_)) => Some("ids go back into one list only, whose items are told by names".to_owned()),
        };
        if let Some(problem) = problem {
            let message = format!("`{name}` is shared and nothing can be written to `{path}`: {problem}");
            let help = format!(
                "Write `owner = \"external\"`, and say in `export.map` what goes out: `\"meta[key=color].value\" = {{ from = \
                 \"{name}\", owner = \"shared\" }}` names an item of a list by a member."
            );
            self.error(codes::PATH_SYNTAX, from, message, help);
        }
    }

    /// Keys that say how records are created.
    fn needs_create(&mut self, export: Node<'a>) {
        if export.get("create").is_some() || self.is_broken(export) {
            return;
        }
        for key in ["look_up", "domain"] {
            if let Some(node) = export.get(key) {
                let message = format!("`{key}` is about records that are created");
                let help = "Name the operation with `create`, or remove it.";
                self.error_at_key(codes::NEEDS_KEY, node, message, help);
            }
        }
        for (_, field) in export.members_of("map") {
            if let Some(owner) = field.get("owner").filter(|owner| owner.text() == Some("external")) {
                let message = "this goes out with records that are created, and none are";
                let help = "Name the operation with `create`, or remove the field.";
                self.error(codes::NEEDS_KEY, owner, message, help);
            }
        }
    }

    /// What an update sends besides what changed.
    fn along(&mut self, export: Node<'a>) {
        let whole = |node: &Node<'a>| node.text() == Some(WHOLE);
        for key in ["along", "without"] {
            if let Some(node) = export.get(key).filter(|_| export.get("update").is_none()) {
                let message = format!("`{key}` is about updates");
                self.error_at_key(
                    codes::NEEDS_KEY,
                    node,
                    message,
                    "Name the operation with `update`, or remove it.",
                );
            }
            for path in export.items_of(key).filter(|path| !(key == "along" && whole(path))) {
                self.out_path(Some(path));
            }
        }
        let is_whole = export.items_of("along").any(|path| whole(&path));
        if let Some(node) = export.get("without").filter(|_| !is_whole) {
            let message = "`without` is about what the whole record has too much";
            self.error_at_key(codes::NEEDS_KEY, node, message, "Write `along = [\"*\"]`, or remove it.");
        }
        if let Some(more) = export.items_of("along").find(|path| is_whole && !whole(path)) {
            self.error(codes::NOT_TOGETHER, more, "`*` sends this along already", "Keep `*` alone.");
        }
    }

    /// A path in the external record, as `export.map` has them.
    fn out_path(&mut self, node: Option<Node<'a>>) {
        let Some((node, text)) = node.and_then(|node| Some((node, node.text()?))) else { return };
        if let Err(problem) = OutPath::parse(text) {
            self.error(codes::PATH_SYNTAX, node, problem, OUT_PATH_HELP);
        }
    }

    fn instead(&mut self, export: Node<'a>, place: &Place<'a>) {
        for instead in export.items_of("instead") {
            self.expr_table(instead.get("when"), &Place { sees_odoo: true, ..*place });
            let update = self.operation(instead.get("update"));
            self.writes_one(update, "`update`");
            let Some(update) = update else { continue };
            let declared: Vec<&str> = update.items_of("params").filter_map(Node::text).collect();
            for (name, path) in instead.members_of("params") {
                self.sampled_path(Some(path), place, Absence::Allowed);
                if !declared.contains(&name) {
                    let help = suggest::instead_of(name, "parameter", &declared);
                    let message = format!("the operation has no parameter `{name}`");
                    self.error_at_key(codes::PLACEHOLDER, path, message, help);
                }
            }
            for name in declared.iter().filter(|name| !instead.members_of("params").any(|(n, _)| n == **name))
            {
                let message = format!("the operation's path needs `{name}`");
                let help = format!("Add `params = {{ {name} = \"path in the record\" }}`.");
                self.error(codes::NEEDS_KEY, instead, message, help);
            }
        }
    }

    fn archive(&mut self, export: Node<'a>) {
        let Some(archive) = export.get("archive") else { return };
        let operation = self.operation(archive.get("operation"));
        self.writes_one(operation, "`export.archive`");
        self.needs_no_params(operation, "`export.archive`");
        let repeats = operation.is_some_and(|operation| operation.text_of("repeat") == Some("look_up_first"));
        if let Some(node) = archive.get("operation").filter(|_| repeats) {
            let message = "archiving is repeated when its answer is lost, and this operation may not be";
            self.error(codes::BAD_VALUE, node, message, "Name one with `repeat = \"idempotent\"`.");
        }
    }

    fn look_up(&mut self, export: Node<'a>, place: &Place<'a>) {
        let Some(look_up) = export.get("look_up") else { return };
        if let Some(operation) = self.operation(look_up.get("operation")) {
            self.needs_no_id(operation, "`export.look_up`");
            self.needs_no_time(look_up.get("operation"), "`export.look_up`");
            self.param(operation, look_up.get("param"));
        }
        self.sampled_path(look_up.get("external"), place, Absence::Refused);
        for key in ["param", "from"] {
            self.not_empty(look_up.get(key));
        }
    }

    fn watched(&mut self, export: Node<'a>) {
        for watch in export.items_of("watch") {
            let model = watch.get("model");
            if let Some(model) = model.filter(|model| model.text().is_some_and(|text| !is_model(text))) {
                let message = "this is no name of an Odoo model";
                self.error(
                    codes::BAD_VALUE,
                    model,
                    message,
                    "Write it as Odoo does, `stock.quant` for example.",
                );
            }
            self.not_empty(watch.get("path"));
        }
        for (name, related) in export.members_of("read") {
            if related.items_of("fields").next().is_none() && !self.is_broken(related) {
                let message = format!("no field of `{name}` is read");
                let help = "Name some: `fields = [\"state\"]`.";
                self.error(codes::BAD_VALUE, related, message, help);
            }
        }
    }

    fn export_field(&mut self, path: &str, field: Node<'a>, place: &Place<'a>) {
        if let Err(message) = OutPath::parse(path) {
            self.error_at(codes::PATH_SYNTAX, field.key_span(), message, OUT_PATH_HELP);
        }
        self.out_path(field.get("compare"));
        let origin = self.exactly_one(field, &format!("`{path}`"), ORIGINS);
        self.not_empty(field.get("from"));
        if let Some(expr) = field.get("expr") {
            self.expression(expr, place);
        }
        for key in ["as", "values"] {
            if let Some(node) = field.get(key).filter(|_| origin.is_some_and(|origin| origin != "from")) {
                let message = format!("`{key}` goes with `from`");
                self.error_at_key(
                    codes::NOT_TOGETHER,
                    node,
                    message,
                    "Remove it, or write it into the expression.",
                );
            }
        }
        if let (Some(values), Some(_)) = (field.get("values"), field.get("as")) {
            let help = "A value table gives the external value itself.";
            self.error_at_key(codes::NOT_TOGETHER, values, "`values` and `as` do not go together", help);
        }
        let unfit = |node: &Node<'a>| node.text().is_some_and(|text| !CONVERTERS.contains(&text));
        if let Some(node) = field.get("as").filter(|node| unfit(node) && !self.is_broken(field)) {
            let help = format!("Write one of {}.", suggest::list(CONVERTERS));
            self.error(codes::BAD_VALUE, node, "this converter has no way out of Odoo here", help);
        }
        for (_, setting) in field.members_of("context") {
            self.named_setting(setting);
        }
        let no_series = |node: &Node<'a>| node.items().next().is_none();
        if let Some(series) = field.get("series").filter(|node| no_series(node) && !self.is_broken(field)) {
            let help = "Remove it for all series, or name some.";
            self.error(codes::BAD_VALUE, series, "no Odoo series has this field", help);
        }
    }

    fn named_setting(&mut self, node: Node<'a>) {
        let Some(name) = node.text() else { return };
        if self.names.settings.binary_search(&name).is_ok() {
            self.names.use_one("settings", name);
        } else {
            let help = suggest::instead_of(name, "setting", &self.names.settings);
            self.error(codes::UNKNOWN_SECRET, node, format!("there is no setting `{name}`"), help);
        }
    }

    pub(super) fn not_empty(&mut self, node: Option<Node<'a>>) {
        if let Some(node) = node.filter(|node| node.text() == Some("")) {
            self.error(codes::BAD_VALUE, node, "this is empty", "Write a name.");
        }
    }
}
