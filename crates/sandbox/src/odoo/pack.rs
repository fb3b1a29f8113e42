//! Records as bytes. A million products fit in memory because a record keeps only what is set: per field one byte for
//! its number, one for the type, then the value; a moment ("2026-11-21 22:49:03") takes five bytes instead of nineteen.

use super::value::Value;

/// A record's values by field number.
pub(crate) type Row = Vec<Value>;

/// A packed record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packed(Box<[u8]>);

const FALSE: u8 = 0;
const TRUE: u8 = 1;
const POSITIVE: u8 = 2;
const NEGATIVE: u8 = 3;
const FLOAT: u8 = 4;
const TEXT: u8 = 5;
const IDS: u8 = 6;
const MOMENT: u8 = 7;
/// A float without a fraction.
const WHOLE: u8 = 8;

impl Packed {
    /// Packs a row; at most 256 fields.
    pub(crate) fn new(row: &[Value]) -> Packed {
        let mut bytes = Vec::with_capacity(64);
        for (field, value) in row.iter().enumerate() {
            if !value.is_unset() {
                bytes.push(field as u8);
                put_value(&mut bytes, value);
            }
        }
        Packed(bytes.into_boxed_slice())
    }

    /// All values, `width` of them.
    pub(crate) fn row(&self, width: usize) -> Row {
        let mut row = vec![Value::Unset; width];
        let mut reader = Reader(&self.0);
        while let Some(field) = reader.byte() {
            let value = reader.value();
            if let Some(place) = row.get_mut(usize::from(field)) {
                *place = value;
            }
        }
        row
    }

    /// One value, without unpacking the others.
    pub(crate) fn field(&self, wanted: usize) -> Value {
        let mut reader = Reader(&self.0);
        while let Some(field) = reader.byte() {
            match usize::from(field) {
                field if field == wanted => return reader.value(),
                field if field > wanted => break,
                _ => reader.skip(),
            }
        }
        Value::Unset
    }
}

fn put_value(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Unset => {}
        Value::Bool(flag) => bytes.push(if *flag { TRUE } else { FALSE }),
        Value::Int(number) => put_int(bytes, *number),
        Value::Float(number)
            if number.fract() == 0.0 && (0.0..1e15).contains(number) && number.is_sign_positive() =>
        {
            bytes.push(WHOLE);
            put_varint(bytes, *number as u64);
        }
        Value::Float(number) => {
            bytes.push(FLOAT);
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        Value::Text(text) => match moment_seconds(text) {
            Some(seconds) => {
                bytes.push(MOMENT);
                put_varint(bytes, seconds);
            }
            None => {
                bytes.push(TEXT);
                put_varint(bytes, text.len() as u64);
                bytes.extend_from_slice(text.as_bytes());
            }
        },
        Value::Ids(ids) => {
            bytes.push(IDS);
            put_varint(bytes, ids.len() as u64);
            ids.iter().for_each(|id| put_varint(bytes, u64::from(*id)));
        }
    }
}

fn put_int(bytes: &mut Vec<u8>, number: i64) {
    bytes.push(if number < 0 { NEGATIVE } else { POSITIVE });
    put_varint(bytes, number.unsigned_abs());
}

fn put_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number as u8) | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn take(&mut self, length: usize) -> &[u8] {
        let (head, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        head
    }

    fn varint(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        while let Some(byte) = self.byte() {
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
            shift += 7;
        }
        number
    }

    fn value(&mut self) -> Value {
        match self.byte() {
            Some(FALSE) => Value::Bool(false),
            Some(TRUE) => Value::Bool(true),
            Some(POSITIVE) => Value::Int(self.varint() as i64),
            Some(NEGATIVE) => Value::Int((self.varint() as i64).wrapping_neg()),
            Some(WHOLE) => Value::Float(self.varint() as f64),
            Some(FLOAT) => {
                let mut raw = [0; 8];
                raw.copy_from_slice(self.take(8));
                Value::Float(f64::from_le_bytes(raw))
            }
            Some(TEXT) => {
                let length = self.varint() as usize;
                Value::Text(String::from_utf8_lossy(self.take(length)).into_owned())
            }
            Some(IDS) => {
                let count = self.varint();
                Value::Ids((0..count).map(|_| self.varint() as u32).collect())
            }
            Some(MOMENT) => Value::Text(moment_text(self.varint())),
            _ => Value::Unset,
        }
    }

    fn skip(&mut self) {
        match self.byte() {
            Some(POSITIVE | NEGATIVE | WHOLE | MOMENT) => {
                self.varint();
            }
            Some(FLOAT) => {
                self.take(8);
            }
            Some(TEXT) => {
                let length = self.varint() as usize;
                self.take(length);
            }
            Some(IDS) => {
                let count = self.varint();
                (0..count).for_each(|_| {
                    self.varint();
                });
            }
            _ => {}
        }
    }
}

/// Seconds since 1970 of exactly `YYYY-MM-DD HH:MM:SS`; other texts are no moments.
fn moment_seconds(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    if bytes.len() != 19 || bytes[4] != b'-' || bytes[10] != b' ' || bytes[13] != b':' {
        return None;
    }
    let moment: jiff::civil::DateTime = text.parse().ok()?;
    let seconds = moment.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    let seconds = u64::try_from(seconds).ok()?;
    (moment_text(seconds) == text).then_some(seconds)
}

fn moment_text(seconds: u64) -> String {
    jiff::Timestamp::from_second(seconds as i64).map(moment_of).unwrap_or_default()
}

/// A moment as Odoo writes it: UTC, without an offset, no fraction.
pub(crate) fn moment_of(moment: jiff::Timestamp) -> String {
    let utc = moment.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        utc.year(),
        utc.month(),
        utc.day(),
        utc.hour(),
        utc.minute(),
        utc.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_row_reads_as_it_was() {
        let row = vec![
            Value::Unset,
            Value::Bool(false),
            Value::Int(-300),
            Value::Int(70_000),
            Value::Float(12.0),
            Value::Float(-0.1),
            Value::text("naïve ١"),
            Value::text("2026-11-21 22:49:03"),
            Value::text("2026-02-30 22:49:03"),
            Value::Ids(vec![1, 500, 70_000]),
            Value::Bool(true),
        ];
        let packed = Packed::new(&row);
        assert_eq!(packed.row(row.len()), row);
        for (field, value) in row.iter().enumerate() {
            assert_eq!(packed.field(field), *value, "field {field}");
        }
        assert_eq!(packed.field(40), Value::Unset);
    }
}
