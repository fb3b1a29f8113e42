//! axe-core, which finds faults that keep people out.
//!
//! It is downloaded and not kept in the repository: half a megabyte of other people's JavaScript under another licence
//! (MPL-2.0), used by one test and never shipped. `LINKSPAN_TEST_AXE` names its `axe.min.js`; otherwise npm fetches the
//! pinned version once into the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const VERSION: &str = "4.14.1";

/// Its text.
pub(crate) fn source() -> &'static str {
    static SOURCE: OnceLock<String> = OnceLock::new();
    SOURCE.get_or_init(|| {
        let path = match std::env::var("LINKSPAN_TEST_AXE") {
            Ok(path) => PathBuf::from(path),
            Err(_) => fetched(),
        };
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    })
}

fn fetched() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("axe-core-{VERSION}"));
    let file = folder.join("package/axe.min.js");
    if file.exists() {
        return file;
    }
    // Another process may do the same now, so the folder gets its name when it is whole.
    let begun = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    run(begun.path(), "npm", &["pack", "--silent", &format!("axe-core@{VERSION}")]);
    run(begun.path(), "tar", &["xzf", &format!("axe-core-{VERSION}.tgz")]);
    let _ = std::fs::rename(begun.path(), &folder);
    file
}

fn run(folder: &Path, program: &str, words: &[&str]) {
    let output = Command::new(program).args(words).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| {
        panic!("{program} cannot be started: {error}; `cargo xtask test` installs it")
    });
    assert!(output.status.success(), "{program} {words:?}: {}", String::from_utf8_lossy(&output.stderr));
}
