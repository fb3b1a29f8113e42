//! `linkspan init`: a connector definition becomes a complete Odoo module.
//!
//! [`source`] finds the definition, [`choice`] says which of its entities the module has, [`entity`], [`field`],
//! [`operation`], [`backend`] and [`auth`] say it in Python, [`view`] lays out what the templates in `templates/module/`
//! need, [`translations`] reads the texts to translate, [`cases`] makes the recorded exchanges of the tests.
//! What a module cannot do is an error that names the key, all of them at once.

mod auth;
mod backend;
mod cases;
mod choice;
mod entity;
mod export;
mod extension;
mod field;
mod jobs;
mod models;
mod names;
mod operation;
mod python;
mod shared;
mod source;
mod translate;
mod translations;
mod view;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use minijinja::value::Value;
use rust_embed::RustEmbed;

use super::answers::{self, Answers};
use super::{RenderError, Rendered, Renderer, Series};
use crate::definition::Report;
use crate::definition::model::ConnectorType;

pub use auth::AuthKind;
pub use names::Names;
pub(super) use names::plural;

#[derive(RustEmbed)]
#[folder = "templates/module/"]
struct Templates;

const ICON: &[u8] = include_bytes!("../../../addons/generic_connector/static/description/icon.png");

/// What `linkspan init` was asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// Name that the module and its models get.
    pub name: String,
    /// Type of the connector; its starter is used when no definition is given.
    pub kind: Option<ConnectorType>,
    /// Shipped id, or a file.
    pub connector: Option<String>,
    /// Series of Odoo.
    pub series: Series,
    /// Entities; empty: all of the definition.
    pub entities: Vec<String>,
    /// Which ways of the definition the module gets.
    pub direction: Direction,
    /// Entities that come in although the direction does not say so, with what they refer to.
    pub imports: Vec<String>,
    /// Entities that go out although the direction does not say so.
    pub exports: Vec<String>,
    /// Another authentication than the definition's.
    pub auth: Option<AuthKind>,
    /// Author in the manifest.
    pub author: String,
}

/// Which ways of a definition a module gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Direction {
    /// Into Odoo only
    Import,
    /// Out of Odoo only
    Export,
    /// Both
    Both,
}

/// A module, ready to be written.
#[derive(Debug)]
pub struct Module {
    /// Its names.
    pub names: Names,
    /// Its files; paths begin inside the module's folder.
    pub files: Vec<Rendered>,
    /// Entities that it has.
    pub entities: Vec<String>,
    /// Modules that Odoo needs for it.
    pub depends: Vec<String>,
}

/// Why there is no module.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The name cannot be part of Python and XML.
    #[error(
        "\"{name}\" is no name for a module: use small letters, digits and single _, with a letter first. \"{proposal}\" would do."
    )]
    Name {
        /// As given.
        name: String,
        /// One that would do.
        proposal: String,
    },
    /// Neither a definition nor a type was given.
    #[error("say what the module connects: --type {}, or --connector with the id of a shipped connector ({}) or a file", TYPES.join("|"), crate::connectors::IDS.join(", "))]
    NothingNamed,
    /// There is no such definition.
    #[error("there is no connector \"{connector}\": name a shipped one ({}) or a file", crate::connectors::IDS.join(", "))]
    UnknownConnector {
        /// As given.
        connector: String,
    },
    /// The definition is of another type than asked for.
    #[error("{connector} is a connector of type {found}, not {asked}; leave --type out")]
    OtherType {
        /// As given.
        connector: String,
        /// In the definition.
        found: &'static str,
        /// As given.
        asked: &'static str,
    },
    /// The definition has no such entity.
    #[error("{}", unknown_entity(entity, known))]
    UnknownEntity {
        /// As given.
        entity: String,
        /// Entities of the definition.
        known: Vec<String>,
    },
    /// Nothing would be left in the module.
    #[error("the definition has nothing to {direction}: none of its entities says how")]
    Nothing {
        /// `import` or `export`.
        direction: &'static str,
    },
    /// The definition has problems.
    #[error("the definition has problems")]
    Definition(Report),
    /// The definition says what a module cannot do.
    #[error("the definition says what a module cannot do:\n  {}", .0.join("\n  "))]
    Unsupported(Vec<String>),
    /// The definition cannot be read.
    #[error("{path} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A template is wrong: a defect of this program.
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// Names of the types, as users write them.
pub const TYPES: [&str; 4] = ["ecommerce", "logistics", "accounting", "crm"];

