//! M: the manifest, and the order and state of data.

use std::collections::{HashMap, HashSet};

use crate::module::Series;
use crate::module::edit::Replacement;
use crate::module::lint::finding::Finding;
use crate::module::lint::index::data::Record;
use crate::module::lint::known::Known;
use crate::module::lint::load::FileId;
use crate::module::lint::py;
use crate::module::lint::rule::{Context, Rule};

pub(super) static RULES: &[Rule] = &[
    Rule::error("M01", "An import from a module that is not in `depends`", missing_import_depend),
    Rule::error("M02", "A reference to what is loaded later", data_order),
    Rule::error("M03", "A file of the manifest that does not exist", missing_file),
    Rule::error("M04", "A version that does not fit the series", version),
    Rule::warning("M05", "A Python package that is not in `external_dependencies`", external_dependency),
    Rule::error("M06", "A licence that a dependency's does not allow", license),
    Rule::warning("M07", "A scheduled action that every upgrade sets back", noupdate),
    Rule::warning("M08", "A scheduled action that runs from the start", active_cron).fixable(),
    Rule::warning("M09", "A module without an icon", icon),
    Rule::error("M10", "A reference to a module that is not in `depends`", missing_data_depend),
    Rule::error("M11", "A model of a module that is not in `depends`", missing_model_depend),
    Rule::error("M12", "A reference to a record that does not exist", dangling_reference),
    Rule::warning("M13", "A data file that the manifest does not name", forgotten_file),
    Rule::warning("M14", "A manifest without what others look for", missing_key),
    Rule::error("M15", "The same external id twice", duplicate_id),
];

fn missing_import_depend(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut told = HashSet::new();
    for import in &ctx.index.python.imports {
        let Some(addon) = import.addon().filter(|_| import.level == 0 && !import.is_optional) else {
            continue;
        };
        let held = ctx.file(import.file);
        if addon == ctx.module.name || ctx.known.depends.contains(addon) || !held.is_program() {
            continue;
        }
        // With an unknown dependency the module may come through it.
        if ctx.known.is_complete && told.insert(addon.to_owned()) {
            let message = format!("'{addon}' is not in `depends`, directly or not");
            out.push(
                Finding::new(import.file, import.span.clone(), message)
                    .help(format!("Add \"{addon}\" to `depends` in __manifest__.py.")),
            );
        }
    }
}

/// Files of the manifest in the order they are loaded.
fn load_order(ctx: &Context<'_>) -> HashMap<FileId, usize> {
    let manifest = &ctx.module.manifest;
    let paths = manifest.data.iter().chain(&manifest.demo);
    paths.enumerate().filter_map(|(at, text)| Some((ctx.module.file(&text.value)?, at))).collect()
}

/// The id of a reference when it is this module's own.
fn own_id<'r>(ctx: &Context<'_>, id: &'r str) -> Option<&'r str> {
    match id.split_once('.') {
        Some((module, rest)) if module == ctx.module.name => Some(rest),
        Some(_) => None,
        None => Some(id),
    }
}

fn data_order(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let order = load_order(ctx);
    let mut first: HashMap<&str, (usize, usize)> = HashMap::new();
    for record in &ctx.index.data.records {
        let (Some(id), Some(at)) = (record.id.as_deref(), order.get(&record.file)) else { continue };
        let place = (*at, record.span.start);
        first.entry(id).and_modify(|known| *known = place.min(*known)).or_insert(place);
    }
    for reference in &ctx.index.data.references {
        let (Some(id), Some(at)) = (own_id(ctx, reference.id), order.get(&reference.file)) else { continue };
        let Some(defined) = first.get(id) else { continue };
        if *defined > (*at, reference.span.start) && !is_made_by_code(ctx, id) {
            let message = format!("'{id}' is not loaded yet");
            out.push(
                Finding::new(reference.file, reference.span.clone(), message)
                    .help("Put its file before this one in the manifest's `data`: security first, then data, views, menus."),
            );
        }
    }
}

fn missing_file(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let manifest = &ctx.module.manifest;
    for text in manifest.data.iter().chain(&manifest.demo).filter(|text| !ctx.module.has_path(&text.value)) {
        let message = format!("there is no file {}", text.value);
        out.push(Finding::new(manifest.file, text.span.clone(), message));
    }
}

