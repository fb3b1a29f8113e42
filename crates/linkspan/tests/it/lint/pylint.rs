//! pylint-odoo, which OCA's own repositories are checked with, on what Linkspan writes.
//!
//! `cargo xtask test` installs it in a virtual environment.

use std::ffi::OsStr;
use std::path::PathBuf;

use linkspan::module::Series;
use tokio::process::Command;

use crate::support::program::Program;

/// Where `xtask/src/python.rs` puts pylint.
const VARIABLE: &str = "LINKSPAN_TEST_PYLINT";

const MODULES: [&[&str]; 5] = [
    &["shop", "--type", "ecommerce"],
    &["carrier", "--type", "logistics"],
    &["books", "--type", "accounting"],
    &["people", "--type", "crm"],
    &["woocommerce", "--connector", "woocommerce"],
];

const ADDITIONS: [&[&str]; 3] = [
    &["add-binding", "shop_connector", "invoice", "--odoo-model", "account.move"],
    &["add-export", "shop_connector", "account.move"],
    &["add-webhook", "shop_connector", "invoice.updated"],
];

#[tokio::test]
async fn pylint_odoo_finds_nothing_in_what_linkspan_writes() {
    let Some(pylint) = std::env::var_os(VARIABLE) else {
        println!("skipped: {VARIABLE} names no pylint; `cargo xtask test` installs it");
        return;
    };
    for series in Series::ALL {
        let program = Program::new("schema = 1\n", []);
        let odoo = series.to_string();
        program.run(&["addons", "--with-tests", "--odoo", &odoo, "--path", "."]).await.ended(0);
        for words in MODULES {
            program.run(&[&["init"], words, &["--odoo", &odoo, "--path", "."]].concat()).await.ended(0);
        }
        for words in ADDITIONS {
            program.run(words).await.ended(0);
        }
        let modules: Vec<PathBuf> = std::fs::read_dir(program.folder())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .collect();
        assert_eq!(modules.len(), 3 + MODULES.len());
        let found = findings(&pylint, &program, &odoo, &modules).await;
        assert_eq!(found, "", "{series}");
        let backend = program.path("shop_connector/models/backend.py");
        let text = std::fs::read_to_string(&backend).unwrap();
        std::fs::write(&backend, text + "\n    def planted(self):\n        self.env.cr.commit()\n").unwrap();
        let found = findings(&pylint, &program, &odoo, &[program.path("shop_connector")]).await;
        assert!(found.contains("invalid-commit") && found.lines().count() == 2, "{series}:\n{found}");
    }
}

/// What pylint prints: nothing, or a line for each module and each finding.
async fn findings(pylint: &OsStr, program: &Program, odoo: &str, modules: &[PathBuf]) -> String {
    let mut command = Command::new(pylint);
    // The framework is not OCA's.
    command
        .args(["--load-plugins=pylint_odoo", "--disable=all", "--enable=odoolint", "--score=n"])
        .args(["--disable=manifest-required-author", &format!("--valid-odoo-versions={odoo}")])
        .args(modules);
    let told = program.at_home(command).output().await.unwrap();
    let printed = [told.stdout, told.stderr].concat();
    String::from_utf8(printed).unwrap()
}
