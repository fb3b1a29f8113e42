//! Lists and records that are asked for with a body or a header: searches, GraphQL, `If-Modified-Since`; and lists that say
//! in their own way how they go on.

use std::sync::atomic::{AtomicUsize, Ordering};

use linkspan::adapter::{Adapter, AdapterError, Param};
use linkspan::definition::model::ErrorClass;
use pyexpr::Json;
use serde_json::{Value, json as value};

use super::shop::{Asked, BASIC, Shop, adapter, answer, json};

async fn ids(adapter: &Adapter, params: Vec<Param>) -> Result<Vec<String>, AdapterError> {
    let mut walk = adapter.list("list", params, None);
    let mut ids = Vec::new();
    while let Some(page) = walk.next().await? {
        let records = page.records()?;
        ids.extend(records.iter().map(|record| match record.get("id") {
            Some(Json::Str(id)) => id.to_string(),
            other => other.expect("an id").to_string(),
        }));
    }
    Ok(ids)
}

fn body(asked: &Asked) -> Value {
    serde_json::from_str(&asked.body).unwrap_or(Value::Null)
}

fn list(method: &str, rest: &str) -> String {
    format!("{BASIC}\n[operations.list]\nmethod = '{method}'\npath = '/items'\nrepeat = 'safe'\n{rest}\n")
}

/// As HubSpot searches: what changed, sorted, with the cursor in the body; numbers are numbers.
#[tokio::test]
async fn a_search_has_its_parameters_in_the_body() {
    let shop = Shop::start(|asked| {
        let page = match body(asked)["after"].as_str() {
            None => {
                value!({ "results": [{ "id": "1" }, { "id": "2" }], "paging": { "next": { "after": "2" } } })
            }
            Some("2") => value!({ "results": [{ "id": "3" }] }),
            other => panic!("{other:?}"),
        };
        json(page.to_string())
    })
    .await;
    let search = list(
        "POST",
        "records = 'results'\nparams_in = 'body'\n\
         body = { filterGroups = [{ filters = [{ propertyName = 'changed', operator = 'GTE' }] }] }\n\
         paginate = { kind = 'cursor', param = 'after', next = 'paging.next.after', size_param = 'limit', size = 2 }",
    );
    let adapter = adapter(&shop.url(), &search);
    let since = Param::new("filterGroups[0].filters[0].value", 1_793_000_000_000_i64);
    assert_eq!(ids(&adapter, vec![since]).await.expect("a list"), ["1", "2", "3"]);
    let asked = shop.asked();
    assert_eq!(shop.targets(), ["/api/items", "/api/items"]);
    let filter = value!({ "propertyName": "changed", "operator": "GTE", "value": 1_793_000_000_000_i64 });
    assert_eq!(body(&asked[0]), value!({ "filterGroups": [{ "filters": [filter] }], "limit": 2 }));
    assert_eq!(body(&asked[1])["after"], "2");
    assert_eq!(asked[0].header("content-type"), "application/json");
}

#[tokio::test]
async fn a_request_has_an_idempotency_key_that_only_its_repeats_share() {
    let places = [
        "idempotency_key = { header = 'Idempotency-Key' }",
        "wrap = 'input'\nbody = { query = 'mutation', variables = {} }\nidempotency_key = { body = 'variables.key' }",
    ];
    for place in places {
        let times = AtomicUsize::new(0);
        let shop = Shop::start(move |_| match times.fetch_add(1, Ordering::Relaxed) % 2 {
            0 => answer(503, &[], ""),
            _ => json("{\"id\": 1}"),
        })
        .await;
        let create = format!(
            "{BASIC}\n[operations.make]\nmethod = 'POST'\npath = '/items'\nrepeat = 'look_up_first'\n{place}\n"
        );
        let adapter = adapter(&shop.url(), &create);
        for _ in 0..2 {
            adapter.call("make", &[], Some(&value!({ "name": "Lamp" }))).await.expect("an answer");
        }
        let key = |asked: &Asked| match body(asked)["variables"]["key"].as_str() {
            Some(key) => key.to_owned(),
            None => asked.header("idempotency-key").to_owned(),
        };
        let keys: Vec<String> = shop.asked().iter().map(key).collect();
        assert_eq!((keys.len(), keys[0].len()), (4, 36), "{keys:?}");
        assert_eq!((&keys[0], &keys[2]), (&keys[1], &keys[3]));
        assert_ne!(keys[0], keys[2]);
    }
}

