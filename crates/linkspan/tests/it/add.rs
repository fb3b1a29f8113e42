//! `linkspan add-binding`, `add-webhook` and `add-export` on a module that was made by `linkspan init` and edited since.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::program::Program;

struct Made {
    program: Program,
    folder: PathBuf,
}

impl Made {
    async fn module() -> Made {
        Made::of(&["--type", "ecommerce"]).await
    }

    async fn of(words: &[&str]) -> Made {
        let program = Program::new("schema = 1\n", []);
        program.run(&[&["init", "shopify", "--path", "."], words].concat()).await.ended(0);
        let folder = program.path("shopify_connector");
        Made { program, folder }
    }

    /// `<command> <module> <words>`
    async fn add(&self, command: &str, words: &[&str]) -> crate::support::program::Ran {
        let module = [command, self.folder.to_str().unwrap()];
        self.program.run(&[&module[..], words].concat()).await
    }

    fn edit(&self, file: &str, change: impl FnOnce(String) -> String) {
        let path = self.folder.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        let changed = change(text.clone());
        assert_ne!(text, changed, "{file} was not edited");
        std::fs::write(path, changed).unwrap();
    }

    fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    fn has(&self, file: &str) -> bool {
        self.folder.join(file).exists()
    }

    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        read(&self.folder, &mut files);
        files
    }
}

fn read(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, files);
        } else {
            files.insert(path.clone(), std::fs::read(path).unwrap());
        }
    }
}

const TEN: [(&str, &[&str]); 10] = [
    ("add-binding", &["invoice", "--odoo-model", "account.move"]),
    ("add-export", &["account.move"]),
    ("add-webhook", &["invoice.updated"]),
    ("add-binding", &["carrier", "--odoo-model", "delivery.carrier"]),
    ("add-export", &["res.partner"]),
    ("add-webhook", &["customers/update"]),
    ("add-binding", &["shipment", "--odoo-model", "stock.picking"]),
    ("add-webhook", &["shipment.created"]),
    ("add-binding", &["lead", "--odoo-model", "crm.lead"]),
    ("add-webhook", &["LEAD_LOST", "--entity", "lead"]),
];

/// What the author writes after each of the ten: file, a line of theirs, put at the end or at the beginning.
const EDITS: [(&str, &str, bool); 10] = [
    ("models/__init__.py", "from . import my_own\n", true),
    ("models/backend.py", "\n    def my_method(self):\n        return 42\n", true),
    (
        "security/ir.model.access.csv",
        "access_mine,mine,model_shopify_backend,base.group_system,1,1,1,1\n",
        true,
    ),
    ("connector.toml", "# The author's own note.\n", true),
    ("components/__init__.py", "# Components of the author come here.\n", false),
    ("tests/__init__.py", "from . import test_mine\n", true),
    ("components/adapter.py", "\n\n# The adapter's last word.\n", true),
    ("README.rst", "\nWritten by hand.\n", true),
    ("models/product_binding.py", "\n\nLIMIT = 5  # by hand\n", true),
    ("components/binder.py", "# The binder's last word.\n", true),
];

#[tokio::test]
async fn ten_additions_lose_no_edit_and_a_second_time_nothing_changes() {
    let made = Made::module().await;
    for ((command, words), (file, line, at_end)) in TEN.iter().zip(EDITS) {
        made.add(command, words).await.ended(0);
        made.edit(file, |text| if at_end { text + line } else { line.to_owned() + &text });
    }
    let files = made.files();
    for (file, line, _) in EDITS {
        let text = std::fs::read_to_string(made.folder.join(file)).unwrap();
        assert_eq!(text.matches(line.trim()).count(), 1, "{file}:\n{text}");
    }
    for (path, bytes) in &files {
        let text = String::from_utf8_lossy(bytes);
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("py") => drop(ruff_python_parser::parse_module(&text).unwrap()),
            Some("xml") => drop(roxmltree::Document::parse(&text).unwrap()),
            _ => {}
        }
    }
    for (command, words) in TEN {
        made.add(command, words).await.ended(0).said(&["there already"]);
    }
    assert_eq!(made.files(), files, "a second time has changed something");
    made.program.run(&["validate", made.folder.join("connector.toml").to_str().unwrap()]).await.ended(0);
}

#[tokio::test]
async fn a_dry_run_shows_the_changes_and_makes_none() {
    let made = Made::module().await;
    let files = made.files();
    let words = ["invoice", "--odoo-model", "account.move", "--dry-run"];
    let shown = made.add("add-binding", &words).await.ended(0).stdout;
    assert!(shown.contains("+++ b/models/invoice_binding.py"), "{shown}");
    assert!(shown.contains("+from . import invoice_binding"), "{shown}");
    assert_eq!(made.files(), files);
    let json = made.add("add-binding", &[&words[..], &["--json"]].concat()).await.ended(0).json();
    assert!(json["files"].as_array().is_some_and(|files| files.len() > 10), "{json}");
}

