//! A CSV file as Odoo reads it: comma, double quotes, the first row names the columns.

use std::ops::Range;

use crate::module::lint::finding::Finding;

#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) value: String,
    pub(crate) span: Range<usize>,
}

#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) header: Vec<Cell>,
    pub(crate) rows: Vec<Vec<Cell>>,
    open_quote: Option<usize>,
}

impl Table {
    pub(crate) fn parse(text: &str) -> Table {
        let (mut rows, open_quote) = rows(text);
        let header = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
        Table { header, rows, open_quote }
    }

    pub(crate) fn problems(&self) -> Vec<Finding> {
        let mut problems = Vec::new();
        if let Some(at) = self.open_quote {
            problems.push(Finding::new(0, at..at + 1, "this quotation mark is never closed").code("E06"));
        }
        for row in &self.rows {
            if row.len() != self.header.len() {
                let span = row[0].span.start..row[row.len() - 1].span.end;
                let message =
                    format!("this row has {} cells, the first line names {}", row.len(), self.header.len());
                problems.push(Finding::new(0, span, message).code("E06"));
            }
        }
        problems
    }
}

/// All rows that are not empty, and the quotation mark that is never closed.
fn rows(text: &str) -> (Vec<Vec<Cell>>, Option<usize>) {
    let bytes = text.as_bytes();
    let (mut rows, mut row) = (Vec::new(), Vec::new());
    // The mark that Excel puts at the front is no part of the first column's name.
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut open_quote = None;
    while at < bytes.len() {
        let start = at;
        let value =
            if bytes[at] == b'"' { quoted(text, &mut at, &mut open_quote) } else { plain(text, &mut at) };
        row.push(Cell { value, span: start..at });
        let end = bytes.get(at).copied();
        at += 1;
        if end == Some(b'\r') && bytes.get(at) == Some(&b'\n') {
            at += 1;
        }
        if end == Some(b',') && at < bytes.len() {
            continue;
        }
        let row = std::mem::take(&mut row);
        if row.len() > 1 || row.first().is_some_and(|cell: &Cell| !cell.value.is_empty()) {
            rows.push(row);
        }
    }
    (rows, open_quote)
}

fn plain(text: &str, at: &mut usize) -> String {
    let length = text[*at..].find([',', '\r', '\n']).unwrap_or(text.len() - *at);
    let value = &text[*at..*at + length];
    *at += length;
    value.to_owned()
}

fn quoted(text: &str, at: &mut usize, open_quote: &mut Option<usize>) -> String {
    let (start, mut value) = (*at, String::new());
    *at += 1;
    loop {
        let Some(length) = text[*at..].find('"') else {
            open_quote.get_or_insert(start);
            value.push_str(&text[*at..]);
            *at = text.len();
            return value;
        };
        value.push_str(&text[*at..*at + length]);
        *at += length + 1;
        if text[*at..].starts_with('"') {
            value.push('"');
            *at += 1;
        } else {
            break;
        }
    }
    // Whatever stands between the closing quotation mark and the comma belongs to the cell.
    value.push_str(&plain(text, at));
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_know_their_place() {
        let table = Table::parse("id,name\r\na,\"x, \"\"y\"\"\"\r\n\r\nb,z\r\n");
        assert_eq!(table.rows.len(), 2);
        assert_eq!(table.rows[0][1].value, "x, \"y\"");
        assert_eq!(table.rows[1][0].span, 25..26);
        assert!(table.problems().is_empty());
    }

    #[test]
    fn a_row_of_another_length_and_an_open_quotation_mark_are_told() {
        assert_eq!(Table::parse("a,b\n1\n1,2,3\n").problems().len(), 2);
        assert_eq!(Table::parse("a\n\"x\n").problems().len(), 1);
    }
}
