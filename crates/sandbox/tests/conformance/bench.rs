//! The Odoo under test, and how the checks talk to it: plain HTTP, no client library of ours in between.

use std::sync::atomic::{AtomicU32, Ordering};

use sandbox::odoo::{Odoo, OdooSpec, RunningOdoo, Series};
use serde_json::{Map, Value as Json, json};

/// A user's login and password or API key.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) login: String,
    pub(crate) secret: String,
}

/// One Odoo under test.
pub(crate) struct Bench {
    pub(crate) url: String,
    pub(crate) database: String,
    pub(crate) series: u8,
    /// Administrator of sales, may manage products.
    pub(crate) manager: Credentials,
    /// May create taxes; the manager of the stand-in's spec may not.
    pub(crate) admin: Option<Credentials>,
    /// A plain salesperson, if there is one.
    pub(crate) plain: Option<Credentials>,
    /// An API key of the manager, if there is one.
    pub(crate) api_key: Option<String>,
    pub(crate) http: reqwest::Client,
    /// The stand-in, unless a real Odoo is tested.
    pub(crate) stand_in: Option<RunningOdoo>,
    run: u32,
    counter: AtomicU32,
}

/// What a call gave: its result, or the `data` of its error.
pub(crate) type Called = Result<Json, Json>;

impl Bench {
    /// The stand-in for a series.
    pub(crate) async fn stand_in(series: Series) -> Bench {
        Bench::of_spec(OdooSpec::new(series)).await
    }

    /// The stand-in of a spec with the usual three users.
    pub(crate) async fn of_spec(spec: OdooSpec) -> Bench {
        let odoo = Odoo::start(spec.clone(), 0).await.expect("a free port");
        let credentials = |place: usize| Credentials {
            login: spec.users[place].login.clone(),
            secret: spec.users[place].password.clone(),
        };
        Bench {
            url: odoo.url(),
            database: spec.database.clone(),
            series: spec.series.number(),
            manager: credentials(1),
            admin: Some(credentials(0)),
            plain: Some(credentials(2)),
            api_key: spec.users[1].api_key.clone(),
            http: http(),
            stand_in: Some(odoo),
            run: 1,
            counter: AtomicU32::new(1),
        }
    }

    /// The Odoo that the environment names, if it names one.
    pub(crate) async fn from_env() -> Option<Bench> {
        let env = |name: &str| {
            std::env::var(format!("LINKSPAN_ODOO_{name}")).ok().filter(|value| !value.is_empty())
        };
        let pair = |login: Option<String>, secret: Option<String>| {
            Some(Credentials { login: login?, secret: secret? })
        };
        let mut bench = Bench {
            url: env("URL")?.trim_end_matches('/').to_owned(),
            database: env("DB")?,
            series: 0,
            manager: pair(env("LOGIN"), env("SECRET"))?,
            admin: pair(env("ADMIN_LOGIN"), env("ADMIN_SECRET")),
            plain: pair(env("PLAIN_LOGIN"), env("PLAIN_SECRET")),
            api_key: env("API_KEY"),
            http: http(),
            stand_in: None,
            run: std::process::id(),
            counter: AtomicU32::new(1),
        };
        let version =
            bench.service("common", "version", json!([])).await.expect("the version of the Odoo under test");
        bench.series = version["server_version_info"][0].as_u64().expect("the number of the series") as u8;
        Some(bench)
    }

    /// A text that no other record has.
    pub(crate) fn unique(&self, word: &str) -> String {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        format!("{word}-{}-{number}", self.run)
    }

    pub(crate) async fn post(&self, path: &str, body: &Json) -> reqwest::Response {
        self.http.post(format!("{}{path}", self.url)).json(body).send().await.expect("an answer")
    }

    /// Posts a JSON-RPC envelope and takes the answer out of its own.
    pub(crate) async fn rpc(&self, path: &str, params: Json) -> Called {
        let body = json!({ "jsonrpc": "2.0", "method": "call", "id": 7, "params": params });
        let answer: Json = self.post(path, &body).await.json().await.expect("a JSON answer");
        match answer.get("error") {
            Some(error) => Err(error["data"].clone()),
            None => Ok(answer.get("result").cloned().unwrap_or(Json::Null)),
        }
    }

