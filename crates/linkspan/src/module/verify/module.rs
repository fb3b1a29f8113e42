//! What the module's own files tell.

use std::path::{Path, PathBuf};

use ruff_python_ast::{Expr, Stmt};

use super::VerifyError;

/// The module as it stands on disk.
pub(super) struct Module {
    pub(super) name: String,
    pub(super) folder: PathBuf,
    /// `depends` of the manifest.
    pub(super) depends: Vec<String>,
    /// Methods `export_<model>` of its models, without the prefix.
    pub(super) exports: Vec<String>,
    /// Whether it takes webhooks.
    pub(super) has_webhooks: bool,
    pub(super) has_tests: bool,
}

impl Module {
    pub(super) fn read(folder: &Path) -> Result<Module, VerifyError> {
        let folder = std::fs::canonicalize(folder)
            .map_err(|error| VerifyError::Options(format!("{} cannot be used: {error}", folder.display())))?;
        let manifest = folder.join("__manifest__.py");
        let text = std::fs::read_to_string(&manifest).map_err(|error| {
            VerifyError::Options(format!(
                "{} is no Odoo module: __manifest__.py cannot be read ({error})",
                folder.display()
            ))
        })?;
        let depends = depends(&text).ok_or_else(|| {
            VerifyError::Options(format!(
                "{}: `depends` is no list of names; `linkspan validate` says more",
                manifest.display()
            ))
        })?;
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let sources = python(&folder)?;
        let mut exports: Vec<String> = sources.iter().flat_map(|text| export_methods(text)).collect();
        exports.sort_unstable();
        exports.dedup();
        Ok(Module {
            name,
            depends,
            exports,
            has_webhooks: sources.iter().any(|text| text.contains("def _webhook_handlers")),
            has_tests: folder.join("tests/__init__.py").is_file(),
            folder,
        })
    }
}

/// The texts of the Python files outside `tests`.
fn python(folder: &Path) -> Result<Vec<String>, VerifyError> {
    let mut texts = Vec::new();
    let listed =
        std::fs::read_dir(folder).map_err(VerifyError::io(format!("cannot list {}", folder.display())))?;
    for entry in listed.flatten() {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_none_or(|name| name != "tests") {
            texts.extend(python(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "py") {
            texts.push(
                std::fs::read_to_string(&path)
                    .map_err(VerifyError::io(format!("cannot read {}", path.display())))?,
            );
        }
    }
    Ok(texts)
}

/// `def export_product_product(self, record_ids)`: what the shared export wizard calls.
fn export_methods(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("def export_"));
    lines
        .filter_map(|rest| rest.split_once('('))
        .filter(|(_, arguments)| arguments.contains("record_ids"))
        .map(|(name, _)| name.to_owned())
        .filter(|name| name != "records")
        .collect()
}

fn depends(manifest: &str) -> Option<Vec<String>> {
    let parsed = ruff_python_parser::parse_module(manifest).ok()?.into_syntax();
    let dict = parsed.body.iter().find_map(|statement| match statement {
        Stmt::Expr(expression) => expression.value.as_dict_expr(),
        _ => None,
    })?;
    let names = dict.items.iter().find_map(|item| {
        let key = item.key.as_ref()?.as_string_literal_expr()?;
        (key.value.to_str() == "depends").then_some(&item.value)
    });
    let elements = match names {
        None => return Some(vec!["base".to_owned()]),
        Some(Expr::List(list)) => &list.elts,
        Some(Expr::Tuple(tuple)) => &tuple.elts,
        Some(_) => return None,
    };
    elements.iter().map(|name| Some(name.as_string_literal_expr()?.value.to_str().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_and_the_methods_are_read_as_python() {
        assert_eq!(
            depends("{'name': 'x', 'depends': ['sale', \"stock\"]}"),
            Some(vec!["sale".into(), "stock".into()])
        );
        assert_eq!(depends("{'name': 'x'}"), Some(vec!["base".into()]));
        assert_eq!(depends("{'depends': names}"), None);
        let text = "class B:\n    def export_product_product(self, record_ids):\n        pass\n    def export_records(self, model, record_ids): pass\n";
        assert_eq!(export_methods(text), ["product_product"]);
    }
}
