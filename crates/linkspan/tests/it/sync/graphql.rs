//! A shop that is spoken to with GraphQL alone, by a definition of its own: into Odoo, what changed, and back.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Body;
use axum::http::{Request, Response};
use sandbox::serve::{Cut, Running, serve};
use serde_json::{Value, json};

use crate::support::kept::dead_letters;
use crate::support::program::Ran;
use crate::support::records::record;
use crate::support::world::{Plan, World};

/// What it has and what it was asked.
#[derive(Default)]
struct Graph {
    categories: Vec<Value>,
    products: Vec<Value>,
    asked: Vec<Value>,
    /// The next answers, whatever is asked.
    next: VecDeque<Value>,
}

impl Graph {
    fn answer(&mut self, asked: Value) -> Value {
        self.asked.push(asked.clone());
        if let Some(answer) = self.next.pop_front() {
            return answer;
        }
        let (query, variables) = (asked["query"].as_str().unwrap().trim(), &asked["variables"]);
        let data = match query.split('(').next().unwrap() {
            "query Categories" => json!({ "categories": page(&self.categories, variables) }),
            "query Products" => json!({ "products": page(&self.products, variables) }),
            "query Product" => json!({ "product": self.product(&variables["id"]).cloned() }),
            "mutation ProductUpdate" => {
                let input = &variables["input"];
                let Some(product) = self.product(&input["id"]) else { panic!("{input}") };
                for (name, value) in input.as_object().unwrap() {
                    product[name] = value.clone();
                }
                tell_cost(product);
                json!({ "productUpdate": { "product": product, "userErrors": [] } })
            }
            "mutation ProductCreate" => {
                let mut product = variables["input"].clone();
                tell_cost(&mut product);
                product["id"] = format!("gid://graph/Product/{}", 100 + self.products.len()).into();
                self.products.push(product.clone());
                json!({ "productCreate": { "product": product, "userErrors": [] } })
            }
            other => panic!("{other}"),
        };
        json!({ "data": data })
    }

    fn product(&mut self, id: &Value) -> Option<&mut Value> {
        self.products.iter_mut().find(|product| product["id"] == *id)
    }

    /// How often it was asked for something, and with what variables the last time.
    fn asked(&self, operation: &str) -> (usize, Value) {
        let named = format!("{operation}(");
        let mut asked =
            self.asked.iter().filter(|asked| asked["query"].as_str().unwrap().trim().starts_with(&named));
        (asked.clone().count(), asked.next_back().map_or(Value::Null, |asked| asked["variables"].clone()))
    }
}

/// A cost is written as a number and read with its currency.
fn tell_cost(product: &mut Value) {
    if !product["cost"].is_object() {
        product["cost"] = json!({ "amount": product["cost"], "currency": "USD" });
    }
}

/// The records that the variables narrow to, from the one behind `after` on.
fn page(all: &[Value], variables: &Value) -> Value {
    let since =
        variables["since"].as_str().map(|since| since.trim_start_matches("updated_at:>=").trim_matches('\''));
    let wanted = |record: &&Value| {
        variables["ids"].as_array().is_none_or(|ids| ids.contains(&record["id"]))
            && since.is_none_or(|since| record["updatedAt"].as_str().is_none_or(|at| at >= since))
            && variables["sku"].as_str().is_none_or(|sku| record["sku"] == sku)
    };
    let found: Vec<&Value> = all.iter().filter(wanted).collect();
    let start = found.iter().position(|record| record["id"] == variables["after"]).map_or(0, |at| at + 1);
    let first = usize::try_from(variables["first"].as_u64().unwrap()).unwrap();
    let nodes: Vec<&Value> = found.iter().skip(start).take(first).copied().collect();
    let info = json!({ "endCursor": nodes.last().map(|last| &last["id"]), "hasNextPage": start + first < found.len() });
    json!({ "nodes": nodes, "pageInfo": info })
}

struct Between {
    world: World,
    graph: Arc<Mutex<Graph>>,
    _server: Running,
}

