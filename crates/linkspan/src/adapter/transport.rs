//! Requests that got no whole answer, in words a shop owner understands.

use std::error::Error;
use std::io;

use rustls::CertificateError;

use super::address;
use super::error::AdapterError;
use crate::definition::model::ErrorClass;

/// What became of a request that got no whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing was sent: no connection.
    NotSent,
    /// It may have been carried out.
    Lost,
    /// It was carried out, or refused, and the answer's status says so.
    Answered,
    /// The answer says in so many words that it was not carried out.
    Refused,
}

/// Explains an error of the HTTP client.
pub(super) fn explain(error: &reqwest::Error, url: &url::Url, setting: &str) -> (Fate, AdapterError) {
    let server = address::origin(url);
    if let Some(tls) = find::<rustls::Error>(error) {
        return (Fate::NotSent, tls_error(tls, &server, url.host_str().unwrap_or_default(), setting));
    }
    if error.is_connect() {
        return (Fate::NotSent, connect_error(error, &server, setting));
    }
    if error.is_builder() {
        return (
            Fate::NotSent,
            AdapterError::config(format!("The request could not be made: {}.", innermost(error))),
        );
    }
    (
        Fate::Lost,
        AdapterError::new(
            ErrorClass::Transient,
            format!("The connection to {server} broke before the answer was there ({}).", innermost(error)),
        ),
    )
}

fn connect_error(error: &reqwest::Error, server: &str, setting: &str) -> AdapterError {
    let transient = |message| AdapterError::new(ErrorClass::Transient, message);
    if error.is_timeout() {
        return transient(format!("{server} could not be reached in time.")).hint(format!(
            "Check that the server runs, that a firewall lets Linkspan through, and `{setting}`."
        ));
    }
    if chain(error).any(|cause| cause.to_string().contains("dns error")) {
        return transient(format!("The name of {server} was not found (DNS)."))
            .hint(format!("Check the spelling in `{setting}`, and this machine's network."));
    }
    match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => transient(format!("{server} refused the connection."))
            .hint(format!("Check that the server runs and that `{setting}` names the right port.")),
        _ => transient(format!("No connection to {server} ({}).", innermost(error)))
            .hint(format!("Check this machine's network and `{setting}`.")),
    }
}

/// A connection that could not be encrypted. Nothing was sent.
fn tls_error(error: &rustls::Error, server: &str, host: &str, setting: &str) -> AdapterError {
    use CertificateError as Bad;
    let ask = "Ask the shop's hosting company to renew or repair the certificate.";
    match error {
        rustls::Error::InvalidCertificate(bad) => match bad {
            Bad::Expired | Bad::ExpiredContext { .. } => {
                AdapterError::config(format!("The certificate of {server} has expired.")).hint(ask)
            }
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => {
                AdapterError::config(format!("The certificate of {server} is not valid yet."))
                    .hint("Check this machine's clock first.")
            }
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => AdapterError::config(format!(
                "The certificate of {server} was made for another name than {host}."
            ))
            .hint(format!("Set `{setting}` to the name on the certificate, often the one with `www.`.")),
            // A certificate that is its own issuer comes as the second kind.
            Bad::UnknownIssuer => untrusted(server),
            other if other.to_string().contains("CaUsedAsEndEntity") => untrusted(server),
            Bad::Revoked => {
                AdapterError::config(format!("The certificate of {server} was revoked.")).hint(ask)
            }
            other => {
                AdapterError::config(format!("The certificate of {server} is not valid ({other}).")).hint(ask)
            }
        },
        rustls::Error::InvalidMessage(_) => AdapterError::config(format!("{server} does not speak https."))
            .hint(format!(
                "Check the port in `{setting}`, or whether the shop can only be reached with http://."
            )),
        rustls::Error::AlertReceived(alert) => {
            AdapterError::config(format!("{server} refused an encrypted connection ({alert:?})."))
                .hint("It may offer only versions of TLS before 1.2; ask the hosting company.")
        }
        other => AdapterError::new(
            ErrorClass::Transient,
            format!("No encrypted connection to {server} ({other})."),
        ),
    }
}

fn untrusted(server: &str) -> AdapterError {
    AdapterError::config(format!("The certificate of {server} was issued by nobody this machine trusts.")).hint(
        "If it is self-made, put the certificate of its authority among those that this machine trusts (on Debian: a .crt file \
         in /usr/local/share/ca-certificates, then `update-ca-certificates`). Otherwise the server may not send the certificates \
         in between; ask the hosting company.",
    )
}

/// The error and its causes, outermost first.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // An io::Error shows its cause's cause, not the error it wraps.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source())
    })
}

fn find<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    chain(error).find_map(|cause| cause.downcast_ref())
}

/// The last cause's text. The outer ones repeat the address with its query.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_of_a_certificate_has_its_own_sentence() {
        let sentence = |bad| {
            let error = rustls::Error::InvalidCertificate(bad);
            let error = tls_error(&error, "https://shop.example", "shop.example", "store_url");
            assert_eq!(error.class, ErrorClass::Config);
            error.to_string()
        };
        assert!(sentence(CertificateError::Expired).contains("has expired"));
        assert!(sentence(CertificateError::NotValidYet).contains("clock"));
        assert!(sentence(CertificateError::NotValidForName).contains("another name than shop.example"));
        assert!(sentence(CertificateError::UnknownIssuer).contains("nobody this machine trusts"));
    }
}
