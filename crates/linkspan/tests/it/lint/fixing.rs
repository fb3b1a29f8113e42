//! `--fix`: by source range, all files or none.

use linkspan::module::Series;
use linkspan::module::lint::{self, Options};

use super::folder::Folder;
use super::planted::clean;
use crate::support::program::Program;

fn for_series(series: Series) -> Options {
    Options { targets: vec![series], ..Options::default() }
}

#[test]
fn a_module_moves_to_another_series_and_back() {
    let folder = Folder::exactly(&clean());
    let before: Vec<String> = clean().iter().map(|(path, _)| folder.read(path)).collect();
    folder.check(&for_series(Series::V16)).edits.write().unwrap();
    assert!(folder.read("views/binding_views.xml").contains("<tree><field name=\"external_id\" /></tree>"));
    assert!(folder.read("views/backend_views.xml").contains("tree,form"));
    folder.check(&for_series(Series::V18)).edits.write().unwrap();
    let after: Vec<String> = clean().iter().map(|(path, _)| folder.read(path)).collect();
    assert_eq!(before, after, "not byte for byte what it was");
}

#[test]
fn constraints_move_to_objects_and_back() {
    let folder = Folder::exactly(&clean());
    folder.check(&for_series(Series::V19)).edits.write().unwrap();
    let text = folder.read("models/product_binding.py");
    assert!(
        text.contains(
            "    _external_unique = models.Constraint(\n        \"UNIQUE(backend_id, external_id)\","
        ),
        "{text}"
    );
    folder.check(&for_series(Series::V18)).edits.write().unwrap();
    assert_eq!(folder.read("models/product_binding.py").matches("UNIQUE(").count(), 2);
    assert!(
        folder
            .read("models/product_binding.py")
            .contains("_sql_constraints = [\n        (\"external_unique\", ")
    );
    assert!(folder.check(&for_series(Series::V18)).diagnostics.is_empty());
}

#[test]
fn a_second_fix_changes_nothing() {
    for series in Series::ALL {
        let folder = Folder::exactly(&clean());
        let options = for_series(series);
        folder.check(&options).edits.write().unwrap();
        let again = folder.check(&options);
        assert!(again.edits.is_empty(), "{series}: {}", again.edits.diff(folder.root()));
    }
}

#[test]
fn line_ends_and_hand_made_layout_stay() {
    let folder = Folder::exactly(&clean());
    let text =
        "import requests\r\n\r\n\r\ndef   read( url ):\r\n    return requests.get( url )  # as it is\r\n";
    folder.write("components/adapter.py", text);
    folder.check(&Options { only: vec!["H01"], ..Options::default() }).edits.write().unwrap();
    let fixed = text.replace("requests.get( url )", "requests.get( url, timeout=30 )");
    assert_eq!(folder.read("components/adapter.py"), fixed);
}

/// What the fixes of one rule make of a file.
fn fixed(rule: &str, series: Series, path: &str, text: &str) -> String {
    let rule = lint::find_rule(rule).unwrap();
    let folder = Folder::completed(&[(path.to_owned(), text.to_owned())], series);
    let outcome = folder.check(&folder.options(rule, series));
    assert!(outcome.diagnostics.iter().any(|found| found.code == rule.id), "{} finds nothing", rule.id);
    assert!(outcome.unfixed.is_empty(), "{} breaks {text}", rule.id);
    outcome.edits.write().unwrap();
    folder.read(path)
}

/// Every old text is in the file before, every new one after; nothing else changes.
fn becomes(rule: &str, series: Series, path: &str, text: &str, changes: &[(&str, &str)]) {
    let mut wanted = text.to_owned();
    for (old, new) in changes {
        assert!(wanted.contains(old), "{wanted} holds no {old}");
        wanted = wanted.replacen(old, new, 1);
    }
    assert_eq!(fixed(rule, series, path, text), wanted, "{rule}");
}