#[tokio::test]
async fn settings_and_parameters_keep_their_types_in_a_body() {
    let shop = Shop::start(|_| json("[]")).await;
    let search = list(
        "POST",
        "params = ['size']\npaginate = { kind = 'page', param = 'page', size_param = 'size', size = 20 }\n\
         body = { first = '{size}', channel = '{channel}', drafts = '{drafts}', site = '{site}' }",
    );
    let settings = [("channel", "integer", "3"), ("drafts", "boolean", "false"), ("site", "text", "'12'")];
    let settings = settings.map(|(name, kind, default)| {
        format!("[settings.{name}]\ntype = '{kind}'\ntitle = '{name}'\ndefault = {default}\n")
    });
    let text = format!("{search}{}", settings.concat());
    assert!(ids(&adapter(&shop.url(), &text), Vec::new()).await.expect("a list").is_empty());
    let sent = value!({ "first": 20, "channel": 3, "drafts": false, "site": "12" });
    assert_eq!(body(&shop.asked()[0]), sent);
    assert_eq!(shop.targets(), ["/api/items?page=1"]);
}

const GRAPHQL: &str = r#"
[auth]
kind = "bearer"
secret = "consumer_key"
[http]
base_url = "{store_url}/graphql"
error_if = "errors"
error_code = "errors[0].extensions.code"
[[errors]]
when = { code = "THROTTLED" }
class = "throttled"
[[errors]]
when = { code = "ACCESS_DENIED" }
class = "auth"
hint = "Give the app the scope."
[operations.list]
method = "POST"
path = ""
repeat = "safe"
records = "data.products.nodes"
params_in = "body"
paginate = { kind = "cursor", param = "variables.after", next = "data.products.pageInfo.endCursor", more = "data.products.pageInfo.hasNextPage", size_param = "variables.first", size = 2 }
[operations.list.body]
query = """
query($after: String, $first: Int, $ids: [ID!]) {
  products(after: $after, first: $first) { nodes { id title } pageInfo { endCursor hasNextPage } }
}"""
[operations.get]
method = "POST"
path = ""
repeat = "safe"
records = "data.product"
body = { query = "query($id: ID!) { product(id: $id) { id title } }", variables = { id = "{id}" } }
[operations.update]
method = "POST"
path = ""
repeat = "look_up_first"
records = "data.productUpdate.product"
wrap = "variables.product"
error_if = "data.productUpdate.userErrors"
[operations.update.body]
query = "mutation($product: ProductInput!) { productUpdate(product: $product) { product { id } userErrors { message } } }"
variables = { product = { id = "{id}" } }
"#;

fn text(value: Value) -> Result<axum::http::Response<axum::body::Body>, sandbox::serve::Cut> {
    json(value.to_string())
}

