//! A backend with OAuth is authorized as its user would: by its button, and by the way back with a code.

use odoo_rpc::{Client, Repeat};
use reqwest::redirect::Policy;
use serde_json::{Map, json};
use url::Url;

use super::VerifyError;
use super::checklist::{Checklist, Group};
use super::external::Running;
use super::server::{ADMIN, Server};
use super::subject::text;

const AUTHORIZES: &str = "\"Authorize\" button and the way back work";

/// Where a backend waits for somebody to allow access, does so against the stand-in.
pub(super) async fn check(
    admin: &Client,
    server: &Server<'_>,
    (model, id): (&str, i64),
    external: Option<&Running>,
    list: &mut Checklist,
) -> Result<(), VerifyError> {
    let made = admin.read(model, &[id], &["auth_kind"]).await?;
    if !made.iter().any(|backend| text(backend, "auth_kind") == Some("oauth2_code")) {
        return Ok(());
    }
    if !external.is_some_and(Running::gives_tokens) {
        list.skip(Group::Backend, AUTHORIZES, "only the recorded stand-in gives a code to a program");
        return Ok(());
    }
    let begun =
        admin.call(model, "action_oauth_authorize", vec![json!([id])], Map::new(), Repeat::Never).await;
    let address = match begun {
        Ok(action) => action["url"].as_str().unwrap_or_default().to_owned(),
        Err(error) => {
            list.note(Group::Backend, AUTHORIZES, false, error.to_string());
            return Ok(());
        }
    };
    let Some(state) = parameter(&address, "state") else {
        list.note(Group::Backend, AUTHORIZES, false, format!("no state in the address {address}"));
        return Ok(());
    };
    let status = come_back(server, &state).await.map_err(|error| VerifyError::Io {
        what: "the way back from the authorization could not be gone".to_owned(),
        error: std::io::Error::other(error),
    })?;
    let observed = format!("the way back with a code was answered with {status}");
    list.note(Group::Backend, AUTHORIZES, (300..400).contains(&status), observed);
    Ok(())
}

/// As the administrator's browser does; gives the status.
async fn come_back(server: &Server<'_>, state: &str) -> Result<u16, reqwest::Error> {
    let browser = reqwest::Client::builder().cookie_store(true).redirect(Policy::none()).build()?;
    let at = |path: &str| server.url.join(path).unwrap_or_else(|_| server.url.clone());
    let (login, password) = ADMIN;
    let who = json!({ "db": server.database(), "login": login, "password": password });
    let sign_in = json!({ "jsonrpc": "2.0", "method": "call", "params": who });
    browser.post(at("web/session/authenticate")).json(&sign_in).send().await?.error_for_status()?;
    let back = browser.get(at("generic_connector/oauth/callback"));
    Ok(back.query(&[("state", state), ("code", "verify")]).send().await?.status().as_u16())
}

fn parameter(address: &str, name: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