#[tokio::test]
async fn the_seeds_add_binding_of_a_product_finds_it_bound() {
    let made = Made::module().await;
    let files = made.files();
    made.add("add-binding", &["product", "--odoo-model", "product.template"]).await.ended(0);
    assert_eq!(made.files(), files, "a binding of product.product writes the template too");
}

#[tokio::test]
async fn what_add_export_sends_may_be_changed_on_both_sides() {
    let made = Made::module().await;
    made.add("add-export", &["res.partner"]).await.ended(0);
    let written = made.files();
    let file = |end: &str| {
        let found = written.iter().find(|(path, _)| path.ends_with(end)).map(|(_, bytes)| bytes);
        String::from_utf8(found.unwrap_or_else(|| panic!("no {end}")).clone()).unwrap()
    };
    let definition = file("connector.toml");
    assert!(
        definition.contains("city = { from = \"address.city\", optional = true, owner = \"shared\" }"),
        "{definition}"
    );
    let exporter = file("components/customer_exporter.py");
    assert!(exporter.contains("\"address.city\": [\"city\"]"), "{exporter}");
    assert!(!exporter.contains("direct_on_create"), "{exporter}");
}

#[tokio::test]
async fn what_cannot_be_added_is_told_and_the_module_stays_as_it_was() {
    let made = Made::module().await;
    let files = made.files();
    let refused: [(&str, &[&str], &[&str]); 7] = [
        ("add-webhook", &["nothing.here"], &["names no entity", "--entity"]),
        ("add-webhook", &["x", "--entity", "ordr"], &["ordr", "Did you mean `order`?"]),
        ("add-webhook", &["order.created", "--entity", "product"], &["imports order already"]),
        ("add-export", &["hr.employee"], &["no entity", "add-binding"]),
        ("add-binding", &["order", "--odoo-model", "crm.lead"], &["binds order to sale.order"]),
        ("add-binding", &["x", "--odoo-model", "foo.bar"], &["entities.x.odoo.model", "not known"]),
        ("add-binding", &["My-Entity", "--odoo-model", "crm.lead"], &["My-Entity", "no name"]),
    ];
    for (command, words, says) in refused {
        made.add(command, words).await.ended(2).said(says);
    }
    assert_eq!(made.files(), files);
}

#[tokio::test]
async fn files_that_are_not_understood_are_left_alone_with_the_reason() {
    let words = ["invoice", "--odoo-model", "account.move"];
    let made = Made::module().await;
    made.edit("models/backend.py", |text| text + "def broken(:\n");
    let files = made.files();
    made.add("add-binding", &words).await.ended(2).said(&["models/backend.py", "Nothing was written"]);
    assert_eq!(made.files(), files);

    let made = Made::module().await;
    made.edit("models/backend.py", |text| {
        text.replace(
            "return super()._sync_entities() + [",
            "return super()._sync_entities() + self._mine() + [",
        )
    });
    let files = made.files();
    made.add("add-binding", &words).await.ended(2).said(&[
        "models/backend.py:",
        "edited by hand",
        "invoices",
    ]);
    assert_eq!(made.files(), files);

    let made = Made::module().await;
    std::fs::write(made.folder.join("models/invoice_binding.py"), "# mine\n").unwrap();
    made.add("add-binding", &words).await.ended(2).said(&["invoice_binding.py", "exists already"]);

    let made = Made::module().await;
    std::fs::remove_file(made.folder.join("components/binder.py")).unwrap();
    made.add("add-binding", &words).await.ended(2).said(&["components/binder.py", "is gone"]);

    let made = Made::module().await;
    std::fs::remove_file(made.folder.join(".linkspan.toml")).unwrap();
    made.add("add-binding", &words).await.ended(2).said(&["linkspan init", "validate"]);
}

#[tokio::test]
async fn a_read_only_file_leaves_all_files_as_they_were() {
    let made = Made::module().await;
    let path = made.folder.join("views/menu_views.xml");
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    let files = made.files();
    let words = ["invoice", "--odoo-model", "account.move"];
    made.add("add-binding", &words).await.ended(2).said(&["menu_views.xml", "read-only"]);
    assert_eq!(made.files(), files);
}

#[tokio::test]
async fn a_module_of_a_part_of_its_definition_takes_additions() {
    let parts: [&[&str]; 5] = [
        &["--type", "ecommerce", "--direction", "export"],
        &["--type", "ecommerce", "--entities", "product"],
        &["--type", "crm", "--direction", "export"],
        &["--type", "logistics", "--direction", "import"],
        &["--connector", "woocommerce", "--entities", "product"],
    ];
    for part in parts {
        let made = Made::of(part).await;
        let calls: [(&str, &[&str]); 3] = [
            ("add-binding", &["voucher", "--odoo-model", "res.bank"]),
            ("add-webhook", &["voucher.updated"]),
            ("add-export", &["res.bank"]),
        ];
        for (command, words) in calls {
            made.add(command, words).await.ended(0).said(&["files written"]);
        }
        for file in
            ["models/voucher_binding.py", "components/voucher_importer.py", "components/voucher_exporter.py"]
        {
            assert!(made.has(file), "{part:?} has no {file}");
        }
        let files = made.files();
        for (command, words) in calls {
            made.add(command, words).await.ended(0).said(&["there already"]);
        }
        assert_eq!(made.files(), files, "{part:?}: a second time has changed something");
    }
}