#[test]
fn an_argument_goes_behind_brackets_commas_and_comments() {
    let calls = [
        ("requests.get((\"a\" \"b\"))", "requests.get((\"a\" \"b\"), timeout=30)"),
        ("requests.get(url,)", "requests.get(url, timeout=30,)"),
        ("requests.get(*urls)", "requests.get(*urls, timeout=30)"),
        ("requests.get(\n    url  # where\n)", "requests.get(\n    url, timeout=30  # where\n)"),
        ("requests.get(url, headers=(headers))", "requests.get(url, headers=(headers), timeout=30)"),
        ("requests.get(url for url in urls)", "requests.get(url for url in urls)"),
    ];
    for (old, new) in calls {
        let text = format!("import requests\n\nanswer = {old}\n");
        becomes("H01", Series::V18, "components/adapter.py", &text, &[(old, new)]);
    }
    let text = "from odoo import fields, models\n\n\nclass Backend(models.Model):\n    _inherit = \"shop.backend\"\n\n    \
                api_secret = fields.Char((\"API \" \"secret\"))\n";
    let change = [("\"secret\"))", "\"secret\"), copy=False)")];
    becomes("H12", Series::V18, "models/backend.py", text, &change);
}

#[test]
fn an_import_goes_where_python_takes_it() {
    let compare = "\n\ndef check(signature, given):\n    return signature == given\n";
    let starts = [
        (
            "from __future__ import annotations\n\nimport json\n",
            "from __future__ import annotations\n\nimport hmac\nimport json\n",
        ),
        ("from __future__ import annotations\n", "from __future__ import annotations\n"),
        (
            "try:\n    import stripe\nexcept ImportError:\n    stripe = None\n",
            "import hmac\n\ntry:\n    import stripe\nexcept ImportError:\n    stripe = None\n",
        ),
        ("\"\"\"Signs.\"\"\"\n\nimport json\n", "\"\"\"Signs.\"\"\"\n\nimport hmac\nimport json\n"),
        ("import hmac as h\n", "import hmac\nimport hmac as h\n"),
        ("import hmac\n", "import hmac\n"),
    ];
    for (old, new) in starts {
        let path = "components/signature.py";
        let (before, after) =
            (format!("{old}{compare}"), fixed("W11", Series::V18, path, &format!("{old}{compare}")));
        assert!(after.starts_with(new) && after.contains("hmac.compare_digest(signature, given)"), "{after}");
        assert!(after.matches("import hmac\n").count() == 1 && before != after, "{after}");
    }
    let text = format!("import hmac\n{compare}").replace("== given", "== (  # theirs\n        given\n    )");
    assert_eq!(fixed("W11", Series::V18, "components/signature.py", &text), text, "a comment would get lost");
}

#[test]
fn constraints_that_cannot_move_whole_stay() {
    let class = "from odoo import models\n\n\nclass Order(models.Model):\n    _name = \"shop.order\"\n";
    let kept = [
        "[(\"name-uniq\", \"UNIQUE(name)\", \"Twice.\")]",
        "[(\"order\", \"UNIQUE(name)\", \"Twice.\")]",
        "[\n        # as the shop wants it\n        (\"name_uniq\", \"UNIQUE(name)\", \"Twice.\"),\n    ]",
        "[(\"a\", \"UNIQUE(a)\", \"A.\"), (\"a\", \"UNIQUE(b)\", \"B.\")]",
    ];
    for list in kept {
        let text = format!("{class}    _sql_constraints = {list}\n");
        assert_eq!(fixed("P01", Series::V19, "models/order.py", &text), text);
    }
    let object = "    _name_uniq = models.Constraint(\n        \"UNIQUE(name)\",  # as the shop wants it\n        \"Twice.\",\n    )\n";
    let text = format!("{class}{object}");
    assert_eq!(fixed("P02", Series::V18, "models/order.py", &text), text);
}

