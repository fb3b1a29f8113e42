//! Comments that allow a finding: `# linkspan: ignore[C01] reason`, in XML `<!-- linkspan: ignore[M08] reason -->`.
//!
//! A comment holds for its own line; one that stands alone on its line holds for the next line with something on it.

use std::ops::Range;

use ruff_text_size::Ranged as _;

use super::finding::Finding;
use super::load::{Body, File, FileId, Module};
use super::{py, rules};

const MARK: &str = "linkspan: ignore[";

/// One id of one comment.
struct Permission {
    file: FileId,
    /// Line, from 1.
    line: usize,
    id: String,
    has_reason: bool,
    span: Range<usize>,
    is_used: bool,
}

/// `findings` without the allowed ones, and with one for each comment that allows nothing.
pub(super) fn suppress(module: &Module, findings: Vec<Finding>, only: &[&str]) -> Vec<Finding> {
    let mut permissions: Vec<Permission> =
        module.files.iter().enumerate().flat_map(|(id, file)| permissions(id, file)).collect();
    let mut kept = Vec::with_capacity(findings.len());
    for finding in findings {
        let source = &module.files[finding.file].source;
        let first = source.position(finding.span.start).line;
        let last = source.position(finding.span.end).line;
        let allows = |permission: &&mut Permission| {
            permission.file == finding.file
                && permission.id == finding.code
                && (permission.line == first || permission.line == last)
        };
        match permissions.iter_mut().find(allows) {
            Some(permission) => permission.is_used = true,
            None => kept.push(finding),
        }
    }
    let wanted = |code: &str| only.is_empty() || only.contains(&code);
    for permission in &permissions {
        if let Some(finding) = complaint(permission, only).filter(|finding| wanted(finding.code)) {
            kept.push(finding);
        }
    }
    kept
}

fn complaint(permission: &Permission, only: &[&str]) -> Option<Finding> {
    let at = |message: String| Finding::new(permission.file, permission.span.clone(), message);
    if rules::find(&permission.id).is_none() {
        let message = format!("there is no rule {}", permission.id);
        return Some(at(message).help("`linkspan validate --list-rules` lists them.").code("N01"));
    }
    // A rule that did not run could not use its comment.
    if !permission.is_used && (only.is_empty() || only.contains(&permission.id.as_str())) {
        let message = format!("this comment allows {}, which is not found here", permission.id);
        return Some(at(message).help("Take the comment away.").code("N01"));
    }
    (permission.is_used && !permission.has_reason).then(|| {
        let message = format!("this comment allows {} and does not say why", permission.id);
        at(message).help("Write the reason behind the bracket.").code("N02")
    })
}

fn permissions(id: FileId, file: &File) -> Vec<Permission> {
    if !file.source.text().contains(MARK) {
        return Vec::new();
    }
    let comments: Vec<(Range<usize>, &str)> = match &file.body {
        Body::Python(parsed) => {
            let comments = parsed.tokens().iter().filter(|token| token.kind().is_comment());
            comments
                .map(|token| (py::span(&token.range()), &file.source.text()[py::span(&token.range())]))
                .collect()
        }
        Body::Xml(tree) => {
            tree.comments.iter().map(|comment| (comment.span.clone(), comment.text.as_str())).collect()
        }
        _ => Vec::new(),
    };
    comments.into_iter().flat_map(|(span, text)| of_comment(id, file, &span, text)).collect()
}

fn of_comment(id: FileId, file: &File, span: &Range<usize>, text: &str) -> Vec<Permission> {
    let Some((ids, reason)) = text.split_once(MARK).and_then(|(_, rest)| rest.split_once(']')) else {
        return Vec::new();
    };
    let line = line_meant(file, span);
    let has_reason = !reason.trim().is_empty();
    let ids = ids.split(',').map(str::trim).filter(|id| !id.is_empty());
    ids.map(|rule| Permission {
        file: id,
        line,
        id: rule.to_owned(),
        has_reason,
        span: span.clone(),
        is_used: false,
    })
    .collect()
}

/// The comment's line; when nothing else is on it, the next line that holds something.
fn line_meant(file: &File, span: &Range<usize>) -> usize {
    let text = file.source.text();
    let line_start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let after = &text[span.end..];
    let rest_of_line = after.split('\n').next().unwrap_or("");
    let line = file.source.position(span.start).line;
    if !text[line_start..span.start].trim().is_empty() || !rest_of_line.trim().is_empty() {
        return line;
    }
    let skipped = after.len() - after.trim_start().len();
    file.source.position(span.end + skipped).line
}
