//! The command: formats, baseline, suppressions, exit codes.

use serde_json::Value;

use super::folder::Folder;
use super::planted::clean;
use crate::support::program::Program;

/// The program beside a module with two errors, one of them fixable.
fn with_errors() -> (Program, Folder) {
    let folder = Folder::exactly(&clean());
    let text = folder.read("components/adapter.py");
    let text = text.replace(", timeout=30", "").replace("answer.raise_for_status()", "time.sleep(1)");
    folder.write("components/adapter.py", &text);
    (Program::new("schema = 1\n", []), folder)
}

fn words<'a>(module: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["validate", module], more].concat()
}

#[tokio::test]
async fn exit_codes_tell_clean_modules_from_others() {
    let (program, folder) = with_errors();
    let module = folder.module().display().to_string();
    let ran = program.run(&words(&module, &[])).await.ended(1);
    let ran = ran.said(&["error[H01]", "error[H05]", "2 errors, 0 warnings; --fix puts 1 right"]);
    assert!(ran.stdout.contains("^^^^"), "nothing is underlined:\n{}", ran.stdout);
    program.run(&words(&module, &["--rules", "H02"])).await.ended(0).said(&["no problems"]);
    program.run(&words(&module, &["--rules", "X99"])).await.ended(2).said(&["there is no rule 'X99'"]);
    program.run(&words(&module, &["--odoo", "15.0"])).await.ended(2).said(&["16.0, 17.0, 18.0 and 19.0"]);
    let empty = folder.root().join("nothing");
    std::fs::create_dir(&empty).unwrap();
    let empty = empty.display().to_string();
    program.run(&words(&empty, &[])).await.ended(2).said(&["holds no Odoo module"]);
}

#[tokio::test]
async fn a_dry_run_shows_the_changes_and_a_fix_makes_them() {
    let (program, folder) = with_errors();
    let module = folder.module().display().to_string();
    let before = folder.read("components/adapter.py");
    let ran = program.run(&words(&module, &["--fix", "--dry-run"])).await.ended(1);
    ran.said(&["-        answer = requests.get(", "+        answer = requests.get("]);
    assert_eq!(folder.read("components/adapter.py"), before);
    program
        .run(&words(&module, &["--fix"]))
        .await
        .ended(1)
        .said(&["1 files changed", "1 errors, 0 warnings"]);
    assert!(folder.read("components/adapter.py").contains("timeout=30"));
}

#[tokio::test]
async fn a_baseline_leaves_what_is_new() {
    let (program, folder) = with_errors();
    let module = folder.module().display().to_string();
    program.run(&words(&module, &["--baseline", "old.json", "--write-baseline"])).await.ended(0);
    let ran = program.run(&words(&module, &["--baseline", "old.json"])).await.ended(0);
    ran.said(&["no problems", "2 in the baseline"]);
    // What moves stays known; what is new is told.
    let text = format!("import math\n{}", folder.read("components/adapter.py"));
    folder.write("components/adapter.py", &text.replace("return answer.json()", "return eval(answer.text)"));
    let ran = program.run(&words(&module, &["--baseline", "old.json"])).await.ended(1);
    ran.said(&["error[A09]", "1 errors, 0 warnings", "2 in the baseline"]);
    std::fs::write(program.path("bad.json"), "[]").unwrap();
    program.run(&words(&module, &["--baseline", "bad.json"])).await.ended(2).said(&["no list `findings`"]);
}

#[tokio::test]
async fn comments_allow_findings_on_their_line_or_the_next() {
    let (program, folder) = with_errors();
    let module = folder.module().display().to_string();
    let text = folder.read("components/adapter.py");
    let text = text.replace("time.sleep(1)", "time.sleep(1)  # linkspan: ignore[H05] a script");
    let text = text.replace(
        "        answer = requests",
        "        # linkspan: ignore[H01] set by the session\n        answer = requests",
    );
    folder.write("components/adapter.py", &text);
    let cron = folder.read("data/ir_cron_data.xml");
    let cron = cron.replace("        <field name=\"active\" eval=\"False\" />\n", "");
    let mark = "    <!-- linkspan: ignore[M08] runs on test servers only -->\n    <record";
    folder.write("data/ir_cron_data.xml", &cron.replace("    <record", mark));
    program.run(&words(&module, &[])).await.ended(0).said(&["no problems"]);
    folder.write("components/adapter.py", &text.replace("ignore[H05]", "ignore[H02, H05]"));
    let ran = program.run(&words(&module, &[])).await.ended(0);
    ran.said(&["warning[N01]", "this comment allows H02, which is not found here"]);
}

#[tokio::test]
async fn json_has_each_finding_with_its_place() {
    let (program, folder) = with_errors();
    let module = folder.module().display().to_string();
    for format in [&["--format", "json"][..], &["--json"]] {
        let value = program.run(&words(&module, format)).await.ended(1).json();
        assert_eq!((&value["errors"], &value["modules"][0]), (&Value::from(2), &Value::from("shop")));
        let first = &value["diagnostics"][0];
        assert_eq!((&first["code"], &first["column"]), (&Value::from("H01"), &Value::from(18)));
    }
}

#[tokio::test]
async fn sarif_has_what_its_schema_requires() {
    let (program, folder) = with_errors();
    let module = folder.module().display().to_string();
    let log = program.run(&words(&module, &["--format", "sarif"])).await.ended(1).json();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(run["tool"]["driver"]["name"], "linkspan");
    assert!(rules.len() >= 70);
    for result in run["results"].as_array().unwrap() {
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert!(place["artifactLocation"]["uri"].as_str().unwrap().ends_with("components/adapter.py"));
        assert!(place["region"]["startLine"].as_u64().unwrap() > 1);
        assert!(["error", "warning", "note", "none"].contains(&result["level"].as_str().unwrap()));
    }
    assert_eq!(run["results"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn github_gets_a_line_for_each_finding() {
    let (program, folder) = with_errors();
    let module = folder.module().display().to_string();
    let ran = program.run(&words(&module, &["--format", "github"])).await.ended(1);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("::error file=") && lines[0].contains(",title=H01::"), "{}", lines[0]);
}

#[tokio::test]
async fn pages_are_shown() {
    let program = Program::new("schema = 1\n", []);
    let page = program.run(&["validate", "--explain", "c01"]).await.ended(0).stdout;
    assert!(page.starts_with("# C01: ") && page.contains("## Why") && page.contains("## Good"), "{page}");
    let list = program.run(&["validate", "--list-rules", "--json"]).await.ended(0).json();
    assert!(list["rules"].as_array().unwrap().len() >= 70);
    program.run(&["validate", "--explain", "Z00"]).await.ended(2).said(&["--list-rules"]);
}

#[tokio::test]
async fn the_pre_commit_hook_names_files_and_checks_their_module_once() {
    let hooks = include_str!("../../../../../.pre-commit-hooks.yaml");
    assert!(
        hooks.contains("entry: linkspan validate\n") && hooks.contains("id: linkspan-validate\n"),
        "{hooks}"
    );
    let (program, folder) = with_errors();
    let file = |path: &str| folder.module().join(path).display().to_string();
    let (one, two) = (file("models/backend.py"), file("data/ir_cron_data.xml"));
    program.run(&["validate", &one, &two]).await.ended(1).said(&["2 errors, 0 warnings"]);
    std::fs::write(program.path("setup.py"), "").unwrap();
    program.run(&["validate", "setup.py"]).await.ended(0).said(&["setup.py belongs to no Odoo module"]);
}