#[tokio::test]
async fn graphql_lists_gets_and_changes() {
    let shop = Shop::start(|asked| {
        let sent = body(asked);
        let query = sent["query"].as_str().unwrap_or_default();
        if query.starts_with("mutation") {
            return text(value!({ "data": { "productUpdate": { "product": { "id": "gid://p/7" }, "userErrors": [] } } }));
        }
        if query.contains("product(id") {
            return text(value!({ "data": { "product": { "id": sent["variables"]["id"] } } }));
        }
        let (nodes, end, more) = match sent["variables"]["after"].as_str() {
            None => (["gid://p/1", "gid://p/2"].as_slice(), "gid://p/2", true),
            Some(_) => (["gid://p/3"].as_slice(), "gid://p/3", false),
        };
        let nodes: Vec<Value> = nodes.iter().map(|id| value!({ "id": id })).collect();
        let page = value!({ "endCursor": end, "hasNextPage": more });
        text(value!({ "data": { "products": { "nodes": nodes, "pageInfo": page } } }))
    })
    .await;
    let adapter = adapter(&shop.url(), GRAPHQL);
    let chosen = Param::new("variables.ids", vec!["gid://p/1".to_owned()]);
    assert_eq!(ids(&adapter, vec![chosen]).await.expect("a list"), ["gid://p/1", "gid://p/2", "gid://p/3"]);
    let variables = &body(&shop.asked()[1])["variables"];
    assert_eq!(*variables, value!({ "after": "gid://p/2", "first": 2, "ids": ["gid://p/1"] }));

    let page = adapter.get("get", "gid://p/7").await.expect("a record");
    assert_eq!(page.records().expect("one")[0].get("id").and_then(Json::as_str), Some("gid://p/7"));

    let changed = value!({ "title": "Mug" });
    adapter.call("update", &[("id", "gid://p/7")], Some(&changed)).await.expect("an answer");
    let sent = body(&shop.asked()[3]);
    assert_eq!(sent["variables"], value!({ "product": { "id": "gid://p/7", "title": "Mug" } }));
    assert_eq!(shop.targets(), ["/graphql"; 4]);
}

/// The status says that all went well.
#[tokio::test]
async fn an_error_with_the_status_of_a_success_is_an_error() {
    let errors = |code: &str| value!({ "data": null, "errors": [{ "message": "No <b>way</b>", "extensions": { "code": code } }] });
    for (answer, class, said) in [
        (errors("ACCESS_DENIED"), ErrorClass::Auth, "(ACCESS_DENIED): No way"),
        (errors("THROTTLED"), ErrorClass::Throttled, "THROTTLED"),
        (errors("BAD"), ErrorClass::Data, "No way"),
        (value!({ "errors": "out of order" }), ErrorClass::Data, "out of order"),
    ] {
        let shop = Shop::start(move |_| text(answer.clone())).await;
        let failed = adapter(&shop.url(), GRAPHQL).get("get", "7").await.expect_err(said);
        assert_eq!((failed.class, failed.status), (class, Some(200)), "{failed}");
        assert!(failed.message.contains(said), "{failed}");
    }
}

/// What the answer calls refused was not done, so nobody has to find out.
#[tokio::test]
async fn a_mutation_that_is_refused_is_known_not_to_have_happened() {
    let refused = value!({ "data": { "productUpdate": { "product": null, "userErrors": [{ "message": "Title is empty" }] } } });
    let shop = Shop::start(move |_| text(refused.clone())).await;
    let failed = adapter(&shop.url(), GRAPHQL).call("update", &[("id", "7")], Some(&value!({}))).await;
    let failed = failed.expect_err("refused");
    assert_eq!(failed.class, ErrorClass::Data, "{failed}");
    assert!(failed.message.contains("Title is empty"), "{failed}");
    assert_eq!(shop.asked().len(), 1);
}

/// GraphQL's `errors` may come when the record was made and could not be shown.
#[tokio::test]
async fn a_mutation_with_errors_may_have_happened_unless_a_rule_knows_better() {
    for (code, is_unknown) in [("INTERNAL", true), ("ACCESS_DENIED", false)] {
        let errors = value!([{ "message": "No", "extensions": { "code": code } }]);
        let answer = value!({ "data": { "productUpdate": null }, "errors": errors });
        let shop = Shop::start(move |_| text(answer.clone())).await;
        let failed = adapter(&shop.url(), GRAPHQL).call("update", &[("id", "7")], Some(&value!({}))).await;
        assert_eq!(failed.expect_err("an error").outcome_unknown, is_unknown, "{code}");
        assert_eq!(shop.asked().len(), 1);
    }
}

