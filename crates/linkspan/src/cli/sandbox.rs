//! `linkspan sandbox` (hidden): the sandbox's servers as processes of their own, for tests that kill them and for
//! measuring memory apart from them.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use sandbox::odoo::{Odoo, OdooSpec, Series};
use sandbox::shop::{Shop, ShopSpec};

use super::failure::Failure;
use super::output::Output;

/// Run a sandbox shop or a sandbox Odoo until it is stopped.
#[derive(Debug, clap::Args)]
#[command(hide = true, after_help = "Example:\n  linkspan sandbox shop --port 8090")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// A WooCommerce shop; keys ck_sandbox, cs_sandbox.
    Shop {
        /// Port on 127.0.0.1; 0 takes a free one.
        #[arg(long, default_value_t = 0)]
        port: u16,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        #[arg(long, default_value_t = 1_000)]
        products: usize,
        #[arg(long, default_value_t = 300)]
        customers: usize,
        #[arg(long, default_value_t = 2_000)]
        orders: usize,
        /// So many of the products are in bad shape.
        #[arg(long, default_value_t = 0)]
        bad_products: usize,
    },
    /// An Odoo; database odoo, users admin, manager, sales, each with password <login>-pass-1.
    Odoo {
        /// Port on 127.0.0.1; 0 takes a free one.
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// 16, 17, 18 or 19.
        #[arg(long, default_value_t = 18)]
        series: u8,
        /// Keep what is written in this file.
        #[arg(long)]
        file: Option<PathBuf>,
    },
}

pub(super) async fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let failed = |error: std::io::Error| Failure::server(format!("the sandbox cannot start: {error}"));
    match &arguments.command {
        Command::Shop { port, seed, products, customers, orders, bad_products } => {
            let spec = ShopSpec {
                seed: *seed,
                products: *products,
                customers: *customers,
                orders: *orders,
                bad_products: *bad_products,
                ..ShopSpec::default()
            };
            let shop = Shop::generate(&spec).start(*port).await.map_err(failed)?;
            output.line(format!("listening on {}", shop.url()));
            tokio::signal::ctrl_c().await.map_err(failed)?;
        }
        Command::Odoo { port, series, file } => {
            let series = Series::of(*series)
                .ok_or_else(|| Failure::config(format!("--series {series}: give 16, 17, 18 or 19")))?;
            let spec = OdooSpec { file: file.clone(), ..OdooSpec::new(series) };
            let ready = |url: &str| output.line(format!("listening on {url}"));
            Odoo::run_until_stopped(spec, *port, ready).await.map_err(failed)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
