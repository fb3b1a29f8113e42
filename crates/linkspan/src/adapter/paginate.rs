//! Where the next page of a list is.
//!
//! Lists change while they are walked. A record that is deleted moves all later ones up, so the first record of
//! the next page ends up on the page that was just read and would be missed. Where the server tells the number
//! of records, a fall of it is noticed and the walk steps back; records read twice do no harm.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::param::Param;
use crate::definition::operation::Paginate;

/// Where a walk goes on: store it after each page that was dealt with and give it to `Adapter::list` to
/// continue. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cursor {
    pub(super) next: Position,
    /// Records in the whole list when the last page was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) total: Option<u64>,
    /// Records on the pages before `next`; never more than there are.
    #[serde(default)]
    pub(super) read: u64,
    /// Records a page when `next` was counted.
    #[serde(default)]
    pub(super) size: u64,
}

/// A page's address, in the terms of its kind of paging.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Position {
    /// The first page.
    #[default]
    Start,
    Page(u64),
    Offset(u64),
    Token(String),
    /// A cursor that is a number.
    Number(i64),
    Link(String),
    /// Nothing follows.
    End,
}

impl Cursor {
    /// The cursor behind the last page.
    pub(super) fn end() -> Cursor {
        Cursor { next: Position::End, ..Cursor::default() }
    }

    /// Whether nothing follows.
    pub fn is_end(&self) -> bool {
        self.next == Position::End
    }

    /// The cursor as it fits the definition of today: one of another kind of paging starts over, a page number
    /// counted in another size is counted anew (rather a page too early).
    pub(super) fn fitted(self, paginate: Option<&Paginate>) -> Cursor {
        match (self.next, paginate) {
            (Position::End, _) => Cursor::end(),
            (Position::Page(page), Some(Paginate::Page { first, size, .. })) => {
                let before = page.saturating_sub(*first).saturating_mul(self.size) / (*size).max(1);
                let page = if self.size == *size { page } else { first + before };
                Cursor { next: Position::Page(page), size: *size, ..self }
            }
            (next @ Position::Offset(_), Some(Paginate::Offset { .. }))
            | (next @ (Position::Token(_) | Position::Number(_)), Some(Paginate::Cursor { .. }))
            | (next @ Position::Link(_), Some(Paginate::NextUrl { .. } | Paginate::LinkHeader { .. })) => {
                Cursor { next, ..self }
            }
            _ => Cursor::default(),
        }
    }
}

/// What a page says about the list.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// Records on this page.
    pub(super) records: u64,
    pub(super) total: Option<u64>,
    pub(super) last_page: Option<u64>,
    pub(super) token: Option<Position>,
    pub(super) link: Option<String>,
}

/// Parameters of the page at `position`. A link carries its own.
pub(super) fn params(paginate: Option<&Paginate>, position: &Position) -> Vec<Param> {
    let mut params = Vec::new();
    let mut add = |name: &str, value: Value| params.push(Param::new(name, value));
    let Some(paginate) = paginate else { return params };
    let size_param = match paginate {
        Paginate::Whole {} => &None,
        Paginate::Page { size_param, .. }
        | Paginate::Offset { size_param, .. }
        | Paginate::Cursor { size_param, .. }
        | Paginate::NextUrl { size_param, .. }
        | Paginate::LinkHeader { size_param, .. } => size_param,
    };
    if let Some((name, size)) = size_param.as_ref().zip(paginate.size()) {
        add(name, size.into());
    }
    match (paginate, position) {
        (Paginate::Page { param, .. }, Position::Page(page)) => add(param, (*page).into()),
        (Paginate::Page { param, first, .. }, _) => add(param, (*first).into()),
        (Paginate::Offset { param, value, size, .. }, position) => {
            let offset = if let Position::Offset(offset) = position { *offset } else { 0 };
            let filled = |text: &String| {
                text.replace("{offset}", &offset.to_string()).replace("{size}", &size.to_string()).into()
            };
            add(param, value.as_ref().map_or(offset.into(), filled));
        }
        (Paginate::Cursor { param, .. }, Position::Token(token)) => add(param, token.as_str().into()),
        (Paginate::Cursor { param, .. }, Position::Number(number)) => add(param, (*number).into()),
        (
            Paginate::Whole {}
            | Paginate::Cursor { .. }
            | Paginate::NextUrl { .. }
            | Paginate::LinkHeader { .. },
            _,
        ) => {}
    }
    params
}

