//! A shop whose list only names its records: each is fetched, once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Body;
use axum::http::{Request, Response};
use linkspan::store::DeadLetterState;
use sandbox::serve::{Cut, Running, serve};
use serde_json::{Value, json};

use crate::support::kept::dead_letters;
use crate::support::program::Ran;
use crate::support::world::{Plan, World};

/// What it has and what it was asked.
#[derive(Default)]
struct Shop {
    products: Vec<Value>,
    asked: Vec<String>,
    /// Fetching this one never ends.
    hangs_at: Option<u64>,
    /// It is listed and not there.
    lost: Option<u64>,
    /// The list has ids and nothing else.
    lists_ids_alone: bool,
    /// Pages from this one on are empty, whatever the list has.
    empty_from: Option<usize>,
    /// This one changes when it is fetched, and once more right behind the answer.
    changes_behind: Option<u64>,
}

impl Shop {
    /// Status and answer; nothing where it hangs.
    fn answer(&mut self, path: &str, query: &str) -> Option<(u16, Value)> {
        let Some(id) = path.strip_prefix("/api/products/") else {
            let page = number(query, "page");
            self.asked.push(format!("page {page}"));
            let is_empty = self.empty_from.is_some_and(|from| page >= from);
            let listed = self.products.iter().skip((page - 1) * 2).take(if is_empty { 0 } else { 2 });
            let named = |product: &Value| match self.lists_ids_alone {
                true => product["id"].clone(),
                false => json!({ "id": product["id"], "updated": product["updated"] }),
            };
            let items: Vec<Value> = listed.map(named).collect();
            return Some((200, json!({ "items": items, "total": self.products.len() })));
        };
        self.asked.push(id.to_owned());
        let id: u64 = id.parse().unwrap();
        if self.hangs_at == Some(id) {
            return None;
        }
        if self.lost == Some(id) {
            return Some((404, json!({ "message": "no such product" })));
        }
        if self.changes_behind.take_if(|at| *at == id).is_none() {
            return Some((200, self.product(id).clone()));
        }
        self.product(id)["updated"] =
            jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into();
        let before = self.product(id).clone();
        self.product(id)["name"] = "Changed behind".into();
        Some((200, before))
    }

    fn product(&mut self, id: u64) -> &mut Value {
        self.products.iter_mut().find(|product| product["id"] == id).unwrap()
    }

    fn asked(&mut self) -> Vec<String> {
        std::mem::take(&mut self.asked)
    }
}

fn number(query: &str, name: &str) -> usize {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(found, _)| *found == name).unwrap().1.parse().unwrap()
}

struct Between {
    world: World,
    shop: Arc<Mutex<Shop>>,
    _server: Running,
}

impl Between {
    async fn start() -> Between {
        let product = |n: u64| {
            json!({
                "id": n, "name": format!("Mug {n}"), "sku": format!("MUG-{n}"),
                "updated": format!("2026-10-0{n}T12:00:00Z"), "prices": [{ "amount": format!("{n}.50") }],
            })
        };
        let shop = Shop { products: (1..=5).map(product).collect(), ..Shop::default() };
        let shop = Arc::new(Mutex::new(shop));
        let known = Arc::clone(&shop);
        let server = serve(0, move |request: Request<Body>| {
            let shop = Arc::clone(&known);
            async move {
                let uri = request.uri();
                let answer = shop.lock().unwrap().answer(uri.path(), uri.query().unwrap_or_default());
                let Some((status, body)) = answer else { return std::future::pending().await };
                let date = jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
                let response = Response::builder().status(status).header("date", date);
                Ok::<_, Cut>(response.body(Body::from(body.to_string())).unwrap())
            }
        });
        let server = server.await.unwrap();
        let mut world = World::start(Plan::sized(0, 0, 0)).await;
        let keys = format!(
            "settings = {{ store_url = \"{}/api\" }}\nsecrets = {{ token = {{ env = \"TEST_TOKEN\" }} }}",
            server.url()
        );
        world.add_backend("names", "sync/data/fetch_each/connector.toml", &keys);
        world.program.set("TEST_TOKEN", "tok-1");
        Between { world, shop, _server: server }
    }

