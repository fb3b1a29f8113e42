//! Answers: bodies, error envelopes and the headers that WordPress puts around them.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::wire;

/// An answer on its way.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// On top of the common ones; a `Link` replaces the usual one.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) content_type: &'static str,
}

impl Answer {
    /// A JSON body.
    pub(crate) fn json(status: u16, body: &Value) -> Answer {
        let mut bytes = Vec::with_capacity(4096);
        wire::write(body, &mut bytes);
        Answer { status, headers: vec![], body: bytes, content_type: "application/json; charset=UTF-8" }
    }

    /// The usual envelope: code, message, data with the status.
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Answer {
        Answer::json(status, &json!({ "code": code, "message": message, "data": { "status": status } }))
    }

    /// An HTML page.
    pub(crate) fn html(status: u16, page: &str) -> Answer {
        Answer {
            status,
            headers: vec![],
            body: page.as_bytes().to_vec(),
            content_type: "text/html; charset=UTF-8",
        }
    }

    /// Adds a header.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }

    /// The error of an error answer, as batch answers carry it.
    pub(crate) fn envelope(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The answer with the headers that every REST answer has.
    pub(crate) fn into_response(self, site: &str) -> Response<Body> {
        let link = format!("<{site}/wp-json/>; rel=\"https://api.w.org/\"");
        let own_link = self.headers.iter().any(|(name, _)| *name == "Link");
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let robots = if self.content_type.starts_with("text/html") { "" } else { "noindex" };
        let common = [
            ("Content-Type", self.content_type),
            ("X-Robots-Tag", robots),
            ("X-Content-Type-Options", "nosniff"),
            ("Access-Control-Expose-Headers", "X-WP-Total, X-WP-TotalPages, Link"),
            (
                "Access-Control-Allow-Headers",
                "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type",
            ),
        ];
        let link = (!own_link).then_some(("Link", &*link));
        let own = self.headers.iter().map(|(name, value)| (*name, &**value));
        for (name, value) in common.into_iter().chain(link).chain(own).filter(|(_, value)| !value.is_empty())
        {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// A refusal that becomes an answer.
pub(crate) type Refusal = Box<Answer>;

/// A refusal with the usual envelope.
pub(crate) fn refuse<T>(status: u16, code: &str, message: &str) -> Result<T, Refusal> {
    Err(Box::new(Answer::error(status, code, message)))
}

/// What is wrong with one parameter.
#[derive(Debug, Clone)]
pub(crate) struct BadParam {
    pub(crate) name: String,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// `data` of the detail; null for most codes.
    pub(crate) data: Value,
}

impl BadParam {
    pub(crate) fn new(name: &str, code: &'static str, message: impl Into<String>) -> BadParam {
        BadParam { name: name.to_owned(), code, message: message.into(), data: Value::Null }
    }

    /// A value of the wrong JSON type.
    pub(crate) fn wrong_type(name: &str, wanted: &str) -> BadParam {
        let message = format!("{name} is not of type {wanted}.");
        BadParam { data: json!({ "param": name }), ..BadParam::new(name, "rest_invalid_type", message) }
    }

    /// A value that is not one of those allowed; `shown` is the name in the message.
    pub(crate) fn not_in(name: &str, shown: &str, allowed: &[&str]) -> BadParam {
        let (last, others) = allowed.split_last().map_or(("", &[][..]), |(last, others)| (*last, others));
        let message = format!("{shown} is not one of {}, and {last}.", others.join(", "));
        BadParam::new(name, "rest_not_in_enum", message)
    }
}

/// All bad parameters in one answer.
pub(crate) fn invalid_params(bad: &[BadParam]) -> Refusal {
    let names: Vec<&str> = bad.iter().map(|bad| &*bad.name).collect();
    let (mut params, mut details) = (Map::new(), Map::new());
    for bad in bad {
        params.insert(bad.name.clone(), bad.message.clone().into());
        let detail = json!({ "code": bad.code, "message": bad.message, "data": bad.data });
        details.insert(bad.name.clone(), detail);
    }
    let message = format!("Invalid parameter(s): {}", names.join(", "));
    let data = json!({ "status": 400, "params": params, "details": details });
    Box::new(Answer::json(400, &json!({ "code": "rest_invalid_param", "message": message, "data": data })))
}

/// No route of this path and method.
pub(crate) fn no_route() -> Refusal {
    let message = "No route was found matching the URL and request method.";
    Box::new(Answer::error(404, "rest_no_route", message))
}
