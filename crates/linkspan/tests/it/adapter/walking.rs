//! Lists, page by page.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use linkspan::adapter::{Adapter, Cursor, Page, Param, Walk};
use linkspan::definition::model::ErrorClass;
use pyexpr::Json;
use sandbox::{Fault, Faults};

use super::shop::{Asked, BASIC, KEY, SECRET, Shop, adapter, answer, json};

/// `BASIC` and a list with this `paginate`.
fn listing(paginate: &str) -> String {
    format!(
        "{BASIC}\n[operations.list_products]\nmethod = \"GET\"\npath = \"/products\"\nrepeat = \"safe\"\n\
         query = {{ status = \"any\" }}\npaginate = {{ {paginate} }}\n"
    )
}

const BY_PAGE: &str = r#"kind = "page", param = "page", size_param = "per_page", size = 2, last_page_header = "X-Pages", total_header = "X-Total""#;

async fn ids(adapter: &Adapter, start: Option<Cursor>) -> Vec<i64> {
    let mut walk = adapter.list("list_products", vec![Param::new("lang", "ar")], start);
    let mut ids = Vec::new();
    while let Some(page) = walk.next().await.expect("a page") {
        ids.extend(page.records().expect("records").iter().map(id));
    }
    ids
}

fn id(record: &Json<'_>) -> i64 {
    match record.get("id") {
        Some(Json::Int(id)) => *id,
        other => panic!("no id: {other:?}"),
    }
}

/// Records 1 to `total`, `size` a page.
fn page_of(asked: &Asked, total: u64) -> Vec<u64> {
    let size = asked.number("per_page");
    let first = asked.number("page").saturating_sub(1) * size + 1;
    (first..first + size).filter(|id| *id <= total).collect()
}

