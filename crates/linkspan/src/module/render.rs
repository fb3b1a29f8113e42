//! A tree of templates and a context become files.
//!
//! Templates carry the name and place of their result. The syntax is Jinja's, with one addition: a line that begins
//! with `#%` is a statement, so that a template still reads as the Python, XML or CSV that it becomes.
//!
//! ```text
//! #% if series >= 19
//!     _external_uniq = models.Constraint("UNIQUE (backend_id, external_id)")
//! #% endif
//! ```
//!
//! A name that the context does not have is an error. Python comes out as ruff formats it; other text without
//! trailing blanks and without runs of empty lines.

use std::borrow::Cow;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior};
use ruff_python_formatter::{FormatModuleError, PyFormatOptions, format_module_source};

/// One file of a rendered tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Path inside the tree, with `/`.
    pub path: String,
    /// What stands in it.
    pub bytes: Vec<u8>,
}

/// A template that cannot become a file. The text names template and line.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The template is wrong, or the context lacks a name.
    #[error("template {template}, line {line}: {message}")]
    Template {
        /// Path of the template inside its tree.
        template: String,
        /// Line of the template, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// The result is no Python.
    #[error("template {template} became Python that does not parse, line {line} of the result: {message}")]
    Python {
        /// Path of the template inside its tree.
        template: String,
        /// Line of the result, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
}

/// Renders templates.
#[derive(Debug)]
pub struct Renderer {
    environment: Environment<'static>,
}

impl Default for Renderer {
    fn default() -> Renderer {
        Renderer::new()
    }
}

impl Renderer {
    /// A renderer with the syntax described above.
    pub fn new() -> Renderer {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder()
            .line_statement_prefix("#%")
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build();
        // The delimiters are constants; a wrong one fails every test.
        if let Ok(syntax) = syntax {
            environment.set_syntax(syntax);
        }
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        // Odoo's files are not HTML: what a value holds is escaped where the template says so.
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        Renderer { environment }
    }

    /// Makes a filter available to templates.
    pub fn add_filter<F>(&mut self, name: &'static str, filter: F)
    where
        F: Fn(String) -> String + Send + Sync + 'static,
    {
        self.environment.add_filter(name, filter);
    }

    /// Renders every file of a tree; the order stays. Files that are not UTF-8 (images) go through as they are.
    pub fn tree<'a>(
        &self,
        files: impl IntoIterator<Item = (String, Cow<'a, [u8]>)>,
        context: &Value,
    ) -> Result<Vec<Rendered>, RenderError> {
        let mut rendered = Vec::new();
        for (path, bytes) in files {
            let bytes = match std::str::from_utf8(&bytes) {
                Ok(source) => self.text(&path, source, context)?.into_bytes(),
                Err(_) => bytes.into_owned(),
            };
            rendered.push(Rendered { path, bytes });
        }
        Ok(rendered)
    }

    /// Renders one template. `path` decides how the result is formatted, and stands in errors.
    pub fn text(&self, path: &str, source: &str, context: &Value) -> Result<String, RenderError> {
        let text = self.environment.render_named_str(path, source, context).map_err(|error| {
            RenderError::Template {
                template: path.to_owned(),
                line: error.line().unwrap_or(1),
                message: error.detail().map_or_else(|| error.kind().to_string(), str::to_owned),
            }
        })?;
        match path.rsplit_once('.') {
            Some((_, "py")) => python(path, &text),
            Some((_, "xml")) => Ok(xml(&tidy(&text))),
            _ => Ok(tidy(&text)),
        }
    }
}

/// Formats Python as ruff does, lines of 88 characters.
fn python(path: &str, text: &str) -> Result<String, RenderError> {
    if text.trim().is_empty() {
        return Ok(String::new());
    }
    match format_module_source(text, PyFormatOptions::default()) {
        Ok(printed) => Ok(printed.into_code()),
        Err(error) => {
            let offset = match &error {
                FormatModuleError::ParseError(error) => error.location.start().to_usize(),
                _ => 0,
            };
            let line = 1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
            Err(RenderError::Python { template: path.to_owned(), line, message: error.to_string() })
        }
    }
}

/// No trailing blanks, at most one empty line in a row, none at the start, one line end at the end.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if empty > 0 && !tidied.is_empty() {
            tidied.push('\n');
        }
        empty = 0;
        tidied.push_str(line);
        tidied.push('\n');
    }
    tidied
}

