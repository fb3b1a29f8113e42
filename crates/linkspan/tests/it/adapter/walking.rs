//! Lists, page by page.

use linkspan::adapter::{Adapter, Cursor};
use pyexpr::Json;

use super::shop::{Asked, BASIC, Shop, adapter, answer, json};

/// `BASIC` and a list with this `paginate`.
fn listing(paginate: &str) -> String {
    format!(
        "{BASIC}\n[operations.list_products]\nmethod = \"GET\"\npath = \"/products\"\nrepeat = \"safe\"\n\
         query = {{ status = \"any\" }}\npaginate = {{ {paginate} }}\n"
    )
}

const BY_PAGE: &str = r#"kind = "page", param = "page", size_param = "per_page", size = 2, last_page_header = "X-Pages", total_header = "X-Total""#;

async fn ids(adapter: &Adapter, start: Option<Cursor>) -> Vec<i64> {
    let mut walk = adapter.list("list_products", vec![("lang".to_owned(), "ar".to_owned())], start);
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
    let first = (asked.number("page") - 1) * size + 1;
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
    let adapter = adapter(&shop.url(), &listing(r#"kind = "page", param = "page", size = 2"#));
    assert_eq!(ids(&adapter, None).await, [1]);
    assert_eq!(shop.targets().len(), 1);
}