    pub(crate) async fn service(&self, service: &str, method: &str, args: Json) -> Called {
        self.rpc("/jsonrpc", json!({ "service": service, "method": method, "args": args })).await
    }

    /// Signs in over `/jsonrpc`.
    pub(crate) async fn user(&self, credentials: &Credentials) -> Caller<'_> {
        let args = json!([self.database, credentials.login, credentials.secret, {}]);
        let uid = self.service("common", "authenticate", args).await.expect("a sign-in");
        let uid = uid.as_u64().unwrap_or_else(|| panic!("{} can not sign in: {uid}", credentials.login));
        Caller { bench: self, uid, secret: credentials.secret.clone() }
    }

    pub(crate) async fn manager(&self) -> Caller<'_> {
        self.user(&self.manager).await
    }

    /// Somebody who may create taxes: the administrator, or a manager who may do it all.
    pub(crate) async fn administrator(&self) -> Result<Caller<'_>, String> {
        Ok(self.user(self.admin.as_ref().unwrap_or(&self.manager)).await)
    }
}

fn http() -> reqwest::Client {
    // Only an error if another check was faster.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().cookie_store(true).build().expect("an HTTP client")
}

/// A signed-in user who calls methods over `/jsonrpc`.
pub(crate) struct Caller<'a> {
    pub(crate) bench: &'a Bench,
    pub(crate) uid: u64,
    pub(crate) secret: String,
}

impl Caller<'_> {
    pub(crate) async fn call(&self, model: &str, method: &str, args: Json, kwargs: Json) -> Called {
        let args = json!([self.bench.database, self.uid, self.secret, model, method, args, kwargs]);
        self.bench.service("object", "execute_kw", args).await
    }

    /// A call that has to go well.
    pub(crate) async fn get(
        &self,
        model: &str,
        method: &str,
        args: Json,
        kwargs: Json,
    ) -> Result<Json, String> {
        let called = self.call(model, method, args, kwargs).await;
        called.map_err(|error| format!("{model}.{method}: {} {}", error["name"], error["message"]))
    }

    /// A call that has to fail; its error's data.
    pub(crate) async fn fail(
        &self,
        model: &str,
        method: &str,
        args: Json,
        kwargs: Json,
    ) -> Result<Json, String> {
        match self.call(model, method, args, kwargs).await {
            Ok(result) => Err(format!("{model}.{method} went well: {result}")),
            Err(error) => Ok(error),
        }
    }

    pub(crate) async fn create(&self, model: &str, values: Json) -> Result<u64, String> {
        let id = self.get(model, "create", json!([values]), json!({})).await?;
        id.as_u64().ok_or_else(|| format!("{model}.create gave {id}"))
    }

    /// One record with the named fields.
    pub(crate) async fn read(
        &self,
        model: &str,
        id: u64,
        fields: &[&str],
    ) -> Result<Map<String, Json>, String> {
        let records = self.get(model, "read", json!([[id]]), json!({ "fields": fields })).await?;
        records[0].as_object().cloned().ok_or_else(|| format!("{model}.read gave {records}"))
    }

    /// Loads rows; the answer as it is.
    pub(crate) async fn load(&self, model: &str, fields: &[&str], rows: Json) -> Result<Json, String> {
        self.get(model, "load", json!([fields, rows]), json!({})).await
    }

    /// Loads rows that have to go in without a message; their ids.
    pub(crate) async fn loaded(&self, model: &str, fields: &[&str], rows: Json) -> Result<Vec<u64>, String> {
        let answer = self.load(model, fields, rows).await?;
        match (answer["ids"].as_array(), answer["messages"].as_array()) {
            (Some(ids), Some(messages)) if messages.is_empty() => {
                Ok(ids.iter().filter_map(Json::as_u64).collect())
            }
            _ => Err(format!("{model}.load: {answer}")),
        }
    }
}

/// Two values that have to be equal.
pub(crate) fn same(found: &Json, expected: Json) -> Result<(), String> {
    if *found == expected { Ok(()) } else { Err(format!("{found} instead of {expected}")) }
}