impl Between {
    async fn start() -> Between {
        let category =
            |n: usize| json!({ "id": format!("gid://graph/Category/{n}"), "name": format!("Category {n}") });
        let product = |n: usize| {
            json!({
                "id": format!("gid://graph/Product/{n}"), "title": format!("Mug {n}"), "sku": format!("MUG-{n}"),
                "price": format!("{n}.50"), "cost": { "amount": "1.00", "currency": "USD" }, "updatedAt": format!("2026-10-0{n}T12:00:00Z"),
                "category": { "id": format!("gid://graph/Category/{}", n % 3 + 1) },
            })
        };
        let graph = Graph {
            categories: (1..=3).map(category).collect(),
            products: (1..=5).map(product).collect(),
            ..Graph::default()
        };
        let graph = Arc::new(Mutex::new(graph));
        let shop = Arc::clone(&graph);
        let server = serve(0, move |request: Request<Body>| {
            let shop = Arc::clone(&shop);
            async move {
                assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/api/graphql.json"));
                assert_eq!(request.headers()["authorization"], "Bearer tok-1");
                let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.map_err(|_| Cut)?;
                let answer = shop.lock().unwrap().answer(serde_json::from_slice(&body).unwrap());
                Ok::<_, Cut>(Response::new(Body::from(answer.to_string())))
            }
        });
        let server = server.await.unwrap();
        let mut world = World::start(Plan::sized(0, 0, 0)).await;
        let keys = format!(
            "settings = {{ store_url = \"{}/api\" }}\nsecrets = {{ token = {{ env = \"TEST_TOKEN\" }} }}",
            server.url()
        );
        world.add_backend("graph", "sync/data/graphql/connector.toml", &keys);
        world.program.set("TEST_TOKEN", "tok-1");
        Between { world, graph, _server: server }
    }

    async fn run(&self, arguments: &[&str]) -> Ran {
        let [command, rest @ ..] = arguments else { panic!("a command") };
        self.world.run(&[&[*command, "graph", "--json"], rest].concat()).await
    }

