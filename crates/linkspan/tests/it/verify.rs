//! `linkspan verify` where there is no Odoo: what it refuses before it touches anything. What it does with one is in
//! `cargo xtask live`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use crate::support::program::Program;

/// A source tree as far as it is looked at before Odoo runs.
fn tree(folder: &Path, version: &str) {
    std::fs::create_dir_all(folder.join("odoo/addons")).unwrap();
    std::fs::write(folder.join("odoo-bin"), "").unwrap();
    std::fs::write(folder.join("odoo/release.py"), format!("version_info = ({version}, FINAL, 0, '')\n"))
        .unwrap();
}

fn module(folder: &Path, manifest: &str) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("__manifest__.py"), manifest).unwrap();
}

async fn refused(src: &Path, module: &Path, db_url: &str, says: &[&str]) {
    let program = Program::new("schema = 1\n", []);
    let words = ["verify", module.to_str().unwrap(), "--odoo-src", src.to_str().unwrap(), "--db-url", db_url];
    program.run(&words).await.ended(2).said(says);
}

#[tokio::test]
async fn wrong_options_are_told_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let (src, good) = (folder.path().join("odoo"), folder.path().join("addons/shop_connector"));
    let url = "postgres://odoo@127.0.0.1:1";
    module(&good, "{'name': 'x', 'depends': ['base']}");
    refused(&src, &good, url, &["--odoo-src", "cannot be used"]).await;
    std::fs::create_dir(&src).unwrap();
    refused(&src, &good, url, &["--odoo-src", "odoo-bin"]).await;
    tree(&src, "15, 0, 0");
    refused(&src, &good, url, &["release.py", "16.0 to 19.0"]).await;
    tree(&src, "18, 0, 0");
    refused(&src, &folder.path().join("nothing"), url, &["nothing", "cannot be used"]).await;
    refused(&src, folder.path(), url, &["is no Odoo module", "__manifest__.py"]).await;
    let computed = folder.path().join("addons/computed");
    module(&computed, "{'name': 'x', 'depends': names()}");
    refused(&src, &computed, url, &["`depends` is no list", "linkspan validate"]).await;
    refused(&src, &good, "mysql://odoo@127.0.0.1", &["--db-url", "postgres://user"]).await;
    refused(&src, &good, "postgres://postgres@127.0.0.1", &["--db-url", "refuses"]).await;
}

#[tokio::test]
async fn a_stand_in_is_one_of_three_kinds() {
    let program = Program::new("schema = 1\n", []);
    let words = ["verify", "m", "--odoo-src", "o", "--external", "ftp://x"];
    program.run(&words).await.ended(2).said(&["--external", "recorded", "shop"]);
    let words = ["verify", "m", "--odoo-src", "o", "--set", "username"];
    program.run(&words).await.ended(2).said(&["--set", "FIELD=VALUE"]);
}