fn unknown_entity(entity: &str, known: &[String]) -> String {
    let near = known
        .iter()
        .max_by(|a, b| strsim::jaro_winkler(a, entity).total_cmp(&strsim::jaro_winkler(b, entity)));
    let hint = near.map(|near| format!(" Did you mean \"{near}\"?")).unwrap_or_default();
    format!("the definition has no entity \"{entity}\"; it has {}.{hint}", known.join(", "))
}

/// Makes the module; writes nothing.
pub fn generate(request: &Request) -> Result<Module, InitError> {
    let names = Names::parse(&request.name)?;
    let source = source::find(request, &names)?;
    module(request, names, &source)
}

/// Makes the module from another text of the definition in its `folder`; writes nothing.
pub fn generate_from(request: &Request, definition: &str, folder: &Path) -> Result<Module, InitError> {
    let names = Names::parse(&request.name)?;
    module(request, names, &source::beside(definition, folder)?)
}

fn module(request: &Request, names: Names, source: &source::Source) -> Result<Module, InitError> {
    let view = view::build(request, &names, source)?;
    let mut files = render(&view, &source.text)?;
    files.push(translations::template(&names.module, &request.series.to_string(), &files));
    files.extend(samples(source));
    let answers = Answers::of(request, &names.name).text();
    files.push(Rendered { path: answers::FILE.to_owned(), bytes: answers.into_bytes() });
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Module { names, files, entities: view.entity_names, depends: view.depends })
}

/// Renders the tree: every template once, those named after an entity or a line once for each.
fn render(view: &view::View, definition: &str) -> Result<Vec<Rendered>, InitError> {
    let mut renderer = Renderer::new();
    renderer.add_filter("py", |text| python::text(&text));
    renderer.add_filter("xml", |text| html_escape::encode_double_quoted_attribute(&text).into_owned());
    let mut files = Vec::new();
    let mut paths: Vec<Cow<'static, str>> = Templates::iter().collect();
    paths.sort();
    for path in paths {
        let Some(template) = Templates::get(&path) else { continue };
        let source = String::from_utf8_lossy(&template.data);
        for (target, item) in view.targets(&path) {
            let context = view.context(item);
            let text = renderer.text(&target, &source, &context)?;
            files.push(Rendered { path: target, bytes: text.into_bytes() });
        }
    }
    files.push(Rendered { path: "connector.toml".to_owned(), bytes: definition.as_bytes().to_vec() });
    files.push(Rendered { path: "static/description/icon.png".to_owned(), bytes: ICON.to_vec() });
    files.extend(view.cases.iter().map(|case| Rendered {
        path: format!("tests/data/{}.json", case.entity),
        bytes: case.text.clone().into_bytes(),
    }));
    Ok(files)
}

/// The samples that the definition names, where it looks for them: also those of entities that the module leaves out,
/// because it holds the whole definition, and `add-binding` may ask for them later.
fn samples(source: &source::Source) -> impl Iterator<Item = Rendered> {
    let entities = source.definition.entities.values();
    let paths: std::collections::BTreeSet<&String> =
        entities.filter_map(|entity| entity.sample.as_ref()).collect();
    // A path that leads out of the module's folder is left to whoever wrote it.
    let inside = |path: &&String| {
        std::path::Path::new(path.as_str())
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)))
    };
    paths.into_iter().filter(inside).filter_map(|path| {
        let text = source.sample(path)?;
        Some(Rendered { path: path.clone(), bytes: text.into_bytes() })
    })
}

/// Values for the templates of one entity or line.
type Item = Option<(&'static str, Value)>;
