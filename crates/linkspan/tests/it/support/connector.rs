//! The shipped WooCommerce definition with smaller pages and batches, so that little data makes many steps.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

/// Records a page of the shop's lists and records a call to Odoo.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steps {
    pub(crate) page: usize,
    pub(crate) batch: usize,
}

/// Writes the definition and its samples into `folder`, as `connector/connector.toml`.
pub(crate) fn write(folder: &Path, steps: Steps) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("connectors/woocommerce");
    let target = folder.join("connector");
    std::fs::create_dir_all(target.join("samples")).unwrap();
    for sample in std::fs::read_dir(source.join("samples")).unwrap() {
        let sample = sample.unwrap();
        std::fs::copy(sample.path(), target.join("samples").join(sample.file_name())).unwrap();
    }
    let text = std::fs::read_to_string(source.join("connector.toml")).unwrap();
    std::fs::write(target.join("connector.toml"), smaller(&text, steps)).unwrap();
}

fn smaller(text: &str, steps: Steps) -> String {
    let batch = format!("batch = {}", steps.batch);
    let text = replaced(text, "size = 100,", &format!("size = {},", steps.page));
    let text = replaced(&text, "import = { list", &format!("import = {{ {batch}, list"));
    replaced(&text, "import]\n", &format!("import]\n{batch}\n"))
}

fn replaced(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "the shipped definition has no {old:?}");
    text.replace(old, new)
}
