//! The configuration `linkspan.toml`.

mod secrets;
mod sync_rules;

use std::path::PathBuf;

use linkspan::config::{Config, Protocol};
use linkspan::definition::Report;
use linkspan::definition::model::Scalar;
use linkspan::diagnostic::Diagnostic;
use tempfile::TempDir;

const GOOD: &str = r#"
schema = 1

[odoo.main]
url = "https://odoo.example/"
database = "shop"
login = "sync@example.com"
secret = { env = "LINKSPAN_TEST_ODOO" }
company = 2
lang = "ar_001"
timezone = "Asia/Riyadh"
protocol = "json2"
rate = 5

[backends.shop1]
connector = "woocommerce"
odoo = "main"
settings = { store_url = "https://shop.example/" }
lang = "en_US"

[backends.shop1.secrets]
consumer_key = { env = "LINKSPAN_TEST_KEY" }
consumer_secret = { file = "consumer_secret" }
"#;

/// A configuration in a folder of its own.
struct Files {
    folder: TempDir,
}

impl Files {
    fn new(text: &str) -> Files {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let files = Files { folder };
        files.write("linkspan.toml", text);
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("the file is written");
    }

    fn load(&self) -> Result<Config, Report> {
        Config::load(&self.path("linkspan.toml"))
    }
}

fn edited(replace: &str, with: &str) -> String {
    assert!(GOOD.contains(replace), "the configuration has no {replace:?}");
    GOOD.replacen(replace, with, 1)
}

/// All problems of a configuration with its backends.
fn report(text: &str) -> Report {
    let files = Files::new(text);
    match files.load() {
        Ok(config) => config.check_all(),
        Err(report) => report,
    }
}

/// The only problem of a configuration.
#[track_caller]
fn problem(text: &str) -> Diagnostic {
    let report = report(text);
    let [problem] = report.diagnostics.as_slice() else {
        panic!("{} problems:\n{report}", report.diagnostics.len());
    };
    assert!(problem.file().ends_with("/linkspan.toml"), "{report}");
    problem.clone()
}

/// Code, underlined text, message and help of the only problem of a configuration.
#[track_caller]
fn told(text: &str) -> (&'static str, String, String, String) {
    let problem = problem(text);
    let help = problem.help.clone().unwrap_or_default();
    (problem.code, text[problem.span.clone()].to_owned(), problem.message, help)
}

/// Code, underlined text and help of the only problem of an edit.
#[track_caller]
fn only(replace: &str, with: &str) -> (&'static str, String, String) {
    let (code, underlined, _, help) = told(&edited(replace, with));
    (code, underlined, help)
}

#[test]
fn a_backend_is_joined_with_its_definition_and_its_odoo() {
    let files = Files::new(GOOD);
    let config = files.load().unwrap_or_else(|report| panic!("{report}"));
    let backend = config.backend("shop1").unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(backend.definition.connector.id, "woocommerce");
    assert_eq!(backend.settings["store_url"], Scalar::Text("https://shop.example".to_owned()));
    assert_eq!(backend.settings["weight_unit"], Scalar::Text("kg".to_owned()));
    assert_eq!(backend.entities, ["category", "customer", "order", "product"]);
    assert_eq!(backend.odoo.url, "https://odoo.example");
    assert_eq!(backend.odoo.protocol, Some(Protocol::Json2));
    assert_eq!(backend.odoo.rate.map(|(rate, window)| (rate, window.as_millis())), Some((5, 1000)));
    assert_eq!(backend.odoo.max_concurrency, 4);
    assert_eq!((backend.company, backend.lang.as_deref()), (Some(2), Some("en_US")));
    assert_eq!(backend.timezone.as_deref(), Some("Asia/Riyadh"));
    assert!(config.check_all().diagnostics.is_empty());
}

#[test]
fn the_store_is_beside_the_file_unless_it_says_otherwise() {
    use secrecy::ExposeSecret;
    let url = |text: &str| {
        let files = Files::new(text);
        let config = files.load().unwrap_or_else(|report| panic!("{report}"));
        let url = config.store_url().expect("an address").expose_secret().to_owned();
        url.replace(&files.folder.path().display().to_string(), "<folder>")
    };
    let with = |store: &str| edited("[odoo.main]", &format!("[store]\nurl = {store}\n[odoo.main]"));
    assert_eq!(url(GOOD), "sqlite:<folder>/linkspan.db");
    assert_eq!(url(&with("\"sqlite:data/x.db\"")), "sqlite:<folder>/data/x.db");
    assert_eq!(url(&with("\"sqlite:/var/x.db\"")), "sqlite:/var/x.db");
    assert_eq!(url(&with("\"sqlite::memory:\"")), "sqlite::memory:");
    assert_eq!(url(&with("\"postgres://localhost/linkspan\"")), "postgres://localhost/linkspan");
}

#[test]
fn a_definition_of_ones_own_is_read_from_beside_the_file() {
    let own = GOOD.replace("connector = \"woocommerce\"", "connector = \"./own/connector.toml\"");
    let files = Files::new(&own);
    let report =
        files.load().expect("the file itself is fine").backend("shop1").expect_err("no definition yet");
    assert_eq!(report.diagnostics[0].code, "LS0001", "{report}");

    std::fs::create_dir(files.path("own")).expect("a folder");
    let text = linkspan::connectors::text("woocommerce").expect("it is shipped");
    files.write("own/connector.toml", &text.replace("\nsample = ", "\n# sample = "));
    let backend = files.load().expect("fine").backend("shop1").unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(backend.definition.connector.title, "WooCommerce");

    files.write("own/connector.toml", &text.replace("schema = 1", "schema = 2"));
    let report = files.load().expect("fine").backend("shop1").expect_err("a broken definition");
    assert!(report.diagnostics[0].file().ends_with("own/connector.toml"), "{report}");
    assert_eq!(report.diagnostics[0].code, "LS0210", "{report}");
}

