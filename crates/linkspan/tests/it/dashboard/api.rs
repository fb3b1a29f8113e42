//! The admin API: what it answers, what it refuses, and whether its description is true.

use std::collections::BTreeSet;

use linkspan::dashboard::Access;
use linkspan::dashboard::api::{BASE, Endpoint, description, endpoints};
use linkspan::operations::Operator;
use linkspan::store::{JobKind, NewJob, RecordKey, Role};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::site::{Site, shop};
use crate::store::{TestStore, batch, binding, dead_letter};

struct Program {
    client: Client,
    base: String,
    token: String,
}

impl Program {
    async fn new(site: &Site, role: Role) -> Program {
        let token = Operator::new(site.store(), "test").add_token(role.text(), role).await.unwrap().token;
        Program {
            client: Client::new(),
            base: format!("{}{BASE}", site.address),
            token: token.expose_secret().to_owned(),
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token)
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.unwrap()
    }

    /// Status and body of a request with a JSON body.
    async fn send(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let answer = self.request(method, path).json(&body).send().await.unwrap();
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        let status = answer.status();
        let expected = if status.is_success() { "application/json" } else { "application/problem+json" };
        assert_eq!(kind, expected, "{path}");
        (status, answer.json().await.unwrap())
    }
}

/// A site where every list has something.
async fn filled() -> Site {
    let site = Site::with(TestStore::sqlite().await, vec![shop()]).await;
    site.store().commit_batch(batch(vec![binding("7", 145)])).await.unwrap();
    site.refuse("order", dead_letter("1042")).await;
    site.store().enqueue(&[NewJob::new("shop", JobKind::Import, "order", "1042")]).await.unwrap();
    site.store().raise_alert("a", "shop", "Something is wrong.").await.unwrap();
    let delivery = linkspan::store::NewDelivery {
        backend: "shop".to_owned(),
        delivery: Some("d1".to_owned()),
        fingerprint: "f".to_owned(),
        topic: "order.created".to_owned(),
        records: vec![RecordKey { entity: "order".to_owned(), external_id: "1042".to_owned() }],
        state: linkspan::store::DeliveryState::Queued,
        message: None,
        headers: "{}".to_owned(),
        body: "{}".to_owned(),
        body_encoding: linkspan::store::BodyEncoding::Text,
        correlation: "c".to_owned(),
        received_at: 1,
    };
    site.store().receive(&[delivery]).await.unwrap();
    site
}

fn filled_path(endpoint: &Endpoint) -> String {
    let path = endpoint.path.replace("{id}", "1").replace("{backend}", "shop").replace("{entity}", "order");
    let path =
        path.replace("{record}", "1042").replace("{direction}", "in").replace("{channel}", "shop%3Ain");
    if path == "/search" { format!("{path}?q=1042") } else { path }
}

#[tokio::test]
async fn every_answer_is_as_the_description_says() {
    let site = filled().await;
    let program = Program::new(&site, Role::Operator).await;
    let description = program.get("/openapi.json").await;
    let mut seen = 0;
    for endpoint in endpoints().iter().filter(|endpoint| endpoint.method == Method::GET) {
        let path = &description["paths"][format!("{BASE}{}", endpoint.path)]["get"];
        let schema = &path["responses"]["200"]["content"]["application/json"]["schema"];
        let answer = program.get(&filled_path(endpoint)).await;
        conforms(&answer, schema, &description, endpoint.path);
        for list in answer.as_object().unwrap().values().filter_map(Value::as_array) {
            seen += usize::from(!list.is_empty());
        }
    }
    assert!(seen > 12, "only {seen} lists had something in them");
}

