//! Step 2 of the way out: the three-way compare. What both sides held when they were last in step tells who changed a
//! field since; a change of one side never conflicts. Pure.

use pyexpr::Decimal;
use serde_json::Value;

use crate::definition::entity::Owner;
use crate::mapping::Out;
use crate::store::Base;

/// What is to be done with one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Both sides hold the same.
    InStep,
    /// Odoo's value goes out.
    Send,
    /// Only the other side changed, or the field is its own: an import brings it.
    Theirs,
    /// Nobody changed it since they were last in step, although they hold different things.
    Settled,
    /// Both sides changed it.
    Conflict,
}

/// Judges one field: what Odoo would send, what the other side holds, and the base.
pub(super) fn judge(owner: Owner, out: &Out, external: &Value, base: Option<&Base>) -> Verdict {
    let ours = canonical(&out.value, out.is_number);
    let theirs = canonical(external, out.is_number);
    if owner == Owner::External {
        return Verdict::Theirs;
    }
    if ours == theirs {
        return Verdict::InStep;
    }
    let (we_changed, they_changed) = match base.map(|base| changed(&ours, &theirs, base, out.is_number)) {
        Some((Change::Interrupted, Change::None)) => (false, true),
        Some((Change::None, Change::Interrupted)) => (true, false),
        Some((we, they)) => (we == Change::Made, they == Change::Made),
        // Linked before there was a base: Odoo's own fields go out, of shared ones the other side's value stands.
        None => (owner == Owner::Odoo, false),
    };
    match (owner, we_changed, they_changed) {
        (_, false, false) => Verdict::Settled,
        (Owner::Odoo, _, _) | (_, true, false) => Verdict::Send,
        (_, false, true) => Verdict::Theirs,
        (_, true, true) => Verdict::Conflict,
    }
}

/// What happened to one side of a field since both were last in step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing.
    None,
    /// Somebody changed it.
    Made,
    /// It holds what Linkspan wrote when it was interrupted, perhaps more than once: nobody else changed it, and it is
    /// not done yet.
    Interrupted,
}

/// What happened to both sides: Odoo, then the other. Values are canonical.
pub(super) fn changed(ours: &Value, theirs: &Value, base: &Base, is_number: bool) -> (Change, Change) {
    let change = |now: &Value, before: &Value, written: &[Value]| {
        if *now == canonical(before, is_number) {
            Change::None
        } else if written.iter().any(|written| *now == canonical(written, is_number)) {
            Change::Interrupted
        } else {
            Change::Made
        }
    };
    (change(ours, &base.odoo, &base.to_odoo), change(theirs, &base.external, &base.to_external))
}

/// The base of a field whose sides are as they are now.
pub(super) fn base_of(out: &Out, external: &Value) -> Base {
    Base::of(canonical(&out.value, out.is_number), canonical(external, out.is_number))
}

/// The base of a field of which Odoo has nothing to say as it is now.
pub(super) fn base_without(external: &Value) -> Base {
    Base::of(Value::Null, canonical(external, false))
}

/// A value in the form in which two sides are compared: numbers are numbers however they are written, and nothing is
/// nothing, because Odoo tells empty text from none no more than it does null.
pub(super) fn canonical(value: &Value, is_number: bool) -> Value {
    match value {
        Value::String(text) if text.is_empty() => Value::Null,
        Value::String(text) if is_number => plain(text).unwrap_or_else(|| value.clone()),
        Value::Number(number) => plain(&number.to_string()).unwrap_or_else(|| value.clone()),
        other => other.clone(),
    }
}

