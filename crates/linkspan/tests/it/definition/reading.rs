//! Files that cannot be read, and several problems in one file.

use linkspan::definition;
use linkspan::definition::entity::Field;
use linkspan::definition::model::Scalar;

use super::SKETCH;

#[test]
fn a_file_that_is_not_there_says_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = definition::load(&folder.path().join("connector.toml")).expect_err("there is no file");
    let problem = &report.diagnostics[0];
    assert_eq!((problem.code, problem.line(), problem.column()), ("LS0001", 1, 1));
    assert!(problem.file().ends_with("connector.toml"));
    assert!(report.to_string().contains("the connector definition cannot be read"), "{report}");
    assert!(report.to_string().contains("Check the path"), "{report}");
}

#[test]
fn a_folder_instead_of_a_file_says_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = definition::load(folder.path()).expect_err("a folder is no file");
    assert_eq!(report.diagnostics[0].code, "LS0001");
    assert!(report.to_string().contains("Name the file in the folder"), "{report}");
}

#[test]
fn a_file_that_is_not_utf8_is_told_at_its_byte() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut bytes = b"schema = 1\n[connector]\ntitle = \"\xc3\xa4 Caf".to_vec();
    bytes.extend(b"\xe9\"\n");
    std::fs::write(file.path(), bytes).expect("the file is written");
    let report = definition::load(file.path()).expect_err("it is not UTF-8");
    let problem = &report.diagnostics[0];
    assert_eq!((problem.code, problem.line(), problem.column()), ("LS0002", 3, 15));
    assert!(problem.message.contains("0xe9"), "{report}");
}

#[test]
fn a_file_larger_than_the_cap_is_not_read() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), "#".repeat(1024 * 1024 + 1)).expect("the file is written");
    let report = definition::load(file.path()).expect_err("it is too large");
    assert_eq!(report.diagnostics[0].code, "LS0003");
    let report =
        definition::parse(&"#".repeat(1024 * 1024 + 1), "huge.toml", None).expect_err("it is too large");
    assert_eq!(report.diagnostics[0].code, "LS0003");
}

#[test]
fn what_is_not_toml_is_told_at_its_place() {
    for (text, line, column, help) in [
        ("schema = 1\n[connector\nid = 1", 2, 11, ""),
        ("schema = 1\ncode = 00123\n", 2, 8, "\"00123\""),
        ("schema = 1\nkind = ecommerce\n", 2, 8, "\"ecommerce\""),
        ("schema = 1\ntitle = \"open\n", 2, 14, ""),
        ("a = { expr = \"line[\"id\"] + line['x'] + record['y']\" }", 1, 21, "write single ones"),
    ] {
        let report = definition::parse(text, "connector.toml", None).expect_err("it is not TOML");
        let [problem] = report.diagnostics.as_slice() else { panic!("{report}") };
        assert_eq!((problem.code, problem.line(), problem.column()), ("LS0004", line, column), "{report}");
        assert!(problem.help.as_deref().unwrap_or_default().contains(help), "{report}");
    }
}

#[test]
fn a_key_that_stands_twice_is_told_and_hides_nothing_else() {
    let text = SKETCH
        .replacen("timeout_ms = 30_000", "timeout_ms = 30_000\ntimeout_ms = 20_000", 1)
        .replacen("repeat = \"idempotent\"", "repeat = \"idem\"", 1);
    let report = definition::parse(&text, "connector.toml", None).expect_err("a key stands twice");
    let codes: Vec<_> = report.diagnostics.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["LS0005", "LS0104"], "{report}");
}

#[test]
fn a_file_with_twelve_problems_gives_all_twelve() {
    let text = [
        ("type = \"ecommerce\"", "type = \"ecomerce\""),
        ("title = \"Consumer key\"", "titel = \"Consumer key\", title = \"x\""),
        ("verify = \"system_status\"", "verify = \"status\""),
        ("timeout_ms = 30_000", "timeout_ms = \"30000\""),
        ("{store_url}/wp-json", "{store}/wp-json"),
        ("repeat = \"idempotent\"", "repeat = \"twice\""),
        ("burst = 20", "burst = 0"),
        ("from = \"categories[0].id\"", "from = \"categories[x].id\""),
        ("as = \"decimal\", owner", "as = \"decimal\", zone = \"utc\", owner"),
        ("relation = \"customer\"", "relation = \"costumer\""),
        ("decimal(line['total'])", "float(lines['total'])"),
        ("secret = \"webhook_secret\"", "secret = \"webhook_secrets\""),
    ]
    .iter()
    .fold(SKETCH.to_owned(), |text, (good, bad)| {
        assert!(text.contains(good), "{good}");
        text.replacen(good, bad, 1)
    });
    let report = definition::parse(&text, "connector.toml", None).expect_err("twelve problems");
    let errors = report.diagnostics.iter().filter(|problem| problem.severity.as_str() == "error");
    let mut codes: Vec<_> = errors.map(|problem| problem.code).collect();
    codes.sort_unstable();
    assert_eq!(
        codes,
        [
            "LS0101", "LS0103", "LS0104", "LS0104", "LS0201", "LS0202", "LS0203", "LS0204", "LS0212",
            "LS0221", "LS0230", "LS0240"
        ],
        "{report}"
    );
    assert_eq!(report.to_json()["errors"], 12);
}

#[test]
fn a_report_as_json_has_places_and_advice() {
    let text = SKETCH.replacen("repeat = \"idempotent\"", "repeat = \"idempotant\"", 1);
    let report = definition::parse(&text, "shop/connector.toml", None).expect_err("one problem");
    let problem = &report.to_json()["diagnostics"][0];
    assert_eq!(problem["code"], "LS0104");
    assert_eq!(problem["severity"], "error");
    assert_eq!(problem["file"], "shop/connector.toml");
    assert_eq!(problem["line"], 44);
    assert_eq!(problem["column"], 71);
    assert_eq!(problem["end_column"], 83);
    assert_eq!(problem["help"], "Did you mean `idempotent`?");
}

fn field(text: &str) -> Field {
    let text =
        SKETCH.replacen("default_code = { from = \"sku\" }", &format!("default_code = {{ {text} }}"), 1);
    let checked =
        definition::parse(&text, "connector.toml", None).unwrap_or_else(|report| panic!("{report}"));
    checked.definition.entities["product"].map["default_code"].clone()
}

#[test]
fn the_type_of_a_constant_is_how_it_is_written_and_never_how_it_looks() {
    assert_eq!(field("value = \"00123\"").value, Some(Scalar::Text("00123".to_owned())));
    assert_eq!(field("value = \"true\"").value, Some(Scalar::Text("true".to_owned())));
    assert_eq!(field("value = \"1.0\"").value, Some(Scalar::Text("1.0".to_owned())));
    assert_eq!(field("value = 123").value, Some(Scalar::Integer(123)));
    assert_eq!(field("value = 1.50").value, Some(Scalar::Float(1.5)));
    assert_eq!(field("value = true").value, Some(Scalar::Boolean(true)));
    let values = field("from = \"sku\", values = { 007 = \"00123\", 7 = 7 }").values.expect("a table");
    assert_eq!(values["007"], Scalar::Text("00123".to_owned()));
    assert_eq!(values["7"], Scalar::Integer(7));
}
