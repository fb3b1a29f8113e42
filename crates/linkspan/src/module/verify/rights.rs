//! What a user and a manager of the connector may see and do.

use odoo_rpc::{Client, Record, Repeat, SearchOptions};
use serde_json::{Map, json};

use super::VerifyError;
use super::checklist::{Checklist, Group};
use super::module::Module;
use super::server::Server;
use super::subject::Subject;

const G: Group = Group::Security;
const SECRETS: [&str; 9] = [
    "api_key",
    "api_secret",
    "access_token",
    "token_secret",
    "password",
    "client_secret",
    "jwt_key",
    "webhook_secret",
    "webhook_token",
];

pub(super) async fn check(
    admin: &Client,
    server: &Server<'_>,
    module: &Module,
    subject: &Subject,
    list: &mut Checklist,
) -> Result<(), VerifyError> {
    let user = person(admin, server, "connector_base_backend.group_connector_user", "verify-user").await?;
    let manager =
        person(admin, server, "connector_base_backend.group_connector_manager", "verify-manager").await?;
    let stranger = person(admin, server, "base.group_user", "verify-stranger").await?;
    let (mut unread, mut open) = (Vec::new(), Vec::new());
    for model in &subject.models {
        if !user.has_access(model, "read").await? || !manager.has_access(model, "read").await? {
            unread.push(model.as_str());
        }
        if stranger.has_access(model, "write").await? {
            open.push(model.as_str());
        }
    }
    let all = subject.models.len();
    list.note(
        G,
        "Security access rules allow users to view data",
        unread.is_empty(),
        told(&unread, all, "not readable"),
    );
    let mut refused = Vec::new();
    let mut wrong = Vec::new();
    if let Some((model, id)) = subject.made() {
        for (name, client) in [("user", &user), ("manager", &manager)] {
            if let Err(error) = form(client, model, id).await {
                refused.push(format!("{name}: {error}"));
            }
        }
        if user.has_access(model, "write").await? {
            wrong.push("a connector user may change backends".to_owned());
        }
        if !manager.has_access(model, "create").await? {
            wrong.push("a connector manager may not make backends".to_owned());
        }
    }
    wrong
        .extend(open.iter().map(|model| format!("an employee without a connector group may change {model}")));
    let observed = if refused.is_empty() {
        "backend, bindings and their forms open".to_owned()
    } else {
        refused.join("; ")
    };
    list.note(G, "Users can access backend, bindings, and wizards", refused.is_empty(), observed);
    let observed = if wrong.is_empty() {
        "users look, managers configure, others do neither".to_owned()
    } else {
        wrong.join("; ")
    };
    list.note(G, "Proper groups assigned (connector_manager, connector_user)", wrong.is_empty(), observed);
    secrets(&user, &manager, server, subject, list).await?;
    rules(admin, module, subject, list).await
}

/// Secrets are no field at all for a user, and stand in no line of the log.
async fn secrets(
    user: &Client,
    manager: &Client,
    server: &Server<'_>,
    subject: &Subject,
    list: &mut Checklist,
) -> Result<(), VerifyError> {
    let Some((model, _)) = subject.made() else { return Ok(()) };
    let shown = user.fields_get(model, &["type"]).await?;
    let known = manager.fields_get(model, &["type"]).await?;
    let seen: Vec<&str> = SECRETS.into_iter().filter(|secret| shown.contains_key(*secret)).collect();
    let has = SECRETS.into_iter().filter(|secret| known.contains_key(*secret)).count();
    list.note(
        G,
        "Secrets are for managers only",
        seen.is_empty() && has > 0,
        told(&seen, has, "shown to users"),
    );
    let log = server.log();
    let leaked = log
        .lines()
        .filter(|line| {
            line.contains("verify-api_")
                || line.contains("verify-password")
                || line.contains("verify-webhook-secret")
        })
        .count();
    list.note(
        Group::Logging,
        "Sensitive data (tokens, passwords) not logged",
        leaked == 0,
        format!("{leaked} lines of {} hold a secret", log.lines().count()),
    );
    let lines =
        log.lines().filter(|line| line.contains("generic_connector") || line.contains("queue_job")).count();
    list.note(
        Group::Logging,
        "Logging provides useful debug information",
        lines > 0,
        format!("{lines} lines of the connector and its jobs"),
    );
    Ok(())
}

/// Records of one company are not seen by another.
async fn rules(
    admin: &Client,
    module: &Module,
    subject: &Subject,
    list: &mut Checklist,
) -> Result<(), VerifyError> {
    let mut without = Vec::new();
    for model in subject.bindings.keys().chain(subject.backend_model.as_ref()) {
        let domain = json!([["model_id.model", "=", model], ["domain_force", "like", "company"]]);
        if admin.search_count("ir.rule", &domain).await? == 0 {
            without.push(model.as_str());
        }
    }
    let all = subject.bindings.len() + 1;
    let text = "Every model has a company rule";
    list.note(G, text, without.is_empty(), told(&without, all, &format!("of {} without one", module.name)));
    Ok(())
}

fn told(bad: &[&str], all: usize, what: &str) -> String {
    if bad.is_empty() { format!("all {all}") } else { format!("{what}: {}", bad.join(", ")) }
}

async fn form(client: &Client, model: &str, id: i64) -> Result<(), odoo_rpc::Error> {
    let mut view = Map::new();
    view.insert("view_type".to_owned(), json!("form"));
    client.call(model, "get_view", vec![], view, Repeat::Safe).await?;
    client.read(model, &[id], &["name"]).await.map(drop)
}

/// A new user with one group, signed in.
async fn person(
    admin: &Client,
    server: &Server<'_>,
    group: &str,
    login: &str,
) -> Result<Client, VerifyError> {
    let (module, name) = group.split_once('.').unwrap_or(("base", group));
    let domain = json!([["module", "=", module], ["name", "=", name], ["model", "=", "res.groups"]]);
    let found = admin.search_read("ir.model.data", &domain, &["res_id"], SearchOptions::default()).await?;
    let id = found.iter().find_map(|record| record.get("res_id")?.as_i64());
    let field = if admin.version().series.major() >= 19 { "group_ids" } else { "groups_id" };
    let password = format!("{:016x}", rand::random::<u64>());
    let mut values = Record::new();
    values.insert("name".to_owned(), json!(login));
    values.insert("login".to_owned(), json!(login));
    values.insert("password".to_owned(), json!(password));
    values.insert(field.to_owned(), json!([[6, 0, id.into_iter().collect::<Vec<_>>()]]));
    admin.create("res.users", vec![values]).await?;
    server.sign_in(login, &password).await
}
