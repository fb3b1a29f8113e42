//! Modules that cannot be read as they should.

use std::fs;

use linkspan::diagnostic::Diagnostic;
use linkspan::module::lint::{self, LintError, Options};

use super::folder::Folder;
use super::planted::clean;

fn with(path: &str, text: &str) -> Folder {
    let mut files = clean();
    files.retain(|(known, _)| known != path);
    files.push((path.to_owned(), text.to_owned()));
    Folder::exactly(&files)
}

fn codes(found: &[Diagnostic]) -> Vec<&str> {
    found.iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn a_syntax_error_is_told_at_its_place_and_the_other_files_are_checked() {
    let folder = with("models/order_binding.py", "class ShopOrder(\n");
    folder.write("components/adapter.py", "import time\n\n\ndef wait():\n    time.sleep(1)\n");
    let found = folder.check(&Options::default()).diagnostics;
    let error = found.iter().find(|diagnostic| diagnostic.code == "E01").unwrap();
    assert!(error.file().ends_with("models/order_binding.py"), "{}", error.file());
    assert!(error.message.starts_with("this is not valid Python: "), "{}", error.message);
    assert!(codes(&found).contains(&"H05"), "{:?}", codes(&found));
}

#[test]
fn a_manifest_that_is_not_a_literal_is_told_and_nothing_is_guessed() {
    for manifest in
        ["{\"name\": f\"{1}\"}", "{\"name\": NAME, \"depends\": []}", "dict(name=\"Shop\")", "", "{**BASE}"]
    {
        let found = with("__manifest__.py", manifest).check(&Options::default()).diagnostics;
        assert_eq!(codes(&found), ["E03"], "{manifest}");
    }
    let found = with("__manifest__.py", "{\"name\": ").check(&Options::default()).diagnostics;
    assert_eq!(codes(&found), ["E01"]);
}

#[test]
fn a_file_that_is_not_utf_8_is_told_at_its_first_wrong_byte() {
    let folder = Folder::exactly(&clean());
    let path = folder.module().join("models/order_binding.py");
    fs::write(&path, b"# one\n# caf\xe9\n").unwrap();
    let found = folder.check(&Options::default()).diagnostics;
    let error = found.iter().find(|diagnostic| diagnostic.code == "E05").unwrap();
    assert_eq!((error.line(), error.column()), (2, 6));
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_read_is_told_and_the_others_are_checked() {
    let folder = Folder::exactly(&clean());
    // Root may read everything; a link to nowhere stops even root.
    std::os::unix::fs::symlink("/nowhere/at/all.py", folder.module().join("models/gone.py")).unwrap();
    let found = folder.check(&Options::default()).diagnostics;
    let error = found.iter().find(|diagnostic| diagnostic.code == "E04").unwrap();
    assert!(error.message.starts_with("the file cannot be read"), "{}", error.message);
    assert!(found.len() < 3, "{:?}", codes(&found));
}

#[test]
fn a_folder_that_is_no_module_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x.py"), "").unwrap();
    let error = lint::check(folder.path(), &Options::default()).unwrap_err();
    assert!(matches!(error, LintError::NoModule(_)));
    assert!(error.to_string().contains("there is no __manifest__.py in it"), "{error}");
    let error = lint::check(&folder.path().join("nothing"), &Options::default()).unwrap_err();
    assert!(matches!(error, LintError::Io { .. }));
}

#[test]
fn odd_files_do_not_stop_the_check() {
    let deep = format!("x = {}1{}\n", "(".repeat(150), ")".repeat(150));
    let long = format!("TEXT = \"{}\"\n", "ä".repeat(100_000));
    for (path, text) in [
        ("models/deep.py", deep.as_str()),
        ("models/long.py", &long),
        ("models/crlf.py", "import json\r\n\r\nVALUE = 1\r\n"),
        ("models/bom.py", "\u{feff}VALUE = 1\n"),
        ("models/empty.py", ""),
        ("views/empty.xml", ""),
        ("views/other.xml", "<?xml version=\"1.0\"?>\n<!DOCTYPE x [<!ENTITY a \"b\">]>\n<odoo>&a;</odoo>"),
        ("security/empty.csv", ""),
        ("security/quote.csv", "id,name\n\"a\n"),
    ] {
        with(path, text).check(&Options::default());
    }
}
