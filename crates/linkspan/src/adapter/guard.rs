//! Stops walks of lists that never end: a server that ignores the page number, a cursor that leads back, pages
//! that are empty and claim that more follows.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use pyexpr::Json;

use super::error::AdapterError;
use super::paginate::{Cursor, Position, Seen};

/// Empty pages in a row after which a list that claims to go on is given up.
const EMPTY_PAGES: u32 = 3;

/// What a walk remembers of its pages.
#[derive(Debug, Default)]
pub(super) struct Guard {
    /// Pages read.
    pages: u64,
    /// Records read, those read twice counted twice.
    records: u64,
    /// Largest number of records that the server spoke of.
    largest_total: u64,
    empty_in_a_row: u32,
    /// Content of pages, and their number.
    contents: HashMap<u64, u64>,
    /// Where the walk was sent.
    sent_to: HashSet<u64>,
}

impl Guard {
    /// An error when the page that was read at `at`, after which the walk goes on at `next`, shows no progress.
    pub(super) fn check(
        &mut self,
        at: &Cursor,
        next: &Cursor,
        seen: &Seen,
        records: &[Json<'_>],
    ) -> Result<(), AdapterError> {
        self.pages += 1;
        self.records += seen.records;
        self.largest_total = self.largest_total.max(seen.total.unwrap_or(0));
        if next.is_end() {
            return Ok(());
        }
        self.check_empty(seen)?;
        self.check_address(next)?;
        self.check_total(seen, next.size)?;
        if stepped_back(at, next) {
            // The pages from here on were read already.
            self.contents.clear();
            return Ok(());
        }
        self.check_content(page_number(at).unwrap_or(self.pages), records)
    }

    fn check_empty(&mut self, seen: &Seen) -> Result<(), AdapterError> {
        self.empty_in_a_row = if seen.records == 0 { self.empty_in_a_row + 1 } else { 0 };
        match self.empty_in_a_row >= EMPTY_PAGES {
            true => {
                Err(endless(format!("{EMPTY_PAGES} pages in a row are empty and claim that more follows")))
            }
            false => Ok(()),
        }
    }

    /// Cursors and links must be new. Page numbers may come again after a step back.
    fn check_address(&mut self, next: &Cursor) -> Result<(), AdapterError> {
        let address = match &next.next {
            Position::Token(address) | Position::Link(address) => hash(address),
            Position::Number(number) => hash(&number.to_string()),
            _ => return Ok(()),
        };
        match self.sent_to.insert(address) {
            true => Ok(()),
            false => Err(endless(format!(
                "after page {} it leads back to a page that was read before",
                self.pages
            ))),
        }
    }

    fn check_total(&self, seen: &Seen, size: u64) -> Result<(), AdapterError> {
        let enough = self.largest_total.saturating_mul(2).saturating_add(size.saturating_mul(20));
        match seen.total.is_some() && self.records > enough {
            true => Err(endless(format!(
                "{} records were read of a list that has {}",
                self.records, self.largest_total
            ))),
            false => Ok(()),
        }
    }

    fn check_content(&mut self, number: u64, records: &[Json<'_>]) -> Result<(), AdapterError> {
        if records.is_empty() {
            return Ok(());
        }
        match self.contents.insert(content(records), number) {
            Some(before) => Err(endless(format!("page {number} repeats page {before}"))),
            None => Ok(()),
        }
    }
}

fn endless(why: String) -> AdapterError {
    AdapterError::config(format!("The list does not end: {why}.")).hint(
        "Check `paginate` of this operation in the definition: the server may ignore a parameter or call it by \
         another name.",
    )
}

fn page_number(at: &Cursor) -> Option<u64> {
    match at.next {
        Position::Page(page) => Some(page),
        _ => None,
    }
}

fn stepped_back(at: &Cursor, next: &Cursor) -> bool {
    match (&at.next, &next.next) {
        (Position::Page(here), Position::Page(there)) | (Position::Offset(here), Position::Offset(there)) => {
            there <= here
        }
        _ => false,
    }
}

/// A number that tells pages with different records apart.
fn content(records: &[Json<'_>]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for record in records {
        hash_json(record, &mut hasher);
    }
    hasher.finish()
}

fn hash_json(json: &Json<'_>, hasher: &mut DefaultHasher) {
    std::mem::discriminant(json).hash(hasher);
    match json {
        Json::Null => {}
        Json::Bool(value) => value.hash(hasher),
        Json::Int(value) => value.hash(hasher),
        Json::Float(value) => value.to_bits().hash(hasher),
        Json::Str(value) => value.hash(hasher),
        Json::Array(items) => {
            items.len().hash(hasher);
            items.iter().for_each(|item| hash_json(item, hasher));
        }
        Json::Object(object) => {
            object.0.len().hash(hasher);
            for (name, value) in object.iter() {
                name.hash(hasher);
                hash_json(value, hasher);
            }
        }
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