#[test]
fn what_is_wrong_in_the_file_is_told_at_its_place() {
    for (replace, with, code, at, help) in [
        ("database = \"shop\"", "databse = \"shop\"\ndatabase = \"shop\"", "LS0101", "databse", "Allowed: "),
        ("company = 2", "company = \"2\"", "LS0103", "\"2\"", "without quotes: 2"),
        ("protocol = \"json2\"", "protocol = \"json3\"", "LS0104", "\"json3\"", "`json2`"),
        ("schema = 1", "schema = 3", "LS0405", "3", "newer linkspan"),
        ("\"https://odoo.example/\"", "\"odoo.example\"", "LS0405", "\"odoo.example\"", "https://"),
        ("\"Asia/Riyadh\"", "\"Riyadh\"", "LS0405", "\"Riyadh\"", "`Asia/Riyadh`"),
        ("rate = 5", "rate = 0", "LS0405", "0", "1 or more"),
        (
            "[odoo.main]",
            "[store]\nurl = \"mysql://x\"\n[odoo.main]",
            "LS0405",
            "\"mysql://x\"",
            "`sqlite:linkspan.db`",
        ),
        ("odoo = \"main\"", "odoo = \"mian\"", "LS0402", "\"mian\"", "Did you mean `main`?"),
        (
            "connector = \"woocommerce\"",
            "connector = \"wocommerce\"",
            "LS0402",
            "\"wocommerce\"",
            "Did you mean `woocommerce`?",
        ),
        ("{ store_url = \"https://shop.example/\" }", "{}", "LS0403", "{}", "store_url = \"https://...\""),
        ("{ store_url =", "{ store_ulr = 1, store_url =", "LS0402", "1", "Did you mean `store_url`?"),
        ("\"https://shop.example/\"", "\"shop.example\"", "LS0404", "\"shop.example\"", "https://"),
        (
            "\"https://shop.example/\" }",
            "\"https://shop.example\", price_decimals = \"2\" }",
            "LS0404",
            "\"2\"",
            "whole number",
        ),
        (
            "consumer_key = { env = \"LINKSPAN_TEST_KEY\" }\n",
            "",
            "LS0403",
            "[backends.shop1.secrets]",
            "REST API",
        ),
        (
            "consumer_key =",
            "consumer_kye = { env = \"X\" }\nconsumer_key =",
            "LS0402",
            "{ env = \"X\" }",
            "Did you mean `consumer_key`?",
        ),
        (
            "lang = \"en_US\"",
            "entities = [\"order\", \"products\"]",
            "LS0402",
            "[\"order\", \"products\"]",
            "Did you mean `product`?",
        ),
        ("{ env = \"LINKSPAN_TEST_KEY\" }", "{}", "LS0406", "{}", "exactly one"),
        (
            "{ env = \"LINKSPAN_TEST_KEY\" }",
            "{ env = \"A\", file = \"b\" }",
            "LS0406",
            "{ env = \"A\", file = \"b\" }",
            "exactly one",
        ),
        ("{ env = \"LINKSPAN_TEST_KEY\" }", "{ command = [] }", "LS0405", "[]", "the program first"),
        ("{ env = \"LINKSPAN_TEST_KEY\" }", "{ command = [\"\"] }", "LS0405", "[\"\"]", "the program first"),
        ("{ env = \"LINKSPAN_TEST_KEY\" }", "{ env = \"\" }", "LS0405", "\"\"", "environment variable"),
        ("{ env = \"LINKSPAN_TEST_ODOO\" }", "{ file = \" \" }", "LS0405", "\" \"", "path of a file"),
        ("database = \"shop\"", "database = \"\"", "LS0405", "\"\"", "name of the database"),
        ("\"sync@example.com\"", "\"\"", "LS0405", "\"\"", "login of the user"),
        ("lang = \"en_US\"", "lang = \"\"", "LS0405", "\"\"", "`en_US`"),
        (
            "[odoo.main]",
            "store = { url = { env = \"\" } }\n[odoo.main]",
            "LS0405",
            "\"\"",
            "environment variable",
        ),
        (
            "[odoo.main]",
            "service = { public_url = \"https://sync.example/linkspan\" }\n[odoo.main]",
            "LS0405",
            "\"https://sync.example/linkspan\"",
            "`https://sync.example.com`",
        ),
        (
            "[odoo.main]",
            "service = { public_url = \"https://sync.example?a=b\" }\n[odoo.main]",
            "LS0405",
            "\"https://sync.example?a=b\"",
            "`https://sync.example.com`",
        ),
    ] {
        let (told, underlined, advice) = only(replace, with);
        assert_eq!((told, underlined.as_str()), (code, at), "{with}: {advice}");
        assert!(advice.contains(help), "{with}: {advice}");
    }
    let report =
        Files::new(&GOOD.replace("backends.shop1", "backends.Shop-1")).load().expect_err("a bad name");
    assert_eq!(report.diagnostics[0].code, "LS0405", "{report}");
}

#[test]
fn an_unknown_backend_is_answered_with_the_nearest() {
    let config = Files::new(GOOD).load().expect("fine");
    let report = config.backend("shop").expect_err("there is none");
    assert!(report.to_string().contains("Did you mean `shop1`?"), "{report}");
    let report = config.odoo("other").expect_err("there is none");
    assert!(report.to_string().contains("Allowed: `main`."), "{report}");
}

#[test]
fn a_file_that_is_not_there_says_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = Config::load(&folder.path().join("linkspan.toml")).expect_err("there is no file");
    assert!(report.to_string().contains("the configuration cannot be read"), "{report}");
}