/// Longest line of Python and XML in OCA's repositories.
const LINE: usize = 88;

/// What OCA's formatter of XML would change of a tidy template: a tag that is too long for its line has an attribute a
/// line, and no line is empty behind the first tag.
fn xml(text: &str) -> String {
    let mut formatted = String::with_capacity(text.len());
    let mut opened = false;
    for line in text.lines() {
        if line.is_empty() && opened {
            continue;
        }
        opened = line.starts_with("<odoo");
        match split(line).filter(|_| line.chars().count() > LINE) {
            Some(lines) => formatted.push_str(&lines),
            None => formatted.push_str(line),
        }
        formatted.push('\n');
    }
    formatted
}

/// The line of one opening tag, with an attribute a line; `None` for any other line.
fn split(line: &str) -> Option<String> {
    let indent = line.len() - line.trim_start().len();
    let (name, mut rest) = line[indent..].strip_prefix('<')?.split_once(' ')?;
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return None;
    }
    let indent = &line[..indent];
    let mut lines = format!("{indent}<{name}");
    loop {
        let end = rest.trim_start();
        if end == ">" || end == "/>" {
            return Some(format!("{lines}\n{indent}{end}"));
        }
        let (attribute, value) = end.split_once("=\"")?;
        let (value, behind) = value.split_once('"')?;
        lines.push_str(&format!("\n{indent}    {attribute}=\"{value}\""));
        rest = behind;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    fn context(series: u8) -> Value {
        Value::from_pairs([("series", Value::from(series))])
    }

    #[test]
    fn a_long_tag_has_an_attribute_a_line() {
        let long = format!("    <record id=\"{}\" model=\"queue.job.function\">", "x".repeat(60));
        let source =
            format!("<odoo>\n\n{long}\n  <b a=\"1\" />\n\n  <c>{}</c>\n</odoo>\n", "long ".repeat(20));
        let text = Renderer::new().text("a.xml", &source, &context(18)).unwrap();
        let id = "x".repeat(60);
        let tag = format!("    <record\n        id=\"{id}\"\n        model=\"queue.job.function\"\n    >\n");
        assert!(text.starts_with(&format!("<odoo>\n{tag}  <b a=\"1\" />\n\n  <c>long ")), "{text}");
    }

    #[test]
    fn a_statement_line_leaves_nothing_behind() {
        let source = "<a>\n  #% if series >= 19\n  <b/>\n  #% else\n  <c/>\n  #% endif\n</a>\n";
        let renderer = Renderer::new();
        assert_eq!(renderer.text("a.xml", source, &context(19)).unwrap(), "<a>\n  <b/>\n</a>\n");
        assert_eq!(renderer.text("a.xml", source, &context(16)).unwrap(), "<a>\n  <c/>\n</a>\n");
    }

    #[test]
    fn python_comes_out_as_ruff_formats_it() {
        let text = Renderer::new().text("a.py", "x = {  'a':1 }\n", &context(18)).unwrap();
        assert_eq!(text, "x = {\"a\": 1}\n");
    }

    #[test]
    fn an_unknown_name_is_told_with_template_and_line() {
        let error = Renderer::new().text("models/a.xml", "<a>\n{{ nobody }}</a>", &context(18)).unwrap_err();
        assert!(error.to_string().starts_with("template models/a.xml, line 2: "), "{error}");
    }

    #[test]
    fn a_result_that_is_no_python_is_told_with_its_line() {
        let error = Renderer::new().text("a.py", "x = 1\nclass:\n", &context(18)).unwrap_err();
        assert!(error.to_string().contains("line 2 of the result"), "{error}");
    }

    #[test]
    fn text_has_no_trailing_blanks_and_no_runs_of_empty_lines() {
        assert_eq!(tidy("\n\na  \n\n\n\nb\n\n"), "a\n\nb\n");
    }
}