/// A small part of JSON Schema: what the description's schemas use.
#[track_caller]
fn conforms(value: &Value, schema: &Value, root: &Value, place: &str) {
    if schema.as_bool() == Some(true) {
        return;
    }
    let object = schema.as_object().unwrap_or_else(|| panic!("{place}: no schema: {schema}"));
    if let Some(reference) = object.get("$ref") {
        let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
        let target = root.pointer(pointer).unwrap_or_else(|| panic!("{place}: {reference} leads nowhere"));
        return conforms(value, target, root, place);
    }
    if let Some(choices) = object.get("anyOf").or(object.get("oneOf")) {
        let fits = |choice: &Value| {
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| conforms(value, choice, root, place)))
                .is_ok()
        };
        assert!(choices.as_array().unwrap().iter().any(fits), "{place}: {value} is none of {choices}");
        return;
    }
    if let Some(kinds) = object.get("type") {
        let kinds: Vec<&str> = kinds.as_array().map_or_else(
            || vec![kinds.as_str().unwrap()],
            |all| all.iter().map(|one| one.as_str().unwrap()).collect(),
        );
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        assert!(kinds.contains(&kind), "{place}: {value} is no {kinds:?}");
    }
    if let Some(constant) = object.get("const") {
        assert_eq!(value, constant, "{place}");
    }
    if let Some(all) = object.get("enum").and_then(Value::as_array) {
        assert!(all.contains(value), "{place}: {value} is none of {all:?}");
    }
    if let (Some(items), Some(values)) = (object.get("items"), value.as_array()) {
        values.iter().for_each(|value| conforms(value, items, root, place));
    }
    if let (Some(properties), Some(values)) =
        (object.get("properties").and_then(Value::as_object), value.as_object())
    {
        for name in object.get("required").and_then(Value::as_array).into_iter().flatten() {
            assert!(values.contains_key(name.as_str().unwrap()), "{place}: {name} is missing");
        }
        for (name, value) in values {
            let schema = properties.get(name).unwrap_or_else(|| panic!("{place}: {name} is not described"));
            conforms(value, schema, root, &format!("{place}.{name}"));
        }
    }
}

#[test]
fn every_route_is_described_and_the_description_holds_together() {
    let description = description();
    assert_eq!(description["openapi"], "3.1.0");
    let mut names = BTreeSet::new();
    for endpoint in endpoints() {
        let path = format!("{BASE}{}", endpoint.path);
        let operation = &description["paths"][&path][endpoint.method.as_str().to_lowercase()];
        assert_eq!(operation["summary"], endpoint.summary, "{endpoint:?}");
        assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()), "{endpoint:?}");
        let parameters = operation["parameters"].as_array().unwrap();
        for part in endpoint.path.split('/').filter_map(|part| part.strip_prefix('{')) {
            let name = part.trim_end_matches('}');
            let found = parameters.iter().find(|one| one["name"] == name && one["in"] == "path");
            assert!(found.is_some_and(|one| one["required"] == true), "{endpoint:?}: {name}");
        }
        assert_eq!(operation["security"].as_array().unwrap().is_empty(), endpoint.access == Access::Anyone);
        assert!(endpoint.method != Method::GET || operation["requestBody"].is_null());
    }
    let paths = description["paths"].as_object().unwrap();
    let operations: usize = paths.values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(operations, endpoints().len());
    references(&description, &description);
    let jobs = &description["paths"][format!("{BASE}/jobs")]["get"]["parameters"];
    assert!(jobs.as_array().unwrap().len() >= 8, "{jobs}");
}

/// Every reference leads somewhere.
fn references(value: &Value, root: &Value) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, root)),
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(root.pointer(pointer).is_some(), "{reference}");
            }
            fields.values().for_each(|value| references(value, root));
        }
        _ => {}
    }
}

#[tokio::test]
async fn without_a_token_or_with_a_wrong_one_there_is_nothing() {
    let site = filled().await;
    let mut program = Program::new(&site, Role::Operator).await;
    let right = program.token.clone();
    for token in ["", "lsp_wrong", &right[..20]] {
        program.token = token.to_owned();
        for endpoint in endpoints().iter().filter(|endpoint| endpoint.access != Access::Anyone) {
            let answer =
                program.request(endpoint.method.clone(), &filled_path(endpoint)).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{endpoint:?}");
            assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        }
    }
    program.token = right;
    Operator::new(site.store(), "test").remove_token("operator").await.unwrap();
    let answer = program.request(Method::GET, "/jobs").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "a removed token");
}

#[tokio::test]
async fn a_viewers_token_cannot_act() {
    let site = filled().await;
    let program = Program::new(&site, Role::Viewer).await;
    let mut tried = 0;
    for endpoint in endpoints().iter().filter(|endpoint| endpoint.access == Access::Operator) {
        let (status, problem) =
            program.send(endpoint.method.clone(), &filled_path(endpoint), json!({})).await;
        assert_eq!((status, problem["status"].as_u64()), (StatusCode::FORBIDDEN, Some(403)), "{endpoint:?}");
        tried += 1;
    }
    assert!(tried > 15, "{tried}");
    assert!(
        endpoints()
            .iter()
            .all(|endpoint| endpoint.method == Method::GET || endpoint.access == Access::Operator)
    );
}