/// Where the walk goes on after the page at `at`.
pub(super) fn follow(paginate: Option<&Paginate>, at: &Cursor, seen: &Seen) -> Cursor {
    let read = at.read.saturating_add(seen.records);
    let go = |next: Option<Position>, size: u64| Cursor {
        next: next.unwrap_or(Position::End),
        total: seen.total.or(at.total),
        read,
        size,
    };
    match paginate {
        None | Some(Paginate::Whole {}) => Cursor::end(),
        Some(Paginate::Page { first, size, size_param, .. }) => {
            follow_page(at, seen, *first, (*size, size_param.is_some()))
        }
        Some(Paginate::Offset { size, size_param, value, .. }) => {
            let is_asked = size_param.is_some() || value.as_ref().is_some_and(|text| text.contains("{size}"));
            follow_offset(at, seen, (*size, is_asked))
        }
        Some(Paginate::Cursor { size, .. }) => go(seen.token.clone(), *size),
        Some(Paginate::NextUrl { size, .. } | Paginate::LinkHeader { size, .. }) => {
            go(seen.link.clone().map(Position::Link), *size)
        }
    }
}

/// A page that is not full is the last one; where nobody `is_asked` for a size, a full page is what those before it were.
fn follow_page(at: &Cursor, seen: &Seen, first: u64, (size, is_asked): (u64, bool)) -> Cursor {
    let page = match at.next {
        Position::Page(page) => page,
        _ => first,
    };
    let cursor = |next, read| Cursor { next, total: seen.total.or(at.total), read, size };
    let before = page.saturating_sub(first);
    if let Some(gone) = fallen(at, seen).filter(|_| before > 0) {
        // A server may give fewer records a page than it was asked for.
        let a_page = (at.read / before).clamp(1, size.max(1));
        let back = gone.div_ceil(a_page).min(before);
        return cursor(Position::Page(page - back), (before - back) * a_page);
    }
    let read = at.read + seen.records;
    let is_last = match (seen.last_page, seen.total) {
        (Some(last), _) => page >= last,
        (None, Some(total)) => seen.records == 0 || read >= total,
        (None, None) if is_asked => seen.records < size,
        (None, None) => seen.records == 0 || (before > 0 && seen.records < at.read / before),
    };
    let next = if is_last { Position::End } else { Position::Page(page + 1) };
    cursor(next, read)
}

fn follow_offset(at: &Cursor, seen: &Seen, (size, is_asked): (u64, bool)) -> Cursor {
    let offset = match at.next {
        Position::Offset(offset) => offset,
        _ => 0,
    };
    let cursor = |next: Position, read| Cursor { next, total: seen.total.or(at.total), read, size };
    if let Some(gone) = fallen(at, seen).filter(|_| offset > 0) {
        let back = offset.saturating_sub(gone);
        return cursor(Position::Offset(back), back);
    }
    // Records that came, not records asked for: a server may give fewer.
    let reached = offset + if seen.records == 0 { size.max(1) } else { seen.records };
    let is_last = match seen.total {
        Some(total) => reached >= total,
        None if is_asked => seen.records < size,
        None => seen.records == 0,
    };
    let next = if is_last { Position::End } else { Position::Offset(reached) };
    cursor(next, reached)
}

/// An empty page whose own answer says that the list goes on: taken for its end, the rest would be lost unseen. Where
/// records were deleted meanwhile the number that it tells has fallen too, and the walk steps back.
pub(super) fn lacks(paginate: Option<&Paginate>, at: &Cursor, seen: &Seen) -> Option<String> {
    // As many as were asked for stand before this page: one that the server filtered is no reason to refuse the list.
    let (place, before, last_page) = match (paginate?, &at.next) {
        (Paginate::Page { first, size, .. }, next) => {
            let page = if let Position::Page(page) = next { *page } else { *first };
            let last_page = seen.last_page.filter(|last| page < *last);
            (format!("page {page}"), page.saturating_sub(*first).saturating_mul(*size), last_page)
        }
        (Paginate::Offset { .. }, next) => {
            let offset = if let Position::Offset(offset) = next { *offset } else { 0 };
            (format!("the page at offset {offset}"), offset, None)
        }
        _ => return None,
    };
    if seen.records > 0 || (before > 0 && fallen(at, seen).is_some()) {
        return None;
    }
    let pages = last_page.map(|last| format!("{last} pages"));
    let records = || seen.total.filter(|total| *total > before).map(|total| format!("{total} records"));
    let said = pages.or_else(records)?;
    Some(format!("{place} is empty, although its own answer speaks of {said}"))
}

/// How many records fewer the list has than when the page before was read.
fn fallen(at: &Cursor, seen: &Seen) -> Option<u64> {
    at.total?.checked_sub(seen.total?).filter(|gone| *gone > 0)
}

/// The address with `rel="next"` in a `Link` header (RFC 8288).
pub(super) fn next_link(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, behind) = after.split_once('>')?;
        let params = behind.split('<').next().unwrap_or_default();
        let is_next = params.split(';').filter_map(|param| param.split_once('=')).any(|(name, value)| {
            let value = value.trim().trim_end_matches(',').trim().trim_matches('"');
            name.trim().eq_ignore_ascii_case("rel")
                && value.split_whitespace().any(|rel| rel.eq_ignore_ascii_case("next"))
        });
        if is_next {
            return Some(target);
        }
        rest = behind;
    }
    None
}