    fn graph(&self) -> MutexGuard<'_, Graph> {
        self.graph.lock().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_graphql_shop_comes_into_odoo_with_its_relations_in_batches() {
    let between = Between::start().await;
    between.world.run(&["test-connection", "graph"]).await.ended(0);
    between.graph().asked.clear();
    let done = between.run(&["sync", "product"]).await.ended(0).json();
    assert_eq!(done["created"], 8, "{done}");
    {
        let graph = between.graph();
        assert_eq!(graph.asked("query Products").0, 3, "three pages of two");
        let (categories, variables) = graph.asked("query Categories");
        assert_eq!(variables["ids"].as_array().map(Vec::len), Some(3), "{variables}");
        assert_eq!(categories, 2, "two pages of the three that are wanted");
        assert_eq!(graph.asked("query Category").0, 0, "none on its own");
    }
    let mug = between.world.product("MUG-2");
    assert_eq!((&mug["name"], &mug["list_price"]), (&json!("Mug 2"), &json!(2.5)));

    // What changed is asked for by a variable, and nothing else is written.
    {
        let mut graph = between.graph();
        let product = graph.product(&json!("gid://graph/Product/2")).unwrap();
        product["title"] = "Large mug".into();
        product["updatedAt"] = "2026-12-24T12:00:00Z".into();
    }
    let done = between.run(&["sync", "product"]).await.ended(0).json();
    assert_eq!((&done["updated"], &done["created"], &done["unchanged"]), (&1.into(), &0.into(), &0.into()));
    assert_eq!(between.world.product("MUG-2")["name"], "Large mug");
    let since = between.graph().asked("query Products").1["since"].clone();
    assert!(since.as_str().unwrap().starts_with("updated_at:>='20"), "{since}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_in_odoo_goes_out_as_mutations() {
    let between = Between::start().await;
    between.run(&["sync"]).await.ended(0);
    between.run(&["export"]).await.ended(0);
    assert_eq!(between.graph().asked("mutation ProductUpdate").0, 0);
    let mug = between.world.product("MUG-3");
    between
        .world
        .write_odoo("product.product", mug["id"].as_i64().unwrap(), json!({ "list_price": 7.25 }))
        .await;
    let done = between.run(&["export", "product"]).await.ended(0).json();
    assert_eq!(done["updated"], 1, "{done}");
    let (mutations, variables) = between.graph().asked("mutation ProductUpdate");
    assert_eq!(mutations, 1);
    assert_eq!(variables["input"]["id"], "gid://graph/Product/3");
    assert_eq!(variables["input"]["price"].to_string().trim_matches('"').parse::<f64>().unwrap(), 7.25);
    assert_eq!(variables["input"].as_object().unwrap().len(), 2, "only what changed: {variables}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_elsewhere_than_it_is_read_is_compared_where_it_is_read() {
    let between = Between::start().await;
    between.run(&["sync"]).await.ended(0);
    between.run(&["export"]).await.ended(0);
    let mug = between.world.product("MUG-3")["id"].as_i64().unwrap();
    between.world.write_odoo("product.product", mug, json!({ "standard_price": 4.5 })).await;
    assert_eq!(between.run(&["export", "product"]).await.ended(0).json()["updated"], 1);
    let variables = between.graph().asked("mutation ProductUpdate").1;
    let sent = variables["input"]["cost"].to_string();
    assert_eq!(sent.trim_matches('"').parse::<f64>().unwrap(), 4.5, "{variables}");
    // Both hold the same by now, however they write it.
    assert_eq!(between.run(&["export", "product"]).await.ended(0).json()["updated"], 0);
    between.world.write_odoo("product.product", mug, json!({ "standard_price": 6 })).await;
    {
        let mut graph = between.graph();
        let product = graph.product(&json!("gid://graph/Product/3")).unwrap();
        product["cost"] = json!({ "amount": "6.00", "currency": "USD" });
        product["updatedAt"] = "2026-12-24T12:00:00Z".into();
    }
    between.run(&["export", "product"]).await.ended(0);
    assert!(dead_letters(&between.world.store().await).await.is_empty());
    // The other side's change comes in; a change of both is a conflict of two numbers.
    between.graph().product(&json!("gid://graph/Product/3")).unwrap()["cost"]["amount"] = "8.00".into();
    between.graph().product(&json!("gid://graph/Product/3")).unwrap()["updatedAt"] =
        "2026-12-25T12:00:00Z".into();
    between.run(&["sync", "product"]).await.ended(0);
    assert_eq!(between.world.product("MUG-3")["standard_price"], 8.0);
    between.world.write_odoo("product.product", mug, json!({ "standard_price": 9 })).await;
    between.graph().product(&json!("gid://graph/Product/3")).unwrap()["cost"]["amount"] = "7.00".into();
    between.run(&["export", "product"]).await.ended(1);
    let letters = dead_letters(&between.world.store().await).await;
    assert!(letters[0].message.contains("the other side \"7.00\""), "{letters:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_record_is_looked_for_and_then_made() {
    let between = Between::start().await;
    between.run(&["sync"]).await.ended(0);
    let mug = between.world.product("MUG-3");
    let made = json!({ "name": "Glass", "default_code": "GLASS", "categ_id": mug["categ_id"] });
    let id =
        between.world.administrator().await.create("product.product", vec![record(made)]).await.unwrap()[0];
    let done = between.run(&["export", "product", "--id", &id.to_string()]).await.ended(0).json();
    assert_eq!(done["created"], 1, "{done}");
    let graph = between.graph();
    assert_eq!(graph.asked("query Products").1["sku"], "GLASS");
    let (made, variables) = graph.asked("mutation ProductCreate");
    assert_eq!((made, &variables["input"]["title"]), (1, &json!("Glass")));
    assert_eq!(variables["key"].as_str().map(str::len), Some(36), "{variables}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_mutation_is_a_dead_letter_that_says_why() {
    let between = Between::start().await;
    between.run(&["sync"]).await.ended(0);
    between.run(&["export"]).await.ended(0);
    let mug = between.world.product("MUG-3");
    between.world.write_odoo("product.product", mug["id"].as_i64().unwrap(), json!({ "name": "" })).await;
    // The record is read first; the next request is the mutation.
    let refusal = json!({ "data": { "productUpdate": { "product": null, "userErrors": [{ "message": "Title can't be blank" }] } } });
    let product = between.graph().product(&json!("gid://graph/Product/3")).unwrap().clone();
    between.graph().next = [json!({ "data": { "product": product } }), refusal].into();
    between.run(&["export", "product"]).await.ended(1);
    let letters = dead_letters(&between.world.store().await).await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(letters[0].class, "data");
    assert!(letters[0].message.contains("Title can't be blank"), "{:?}", letters[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_with_a_200_ends_the_run_and_loses_nothing() {
    let between = Between::start().await;
    let error = json!({ "errors": [{ "message": "Field 'titel' doesn't exist", "extensions": { "code": "undefinedField" } }] });
    between.graph().next = [error].into();
    between.run(&["sync", "category"]).await.said(&["Field 'titel' doesn't exist", "undefinedField"]);
    let done = between.run(&["sync", "category"]).await.ended(0).json();
    assert_eq!(done["created"], 3, "{done}");
}
