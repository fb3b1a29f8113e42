//! Creates with an idempotency key, at a system that makes one record for each key and cannot be searched.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use linkspan::store::Intent;
use sandbox::serve::{Cut, Running, serve};
use serde_json::{Value, json};

use crate::support::program::Ran;
use crate::support::records::record;
use crate::support::world::{Plan, World};

const DEFINITION: &str = "export/data/keyed/connector.toml";

/// What becomes of the next create.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// It is made and the connection breaks off, as often as this.
    CutAfterWork(usize),
    /// It is refused without a look at its key.
    Refused(StatusCode),
    /// It is made, the connection breaks off, and the one after it is refused like that.
    CutThenRefused(StatusCode),
    Answered,
}

/// What it has and what it was sent.
struct Till {
    customers: Vec<Value>,
    /// Key, body and answer of each create.
    known: Vec<(String, Value, Value)>,
    /// Key and body of each request to create, in order.
    creates: Vec<(String, Value)>,
    next: Next,
}

impl Till {
    fn create(&mut self, key: &str, body: &Value) -> Result<(StatusCode, Value), Cut> {
        self.creates.push((key.to_owned(), body.clone()));
        if let Next::Refused(status) = self.next {
            self.next = Next::Answered;
            return Ok((status, json!({ "error": { "message": "not now" } })));
        }
        let found = self.known.iter().find(|(known, _, _)| known == key).cloned();
        let answer = match found {
            Some((_, first, answer)) if first == *body => (StatusCode::OK, answer),
            Some(_) => (StatusCode::BAD_REQUEST, json!({ "error": { "code": "idempotency_error" } })),
            None => {
                let mut customer = body.clone();
                customer["id"] = format!("cus_{}", self.customers.len() + 1).into();
                self.customers.push(customer.clone());
                self.known.push((key.to_owned(), body.clone(), customer.clone()));
                (StatusCode::OK, customer)
            }
        };
        match self.next {
            Next::CutAfterWork(times) if times > 0 => {
                self.next = Next::CutAfterWork(times - 1);
                Err(Cut)
            }
            Next::CutThenRefused(status) => {
                self.next = Next::Refused(status);
                Err(Cut)
            }
            _ => Ok(answer),
        }
    }

    fn customer(&mut self, path: &str) -> &mut Value {
        let id = path.trim_start_matches("/customers/");
        self.customers.iter_mut().find(|customer| customer["id"] == id).unwrap()
    }
}

struct Between {
    world: World,
    till: Arc<Mutex<Till>>,
    _server: Running,
}

impl Between {
    async fn start() -> Between {
        let till =
            Till { customers: Vec::new(), known: Vec::new(), creates: Vec::new(), next: Next::Answered };
        let till = Arc::new(Mutex::new(till));
        let shared = Arc::clone(&till);
        let server = serve(0, move |request: Request<Body>| {
            let till = Arc::clone(&shared);
            async move {
                let (parts, body) = request.into_parts();
                let body = axum::body::to_bytes(body, 1 << 20).await.map_err(|_| Cut)?;
                let body: Value = serde_json::from_slice(&body).unwrap_or_default();
                let key = parts.headers.get("idempotency-key").map(|key| key.to_str().unwrap().to_owned());
                let mut till = till.lock().unwrap();
                let (status, answer) = match (parts.method.as_str(), parts.uri.path()) {
                    ("POST", "/customers") => till.create(&key.unwrap(), &body)?,
                    (method, path) => {
                        assert_eq!(key, None, "{method} {path} has no place for a key");
                        let customer = till.customer(path);
                        if let (Some(members), Some(changed)) = (customer.as_object_mut(), body.as_object()) {
                            members.extend(changed.clone());
                        }
                        (StatusCode::OK, customer.clone())
                    }
                };
                Ok(Response::builder().status(status).body(Body::from(answer.to_string())).unwrap())
            }
        });
        let server = server.await.unwrap();
        let mut world = World::start(Plan::sized(0, 0, 0)).await;
        let keys = format!(
            "settings = {{ url = \"{}\" }}\nsecrets = {{ token = {{ env = \"TEST_TOKEN\" }} }}",
            server.url()
        );
        world.add_backend("till", DEFINITION, &keys);
        world.program.set("TEST_TOKEN", "tok-1");
        Between { world, till, _server: server }
    }

    /// Replaces texts of the definition from now on.
    fn redefine(&self, edits: &[(&str, &str)]) {
        let definition = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(DEFINITION);
        let mut text = std::fs::read_to_string(&definition).unwrap();
        for (old, new) in edits {
            assert!(text.contains(old), "the definition has no {old:?}");
            text = text.replace(old, new);
        }
        std::fs::write(self.world.program.path("till.toml"), text).unwrap();
        self.world.program.edit(&definition.display().to_string(), "./till.toml");
    }

    /// A partner that only Odoo has.
    async fn partner(&self, values: Value) -> i64 {
        self.world.administrator().await.create("res.partner", vec![record(values)]).await.unwrap()[0]
    }