fn records(ids: &[u64]) -> String {
    let records: Vec<String> = ids.iter().map(|id| format!(r#"{{"id":{id}}}"#)).collect();
    format!("[{}]", records.join(","))
}

#[tokio::test]
async fn numbered_pages_are_walked_to_the_last_one() {
    let shop =
        Shop::start(|asked| answer(200, &[("x-pages", "3"), ("x-total", "5")], records(&page_of(asked, 5))))
            .await;
    assert_eq!(ids(&adapter(&shop.url(), &listing(BY_PAGE)), None).await, [1, 2, 3, 4, 5]);
    assert_eq!(
        shop.targets(),
        [
            "/api/products?status=any&lang=ar&per_page=2&page=1",
            "/api/products?status=any&lang=ar&per_page=2&page=2",
            "/api/products?status=any&lang=ar&per_page=2&page=3",
        ]
    );
    assert!(shop.asked().iter().all(|asked| asked.header("accept") == "application/json"));
}

#[tokio::test]
async fn a_list_that_fits_one_page_is_one_request() {
    let shop = Shop::start(|_| json(records(&[1]))).await;
    let paginate = r#"kind = "page", param = "page", size_param = "per_page", size = 2"#;
    assert_eq!(ids(&adapter(&shop.url(), &listing(paginate)), None).await, [1]);
    assert_eq!(shop.targets().len(), 1);
}

/// Nobody asks it for a size, and the definition is wrong about its own.
#[tokio::test]
async fn a_server_with_pages_of_its_own_size_is_walked_to_the_end() {
    for (name, paginate) in [("page", "kind = 'page'"), ("offset", "kind = 'offset'")] {
        for size in [2, 3, 50] {
            let shop = Shop::start(move |asked| {
                let first = match name {
                    "page" => (asked.number("page") - 1) * 3,
                    _ => asked.number("offset"),
                };
                let found: Vec<u64> = (first + 1..=first + 3).filter(|id| *id <= 8).collect();
                json(records(&found))
            })
            .await;
            let paginate = format!("{paginate}, param = '{name}', size = {size}");
            let found = ids(&adapter(&shop.url(), &listing(&paginate)), None).await;
            assert_eq!(found, [1, 2, 3, 4, 5, 6, 7, 8], "{paginate}");
        }
    }
}

/// Records of a list that loses some while it is walked: before the request with this number (from 0) the
/// record at the front goes.
async fn shrinking(paginate: &str, total: u64, gone_before: &'static [usize]) -> (Shop, Adapter) {
    let list = Mutex::new((1..=total).collect::<Vec<_>>());
    let count = AtomicUsize::new(0);
    let shop = Shop::start(move |asked| {
        let mut list = list.lock().expect("one thread");
        let request = count.fetch_add(1, Ordering::SeqCst);
        for _ in gone_before.iter().filter(|before| **before == request) {
            list.remove(0);
        }
        let size = asked.number("per_page") as usize;
        let skip = match asked.query("offset") {
            Some(_) => asked.number("offset") as usize,
            None => (asked.number("page") as usize - 1) * size,
        };
        let page: Vec<u64> = list.iter().skip(skip).take(size).copied().collect();
        let (total, pages) = (list.len().to_string(), list.len().div_ceil(size).to_string());
        answer(200, &[("x-total", total.as_str()), ("x-pages", pages.as_str())], records(&page))
    })
    .await;
    let adapter = adapter(&shop.url(), &listing(paginate));
    (shop, adapter)
}

const PAGE_WITH_TOTAL: &str =
    r#"kind = "page", param = "page", size_param = "per_page", size = 2, total_header = "X-Total""#;
const OFFSET: &str =
    r#"kind = "offset", param = "offset", size_param = "per_page", size = 2, total_header = "X-Total""#;

#[tokio::test]
async fn a_record_deleted_during_the_walk_does_not_hide_another() {
    for paginate in [BY_PAGE, PAGE_WITH_TOTAL, OFFSET] {
        for gone_before in [&[1][..], &[2], &[3], &[1, 1, 1], &[1, 2, 3], &[3, 3, 3, 3, 3]] {
            let (shop, adapter) = shrinking(paginate, 9, gone_before).await;
            let seen: BTreeSet<i64> = ids(&adapter, None).await.into_iter().collect();
            let left = gone_before.len() as i64 + 1..=9;
            let missed: Vec<i64> = left.filter(|id| !seen.contains(id)).collect();
            assert!(
                missed.is_empty(),
                "{paginate} {gone_before:?}: missed {missed:?}, asked {:?}",
                shop.targets()
            );
        }
    }
}

#[tokio::test]
async fn a_record_deleted_while_we_were_away_does_not_hide_another() {
    for paginate in [BY_PAGE, PAGE_WITH_TOTAL, OFFSET] {
        let (_shop, adapter) = shrinking(paginate, 9, &[2, 2, 2]).await;
        let mut walk = adapter.list("list_products", vec![], None);
        walk.next().await.expect("a page");
        let page = walk.next().await.expect("a page").expect("the second page");
        let stored = serde_json::to_string(&page.cursor).expect("JSON");
        let cursor: Cursor = serde_json::from_str(&stored).expect("the same cursor");
        assert_eq!(cursor, page.cursor);
        let rest = ids(&adapter, Some(cursor)).await;
        assert!((5..=9).all(|id| rest.contains(&id)), "{paginate}: {rest:?}");
    }
}

#[tokio::test]
async fn a_walk_goes_on_behind_the_page_of_its_cursor() {
    let shop =
        Shop::start(|asked| answer(200, &[("x-pages", "3"), ("x-total", "5")], records(&page_of(asked, 5))))
            .await;
    let adapter = adapter(&shop.url(), &listing(BY_PAGE));
    let mut walk = adapter.list("list_products", vec![], None);
    let first = walk.next().await.expect("a page").expect("the first page");
    assert_eq!((first.total, first.is_last), (Some(5), false));
    assert_eq!(ids(&adapter, Some(first.cursor)).await, [3, 4, 5]);
    let last = walk_to_end(&mut walk).await;
    assert!(last.is_last && last.cursor.is_end());
    let targets = shop.targets().len();
    assert_eq!(ids(&adapter, Some(last.cursor)).await, [0_i64; 0]);
    assert_eq!(shop.targets().len(), targets, "nothing is asked behind the end");
}

async fn walk_to_end(walk: &mut Walk) -> Page {
    let mut last = None;
    while let Some(page) = walk.next().await.expect("a page") {
        last = Some(page);
    }
    last.expect("at least one page")
}

#[tokio::test]
async fn a_cursor_counted_in_another_size_starts_rather_too_early() {
    let shop = Shop::start(|asked| json(records(&page_of(asked, 12)))).await;
    let sized =
        |size| listing(&format!(r#"kind = "page", param = "page", size_param = "per_page", size = {size}"#));
    let mut walk = adapter(&shop.url(), &sized(5)).list("list_products", vec![], None);
    walk.next().await.expect("a page");
    let cursor = walk.next().await.expect("a page").expect("the second page").cursor;
    let rest = ids(&adapter(&shop.url(), &sized(4)), Some(cursor.clone())).await;
    assert_eq!(rest, [9, 10, 11, 12]);
    let other_kind = listing(r#"kind = "offset", param = "page", size_param = "per_page", size = 4"#);
    let mut walk = adapter(&shop.url(), &other_kind).list("list_products", vec![], Some(cursor));
    assert!(walk.next().await.is_ok());
    assert_eq!(
        shop.asked().last().and_then(|asked| asked.query("page")).as_deref(),
        Some("0"),
        "starts over"
    );
}

#[tokio::test]
async fn offsets_count_the_records_that_came() {
    // The server gives three a page, whatever it is asked for.
    let shop = Shop::start(|asked| {
        let offset = asked.number("offset");
        let page: Vec<u64> = (offset + 1..=offset + 3).filter(|id| *id <= 8).collect();
        answer(200, &[("x-total", "8")], records(&page))
    })
    .await;
    let paginate =
        r#"kind = "offset", param = "offset", size_param = "limit", size = 100, total_header = "X-Total""#;
    assert_eq!(ids(&adapter(&shop.url(), &listing(paginate)), None).await, [1, 2, 3, 4, 5, 6, 7, 8]);
    let offsets: Vec<u64> = shop.asked().iter().map(|asked| asked.number("offset")).collect();
    assert_eq!(offsets, [0, 3, 6]);
    assert_eq!(shop.asked()[0].query("limit").as_deref(), Some("100"));
}

#[tokio::test]
async fn a_server_that_gives_fewer_than_asked_is_walked_to_its_total() {
    let shop = Shop::start(|asked| {
        let first = (asked.number("page") - 1) * 3 + 1;
        let page: Vec<u64> = (first..first + 3).filter(|id| *id <= 8).collect();
        answer(200, &[("x-total", "8")], records(&page))
    })
    .await;
    let paginate = r#"kind = "page", param = "page", size = 100, total_header = "X-Total""#;
    assert_eq!(ids(&adapter(&shop.url(), &listing(paginate)), None).await, [1, 2, 3, 4, 5, 6, 7, 8]);
}

/// The server hiccups once: the page behind the first is empty, and its own number says that there is more.
#[tokio::test]
async fn an_empty_page_of_a_list_that_goes_on_is_an_error_and_not_its_end() {
    for (paginate, said) in [
        (BY_PAGE, "page 2 is empty, although its own answer speaks of 3 pages"),
        (PAGE_WITH_TOTAL, "page 2 is empty, although its own answer speaks of 5 records"),
        (OFFSET, "the page at offset 2 is empty, although its own answer speaks of 5 records"),
    ] {
        let is_well = AtomicUsize::new(0);
        let shop = Shop::start(move |asked| {
            let first = if asked.query("offset").is_some() {
                asked.number("offset") + 1
            } else {
                (asked.number("page") - 1) * 2 + 1
            };
            let mut page: Vec<u64> = (first..first + 2).filter(|id| *id <= 5).collect();
            if first == 3 && is_well.fetch_add(1, Ordering::SeqCst) == 0 {
                page.clear();
            }
            answer(200, &[("x-total", "5"), ("x-pages", "3")], records(&page))
        })
        .await;
        let adapter = adapter(&shop.url(), &listing(paginate));
        let mut walk = adapter.list("list_products", vec![], None);
        let mut seen: Vec<i64> = Vec::new();
        let mut errors = Vec::new();
        for _ in 0..10 {
            match walk.next().await {
                Ok(Some(page)) => seen.extend(page.records().expect("records").iter().map(id)),
                Ok(None) => break,
                Err(error) => errors.push(error),
            }
        }
        let [error] = errors.as_slice() else { panic!("{paginate}: {errors:?}") };
        assert_eq!(error.class, ErrorClass::Transient);
        assert!(error.message.contains(said), "{error}");
        assert_eq!((error.operation.as_str(), seen), ("list_products", vec![1, 2, 3, 4, 5]), "{paginate}");
    }
}

/// All that was behind the first page was deleted, a total that counts what the server does not give, an empty list.
#[tokio::test]
async fn an_empty_page_at_the_end_by_its_own_answer_is_the_end() {
    for paginate in [PAGE_WITH_TOTAL, OFFSET] {
        let count = AtomicUsize::new(0);
        let shop = Shop::start(move |asked| {
            let total = if count.fetch_add(1, Ordering::SeqCst) == 0 { "4" } else { "2" };
            let is_first = asked.number("page") == 1 || asked.query("offset").as_deref() == Some("0");
            answer(200, &[("x-total", total)], records(if is_first { &[1, 2] } else { &[] }))
        })
        .await;
        let adapter = adapter(&shop.url(), &listing(paginate));
        let seen: BTreeSet<i64> = ids(&adapter, None).await.into_iter().collect();
        assert_eq!(seen, BTreeSet::from([1, 2]), "{paginate}");
    }
    for paginate in [BY_PAGE, PAGE_WITH_TOTAL, OFFSET] {
        // Laravel has one page of nothing.
        let shop = Shop::start(|_| answer(200, &[("x-total", "0"), ("x-pages", "1")], "[]")).await;
        assert!(ids(&adapter(&shop.url(), &listing(paginate)), None).await.is_empty());
    }
    let shop = Shop::start(|asked| {
        let page: &[u64] = if asked.number("page") == 1 { &[1] } else { &[] };
        answer(200, &[("x-total", "2")], records(page))
    })
    .await;
    assert_eq!(ids(&adapter(&shop.url(), &listing(PAGE_WITH_TOTAL)), None).await, [1]);
}

#[tokio::test]
async fn a_page_beyond_the_end_ends_the_walk() {
    let shop = Shop::start(|asked| json(records(&page_of(asked, 4)))).await;
    let adapter =
        adapter(&shop.url(), &listing(r#"kind = "page", param = "page", size_param = "per_page", size = 2"#));
    assert_eq!(ids(&adapter, None).await, [1, 2, 3, 4]);
    assert_eq!(shop.targets().len(), 3, "nothing but an empty page tells that two full ones were all");
}

#[tokio::test]
async fn cursors_are_followed_until_there_is_none() {
    for end in [r#""next": null"#, r#""next": """#, r#""next": false"#, r#""other": 1"#] {
        let shop = Shop::start(move |asked| {
            json(match asked.query("after").as_deref() {
                None => r#"{"data": {"items": [{"id": 1}]}, "meta": {"next": "a&b=/+"}}"#.to_owned(),
                Some("a&b=/+") => r#"{"data": {"items": [{"id": 2}]}, "meta": {"next": 17}}"#.to_owned(),
                Some("17") => format!(r#"{{"data": {{"items": []}}, "meta": {{{end}}}}}"#),
                other => panic!("{other:?}"),
            })
        })
        .await;
        let text = listing(
            r#"kind = "cursor", param = "after", next = "meta.next", size_param = "limit", size = 1"#,
        );
        let text = text.replace("paginate", "records = \"data.items\"\npaginate");
        let adapter = adapter(&shop.url(), &text);
        assert_eq!(ids(&adapter, None).await, [1, 2]);
        let mut walk = adapter.list("list_products", vec![], None);
        let cursor = walk.next().await.expect("a page").expect("the first page").cursor;
        assert_eq!(ids(&adapter, Some(cursor)).await, [2]);
    }
}

#[tokio::test]
async fn a_cursor_that_is_an_object_is_an_error() {
    let shop = Shop::start(|_| json(r#"{"next": {"a": 1}}"#)).await;
    let adapter = adapter(&shop.url(), &listing(r#"kind = "cursor", param = "after", next = "next""#));
    let error = adapter.list("list_products", vec![], None).next().await.expect_err("no cursor");
    assert!(error.message.contains("next cursor at `next` is an object"), "{error}");
}

const LINK: &str = r#"kind = "link_header", size_param = "per_page", size = 2"#;

#[tokio::test]
async fn links_are_followed_relative_and_absolute() {
    let shop = Shop::start(|asked| {
        let absolute = format!(
            "<http://{0}/api/products?page=1>; rel=\"prev\", <http://{0}/api/products?page=3&x=%2C>; title=\"a\"; rel=\"next\"",
            asked.header("host")
        );
        let link = match asked.number("page") {
            0 => "<?page=2>; rel=next, </api/products>; rel=\"first\"".to_owned(),
            2 => absolute,
            _ => "</api/products?page=2>; rel=\"prev\"".to_owned(),
        };
        let id = asked.number("page").max(1);
        answer(200, &[("link", link.as_str())], records(&[id]))
    })
    .await;
    let adapter = adapter(&shop.url(), &listing(LINK));
    assert_eq!(ids(&adapter, None).await, [1, 2, 3]);
    assert_eq!(
        shop.targets(),
        ["/api/products?status=any&lang=ar&per_page=2", "/api/products?page=2", "/api/products?page=3&x=%2C"]
    );
    assert!(shop.asked().iter().all(|asked| asked.header("authorization").starts_with("Basic ")));
}

#[tokio::test]
async fn our_keys_in_a_link_are_neither_stored_nor_sent_twice() {
    // auth-query-string-keys of the recorded exchanges: WordPress repeats the whole query in its links.
    let shop = Shop::start(|asked| {
        let link = format!("<http://{}{}&page=2>; rel=\"next\"", asked.header("host"), asked.target);
        match asked.query("page") {
            None => answer(200, &[("link", link.as_str())], records(&[1])),
            Some(_) => json(records(&[2])),
        }
    })
    .await;
    let auth = BASIC.replace(
        "username = \"consumer_key\"\npassword = \"consumer_secret\"",
        "secret = \"consumer_secret\"\nquery = \"key\"",
    );
    let text = listing(LINK).replace(BASIC, &auth.replace("basic", "api_key"));
    let adapter = adapter(&shop.url(), &text);
    let mut walk = adapter.list("list_products", vec![Param::new("note", KEY)], None);
    let page = walk.next().await.expect("a page").expect("the first page");
    let stored = serde_json::to_string(&page.cursor).expect("JSON");
    assert!(!stored.contains("cs_abc") && !stored.contains("ck_0123"), "{stored}");
    walk.next().await.expect("a page").expect("the second page");
    let asked = shop.asked();
    assert_eq!(asked[1].target.matches("key=").count(), 1, "{}", asked[1].target);
    assert_eq!(asked[1].query("key").as_deref(), Some(SECRET));
}

#[tokio::test]
async fn a_link_to_another_server_is_not_followed() {
    let thief = Shop::start(|_| json("[]")).await;
    let link = format!("<{}/steal>; rel=\"next\"", thief.url());
    let shop = Shop::start(move |_| answer(200, &[("link", link.as_str())], records(&[1]))).await;
    let adapter = adapter(&shop.url(), &listing(LINK));
    let error = adapter.list("list_products", vec![], None).next().await.expect_err("another server");
    assert_eq!(error.class, ErrorClass::Config);
    assert!(error.message.contains(&thief.url()) && !error.message.contains("steal"), "{error}");
    assert!(thief.asked().is_empty());
}

#[tokio::test]
async fn a_stored_link_to_another_server_is_not_followed_either() {
    let thief = Shop::start(|_| json("[]")).await;
    let shop = Shop::start(|_| json("[]")).await;
    let stored = format!(r#"{{"next": {{"link": "{}/steal"}}}}"#, thief.url());
    let cursor: Cursor = serde_json::from_str(&stored).expect("a cursor");
    let adapter = adapter(&shop.url(), &listing(LINK));
    assert!(adapter.list("list_products", vec![], Some(cursor)).next().await.is_err());
    assert!(thief.asked().is_empty());
}

#[tokio::test]
async fn a_list_without_paging_is_one_page() {
    let shop = Shop::start(|_| json(records(&[1, 2]))).await;
    let text = listing("X").replace("paginate = { X }\n", "");
    let mut walk = adapter(&shop.url(), &text).list("list_products", vec![], None);
    let page = walk.next().await.expect("a page").expect("the only page");
    assert!(page.is_last && page.total.is_none());
    assert!(walk.next().await.expect("the end").is_none());
}

#[tokio::test]
async fn the_servers_clock_comes_with_the_page() {
    let shop = Shop::start(|_| answer(200, &[("date", "Sun, 22 Nov 2026 01:02:03 GMT")], "[]")).await;
    let mut walk = adapter(&shop.url(), &listing(BY_PAGE)).list("list_products", vec![], None);
    let page = walk.next().await.expect("a page").expect("the only page");
    assert_eq!(page.server_time.map(|time| time.to_string()).as_deref(), Some("2026-11-22T01:02:03Z"));
}

#[tokio::test]
async fn the_next_page_is_fetched_while_we_work_on_this_one() {
    let (told, mut asked_for) = tokio::sync::mpsc::unbounded_channel();
    let shop = Shop::start(move |asked| {
        let _ = told.send(asked.number("page"));
        answer(200, &[("x-pages", "3")], records(&page_of(asked, 5)))
    })
    .await;
    let mut walk = adapter(&shop.url(), &listing(BY_PAGE)).list("list_products", vec![], None);
    let first = walk.next().await.expect("a page").expect("the first page");
    assert_eq!(asked_for.recv().await, Some(1));
    walk.prefetch();
    assert_eq!(asked_for.recv().await, Some(2), "before the caller asks for it");
    assert_eq!(first.records().expect("records").len(), 2);
    walk.prefetch();
    let second = walk.next().await.expect("a page").expect("the second page");
    assert_eq!(id(&second.records().expect("records")[0]), 3);
    let third = walk.next().await.expect("a page").expect("the third page");
    assert!(third.is_last);
    walk.prefetch();
    assert!(walk.next().await.expect("the end").is_none());
    assert_eq!(shop.targets().len(), 3, "each page is asked for once");
}

#[tokio::test]
async fn a_page_that_nobody_waited_for_is_not_lost() {
    let shop = Shop::start(|asked| answer(200, &[("x-pages", "3")], records(&page_of(asked, 5)))).await;
    let mut walk = adapter(&shop.url(), &listing(BY_PAGE)).list("list_products", vec![], None);
    for _ in 0..3 {
        // Polled once and dropped.
        let _ = futures::poll!(std::pin::pin!(walk.next()));
    }
    let first = walk.next().await.expect("a page").expect("the first page");
    assert_eq!(id(&first.records().expect("records")[0]), 1);
    assert_eq!(shop.targets().len(), 1);
}

#[tokio::test]
async fn after_an_error_the_same_page_can_be_asked_for_again() {
    let faults = Faults::default();
    let planned = faults.clone();
    let shop = Shop::start(move |asked| match planned.take(&asked.target) {
        Some(_) => answer(400, &[], "{}"),
        None => answer(200, &[("x-pages", "3")], records(&page_of(asked, 5))),
    })
    .await;
    faults.add("&page=2", Fault::CutBeforeWork, 1);
    let mut walk = adapter(&shop.url(), &listing(BY_PAGE)).list("list_products", vec![], None);
    walk.next().await.expect("a page");
    assert!(walk.next().await.is_err());
    let second = walk.next().await.expect("a page").expect("the second page");
    assert_eq!(id(&second.records().expect("records")[0]), 3);
}
