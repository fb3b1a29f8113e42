//! How one gets in, and the envelopes: JSON-RPC, cookie sessions, XML-RPC.

use dxr::{FaultResponse, MethodCall, MethodResponse, Value};
use serde_json::{Value as Json, json};

use crate::bench::{Bench, same};
use crate::checks;

checks![
    the_version_is_told_to_everybody,
    wrong_credentials_give_false_instead_of_an_error,
    a_wrong_database_is_an_error,
    a_wrong_secret_is_refused_at_each_call,
    an_api_key_stands_for_the_password,
    errors_have_the_envelope_of_the_series,
    a_method_without_result_has_no_result_key,
    a_body_that_is_no_json_is_a_bad_request,
    a_session_is_opened_by_password_and_carried_by_a_cookie,
    a_session_takes_no_api_key,
    a_session_needs_the_right_database_and_password,
    without_a_session_calls_have_expired,
    a_session_call_needs_args_and_kwargs,
    xmlrpc_answers_and_faults,
    other_doors_are_closed,
];

/// The whole JSON-RPC answer, with the status.
async fn envelope(bench: &Bench, path: &str, params: Json) -> (u16, Json) {
    let body = json!({ "jsonrpc": "2.0", "method": "call", "id": 5, "params": params });
    // A client of its own: no cookies of other checks.
    let answer = reqwest::Client::new().post(format!("{}{path}", bench.url)).json(&body).send().await;
    let answer = answer.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

fn object_call(bench: &Bench, uid: u64, secret: &str, model: &str, method: &str, args: Json) -> Json {
    json!({ "service": "object", "method": "execute_kw", "args": [bench.database, uid, secret, model, method, args, {}] })
}

async fn the_version_is_told_to_everybody(bench: &Bench) -> Result<(), String> {
    let version = bench.service("common", "version", json!([])).await.map_err(|error| error.to_string())?;
    same(&version["protocol_version"], json!(1))?;
    same(&version["server_serie"], json!(format!("{}.0", bench.series)))?;
    let info =
        bench.rpc("/web/webclient/version_info", json!({})).await.map_err(|error| error.to_string())?;
    same(&info["server_version_info"], version["server_version_info"].clone())?;
    let databases = bench.rpc("/web/database/list", json!({})).await.map_err(|error| error.to_string())?;
    same(&databases, json!([bench.database]))
}

async fn wrong_credentials_give_false_instead_of_an_error(bench: &Bench) -> Result<(), String> {
    for (login, secret) in [(bench.manager.login.as_str(), "wrong"), ("nobody@example.com", "wrong")] {
        for method in ["authenticate", "login"] {
            let mut args = vec![json!(bench.database), json!(login), json!(secret)];
            args.extend((method == "authenticate").then(|| json!({})));
            let found =
                bench.service("common", method, json!(args)).await.map_err(|error| error.to_string())?;
            same(&found, json!(false))?;
        }
    }
    Ok(())
}

async fn a_wrong_database_is_an_error(bench: &Bench) -> Result<(), String> {
    let args = json!(["no_such_db", bench.manager.login, bench.manager.secret, {}]);
    match bench.service("common", "authenticate", args).await {
        Ok(found) => Err(format!("signed in: {found}")),
        Err(error) => {
            same(&error["name"], json!("psycopg2.OperationalError"))?;
            let text = error["message"].as_str().unwrap_or_default();
            same(&json!(text.contains("database \"no_such_db\" does not exist")), json!(true))
        }
    }
}

async fn a_wrong_secret_is_refused_at_each_call(bench: &Bench) -> Result<(), String> {
    let uid = bench.manager().await.uid;
    let (status, answer) = envelope(
        bench,
        "/jsonrpc",
        object_call(bench, uid, "wrong", "res.partner", "search_count", json!([[]])),
    )
    .await;
    same(&json!(status), json!(200))?;
    same(&answer["error"]["data"]["name"], json!("odoo.exceptions.AccessDenied"))?;
    let (_, answer) = envelope(
        bench,
        "/jsonrpc",
        object_call(bench, 99_999, "wrong", "res.partner", "search_count", json!([[]])),
    )
    .await;
    same(&answer["error"]["data"]["name"], json!("odoo.exceptions.MissingError"))
}

async fn an_api_key_stands_for_the_password(bench: &Bench) -> Result<(), String> {
    let Some(key) = &bench.api_key else { return Ok(()) };
    let uid = bench.manager().await.uid;
    let args = json!([bench.database, bench.manager.login, key, {}]);
    let found = bench.service("common", "authenticate", args).await.map_err(|error| error.to_string())?;
    same(&found, json!(uid))?;
    let call = object_call(bench, uid, key, "res.partner", "search", json!([[["id", "=", 1]]]));
    same(&envelope(bench, "/jsonrpc", call).await.1["result"], json!([1]))
}

async fn errors_have_the_envelope_of_the_series(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let call = object_call(
        bench,
        caller.uid,
        &caller.secret,
        "res.partner",
        "write",
        json!([[99_999_999], { "name": "x" }]),
    );
    let (status, answer) = envelope(bench, "/jsonrpc", call).await;
    same(&json!([status, answer["id"], answer["jsonrpc"]]), json!([200, 5, "2.0"]))?;
    let error = &answer["error"];
    same(&error["code"], json!(if bench.series >= 19 { 0 } else { 200 }))?;
    same(&error["message"], json!("Odoo Server Error"))?;
    same(&error["data"]["arguments"][0], error["data"]["message"].clone())?;
    same(&error["data"]["context"], json!({}))?;
    same(
        &json!(error["data"]["debug"].as_str().is_some_and(|text| text.starts_with("Traceback"))),
        json!(true),
    )
}

async fn a_method_without_result_has_no_result_key(bench: &Bench) -> Result<(), String> {
    let caller = bench.manager().await;
    let call = object_call(bench, caller.uid, &caller.secret, "res.partner", "action_archive", json!([[]]));
    same(&envelope(bench, "/jsonrpc", call).await.1, json!({ "jsonrpc": "2.0", "id": 5 }))
}

async fn a_body_that_is_no_json_is_a_bad_request(bench: &Bench) -> Result<(), String> {
    let post = |body: &'static str, kind: &'static str| {
        bench.http.post(format!("{}/jsonrpc", bench.url)).header("content-type", kind).body(body).send()
    };
    let status = post("{", "application/json").await.map_err(|error| error.to_string())?.status().as_u16();
    same(&json!(status), json!(400))?;
    let status = post("{}", "text/plain").await.map_err(|error| error.to_string())?.status().as_u16();
    same(&json!(status), json!(if bench.series >= 19 { 415 } else { 400 }))
}

/// Signs in with a client of its own.
async fn session(bench: &Bench, secret: &str, database: &str) -> (reqwest::Client, Json) {
    let client = reqwest::Client::builder().cookie_store(true).build().expect("a client");
    let params = json!({ "db": database, "login": bench.manager.login, "password": secret });
    let answer = post(&client, bench, "/web/session/authenticate", params).await;
    (client, answer)
}

async fn post(client: &reqwest::Client, bench: &Bench, path: &str, params: Json) -> Json {
    let body = json!({ "jsonrpc": "2.0", "method": "call", "id": 5, "params": params });
    let answer = client.post(format!("{}{path}", bench.url)).json(&body).send().await.expect("an answer");
    answer.json().await.expect("JSON")
}

async fn a_session_is_opened_by_password_and_carried_by_a_cookie(bench: &Bench) -> Result<(), String> {
    let (client, opened) = session(bench, &bench.manager.secret, &bench.database).await;
    let uid = bench.manager().await.uid;
    same(&json!([opened["result"]["uid"], opened["result"]["db"]]), json!([uid, bench.database]))?;
    same(&opened["result"]["user_context"]["uid"], json!(uid))?;
    same(&opened["result"]["user_companies"]["current_company"], json!(1))?;
    for path in ["/web/dataset/call_kw", "/web/dataset/call_kw/res.partner/search"] {
        let call =
            json!({ "model": "res.partner", "method": "search", "args": [[["id", "=", 1]]], "kwargs": {} });
        same(&post(&client, bench, path, call).await["result"], json!([1]))?;
    }
    let info = post(&client, bench, "/web/session/get_session_info", json!({})).await;
    same(&info["result"]["uid"], json!(uid))?;
    let unknown = json!({ "model": "zzz", "method": "search", "args": [[]], "kwargs": {} });
    let error = post(&client, bench, "/web/dataset/call_kw", unknown).await["error"].clone();
    same(&json!(error["code"] == 404), json!(bench.series >= 18))?;
    post(&client, bench, "/web/session/destroy", json!({})).await;
    let call = json!({ "model": "res.partner", "method": "search", "args": [[]], "kwargs": {} });
    same(&post(&client, bench, "/web/dataset/call_kw", call).await["error"]["code"], json!(100))
}

async fn a_session_takes_no_api_key(bench: &Bench) -> Result<(), String> {
    let Some(key) = &bench.api_key else { return Ok(()) };
    let (_, answer) = session(bench, key, &bench.database).await;
    same(&answer["error"]["data"]["name"], json!("odoo.exceptions.AccessDenied"))
}

async fn a_session_needs_the_right_database_and_password(bench: &Bench) -> Result<(), String> {
    let (_, answer) = session(bench, "wrong", &bench.database).await;
    same(&answer["error"]["data"]["name"], json!("odoo.exceptions.AccessDenied"))?;
    let (_, answer) = session(bench, &bench.manager.secret, "no_such_db").await;
    let data = &answer["error"]["data"];
    same(
        &json!([data["name"], data["message"]]),
        json!(["odoo.exceptions.AccessError", "Database not found."]),
    )
}

async fn without_a_session_calls_have_expired(bench: &Bench) -> Result<(), String> {
    let call = json!({ "model": "res.partner", "method": "search", "args": [[]], "kwargs": {} });
    let (status, answer) = envelope(bench, "/web/dataset/call_kw", call).await;
    let error = &answer["error"];
    same(&json!([status, error["code"], error["message"]]), json!([200, 100, "Odoo Session Expired"]))?;
    same(&error["data"]["name"], json!("odoo.http.SessionExpiredException"))?;
    same(&answer["id"], Json::Null)
}

async fn a_session_call_needs_args_and_kwargs(bench: &Bench) -> Result<(), String> {
    let (client, _) = session(bench, &bench.manager.secret, &bench.database).await;
    let call = json!({ "model": "res.partner", "method": "search", "args": [[]] });
    let answer = post(&client, bench, "/web/dataset/call_kw", call).await;
    let text = "DataSet.call_kw() missing 1 required positional argument: 'kwargs'";
    same(&answer["error"]["data"]["message"], json!(text))
}

/// One XML-RPC call: a value, or code and text of a fault.
async fn xmlrpc(bench: &Bench, path: &str, name: &str, params: Vec<Value>) -> Result<Value, (i32, String)> {
    let call = MethodCall { name: name.into(), params }.to_xml().expect("XML");
    let request = bench
        .http
        .post(format!("{}/xmlrpc/2/{path}", bench.url))
        .header("content-type", "text/xml")
        .body(call);
    let answer = request.send().await.expect("an answer").text().await.expect("text");
    match MethodResponse::from_xml(&answer) {
        Ok(response) => Ok(response.value),
        Err(_) => {
            let fault =
                FaultResponse::from_xml(&answer).unwrap_or_else(|error| panic!("{error}: {answer}")).fault;
            Err((fault.code(), fault.string().to_owned()))
        }
    }
}

fn text(value: &str) -> Value {
    Value::String(value.to_owned())
}

async fn xmlrpc_answers_and_faults(bench: &Bench) -> Result<(), String> {
    let manager = &bench.manager;
    let sign_in = |secret: &str| {
        vec![text(&bench.database), text(&manager.login), text(secret), Value::Struct([].into())]
    };
    let Ok(Value::Integer(uid)) = xmlrpc(bench, "common", "authenticate", sign_in(&manager.secret)).await
    else {
        return Err("no sign-in".to_owned());
    };
    let wrong = xmlrpc(bench, "common", "authenticate", sign_in("wrong")).await;
    same(&json!(wrong == Ok(Value::Boolean(false))), json!(true))?;
    let call = |secret: &str, model: &str, method: &str, args: Vec<Value>| {
        let head = [text(&bench.database), Value::Integer(uid), text(secret), text(model), text(method)];
        xmlrpc(bench, "object", "execute_kw", head.into_iter().chain([Value::Array(args)]).collect())
    };
    let name = Value::Struct([("name".to_owned(), text("Ünï <&> اسم"))].into());
    let Ok(created) = call(&manager.secret, "res.partner", "create", vec![name]).await else {
        return Err("nothing was created".to_owned());
    };
    let fields = Value::Array(vec![text("name"), text("country_id")]);
    let read =
        call(&manager.secret, "res.partner", "read", vec![Value::Array(vec![created.clone()]), fields]).await;
    let expected = Value::Struct(
        [
            ("id".to_owned(), created),
            ("name".to_owned(), text("Ünï <&> اسم")),
            ("country_id".to_owned(), Value::Boolean(false)),
        ]
        .into(),
    );
    same(&json!(read == Ok(Value::Array(vec![expected]))), json!(true))?;
    let gone = || Value::Array(vec![Value::Integer(99_999_999)]);
    let empty = || Value::Struct([].into());
    let cases = [
        (2, call(&manager.secret, "res.partner", "unlink", vec![gone()]).await, "Record does not exist"),
        (2, call(&manager.secret, "res.partner", "create", vec![empty()]).await, "Contacts require a name"),
        (3, call("wrong", "res.partner", "search", vec![Value::Array(vec![])]).await, "Access Denied"),
        (4, call(&manager.secret, "ir.model.data", "create", vec![empty()]).await, "not allowed"),
        (1, call(&manager.secret, "res.partner", "zzz", vec![gone()]).await, "AttributeError"),
        (
            1,
            call(&manager.secret, "res.partner", "action_archive", vec![Value::Array(vec![])]).await,
            "cannot marshal None",
        ),
    ];
    for (code, outcome, words) in cases {
        let (found, text) = outcome.err().ok_or_else(|| format!("no fault with {words}"))?;
        same(&json!([found, text.contains(words)]), json!([code, true]))
            .map_err(|why| format!("{words}: {why} {text}"))?;
    }
    Ok(())
}

async fn other_doors_are_closed(bench: &Bench) -> Result<(), String> {
    for path in ["/nope/x", "/web/nope"] {
        same(&json!(bench.post(path, &json!({})).await.status().as_u16()), json!(404))?;
    }
    let version = bench
        .http
        .get(format!("{}/web/version", bench.url))
        .send()
        .await
        .map_err(|error| error.to_string())?;
    same(&json!(version.status().as_u16()), json!(if bench.series >= 19 { 200 } else { 404 }))?;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
    let client = client.map_err(|error| error.to_string())?;
    let json2 = client
        .post(format!("{}/json/2/res.partner/search", bench.url))
        .json(&json!({ "domain": [] }))
        .send()
        .await;
    let status = json2.map_err(|error| error.to_string())?.status().as_u16();
    let expected = match bench.series {
        16 | 17 => 404,
        // To the sign-in page.
        18 => 303,
        _ => 401,
    };
    same(&json!(status), json!(expected))
}
