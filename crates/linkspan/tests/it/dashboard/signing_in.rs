//! Signing in, out, and the ways around it.

use linkspan::operations::{random_token, token_hash};
use reqwest::{Method, StatusCode};

use super::site::{PASSWORD, Site, cookie_of, location, shop};
use crate::store::TestStore;

#[tokio::test]
async fn an_account_signs_in_and_out() {
    let site = Site::start().await;
    let mut ada = site.visitor();
    assert_eq!(location(&ada.get("/jobs?state=done").await), "/sign-in?back=%2Fjobs%3Fstate%3Ddone");
    let answer = ada.sign_in("ada", PASSWORD).await;
    let cookies = format!("{:?}", answer.headers().get_all("set-cookie").iter().collect::<Vec<_>>());
    assert!(cookies.contains("HttpOnly; SameSite=Strict"), "{cookies}");
    assert!(ada.page("/").await.contains("ada"));
    assert_eq!(location(&ada.post("/sign-out", &[]).await), "/sign-in");
    assert_eq!(ada.get("/").await.status(), StatusCode::SEE_OTHER, "the session is over on the server too");
}

#[tokio::test]
async fn wrong_passwords_are_refused_and_then_slowed_down() {
    let site = Site::start().await;
    let mut mallory = site.visitor();
    for account in ["ada", "nobody"] {
        let answer = mallory.sign_in(account, "wrong horse battery").await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert!(answer.text().await.unwrap().contains("Account or password is wrong"));
    }
    for _ in 0..4 {
        mallory.sign_in("ada", "wrong horse battery").await;
    }
    let answer = mallory.sign_in("ada", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS, "the right one has to wait as well");
    assert!(mallory.session.is_none());
}

#[tokio::test]
async fn many_passwords_at_once_are_as_many_as_one_after_the_other() {
    let site = Site::start().await;
    let tries =
        (0..12).map(|_| async { site.visitor().sign_in("ada", "wrong horse battery").await.status() });
    let answers = futures::future::join_all(tries).await;
    let checked = answers.iter().filter(|status| **status == StatusCode::UNAUTHORIZED).count();
    let slowed = answers.iter().filter(|status| **status == StatusCode::TOO_MANY_REQUESTS).count();
    assert_eq!((checked, slowed), (5, 7), "{answers:?}");
}

#[tokio::test]
async fn a_stranger_behind_the_same_proxy_keeps_nobody_out() {
    let site = Site::behind_a_proxy().await;
    for _ in 0..6 {
        site.visitor().sign_in_for("203.0.113.9", "ada", "wrong horse battery").await;
    }
    let answer = site.visitor().sign_in_for("203.0.113.9", "ada", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    let mut forged = site.visitor();
    let answer = forged.sign_in_for("198.51.100.7, 203.0.113.9", "ada", PASSWORD).await;
    assert_eq!(
        answer.status(),
        StatusCode::TOO_MANY_REQUESTS,
        "what the stranger wrote there is not believed"
    );
    let answer = site.visitor().sign_in_for("198.51.100.7", "ada", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_sign_in_form_of_another_site_is_refused() {
    let site = Site::start().await;
    let visitor = site.visitor();
    let form = [("account", "ada"), ("password", PASSWORD), ("csrf", "guessed")];
    let answer = visitor.request(Method::POST, "/sign-in").form(&form).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(cookie_of(&answer), None);
}

#[tokio::test]
async fn forged_and_expired_sessions_are_nobody() {
    let site = Site::start().await;
    let mut visitor = site.visitor();
    let expired = random_token();
    site.store().begin_web_session(&token_hash(&expired), "ada", "csrf", 1_000).await.unwrap();
    let live = random_token();
    site.store().begin_web_session(&token_hash(&live), "ada", "csrf", i64::MAX).await.unwrap();
    let forged = ["", "x", "' OR 1=1 --", &random_token(), &expired, &token_hash(&live), &live[1..]];
    for session in forged {
        visitor.session = Some(session.to_owned());
        assert_eq!(visitor.get("/").await.status(), StatusCode::SEE_OTHER, "{session:?}");
    }
    visitor.session = Some(live);
    assert_eq!(visitor.get("/").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_new_password_or_a_removed_account_ends_its_sessions() {
    let site = Site::start().await;
    let (ada, bob) = (site.signed_in("ada").await, site.signed_in("bob").await);
    let operator = linkspan::operations::Operator::new(site.store(), "test");
    operator.change_password("ada", &"another horse battery".into()).await.unwrap();
    operator.remove_account("bob").await.unwrap();
    for visitor in [ada, bob] {
        assert_eq!(visitor.get("/").await.status(), StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn without_an_account_nobody_gets_in_and_the_page_says_how() {
    let site = Site::bare(TestStore::sqlite().await, vec![shop()]).await;
    let visitor = site.visitor();
    assert_eq!(location(&visitor.get("/").await), "/sign-in?back=%2F");
    assert!(visitor.page("/sign-in").await.contains("linkspan accounts add"));
}

#[tokio::test]
async fn a_sign_in_link_lets_one_person_in_once() {
    let site = Site::bare(TestStore::sqlite().await, vec![shop()]).await;
    let mut visitor = site.visitor();
    let link = site.dashboard.sign_in_link(&site.address).await.unwrap();
    let path = link.strip_prefix(&site.address).unwrap();
    let answer = visitor.get(path).await;
    assert_eq!(answer.status(), StatusCode::OK);
    visitor.session = cookie_of(&answer);
    assert!(visitor.page("/").await.contains("demo"));
    assert_eq!(visitor.get(path).await.status(), StatusCode::NOT_FOUND, "a second time");
    assert_eq!(visitor.get("/sign-in/guessed").await.status(), StatusCode::NOT_FOUND);
}
