//! An Odoo that logs in as the real ones do and leaves model calls to the test. The envelopes are those recorded
//! from 16.0, 18.0 and 19.0; `live.rs` holds the same claims against a real server.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use odoo_rpc::{Client, Config, Protocol};
use serde_json::{Value, json};

use crate::server::{Reply, Request, Server};

pub(crate) const PASSWORD: &str = "correct horse";
pub(crate) const KEY: &str = "00112233445566778899aabbccddeeff00112233";
pub(crate) const LOGIN: &str = "bot@example.com";
pub(crate) const UID: i64 = 7;

/// A model call, whatever the protocol.
#[derive(Debug, Clone)]
pub(crate) struct ModelCall {
    pub(crate) model: String,
    pub(crate) method: String,
    pub(crate) args: Value,
    pub(crate) kwargs: Value,
    /// 0 for the first model call of the test.
    pub(crate) number: usize,
}

/// How a model call ends.
pub(crate) enum Outcome {
    Value(Value),
    /// Python returned `None`.
    None,
    /// Exception class and text.
    Raises(&'static str, &'static str),
    Raw(Reply),
}

/// Starts an Odoo of this major version; `calls` answers what comes after the login.
pub(crate) async fn start(
    major: u32,
    calls: impl Fn(&ModelCall) -> Outcome + Send + Sync + 'static,
) -> Server {
    let odoo =
        Odoo { major, calls: Box::new(calls), numbers: AtomicUsize::new(0), live_session: Mutex::new(0) };
    Server::start(move |request| odoo.answer(request)).await
}

/// A configuration for the server, without waiting for a slow default.
pub(crate) fn config(server: &Server, secret: &str) -> Config {
    Config::new(server.url().parse().unwrap(), "shop", LOGIN, secret.into())
}

/// Connects over this protocol with the secret that fits it.
pub(crate) async fn connect(server: &Server, protocol: Protocol) -> Client {
    let secret = if protocol == Protocol::Session { PASSWORD } else { KEY };
    Client::connect(Config { protocol: Some(protocol), ..config(server, secret) }).await.unwrap()
}

struct Odoo {
    major: u32,
    calls: Box<dyn Fn(&ModelCall) -> Outcome + Send + Sync>,
    numbers: AtomicUsize,
    /// Number of the session that is valid; logging in starts the next.
    live_session: Mutex<u32>,
}

impl Odoo {
    fn answer(&self, request: &Request) -> Reply {
        let body = request.json();
        let params = &body["params"];
        match request.path.as_str() {
            "/jsonrpc" if params["service"] == "common" && params["method"] == "version" => {
                Reply::json(&json!({"jsonrpc": "2.0", "id": 1, "result": version(self.major)}))
            }
            "/jsonrpc" if params["service"] == "common" => {
                let uid = json!(if is_user(&params["args"]) { json!(UID) } else { json!(false) });
                Reply::json(&json!({"jsonrpc": "2.0", "id": 1, "result": uid}))
            }
            "/jsonrpc" => self.in_json_rpc(self.run(
                &params["args"][3],
                &params["args"][4],
                &params["args"][5],
                &params["args"][6],
            )),
            "/web/session/authenticate" => self.open_session(params),
            "/web/dataset/call_kw" => self.call_in_session(request, params),
            "/xmlrpc/2/common" if request.body.contains("<methodName>version<") => Reply::xml(
                "<params><param><value><struct><member><name>server_version</name>\
                 <value><string>18.0</string></value></member></struct></value></param></params>",
            ),
            "/xmlrpc/2/common" => {
                let known = request.body.contains(KEY) || request.body.contains(PASSWORD);
                let uid = if known { format!("<int>{UID}</int>") } else { "<boolean>0</boolean>".to_owned() };
                Reply::xml(&format!("<params>\n<param>\n<value>{uid}</value>\n</param>\n</params>"))
            }
            "/xmlrpc/2/object" => in_xml_rpc(self.run_xml(&request.body)),
            path if path.starts_with("/json/2/") && self.major >= 19 => self.json2(path, request, &body),
            _ => Reply::html(404, "404 Not Found"),
        }
    }

    fn run(&self, model: &Value, method: &Value, args: &Value, kwargs: &Value) -> Outcome {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let number = self.numbers.fetch_add(1, Ordering::SeqCst);
        (self.calls)(&ModelCall {
            model: text(model),
            method: text(method),
            args: args.clone(),
            kwargs: kwargs.clone(),
            number,
        })
    }

    fn run_xml(&self, body: &str) -> Outcome {
        let call = dxr::MethodCall::from_xml(body).unwrap();
        let text = |index: usize| match call.params.get(index) {
            Some(dxr::Value::String(text)) => json!(text),
            _ => Value::Null,
        };
        self.run(&text(3), &text(4), &Value::Null, &Value::Null)
    }

    fn open_session(&self, params: &Value) -> Reply {
        if params["db"] != "shop" {
            return self.in_json_rpc(Outcome::Raises("odoo.exceptions.AccessError", "Database not found."));
        }
        // An API key opens no session.
        if params["password"] != PASSWORD {
            return self.in_json_rpc(Outcome::Raises("odoo.exceptions.AccessDenied", "Access Denied"));
        }
        let mut live = self.live_session.lock().unwrap();
        *live += 1;
        Reply::json(&json!({"jsonrpc": "2.0", "id": 1, "result": {"uid": UID, "db": "shop"}})).with(
            "Set-Cookie",
            &format!("session_id={}; Expires=Sat, 28 Nov 2099; HttpOnly; Path=/", cookie(*live)),
        )
    }