fn plain(text: &str) -> Option<Value> {
    let text = Decimal::parse(text.trim()).ok()?.to_plain_string();
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    Some(Value::String(if matches!(text, "-0" | "") { "0".to_owned() } else { text.to_owned() }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn out(value: Value) -> Out {
        Out { is_number: value.is_number(), value }
    }

    fn base(odoo: Value, external: Value) -> Base {
        Base::of(odoo, external)
    }

    #[test]
    fn a_change_of_one_side_never_conflicts() {
        let before = base(json!("a"), json!("a"));
        let judge =
            |ours: &str, theirs: &str| judge(Owner::Shared, &out(json!(ours)), &json!(theirs), Some(&before));
        assert_eq!(judge("a", "a"), Verdict::InStep);
        assert_eq!(judge("b", "a"), Verdict::Send);
        assert_eq!(judge("a", "b"), Verdict::Theirs);
        assert_eq!(judge("b", "b"), Verdict::InStep);
        assert_eq!(judge("b", "c"), Verdict::Conflict);
    }

    #[test]
    fn what_the_other_side_stores_in_its_own_way_is_not_sent_again() {
        let before = base(json!("Lamp "), json!("Lamp"));
        let judge = |owner| judge(owner, &out(json!("Lamp ")), &json!("Lamp"), Some(&before));
        assert_eq!(judge(Owner::Shared), Verdict::Settled);
        assert_eq!(judge(Owner::Odoo), Verdict::Settled);
    }

    #[test]
    fn what_odoo_had_nothing_to_say_of_is_its_change_once_it_has() {
        let before = base_without(&json!("12.00"));
        let price = Out { value: json!("13"), is_number: true };
        assert_eq!(judge(Owner::Shared, &price, &json!("12"), Some(&before)), Verdict::Send);
        assert_eq!(judge(Owner::Shared, &price, &json!("11"), Some(&before)), Verdict::Conflict);
    }

    #[test]
    fn the_owner_wins() {
        let before = base(json!("a"), json!("a"));
        let judge =
            |owner, ours: &str, theirs: &str| judge(owner, &out(json!(ours)), &json!(theirs), Some(&before));
        assert_eq!(judge(Owner::Odoo, "b", "c"), Verdict::Send);
        assert_eq!(judge(Owner::Odoo, "a", "c"), Verdict::Send);
        assert_eq!(judge(Owner::External, "b", "a"), Verdict::Theirs);
    }

    #[test]
    fn numbers_are_compared_as_numbers_and_texts_as_texts() {
        let number = |text: &str| canonical(&json!(text), true);
        assert_eq!(number("149.00"), number("149"));
        assert_eq!(number("100"), json!("100"));
        assert_eq!(number("-0.0"), number("0"));
        assert_eq!(canonical(&json!(5), false), number("5.0"));
        assert_ne!(canonical(&json!("007"), false), canonical(&json!("7"), false));
        assert_eq!(canonical(&json!(""), false), Value::Null);
    }

    #[test]
    fn what_was_written_when_the_program_was_killed_is_nobodys_change() {
        let judge = |ours: &str, theirs: &str, base: &Base| {
            judge(Owner::Shared, &out(json!(ours)), &json!(theirs), Some(base))
        };
        let importing = Base { to_odoo: vec![json!("b"), json!("e")], ..base(json!("a"), json!("a")) };
        assert_eq!(judge("b", "c", &importing), Verdict::Theirs, "the other side went on meanwhile");
        assert_eq!(judge("b", "a", &importing), Verdict::Theirs, "the other side went back");
        assert_eq!(judge("e", "c", &importing), Verdict::Theirs, "it was killed twice");
        assert_eq!(judge("d", "c", &importing), Verdict::Conflict, "somebody changed it in Odoo besides");
        let exporting = Base { to_external: vec![json!("b"), json!("e")], ..base(json!("a"), json!("a")) };
        assert_eq!(judge("c", "b", &exporting), Verdict::Send, "Odoo went on meanwhile");
        assert_eq!(judge("a", "b", &exporting), Verdict::Send, "Odoo went back");
        assert_eq!(judge("c", "e", &exporting), Verdict::Send, "it was killed twice");
        assert_eq!(judge("c", "d", &exporting), Verdict::Conflict, "somebody changed it there besides");
    }
}