#[test]
fn a_name_leaves_its_import_and_comments_stay() {
    let job = "\n\nclass Backend(models.Model):\n    _inherit = \"shop.backend\"\n\n    def start(self):\n        \
               self.with_delay().work()\n\n    def work(self):\n        raise NothingToDoJob(\"none\")\n";
    let imports = [
        ("(A,  # keep\n    NothingToDoJob)", "(A,  # keep\n    )"),
        ("A, \\\n    NothingToDoJob", "A"),
        ("NothingToDoJob, A", "A"),
        ("(\n    A,\n    NothingToDoJob,\n)", "(\n    A,\n)"),
        ("(\n    NothingToDoJob,  # gone\n    A,\n)", "(\n    # gone\n    A,\n)"),
    ];
    for (old, new) in imports {
        let text =
            format!("from odoo import models\nfrom odoo.addons.queue_job.exception import {old}\n{job}");
        let changes = [(old, new), ("raise NothingToDoJob(\"none\")", "return \"none\"")];
        becomes("P24", Series::V18, "models/backend.py", &text, &changes);
    }
    let text = format!(
        "from odoo import models\nfrom odoo.addons.queue_job.exception import A, NothingToDoJob\n{job}"
    );
    let lines = text.replace("(\"none\")", "(\n            \"no\"\n            \"ne\"\n        )");
    let whole = "raise NothingToDoJob(\n            \"no\"\n            \"ne\"\n        )";
    let changes = [(", NothingToDoJob", ""), (whole, "return (\"no\"\n            \"ne\")")];
    becomes("P24", Series::V18, "models/backend.py", &lines, &changes);
    let elsewhere = format!("{text}\n\nIGNORED = (NothingToDoJob,)\n");
    assert_eq!(fixed("P24", Series::V18, "models/backend.py", &elsewhere), elsewhere);
}

#[test]
fn a_text_with_a_prefix_is_replaced_whole() {
    for (old, new) in
        [("u\"json\"", "\"jsonrpc\""), ("'json'", "'jsonrpc'"), ("\"js\" \"on\"", "\"jsonrpc\"")]
    {
        let text = format!(
            "from odoo import http\n\n\nclass Shop(http.Controller):\n    @http.route(\"/shop\", type={old}, auth=\"user\")\n    \
             def shop(self):\n        return {{}}\n"
        );
        becomes("P03", Series::V19, "controllers/shop.py", &text, &[(old, new)]);
    }
}

#[test]
fn a_checkout_with_crlf_is_fixed_with_crlf() {
    let crlf = |text: &str| text.replace('\n', "\r\n");
    for series in [Series::V16, Series::V19] {
        let unix = Folder::exactly(&clean());
        let files: Vec<_> = clean().into_iter().map(|(path, text)| (path, crlf(&text))).collect();
        let windows = Folder::exactly(&files);
        for folder in [&unix, &windows] {
            assert!(folder.check(&Options::default()).diagnostics.is_empty(), "it is clean on 18.0");
            assert!(folder.check(&for_series(series)).edits.write().unwrap() > 0);
        }
        for (path, _) in clean() {
            assert_eq!(windows.read(&path), crlf(&unix.read(&path)), "{series}: {path}");
        }
    }
}

#[tokio::test]
async fn a_file_that_a_fix_would_break_stays_and_others_are_fixed() {
    let (program, folder) = (Program::new("schema = 1\n", []), Folder::exactly(&clean()));
    // A bare `yield` needs the brackets that it loses as an argument.
    let odd = "import hmac\n\n\ndef check():\n    return (yield) == hmac.digest\n";
    folder.write("components/signature.py", odd);
    let imports = folder.read("components/__init__.py");
    folder.write("components/__init__.py", &format!("{imports}from . import signature\n"));
    let adapter = folder.read("components/adapter.py");
    folder.write("components/adapter.py", &adapter.replace(", timeout=30", ""));
    let module = folder.module().display().to_string();
    let ran = program.run(&["validate", &module, "--fix"]).await.ended(1);
    ran.said(&[
        "1 files changed",
        "not fixed: ",
        "components/signature.py",
        "error[W11]",
        "1 errors, 0 warnings",
    ]);
    assert_eq!(folder.read("components/signature.py"), odd);
    assert_eq!(folder.read("components/adapter.py"), adapter);
}
