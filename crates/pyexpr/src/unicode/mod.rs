//! Character classes as CPython has them, where Rust's differ.

mod tables;

use tables::{DIGIT_ZEROS, NOT_PRINTABLE, OTHER_DIGITS};

/// Does `str.strip()` take it off, does `str.split()` split there?
///
/// Rust's white space, and the four separators U+001C to U+001F.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

/// Does `str.splitlines()` end a line there? (`\r\n` counts once.)
pub(crate) fn is_line_end(c: char) -> bool {
    matches!(c, '\n'..='\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Does `repr()` print it as it is?
pub(crate) fn is_printable(c: char) -> bool {
    let code = u32::from(c);
    let after = NOT_PRINTABLE.partition_point(|(first, _)| *first <= code);
    after == 0 || NOT_PRINTABLE[after - 1].1 < code
}

/// The value of a decimal digit of any script: `int('٣')` is 3.
pub(crate) fn digit_value(c: char) -> Option<u8> {
    let code = u32::from(c);
    let after = DIGIT_ZEROS.partition_point(|zero| *zero <= code);
    let zero = after.checked_sub(1).map(|at| DIGIT_ZEROS[at])?;
    u8::try_from(code - zero).ok().filter(|digit| *digit <= 9)
}

/// Does `str.isdigit()` count it: decimal digits of any script, superscripts, circled digits?
pub(crate) fn is_digit(c: char) -> bool {
    let code = u32::from(c);
    digit_value(c).is_some() || OTHER_DIGITS.iter().any(|(first, last)| (*first..=*last).contains(&code))
}

/// Is it one of the letters that are a capital and a small letter in one, such as `ǅ`?
pub(crate) fn is_titlecase(c: char) -> bool {
    matches!(c, 'ǅ' | 'ǈ' | 'ǋ' | 'ǲ' | '\u{1f88}'..='\u{1f8f}' | '\u{1f98}'..='\u{1f9f}'
        | '\u{1fa8}'..='\u{1faf}' | '\u{1fbc}' | '\u{1fcc}' | '\u{1ffc}')
}

/// Does `str.title()` give it something else than its capital?
pub(crate) fn has_own_titlecase(c: char) -> bool {
    matches!(c, 'ß' | '\u{1c4}'..='\u{1cc}' | '\u{1f1}'..='\u{1f3}' | '\u{587}' | '\u{10d0}'..='\u{10ff}'
        | '\u{1f80}'..='\u{1faf}' | '\u{1fb2}'..='\u{1fbc}' | '\u{1fc2}'..='\u{1fcc}'
        | '\u{1ff2}'..='\u{1ffc}' | '\u{fb00}'..='\u{fb06}' | '\u{fb13}'..='\u{fb17}')
}
