//! Requests that are signed with shared secrets: OAuth 1.0a (RFC 5849).

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use url::Url;

use super::auth::remove_query;
use super::template::percent_encode;
use crate::definition::webhooks::SignatureHash;

/// What the names of all its parameters begin with.
const PARAMETER: &str = "oauth_";

/// What a signature is over; credentials are not part of it yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message<'a> {
    pub(super) method: &'a Method,
    pub(super) url: &'a Url,
    /// The body, if it is a form.
    pub(super) form: Option<&'a str>,
}

/// Signs for one client, or for a user of it who has a token.
pub(super) struct Signer {
    consumer_key: String,
    token: Option<String>,
    /// Both secrets, as RFC 5849, 3.4.2 joins them.
    key: SecretString,
    hash: SignatureHash,
    realm: Option<String>,
}

impl Signer {
    /// `token` is a token and its secret.
    pub(super) fn new(
        (consumer_key, consumer_secret): (&str, &str),
        token: Option<(&str, &str)>,
        hash: SignatureHash,
        realm: Option<String>,
    ) -> Signer {
        let secret = token.map_or("", |(_, secret)| secret);
        Signer {
            consumer_key: consumer_key.to_owned(),
            token: token.map(|(token, _)| token.to_owned()),
            key: format!("{}&{}", percent_encode(consumer_secret), percent_encode(secret)).into(),
            hash,
            realm,
        }
    }

    /// The header `Authorization`.
    pub(super) fn header(&self, message: Message<'_>) -> String {
        let mut header = "OAuth ".to_owned();
        if let Some(realm) = &self.realm {
            let _ = write!(header, "realm=\"{}\",", percent_encode(realm));
        }
        let pairs = self.signed(message).into_iter();
        let pairs = pairs.map(|(name, value)| format!("{name}=\"{}\"", percent_encode(&value)));
        header + &pairs.collect::<Vec<_>>().join(",")
    }

    /// Removes what an earlier request was signed with.
    pub(super) fn strip(url: &mut Url) {
        remove_query(url, |name, _| name.starts_with(PARAMETER));
    }

    /// The parameters that sign it.
    pub(super) fn signed(&self, message: Message<'_>) -> Vec<(&'static str, String)> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut parameters = self.parameters(now, &uuid::Uuid::new_v4().simple().to_string());
        let signature = self.signature(message, &parameters);
        parameters.push(("oauth_signature", signature));
        parameters
    }

    fn parameters(&self, seconds: u64, nonce: &str) -> Vec<(&'static str, String)> {
        let method = match self.hash {
            SignatureHash::Sha1 => "HMAC-SHA1",
            SignatureHash::Sha256 => "HMAC-SHA256",
            SignatureHash::Sha512 => "HMAC-SHA512",
        };
        let token = self.token.iter().map(|token| ("oauth_token", token.clone()));
        [("oauth_consumer_key", self.consumer_key.clone())]
            .into_iter()
            .chain(token)
            .chain([
                ("oauth_signature_method", method.to_owned()),
                ("oauth_timestamp", seconds.to_string()),
                ("oauth_nonce", nonce.to_owned()),
                ("oauth_version", "1.0".to_owned()),
            ])
            .collect()
    }

    fn signature(&self, message: Message<'_>, parameters: &[(&str, String)]) -> String {
        let text = text_to_sign(message, parameters);
        let (key, text) = (self.key.expose_secret().as_bytes(), text.as_bytes());
        match self.hash {
            SignatureHash::Sha1 => mac::<Hmac<Sha1>>(key, text),
            SignatureHash::Sha256 => mac::<Hmac<Sha256>>(key, text),
            SignatureHash::Sha512 => mac::<Hmac<Sha512>>(key, text),
        }
    }
}

