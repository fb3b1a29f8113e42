//! The ways one text can be read: as it is, percent-decoded, JSON- or XML-unescaped, two deep.
//!
//! A view remembers where each of its bytes came from, so that what is found in it can be masked in
//! the original, whichever characters the writer chose to encode and how.

use std::ops::Range;

/// Encodings within encodings are followed this far.
const DEEPEST: usize = 2;

/// A reading of a text.
pub(super) struct View {
    bytes: Vec<u8>,
    /// Where each byte begins in the original; one more entry for the end.
    origins: Vec<usize>,
}

/// One unit at the beginning of the rest: its length and the bytes it stands for.
type Decoder = fn(&[u8]) -> Option<(usize, Vec<u8>)>;

const DECODERS: [Decoder; 4] = [percent, percent_plus, json_escape, xml_entity];

/// All readings of a text that differ from each other.
pub(super) fn all(text: &str) -> Vec<View> {
    let plain = View { bytes: text.as_bytes().to_vec(), origins: (0..=text.len()).collect() };
    let mut views = vec![plain];
    let mut new = 0..1;
    for _ in 0..DEEPEST {
        let deeper: Vec<View> =
            new.flat_map(|place| DECODERS.map(|decoder| views[place].decoded(decoder))).flatten().collect();
        new = views.len()..views.len() + deeper.len();
        views.extend(deeper);
    }
    views
}

/// A parameter's name as the server reads it.
pub(super) fn percent_decoded(name: &str) -> String {
    let plain = View { bytes: name.as_bytes().to_vec(), origins: (0..=name.len()).collect() };
    let decoded = plain.decoded(percent_plus).map_or(plain.bytes, |view| view.bytes);
    String::from_utf8_lossy(&decoded).into_owned()
}

impl View {
    /// None when there is nothing to decode.
    fn decoded(&self, decoder: Decoder) -> Option<Self> {
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut origins = Vec::with_capacity(self.origins.len());
        let mut place = 0;
        while let Some(byte) = self.bytes.get(place) {
            let (length, unit) = decoder(&self.bytes[place..]).unwrap_or((1, Vec::new()));
            if unit.is_empty() {
                bytes.push(*byte);
                origins.push(self.origins[place]);
            }
            origins.extend(unit.iter().map(|_| self.origins[place]));
            bytes.extend(unit);
            place += length;
        }
        origins.extend(self.origins.last());
        (bytes != self.bytes).then_some(Self { bytes, origins })
    }

    /// Where the needle stands in this view.
    pub(super) fn find<'v>(&'v self, needle: &'v [u8]) -> impl Iterator<Item = Range<usize>> + 'v {
        self.bytes
            .windows(needle.len())
            .enumerate()
            .filter(move |(_, window)| window.first() == needle.first() && *window == needle)
            .map(move |(place, _)| place..place + needle.len())
    }

    /// The whole base64 text around a part of it.
    pub(super) fn base64_around(&self, part: Range<usize>) -> Range<usize> {
        let is_inside = |byte: &u8| super::is_base64_char(char::from(*byte));
        let before = self.bytes[..part.start].iter().rev().take_while(|byte| is_inside(byte)).count();
        let after =
            self.bytes[part.end..].iter().take_while(|byte| is_inside(byte) || **byte == b'=').count();
        part.start - before..part.end + after
    }

    /// The same place in the original text.
    pub(super) fn original(&self, found: Range<usize>) -> Range<usize> {
        self.origins[found.start]..self.origins[found.end]
    }
}

/// RFC 3986.
fn percent(rest: &[u8]) -> Option<(usize, Vec<u8>)> {
    let [b'%', high, low, ..] = rest else { return None };
    let value = char::from(*high).to_digit(16)? * 16 + char::from(*low).to_digit(16)?;
    Some((3, vec![u8::try_from(value).ok()?]))
}

/// `application/x-www-form-urlencoded`, where a plus is a space.
fn percent_plus(rest: &[u8]) -> Option<(usize, Vec<u8>)> {
    if rest.first() == Some(&b'+') { Some((1, vec![b' '])) } else { percent(rest) }
}

/// RFC 8259, with `\/`, which PHP writes.
fn json_escape(rest: &[u8]) -> Option<(usize, Vec<u8>)> {
    let [b'\\', kind, ..] = rest else { return None };
    let byte = match kind {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'f' => 12,
        b'"' | b'\\' | b'/' => *kind,
        b'u' => return json_unicode(rest),
        _ => return None,
    };
    Some((2, vec![byte]))
}

/// `\u0041`, or a surrogate pair of two such.
fn json_unicode(rest: &[u8]) -> Option<(usize, Vec<u8>)> {
    let unit = |from: usize| {
        let digits = rest.get(from..from + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let units: Vec<u16> = [unit(0), unit(6)].into_iter().map_while(|unit| unit).collect();
    let first = char::decode_utf16(units).next()?.ok()?;
    Some((first.len_utf16() * 6, first.to_string().into_bytes()))
}

/// The five entities of XML and character references.
fn xml_entity(rest: &[u8]) -> Option<(usize, Vec<u8>)> {
    const LONGEST: usize = 10;
    let end = rest.iter().take(LONGEST).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(rest[..end].strip_prefix(b"&")?).ok()?;
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((end + 1, character.to_string().into_bytes()))
}