/// Whatever the status: a rule may know that a refusal leaves it open.
#[tokio::test]
async fn a_rule_may_say_that_nobody_knows_whether_it_happened() {
    let rule = "[[errors]]\nwhen = { code = 'LOCKED' }\nclass = 'ambiguous'\n[operations.list]";
    let definition = GRAPHQL.replacen("[operations.list]", rule, 1);
    for status in [200, 409] {
        for (code, is_unknown) in [("LOCKED", true), ("ACCESS_DENIED", false)] {
            let errors = value!({ "errors": [{ "message": "No", "extensions": { "code": code } }] });
            let shop = Shop::start(move |_| answer(status, &[], errors.to_string())).await;
            let change = value!({});
            let failed =
                adapter(&shop.url(), &definition).call("update", &[("id", "7")], Some(&change)).await;
            assert_eq!(failed.expect_err("an error").outcome_unknown, is_unknown, "{status} {code}");
            assert_eq!(shop.asked().len(), 1);
        }
    }
}

/// Zero, as WeChat and others say that all went well.
#[tokio::test]
async fn a_list_may_be_an_error_with_the_status_of_a_success() {
    for (code, is_error) in [(0, false), (41, true)] {
        let shop = Shop::start(move |_| text(value!({ "items": [], "errcode": code }))).await;
        let rest = "records = 'items'\nerror_if = 'errcode'\npaginate = { kind = 'whole' }";
        let listed = ids(&adapter(&shop.url(), &list("GET", rest)), vec![]).await;
        assert_eq!(listed.is_err(), is_error, "{code}: {listed:?}");
    }
}

/// BeatRoute has `success` in every answer, and the status of a success too.
#[tokio::test]
async fn a_value_may_tell_that_an_answer_is_an_error() {
    let said = value!({ "success": false, "message": "br_id is unknown", "status": 400 });
    for (tells, answer, message) in [
        ("{ path = 'success', is = false }", &said, Some("200 (400): br_id is unknown.")),
        ("{ path = 'status', is = 400 }", &said, Some("br_id is unknown")),
        ("{ path = 'status', is = '400' }", &said, None),
        ("{ path = 'state', is = false }", &said, None),
        ("{ path = 'success', is = false }", &value!({ "success": true }), None),
        ("{ path = 'success', is = false }", &value!({ "success": 0 }), None),
        ("{ path = 'ok', is = 'no' }", &value!({ "ok": "no" }), Some("200: `ok` is \"no\".")),
    ] {
        let sent = answer.clone();
        let shop = Shop::start(move |_| text(sent.clone())).await;
        let update = format!(
            "{}[operations.update]\nmethod = 'POST'\npath = '/update'\nrepeat = 'look_up_first'\nerror_if = {tells}\n",
            BASIC.replace("\"code\"", "\"status\"")
        );
        let done = adapter(&shop.url(), &update).call("update", &[], Some(&value!({ "name": "Tea" }))).await;
        match message {
            None => drop(done.unwrap_or_else(|error| panic!("{tells}: {error}"))),
            Some(message) => {
                let failed = done.expect_err(tells);
                assert_eq!((failed.class, failed.outcome_unknown), (ErrorClass::Data, false), "{failed}");
                assert!(failed.message.contains(message), "{failed}");
            }
        }
        assert_eq!(shop.asked().len(), 1);
    }
}