    async fn export(&self, odoo_id: i64) -> Ran {
        self.world.run(&["export", "till", "customer", "--id", &odoo_id.to_string(), "--json"]).await
    }

    /// Exports it until that succeeds: for the length of a request nobody can tell.
    async fn export_until_done(&self, odoo_id: i64) {
        let done = async { while self.export(odoo_id).await.code != 0 {} };
        tokio::time::timeout(Duration::from_secs(30), done).await.unwrap();
    }

    fn till(&self) -> MutexGuard<'_, Till> {
        self.till.lock().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_create_is_sent_again_as_it_was_and_makes_no_second_record() {
    let between = Between::start().await;
    let odoo_id = between.partner(json!({ "name": "Ada", "email": "ada@example.com" })).await;
    // Lost more often than one run tries.
    between.till().next = Next::CutAfterWork(4);
    between.export(odoo_id).await.ended(1).said(&["transient", "same key"]);
    // Both fields change before anybody knows what became of it.
    let changed = json!({ "name": "Ada Lovelace", "email": "ada@lovelace.example" });
    between.world.write_odoo("res.partner", odoo_id, changed).await;
    between.export_until_done(odoo_id).await;
    {
        let till = between.till();
        let (key, body) = &till.creates[0];
        assert_eq!(key.len(), 36, "a UUID: {key}");
        assert_eq!(till.creates.len(), 5);
        assert!(till.creates.iter().all(|create| create == &(key.clone(), body.clone())));
        let [customer] = till.customers.as_slice() else { panic!("{:?}", till.customers) };
        assert_eq!(customer["name"], "Ada Lovelace");
        assert_eq!(customer["email"], "ada@lovelace.example", "what both may change is Odoo's change");
    }
    between.export(odoo_id).await.ended(0);
    let other = between.partner(json!({ "name": "Grace" })).await;
    between.export(other).await.ended(0);
    let till = between.till();
    assert_eq!((till.customers.len(), till.creates.len()), (2, 6));
    assert_ne!(till.creates[5].0, till.creates[0].0, "every record has a key of its own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_repeat_forgets_nothing() {
    let between = Between::start().await;
    let odoo_id = between.partner(json!({ "name": "Ada" })).await;
    between.till().next = Next::CutAfterWork(4);
    between.export(odoo_id).await.ended(1);
    tokio::time::sleep(Duration::from_millis(800)).await;
    // As some answer while the first one is under way.
    between.till().next = Next::Refused(StatusCode::CONFLICT);
    between.export(odoo_id).await.ended(1);
    between.export_until_done(odoo_id).await;
    let till = between.till();
    assert_eq!(till.customers.len(), 1);
    assert!(till.creates.iter().all(|create| *create == till.creates[0]));
}

/// What becomes of the second try says nothing of the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_try_is_remembered_when_the_next_one_of_the_same_run_is_refused() {
    let between = Between::start().await;
    for (i, status) in
        [StatusCode::CONFLICT, StatusCode::UNAUTHORIZED, StatusCode::NOT_FOUND].into_iter().enumerate()
    {
        let odoo_id = between.partner(json!({ "name": format!("Ada {i}") })).await;
        between.till().next = Next::CutThenRefused(status);
        between.export(odoo_id).await.ended(1);
        between.export_until_done(odoo_id).await;
        assert_eq!(between.till().customers.len(), i + 1, "{status}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_the_other_side_has_forgotten_is_not_trusted() {
    let between = Between::start().await;
    let key = "{ header = \"Idempotency-Key\"";
    between.redefine(&[(key, &format!("{key}, lasts_ms = 700"))]);
    let odoo_id = between.partner(json!({ "name": "Ada" })).await;
    between.till().next = Next::CutAfterWork(4);
    for _ in 0..2 {
        let done = between.export(odoo_id).await.ended(1).json();
        assert_eq!(done["records"][0]["class"], "ambiguous", "{done}");
    }
    assert_eq!(between.till().customers.len(), 1);
}

/// An upsert needs no look-up and no key: whoever finds its intent sends it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_that_is_idempotent_goes_out_again_after_a_crash() {
    let between = Between::start().await;
    let keyed = "repeat = \"look_up_first\"\nidempotency_key = { header = \"Idempotency-Key\" }";
    between.redefine(&[
        (keyed, "repeat = \"idempotent\""),
        ("method = \"POST\"\npath = \"/customers\"", "method = \"PUT\"\npath = \"/customers/by-mail\""),
    ]);
    let mail = json!({ "id": "by-mail" });
    between.till().customers.push(mail);
    let odoo_id = between.partner(json!({ "name": "Ada", "email": "ada@example.com" })).await;
    // Killed before the answer came.
    let store = between.world.store().await;
    let began = Intent { odoo_id, ..Intent::default() };
    assert!(store.begin_create("till", "customer", &began, None).await.unwrap());
    let done = between.export(odoo_id).await.ended(0).json();
    assert_eq!(done["records"][0]["outcome"], "created", "{done}");
    assert_eq!(between.till().customers[0]["name"], "Ada");
}
