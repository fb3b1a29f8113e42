//! `__manifest__.py`: a Python file that holds one dictionary of literals.

use std::ops::Range;

use ruff_python_ast::{Expr, Stmt};

use super::{File, FileId};
use crate::module::Series;
use crate::module::lint::finding::Finding;
use crate::module::lint::py;

/// A text of the manifest with its place.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) span: Range<usize>,
}

/// What the rules ask of a manifest.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    pub(crate) file: FileId,
    /// The whole dictionary; empty when there is none.
    pub(crate) span: Range<usize>,
    /// Whether it was read: without it most rules know too little.
    pub(crate) is_read: bool,
    pub(crate) keys: Vec<Text>,
    pub(crate) name: Option<Text>,
    pub(crate) version: Option<Text>,
    pub(crate) license: Option<Text>,
    pub(crate) summary: Option<Text>,
    pub(crate) depends: Vec<Text>,
    pub(crate) data: Vec<Text>,
    pub(crate) demo: Vec<Text>,
    pub(crate) external_python: Vec<Text>,
}

impl Manifest {
    pub(crate) fn read(files: &[File], findings: &mut Vec<Finding>) -> Manifest {
        let Some(file) = files.iter().position(|file| file.path == "__manifest__.py") else {
            return Manifest::default();
        };
        let mut manifest = Manifest { file, ..Manifest::default() };
        let Some(parsed) = files[file].python() else { return manifest };
        let dictionary = parsed.suite().iter().find_map(|statement| match statement {
            Stmt::Expr(statement) => statement.value.as_dict_expr(),
            _ => None,
        });
        let Some(dictionary) = dictionary else {
            let problem = Finding::new(file, 0..0, "the manifest holds no dictionary");
            findings
                .push(problem.help("Odoo reads one literal dictionary: {\"name\": ..., ...}.").code("E03"));
            return manifest;
        };
        manifest.span = py::span(dictionary);
        if let Some(span) = not_literal(&Expr::Dict(dictionary.clone())) {
            let problem = Finding::new(file, span, "the manifest is not a literal")
                .label("this has to be computed")
                .help("Odoo reads the manifest without running it: write the value itself.");
            findings.push(problem.code("E03"));
            return manifest;
        }
        manifest.is_read = true;
        for item in &dictionary.items {
            if let Some(key) = item.key.as_ref().and_then(text) {
                manifest.take(&key.value, &item.value);
                manifest.keys.push(key);
            }
        }
        manifest
    }

    fn take(&mut self, key: &str, value: &Expr) {
        match key {
            "name" => self.name = text(value),
            "version" => self.version = text(value),
            "license" => self.license = text(value),
            "summary" => self.summary = text(value),
            "depends" => self.depends = texts(value),
            "data" => self.data = texts(value),
            "demo" => self.demo = texts(value),
            "external_dependencies" => {
                self.external_python = item(value, "python").map(texts).unwrap_or_default()
            }
            _ => {}
        }
    }

    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.keys.iter().any(|known| known.value == key)
    }

    /// The series that the version begins with.
    pub(crate) fn series(&self) -> Option<Series> {
        let version = &self.version.as_ref()?.value;
        Series::ALL.into_iter().find(|series| {
            version.strip_prefix(series.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// Place for a message about the module as a whole.
    pub(crate) fn place(&self) -> Range<usize> {
        let start = self.span.start;
        start..(start + 1).min(self.span.end)
    }
}

fn item<'a>(value: &'a Expr, key: &str) -> Option<&'a Expr> {
    let items = &value.as_dict_expr()?.items;
    items.iter().find(|item| item.key.as_ref().and_then(py::text) == Some(key)).map(|item| &item.value)
}

fn text(value: &Expr) -> Option<Text> {
    Some(Text { value: py::text(value)?.to_owned(), span: py::span(value) })
}

fn texts(value: &Expr) -> Vec<Text> {
    py::elements(value).iter().filter_map(text).collect()
}

/// The first part that `ast.literal_eval` refuses.
fn not_literal(value: &Expr) -> Option<Range<usize>> {
    match value {
        Expr::StringLiteral(_)
        | Expr::BytesLiteral(_)
        | Expr::NumberLiteral(_)
        | Expr::BooleanLiteral(_)
        | Expr::NoneLiteral(_) => None,
        Expr::List(_) | Expr::Tuple(_) | Expr::Set(_) => py::elements(value).iter().find_map(not_literal),
        Expr::Dict(dictionary) => dictionary.items.iter().find_map(|item| match &item.key {
            Some(key) => not_literal(key).or_else(|| not_literal(&item.value)),
            None => Some(py::span(&item.value)),
        }),
        Expr::UnaryOp(unary) if unary.operand.is_number_literal_expr() => None,
        other => Some(py::span(other)),
    }
}
