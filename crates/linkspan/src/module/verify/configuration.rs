//! The backend: its form, a record of it, its connection, its scheduled jobs.

use odoo_rpc::{Client, Record, Repeat, SearchOptions};
use serde_json::{Map, Value, json};

use super::checklist::{Checklist, Group};
use super::external::Running;
use super::jobs::{Jobs, settle};
use super::module::Module;
use super::server::Server;
use super::subject::{Subject, text};
use super::{Options, VerifyError, authorization};

const FORM: &str = "Backend configuration form loads";
const CONNECTION: &str = "\"Test Connection\" button works";
const INHERITS: &str = "Backend inherits from generic.backend correctly";

/// Makes a backend and tests its connection, with the right and with a wrong key.
pub(super) async fn check(
    admin: &Client,
    server: &Server<'_>,
    subject: &mut Subject,
    options: &Options,
    external: Option<&Running>,
    list: &mut Checklist,
) -> Result<(), VerifyError> {
    let Some(model) = subject.backend_model.clone() else {
        list.note(Group::Backend, INHERITS, false, "no model of the module delegates to generic.backend");
        return Ok(());
    };
    list.note(Group::Backend, INHERITS, true, format!("{model} delegates to it"));
    let mut view = Map::new();
    view.insert("view_type".to_owned(), json!("form"));
    let form = admin.call(&model, "get_view", vec![], view, Repeat::Safe).await;
    list.note(
        Group::Backend,
        FORM,
        form.is_ok(),
        form.map_or_else(|error| error.to_string(), |_| "it does".to_owned()),
    );
    for currency in external.map(Running::currencies).unwrap_or_default() {
        activate(admin, &currency).await?;
    }
    let values = values(admin, &model, options, external).await?;
    match admin.create(&model, vec![values]).await {
        Ok(ids) => subject.backend = ids.first().copied(),
        Err(error) => {
            list.note(Group::Backend, "A backend can be made", false, error.to_string());
            return Ok(());
        }
    }
    let Some((_, id)) = subject.made() else { return Ok(()) };
    let made = admin.read(&model, &[id], &["generic_backend_id"]).await?;
    subject.generic = made.iter().find_map(|record| record.get("generic_backend_id")?.get(0)?.as_i64());
    authorization::check(admin, server, (&model, id), external, list).await?;
    connection(admin, &model, id, external, list).await
}

async fn activate(admin: &Client, currency: &str) -> Result<(), VerifyError> {
    let domain = json!([["name", "=", currency], ["active", "in", [true, false]]]);
    let found = admin.search_read("res.currency", &domain, &["id"], SearchOptions::default()).await?;
    let ids: Vec<i64> = found.iter().filter_map(|record| record.get("id")?.as_i64()).collect();
    let mut active = Record::new();
    active.insert("active".to_owned(), json!(true));
    Ok(admin.write("res.currency", &ids, active).await?)
}

async fn connection(
    admin: &Client,
    model: &str,
    id: i64,
    external: Option<&Running>,
    list: &mut Checklist,
) -> Result<(), VerifyError> {
    const WRONG: &str = "Error handling works (test with invalid credentials)";
    let Some(external) = external else {
        let why = "nothing to connect to: tests/data holds no exchange, and no --external was given";
        list.skip(Group::Backend, CONNECTION, why);
        list.skip(Group::Errors, WRONG, why);
        return Ok(());
    };
    let (kind, said) = press(admin, model, id).await;
    list.note(Group::Backend, CONNECTION, kind == "success", said);
    if !external.refuse(true) {
        list.skip(Group::Errors, WRONG, "the server given with --external is used as it is");
        return Ok(());
    }
    let (kind, said) = press(admin, model, id).await;
    external.refuse(false);
    let is_told = matches!(kind.as_str(), "danger" | "warning");
    list.note(Group::Errors, WRONG, is_told, said.clone());
    let friendly = is_told && !said.contains("Traceback") && said.len() > 10;
    list.note(Group::Errors, "User-friendly error messages displayed", friendly, said);
    Ok(())
}

/// Presses the button; the kind of the notification and its message.
async fn press(admin: &Client, model: &str, id: i64) -> (String, String) {
    match admin.call(model, "action_test_connection", vec![json!([id])], Map::new(), Repeat::Safe).await {
        Ok(action) => {
            let word = |key: &str| action["params"][key].as_str().unwrap_or_default().to_owned();
            (word("type"), format!("{}: {}", word("title"), word("message")))
        }
        Err(error) => ("error".to_owned(), error.to_string()),
    }
}

