//! Secrets: where they come from, and that none of them is shown.

use secrecy::ExposeSecret;

use super::{Files, GOOD, edited, report};

/// A value that must never be shown.
const PLANTED: &str = "ck_planted_5ecret";

#[test]
fn a_secret_in_the_file_is_refused_and_not_shown() {
    for (replace, with, code) in [
        ("{ env = \"LINKSPAN_TEST_KEY\" }", "\"ck_planted_5ecret\"", "LS0401"),
        ("{ env = \"LINKSPAN_TEST_ODOO\" }", "\"ck_planted_5ecret\"", "LS0401"),
        ("{ env = \"LINKSPAN_TEST_KEY\" }", "{ value = \"ck_planted_5ecret\" }", "LS0101"),
        ("{ env = \"LINKSPAN_TEST_KEY\" }", "[\"ck_planted_5ecret\"]", "LS0401"),
        ("company = 2", "password = \"ck_planted_5ecret\"", "LS0101"),
        ("company = 2", "api_key = '''\nck_planted_5ecret'''", "LS0101"),
        ("[odoo.main]", "[store]\nurl = \"postgres://u:ck_planted_5ecret@h/d\"\n[odoo.main]", "LS0401"),
        (
            "[odoo.main]",
            "store = { url = \"postgres://u:ck_planted_5ecret@h/d\", colour = 1 }\n[odoo.main]",
            "LS0101",
        ),
        ("https://odoo.example/", "https://u:ck_planted_5ecret@odoo.example/", "LS0401"),
        ("https://odoo.example/", "https://ck_planted_5ecret@odoo.example/", "LS0401"),
        ("https://shop.example/", "https://u:ck_planted_5ecret@shop.example/", "LS0401"),
        ("https://shop.example/", "https://ck_planted_5ecret@shop.example/", "LS0401"),
        // Not even where the grammar is broken.
        ("{ env = \"LINKSPAN_TEST_KEY\" }", "\"ck_planted_5ecret", "LS0004"),
        ("{ env = \"LINKSPAN_TEST_ODOO\" }", "ck_planted_5ecret", "LS0004"),
        ("{ env = \"LINKSPAN_TEST_KEY\" }", "{ env = \"ck_planted_5ecret\" \"x\" }", "LS0004"),
    ] {
        let report = report(&edited(replace, with));
        assert!(report.diagnostics.iter().any(|problem| problem.code == code), "{with}: {report}");
        for shown in
            [report.to_string(), report.render(true), report.to_json().to_string(), format!("{report:?}")]
        {
            assert!(!shown.contains(PLANTED), "{with}: {shown}");
        }
    }
}

#[test]
fn the_refusal_of_a_secret_names_the_three_ways() {
    let report = Files::new(&edited("{ env = \"LINKSPAN_TEST_KEY\" }", "\"ck_planted_5ecret\"")).load();
    let shown = report.expect_err("a secret stands in the file").to_string();
    for way in ["{ env = \"NAME\" }", "{ file = \"/path\" }", "{ command = [\"pass\""] {
        assert!(shown.contains(way), "{shown}");
    }
}

#[test]
fn a_secret_comes_from_a_variable_a_file_or_a_command() {
    let with = "{ command = [\"sh\", \"-c\", \"echo ' from a command '\"] }";
    let files =
        Files::new(&edited("{ env = \"LINKSPAN_TEST_KEY\" }", with).replace("LINKSPAN_TEST_ODOO", "PATH"));
    files.write("consumer_secret", "from a file\n");
    let backend = files.load().expect("fine").backend("shop1").unwrap_or_else(|report| panic!("{report}"));
    let secrets = backend.secrets().expect("all can be read");
    assert_eq!(secrets["consumer_key"].expose_secret(), "from a command");
    assert_eq!(secrets["consumer_secret"].expose_secret(), "from a file");
    assert_eq!(
        backend.odoo.secret.read().expect("it is set").expose_secret(),
        std::env::var("PATH").expect("PATH")
    );
    assert!(backend.secret("webhook_secret").expect("it is optional").is_none());
}

#[test]
fn a_secret_that_cannot_be_read_says_which_why_and_what_to_do() {
    let files = Files::new(GOOD);
    let backend = files.load().expect("fine").backend("shop1").expect("fine");
    let errors: Vec<String> =
        backend.secrets().expect_err("none is there").iter().map(ToString::to_string).collect();
    assert_eq!(errors.len(), 2, "{errors:?}");
    for part in [
        "`consumer_key` of backend `shop1`",
        "`LINKSPAN_TEST_KEY` is not set",
        "Set `LINKSPAN_TEST_KEY`",
        "`backends.shop1.secrets.consumer_key`",
    ] {
        assert!(errors[0].contains(part), "{}", errors[0]);
    }
    assert!(errors[1].contains("consumer_secret` cannot be read (No such file"), "{}", errors[1]);
    let error = backend.odoo.secret.read().expect_err("not set").to_string();
    assert!(error.starts_with("the secret of Odoo `main` cannot be read"), "{error}");
}

#[test]
fn a_command_that_fails_or_prints_nothing_is_no_secret() {
    for (command, told) in [
        ("[\"sh\", \"-c\", \"echo ck_planted_5ecret; exit 3\"]", "`sh` failed (exit status: 3)"),
        ("[\"true\"]", "it is empty"),
        ("[\"linkspan-no-such-program\"]", "cannot be started"),
        ("[\"sh\", \"-c\", \"printf '\\\\377'\"]", "is not text"),
    ] {
        let with = format!("{{ command = {command} }}");
        let files = Files::new(&edited("{ env = \"LINKSPAN_TEST_KEY\" }", &with));
        let backend = files.load().expect("fine").backend("shop1");
        let error = backend.expect("fine").secret("consumer_key").expect_err(command).to_string();
        assert!(error.contains(told), "{error}");
        assert!(!error.contains(PLANTED), "{error}");
    }
}

#[test]
fn no_secret_is_in_the_debug_text_of_a_backend() {
    let with = "{ command = [\"sh\", \"-c\", \"echo ck_planted_5ecret | tr a-z A-Z\"] }";
    let files = Files::new(&edited("{ env = \"LINKSPAN_TEST_KEY\" }", with));
    let config = files.load().expect("fine");
    let backend = config.backend("shop1").expect("fine");
    let secret = backend.secret("consumer_key").expect("it can be read");
    assert_eq!(secret.as_ref().expect("it is given").expose_secret(), PLANTED.to_uppercase());
    assert!(!format!("{config:?} {backend:?} {secret:?}").contains(&PLANTED.to_uppercase()));
}