    fn call_in_session(&self, request: &Request, params: &Value) -> Reply {
        let live = *self.live_session.lock().unwrap();
        if live == 0 || request.header("cookie") != Some(&format!("session_id={}", cookie(live))) {
            return expired();
        }
        let outcome = self.run(&params["model"], &params["method"], &params["args"], &params["kwargs"]);
        if matches!(outcome, Outcome::Raises("odoo.http.SessionExpiredException", _)) {
            *self.live_session.lock().unwrap() = 0;
            return expired();
        }
        self.in_json_rpc(outcome)
    }

    fn in_json_rpc(&self, outcome: Outcome) -> Reply {
        let code = if self.major >= 19 { 0 } else { 200 };
        Reply::json(&match outcome {
            Outcome::Value(value) => json!({"jsonrpc": "2.0", "id": 1, "result": value}),
            Outcome::None => json!({"jsonrpc": "2.0", "id": 1}),
            Outcome::Raises(name, message) => json!({"jsonrpc": "2.0", "id": 1, "error": {
                "code": code, "message": "Odoo Server Error",
                "data": {"name": name, "message": message, "arguments": [message], "context": {}, "debug": "Traceback"},
            }}),
            Outcome::Raw(reply) => return reply,
        })
    }

    fn json2(&self, path: &str, request: &Request, body: &Value) -> Reply {
        if request.header("authorization") != Some(&format!("bearer {KEY}")) {
            let error = json!({"name": "werkzeug.exceptions.Unauthorized", "message": "Invalid apikey"});
            return Reply::status(401, "application/json", &error.to_string())
                .with("WWW-Authenticate", "bearer");
        }
        let mut parts = path.trim_start_matches("/json/2/").split('/');
        let (model, method) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if (model, method) == ("res.users", "context_get") {
            return Reply::json(&json!({"lang": "en_US", "tz": false, "uid": UID}));
        }
        if (model, method) == ("res.users", "search_read") {
            return Reply::json(&json!([{"id": UID, "login": LOGIN}]));
        }
        match self.run(&json!(model), &json!(method), &Value::Null, body) {
            Outcome::Value(value) => Reply::json(&value),
            Outcome::None => Reply::json(&Value::Null),
            Outcome::Raises(name, message) => {
                let error = json!({"name": name, "message": message, "arguments": [message], "context": {}, "debug": ""});
                Reply::status(json2_status(name), "application/json", &error.to_string())
            }
            Outcome::Raw(reply) => reply,
        }
    }
}

fn version(major: u32) -> Value {
    json!({
        "server_version": format!("{major}.0"), "server_version_info": [major, 0, 0, "final", 0, ""],
        "server_serie": format!("{major}.0"), "protocol_version": 1,
    })
}

fn is_user(args: &Value) -> bool {
    args[0] == "shop" && args[1] == LOGIN && (args[2] == KEY || args[2] == PASSWORD)
}

/// Long and odd enough to be found in any text it leaks into.
pub(crate) fn cookie(number: u32) -> String {
    format!("sid-7f3a9c-{number}")
}

fn expired() -> Reply {
    Reply::json(&json!({"jsonrpc": "2.0", "id": 1, "error": {
        "code": 100, "message": "Odoo Session Expired",
        "data": {"name": "odoo.http.SessionExpiredException", "message": "Session expired", "debug": ""},
    }}))
}

fn json2_status(name: &str) -> u16 {
    match name {
        "odoo.exceptions.AccessError" | "odoo.exceptions.AccessDenied" => 403,
        "odoo.exceptions.MissingError" | "werkzeug.exceptions.NotFound" => 404,
        "odoo.exceptions.LockError" => 409,
        "odoo.exceptions.UserError" | "odoo.exceptions.ValidationError" => 422,
        _ => 500,
    }
}

fn in_xml_rpc(outcome: Outcome) -> Reply {
    let fault = |code: i32, text: &str| {
        dxr::FaultResponse { fault: dxr::Fault::new(code, text.to_owned()) }.to_xml().unwrap()
    };
    let xml = match outcome {
        Outcome::Value(Value::Number(number)) => {
            return Reply::xml(&format!(
                "<params><param><value><int>{number}</int></value></param></params>"
            ));
        }
        Outcome::Value(_) => {
            return Reply::xml("<params><param><value><boolean>1</boolean></value></param></params>");
        }
        Outcome::None => fault(
            1,
            "Traceback (most recent call last):\n  File \"xmlrpc.py\", line 1, in xmlrpc_2\n    response = dumps(x)\n\
             TypeError: cannot marshal None unless allow_none is enabled\n",
        ),
        Outcome::Raises("odoo.exceptions.AccessDenied", text) => fault(3, text),
        Outcome::Raises("odoo.exceptions.AccessError", text) => fault(4, text),
        Outcome::Raises(name, text)
            if name.starts_with("odoo.exceptions.") && name.ends_with("Error") && !name.contains("Lock") =>
        {
            fault(2, text)
        }
        Outcome::Raises(name, text) => {
            let name = name.trim_start_matches("builtins.");
            fault(
                1,
                &format!(
                    "Traceback (most recent call last):\n  File \"model.py\", line 1, in dispatch_rpc\n    x()\n{name}: {text}\n"
                ),
            )
        }
        Outcome::Raw(reply) => return reply,
    };
    Reply::status(200, "text/xml", &format!("<?xml version=\"1.0\"?>\n{xml}"))
}
