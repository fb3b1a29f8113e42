//! Lists that never end are given up with a sentence that says why.

use linkspan::adapter::AdapterError;
use linkspan::definition::model::ErrorClass;

use super::shop::{Asked, BASIC, Shop, adapter, answer, json};

async fn error_of_walk(shop: &Shop, paginate: &str) -> AdapterError {
    let text = format!(
        "{BASIC}\n[operations.list_products]\nmethod = 'GET'\npath = '/products'\nrepeat = 'safe'\n\
         records = 'items'\npaginate = {{ {paginate} }}\n"
    );
    let mut walk = adapter(&shop.url(), &text).list("list_products", vec![], None);
    for _ in 0..200 {
        match walk.next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the list ended"),
            Err(error) => return error,
        }
    }
    panic!("the walk goes on")
}

fn assert_endless(error: &AdapterError, why: &str) {
    assert_eq!(error.class, ErrorClass::Config);
    assert!(error.message.starts_with("The list does not end: ") && error.message.contains(why), "{error}");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("`paginate`")), "{error}");
    assert_eq!(error.operation, "list_products");
}

const PAGE: &str = "kind = 'page', param = 'page', size = 2";

/// Two records that stand on this page only.
fn two(asked: &Asked) -> String {
    let page = asked.number("page");
    format!(r#"[{{"id": {}}}, {{"id": {}}}]"#, page * 2, page * 2 + 1)
}

#[tokio::test]
async fn a_server_that_ignores_the_page_number() {
    // The time in the envelope makes every body different.
    let shop = Shop::start(|asked| {
        json(format!(r#"{{"at": "{}", "items": [{{"id": 1}}, {{"id": 2}}]}}"#, asked.number("page")))
    })
    .await;
    assert_endless(&error_of_walk(&shop, PAGE).await, "page 2 repeats page 1");
}

#[tokio::test]
async fn a_server_that_goes_in_circles() {
    let shop = Shop::start(|asked| {
        let page = asked.number("page") % 3;
        json(format!(r#"{{"items": [{{"id": {page}}}, {{"id": 100}}]}}"#))
    })
    .await;
    assert_endless(&error_of_walk(&shop, PAGE).await, "page 4 repeats page 1");
}

#[tokio::test]
async fn empty_pages_that_claim_that_more_follows() {
    let shop = Shop::start(|asked| {
        let page = asked.number("after") + 1;
        let items = if page <= 2 { format!(r#"[{{"id": {page}}}]"#) } else { "[]".to_owned() };
        json(format!(r#"{{"items": {items}, "next": {page}}}"#))
    })
    .await;
    let error = error_of_walk(&shop, "kind = 'cursor', param = 'after', next = 'next'").await;
    assert_endless(&error, "3 pages in a row are empty");
    assert_eq!(shop.asked().len(), 5);
}

#[tokio::test]
async fn more_records_than_the_total_speaks_of() {
    let shop = Shop::start(|asked| {
        answer(200, &[("x-pages", "1000"), ("x-total", "10")], format!(r#"{{"items": {}}}"#, two(asked)))
    })
    .await;
    let paginate = format!("{PAGE}, last_page_header = 'X-Pages', total_header = 'X-Total'");
    let error = error_of_walk(&shop, &paginate).await;
    assert_endless(&error, "62 records were read of a list that has 10");
}

#[tokio::test]
async fn a_total_that_keeps_falling_and_rising() {
    let shop = Shop::start({
        let calls = std::sync::atomic::AtomicU64::new(0);
        move |asked| {
            let call = calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let total = if call.is_multiple_of(2) { "100" } else { "90" };
            answer(200, &[("x-total", total)], format!(r#"{{"items": {}}}"#, two(asked)))
        }
    })
    .await;
    let paginate = "kind = 'page', param = 'page', size = 2, total_header = 'X-Total'";
    let text = format!(
        "{BASIC}\n[operations.list_products]\nmethod = 'GET'\npath = '/products'\nrepeat = 'safe'\n\
         records = 'items'\npaginate = {{ {paginate} }}\n"
    );
    let mut walk = adapter(&shop.url(), &text).list("list_products", vec![], None);
    let error = loop {
        match walk.next().await {
            Ok(page) => assert!(page.is_some() && shop.asked().len() < 500),
            Err(error) => break error,
        }
    };
    assert_endless(&error, "records were read of a list that has 100");
}

#[tokio::test]
async fn a_cursor_that_leads_back() {
    let shop = Shop::start(|asked| {
        let (items, next) = match asked.query("after").as_deref() {
            None => (1, "b"),
            Some("b") => (2, "c"),
            _ => (3, "b"),
        };
        json(format!(r#"{{"items": [{{"id": {items}}}], "next": "{next}"}}"#))
    })
    .await;
    let error = error_of_walk(&shop, "kind = 'cursor', param = 'after', next = 'next'").await;
    assert_endless(&error, "after page 3 it leads back");
    assert_eq!(shop.asked().len(), 3);
}

#[tokio::test]
async fn a_new_cursor_for_the_same_records() {
    let shop = Shop::start(|asked| {
        let next = asked.number("after") + 1;
        json(format!(r#"{{"items": [{{"id": 1}}], "next": {next}}}"#))
    })
    .await;
    let error = error_of_walk(&shop, "kind = 'cursor', param = 'after', next = 'next'").await;
    assert_endless(&error, "page 2 repeats page 1");
}

#[tokio::test]
async fn a_link_that_leads_to_itself() {
    let shop = Shop::start(|asked| {
        let link = format!("<{}>; rel=\"next\"", asked.target);
        answer(200, &[("link", link.as_str())], r#"{"items": [{"id": 1}]}"#)
    })
    .await;
    let error = error_of_walk(&shop, "kind = 'link_header'").await;
    assert_endless(&error, "after page 2 it leads back");
}