#[tokio::test]
async fn an_entity_that_the_module_left_out_comes_with_what_it_refers_to() {
    let made = Made::of(&["--type", "ecommerce", "--direction", "export"]).await;
    assert!(!made.has("components/order_importer.py"));
    made.add("add-binding", &["order", "--odoo-model", "sale.order"]).await.ended(0);
    assert!(made.has("components/order_importer.py") && made.has("components/customer_importer.py"));
    let made = Made::of(&["--type", "ecommerce", "--entities", "product"]).await;
    made.add("add-webhook", &["order.created"]).await.ended(0);
    assert!(made.text("models/backend.py").contains("order.created"));
    assert!(made.has("components/order_importer.py") && made.has("tests/data/order.json"));
}

#[tokio::test]
async fn only_the_named_model_goes_out_of_an_import_only_module() {
    let made = Made::of(&["--type", "ecommerce", "--direction", "import"]).await;
    made.add("add-export", &["res.partner"]).await.ended(0);
    assert!(made.has("components/customer_exporter.py") && !made.has("components/product_exporter.py"));
    let (backend, menu) = (made.text("models/backend.py"), made.text("data/export_action_data.xml"));
    assert!(
        backend.contains("def export_res_partner") && !backend.contains("export_product_product"),
        "{backend}"
    );
    assert!(menu.contains("<value>res.partner</value>") && !menu.contains("product"), "{menu}");
    let answers = made.text(".linkspan.toml");
    assert!(
        answers.contains("exports = [\"customer\"]") && answers.contains("direction = \"import\""),
        "{answers}"
    );
    // The definition has this way out from the beginning; the module gets it when it is asked for.
    made.add("add-export", &["product.product"]).await.ended(0).said(&["product_exporter.py"]);
    assert!(made.text("models/backend.py").contains("def export_product_product"));
    made.add("add-export", &["product.product"]).await.ended(0).said(&["there already"]);
}

#[tokio::test]
async fn what_the_author_wrote_is_never_replaced_by_what_is_generated() {
    let made = Made::module().await;
    let method = "\n    def export_res_partner(self, domain=None):\n        return self._mine(domain)\n";
    made.edit("models/backend.py", |text| text + method);
    let (files, text) = (made.files(), made.text("models/backend.py"));
    let line = text.lines().position(|line| line.contains("def export_res_partner")).unwrap() + 1;
    made.add("add-export", &["res.partner"]).await.ended(2).said(&[
        &format!("models/backend.py:{line}: the method `export_res_partner` of `"),
        "is there already",
        "Nothing was written",
    ]);
    assert_eq!(made.files(), files);

    let made = Made::module().await;
    made.edit("models/backend.py", |text| {
        let at = text.find("def _webhook_handlers").unwrap();
        let at = at + text[at..].find('{').unwrap() + 1;
        format!("{}\n            'product.archived': \"_on_archived\",{}", &text[..at], &text[at..])
    });
    let (files, text) = (made.files(), made.text("models/backend.py"));
    let line = text.lines().position(|line| line.contains("product.archived")).unwrap() + 1;
    made.add("add-webhook", &["product.archived"]).await.ended(2).said(&[
        &format!("models/backend.py:{line}: the key "),
        "product.archived",
        "Nothing was written",
    ]);
    assert_eq!(made.files(), files);

    // What is there twice already is no matter of an addition.
    let made = Made::module().await;
    made.edit("models/backend.py", |text| text + &method.repeat(2).replace("export_res_partner", "mine"));
    made.add("add-export", &["res.partner"]).await.ended(0);
}

#[tokio::test]
async fn a_checkout_with_crlf_takes_additions_and_keeps_its_line_ends() {
    let (unix, windows) = (Made::module().await, Made::module().await);
    for path in windows.files().into_keys().filter(|path| path.extension().is_none_or(|end| end != "png")) {
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace('\n', "\r\n")).unwrap();
    }
    let before = windows.files();
    for made in [&unix, &windows] {
        made.edit("models/backend.py", |text| {
            text.replace("class ", "# by hand\nclass ").replace("\r\n", "\n")
        });
    }
    windows.edit("models/backend.py", |text| text.replace('\n', "\r\n"));
    for (command, words) in TEN {
        unix.add(command, words).await.ended(0);
        windows.add(command, words).await.ended(0);
    }
    for (path, bytes) in unix.files() {
        let path = windows.folder.join(path.strip_prefix(&unix.folder).unwrap());
        let wanted = match (before.contains_key(&path), String::from_utf8(bytes.clone())) {
            (true, Ok(text)) => text.replace('\n', "\r\n").into_bytes(),
            _ => bytes,
        };
        let found = std::fs::read(&path).unwrap();
        assert_eq!(String::from_utf8_lossy(&found), String::from_utf8_lossy(&wanted), "{}", path.display());
    }
    for (command, words) in TEN {
        windows.add(command, words).await.ended(0).said(&["there already"]);
    }
}
