//! A dashboard that listens, and somebody who uses it as a browser without script does.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::{Extension, Router};
use linkspan::dashboard::{
    Answer, BackendFacts, BrokenBackend, Connections, Dashboard, EntityFacts, Inspect, InspectedField,
    Inspection, Parts, RuleFacts, ScheduleFacts, TestConnection, router,
};
use linkspan::http_server::Peer;
use linkspan::operations::Operator;
use linkspan::store::{BatchCommit, Direction, NewAudit, NewDeadLetter, Role, RolloutKey, Stage, Store};
use linkspan::webhook::Receivers;
use reqwest::header::{COOKIE, HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::store::{TestStore, conflict};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A dashboard that listens; it stops with this.
pub(crate) struct Site {
    pub(crate) test: TestStore,
    pub(crate) dashboard: Dashboard,
    pub(crate) address: String,
    server: JoinHandle<()>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Site {
    /// With the backend `shop`, the operator `ada` and the viewer `bob`.
    pub(crate) async fn start() -> Site {
        Site::with(TestStore::sqlite().await, vec![shop()]).await
    }

    pub(crate) async fn with(test: TestStore, backends: Vec<BackendFacts>) -> Site {
        odoo_rpc::install_crypto();
        let operator = Operator::new(&test.store, "test");
        operator.add_account("ada", Role::Operator, &PASSWORD.into()).await.unwrap();
        operator.add_account("bob", Role::Viewer, &PASSWORD.into()).await.unwrap();
        Site::bare(test, backends).await
    }

    /// Without an account.
    pub(crate) async fn bare(test: TestStore, backends: Vec<BackendFacts>) -> Site {
        Site::beside(test, backends, Vec::new()).await
    }

    /// Without an account, beside backends that cannot be used.
    pub(crate) async fn beside(
        test: TestStore,
        backends: Vec<BackendFacts>,
        broken: Vec<BrokenBackend>,
    ) -> Site {
        Site::of(test, backends, broken, None).await
    }

    /// With the accounts, behind a proxy on this machine that is trusted.
    pub(crate) async fn behind_a_proxy() -> Site {
        let test = TestStore::sqlite().await;
        let operator = Operator::new(&test.store, "test");
        operator.add_account("ada", Role::Operator, &PASSWORD.into()).await.unwrap();
        let receivers = Receivers::default().trusting(vec!["127.0.0.1/32".parse().unwrap()]);
        Site::of(test, vec![shop()], Vec::new(), Some(Arc::new(receivers))).await
    }

    async fn of(
        test: TestStore,
        backends: Vec<BackendFacts>,
        broken: Vec<BrokenBackend>,
        receivers: Option<Arc<Receivers>>,
    ) -> Site {
        odoo_rpc::install_crypto();
        let dashboard = Dashboard::new(Parts {
            store: test.store.clone(),
            backends,
            broken,
            inspect: Some(Arc::new(Fixed)),
            receivers,
            test: Some(Arc::new(Fixed)),
            https: false,
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let app: Router = router(dashboard.clone());
        // What the service's own server says of every request.
        let peer = Peer(SocketAddr::from(([127, 0, 0, 1], 1)));
        let app = app.layer(Extension(peer));
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Site { test, dashboard, address, server }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.test.store
    }

    /// Somebody who is not signed in.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::of(&self.address)
    }

    pub(crate) async fn signed_in(&self, account: &str) -> Visitor {
        let mut visitor = self.visitor();
        let answer = visitor.sign_in(account, PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{}", answer.text().await.unwrap());
        visitor
    }

    /// Refuses a record; gives the dead letter's number.
    pub(crate) async fn refuse(&self, entity: &str, letter: NewDeadLetter) -> i64 {
        let id = letter.external_id.clone();
        let commit = BatchCommit {
            backend: "shop".to_owned(),
            entity: entity.to_owned(),
            dead_letters: vec![letter],
            ..BatchCommit::default()
        };
        self.store().commit_batch(commit).await.unwrap();
        self.store().open_dead_letters_for("shop", entity, &[&id]).await.unwrap()[0].id
    }

    /// A product whose name both sides changed, and both may be written; gives the dead letter's number.
    pub(crate) async fn disagree(&self, product: &str) -> i64 {
        self.store().commit_batch(conflict(product)).await.unwrap();
        let key = RolloutKey { backend: "shop", entity: "product", direction: Direction::Out };
        self.store().set_stage(key, Stage::On, &NewAudit::default()).await.unwrap();
        self.store().open_dead_letters_for("shop", "product", &[product]).await.unwrap()[0].id
    }
}

/// Somebody with a browser.
pub(crate) struct Visitor {
    client: Client,
    address: String,
    pub(crate) session: Option<String>,
    pub(crate) csrf: String,
}

impl Visitor {
    /// Somebody who is not signed in, at the dashboard of this address.
    pub(crate) fn of(address: &str) -> Visitor {
        let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        Visitor { client, address: address.to_owned(), session: None, csrf: String::new() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.address));
        match &self.session {
            Some(session) => request.header(COOKIE, format!("linkspan_session={session}")),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// The text of a page that must be there.
    pub(crate) async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        text
    }

    /// Sends a form of the own page: with its CSRF token.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let fields = [&[("csrf", self.csrf.as_str())], fields].concat();
        self.request(Method::POST, path).form(&fields).send().await.unwrap()
    }

    pub(crate) async fn sign_in(&mut self, account: &str, password: &str) -> Response {
        self.sign_in_for("", account, password).await
    }

    /// The same through a proxy that saw somebody at the address `from`.
    pub(crate) async fn sign_in_for(&mut self, from: &str, account: &str, password: &str) -> Response {
        let form = self.get("/sign-in").await;
        let cookie = cookie(form.headers(), "linkspan_form").expect("the form sets its cookie");
        let csrf = csrf_of(&form.text().await.unwrap());
        let answer = self
            .client
            .post(format!("{}/sign-in", self.address))
            .header(COOKIE, format!("linkspan_form={cookie}"))
            .header("x-forwarded-for", from)
            .form(&[("csrf", csrf.as_str()), ("account", account), ("password", password)])
            .send()
            .await
            .unwrap();
        if let Some(session) = cookie_of(&answer) {
            self.session = Some(session);
            self.csrf = csrf_of(&self.page("/").await);
        }
        answer
    }
}

/// The session that an answer began.
pub(crate) fn cookie_of(answer: &Response) -> Option<String> {
    cookie(answer.headers(), "linkspan_session").filter(|value| !value.is_empty())
}

fn cookie(headers: &HeaderMap<HeaderValue>, name: &str) -> Option<String> {
    headers.get_all(SET_COOKIE).iter().find_map(|value| {
        let (pair, _) = value.to_str().ok()?.split_once(';')?;
        pair.strip_prefix(name)?.strip_prefix('=').map(str::to_owned)
    })
}

pub(crate) fn csrf_of(page: &str) -> String {
    let (_, rest) = page.split_once(r#"name="csrf" value=""#).expect("the page has a form");
    rest.split('"').next().unwrap().to_owned()
}

/// Where an answer leads.
pub(crate) fn location(answer: &Response) -> &str {
    answer.headers().get(LOCATION).map_or("", |value| value.to_str().unwrap())
}

/// A backend with orders and products.
pub(crate) fn shop() -> BackendFacts {
    let entity = |name: &str, model: &str| EntityFacts {
        name: name.to_owned(),
        model: model.to_owned(),
        stage_in: Some(Stage::On),
        stage_out: (name == "product").then_some(Stage::Off),
        canary_in: name == "order",
        canary_out: false,
        rules: vec![RuleFacts {
            field: "list_price".to_owned(),
            source: "regular_price".to_owned(),
            notes: "as decimal".to_owned(),
        }],
    };
    BackendFacts {
        name: "shop".to_owned(),
        connector: "WooCommerce 1.0.0".to_owned(),
        odoo: "https://odoo.example (prod)".to_owned(),
        odoo_url: "https://odoo.example".to_owned(),
        odoo_name: "main".to_owned(),
        settings: vec![("Store URL".to_owned(), "https://shop.example".to_owned())],
        limits: vec!["api: 10 requests each 1000 ms".to_owned()],
        entities: vec![entity("order", "sale.order"), entity("product", "product.product")],
        schedules: vec![ScheduleFacts {
            name: "shop/0".to_owned(),
            rule: "changes, every 300 s".to_owned(),
            direction: Some(Direction::In),
            entities: vec!["order".to_owned(), "product".to_owned()],
        }],
        webhooks: true,
    }
}

/// Both servers say the same thing always.
struct Fixed;

impl Inspect for Fixed {
    fn inspect<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        external_id: &'a str,
    ) -> futures::future::BoxFuture<'a, Answer<Inspection>> {
        Box::pin(async move {
            if external_id == "gone" {
                return Err("The shop has no such record.".to_owned());
            }
            let field = InspectedField {
                field: "list_price".to_owned(),
                rule: "regular_price as decimal".to_owned(),
                external_value: Some("\"19.90\"".to_owned()),
                value: Some("19.9".to_owned()),
                odoo_value: Some("18.0".to_owned()),
            };
            Ok(Inspection { fields: vec![field] })
        })
    }
}

impl TestConnection for Fixed {
    fn test<'a>(&'a self, _: &'a str) -> futures::future::BoxFuture<'a, Connections> {
        Box::pin(async {
            Connections { external: Ok("WooCommerce 9.1".to_owned()), odoo: Err("wrong password".to_owned()) }
        })
    }
}
