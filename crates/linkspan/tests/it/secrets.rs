//! Planted secrets appear in no output, no log, no store, in no spelling.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use linkspan::operations::Operator;
use linkspan::store::Role;
use reqwest::Method;
use sandbox::Fault;
use sandbox::odoo::{OdooSpec, Rights, Series, UserSpec};
use sandbox::shop::{ApiKey, Kind, Misbehaviour, Shop, ShopSpec};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use url::Url;
use url::form_urlencoded::byte_serialize;

use crate::dashboard::guarding::path;
use crate::dashboard::site::Visitor;
use crate::service::{Served, until};
use crate::support::program::Ran;
use crate::support::world::{Plan, StoreKind, World, size};
use crate::webhook::{client, sign};

const KEY: &str = "ck_Pl4nted+key/1=x";
const SECRET: &str = "cs_Pl4nted@\"s<e>&c%ret";
const PASSWORD: &str = "0doo-Pl4nted/\"p&ss<word>";
const POSTGRES: &str = "pg-Pl4nted@p/ss:word";
const WEBHOOK: &str = "wh_Pl4nted=secret+==";

/// Every spelling in which a secret could get out.
fn spellings() -> Vec<String> {
    let mut all = Vec::new();
    for secret in [KEY, SECRET, PASSWORD, POSTGRES, WEBHOOK] {
        let json = serde_json::Value::from(secret).to_string();
        let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let encoded: String = byte_serialize(secret.as_bytes()).collect();
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        all.extend([
            secret.to_owned(),
            json.trim_matches('"').to_owned(),
            html,
            encoded.to_lowercase(),
            encoded,
            hex,
        ]);
        // Without the first and last letters, where neighbours change base64.
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            for shift in 0..3 {
                let shifted = engine.encode(format!("{}{secret}", "x".repeat(shift)));
                all.push(shifted[4..shifted.len() - 3].to_owned());
            }
        }
    }
    all.push(STANDARD.encode(format!("{KEY}:{SECRET}")));
    all.push("Pl4nted".to_owned());
    all.sort();
    all.dedup();
    all
}

/// What was found where.
fn leaks(place: &str, bytes: &[u8]) -> Vec<String> {
    let found = |spelling: &String| bytes.windows(spelling.len()).any(|part| part == spelling.as_bytes());
    spellings()
        .iter()
        .filter(|spelling| found(spelling))
        .map(|spelling| format!("{place}: {spelling}"))
        .collect()
}

fn leaks_of(ran: &Ran) -> Vec<String> {
    let mut found = leaks("stdout", ran.stdout.as_bytes());
    found.extend(leaks("stderr", ran.stderr.as_bytes()));
    for leak in &mut found {
        *leak = format!("{} ({})", leak, ran.what());
    }
    found
}

/// A world in which all secrets are right.
async fn planted(store: StoreKind) -> World {
    let keys = vec![ApiKey::read_write(KEY, SECRET)];
    let shop = Shop::generate(&ShopSpec { keys, bad_products: 2, ..size(12, 4, 8) });
    let users = vec![UserSpec::new("manager", PASSWORD, Rights::SalesManager)];
    let odoo = OdooSpec { users, ..OdooSpec::new(Series::V18) };
    let mut world = World::start(Plan { store, odoo, ..Plan::of(shop) }).await;
    world.program.edit(
        "consumer_secret = { env = \"TEST_SECRET\" }",
        "consumer_secret = { env = \"TEST_SECRET\" }\nwebhook_secret = { env = \"TEST_WEBHOOK\" }",
    );
    let secrets =
        [("TEST_KEY", KEY), ("TEST_SECRET", SECRET), ("TEST_PASSWORD", PASSWORD), ("TEST_WEBHOOK", WEBHOOK)];
    for (name, secret) in secrets {
        world.program.set(name, secret);
    }
    world.program.set("LINKSPAN_LOG", "trace");
    if store == StoreKind::Postgres {
        let url = with_password(&world.store_url);
        world.program.set("TEST_STORE_URL", &url);
    }
    world
}

fn with_password(url: &str) -> String {
    let mut url = Url::parse(url).unwrap();
    url.set_password(Some(POSTGRES)).unwrap();
    url.into()
}

