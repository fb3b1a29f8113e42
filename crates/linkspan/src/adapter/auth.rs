//! How requests are authenticated: one `match`, applied to every request just before it is sent.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::address::Base;
use super::error::AdapterError;
use super::headers::is_optional;
use super::keeper::TokenKeeper;
use super::login::Login;
use super::oauth::OauthClient;
use super::oauth1::{Message, Signer};
use super::template;
use super::token::{TokenSource, Way};
use crate::definition::auth::{Auth, Oauth1};
use crate::definition::model::Definition;
use crate::definition::webhooks::SignatureHash;

/// A request as it will go out but for its credentials.
pub(super) struct Unsigned<'a> {
    pub(super) method: &'a Method,
    pub(super) url: &'a mut Url,
    pub(super) headers: &'a mut HeaderMap,
    /// The body, if it is a form.
    pub(super) form: Option<&'a str>,
}

/// What a request carries to prove who sends it.
#[derive(Clone)]
pub(super) enum Credentials {
    None,
    Header(HeaderName, HeaderValue),
    Query(String, SecretString),
    /// Signed; what signs stands in the header `Authorization`.
    Signed(Arc<Signer>),
    /// HTTP Basic which counts over TLS only. Over plain http requests are signed as well, with that in the query.
    BasicOrSigned(HeaderValue, Arc<Signer>),
    /// Where the token comes from, the header that carries it, and what stands in front of it there.
    Token(Arc<TokenSource>, HeaderName, String),
}

impl Credentials {
    /// Reads the values that the definition's `auth` names. A login goes below `base` with the same headers as every
    /// request; `keeper` keeps tokens, under a name.
    pub(super) fn new(
        definition: &Definition,
        settings: &BTreeMap<String, String>,
        secrets: &BTreeMap<String, SecretString>,
        (base, headers): (&Base, &HeaderMap),
        keeper: Option<(Arc<dyn TokenKeeper>, &str)>,
    ) -> Result<Credentials, AdapterError> {
        let secret = |name: &str| {
            secrets.get(name).map(ExposeSecret::expose_secret).filter(|value| !value.is_empty()).ok_or_else(
                || {
                    AdapterError::config(format!("The secret `{name}` is missing."))
                        .hint(format!("Give the backend a value for `{name}`."))
                },
            )
        };
        let given =
            |name: &str| settings.get(name).map_or_else(|| secret(name), |setting| Ok(setting.as_str()));
        let optional = |name: &str| definition.secrets.get(name).is_some_and(|secret| secret.optional);
        let token = |way: Way, (header, prefix): (&str, &str)| {
            let source = TokenSource::new(way);
            let source = match keeper {
                Some((keeper, name)) => source.shared(keeper, name),
                None => source,
            };
            Ok(Credentials::Token(Arc::new(source), parsed_name(header)?, prefix.to_owned()))
        };
        match &definition.auth {
            Auth::None { .. } => Ok(Credentials::None),
            Auth::Basic { username, password, sign_over_http, .. } => {
                let user = given(username)?;
                let password_text = match secret(password) {
                    Err(_) if optional(password) => "",
                    given => given?,
                };
                let token = STANDARD.encode(format!("{user}:{password_text}"));
                let basic = parsed_value(&format!("Basic {token}"), password)?;
                if !sign_over_http {
                    return Ok(Credentials::Header(AUTHORIZATION, basic));
                }
                let signer = Signer::new((user, password_text), None, SignatureHash::Sha256, None);
                Ok(Credentials::BasicOrSigned(basic, Arc::new(signer)))
            }
            Auth::Oauth1(oauth) => {
                let client = (given(&oauth.consumer_key)?, secret(&oauth.consumer_secret)?);
                let token = match oauth.token.as_deref().zip(oauth.token_secret.as_deref()) {
                    Some((token, its)) => match (secret(token), secret(its)) {
                        (Err(_), Err(_)) if optional(token) && optional(its) => None,
                        (token, its) => Some((token?, its?)),
                    },
                    None => None,
                };
                let realm = realm(oauth, definition, settings).map_err(AdapterError::config)?;
                Ok(Credentials::Signed(Arc::new(Signer::new(client, token, oauth.hash, realm))))
            }
            Auth::Bearer { secret: name, .. } => {
                header(AUTHORIZATION, &format!("Bearer {}", secret(name)?), name)
            }
            Auth::Oauth2(oauth) => {
                let way = Way::Oauth(OauthClient::new(oauth, settings, given)?);
                token(way, oauth.header.as_deref().map_or(("Authorization", "Bearer "), |name| (name, "")))
            }
            Auth::Login(login) => {
                let ready = Login::new(login, definition, base, settings, headers.clone(), given)?;
                token(Way::Login(ready), login.place())
            }
            Auth::ApiKey { secret: name, header: header_name, query, prefix, .. } => {
                let value = format!("{}{}", prefix.as_deref().unwrap_or_default(), secret(name)?);
                match (header_name, query) {
                    (Some(header_name), None) => header(parsed_name(header_name)?, &value, name),
                    (None, Some(query)) => Ok(Credentials::Query(query.clone(), value.into())),
                    _ => Err(AdapterError::config("`auth` needs exactly one of `header` and `query`.")),
                }
            }
        }
    }