fn mac<M: Mac + hmac::digest::KeyInit>(key: &[u8], text: &[u8]) -> String {
    // A key may have any length, so none is refused.
    <M as Mac>::new_from_slice(key)
        .map(|mac| STANDARD.encode(mac.chain_update(text).finalize().into_bytes()))
        .unwrap_or_default()
}

/// RFC 5849, 3.4.1: method, address without query, and all parameters in order, each encoded.
fn text_to_sign(message: Message<'_>, parameters: &[(&str, String)]) -> String {
    let Message { method, url, form } = message;
    let encoded = |name: &str, value: &str| (percent_encode(name), percent_encode(value));
    let in_form = url::form_urlencoded::parse(form.unwrap_or_default().as_bytes());
    let mut pairs: Vec<(String, String)> =
        url.query_pairs().chain(in_form).map(|(name, value)| encoded(&name, &value)).collect();
    pairs.extend(parameters.iter().map(|(name, value)| encoded(name, value)));
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut address = url.clone();
    address.set_query(None);
    address.set_fragment(None);
    format!("{method}&{}&{}", percent_encode(address.as_str()), percent_encode(&pairs.join("&")))
}

#[cfg(test)]
mod tests {
    use super::super::auth::add_query;
    use super::*;

    fn message<'a>(method: &'a Method, url: &'a Url, form: Option<&'a str>) -> Message<'a> {
        Message { method, url, form }
    }

    /// The example of RFC 5849, 3.4.1.1: doubled names, a form, and characters of every kind.
    #[test]
    fn the_text_to_sign_is_that_of_the_rfc() {
        let url = Url::parse("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b").expect("a url");
        let parameters = [
            ("oauth_consumer_key", "9djdj82h48djs9d2"),
            ("oauth_token", "kkk9d7dh3k39sjv7"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "137131201"),
            ("oauth_nonce", "7d8f3e4a"),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        let text = text_to_sign(message(&Method::POST, &url, Some("c2&a3=2+q")), &parameters);
        assert_eq!(
            text,
            "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540\
             %3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method\
             %3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
        );
    }

    /// The example of RFC 5849, 1.2.
    #[test]
    fn the_signature_is_that_of_the_rfc() {
        let client = ("dpf43f3p2l4k3l03", "kd94hf93k423kf44");
        let token = Some(("nnch734d00sl2jdk", "pfkkdhi9sl3r4s00"));
        let signer = Signer::new(client, token, SignatureHash::Sha1, None);
        let url =
            Url::parse("http://photos.example.net/photos?file=vacation.jpg&size=original").expect("a url");
        let mut parameters = signer.parameters(137_131_202, "chapoH");
        parameters.retain(|(name, _)| *name != "oauth_version");
        let signature = signer.signature(message(&Method::GET, &url, None), &parameters);
        assert_eq!(signature, "MdpQcU8iPSUjWoN/UDMsK2sui9I=");
    }

    #[test]
    fn what_signs_stands_in_a_header_or_behind_the_query() {
        let signer = Signer::new(("key", "se&cret"), None, SignatureHash::Sha256, Some("12 34".to_owned()));
        let mut url = Url::parse("https://shop.example/orders?page=2").expect("a url");
        let header = signer.header(message(&Method::GET, &url, None));
        assert!(
            header.starts_with("OAuth realm=\"12%2034\",oauth_consumer_key=\"key\",oauth_sig"),
            "{header}"
        );
        assert!(header.contains("oauth_signature_method=\"HMAC-SHA256\""), "{header}");
        assert!(!header.contains("oauth_token") && !header.contains("se&cret"), "{header}");
        let signed = signer.signed(message(&Method::GET, &url, None));
        add_query(&mut url, signed.iter().map(|(name, value)| (*name, value.as_str())));
        let query = url.query().unwrap_or_default();
        assert!(query.starts_with("page=2&oauth_consumer_key=key&"), "{query}");
        Signer::strip(&mut url);
        assert_eq!(url.as_str(), "https://shop.example/orders?page=2");
    }
}