/// Runs every command as text and as JSON.
async fn everything(world: &World) -> Vec<String> {
    let commands: [&[&str]; 8] = [
        &["sync", "shop1", "--full"],
        &["sync", "shop1", "--plan", "--full"],
        &["test-connection", "shop1"],
        &["validate"],
        &["bindings", "list"],
        &["dead-letters", "list"],
        &["dead-letters", "show", "1"],
        &["dead-letters", "retry", "--all"],
    ];
    let mut found = Vec::new();
    for command in commands {
        for json in [&[][..], &["--json"]] {
            found.extend(leaks_of(&world.run(&[command, json].concat()).await));
        }
    }
    found
}

/// Every byte of the SQLite files and of whatever else was written beside them, every row of the PostgreSQL tables.
async fn store_leaks(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![world.program.folder().to_owned()];
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.extend(leaks(&path.display().to_string(), &std::fs::read(&path).unwrap()));
            }
        }
    }
    if world.store_url.starts_with("postgres") {
        let mut database = PgConnection::connect(&world.store_url).await.unwrap();
        let tables =
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()";
        let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut database).await.unwrap();
        assert!(tables.len() > 15, "{tables:?}");
        for table in &tables {
            let rows = AssertSqlSafe(format!("SELECT row_to_json(t)::text AS row FROM {table} t"));
            for row in sqlx::query(rows).fetch_all(&mut database).await.unwrap() {
                let text: String = row.get("row");
                found.extend(leaks(table, text.as_bytes()));
            }
        }
    }
    found
}

