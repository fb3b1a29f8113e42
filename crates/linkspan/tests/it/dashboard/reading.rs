//! What the pages show.

use linkspan::dashboard::BrokenBackend;
use linkspan::operations::Operator;
use linkspan::store::{
    BatchCommit, Difference, Direction, FieldChange, NewAudit, NewDeadLetter, NewEvent, RecordKey, Role,
    RolloutKey, Stage,
};
use reqwest::{Method, Response, StatusCode};

use super::site::{PASSWORD, Site, location};
use crate::store::{TestStore, binding, dead_letter};

#[tokio::test]
async fn a_new_installation_says_what_to_do_next() {
    let site = Site::with(TestStore::sqlite().await, Vec::new()).await;
    let ada = site.signed_in("ada").await;
    assert!(ada.page("/").await.contains("No backend yet"));
    assert!(ada.page("/backends").await.contains("linkspan.toml"));
    let site = Site::start().await;
    let page = site.signed_in("ada").await.page("/").await;
    assert!(page.contains("Nothing was synced yet") && page.contains("No worker is running"), "{page}");
}

#[tokio::test]
async fn a_missing_order_is_found_by_its_number_and_says_why_it_waits() {
    let site = Site::start().await;
    let product = site.refuse("product", dead_letter("812")).await;
    let order = NewDeadLetter {
        class: "missing_dependency".to_owned(),
        message: "Product 812 is not in Odoo.".to_owned(),
        problems: "[]".to_owned(),
        payload: Some(r#"{"id":5001,"number":"WEB-1042"}"#.to_owned()),
        depends_on: Some(RecordKey { entity: "product".to_owned(), external_id: "812".to_owned() }),
        ..dead_letter("5001")
    };
    site.refuse("order", order).await;
    let ada = site.signed_in("ada").await;
    assert_eq!(location(&ada.get("/search?q=web-1042").await), "/records/shop/order/5001");
    let page = ada.page("/records/shop/order/5001").await;
    let why = "It waits for product 812, which is not in Odoo yet, and goes on by itself as soon as that is. \
               That one was refused: The price &quot;abc&quot; is no number.";
    assert!(page.contains(why), "{page}");
    assert!(page.contains(r#"<a href="/records/shop/product/812">See product 812</a>"#), "{page}");
    let letter = ada.page(&format!("/dead-letters/{product}")).await;
    assert!(letter.contains("The price &quot;abc&quot; is no number."));
}

#[tokio::test]
async fn a_record_is_found_by_external_id_odoo_id_and_what_events_hold() {
    for test in [TestStore::sqlite().await, TestStore::postgres().await] {
        let site = Site::with(test, vec![super::site::shop()]).await;
        let commit = BatchCommit { bindings: vec![binding("P-7", 145)], ..crate::store::batch(Vec::new()) };
        site.store().commit_batch(commit).await.unwrap();
        let event = NewEvent {
            at: 1,
            backend: "shop".to_owned(),
            entity: "order".to_owned(),
            record: "88".to_owned(),
            kind: "done",
            message: "It is in Odoo.".to_owned(),
            details: Some(r#"{"values":{"client_order_ref":"S00077"}}"#.to_owned()),
            ..NewEvent::default()
        };
        site.store().log_events(&[event]).await.unwrap();
        let ada = site.signed_in("ada").await;
        for (text, path) in [
            ("P-7", "/records/shop/product/P-7"),
            ("145", "/records/shop/product/P-7"),
            ("s00077", "/records/shop/order/88"),
            ("88", "/records/shop/order/88"),
        ] {
            assert_eq!(location(&ada.get(&format!("/search?q={text}")).await), path, "{text}");
        }
        assert!(ada.page("/search?q=S0007").await.contains("Nothing found"));
        let page = ada.page("/records/shop/product/P-7").await;
        assert!(page.contains("It is in Odoo as product.product 145. Nothing waits."));
        let form = "/web#id=145&amp;model=product.product&amp;view_type=form\">product.product 145</a>";
        assert!(page.contains(form), "a link to the form in Odoo");
    }
}

#[tokio::test]
async fn a_record_page_and_an_empty_search_say_what_keeps_records_out() {
    let site = Site::start().await;
    let ada = site.signed_in("ada").await;
    let commit = BatchCommit { bindings: vec![binding("P-7", 145)], ..crate::store::batch(Vec::new()) };
    site.store().commit_batch(commit).await.unwrap();
    assert!(!ada.page("/search?q=4711").await.contains("keep records out"));
    let key = RolloutKey { backend: "shop", entity: "product", direction: Direction::In };
    site.store().set_stage(key, Stage::Canary, &NewAudit::default()).await.unwrap();
    let canary = "only records come in that `canary` under [backends.shop.rollout.product] chooses";
    let held = "A look for changes of product waits for a person: 9 records and may change 5. The backend&#x27;s page allows it.";
    let paused = "The channel shop:in is paused, so nothing comes in: stocktaking.";
    assert!(ada.page("/records/shop/product/4711").await.contains(canary));
    site.store().hold_changes(key, Stage::Canary, "9 records and may change 5").await.unwrap();
    Operator::new(site.store(), "test").pause_channel("shop:in", "stocktaking", None).await.unwrap();
    for path in ["/records/shop/product/4711", "/search?q=4711"] {
        let page = ada.page(path).await;
        assert!([canary, held, paused].iter().all(|reason| page.contains(reason)), "{path}: {page}");
        assert_eq!(page.matches(paused).count(), 1, "{page}");
    }
    let page = ada.page("/records/shop/product/P-7").await;
    assert!(page.contains("It is in Odoo as product.product 145. Later changes may not be:"), "{page}");
    assert!(page.contains(paused) && !page.contains(canary), "{page}");
}

#[tokio::test]
async fn a_paused_schedule_is_told_where_a_record_is_missed() {
    let site = Site::start().await;
    let ada = site.signed_in("ada").await;
    site.store().add_schedule("shop/0", 1).await.unwrap();
    assert!(!ada.page("/").await.contains("schedule paused"));
    Operator::new(site.store(), "test").pause_schedule("shop/0", true).await.unwrap();
    assert_eq!(ada.page("/").await.matches("schedule paused").count(), 2, "of order and product");
    for path in ["/records/shop/order/4711", "/search?q=4711"] {
        let page = ada.page(path).await;
        assert!(
            page.contains("Paused by somebody: shop&#x2f;0. So order comes in only where webhooks"),
            "{page}"
        );
        assert!(page.contains("linkspan schedules resume shop&#x2f;0"), "{page}");
    }
}

#[tokio::test]
async fn refused_signatures_are_told_on_the_page_of_webhooks_and_of_the_backend() {
    let site = Site::start().await;
    for (name, message) in [("signatures:shop", "Webhooks are refused."), ("held:shop/order", "A run waits.")]
    {
        site.store().raise_alert(name, "shop", message).await.unwrap();
    }
    let ada = site.signed_in("ada").await;
    let page = ada.page("/deliveries").await;
    assert!(page.contains("Webhooks are refused.") && !page.contains("A run waits."), "{page}");
    assert!(ada.page("/backends/shop").await.contains("Webhooks are refused."));
}

/// A pricelist stands inside orders: no list of its own is asked for it.
#[tokio::test]
async fn every_dead_letter_counts_whatever_its_entity_and_records_are_counted_not_jobs() {
    let site = Site::start().await;
    site.refuse("product", dead_letter("1")).await;
    let second = site.refuse("pricelist", dead_letter("2")).await;
    let ada = site.signed_in("ada").await;
    let page = ada.page("/").await;
    assert!(page.contains("<strong>2</strong> need a person"), "{page}");
    assert!(page.contains("<strong>2</strong> records refused"), "{page}");
    assert!(page.contains("/dead-letters/list?backend=shop&amp;entity=pricelist"), "{page}");
    // Who closes one does not undo that it was refused.
    Operator::new(site.store(), "test").dismiss(second).await.unwrap();
    let page = ada.page("/").await;
    assert!(page.contains("<strong>1</strong> need a person"), "{page}");
    assert!(page.contains("<strong>2</strong> records refused"), "{page}");
}

#[tokio::test]
async fn a_backend_that_cannot_be_used_is_shown_beside_the_others() {
    let broken =
        BrokenBackend { name: "bad".to_owned(), error: "error[LS0231]: <no such operation>".to_owned() };
    let site = Site::beside(TestStore::sqlite().await, vec![super::site::shop()], vec![broken]).await;
    let operator = Operator::new(site.store(), "test");
    operator.add_account("ada", Role::Operator, &PASSWORD.into()).await.unwrap();
    let ada = site.signed_in("ada").await;
    for path in ["/backends", "/backends/bad"] {
        let answer = ada.get(path).await.text().await.unwrap();
        assert!(answer.contains("error[LS0231]: &lt;no such operation&gt;"), "{path}: {answer}");
    }
    assert!(ada.page("/backends").await.contains("/backends/shop"));
}

#[tokio::test]
async fn both_sides_of_a_record_are_shown_on_request() {
    let site = Site::start().await;
    let ada = site.signed_in("ada").await;
    let page = ada.page("/records/shop/product/7/look").await;
    for part in ["regular_price as decimal", "&quot;19.90&quot;", "19.9", "18.0", "differs"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(ada.page("/records/shop/product/gone/look").await.contains("The shop has no such record."));
    let tested = ada.post("/backends/shop/test", &[]).await.text().await.unwrap();
    assert!(tested.contains("WooCommerce 9.1") && tested.contains("wrong password"));
}

/// With a way on.
async fn assert_is_page(answer: Response, status: StatusCode, path: &str) {
    assert_eq!(answer.status(), status, "{path}");
    let page = answer.text().await.unwrap();
    assert!(page.contains("<html") && page.contains("href=\"/\">Overview</a>"), "{path}: {page}");
}

#[tokio::test]
async fn what_is_not_there_is_404_and_what_is_no_number_400() {
    let site = Site::start().await;
    let ada = site.signed_in("ada").await;
    for path in [
        "/jobs/99",
        "/dead-letters/99",
        "/deliveries/99",
        "/backends/none",
        "/records/none/order/1",
        "/records/shop/none/1",
        "/nowhere",
    ] {
        assert_is_page(ada.get(path).await, StatusCode::NOT_FOUND, path).await;
    }
    for path in [
        "/jobs/x",
        "/jobs?state=odd",
        "/jobs?kind=odd",
        "/jobs?before=x",
        "/deliveries?before=x",
        "/dead-letters/list?state=odd",
    ] {
        assert_is_page(ada.get(path).await, StatusCode::BAD_REQUEST, path).await;
    }
    let wrong = ada.request(Method::DELETE, "/jobs").send().await.unwrap();
    assert_is_page(wrong, StatusCode::METHOD_NOT_ALLOWED, "/jobs").await;
    assert_is_page(
        ada.post("/channels/shop%3Ain/resize", &[("capacity", "x")]).await,
        StatusCode::UNPROCESSABLE_ENTITY,
        "x",
    )
    .await;
    for path in
        ["/jobs/99/cancel", "/dead-letters/99/retry", "/dead-letters/99/dismiss", "/dead-letters/99/edit"]
    {
        assert_eq!(ada.post(path, &[("payload", "{}")]).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn what_the_stage_shadow_would_change_is_shown_field_by_field() {
    let site = Site::start().await;
    let field = |field: &str, from: Option<serde_json::Value>, to: &str| FieldChange {
        field: field.to_owned(),
        from,
        to: to.to_owned(),
    };
    let difference = |record: &str, action: &str, fields: Vec<FieldChange>| Difference {
        backend: "shop".to_owned(),
        entity: "order".to_owned(),
        direction: Direction::In,
        record: record.to_owned(),
        action: action.to_owned(),
        fields,
        seen_at: 1,
    };
    let changed = difference("7", "update", vec![field("note", Some("<b>old</b>".into()), "new")]);
    let created = difference("8", "create", vec![field("name", None, "S8")]);
    site.store().note_differences(&[changed, created]).await.unwrap();
    let ada = site.signed_in("ada").await;
    for path in ["/", "/backends/shop"] {
        let page = ada.page(path).await;
        assert!(
            page.contains("/backends/shop/differences?entity=order&amp;direction=in\">2 differences"),
            "{page}"
        );
    }
    let page = ada.page("/backends/shop/differences").await;
    for part in [
        "/records/shop/order/7",
        "&lt;b&gt;old&lt;",
        "<code>new</code>",
        "<code>S8</code>",
        "order into Odoo",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("<b>old"), "{page}");
    // An operator who rolls it out has decided.
    ada.post("/backends/shop/stages/order/in", &[("stage", "on")]).await;
    assert!(ada.page("/backends/shop/differences").await.contains("No difference is known"));
    assert_eq!(ada.get("/backends/none/differences").await.status(), StatusCode::NOT_FOUND);
}