#[tokio::test]
async fn operations_are_the_pages_own_and_name_the_token_in_the_audit() {
    let site = filled().await;
    let program = Program::new(&site, Role::Operator).await;
    let put = |path: &'static str, body| program.send(Method::PUT, path, body);
    let post = |path: &'static str, body| program.send(Method::POST, path, body);
    assert_eq!(put("/dead-letters/1/payload", json!({"price": "2"})).await.0, StatusCode::OK);
    assert_eq!(post("/dead-letters/retry", json!({"class": "data"})).await.1, json!({"count": 1}));
    assert_eq!(post("/jobs/run", json!({"kind": "retry"})).await.1, json!({"count": 1}));
    assert_eq!(put("/backends/shop/stages/order/in", json!({"stage": "canary"})).await.0, StatusCode::OK);
    assert_eq!(put("/channels/shop%3Ain/capacity", json!({"capacity": 9})).await.0, StatusCode::OK);
    assert_eq!(
        post("/channels/shop%3Ain/pause", json!({"reason": "x", "minutes": 5})).await.0,
        StatusCode::OK
    );
    assert_eq!(post("/backends/shop/poll", json!({"entity": "order"})).await.1, json!({"count": 1}));
    let audit = program.get("/audit?actor=token%20operator").await;
    let actions: Vec<&str> = audit["audit"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    let expected = [
        "dead_letter.edit",
        "dead_letter.retry",
        "job.run",
        "stage.set",
        "channel.resize",
        "channel.pause",
        "backend.poll",
    ];
    assert_eq!(actions, expected);
}

#[tokio::test]
async fn a_conflict_is_decided_once_and_what_is_none_is_told() {
    let site = filled().await;
    let id = site.disagree("8").await;
    let program = Program::new(&site, Role::Operator).await;
    let decide = |id: i64, side: &str| {
        let (path, body) = (format!("/dead-letters/{id}/decide"), json!({ "side": side }));
        let program = &program;
        async move { program.send(Method::POST, &path, body).await }
    };
    for _ in 0..2 {
        assert_eq!(decide(id, "external").await, (StatusCode::OK, json!({ "count": 1 })));
    }
    let jobs = program.get("/jobs?kind=decision").await;
    assert_eq!(jobs["jobs"].as_array().unwrap().len(), 1, "{jobs}");
    assert_eq!(
        program.get("/audit").await["audit"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| entry["action"] == "dead_letter.decide")
            .count(),
        1
    );
    for (id, side, status, said) in [
        (id, "odoo", 422, "was decided the other way already: cancel job"),
        (id, "both", 422, "both"),
        (1, "odoo", 422, "is no open conflict"),
        (99, "odoo", 404, "there is no dead letter 99"),
    ] {
        let (found, problem) = decide(id, side).await;
        assert_eq!(found.as_u16(), status, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{problem}");
    }
    Operator::new(site.store(), "test").dismiss(id).await.unwrap();
    let (found, problem) = decide(id, "external").await;
    assert_eq!(found, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem["detail"].as_str().unwrap().contains("no open conflict: it is dismissed"), "{problem}");
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_with_a_reason() {
    let site = filled().await;
    let program = Program::new(&site, Role::Operator).await;
    for (method, path, body, status, said) in [
        (Method::POST, "/dead-letters/dismiss", json!({}), 422, "at least one filter"),
        (Method::POST, "/dead-letters/dismiss", json!({"text": " "}), 422, "at least one filter"),
        (Method::POST, "/dead-letters/dismiss", json!({"clas": "data"}), 422, "clas"),
        (Method::POST, "/jobs/cancel", json!({"all": true, "backend": "shop"}), 422, "at least one filter"),
        (Method::PUT, "/dead-letters/1/payload", json!([1]), 422, "begins with `{`"),
        (Method::PUT, "/channels/shop%3Ain/capacity", json!({"capacity": 0}), 422, "pause it"),
        (Method::PUT, "/backends/shop/stages/order/out", json!({"stage": "on"}), 422, "cannot be exported"),
        (Method::PUT, "/backends/shop/stages/product/in", json!({"stage": "canary"}), 422, "canary = { expr"),
        (Method::PUT, "/backends/shop/stages/product/out", json!({"stage": "canary"}), 422, "canary_out = {"),
        (Method::PUT, "/backends/shop/stages/order/sideways", json!({"stage": "on"}), 400, "sideways"),
        (Method::POST, "/dead-letters/99/retry", json!({}), 404, "there is no dead letter 99"),
        (Method::GET, "/jobs/x", json!({}), 400, "x"),
        (Method::GET, "/jobs?stat=waiting", json!({}), 400, "stat"),
        (Method::POST, "/channels/shop%3Ain/pause", json!({"minutes": 0}), 422, "1 to 10080 minutes"),
        (Method::POST, "/channels/shop%3Ain/pause", json!({"minutes": 20_000}), 422, "1 to 10080 minutes"),
        (Method::GET, "/jobs?backend=shp", json!({}), 404, "no backend shp. The configuration has shop"),
        (Method::GET, "/events?backend=shop&entity=ordr", json!({}), 404, "no ordr in a backend shop"),
        (Method::GET, "/deliveries?entity=ordr", json!({}), 404, "Did you mean `order`?"),
        (Method::GET, "/deliveries?state=lost", json!({}), 400, "`unreadable`"),
        (Method::GET, "/dead-letters?class=date", json!({}), 400, "missing_dependency"),
        (Method::POST, "/dead-letters/retry", json!({"entity": "ordr"}), 404, "Did you mean `order`?"),
        (Method::GET, "/nothing", json!({}), 404, "There is no /api/v1/nothing; /api/v1/openapi.json"),
        (Method::DELETE, "/jobs/1", json!({}), 405, "/api/v1/jobs/1 does not take DELETE"),
        (Method::POST, "/openapi.json", json!({}), 405, "does not take POST"),
    ] {
        let (found, problem) = program.send(method, path, body).await;
        assert_eq!(found.as_u16(), status, "{path}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{path}: {problem}");
    }
    let broken = program.request(Method::POST, "/jobs/cancel").body("{\"all\": tru").send().await.unwrap();
    assert_eq!(broken.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.store().list_dead_letters(Default::default()).await.unwrap()[0].state.text(), "open");
}

/// What left the definition can still be found and dismissed.
#[tokio::test]
async fn a_filter_that_finds_something_may_name_what_the_configuration_has_no_more() {
    let site = filled().await;
    site.refuse("coupon", dead_letter("9")).await;
    let program = Program::new(&site, Role::Operator).await;
    let found = program.get("/dead-letters?entity=coupon").await;
    assert_eq!(found["dead_letters"][0]["external_id"], "9", "{found}");
    let (status, done) =
        program.send(Method::POST, "/dead-letters/dismiss", json!({"entity": "coupon"})).await;
    assert_eq!((status, &done["count"]), (StatusCode::OK, &json!(1)), "{done}");
}

#[tokio::test]
async fn an_edited_record_keeps_every_digit() {
    let site = filled().await;
    let program = Program::new(&site, Role::Operator).await;
    let record = r#"{"id": 1042, "total": 12345678901234567890.12345}"#;
    let put = program.request(Method::PUT, "/dead-letters/1/payload").body(record).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::OK);
    let kept = site.store().dead_letter(1).await.unwrap().unwrap().payload;
    assert_eq!(kept.as_deref(), Some(record));
}

#[tokio::test]
async fn a_wrong_method_is_told_which_one_is_right_once_it_is_known_who_asks() {
    let site = filled().await;
    let mut program = Program::new(&site, Role::Operator).await;
    let answer = program.request(Method::DELETE, "/dead-letters/1/retry").send().await.unwrap();
    assert_eq!(
        (answer.status(), &answer.headers()["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"POST".parse().unwrap())
    );
    program.token = "lsp_wrong".to_owned();
    let answer = program.request(Method::DELETE, "/dead-letters/1/retry").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_record_of_some_mebibytes_is_taken_and_a_larger_one_is_too_large() {
    let site = filled().await;
    let program = Program::new(&site, Role::Operator).await;
    let put =
        |bytes: usize| program.send(Method::PUT, "/dead-letters/1/payload", json!({"a": "x".repeat(bytes)}));
    assert_eq!(put(3 << 20).await.0, StatusCode::OK);
    let (status, problem) = put(8 << 20).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("Nothing was done"), "{problem}");
}

#[tokio::test]
async fn a_browsers_session_needs_its_csrf_token_here_too() {
    let site = filled().await;
    let ada = site.signed_in("ada").await;
    let path = format!("{BASE}/dead-letters/1/dismiss");
    assert_eq!(ada.get(&format!("{BASE}/jobs")).await.status(), StatusCode::OK);
    assert_eq!(ada.request(Method::POST, &path).send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let own = ada.request(Method::POST, &path).header("x-csrf-token", &ada.csrf);
    assert_eq!(own.send().await.unwrap().status(), StatusCode::OK);
}
