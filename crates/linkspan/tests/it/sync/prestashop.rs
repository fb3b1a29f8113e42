//! A shop that speaks XML both ways and replaces a record whole: into Odoo, what changed, and back.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{Request, Response};
use roxmltree::{Document, Node};
use sandbox::serve::{Cut, Running, serve};
use serde_json::json;

use crate::support::kept::dead_letters;
use crate::support::program::Ran;
use crate::support::records::record;
use crate::support::world::{Plan, World};

/// A product as it stands in the shop's database.
#[derive(Clone, Debug, PartialEq)]
struct Product {
    reference: String,
    price: String,
    /// By language.
    names: BTreeMap<String, String>,
    categories: Vec<String>,
    changed: String,
}

#[derive(Default)]
struct Presta {
    products: BTreeMap<u32, Product>,
    asked: Vec<String>,
}

impl Presta {
    fn answer(&mut self, method: &str, target: &str, body: &str) -> (u16, String) {
        let url = url::Url::parse(&format!("http://shop{target}")).unwrap();
        let asked: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let (path, id) =
            url.path().trim_start_matches("/api/").split_once('/').unwrap_or((&url.path()[5..], ""));
        let id = id.parse::<u32>().ok();
        self.asked.push(format!("{method} {}", url.path()));
        let found = match (method, path, id) {
            ("GET", "categories", None) => paged(&asked, (2..=4).map(category), "categories"),
            ("GET", "categories", Some(id)) => category(id),
            ("GET", "products", None) => {
                let since = asked
                    .get("filter[date_upd]")
                    .map(|since| since.trim_start_matches(">[").trim_end_matches(']'));
                let reference = asked.get("filter[reference]");
                let wanted = |product: &Product| {
                    since.is_none_or(|since| product.changed.as_str() > since)
                        && reference.is_none_or(|reference| product.reference == *reference)
                };
                let wanted = self.products.iter().filter(|(_, product)| wanted(product));
                paged(&asked, wanted.map(|(id, product)| shown(*id, product)), "products")
            }
            ("GET", "products", Some(id)) => match self.products.get(&id) {
                Some(product) => shown(id, product),
                None => return (404, refusal("not found")),
            },
            ("POST" | "PUT", "products", id) => match taken(body) {
                Ok(product) => {
                    let id = id.unwrap_or_else(|| self.products.last_key_value().map_or(1, |(id, _)| id + 1));
                    self.products.insert(id, product.clone());
                    shown(id, &product)
                }
                Err(reason) => return (400, refusal(&reason)),
            },
            other => panic!("{other:?}"),
        };
        let namespace = "xmlns:xlink=\"http://www.w3.org/1999/xlink\"";
        (
            200,
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<prestashop {namespace}>\n{found}\n</prestashop>"
            ),
        )
    }
}

/// The records that `limit=<offset>,<count>` asks for; an element without any where there are none.
fn paged(asked: &BTreeMap<String, String>, all: impl Iterator<Item = String>, name: &str) -> String {
    let (offset, count) = asked["limit"].split_once(',').unwrap();
    let page = all.skip(offset.parse().unwrap()).take(count.parse().unwrap());
    format!("<{name}>{}</{name}>", page.collect::<String>())
}

fn category(id: u32) -> String {
    format!(
        "<category><id><![CDATA[{id}]]></id><name><language id=\"1\">Category {id}</language></name></category>"
    )
}

fn shown(id: u32, product: &Product) -> String {
    let names: String = product
        .names
        .iter()
        .map(|(id, name)| format!("<language id=\"{id}\" xlink:href=\"http://shop/api/languages/{id}\"><![CDATA[{name}]]></language>"))
        .collect();
    let categories: String = product
        .categories
        .iter()
        .map(|id| format!("<category><id><![CDATA[{id}]]></id></category>"))
        .collect();
    let Product { reference, price, changed, .. } = product;
    let default = &product.categories[0];
    format!(
        "<product><id><![CDATA[{id}]]></id>\
         <id_category_default xlink:href=\"http://shop/api/categories/{default}\"><![CDATA[{default}]]></id_category_default>\
         <reference><![CDATA[{reference}]]></reference><price><![CDATA[{price}]]></price>\
         <quantity notFilterable=\"true\"><![CDATA[5]]></quantity><manufacturer_name notFilterable=\"true\"/>\
         <name>{names}</name><date_upd><![CDATA[{changed}]]></date_upd>\
         <associations><categories nodeType=\"category\">{categories}</categories></associations></product>"
    )
}