async fn assert_nothing_gets_out(world: &World) {
    let mut found = everything(world).await;
    found.extend(store_leaks(world).await);
    assert_eq!(found, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_gets_out_when_all_is_well() {
    for store in [StoreKind::Sqlite, StoreKind::Postgres] {
        let world = planted(store).await;
        let ran = world.run(&["sync", "shop1"]).await.ended(1);
        assert!(ran.stderr.contains("TRACE"), "the log is on: {}", ran.stderr);
        assert_eq!(leaks_of(&ran), Vec::<String>::new());
        assert_nothing_gets_out(&world).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_appear_in_no_log_error_page_dump_or_generated_file() {
    for store in [StoreKind::Sqlite, StoreKind::Postgres] {
        let world = planted(store).await;
        let log = std::fs::File::create(world.program.path("service.log")).unwrap();
        let served = Served::telling(&world.program, "127.0.0.1:0", log.into()).await;
        let kept = world.store().await;
        until("everything was walked", || async {
            (kept.last_successes().await.unwrap().len() == 4).then_some(())
        })
        .await;
        // What comes in repeats the keys where it should not.
        let body = format!("{{\"id\":{}}}", world.shop.ids(Kind::Product)[0]);
        for signature in [sign(WEBHOOK, body.as_bytes()), WEBHOOK.to_owned()] {
            let url = format!("{}/webhooks/shop1?consumer_key={KEY}", served.url);
            let request = client().post(url).basic_auth(KEY, Some(SECRET)).body(body.clone());
            let request = request.header("X-WC-Webhook-Signature", signature);
            request.header("X-WC-Webhook-Topic", "product.updated").send().await.unwrap();
        }
        for fault in [Fault::HtmlPage { status: 502 }, Fault::CutAfterWork] {
            world.shop.faults().add("/products?", fault.clone(), 2);
            world.odoo.faults().add(".load", fault, 1);
        }
        let operator = Operator::new(&kept, "test");
        operator.add_account("ada", Role::Operator, &"correct horse battery".into()).await.unwrap();
        let mut ada = Visitor::of(&served.url);
        ada.sign_in("ada", "correct horse battery").await;
        let mut found = Vec::new();
        let pages = linkspan::dashboard::routes().into_iter().filter(|route| route.method == Method::GET);
        let mut paths: Vec<String> = pages.map(|route| path(&route, "shop1")).collect();
        paths.extend(
            ["/metrics", "/health", "/ready", "/api/v1/dead-letters", "/api/v1/jobs"].map(str::to_owned),
        );
        for path in &paths {
            let page = ada.get(path).await.bytes().await.unwrap();
            found.extend(leaks(path, &page));
        }
        assert!(served.stop().await.success());
        world
            .run(&["init", "acme", "--connector", "woocommerce", "--odoo", "18.0", "--path", "."])
            .await
            .ended(0);
        assert!(std::fs::read_to_string(world.program.path("service.log")).unwrap().contains("TRACE"));
        found.extend(store_leaks(&world).await);
        assert_eq!(found, Vec::<String>::new());
        assert!(paths.len() > 15, "{paths:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_gets_out_when_the_servers_fail() {
    let world = planted(StoreKind::Sqlite).await;
    world.run(&["sync", "shop1"]).await.ended(1);
    for fault in [
        Fault::HtmlPage { status: 200 },
        Fault::Status { status: 500, retry_after_secs: None },
        Fault::CutAfterWork,
    ] {
        world.shop.faults().add("/products?", fault.clone(), 4);
        world.shop.faults().add("/orders/", fault.clone(), 4);
        world.odoo.faults().add("res.company.read", fault, 4);
        for arguments in [&["sync", "shop1", "--full"][..], &["test-connection", "shop1", "--json"]] {
            assert_eq!(leaks_of(&world.run(arguments).await), Vec::<String>::new());
        }
        world.shop.faults().clear();
        world.odoo.faults().clear();
    }
    let redirect =
        Misbehaviour::Redirect { to: format!("http://{KEY}:x@localhost:1/?consumer_secret={SECRET}&next=") };
    world.shop.shop().misbehave("/products?", redirect, 0, 1);
    assert_eq!(leaks_of(&world.run(&["sync", "shop1", "--full"]).await), Vec::<String>::new());
    // The shop repeats the key in a record, as plugins do that log requests.
    let id = world.shop.ids(Kind::Product)[0];
    world.edit(Kind::Product, id, |product| {
        product["regular_price"] = "abc".into();
        product["meta_data"] =
            serde_json::json!([{ "id": 1, "key": "_request", "value": format!("?consumer_key={KEY}") }]);
    });
    assert_nothing_gets_out(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_gets_out_when_the_secrets_are_wrong() {
    // The servers know other ones.
    let mut world = World::start(Plan::sized(3, 2, 2)).await;
    world.program.set("LINKSPAN_LOG", "trace");
    world.program.set("TEST_KEY", KEY);
    world.program.set("TEST_SECRET", SECRET);
    assert_nothing_gets_out(&world).await;
    world.program.set("TEST_PASSWORD", PASSWORD);
    assert_nothing_gets_out(&world).await;
    // A key that no header can hold.
    world.program.set("TEST_PASSWORD", &format!("{PASSWORD}\n{PASSWORD}"));
    world.program.set("TEST_SECRET", &format!("{SECRET}\n\u{1}{SECRET}"));
    assert_nothing_gets_out(&world).await;
    for url in [
        with_password("postgres://nobody@127.0.0.1:1/nothing"),
        format!("mysql://nobody:{POSTGRES}@127.0.0.1/nothing"),
        format!("postgres://nobody:{POSTGRES}@[::bad/nothing"),
    ] {
        world.program.set("TEST_STORE_URL", &url);
        assert_eq!(
            leaks_of(&world.run(&["bindings", "list", "--json"]).await.ended(4)),
            Vec::<String>::new()
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_stands_in_the_configuration_is_not_shown() {
    let key = "ck_Pl4ntedInTheFile";
    for (old, new) in [
        ("{ env = \"TEST_KEY\" }", format!("\"{key}\"")),
        ("{ env = \"TEST_KEY\" }", format!("{{ value = \"{key}\" }}")),
        ("{ env = \"TEST_KEY\" }", format!("'{key}")),
        ("{ env = \"TEST_PASSWORD\" }", format!("[\"{key}\"]")),
        ("{ env = \"TEST_STORE_URL\" }", format!("\"postgres://linkspan:{key}@db.example/linkspan\"")),
        ("http://127.0.0.1", format!("http://manager:{key}@127.0.0.1")),
    ] {
        let mut world = World::start(Plan::sized(1, 0, 0)).await;
        world.program.set("LINKSPAN_LOG", "trace");
        world.program.edit(old, &new);
        let mut found = Vec::new();
        for arguments in
            [&["validate"][..], &["sync", "shop1"], &["test-connection", "shop1"], &["bindings", "list"]]
        {
            for json in [&[][..], &["--json"]] {
                found.extend(leaks_of(&world.run(&[arguments, json].concat()).await));
            }
        }
        assert_eq!(found, Vec::<String>::new(), "{new}");
    }
}
