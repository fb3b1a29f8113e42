//! Rollouts and schedules: what can never happen is refused at its place.

use linkspan::dashboard::BackendFacts;
use linkspan::store::Stage;

use super::{Files, edited, told};

const LAST: &str = "consumer_secret = { file = \"consumer_secret\" }";

/// Code, underlined text, message and help of the only problem with these lines behind the configuration.
fn told_behind(lines: &str) -> (&'static str, String, String, String) {
    told(&edited(LAST, &format!("{LAST}\n{lines}")))
}

#[test]
fn a_schedule_that_can_never_come_is_refused_at_its_place() {
    for (lines, code, at, said, help) in [
        ("cron = \"0 0 31 2 *\"", "LS0404", "\"0 0 31 2 *\"", "a time that never comes", "0 3 * * *"),
        ("cron = \"0 0 3 * * *\"", "LS0404", "\"0 0 3 * * *\"", "is no cron time", "0 3 * * *"),
        ("cron = \"0 3 * * * * 2027\"", "LS0404", "\"0 3 * * * * 2027\"", "is no cron time", "0 3 * * *"),
        (
            "cron = \"0 3 * * *\"\ntimezone = \"Riyadh\"",
            "LS0404",
            "\"Riyadh\"",
            "no time zone",
            "Asia/Riyadh",
        ),
        ("every_ms = 999", "LS0404", "999", "at most once a second", "300_000"),
        ("every_ms = 31_536_000_001", "LS0404", "31_536_000_001", "365 days", "300_000"),
        (
            "every_ms = 9_000_000_000_000_000_000",
            "LS0404",
            "9_000_000_000_000_000_000",
            "365 days",
            "300_000",
        ),
        ("every_ms = 5_000\ncron = \"0 3 * * *\"", "LS0404", "5_000", "exactly one of", "300_000"),
        (
            "every_ms = 5_000\nentities = [\"produkt\"]",
            "LS0402",
            "[\"produkt\"]",
            "`produkt` that can be imported",
            "Did you mean `product`?",
        ),
        (
            "every_ms = 5_000\ndirection = \"out\"\nentities = [\"category\", \"product\"]",
            "LS0402",
            "[\"category\", \"product\"]",
            "`category` that can be exported",
            "`product`",
        ),
        ("every_ms = 5_000\nentities = []", "LS0404", "[]", "would do nothing", "Name entities"),
    ] {
        let (told, underlined, message, advice) =
            told_behind(&format!("[[backends.shop1.schedules]]\n{lines}"));
        assert_eq!((told, underlined.as_str()), (code, at), "{lines}: {message} {advice}");
        assert!(message.contains(said) && advice.contains(help), "{lines}: {message} {advice}");
    }
}

#[test]
fn a_problem_of_the_second_schedule_stands_at_the_second() {
    let good = "[[backends.shop1.schedules]]\nevery_ms = 31_536_000_000\n";
    let leap_day = "[[backends.shop1.schedules]]\ncron = \"0 0 29 2 *\"\n";
    let bad = "[[backends.shop1.schedules]]\nfull = true # here";
    let text = edited(LAST, &format!("{LAST}\n{good}{leap_day}{bad}"));
    let (_, underlined, message, _) = told(&text);
    assert_eq!(underlined, "[[backends.shop1.schedules]]", "{message}");
    let span = super::problem(&text).span;
    assert!(text[span.end..].starts_with("\nfull = true # here"), "it stands at {span:?}");
}

#[test]
fn a_stage_of_a_direction_that_the_entity_does_not_go_is_refused() {
    let rollout = |line: &str| told_behind(&format!("[backends.shop1.rollout]\n{line}"));
    for (line, at, said, help) in [
        ("category = { out = \"on\" }", "\"on\"", "`category` cannot be exported", "Remove `out`"),
        ("guest = { in = \"shadow\" }", "\"shadow\"", "`guest` cannot be imported", "Remove `in`"),
        ("ordre = { in = \"on\" }", "{ in = \"on\" }", "no entity `ordre`", "Did you mean `order`?"),
    ] {
        let (code, underlined, message, advice) = rollout(line);
        assert_eq!((code, underlined.as_str()), ("LS0402", at), "{line}: {message}");
        assert!(message.contains(said) && advice.contains(help), "{line}: {message} {advice}");
    }
    let (code, underlined, ..) = rollout("order = { in = \"canary\" }");
    assert_eq!((code, underlined.as_str()), ("LS0403", "\"canary\""));
    // What says that nothing happens is true.
    let off = format!(
        "{LAST}\n[backends.shop1.rollout]\ncategory = {{ out = \"off\" }}\nproduct = {{ out = \"on\" }}"
    );
    let report = super::report(&edited(LAST, &off));
    assert!(report.diagnostics.is_empty(), "{report}");
}

#[test]
fn the_dashboard_shows_what_only_goes_out_too() {
    let files = Files::new(&edited("odoo = \"main\"", "odoo = \"main\"\nentities = [\"category\"]"));
    let backend = files.load().expect("it is right").backend("shop1").expect("it is right");
    let facts = BackendFacts::of(&backend);
    let ways = |name: &str| facts.entity(name).map(|entity| (entity.stage_in, entity.stage_out));
    assert_eq!(ways("category"), Some((Some(Stage::On), None)));
    assert_eq!(ways("product"), Some((None, Some(Stage::Off))));
    assert_eq!(ways("customer"), None, "it goes neither way");
}