/// What is sent replaces all that was there; what is computed is not taken.
fn taken(body: &str) -> Result<Product, String> {
    let document = Document::parse(body).map_err(|error| error.to_string())?;
    let child = |node: Node<'_, '_>, name: &str| {
        node.children().find(|child| child.has_tag_name(name)).map(|child| child.id())
    };
    let at = |path: &[&str]| {
        let found = path.iter().try_fold(document.root(), |node, name| document.get_node(child(node, name)?));
        found.ok_or_else(|| format!("no {path:?}"))
    };
    let product = ["prestashop", "product"];
    for computed in ["quantity", "manufacturer_name", "date_upd"] {
        if at(&[&product[..], &[computed]].concat()).is_ok() {
            return Err(format!("parameter \"{computed}\" not writable"));
        }
    }
    let text = |name: &str| {
        Ok::<_, String>(at(&[&product[..], &[name]].concat())?.text().unwrap_or_default().to_owned())
    };
    let languages = at(&["prestashop", "product", "name"])?;
    let names = languages.children().filter(|node| node.has_tag_name("language"));
    let names = names.map(|name| {
        (name.attribute("id").unwrap_or_default().to_owned(), name.text().unwrap_or_default().to_owned())
    });
    let categories = at(&["prestashop", "product", "associations", "categories"]);
    let ids = categories.iter().flat_map(|all| all.descendants().filter(|node| node.has_tag_name("id")));
    let mut categories: Vec<String> = ids.filter_map(|id| id.text().map(str::to_owned)).collect();
    if categories.is_empty() {
        categories.push(text("id_category_default")?);
    }
    Ok(Product {
        reference: text("reference")?,
        price: text("price")?,
        names: names.collect(),
        categories,
        changed: "2026-12-01 12:00:00".to_owned(),
    })
}

fn refusal(reason: &str) -> String {
    format!(
        "<prestashop><errors><error><code><![CDATA[85]]></code><message><![CDATA[{reason}]]></message></error></errors></prestashop>"
    )
}

struct Between {
    world: World,
    presta: Arc<Mutex<Presta>>,
    _server: Running,
}

impl Between {
    async fn start() -> Between {
        let names = |n: u32| {
            BTreeMap::from([
                ("1".to_owned(), format!("Mug & cup {n}")),
                ("2".to_owned(), format!("Tasse {n}")),
            ])
        };
        let product = |n: u32| Product {
            reference: format!("MUG-{n}"),
            price: format!("{n}.500000"),
            names: names(n),
            categories: vec![(n % 3 + 2).to_string(), "9".to_owned()],
            changed: format!("2026-10-0{n} 12:00:00"),
        };
        let products = (1..=5).map(|n| (n, product(n))).collect();
        let presta = Arc::new(Mutex::new(Presta { products, ..Presta::default() }));
        let shop = Arc::clone(&presta);
        let server = serve(0, move |request: Request<Body>| {
            let shop = Arc::clone(&shop);
            async move {
                let (parts, body) = request.into_parts();
                // The key is the user's name, without a password.
                assert_eq!(parts.headers["authorization"], "Basic a2V5LTE6");
                assert_eq!(parts.headers["accept"], "application/xml");
                let kind = parts.headers.get("content-type").map(|kind| kind.to_str().unwrap());
                assert_eq!(kind, (parts.method != "GET").then_some("application/xml; charset=utf-8"));
                let body = axum::body::to_bytes(body, 1 << 20).await.map_err(|_| Cut)?;
                let body = std::str::from_utf8(&body).unwrap();
                let (status, answer) =
                    shop.lock().unwrap().answer(parts.method.as_str(), &parts.uri.to_string(), body);
                Ok::<_, Cut>(
                    Response::builder()
                        .status(status)
                        .header("content-type", "text/xml")
                        .body(Body::from(answer))
                        .unwrap(),
                )
            }
        });
        let server = server.await.unwrap();
        let mut world = World::start(Plan::sized(0, 0, 0)).await;
        let keys = format!(
            "settings = {{ store_url = \"{}\" }}\nsecrets = {{ key = {{ env = \"TEST_PRESTA\" }} }}",
            server.url()
        );
        world.add_backend("presta", "sync/data/prestashop/connector.toml", &keys);
        world.program.set("TEST_PRESTA", "key-1");
        Between { world, presta, _server: server }
    }

