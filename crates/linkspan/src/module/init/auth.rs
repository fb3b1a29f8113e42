//! How a module authenticates its requests: its fields for that, and what they hold at first.

use serde::Serialize;

use super::backend::{BackendView, CredentialView};
use super::cases;
use super::entity::Translator;
use super::operation::endpoint;
use super::python::{text, value};
use crate::adapter::{body_names, fill_body};
use crate::definition::auth::{Auth, ClientIn, Login, Oauth2};
use crate::definition::webhooks::{SignatureHash, WebhookVerify};
use crate::module::stand_in;

impl Translator<'_> {
    pub(super) fn auth(&mut self, view: &mut BackendView, kind: Option<AuthKind>) {
        let definition = self.definition;
        let mut credential = |field: &str, secret: Option<&String>, hide: bool| {
            let found = secret.and_then(|name| definition.secrets.get(name));
            view.credentials.push(CredentialView::of(field, found, hide));
            view.holders.extend(secret.map(|name| (name.clone(), field.to_owned())));
        };
        let mut used: Vec<&String> = Vec::new();
        let auth_kind = match (&definition.auth, kind) {
            (auth, Some(kind)) => {
                let oauth = match auth {
                    Auth::Oauth2(oauth) if kind.is_oauth() => Some(oauth),
                    _ => None,
                };
                for (field, hide) in kind.fields() {
                    let secret = oauth.and_then(|oauth| match *field {
                        "client_id" => Some(&oauth.client_id),
                        "client_secret" => Some(&oauth.client_secret),
                        _ => None,
                    });
                    credential(field, secret, *hide);
                }
                if let Some(oauth) = oauth {
                    self.tokens(view, oauth);
                }
                view.authorize = kind == AuthKind::Oauth2Code;
                used.extend(definition.secrets.keys());
                kind.name()
            }
            (Auth::None { .. }, None) => "none",
            (Auth::Basic { username, password, sign_over_http, .. }, None) => {
                credential("username", Some(username), false);
                credential("password", Some(password), true);
                used.extend([username, password]);
                if definition.secrets.get(password).is_some_and(|secret| secret.optional) {
                    view.adapter.push(("_password_optional".to_owned(), "True".to_owned()));
                }
                if *sign_over_http {
                    view.adapter.push(("_sign_over_http".to_owned(), "True".to_owned()));
                }
                "basic"
            }
            (Auth::ApiKey { secret, header, query, prefix, .. }, None) => {
                credential("api_key", Some(secret), true);
                used.push(secret);
                if let Some(header) = header {
                    view.defaults.push(("api_key_header".to_owned(), text(header)));
                }
                if let Some(query) = query {
                    view.adapter.push(("_api_key_query".to_owned(), text(query)));
                }
                if let Some(prefix) = prefix {
                    view.adapter.push(("_api_key_prefix".to_owned(), text(prefix)));
                }
                "api_key"
            }
            (Auth::Bearer { secret, .. }, None) => {
                credential("access_token", Some(secret), true);
                used.push(secret);
                "bearer"
            }
            (Auth::Oauth1(oauth), None) => {
                credential("client_id", Some(&oauth.consumer_key), false);
                credential("client_secret", Some(&oauth.consumer_secret), true);
                used.extend([&oauth.consumer_key, &oauth.consumer_secret]);
                for (field, name) in [("access_token", &oauth.token), ("token_secret", &oauth.token_secret)] {
                    if name.is_some() {
                        credential(field, name.as_ref(), true);
                        used.extend(name);
                    }
                }
                if oauth.hash != SignatureHash::default() {
                    view.adapter.push(("_oauth1_hash".to_owned(), text(hash_name(oauth.hash))));
                }
                if let Some(realm) = &oauth.realm {
                    view.adapter.push(("_oauth1_realm".to_owned(), text(realm)));
                }
                self.client_is_secret("auth.consumer_key", &oauth.consumer_key);
                "oauth1"
            }
            (Auth::Oauth2(oauth), None) => {
                credential("client_id", Some(&oauth.client_id), false);
                credential("client_secret", Some(&oauth.client_secret), true);
                used.extend([&oauth.client_id, &oauth.client_secret]);
                used.extend(&oauth.refresh_token);
                self.tokens(view, oauth);
                if oauth.refresh_token.is_some() {
                    let reason = "a module has no refresh token among its credentials; with `--auth oauth2_code` it \
                                  gets one from the user who allows access";
                    self.refuse("auth.refresh_token", reason);
                }
                "oauth2_client"
            }
            (Auth::Login(login), None) => {
                let roles: Vec<(&str, &String)> = login
                    .username
                    .iter()
                    .map(|name| ("username", name))
                    .chain([("password", &login.password)])
                    .collect();
                for (field, name) in &roles {
                    credential(field, Some(name), *field == "password");
                    used.push(name);
                }
                view.adapter.push(("_login".to_owned(), login_code(login, &roles)));
                let path = format!("{}/{}", cases::base_path(definition), login.path.trim_start_matches('/'));
                view.login = Some(LoginView { path, answer: value(&stand_in::login(login)) });
                let is_known = |name: &String| {
                    let is_role = roles.iter().any(|(_, role)| *role == name);
                    let is_taken = roles.iter().any(|(field, _)| field == name);
                    is_role && definition.secrets.contains_key(name)
                        || !is_taken && definition.settings.contains_key(name)
                };
                if !body_names(&login.fields()).iter().all(is_known) {
                    let reason = "a module logs in with a user's name and password that are secrets, and with settings";
                    self.refuse("auth", reason);
                    // Which secrets it needs is told by that.
                    used.extend(definition.secrets.keys());
                }
                "login"
            }
        };
        view.asks_for_tokens = matches!(auth_kind, "oauth2_client" | "oauth2_code" | "login");
        view.defaults.push(("auth_kind".to_owned(), text(auth_kind)));
        if let Some(webhooks) = &definition.webhooks {
            used.extend(definition.secrets.keys().filter(|name| *name == webhooks.verify.secret()));
            if let WebhookVerify::Basic { username, .. } = &webhooks.verify {
                used.push(username);
            }
            // Those of pings are told with the ping.
            used.extend(webhooks.ping.iter().filter_map(|ping| ping.secret.as_ref()));
        }
        let is_unused = |name: &&String| !used.contains(name) && !self.stands_in_headers(name);
        for name in definition.secrets.keys().filter(is_unused).collect::<Vec<_>>() {
            self.refuse(&format!("secrets.{name}"), "nothing uses this secret");
        }
    }

    /// What a definition says of OAuth, whoever allows the access.
    fn tokens(&mut self, view: &mut BackendView, oauth: &Oauth2) {
        view.defaults.push(("oauth_token_url".to_owned(), text(&oauth.token_url)));
        view.defaults.extend(oauth.scope.as_ref().map(|scope| ("oauth_scope".to_owned(), text(scope))));
        view.adapter.extend(oauth.header.as_ref().map(|name| ("_oauth_header".to_owned(), text(name))));
        if oauth.client_in == ClientIn::Body {
            view.adapter.push(("_client_in_form".to_owned(), "True".to_owned()));
        }
        self.client_is_secret("auth.client_id", &oauth.client_id);
    }

    fn client_is_secret(&mut self, key: &str, name: &str) {
        if !self.definition.secrets.contains_key(name) {
            let reason = "a module keeps the client's id among its credentials; declare it under `secrets`";
            self.refuse(key, reason);
        }
    }
}

