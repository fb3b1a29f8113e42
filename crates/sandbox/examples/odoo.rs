//! An Odoo to try a client on: `cargo run -p sandbox --example odoo -- 18 8069 [file]`.
#![allow(clippy::print_stdout, reason = "it tells where it listens")]

use sandbox::odoo::{Odoo, OdooSpec, Series, TaxSpec};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let series =
        args.next().and_then(|number| number.parse().ok()).and_then(Series::of).unwrap_or(Series::V18);
    let port = args.next().and_then(|port| port.parse().ok()).unwrap_or(8069);
    let mut spec = OdooSpec::new(series);
    spec.file = args.next().map(Into::into);
    spec.taxes = vec![TaxSpec { name: "15%".to_owned(), percent: 15.0, price_include: false }];
    let users: Vec<&str> = spec.users.iter().map(|user| user.login.as_str()).collect();
    println!("database {}, users {users:?}, password <user>-pass-1, API key <user>-key-1", spec.database);
    Odoo::run_until_stopped(spec, port, |url| println!("{url}")).await
}
