//! Limits that several adapters share, counted on the server.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use futures::future::join_all;
use linkspan::adapter::{Adapter, AdapterOptions, Limits};
use linkspan::definition::model::ErrorClass;
use sandbox::serve::{Cut, Running, serve};
use tokio::sync::{Semaphore, watch};

use super::shop::{BASIC, Shop, answer, json, quick, try_adapter};

const GET_PRODUCT: &str =
    "[operations.get_product]\nmethod = 'GET'\npath = '/products/{id}'\nrepeat = 'safe'\n";

/// `BASIC`, `get_product` and one limit.
fn limited(limit: &str) -> String {
    format!("{BASIC}\n{GET_PRODUCT}\n[[limits]]\n{limit}\n")
}

fn options(backend: &str, limits: &Limits) -> AdapterOptions {
    let mut options = AdapterOptions { backend: backend.to_owned(), limits: limits.clone(), ..quick() };
    options.retry.longest_wait = Duration::from_secs(60);
    options
}

/// How many requests a [`Turnstile`] holds, held at most, and let go.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    held: usize,
    most: usize,
    gone: usize,
}

/// A server that holds each request until told to let one go.
struct Turnstile {
    server: Running,
    count: watch::Receiver<Count>,
    go: Arc<Semaphore>,
}

impl Turnstile {
    async fn start() -> Turnstile {
        let (counter, count) = watch::channel(Count::default());
        let (counter, go) = (Arc::new(counter), Arc::new(Semaphore::new(0)));
        let kept = Arc::clone(&go);
        let server = serve(0, move |_: Request<Body>| {
            let (counter, go) = (Arc::clone(&counter), Arc::clone(&kept));
            async move {
                counter.send_modify(|count| {
                    count.held += 1;
                    count.most = count.most.max(count.held);
                });
                go.acquire().await.map_err(|_| Cut)?.forget();
                counter.send_modify(|count| {
                    count.held -= 1;
                    count.gone += 1;
                });
                Ok(Response::new(Body::from("{}")))
            }
        });
        Turnstile { server: server.await.expect("a free port"), count, go }
    }

    /// Waits until `held` requests are held, lets one of them go, and waits until it has gone.
    async fn let_one_go(&self, held: usize) {
        let mut count = self.count.clone();
        let gone = count.wait_for(|count| count.held >= held).await.expect("a running server").gone;
        self.go.add_permits(1);
        count.wait_for(|count| count.gone > gone).await.expect("a running server");
    }
}

#[tokio::test]
async fn two_adapters_of_a_backend_share_its_concurrency() {
    let shop = Turnstile::start().await;
    let limits = Limits::default();
    let text = limited("name = 'api'\nrate = 1000\nper_ms = 1\nconcurrency = 2");
    let adapter = || try_adapter(&shop.server.url(), &text, options("main", &limits)).expect("an adapter");
    let (first, second) = (adapter(), adapter());
    let calls = join_all((0..8).map(|index| {
        let adapter = if index % 2 == 0 { first.clone() } else { second.clone() };
        async move { adapter.get("get_product", "1").await.map(|_| ()) }
    }));
    let gatekeeper = async {
        for left in (1..=8_usize).rev() {
            shop.let_one_go(left.min(2)).await;
        }
    };
    let (results, ()) = futures::future::join(calls, gatekeeper).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(shop.count.borrow().most, 2);
}

#[tokio::test]
async fn adapters_of_different_backends_do_not_share_unless_the_limit_says_host() {
    let shop = Shop::start(|_| json("{}")).await;
    let one_an_hour = "name = 'api'\nrate = 1\nper_ms = 3600000\n";
    for (scope, second_goes) in [("backend", true), ("host", false)] {
        let limits = Limits::default();
        let text = limited(&format!("{one_an_hour}scope = '{scope}'"));
        let adapter =
            |backend: &str| try_adapter(&shop.url(), &text, options(backend, &limits)).expect("an adapter");
        adapter("riyadh").get("get_product", "1").await.expect("the first");
        let same = adapter("riyadh").get("get_product", "1").await.expect_err("used up");
        assert_eq!(same.class, ErrorClass::Throttled);
        assert!(same.message.contains("`api` (1 each 3600000 ms)"), "{same}");
        assert!(same.retry_after.is_some_and(|wait| wait > Duration::from_secs(3500)), "{same:?}");
        assert_eq!(adapter("jeddah").get("get_product", "1").await.is_ok(), second_goes, "{scope}");
    }
}

#[tokio::test]
async fn a_pause_that_one_adapter_is_told_holds_for_the_other() {
    let shop = Shop::start(|_| answer(429, &[("retry-after", "120")], "{}")).await;
    let limits = Limits::default();
    let text = format!("{BASIC}\n{GET_PRODUCT}");
    let adapter =
        |backend: &str| try_adapter(&shop.url(), &text, options(backend, &limits)).expect("an adapter");
    assert!(adapter("main").get("get_product", "1").await.is_err());
    let error = adapter("main").get("get_product", "2").await.expect_err("paused");
    assert_eq!((error.class, error.status), (ErrorClass::Throttled, None));
    assert!(error.message.contains("pause that the server asked for"), "{error}");
    assert!(error.retry_after.is_some_and(|wait| wait > Duration::from_secs(100)), "{error:?}");
    assert_eq!(shop.targets(), ["/api/products/1"]);
    // Another backend does not suffer.
    assert_eq!(adapter("other").get("get_product", "3").await.expect_err("told itself").status, Some(429));
}

async fn after_one_call(limit: &str, headers: &'static [(&'static str, &'static str)]) -> Option<Duration> {
    let shop = Shop::start(move |_| answer(200, headers, "{}")).await;
    let mut options = options("main", &Limits::default());
    options.retry.longest_wait = Duration::ZERO;
    let adapter: Adapter = try_adapter(&shop.url(), &limited(limit), options).expect("an adapter");
    adapter.get("get_product", "1").await.expect("the first goes");
    adapter.get("get_product", "2").await.err()?.retry_after
}

#[tokio::test]
async fn a_used_up_window_pauses_until_its_end_in_the_named_unit() {
    const LIMIT: &str = "name = 'api'\nrate = 1000\nper_ms = 60000\nremaining_header = 'X-Left'\n";
    const DATE: (&str, &str) = ("date", "Sun, 22 Nov 2026 00:00:00 GMT");
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], Option<u64>);
    let cases: [Case<'static>; 7] = [
        ("seconds", &[("x-left", "0"), ("x-reset", "90"), DATE], Some(90)),
        ("seconds", &[("x-left", "0"), ("x-reset", "1.9"), DATE], Some(2)),
        ("milliseconds", &[("x-left", "0"), ("x-reset", "90000"), DATE], Some(90)),
        ("epoch_seconds", &[("x-left", "0"), ("x-reset", "1795305690"), DATE], Some(90)),
        ("epoch_milliseconds", &[("x-left", "0"), ("x-reset", "1795305690000"), DATE], Some(90)),
        ("seconds", &[("x-left", "1"), ("x-reset", "90"), DATE], None),
        ("seconds", &[("x-left", "0"), DATE], Some(60)),
    ];
    for (unit, headers, expected) in cases {
        let limit = format!("{LIMIT}reset_header = {{ name = 'X-Reset', unit = '{unit}' }}");
        let wait = after_one_call(&limit, headers).await;
        assert_eq!(wait.map(|wait| wait.as_secs_f64().round() as u64), expected, "{unit} {headers:?}");
    }
}