fn version(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let manifest = &ctx.module.manifest;
    let Some(text) = &manifest.version else { return };
    let parts: Vec<&str> = text.value.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let is_long = parts.len() >= 5 && parts.iter().all(is_number);
    let message = match manifest.series() {
        Some(_) if !is_long => "a version has five numbers, the first two being Odoo's series".to_owned(),
        Some(series) if !ctx.targets.contains(&series) => {
            format!("the version says {series}, and {} was asked for", ctx.odoo())
        }
        None if Series::ALL.iter().all(|series| !text.value.starts_with(series.as_str())) => {
            "the version does not begin with a series from 16.0 to 19.0".to_owned()
        }
        _ => return,
    };
    let help =
        format!("Write for example \"{}.1.0.0\".", ctx.targets.first().copied().unwrap_or(Series::V19));
    out.push(Finding::new(manifest.file, text.span.clone(), message).help(help));
}

/// Whether a file runs with Odoo: no test, no migration, no configuration of the documentation.
fn is_loaded(ctx: &Context<'_>, file: FileId) -> bool {
    let file = ctx.file(file);
    file.is_program() && !file.path.starts_with("doc/") && !file.path.starts_with("docs/")
}

/// Packages that Python or Odoo itself brings.
const BROUGHT: &str = include_str!("../known/packages.txt");

fn external_dependency(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let brought: HashSet<&str> = BROUGHT.split_whitespace().collect();
    let declared: HashSet<String> = ctx
        .module
        .manifest
        .external_python
        .iter()
        .map(|text| {
            let end = text
                .value
                .find(|c: char| !(c.is_alphanumeric() || "-_.".contains(c)))
                .unwrap_or(text.value.len());
            text.value[..end].to_lowercase().replace('-', "_")
        })
        .collect();
    let mut told = HashSet::new();
    for import in &ctx.index.python.imports {
        let package = import.from.split('.').next().unwrap_or("");
        if import.level > 0 || import.is_optional || package.is_empty() || !is_loaded(ctx, import.file) {
            continue;
        }
        let is_declared = declared.iter().any(|name| {
            let flat = package.to_lowercase();
            *name == flat || name.ends_with(&flat) || name.starts_with(&flat)
        });
        if !brought.contains(package) && !is_declared && told.insert(package) {
            let message = format!("neither Python nor Odoo brings '{package}'");
            out.push(Finding::new(import.file, import.span.clone(), message).help(
                "Name its distribution in the manifest: \"external_dependencies\": {\"python\": [\"...\"]}.",
            ));
        }
    }
}

fn license(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let manifest = &ctx.module.manifest;
    let Some(own) = &manifest.license else { return };
    if own.value.starts_with("AGPL") {
        return;
    }
    for depend in &manifest.depends {
        let is_agpl = agpl(ctx.known, &depend.value);
        if is_agpl {
            let message = format!("'{}' is under AGPL-3, which {} does not satisfy", depend.value, own.value);
            out.push(
                Finding::new(manifest.file, depend.span.clone(), message)
                    .help("A module that builds on an AGPL-3 module is AGPL-3 as well."),
            );
        }
    }
}

/// OCA modules under AGPL-3 that connectors build on, and whatever source says so.
fn agpl(known: &Known, module: &str) -> bool {
    const AGPL: &[&str] = &[
        "webservice",
        "connector_importer",
        "connector_ecommerce",
        "connector_prestashop",
        "connector_magento",
        "connector_base_product",
        "server_environment_ir_config_parameter",
        "connector_woocommerce",
    ];
    known.licenses.get(module).map_or(AGPL.contains(&module), |license| license.starts_with("AGPL"))
}

fn noupdate(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for row in ctx.index.data.of_model("ir.cron").filter(|row| !row.noupdate && row.id.is_some()) {
        out.push(
            Finding::new(row.file, row.span.clone(), "every upgrade sets interval and state back to this")
                .help("Put it inside <odoo noupdate=\"1\">: the administrator's changes stay."),
        );
    }
}