/// Every required field, the address of the stand-in, and what the options say.
async fn values(
    admin: &Client,
    model: &str,
    options: &Options,
    external: Option<&Running>,
) -> Result<Record, VerifyError> {
    let fields = admin.fields_get(model, &["type", "required", "readonly", "relation"]).await?;
    let mut keywords = Map::new();
    keywords.insert("fields_list".to_owned(), json!(fields.keys().collect::<Vec<_>>()));
    let defaults = admin.call(model, "default_get", vec![], keywords, Repeat::Safe).await?;
    let url = external.map_or_else(|| "http://127.0.0.1:9".to_owned(), Running::url);
    let mut values = Record::new();
    for (name, field) in &fields {
        let of = |key: &str| field.get(key).and_then(Value::as_str).unwrap_or_default();
        let is_text = matches!(of("type"), "char" | "text");
        let is_address =
            is_text && (name == "base_url" || name.ends_with("_url") && !name.starts_with("oauth"));
        let is_writable = field.get("readonly") != Some(&Value::Bool(true));
        let is_required = field.get("required") == Some(&Value::Bool(true));
        let has_default = defaults.get(name).is_some_and(|value| *value != Value::Bool(false));
        if is_address && is_writable && (is_required || name == "base_url") && name != "webhook_url" {
            values.insert(name.clone(), json!(url));
        } else if is_text && is_required && is_writable && !has_default {
            values.insert(name.clone(), json!("verify"));
        }
    }
    for secret in
        ["api_key", "api_secret", "username", "password", "access_token", "client_id", "client_secret"]
    {
        if fields.contains_key(secret) {
            values.insert(secret.to_owned(), json!(format!("verify-{secret}")));
        }
    }
    if external.is_some_and(Running::gives_tokens) {
        for (name, path) in [("oauth_token_url", "token"), ("oauth_authorize_url", "authorize")] {
            if fields.contains_key(name) {
                values.insert(name.to_owned(), json!(format!("{url}/{path}")));
            }
        }
    }
    for (name, value) in external.map_or(&[][..], Running::credentials) {
        values.insert((*name).to_owned(), json!(value));
    }
    values.insert("name".to_owned(), json!("linkspan verify"));
    for (name, value) in &options.backend {
        values.insert(name.clone(), json!(value));
    }
    Ok(values)
}

/// Crons exist, are off, and do their work when they are switched on.
pub(super) async fn check_crons(
    admin: &Client,
    module: &Module,
    subject: &Subject,
    list: &mut Checklist,
) -> Result<(), VerifyError> {
    const OFF: &str = "Scheduled cron jobs exist (disabled by default)";
    const RUN: &str = "Cron jobs can be enabled and run on schedule";
    let ids = subject.data.get("ir.cron").cloned().unwrap_or_default();
    if ids.is_empty() {
        list.note(Group::Crons, OFF, false, format!("{} has none", module.name));
        return Ok(());
    }
    let crons = admin.read("ir.cron", &ids, &["cron_name", "active"]).await?;
    let on: Vec<&str> = crons
        .iter()
        .filter(|cron| cron.get("active") == Some(&Value::Bool(true)))
        .filter_map(|cron| text(cron, "cron_name"))
        .collect();
    let observed = if on.is_empty() {
        format!("{} crons, all off", crons.len())
    } else {
        format!("active: {}", on.join(", "))
    };
    list.note(Group::Crons, OFF, on.is_empty(), observed);
    let before = Jobs::count(admin).await?;
    let mut active = Record::new();
    active.insert("active".to_owned(), json!(true));
    admin.write("ir.cron", &ids, active.clone()).await?;
    let mut failed = Vec::new();
    for id in &ids {
        let run = admin
            .call("ir.cron", "method_direct_trigger", vec![json!([id])], Map::new(), Repeat::Never)
            .await;
        failed.extend(run.err().map(|error| error.to_string()));
    }
    active.insert("active".to_owned(), json!(false));
    admin.write("ir.cron", &ids, active).await?;
    let after = settle(admin).await?;
    let queued = after.since(&before);
    let observed =
        if failed.is_empty() { format!("ran; {queued} jobs were queued") } else { failed.join("; ") };
    list.note(Group::Crons, RUN, failed.is_empty(), observed);
    Ok(())
}
