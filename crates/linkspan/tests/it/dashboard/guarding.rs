//! Every route of the table, tried by those who may not use it.

use linkspan::dashboard::{Access, Route, routes};
use reqwest::{Method, StatusCode};

use super::site::Site;

/// A route's path with something in its places.
pub(crate) fn path(route: &Route, backend: &str) -> String {
    let fill = |part: &str| match part {
        "{id}" => "1".to_owned(),
        "{backend}" => backend.to_owned(),
        "{entity}" => "order".to_owned(),
        "{direction}" => "in".to_owned(),
        "{channel}" => "shop%3Ain".to_owned(),
        other if other.starts_with('{') => "x".to_owned(),
        other => other.to_owned(),
    };
    route.path.split('/').map(fill).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn a_viewer_cannot_take_any_action_and_sees_no_button_for_one() {
    let site = Site::start().await;
    let letter = site.refuse("order", crate::store::dead_letter("x")).await;
    assert_eq!(letter, 1, "the pages with id 1 are there");
    let bob = site.signed_in("bob").await;
    let mut tried = 0;
    for route in routes().iter().filter(|route| route.access == Access::Operator) {
        let answer = match route.method {
            Method::GET => bob.get(&path(route, "shop")).await,
            _ => {
                bob.post(&path(route, "shop"), &[("capacity", "1"), ("stage", "off"), ("payload", "{}")])
                    .await
            }
        };
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{} {}", route.method, route.path);
        tried += 1;
    }
    assert!(tried > 15, "only {tried} actions");
    for path in [
        "/",
        "/dead-letters",
        "/dead-letters/list",
        "/dead-letters/1",
        "/jobs",
        "/backends/shop",
        "/records/shop/order/x",
    ] {
        let page = bob.page(path).await;
        assert_eq!(
            page.matches(r#"method="post""#).count(),
            1,
            "{path} has more than the button to sign out"
        );
    }
    assert!(
        site.store().list_audit(Default::default()).await.unwrap().iter().all(|entry| entry.actor == "test")
    );
}

#[tokio::test]
async fn every_change_is_an_operators_or_signs_in_or_out() {
    for route in routes().iter().filter(|route| route.method != Method::GET) {
        let own = ["/sign-in", "/sign-out"].contains(&route.path);
        assert!(own || route.access == Access::Operator, "{} {}", route.method, route.path);
    }
}

#[tokio::test]
async fn nobody_gets_any_page_without_signing_in() {
    let site = Site::start().await;
    let visitor = site.visitor();
    for route in routes().iter().filter(|route| route.access != Access::Anyone) {
        let answer = visitor.request(route.method.clone(), &path(route, "shop")).send().await.unwrap();
        let leads = answer.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        assert!(leads.is_some_and(|leads| leads.starts_with("/sign-in?")), "{} {}", route.method, route.path);
    }
}

#[tokio::test]
async fn a_request_without_the_csrf_token_of_its_session_changes_nothing() {
    let site = Site::start().await;
    let (ada, other) = (site.signed_in("ada").await, site.signed_in("ada").await);
    assert_ne!(ada.csrf, other.csrf);
    for route in
        routes().iter().filter(|route| route.method == Method::POST && route.access != Access::Anyone)
    {
        for csrf in [None, Some(""), Some("guessed"), Some(other.csrf.as_str())] {
            let mut fields = vec![("capacity", "1"), ("stage", "off"), ("payload", "{}")];
            fields.extend(csrf.map(|csrf| ("csrf", csrf)));
            let answer = ada.request(Method::POST, &path(route, "shop")).form(&fields).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{} {csrf:?}", route.path);
        }
        let foreign = ada.request(Method::POST, &path(route, "shop")).header("sec-fetch-site", "cross-site");
        let answer = foreign.form(&[("csrf", ada.csrf.as_str())]).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{} from another site", route.path);
    }
    // A plain text body that looks like a form is what a page elsewhere could send without asking first.
    let body = format!("csrf={}", ada.csrf);
    let plain = ada.request(Method::POST, "/sign-out").header("content-type", "text/plain").body(body);
    assert_eq!(plain.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(ada.get("/").await.status(), StatusCode::OK, "still signed in");
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let site = Site::start().await;
    let ada = site.signed_in("ada").await;
    for path in ["/", "/sign-in", "/static/live.js", "/nowhere", "/dead-letters/77"] {
        let answer = ada.get(path).await;
        let header = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap());
        assert!(
            header("content-security-policy").starts_with("default-src 'none'; script-src 'self';"),
            "{path}"
        );
        assert!(!header("content-security-policy").contains("unsafe"));
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
    }
    assert_eq!(ada.get("/").await.headers()["cache-control"], "no-store");
}
