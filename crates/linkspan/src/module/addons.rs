//! The framework addons that every generated module stands on, as they ship inside the program.
//!
//! One tree serves all series: `addons/<addon>/...` are templates whose decisions are about the series only.

use minijinja::value::Value;
use rust_embed::RustEmbed;

use super::render::{RenderError, Rendered, Renderer};
use super::series::Series;

#[derive(RustEmbed)]
#[folder = "addons/"]
struct Files;

/// Addons that a user installs, in the order of their dependencies.
pub const FRAMEWORK: [&str; 2] = ["connector_base_backend", "generic_connector"];

/// The addon whose models and tests exercise the framework; of use to whoever changes the framework.
pub const TESTS: &str = "test_generic_connector";

/// The files of an addon for a series. Paths begin with the addon's name.
pub fn render(addon: &str, series: Series) -> Result<Vec<Rendered>, RenderError> {
    let prefix = format!("{addon}/");
    let mut paths: Vec<_> = Files::iter().filter(|path| path.starts_with(&prefix)).collect();
    paths.sort();
    let files = paths.iter().filter_map(|path| Files::get(path).map(|file| (path.to_string(), file.data)));
    let context = Value::from_pairs(series.context());
    Renderer::new().tree(files, &context)
}