/// Xero says why at one of three places.
#[tokio::test]
async fn the_reason_stands_at_the_first_path_that_has_one() {
    let deep = value!([{ "ValidationErrors": [{ "Message": "Name is taken" }] }]);
    for (said, header, message) in [
        (
            value!({ "Elements": deep, "Message": "A validation exception occurred" }),
            "",
            "400: Name is taken.",
        ),
        (value!({ "Elements": [], "Message": "Not valid", "Detail": null }), "", "400: Not valid."),
        (value!({ "Detail": { "a": ["b"] }, "Message": "" }), "", r#"400: {"a":["b"]}."#),
        (value!({ "Title": "Bad" }), "", "400 without saying why."),
        (value!({}), "40000", "400 and asks to wait 40000 s."),
        (value!({ "Detail": "Slowly" }), "40000", "400: Slowly."),
    ] {
        let sent = said.to_string();
        let shop = Shop::start(move |_| answer(400, &[("retry-after", header)], sent.clone())).await;
        let paths = "error_message = ['Elements[0].ValidationErrors[0].Message', 'Detail', 'Message']";
        let definition =
            list("GET", "paginate = { kind = 'whole' }").replace("error_message = \"message\"", paths);
        let failed = ids(&adapter(&shop.url(), &definition), vec![]).await.expect_err(message);
        assert_eq!(failed.message, format!("The server answered {message}"));
    }
}

#[tokio::test]
async fn a_parameter_may_stand_where_the_body_names_it() {
    let shop = Shop::start(|asked| {
        let sent = body(asked);
        let at = &sent["deep"]["at"];
        text(
            value!({ "data": [{ "id": if *at == 12 { 9 } else { 7 } }], "next": at.is_null().then_some(12) }),
        )
    })
    .await;
    let rest = "records = 'data'\nparams = ['at']\nbody = { deep = { at = '{at}' } }\n\
                paginate = { kind = 'cursor', param = 'at', next = 'next' }";
    assert_eq!(ids(&adapter(&shop.url(), &list("POST", rest)), vec![]).await.expect("a list"), ["7", "9"]);
    assert_eq!(shop.targets(), ["/api/items"; 2]);
    assert_eq!(body(&shop.asked()[0]), value!({ "deep": {} }));
}

#[tokio::test]
async fn a_record_whose_id_stands_in_the_body_may_be_gone() {
    let shop = Shop::start(|_| answer(404, &[], r#"{"code": "no_such_record"}"#)).await;
    let failed = adapter(&shop.url(), GRAPHQL).get("get", "7").await.expect_err("404");
    assert_eq!(failed.class, ErrorClass::Config, "without a code it may be the address: {failed}");
    let get = format!(
        "{BASIC}[operations.get]\nmethod = 'POST'\npath = '/get'\nrepeat = 'safe'\nbody = {{ id = '{{id}}' }}\n"
    );
    let failed = adapter(&shop.url(), &get).get("get", "7").await.expect_err("404");
    assert_eq!(failed.class, ErrorClass::Gone, "{failed}");
}

/// As Stripe and EasyPost page: the last record's id is the cursor, and the end is told.
#[tokio::test]
async fn the_last_record_may_be_the_cursor() {
    let shop = Shop::start(|asked| {
        let first = asked.query("starting_after").map_or(1, |after| after.parse::<i64>().unwrap_or(0) + 1);
        let data: Vec<_> = (first..=5).take(2).map(|id| value!({ "id": id })).collect();
        json(value!({ "data": data, "has_more": first + 2 <= 5 }).to_string())
    })
    .await;
    let paging = |more: &str| {
        let rest = format!(
            "records = 'data'\npaginate = {{ kind = 'cursor', param = 'starting_after', next = 'data[-1].id'{more} }}"
        );
        list("GET", &rest)
    };
    let told = adapter(&shop.url(), &paging(", more = 'has_more'"));
    assert_eq!(ids(&told, vec![]).await.expect("a list"), ["1", "2", "3", "4", "5"]);
    assert_eq!(shop.asked().len(), 3);
    // Untold it ends with an empty page.
    let untold = adapter(&shop.url(), &paging(""));
    assert_eq!(ids(&untold, vec![]).await.expect("a list").len(), 5);
    assert_eq!(shop.asked().len(), 7);
    let lost = adapter(&shop.url(), &paging(", more = 'has_more'").replace("[-1].id", "[-1].idd"));
    let failed = ids(&lost, vec![]).await.expect_err("nobody knows where it goes on");
    assert!(failed.class == ErrorClass::Config && failed.message.contains("`data[-1].idd`"), "{failed}");
    let absent = adapter(&shop.url(), &paging(", more = 'more'"));
    let failed = ids(&absent, vec![]).await.expect_err("nobody knows whether more follows");
    assert_eq!(failed.class, ErrorClass::Config);
    assert!(failed.message.contains("`more`"), "{failed}");
}

/// As OData and Django's REST framework page.
#[tokio::test]
async fn the_next_pages_address_may_stand_in_the_body() {
    let shop = Shop::start(|asked| {
        json(
            match asked.query("$skiptoken").as_deref() {
                None => value!({ "value": [{ "id": 1 }], "@odata.nextLink": "/api/items?$skiptoken=a%20b" }),
                Some(_) => value!({ "value": [{ "id": 2 }], "@odata.nextLink": null }),
            }
            .to_string(),
        )
    })
    .await;
    let odata = list(
        "GET",
        r#"records = 'value'
           paginate = { kind = 'next_url', next = '["@odata.nextLink"]', size_param = '$top', size = 1 }"#,
    );
    assert_eq!(ids(&adapter(&shop.url(), &odata), vec![]).await.expect("a list"), ["1", "2"]);
    assert_eq!(shop.targets(), ["/api/items?%24top=1", "/api/items?$skiptoken=a%20b"]);

    let elsewhere = Shop::start(|_| json(r#"{"value": [], "@odata.nextLink": "https://evil.test/"}"#)).await;
    let failed = ids(&adapter(&elsewhere.url(), &odata), vec![]).await.expect_err("another host");
    assert!(failed.message.contains("evil.test") && failed.message.contains("not followed"), "{failed}");
}

/// As Xero and Zoho are asked for what changed.
#[tokio::test]
async fn the_earliest_change_may_stand_in_a_header() {
    let shop = Shop::start(|_| json("[]")).await;
    let plain = adapter(&shop.url(), &list("GET", "paginate = { kind = 'whole' }"));
    let since = Param::header("If-Modified-Since", "2026-07-21T22:18:00");
    assert_eq!(ids(&plain, vec![since]).await.expect("a list"), [""; 0]);
    assert_eq!(shop.asked()[0].header("if-modified-since"), "2026-07-21T22:18:00");
    assert_eq!(shop.targets(), ["/api/items"]);
    let failed = ids(&plain, vec![Param::header("If-Modified-Since", "a\nb")]).await.expect_err("no header");
    assert_eq!(failed.class, ErrorClass::Config, "{failed}");

    let unchanged = Shop::start(|_| answer(304, &[], "")).await;
    let rest = "records = 'items'\npaginate = { kind = 'page', param = 'page', size = 9, total = 'total' }";
    let list = adapter(&unchanged.url(), &list("GET", rest));
    let since = Param::header("If-Modified-Since", "Tue, 21 Jul 2026 22:18:00 GMT");
    assert_eq!(ids(&list, vec![since]).await.expect("nothing changed"), [""; 0]);
    assert_eq!(ids(&list, vec![]).await.expect_err("nobody asked for that").class, ErrorClass::Config);
}

#[tokio::test]
async fn a_body_without_a_place_for_a_parameter_asks_nothing() {
    let shop = Shop::start(|_| json("[]")).await;
    let rest = "params_in = 'body'\nbody = { page = 'first' }\npaginate = { kind = 'whole' }";
    let failed = ids(&adapter(&shop.url(), &list("POST", rest)), vec![Param::new("page.number", 1)]).await;
    let failed = failed.expect_err("no place");
    assert!(failed.class == ErrorClass::Config && failed.message.contains("`page.number`"), "{failed}");
    assert!(shop.asked().is_empty());
}

/// A record that is searched for: the first of the list that comes.
#[tokio::test]
async fn the_first_of_an_empty_list_is_no_record() {
    let shop = Shop::start(|asked| {
        let found = if asked.target.ends_with("7") { r#"[{"id": "7"}]"# } else { "[]" };
        json(format!(r#"{{"data": {{"items": {found}}}}}"#))
    })
    .await;
    let get = format!(
        "{BASIC}[operations.get]\nmethod = 'GET'\npath = '/find'\nrepeat = 'safe'\nquery = {{ id = '{{id}}' }}\n\
         records = 'data.items[0]'\n"
    );
    let adapter = adapter(&shop.url(), &get);
    let page = adapter.get("get", "7").await.expect("a record");
    assert_eq!(page.records().expect("one").len(), 1);
    match adapter.get("get", "8").await {
        Ok(page) => assert_eq!(page.records().expect("none").len(), 0),
        Err(error) => assert_eq!(error.class, ErrorClass::Gone, "{error}"),
    }
}