    /// Adds the credentials to a request; gives the token that went along.
    pub(super) async fn sign(
        &self,
        client: &Client,
        request: Unsigned<'_>,
    ) -> Result<Option<SecretString>, AdapterError> {
        let Unsigned { method, url, headers, form } = request;
        match self {
            Credentials::None => {}
            Credentials::Token(source, header, prefix) => {
                let token = source.token(client).await?;
                let value = sensitive(&format!("{prefix}{}", token.expose_secret())).ok_or_else(|| {
                    AdapterError::config("The token server gave a token that no header may carry.")
                })?;
                headers.insert(header, value);
                return Ok(Some(token));
            }
            Credentials::Header(name, value) => {
                headers.insert(name, value.clone());
            }
            Credentials::Signed(signer) => {
                let value = sensitive(&signer.header(Message { method, url, form }))
                    .ok_or_else(|| AdapterError::config("The signature stands in no header."))?;
                headers.insert(AUTHORIZATION, value);
            }
            Credentials::BasicOrSigned(basic, signer) => {
                headers.insert(AUTHORIZATION, basic.clone());
                self.strip(url);
                if url.scheme() == "http" {
                    let signed = signer.signed(Message { method, url, form });
                    add_query(url, signed.iter().map(|(name, value)| (*name, value.as_str())));
                }
            }
            Credentials::Query(name, value) => {
                self.strip(url);
                add_query(url, [(name.as_str(), value.expose_secret())]);
            }
        }
        Ok(None)
    }

    /// Forgets a token that was refused; the next request asks for another one.
    pub(super) async fn forget(&self, refused: &SecretString) {
        if let Credentials::Token(source, ..) = self {
            source.forget(refused).await;
        }
    }

    /// Where tokens are asked for, if there are any.
    pub(super) fn token_url(&self) -> Option<&Url> {
        match self {
            Credentials::Token(source, ..) => Some(source.url()),
            _ => None,
        }
    }

    /// Removes what is ours from an address that the server gave us.
    pub(super) fn strip(&self, url: &mut Url) {
        match self {
            Credentials::Query(own, _) => remove_query(url, |name, _| name == own),
            Credentials::BasicOrSigned(..) => Signer::strip(url),
            _ => {}
        }
    }

    /// Forms in which the credentials go over the wire, beyond the secrets themselves.
    pub(super) fn wire_forms(&self) -> Vec<String> {
        match self {
            Credentials::None | Credentials::Token(..) | Credentials::Signed(_) => Vec::new(),
            Credentials::Query(_, value) => vec![value.expose_secret().to_owned()],
            Credentials::Header(_, value) | Credentials::BasicOrSigned(value, _) => {
                let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
                let token = text.split_once(' ').map(|(_, token)| token.to_owned());
                std::iter::once(text).chain(token).collect()
            }
        }
    }
}

/// Shows the kind only.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Credentials::None => "Credentials::None",
            Credentials::Header(..) => "Credentials::Header",
            Credentials::Query(..) => "Credentials::Query",
            Credentials::Signed(..) => "Credentials::Signed",
            Credentials::BasicOrSigned(..) => "Credentials::BasicOrSigned",
            Credentials::Token(..) => "Credentials::Token",
        })
    }
}

/// The realm with its settings; none where an optional one is not given.
fn realm(
    oauth: &Oauth1,
    definition: &Definition,
    settings: &BTreeMap<String, String>,
) -> Result<Option<String>, String> {
    let Some(realm) = &oauth.realm else { return Ok(None) };
    let is_left_out = |name: &&str| !settings.contains_key(*name) && is_optional(definition, name);
    if template::names(realm).iter().any(is_left_out) {
        return Ok(None);
    }
    template::with_settings(realm, settings).map(Some)
}

/// Adds query parameters behind those that are there.
pub(super) fn add_query<'a>(url: &mut Url, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) {
    let added = template::query_string(pairs);
    let query = match url.query().filter(|query| !query.is_empty()) {
        Some(query) => format!("{query}&{added}"),
        None => added,
    };
    url.set_query(Some(&query));
}

/// Removes the query parameters for which `unwanted` is true; the others keep their spelling.
pub(super) fn remove_query(url: &mut Url, unwanted: impl Fn(&str, &str) -> bool) {
    let Some(query) = url.query() else { return };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| {
            !url::form_urlencoded::parse(pair.as_bytes()).any(|(name, value)| unwanted(&name, &value))
        })
        .collect();
    let kept = kept.join("&");
    url.set_query(Some(kept.as_str()).filter(|query| !query.is_empty()));
}

fn header(name: HeaderName, value: &str, secret: &str) -> Result<Credentials, AdapterError> {
    Ok(Credentials::Header(name, parsed_value(value, secret)?))
}

/// A header's value with this secret in it.
fn parsed_value(value: &str, secret: &str) -> Result<HeaderValue, AdapterError> {
    sensitive(value).ok_or_else(|| {
        AdapterError::config(format!("The secret `{secret}` holds a character that no header may carry."))
            .hint("Copy it again, without line breaks.")
    })
}

/// A header's value that nothing shows; `None` for characters that no header may carry.
fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn parsed_name(name: &str) -> Result<HeaderName, AdapterError> {
    name.parse().map_err(|_| AdapterError::config(format!("`{name}` is no name for a header.")))
}
