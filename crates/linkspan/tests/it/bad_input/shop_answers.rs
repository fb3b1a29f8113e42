//! Answers of a shop that are no answers.

use sandbox::Fault;
use sandbox::shop::Misbehaviour;

use crate::support::memory::exit_and_peak_kib;
use crate::support::world::{Plan, World};

const ALWAYS: u32 = u32::MAX;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_never_ends_is_stopped() {
    for endless in [Misbehaviour::EndlessPages, Misbehaviour::SamePage] {
        let world = World::start(Plan::sized(30, 0, 0).in_steps(10, 10)).await;
        world.shop.shop().misbehave("/products?", endless.clone(), 0, ALWAYS);
        let ran = world.run(&["sync", "shop1", "product"]).await;
        match endless {
            // The last page is known from a header: nothing is missing.
            Misbehaviour::EndlessPages if ran.code == 0 => {
                assert_eq!(world.odoo.count("product.product"), 30)
            }
            _ => {
                ran.ended(2).said(&["The list does not end", "/wp-json/wc/v3/products?", "`paginate`"]);
            }
        }
        let asked = world.shop.requests().len();
        assert!(asked < 40, "{asked} requests were sent: {endless:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_web_page_in_place_of_json_is_told_as_such() {
    let world = World::start(Plan::sized(5, 0, 0)).await;
    world.shop.faults().add("/products?", Fault::HtmlPage { status: 200 }, ALWAYS);
    let ran = world.run(&["sync", "shop1", "product"]).await;
    assert!(matches!(ran.code, 2 | 3), "{ran:?}");
    ran.said(&["web page", "One moment", "/wp-json/wc/v3/products"]);
    assert_eq!(world.writes().len(), 0);
    let ran = world.run(&["test-connection", "shop1"]).await.ended(3);
    ran.said(&["FAILED WooCommerce", "web page"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_asked_and_what_came_back_can_be_seen_afterwards() {
    let world = World::start(Plan::sized(5, 0, 0)).await;
    world.shop.faults().add("/products?", Fault::Status { status: 403, retry_after_secs: None }, ALWAYS);
    world.run(&["sync", "shop1", "product"]).await.ended(3);
    let listed = world.run(&["exchanges", "shop1"]).await.ended(0);
    listed.said(&["GET", "/wp-json/wc/v3/products", "403"]);
    let whole = world.run(&["exchanges", "--bodies", "--limit", "1"]).await.ended(0);
    whole.said(&["received {}"]);
    let json = world.run(&["exchanges", "--json"]).await.ended(0).json();
    assert_eq!(
        (&json["exchanges"][0]["status"], &json["exchanges"][0]["side"]),
        (&403.into(), &"shop".into())
    );
    world.run(&["exchanges", "shop2"]).await.ended(2).said(&["shop2", "shop1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_of_ten_gigabytes_is_refused_without_being_held() {
    let world = World::start(Plan::sized(5, 0, 0)).await;
    let huge = Misbehaviour::HugeBody { bytes: 10 << 30 };
    world.shop.shop().misbehave("/products?", huge, 0, ALWAYS);
    let ran = world.run(&["sync", "shop1", "product"]).await;
    assert!(matches!(ran.code, 2 | 3), "{ran:?}");
    ran.said(&["larger than", "/wp-json/wc/v3/products"]);
    let (code, peak_kib) = exit_and_peak_kib(world.program.start(&["sync", "shop1", "product"])).await;
    assert!(matches!(code, 2 | 3), "exit code {code}");
    // The definition allows answers of 32 MiB; twice that while it grows, and the program itself.
    assert!((1_000..160 * 1024).contains(&peak_kib), "{peak_kib} KiB were taken");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_not_utf_8_is_told_with_the_place() {
    let world = World::start(Plan::sized(5, 0, 0)).await;
    world.shop.shop().misbehave("/products?", Misbehaviour::InvalidUtf8, 0, ALWAYS);
    let ran = world.run(&["sync", "shop1", "product"]).await.ended(3);
    ran.said(&["not valid UTF-8", "byte 20", "/wp-json/wc/v3/products"]);
    assert_eq!(world.writes().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_php_warning_in_front_of_the_json_does_no_harm() {
    let world = World::start(Plan::sized(5, 0, 0)).await;
    world.shop.shop().misbehave("/products?", Misbehaviour::PhpWarning, 0, ALWAYS);
    // The program asks for JSON, and WordPress then keeps warnings out of it.
    world.sync(&["product"]).await.ended(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_do_not_follow_a_redirect_to_another_server() {
    let world = World::start(Plan::sized(5, 0, 0)).await;
    let other = World::start(Plan::sized(5, 0, 0)).await;
    let elsewhere = Misbehaviour::Redirect { to: other.shop.url().replace("127.0.0.1", "localhost") };
    world.shop.shop().misbehave("/products?", elsewhere, 0, ALWAYS);
    let ran = world.run(&["sync", "shop1", "product"]).await.ended(2);
    ran.said(&["localhost", "store_url"]);
    assert_eq!(other.shop.requests(), []);
}