/// Whether a scheduled action moves records between two systems.
fn is_sync(ctx: &Context<'_>, row: &Record<'_>) -> bool {
    let code = row.get("code");
    let is_backend = super::shared::backends(ctx).filter_map(|class| class.name()).any(|name| {
        row.get("model_id").rsplit('.').next() == Some(format!("model_{}", name.replace('.', "_")).as_str())
    });
    is_backend || ["sync", "import", "export"].iter().any(|word| code.contains(word))
}

fn active_cron(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for row in ctx.index.data.of_model("ir.cron").filter(|row| is_sync(ctx, row)) {
        let value = row.value("active");
        if value.is_some_and(|value| matches!(value.value, "False" | "0" | "false")) {
            continue;
        }
        let mut finding = Finding::new(row.file, row.span.clone(), "this runs on every database from the installation on")
            .help("Add <field name=\"active\" eval=\"False\"/>: there is no backend yet, and a copy of the database must not write to the shop.");
        if let (None, Some(tree), Some(node)) = (value, ctx.file(row.file).xml(), row.node) {
            // Before the first field, in its own indentation.
            if let Some((_, first)) = tree.children(node).next() {
                let text = ctx.text(row.file);
                let start = first.span.start;
                let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
                let indent = &text[line..start];
                let indent = if indent.trim().is_empty() { format!("\n{indent}") } else { String::new() };
                let inserted = format!("<field name=\"active\" eval=\"False\" />{indent}");
                finding = finding.fix(vec![Replacement::insert(start, inserted)]);
            }
        }
        out.push(finding);
    }
}

fn icon(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let manifest = &ctx.module.manifest;
    let has =
        ["png", "svg"].iter().any(|ending| ctx.module.has_path(&format!("static/description/icon.{ending}")));
    if !has && !manifest.has_key("icon") {
        out.push(
            Finding::new(manifest.file, manifest.place(), "there is no static/description/icon.png")
                .help("Apps and menus show a grey box without it."),
        );
    }
}

fn missing_data_depend(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if !ctx.known.is_complete {
        return;
    }
    for reference in &ctx.index.data.references {
        let Some((module, _)) = reference.id.split_once('.') else { continue };
        let is_name = !module.is_empty() && module.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if is_name && !reference.is_soft && module != ctx.module.name && !ctx.known.depends.contains(module) {
            let message = format!("'{module}' is not in `depends`, directly or not");
            out.push(
                Finding::new(reference.file, reference.span.clone(), message)
                    .help(format!("Add \"{module}\" to `depends` in __manifest__.py.")),
            );
        }
    }
}

fn missing_model_depend(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if !ctx.known.is_complete {
        return;
    }
    for class in ctx.index.python.models().filter(|class| ctx.file(class.file).is_program()) {
        let inherit = class.attribute("_inherit").map(py::elements).unwrap_or_default().iter();
        let comodels = class.fields.iter().filter(|field| field.comodel().is_some());
        let comodels = comodels.filter_map(|field| py::argument(field.call, 0, "comodel_name"));
        for value in inherit.chain(comodels) {
            let Some(model) = py::text(value) else { continue };
            let providers = ctx.known.providers(model);
            let has = ctx.known.models.get(model).is_some_and(|known| known.is_defined);
            if !has && !providers.is_empty() && !providers.iter().any(|name| ctx.known.depends.contains(name))
            {
                let message = format!("'{model}' comes from '{}', which is not in `depends`", providers[0]);
                out.push(
                    Finding::new(class.file, py::span(value), message)
                        .help(format!("Add \"{}\" to `depends` in __manifest__.py.", providers[0])),
                );
            }
        }
    }
}

/// Whether a text of the module's code, or of a `<function>`, names an id: then that may make the record.
fn is_made_by_code(ctx: &Context<'_>, id: &str) -> bool {
    let full = format!("{}.{id}", ctx.module.name);
    let in_python = || {
        ctx.index
            .python
            .texts
            .iter()
            .any(|site| py::text(site.node).is_some_and(|text| text == id || text == full))
    };
    let in_function = || {
        let trees = ctx.module.files.iter().filter_map(|file| file.xml());
        trees
            .flat_map(|tree| &tree.nodes)
            .filter(|node| matches!(node.tag.as_str(), "function" | "value"))
            .any(|node| node.get("eval").is_some_and(|code| code.contains(id)) || node.text.contains(id))
    };
    // `_inherits` makes an id for the parent's record: `product_1_product_template`.
    let of_parent = || {
        let ends = ctx.known.models.keys().map(|model| format!("_{}", model.replace('.', "_")));
        ends.filter_map(|end| id.strip_suffix(end.as_str()))
            .any(|start| ctx.index.data.by_id.contains_key(start))
    };
    of_parent() || in_python() || in_function()
}