/// As `hashlib` calls it.
fn hash_name(hash: SignatureHash) -> &'static str {
    match hash {
        SignatureHash::Sha1 => "sha1",
        SignatureHash::Sha256 => "sha256",
        SignatureHash::Sha512 => "sha512",
    }
}

/// A login, as the module's tests play it.
#[derive(Debug, Serialize)]
pub(super) struct LoginView {
    /// May have a setting's `{name}`.
    path: String,
    /// The answer that has [`stand_in::TOKEN`].
    answer: String,
}

/// `Login("login", {"username": "{username}"})`: what is posted names the fields of a backend.
fn login_code(login: &Login, roles: &[(&str, &String)]) -> String {
    let field = |name: &str| {
        let role = roles.iter().find(|(_, role)| *role == name);
        Some(format!("{{{}}}", role.map_or(name, |(field, _)| *field)).into())
    };
    let body = fill_body(&login.fields(), field).unwrap_or_default();
    let mut arguments = vec![text(endpoint(&login.path)), value(&body)];
    arguments.extend(login.form.then(|| "form=True".to_owned()));
    let place = Some(login.place()).filter(|place| *place != ("Authorization", "Bearer "));
    let texts = [
        ("token", login.token.as_deref()),
        ("expires_in", login.expires_in.as_deref()),
        ("header", place.map(|(header, _)| header)),
        ("prefix", place.map(|(_, prefix)| prefix)),
    ];
    let texts = texts.into_iter().filter_map(|(name, given)| Some(format!("{name}={}", text(given?))));
    arguments.extend(texts);
    arguments.extend(login.lifetime.map(|seconds| format!("lifetime={seconds}")));
    format!("Login({})", arguments.join(", "))
}

