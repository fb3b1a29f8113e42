//! A real Odoo that a test starts, stops and starts again on one port.

use std::path::PathBuf;

use odoo_rpc::Client;
use tokio::process::Child;

use crate::live::real::Real;
use crate::service::until;
use crate::support::odoo_bin::OdooBin;

/// What the way out needs beyond the apps that are there: stock, tracking numbers, automation rules. A module that a
/// series does not have is left out by Odoo itself.
const APPS: &str = "stock,sale_stock,delivery,stock_delivery,base_automation";

/// Ends when it is dropped.
pub(super) struct Server {
    bin: OdooBin,
    database: String,
    port: u16,
    log: PathBuf,
    process: Option<Child>,
    folder: tempfile::TempDir,
}

impl Server {
    /// Starts Odoo on the database of `cargo xtask live service`, with the apps that the way out needs.
    pub(super) async fn start() -> Server {
        static INSTALLED: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
        let database = std::env::var("LINKSPAN_ODOO_DB")
            .expect("LINKSPAN_ODOO_DB is not set: run `cargo xtask live service`");
        let bin = OdooBin { addons: String::new() };
        INSTALLED
            .get_or_init(|| async {
                let mut arguments = vec!["-i", APPS, "--stop-after-init", "--no-http"];
                // From 19.0 on there is no demo data unless asked for.
                if bin.series().await != "19.0" {
                    arguments.push("--without-demo=all");
                }
                bin.run(&database, &[], &arguments, "").await;
            })
            .await;
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("odoo.log");
        let mut server = Server { bin, database, port: free_port(), log, process: None, folder };
        server.start_again().await;
        server
    }

    /// Starts it on the same port; returns when it answers.
    pub(super) async fn start_again(&mut self) {
        assert!(self.process.is_none(), "it runs already");
        self.process = Some(self.bin.serve(&self.database, self.port, &self.log));
        let admin = self.admin();
        until("Odoo answers", || async { admin.connect().await.ok() }).await;
    }

    /// Kills it in the middle of whatever it does.
    pub(super) async fn kill(&mut self) {
        self.process.take().expect("it runs").kill().await.unwrap();
    }

    fn user(&self, login: &str, secret: &str) -> Real {
        let read =
            |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: see xtask live"));
        let url = format!("http://127.0.0.1:{}", self.port);
        Real { url, database: self.database.clone(), login: read(login), secret: read(secret) }
    }

    /// The manager of sales, as whom the service works.
    pub(super) fn manager(&self) -> Real {
        self.user("LINKSPAN_ODOO_LOGIN", "LINKSPAN_ODOO_SECRET")
    }

    fn admin(&self) -> Real {
        self.user("LINKSPAN_ODOO_ADMIN_LOGIN", "LINKSPAN_ODOO_ADMIN_SECRET")
    }

    /// Login and password of the administrator.
    pub(super) fn administrator(&self) -> (String, String) {
        let Real { login, secret, .. } = self.admin();
        (login, secret)
    }

    /// People at work in Odoo.
    pub(super) async fn people(&self) -> Client {
        self.admin().client().await
    }

    /// The end of what it said.
    pub(super) fn said(&self) -> String {
        let text = std::fs::read_to_string(self.folder.path().join("odoo.log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

/// A port that is free now. Somebody else may take it before it is used; then the test fails and says so.
pub(super) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
