//! Debian's Chromium, driven by its driver over the W3C WebDriver protocol.
//!
//! The protocol is JSON over HTTP and the tests need a dozen of its commands, so they are written out here on the HTTP
//! client that is there anyway: a library (fantoccini, chromiumoxide) would bring more code than this page.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// The key under which WebDriver hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// How long something may take to show up.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A browser with one window; it ends with this.
pub(crate) struct Browser {
    client: Client,
    session: String,
    driver: Child,
}

/// A browser outlives a driver that is killed, so the whole group goes, also when a test fails.
impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(group) = self.driver.id() {
            let group = format!("-{group}");
            let _ = std::process::Command::new("kill").args(["-KILL", "--", &group]).status();
        }
    }
}

impl Browser {
    /// Starts driver and browser.
    pub(crate) async fn start() -> Browser {
        odoo_rpc::install_crypto();
        let mut driver = Command::new("chromedriver")
            .args(["--port=0", "--log-level=SEVERE"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("chromedriver starts; Debian has it in the packages chromium and chromium-driver");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next_line().await.unwrap().expect("chromedriver says its port");
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        // Somebody has to read on, or the driver stops when the pipe is full.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let client = Client::new();
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-device-scale-factor=1", "--hide-scrollbars"] },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let base = format!("http://127.0.0.1:{port}/session");
        let answer: Value =
            client.post(&base).json(&capabilities).send().await.unwrap().json().await.unwrap();
        let id = answer["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("no browser: {answer}"));
        Browser { session: format!("{base}/{id}"), client, driver }
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> Result<Value, String> {
        let address = format!("{}/{path}", self.session);
        let request = self.client.request(method.clone(), address.trim_end_matches('/'));
        let request = if method == Method::GET { request } else { request.json(&body) };
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let good = answer.status().is_success();
        let mut body: Value = answer.json().await.map_err(|error| error.to_string())?;
        let value = body["value"].take();
        if good { Ok(value) } else { Err(format!("{path}: {}", value["message"])) }
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.call(Method::POST, path, body).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Opens an address and waits until it is loaded.
    pub(crate) async fn open(&self, address: &str) {
        self.post("url", json!({ "url": address })).await;
    }

    /// The address that is open.
    pub(crate) async fn address(&self) -> String {
        self.call(Method::GET, "url", Value::Null).await.unwrap().as_str().unwrap().to_owned()
    }

    /// The element that a CSS selector means, as soon as it is there.
    async fn find(&self, selector: &str) -> String {
        let wanted = json!({ "using": "css selector", "value": selector });
        let end = Instant::now() + PATIENCE;
        loop {
            match self.call(Method::POST, "element", wanted.clone()).await {
                Ok(found) => return found[ELEMENT].as_str().unwrap().to_owned(),
                Err(error) if Instant::now() > end => panic!("{selector} is not there: {error}"),
                Err(_) => tokio::task::yield_now().await,
            }
        }
    }

    /// Clicks on what a selector means. A region that is swapped between finding and clicking is looked for again.
    pub(crate) async fn click(&self, selector: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            let element = self.find(selector).await;
            match self.call(Method::POST, &format!("element/{element}/click"), json!({})).await {
                Ok(_) => return,
                Err(error) if Instant::now() > end || !error.contains("stale") => {
                    panic!("{selector}: {error}")
                }
                Err(_) => {}
            }
        }
    }

    /// Types into a field, instead of what it holds.
    pub(crate) async fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        self.post(&format!("element/{element}/clear"), json!({})).await;
        self.post(&format!("element/{element}/value"), json!({ "text": text })).await;
    }

    /// Sends keys to whatever has the focus.
    pub(crate) async fn press(&self, key: &str) {
        let actions = json!({ "actions": [{ "type": "key", "id": "keys", "actions": [
            { "type": "keyDown", "value": key }, { "type": "keyUp", "value": key },
        ] }] });
        self.post("actions", actions).await;
    }

    /// What a script returns.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.post("execute/sync", json!({ "script": script, "args": [] })).await
    }

    /// What a script calls its last argument with.
    pub(crate) async fn async_script(&self, script: &str) -> Value {
        self.post("execute/async", json!({ "script": script, "args": [] })).await
    }

    /// The text of the main region; empty while a page is on its way.
    pub(crate) async fn text(&self) -> String {
        let text = self.script("return document.getElementById('main')?.innerText ?? ''").await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the main region says this, without loading the page anew. It is looked at from here: a script that waits
    /// is gone when the page changes.
    pub(crate) async fn wait_for(&self, part: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            let text = self.text().await;
            if text.contains(part) {
                return;
            }
            assert!(Instant::now() < end, "{part:?} did not come: {text}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Sets the size of the page and its colours.
    pub(crate) async fn look(&self, width: u32, dark: bool) {
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        let value = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.devtools("Emulation.setEmulatedMedia", media).await;
    }

    /// The whole page as a picture.
    pub(crate) async fn picture(&self, file: &Path) {
        let params = json!({ "format": "png", "captureBeyondViewport": true });
        let answer = self.devtools("Page.captureScreenshot", params).await;
        let bytes = STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }

    async fn devtools(&self, command: &str, params: Value) -> Value {
        self.post("goog/cdp/execute", json!({ "cmd": command, "params": params })).await
    }

    /// What pages wrote into the console since the last call, and scripts and files that failed.
    pub(crate) async fn console(&self) -> Vec<String> {
        let entries = self.post("se/log", json!({ "type": "browser" })).await;
        entries
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| format!("{}: {}", entry["level"], entry["message"]))
            .collect()
    }

    /// Ends the browser.
    pub(crate) async fn close(self) {
        let _ = self.call(Method::DELETE, "", Value::Null).await;
    }
}