fn dangling_reference(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let is_broken = |file: &crate::module::lint::load::File| {
        matches!(file.body, crate::module::lint::load::Body::Broken) && !file.is_test()
    };
    if ctx.module.files.iter().any(is_broken) {
        return;
    }
    // Ids that Odoo makes by itself when it reads models.
    const MADE: &[&str] = &["model_", "field_", "selection_", "constraint_", "module_", "access_"];
    for reference in &ctx.index.data.references {
        let Some(id) = own_id(ctx, reference.id) else { continue };
        let is_made = MADE.iter().any(|start| id.starts_with(start));
        let is_id = id.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
        if is_id && !is_made && !ctx.index.data.by_id.contains_key(id) && !is_made_by_code(ctx, id) {
            let message = format!("no file of this module has a record '{id}'");
            out.push(Finding::new(reference.file, reference.span.clone(), message).help(
                "The module cannot be installed: mend the id, or put the other module's name before it.",
            ));
        }
    }
}

fn forgotten_file(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    const FOLDERS: &[&str] = &["data", "views", "security", "wizard", "wizards", "report", "reports"];
    let manifest = &ctx.module.manifest;
    let named: HashSet<&str> =
        manifest.data.iter().chain(&manifest.demo).map(|text| text.value.as_str()).collect();
    for (id, file) in ctx.module.files.iter().enumerate() {
        let is_data = file.xml().is_some() || file.csv().is_some();
        let is_placed = file
            .path
            .split_once('/')
            .is_some_and(|(folder, name)| FOLDERS.contains(&folder) && !name.contains('/'));
        if is_data && is_placed && !named.contains(file.path.as_str()) && !is_read_by_code(ctx, &file.path) {
            let message = format!("the manifest does not name {}, so Odoo never loads it", file.path);
            out.push(
                Finding::new(id, 0..0, message).help("Add it to `data` in __manifest__.py, or remove it."),
            );
        }
    }
}

/// Whether a text in the module's code names the file: a hook may load it.
fn is_read_by_code(ctx: &Context<'_>, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    ctx.index.python.texts.iter().any(|site| {
        py::text(site.node).is_some_and(|text| text.contains(name))
            && ctx.file(site.scope.file).path != "__manifest__.py"
    })
}

fn missing_key(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let manifest = &ctx.module.manifest;
    for key in ["name", "version", "license", "depends"] {
        if !manifest.has_key(key) {
            let message = format!("the manifest has no `{key}`");
            let help = match key {
                "license" => "Odoo takes LGPL-3 and warns at each start.",
                "depends" => "Without it the module loads before what it builds on.",
                "version" => "Migrations and updates go by it.",
                _ => "It is what the list of apps shows.",
            };
            out.push(Finding::new(manifest.file, manifest.place(), message).help(help));
        }
    }
}

/// Whether records of a model are written by developers, not filled by users.
fn is_definition(model: &str) -> bool {
    matches!(model, "ir.ui.view" | "ir.cron" | "ir.model.access" | "ir.rule" | "res.groups")
        || model.starts_with("ir.actions.")
        || model.starts_with("queue.job.")
}

fn duplicate_id(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut seen: HashMap<&str, &Record<'_>> = HashMap::new();
    let loaded = load_order(ctx);
    for record in ctx.index.data.records.iter().filter(|record| loaded.contains_key(&record.file)) {
        let Some(id) = record.id.as_deref().filter(|id| !id.is_empty() && !id.contains('.')) else {
            continue;
        };
        let Some(first) = seen.insert(id, record) else { continue };
        // Data may be completed on purpose, by a later record or file; a definition is there once.
        let is_slip = first.file == record.file && is_definition(record.model);
        if is_slip || first.model != record.model {
            let message = format!("'{id}' is in {} already", ctx.file(first.file).path);
            out.push(
                Finding::new(record.file, record.span.clone(), message)
                    .help("The second one overwrites the first: choose another id."),
            );
        }
    }
}
