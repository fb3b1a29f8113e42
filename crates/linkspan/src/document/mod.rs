//! A TOML file that a person wrote: read with every place kept, compared with the schema of its types, all
//! problems at once.
//!
//! The way of a file: [`read`](read::read) (bytes to text), [`Document::parse`] (text to a tree with spans),
//! [`structure::check`] (tree against the JSON Schema that the Rust types generate), then the caller's own
//! checks on [`Node`]s, and last [`Document::into_typed`]. Nothing is coerced on the way.

pub mod literal;
pub mod node;
pub mod read;
pub mod reference;
pub mod schema;
pub mod structure;
pub mod suggest;

use std::collections::HashSet;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::DeTable;

use crate::diagnostic::{Diagnostic, Source, codes};

pub use node::Node;

/// A TOML text as a tree that knows where everything stands.
#[derive(Debug, Clone)]
pub struct Document<'t> {
    source: Arc<Source>,
    root: Spanned<DeTable<'t>>,
}

/// What [`Document::parse`] made of a text.
pub struct Parsed<'t> {
    /// The tree; where `problems` are more than duplicate keys, parts of it may be missing.
    pub document: Document<'t>,
    /// Violations of TOML's grammar.
    pub problems: Vec<Diagnostic>,
}

impl Parsed<'_> {
    /// Whether the tree is whole: nothing but repeated keys is wrong.
    pub fn only_duplicates(&self) -> bool {
        self.problems.iter().all(|problem| problem.code == codes::DUPLICATE_KEY)
    }
}

impl<'t> Document<'t> {
    /// Reads `text` as TOML. `source` is the same text as it may be shown (secrets masked).
    pub fn parse(text: &'t str, source: Arc<Source>) -> Parsed<'t> {
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut problems: Vec<_> = errors.iter().map(|error| syntax_problem(&source, error)).collect();
        // The parser goes on in the middle of a broken line; only its first word there helps.
        let mut told = HashSet::new();
        problems.retain(|problem| problem.code != codes::SYNTAX || told.insert(problem.line()));
        Parsed { document: Document { source, root }, problems }
    }

    /// The text the tree came from, as it may be shown.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The whole file as a table.
    pub fn root(&self) -> Node<'_> {
        Node::root(self.root.get_ref())
    }

    /// The typed value. A caller that ran [`structure::check`] first sees an error only where a type's own
    /// rules are narrower than its schema.
    pub fn into_typed<T: DeserializeOwned>(self) -> Result<T, Box<Diagnostic>> {
        let source = self.source;
        T::deserialize(toml::de::Deserializer::from(self.root)).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            Box::new(Diagnostic::error(codes::REFUSED, &source, span, error.message()))
        })
    }
}

fn syntax_problem(source: &Arc<Source>, error: &toml::de::Error) -> Diagnostic {
    // The text as it may be shown: what was masked in it is not quoted in the advice either.
    let text = source.text();
    let span = error.span().unwrap_or(text.len()..text.len());
    if error.message() == "duplicate key" {
        let key = text.get(span.clone()).unwrap_or_default().trim_matches(['"', '\'']);
        return Diagnostic::error(
            codes::DUPLICATE_KEY,
            source,
            span,
            format!("the key `{key}` stands here twice"),
        )
        .label("second time")
        .help("Remove one of the two; TOML has no way to say which one counts.");
    }
    let problem = Diagnostic::error(
        codes::SYNTAX,
        source,
        span.clone(),
        format!("this is not TOML: {}", error.message()),
    );
    match syntax_help(text, &span) {
        Some(help) => problem.help(help),
        None => problem,
    }
}

/// Bytes of a value that are looked at for advice.
const MAX_WORD: usize = 200;

/// The mistakes that TOML's own message leaves unexplained.
fn syntax_help(text: &str, span: &std::ops::Range<usize>) -> Option<String> {
    let before = text.get(..span.start)?;
    if before.ends_with('"') && !before.trim_end_matches('"').ends_with(['=', ' ']) {
        return Some(
            "A double quote ended the text here. Inside a text in double quotes write single ones."
                .to_owned(),
        );
    }
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text[line_start..].lines().next()?;
    let value = line.split_once('=')?.1.trim_start();
    let value = &value[..value.floor_char_boundary(MAX_WORD)];
    let word = value.split([',', ' ', '}', ']', '#']).next()?;
    let digits = word.strip_prefix(['-', '+']).unwrap_or(word);
    if digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()) {
        return Some(format!("A number has no leading zeros. Text goes in quotes: \"{word}\"."));
    }
    let is_word =
        word.starts_with(|c: char| c.is_alphabetic()) && !matches!(word, "true" | "false" | "inf" | "nan");
    is_word.then(|| format!("Text goes in quotes: \"{word}\"."))
}