    async fn run(&self, arguments: &[&str]) -> Ran {
        let [command, rest @ ..] = arguments else { panic!("a command") };
        self.world.run(&[&[*command, "presta", "--json"], rest].concat()).await
    }

    fn product(&self, id: u32) -> Product {
        self.presta.lock().unwrap().products[&id].clone()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_in_xml_come_into_odoo_page_by_page_and_then_what_changed() {
    let between = Between::start().await;
    between.world.run(&["test-connection", "presta"]).await.ended(0);
    let done = between.run(&["sync"]).await.ended(0).json();
    assert_eq!(done["created"], 8, "{done}");
    let mug = between.world.product("MUG-2");
    assert_eq!((&mug["name"], &mug["list_price"]), (&json!("Mug & cup 2"), &json!(2.5)));
    {
        let mut presta = between.presta.lock().unwrap();
        let product = presta.products.get_mut(&2).unwrap();
        product.price = "3.000000".to_owned();
        product.changed = "2030-01-01 12:00:00".to_owned();
    }
    // One changed, and one page has it alone.
    let done = between.run(&["sync", "product"]).await.ended(0).json();
    assert_eq!((&done["updated"], &done["created"], &done["unchanged"]), (&1.into(), &0.into(), &0.into()));
    assert_eq!(between.world.product("MUG-2")["list_price"], 3.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_that_replaces_the_record_sends_along_what_it_holds() {
    let between = Between::start().await;
    between.run(&["sync"]).await.ended(0);
    between.run(&["export"]).await.ended(0);
    let before = between.product(3);
    let mug = between.world.product("MUG-3")["id"].as_i64().unwrap();
    between.world.write_odoo("product.product", mug, json!({ "list_price": 7.25, "name": "Glass <3" })).await;
    let done = between.run(&["export", "product"]).await.ended(0).json();
    assert_eq!(done["updated"], 1, "{done}");
    let after = between.product(3);
    assert_eq!(after.price.parse::<f64>().unwrap(), 7.25);
    assert_eq!((after.names["1"].as_str(), after.names["2"].as_str()), ("Glass <3", "Tasse 3"));
    assert_eq!((&after.reference, &after.categories), (&before.reference, &before.categories));
    // Nothing is left to do on either side.
    assert_eq!(between.run(&["export", "product"]).await.ended(0).json()["updated"], 0);
    between.run(&["sync", "product"]).await.ended(0);
    assert_eq!(between.world.product("MUG-3")["name"], "Glass <3");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_record_goes_out_in_xml_and_a_refusal_is_told_in_the_shops_words() {
    let between = Between::start().await;
    between.run(&["sync"]).await.ended(0);
    let categ = between.world.product("MUG-3")["categ_id"].clone();
    let odoo = between.world.administrator().await;
    let made = json!({ "name": "Jug", "default_code": "JUG", "categ_id": categ });
    let id = odoo.create("product.product", vec![record(made)]).await.unwrap()[0];
    let done = between.run(&["export", "product", "--id", &id.to_string()]).await.ended(0).json();
    assert_eq!(done["created"], 1, "{done}");
    assert_eq!(
        (between.product(6).reference, between.product(6).names["1"].clone()),
        ("JUG".into(), "Jug".into())
    );

    between.presta.lock().unwrap().products.remove(&1);
    let gone = between.world.product("MUG-1")["id"].as_i64().unwrap();
    between.world.write_odoo("product.product", gone, json!({ "list_price": 9 })).await;
    between.run(&["export", "product"]).await.ended(1);
    let letters = dead_letters(&between.world.store().await).await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert!(letters[0].message.contains("no longer exists"), "{:?}", letters[0]);

    let bell = between.world.product("MUG-4")["id"].as_i64().unwrap();
    between.world.write_odoo("product.product", bell, json!({ "name": "Bell \u{7}" })).await;
    between.run(&["export", "product"]).await.ended(1);
    let letters = dead_letters(&between.world.store().await).await;
    assert!(letters.iter().any(|letter| letter.message.contains("U+0007")), "{letters:?}");
}