/// A kind of authentication that the framework knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum AuthKind {
    /// None
    None,
    /// A key in a header
    ApiKey,
    /// A token in the header Authorization
    Bearer,
    /// User name and password
    Basic,
    /// OAuth 1.0a, signed requests
    Oauth1,
    /// OAuth 2, client credentials
    Oauth2Client,
    /// OAuth 2, a user allows access
    Oauth2Code,
    /// Requests signed with a shared secret
    Hmac,
    /// JSON Web Token
    Jwt,
}

impl AuthKind {
    /// Whether a module of the definition has it anyway, so that asking for it changes nothing.
    pub(super) fn is_of(self, auth: &Auth) -> bool {
        match (self, auth) {
            (AuthKind::None, Auth::None { .. })
            | (AuthKind::Basic, Auth::Basic { .. })
            | (AuthKind::ApiKey, Auth::ApiKey { .. })
            | (AuthKind::Oauth1, Auth::Oauth1(_))
            | (AuthKind::Bearer, Auth::Bearer { .. }) => true,
            (AuthKind::Oauth2Client, Auth::Oauth2(oauth)) => oauth.refresh_token.is_none(),
            _ => false,
        }
    }

    fn is_oauth(self) -> bool {
        matches!(self, AuthKind::Oauth2Client | AuthKind::Oauth2Code)
    }

    fn name(self) -> &'static str {
        match self {
            AuthKind::None => "none",
            AuthKind::ApiKey => "api_key",
            AuthKind::Bearer => "bearer",
            AuthKind::Basic => "basic",
            AuthKind::Oauth1 => "oauth1",
            AuthKind::Oauth2Client => "oauth2_client",
            AuthKind::Oauth2Code => "oauth2_code",
            AuthKind::Hmac => "hmac",
            AuthKind::Jwt => "jwt",
        }
    }

    /// Fields of a backend that it needs, and whether they are hidden while typed.
    fn fields(self) -> &'static [(&'static str, bool)] {
        match self {
            AuthKind::None => &[],
            AuthKind::ApiKey => &[("api_key_header", false), ("api_key", true)],
            AuthKind::Bearer => &[("access_token", true)],
            AuthKind::Basic => &[("username", false), ("password", true)],
            AuthKind::Oauth1 => &[
                ("client_id", false),
                ("client_secret", true),
                ("access_token", true),
                ("token_secret", true),
            ],
            AuthKind::Oauth2Client => &[
                ("client_id", false),
                ("client_secret", true),
                ("oauth_token_url", false),
                ("oauth_scope", false),
            ],
            AuthKind::Oauth2Code => &[
                ("client_id", false),
                ("client_secret", true),
                ("oauth_authorize_url", false),
                ("oauth_token_url", false),
                ("oauth_scope", false),
                ("oauth_connected", false),
            ],
            AuthKind::Hmac => &[("api_key", true), ("api_secret", true)],
            AuthKind::Jwt => &[
                ("jwt_key", true),
                ("jwt_algorithm", false),
                ("jwt_issuer", false),
                ("jwt_audience", false),
                ("jwt_lifetime", false),
            ],
        }
    }
}
