//! JSON as WordPress writes it: `\/` for slashes, `\uXXXX` for everything beyond ASCII.

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

struct WordPress;

impl Formatter for WordPress {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut start = 0;
        for (at, c) in fragment.char_indices() {
            if c.is_ascii() && c != '/' {
                continue;
            }
            writer.write_all(&fragment.as_bytes()[start..at])?;
            start = at + c.len_utf8();
            if c == '/' {
                writer.write_all(b"\\/")?;
                continue;
            }
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        writer.write_all(&fragment.as_bytes()[start..])
    }
}

/// Appends `value` to `out`.
pub(crate) fn write(value: &Value, out: &mut Vec<u8>) {
    // Writing into memory does not fail, and a Value has no keys that JSON cannot carry.
    let _ = value.serialize(&mut Serializer::with_formatter(out, WordPress));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn slashes_and_other_scripts_are_escaped_as_wordpress_does() {
        let mut out = Vec::new();
        write(&json!({ "a/b": "مص – 😀 \"q\"" }), &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"a\\/b\":\"\\u0645\\u0635 \\u2013 \\ud83d\\ude00 \\\"q\\\"\"}"
        );
    }
}
