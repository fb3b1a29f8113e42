//! Places inside a TOML string: where a byte of the value stands in the text.

use std::ops::Range;

/// Where the bytes `inside` of a string's value stand in the text. `written` is the literal with its quotes,
/// `value` what it means. `None` if that cannot be said.
pub fn place(written: &str, value: &str, inside: Range<usize>) -> Option<Range<usize>> {
    let starts = starts(written, value)?;
    let start = *starts.get(inside.start)?;
    let end = *starts.get(inside.end)?;
    Some(start..end.max(start))
}

/// For each byte of the value, and its end, the byte of the literal where it starts.
fn starts(written: &str, value: &str) -> Option<Vec<usize>> {
    let (quotes, escapes) = opening(written)?;
    let end = written.len().checked_sub(quotes)?;
    let mut at = quotes;
    if quotes == 3 {
        at += written[at..].strip_prefix("\r\n").map_or(usize::from(written[at..].starts_with('\n')), |_| 2);
    }
    let mut starts = Vec::with_capacity(value.len() + 1);
    let mut decoded = String::with_capacity(value.len());
    while at < end {
        let rest = written.get(at..end)?;
        let (length, character) = if escapes { next_basic(rest, quotes == 3)? } else { next_literal(rest)? };
        if let Some(character) = character {
            starts.extend(std::iter::repeat_n(at, character.len_utf8()));
            decoded.push(character);
        }
        at += length;
    }
    starts.push(end);
    (decoded == value).then_some(starts)
}

/// Number of quotes at each end, and whether escapes count.
fn opening(written: &str) -> Option<(usize, bool)> {
    for (quotes, escapes) in [("\"\"\"", true), ("'''", false), ("\"", true), ("'", false)] {
        let is_this =
            written.len() >= 2 * quotes.len() && written.starts_with(quotes) && written.ends_with(quotes);
        if is_this {
            return Some((quotes.len(), escapes));
        }
    }
    None
}

/// A line end is `\n` in the value, whatever it is in the text.
fn next_literal(rest: &str) -> Option<(usize, Option<char>)> {
    if rest.starts_with("\r\n") {
        return Some((2, Some('\n')));
    }
    let character = rest.chars().next()?;
    Some((character.len_utf8(), Some(character)))
}

fn next_basic(rest: &str, multiline: bool) -> Option<(usize, Option<char>)> {
    let Some(escape) = rest.strip_prefix('\\') else { return next_literal(rest) };
    let hexadecimal = |digits: usize| {
        let code = u32::from_str_radix(escape.get(1..=digits)?, 16).ok()?;
        Some((digits + 2, Some(char::from_u32(code)?)))
    };
    let simple = |character| Some((2, Some(character)));
    match escape.chars().next()? {
        'b' => simple('\u{8}'),
        't' => simple('\t'),
        'n' => simple('\n'),
        'f' => simple('\u{c}'),
        'r' => simple('\r'),
        'e' => simple('\u{1b}'),
        '"' => simple('"'),
        '\\' => simple('\\'),
        'x' => hexadecimal(2),
        'u' => hexadecimal(4),
        'U' => hexadecimal(8),
        ' ' | '\t' | '\r' | '\n' if multiline => {
            let blank = escape.len() - escape.trim_start_matches([' ', '\t', '\r', '\n']).len();
            Some((1 + blank, None))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::place;

    fn inside(written: &str, value: &str, part: &str) -> String {
        let start = value.find(part).expect("the part is in the value");
        let range = place(written, value, start..start + part.len()).expect("a place");
        written[range].to_owned()
    }

    #[test]
    fn a_part_is_found_in_every_kind_of_string() {
        assert_eq!(inside(r#""a b""#, "a b", "b"), "b");
        assert_eq!(inside(r#""a\tb c""#, "a\tb c", "c"), "c");
        assert_eq!(inside(r#""\u00e9 c""#, "é c", "c"), "c");
        assert_eq!(inside(r#""\u00e9 c""#, "é c", "é"), "\\u00e9");
        assert_eq!(inside("'a \\b'", "a \\b", "\\b"), "\\b");
        assert_eq!(inside("\"\"\"\na\nb\"\"\"", "a\nb", "b"), "b");
        assert_eq!(inside("'''\r\na\nb'''", "a\nb", "b"), "b");
        assert_eq!(inside("\"\"\"a \\\n   b\"\"\"", "a b", "b"), "b");
    }

    #[test]
    fn a_value_that_is_not_the_literal_has_no_place() {
        assert_eq!(place("\"a\"", "b", 0..1), None);
        assert_eq!(place("\"a\"", "a", 0..7), None);
        assert_eq!(place("\"\"", "", 0..0), Some(1..1));
    }
}