    async fn sync(&self, arguments: &[&str]) -> Ran {
        self.world.run(&[&["sync", "names", "--json"], arguments].concat()).await
    }

    fn shop(&self) -> MutexGuard<'_, Shop> {
        self.shop.lock().unwrap()
    }
}

const ALL: [&str; 8] = ["page 1", "1", "2", "page 2", "3", "4", "page 3", "5"];

/// What was asked for, sorted: the next page is asked for while records are fetched.
fn sorted<'a>(asked: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut asked: Vec<String> = asked.into_iter().map(str::to_owned).collect();
    asked.sort_unstable();
    asked
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_list_names_is_fetched_and_only_when_it_changed() {
    let between = Between::start().await;
    let done = between.sync(&[]).await.ended(0).json();
    assert_eq!(done["created"], 5, "{done}");
    let asked = between.shop().asked();
    assert_eq!(sorted(asked.iter().map(String::as_str)), sorted(ALL));
    // What only a single record has.
    assert_eq!(between.world.product("MUG-2")["list_price"], json!(2.5));

    let again = between.sync(&[]).await.ended(0).json();
    assert_eq!((&again["unchanged"], &again["updated"]), (&5.into(), &0.into()), "{again}");
    assert_eq!(between.shop().asked(), ["page 1", "page 2", "page 3"]);

    {
        let mut shop = between.shop();
        shop.product(3)["prices"][0]["amount"] = "9.00".into();
        shop.product(3)["updated"] = "2026-10-09T12:00:00Z".into();
        // A later time and nothing else that is mapped.
        shop.product(5)["updated"] = "2026-10-09T12:00:00Z".into();
    }
    let changed = between.sync(&[]).await.ended(0).json();
    assert_eq!((&changed["unchanged"], &changed["updated"]), (&4.into(), &1.into()), "{changed}");
    assert_eq!(
        sorted(between.shop().asked().iter().map(String::as_str)),
        sorted(["3", "5", "page 1", "page 2", "page 3"])
    );
    assert_eq!(between.world.product("MUG-3")["list_price"], json!(9.0));
    between.sync(&[]).await.ended(0);
    assert_eq!(between.shop().asked(), ["page 1", "page 2", "page 3"], "the later time is remembered");

    // An older state than the one that was imported, as a replica lists it.
    between.shop().product(3)["updated"] = "2026-10-03T12:00:00Z".into();
    let stale = between.sync(&[]).await.ended(0).json();
    assert_eq!((&stale["stale"], &stale["unchanged"]), (&1.into(), &4.into()), "{stale}");
    assert_eq!(between.shop().asked().len(), 3);

    between.sync(&["--full"]).await.ended(0);
    assert_eq!(sorted(between.shop().asked().iter().map(String::as_str)), sorted(ALL));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_two_records_it_goes_on_at_their_page() {
    let between = Between::start().await;
    between.shop().hangs_at = Some(4);
    let mut first = between.world.program.start(&["sync", "names"]);
    while !between.shop().asked.contains(&"4".to_owned()) {
        tokio::task::yield_now().await;
    }
    first.kill().await.unwrap();
    between.shop().hangs_at = None;
    let before = between.shop().asked();
    assert!(before.starts_with(&["page 1".to_owned()]) && !before.contains(&"5".to_owned()), "{before:?}");
    let done = between.sync(&[]).await.ended(0).json();
    assert_eq!(done["created"], 3, "{done}");
    let asked = between.shop().asked();
    assert_eq!(sorted(asked.iter().map(String::as_str)), sorted(["3", "4", "5", "page 2", "page 3"]));
    for n in 1..=5 {
        assert_eq!(between.world.product(&format!("MUG-{n}"))["list_price"], json!(f64::from(n) + 0.5));
    }

    // A walk through everything that was killed still brings everything.
    between.shop().hangs_at = Some(4);
    let mut full = between.world.program.start(&["sync", "names", "--full"]);
    while !between.shop().asked.contains(&"4".to_owned()) {
        tokio::task::yield_now().await;
    }
    full.kill().await.unwrap();
    between.shop().hangs_at = None;
    between.shop().asked();
    between.sync(&[]).await.ended(0);
    let asked = between.shop().asked();
    assert_eq!(sorted(asked.iter().map(String::as_str)), sorted(["3", "4", "5", "page 2", "page 3"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_gone_is_its_own_matter_and_ids_may_stand_alone() {
    let between = Between::start().await;
    between.shop().lost = Some(2);
    between.shop().lists_ids_alone = true;
    let done = between.sync(&[]).await.ended(1).json();
    assert_eq!((&done["created"], &done["refused"]), (&4.into(), &1.into()), "{done}");
    let letters = dead_letters(&between.world.store().await).await;
    assert_eq!((letters.len(), letters[0].class.as_str(), letters[0].external_id.as_str()), (1, "gone", "2"));
    // Without a time in the list everything is fetched, and nothing unchanged is written.
    between.shop().lost = None;
    between.shop().asked();
    let again = between.sync(&[]).await.ended(0).json();
    assert_eq!((&again["created"], &again["unchanged"]), (&1.into(), &4.into()), "{again}");
    assert_eq!(between.shop().asked().len(), ALL.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_refused_is_fetched_although_the_list_shows_no_change() {
    let between = Between::start().await;
    between.sync(&[]).await.ended(0);
    between.shop().product(4)["prices"] = json!([{ "amount": "much" }]);
    between.sync(&["--full"]).await.ended(1);
    between.shop().product(4)["prices"] = json!([{ "amount": "4.75" }]);
    between.shop().asked();
    let done = between.sync(&[]).await.ended(0).json();
    assert_eq!((&done["updated"], &done["unchanged"]), (&1.into(), &4.into()), "{done}");
    assert!(between.shop().asked().contains(&"4".to_owned()));
    let letters = dead_letters(&between.world.store().await).await;
    assert_eq!(
        letters.iter().filter(|letter| letter.state == DeadLetterState::Open).count(),
        0,
        "{letters:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_in_the_second_of_the_fetch_is_not_lost() {
    let between = Between::start().await;
    between.shop().changes_behind = Some(2);
    between.sync(&[]).await.ended(0);
    assert_eq!(between.world.product("MUG-2")["name"], "Changed behind");
    assert_eq!(between.shop().asked().iter().filter(|id| *id == "2").count(), 2);
    between.sync(&[]).await.ended(0);
    assert_eq!(between.shop().asked(), ["page 1", "page 2", "page 3"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_ends_the_walk_and_what_is_over_it_is_not_fetched() {
    let between = Between::start().await;
    let done = between.sync(&["--limit", "3"]).await.ended(0).json();
    assert_eq!(done["created"], 3, "{done}");
    assert_eq!(between.shop().asked(), ["page 1", "1", "2", "page 2", "3"]);
    let plan = between.sync(&["--plan"]).await.ended(0).json();
    assert_eq!((&plan["created"], &plan["unchanged"]), (&2.into(), &3.into()), "{plan}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_breaks_off_goes_on_where_it_did() {
    let between = Between::start().await;
    between.shop().empty_from = Some(2);
    let broken = between.sync(&[]).await.ended(3);
    broken.said(&["The list broke off: page 2 is empty, although its own answer speaks of 5 records."]);
    between.shop().empty_from = None;
    between.shop().asked();
    let done = between.sync(&[]).await.ended(0).json();
    assert_eq!(done["created"], 3, "{done}");
    assert_eq!(between.shop().asked()[0], "page 2");
}
