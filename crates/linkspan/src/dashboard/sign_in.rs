//! Signing in and out.

use std::time::Instant;

use axum::Form;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use secrecy::SecretString;
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use super::failure::{Failure, Result};
use super::guard::{Identity, SESSION_COOKIE};
use super::{Dashboard, LINK_ACCOUNT, attempts, forms, render};
use crate::dashboard::render::values;
use crate::http_server::Peer;
use crate::operations::{random_token, token_hash, verify_password};
use crate::store::now_ms;

/// A working day: whoever comes back the next morning signs in again.
const SESSION_MS: i64 = 12 * 60 * 60 * 1_000;

/// Ties the sign-in form to the browser that asked for it, since there is no session yet.
const FORM_COOKIE: &str = "linkspan_form";

#[derive(Debug, Deserialize)]
pub(super) struct Back {
    back: Option<String>,
}

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct SignIn {
    #[serde(default)]
    account: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    csrf: String,
    back: Option<String>,
}

/// `GET /sign-in`
pub(super) async fn form(
    State(dashboard): State<Dashboard>,
    jar: CookieJar,
    Query(query): Query<Back>,
) -> Result {
    show(&dashboard, jar, StatusCode::OK, "", query.back.as_deref(), None).await
}

async fn show(
    dashboard: &Dashboard,
    jar: CookieJar,
    status: StatusCode,
    account: &str,
    back: Option<&str>,
    problem: Option<String>,
) -> Result {
    let csrf = random_token();
    let values = values! {
        csrf,
        account,
        back => forms::way_back(back, "/"),
        problem,
        has_account => dashboard.store().has_account().await?,
    };
    let jar = jar.add(forms::cookie(FORM_COOKIE, csrf, dashboard.shared.parts.https));
    Ok((status, jar, render::bare("sign_in.html", values)).into_response())
}

/// `POST /sign-in`
pub(super) async fn sign_in(
    State(dashboard): State<Dashboard>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    jar: CookieJar,
    Form(form): Form<SignIn>,
) -> Result {
    let SignIn { account, password, csrf, back } = form;
    let ours = jar.get(FORM_COOKIE).is_some_and(|cookie| {
        !csrf.is_empty() && bool::from(cookie.value().as_bytes().ct_eq(csrf.as_bytes()))
    });
    let refuse = |status, problem: String| {
        show(&dashboard, jar.clone(), status, &account, back.as_deref(), Some(problem))
    };
    if !ours {
        return refuse(StatusCode::FORBIDDEN, "The form was too old. Please sign in once more.".to_owned())
            .await;
    }
    let address = address(&dashboard, peer, &headers);
    let attempts = &dashboard.shared.attempts;
    // Counted before it is checked, so that many at once are as many as one after the other.
    if let Err(wait) = attempts.begin(&account, &address, Instant::now()) {
        let problem = format!("Too many wrong passwords. Try again in {} seconds.", wait.as_secs() + 1);
        return refuse(StatusCode::TOO_MANY_REQUESTS, problem).await;
    }
    let hash = dashboard.store().account_secret(&account).await?.map(|(_, hash)| hash);
    if !verify_password(SecretString::from(password), hash).await {
        tracing::warn!(account, address, "a sign-in with a wrong account or password");
        let problem = "Account or password is wrong.".to_owned();
        return refuse(StatusCode::UNAUTHORIZED, problem).await;
    }
    attempts.succeeded(&account, &address);
    let jar = begin(&dashboard, jar.remove(FORM_COOKIE), &account).await?;
    let back = forms::way_back(back.as_deref(), "/");
    Ok((jar, Redirect::to(back)).into_response())
}

/// Who tries: behind a proxy that is trusted, whom the proxy saw. Otherwise one stranger's wrong passwords would keep
/// everybody out.
fn address(dashboard: &Dashboard, peer: Option<Extension<Peer>>, headers: &HeaderMap) -> String {
    let Some(Extension(Peer(peer))) = peer else { return "unknown".to_owned() };
    let receivers = dashboard.shared.parts.receivers.as_ref();
    let sender = receivers.and_then(|receivers| receivers.sender(Some(peer.ip()), headers));
    attempts::household(sender.unwrap_or_else(|| peer.ip())).to_string()
}

/// `GET /sign-in/{token}`: a link that works once. The page goes on by itself, because a browser that follows a link
/// from elsewhere sends the new cookie only with what our own page asks for.
pub(super) async fn by_link(
    State(dashboard): State<Dashboard>,
    Path(token): Path<String>,
    jar: CookieJar,
) -> Result {
    if !dashboard.use_link(&token) {
        return Err(Failure::not_found(
            "This sign-in link was used already, or the service was started anew since. The service prints a new one when it starts",
        ));
    }
    let jar = begin(&dashboard, jar, LINK_ACCOUNT).await?;
    Ok((jar, render::bare("signed_in.html", minijinja::Value::default())).into_response())
}

/// Signs the account in with a session that nobody could know before.
async fn begin(dashboard: &Dashboard, jar: CookieJar, account: &str) -> Result<CookieJar> {
    let (token, csrf) = (random_token(), random_token());
    let ends = now_ms() + SESSION_MS;
    dashboard.store().begin_web_session(&token_hash(&token), account, &csrf, ends).await?;
    Ok(jar.add(forms::cookie(SESSION_COOKIE, token, dashboard.shared.parts.https)))
}

/// `POST /sign-out`
pub(super) async fn sign_out(
    State(dashboard): State<Dashboard>,
    jar: CookieJar,
    request: Request,
) -> Result<Response> {
    let known = request.extensions().get::<Identity>().is_some();
    if let Some(cookie) = jar.get(SESSION_COOKIE).filter(|_| known) {
        dashboard.store().end_web_session(&token_hash(cookie.value())).await?;
    }
    let mut gone = forms::cookie(SESSION_COOKIE, String::new(), dashboard.shared.parts.https);
    gone.make_removal();
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&gone.to_string()) {
        headers.insert(header::SET_COOKIE, value);
    }
    Ok((headers, Redirect::to("/sign-in")).into_response())
}
