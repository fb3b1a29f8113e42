//! Records as they are read.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU32, Ordering};

use pyexpr::{Json, Object};

#[test]
fn strings_without_escapes_borrow_from_the_text() {
    let parsed = Json::parse(br#"{"plain": "abc", "escaped": "a\nb"}"#).unwrap();
    let Json::Object(Object(members)) = &parsed else { panic!("not an object") };
    assert!(matches!(members[0], (Cow::Borrowed("plain"), Json::Str(Cow::Borrowed("abc")))));
    assert!(matches!(&members[1].1, Json::Str(Cow::Owned(text)) if text == "a\nb"));
}

#[test]
fn a_remembered_place_is_only_a_guess() {
    let parsed = Json::parse(br#"{"a": 1, "b": 2, "c": 3}"#).unwrap();
    let Json::Object(object) = &parsed else { panic!("not an object") };
    for wrong in [0, 1, 2, 3, u32::MAX] {
        let near = AtomicU32::new(wrong);
        assert_eq!(object.get_near("b", &near), Some(&Json::Int(2)));
        assert_eq!(near.load(Ordering::Relaxed), 1);
        assert_eq!(object.get_near("missing", &near), None);
    }
}

#[test]
fn numbers_are_read_to_the_nearest_float() {
    for text in ["0.1", "1.7976931348623157e308", "5e-324", "123456789.123456789", "9007199254740993.0"] {
        assert_eq!(Json::parse(text.as_bytes()).unwrap(), Json::Float(text.parse().unwrap()), "{text}");
    }
    assert_eq!(Json::parse(b"18446744073709551615").unwrap(), Json::Float(18446744073709551615.0));
}

#[test]
fn json_prints_as_it_was_read() {
    let text = r#"{"a":[1,2.5,null,true],"b":{"c":"é\n"},"a2":{}}"#;
    assert_eq!(Json::parse(text.as_bytes()).unwrap().to_string(), text);
}
