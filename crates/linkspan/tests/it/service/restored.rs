//! The service goes on from a backup that was made while it ran, as docs/operating.md says.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::process::Command;

use linkspan::store::{JobKind, NewJob};
use sandbox::shop::{ChangeSpec, Kind};
use sqlx::Connection as _;

use super::{SELDOM, Served, configure, until};
use crate::support::kept::bindings;
use crate::support::postgres::{Cluster, new_schema_url};
use crate::support::records::disagreements;
use crate::support::world::{BACKEND, Plan, World};

/// A world whose service was backed up, went on, and lost its store.
async fn backed_up(world: World, back_up: impl AsyncFnOnce(&World)) -> World {
    configure(&world, SELDOM);
    let served = Served::start(&world).await;
    until("the shop is imported", || async { disagreements(&world).await.is_empty().then_some(()) }).await;
    back_up(&world).await;
    // What was done after the backup is in Odoo, and the restored store does not know of it.
    world.shop.shop().change(&ChangeSpec { seed: 7, products: 4, customers: 2, orders: 4 });
    let mut later = world.shop.shop().get(Kind::Product, world.shop.ids(Kind::Product)[0]).unwrap();
    (later["id"], later["sku"]) = (900_001.into(), "LATER".into());
    assert!(world.shop.shop().put(Kind::Product, later));
    let walk = |entity| NewJob::new(BACKEND, JobKind::Poll, entity, "").over_all("test");
    let walks = ["category", "product", "customer", "order"].map(walk);
    world.store().await.enqueue(&walks).await.unwrap();
    until("the changes are in Odoo", || async { disagreements(&world).await.is_empty().then_some(()) }).await;
    served.kill().await;
    world
}

/// The service on the restored store, after the full walk that the page asks for.
async fn goes_on(world: &World) {
    let store = world.store().await;
    let before = bindings(&store).await;
    assert!(!before.is_empty() && before.iter().all(|one| one.external_id != "900001"));
    let counts = ["product.product", "res.partner", "sale.order"].map(|model| world.odoo.count(model));
    let served = Served::start(world).await;
    world.sync(&["--full"]).await.ended(0);
    assert_eq!(disagreements(world).await, Vec::<String>::new());
    let after = bindings(&store).await;
    for old in &before {
        let same =
            after.iter().find(|new| (&new.entity, &new.external_id) == (&old.entity, &old.external_id));
        assert_eq!(same.map(|new| new.odoo_id), Some(old.odoo_id), "{} {}", old.entity, old.external_id);
    }
    let now = ["product.product", "res.partner", "sale.order"].map(|model| world.odoo.count(model));
    assert_eq!(now, counts, "what was done after the backup is found again and not made again");
    assert!(served.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_goes_on_from_a_backup_of_sqlite_and_nothing_comes_twice() {
    let world = World::start(Plan::sized(20, 5, 10)).await;
    let copy = world.program.path("copy.db");
    let database = world.program.path("linkspan.db");
    let mut world = backed_up(world, async |_| {
        // What the shell's `.backup copy.db` does, for a machine without the shell.
        let mut connection =
            sqlx::SqliteConnection::connect(&format!("sqlite:{}", database.display())).await.unwrap();
        let into = sqlx::AssertSqlSafe(format!("VACUUM INTO '{}'", copy.display()));
        sqlx::query(into).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    })
    .await;
    let restored = world.program.path("restored.db");
    std::fs::rename(copy, &restored).unwrap();
    world.keep_store_at(&format!("sqlite:{}", restored.display()));
    goes_on(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_goes_on_from_a_backup_of_postgres_and_nothing_comes_twice() {
    let mut world = World::start(Plan::sized(20, 5, 10)).await;
    world.keep_store_at(&new_schema_url().await);
    let dump = world.program.path("dump.sql");
    let mut world = backed_up(world, async |world| {
        let (server, schema) = parts(&world.store_url);
        let dump = dump.to_str().unwrap();
        postgres("pg_dump", &["--no-owner", "-d", &server, "-n", &schema, "-f", dump]);
    })
    .await;
    // Another server, which has nothing yet.
    let other = tokio::task::spawn_blocking(Cluster::start).await.unwrap();
    let (_, schema) = parts(&world.store_url);
    postgres(
        "psql",
        &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &other.url(), "-f", dump.to_str().unwrap()],
    );
    world.keep_store_at(&format!("{}?options=-csearch_path%3D{schema}", other.url()));
    goes_on(&world).await;
}

/// The server's address, and the schema that the address names.
fn parts(url: &str) -> (String, String) {
    let (server, options) = url.split_once(['?', '&']).unwrap();
    (server.to_owned(), options.rsplit_once("%3D").unwrap().1.to_owned())
}

fn postgres(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}
