//! The yardstick of `cargo xtask bench`: what Odoo takes when nothing but `load` is called, and what it takes one
//! `create` a record.
//!
//! Reads the products that `linkspan sync` wrote into one Odoo and writes the same rows, in batches of the same
//! size, into a second one that has the same categories and no products yet. Prints `load <records a second>` and
//! `create <records a second>`.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Parser;
use linkspan::connectors;
use linkspan::definition::model::Series;
use linkspan::mapping::Plans;
use odoo_rpc::{Client, Config, Record, SearchOptions};
use pyexpr::{Json, Object};
use serde_json::{Value, json};

const MODEL: &str = "product.product";
const CATEGORY: &str = "product.category";
/// One `create` a record takes up to a third of a second in a real Odoo.
const CREATES: usize = 50;
const READ: u64 = 1_000;

#[derive(Parser)]
struct Arguments {
    /// Address of the Odoo that has the products.
    #[arg(long)]
    from: String,
    #[arg(long)]
    from_database: String,
    /// Address of the Odoo that gets them.
    #[arg(long)]
    to: String,
    #[arg(long)]
    to_database: String,
    #[arg(long)]
    login: String,
    /// Password of the login, in both.
    #[arg(long, env = "LINKSPAN_BENCH_ODOO_SECRET", hide_env_values = true)]
    secret: String,
    /// Product ids above this one were imported.
    #[arg(long)]
    above: i64,
}

/// `words` begin with the name of the task.
pub(crate) fn run(words: &[String]) -> Result<()> {
    odoo_rpc::install_crypto();
    let arguments = Arguments::parse_from(words);
    tokio::runtime::Runtime::new()?.block_on(measure(&arguments))
}

async fn measure(arguments: &Arguments) -> Result<()> {
    let from = connect(arguments, &arguments.from, &arguments.from_database).await?;
    let to = connect(arguments, &arguments.to, &arguments.to_database).await?;
    let (fields, batch) = product_fields(&from)?;
    let products = products(&from, &fields, arguments.above).await?;
    let categories = same_categories(&from, &to).await?;
    println!("load {:.1}", load(&to, &fields, &products, &categories, batch).await?);
    println!("create {:.1}", create(&to, &fields, &products, &categories).await?);
    Ok(())
}

/// With the context that an import has.
async fn connect(arguments: &Arguments, url: &str, database: &str) -> Result<Client> {
    let config = Config::new(url.parse()?, database, &arguments.login, arguments.secret.clone().into());
    let client = Client::connect(config).await.with_context(|| format!("cannot connect to {url}"))?;
    let context = [("tracking_disable", true), ("active_test", false)];
    Ok(client
        .with_context(context.map(|(name, value)| (name.to_owned(), json!(value))).into_iter().collect()))
}

/// The fields that the shipped definition writes, and how many records a call.
fn product_fields(odoo: &Client) -> Result<(Vec<String>, usize)> {
    let definition = connectors::shipped("woocommerce").context("the definition is shipped")??;
    let series = match odoo.version().series.major() {
        16 => Series::V16,
        17 => Series::V17,
        18 => Series::V18,
        _ => Series::V19,
    };
    let nothing = || Json::Object(Object::default());
    let plans = Plans::compile(&definition, series, nothing(), nothing())?;
    let position = plans.position("product").context("the definition has products")?;
    let fields = &plans.entities[usize::from(position)].fields;
    let import = definition.entities["product"].import.as_ref().context("products are imported")?;
    Ok((fields.iter().map(|field| field.name.clone()).collect(), import.batch))
}

async fn products(odoo: &Client, fields: &[String], above: i64) -> Result<Vec<Record>> {
    let names: Vec<&str> = fields.iter().map(String::as_str).collect();
    let (mut products, mut last) = (Vec::new(), above);
    loop {
        let options = SearchOptions { limit: Some(READ), offset: None, order: Some("id".to_owned()) };
        let page = odoo.search_read(MODEL, &json!([["id", ">", last]]), &names, options).await?;
        let Some(id) = page.last().and_then(|record| record["id"].as_i64()) else { return Ok(products) };
        last = id;
        products.extend(page);
    }
}

/// Category id in `from` = id of the category with the same external id in `to`.
async fn same_categories(from: &Client, to: &Client) -> Result<BTreeMap<i64, i64>> {
    let there: BTreeMap<String, i64> =
        external_ids(to).await?.into_iter().map(|(id, xmlid)| (xmlid, id)).collect();
    let here = external_ids(from).await?;
    Ok(here.into_iter().filter_map(|(id, xmlid)| Some((id, *there.get(&xmlid)?))).collect())
}

async fn external_ids(odoo: &Client) -> Result<Vec<(i64, String)>> {
    let found = odoo.search_read(CATEGORY, &json!([]), &["id"], SearchOptions::default()).await?;
    let ids: Vec<i64> = found.iter().filter_map(|record| record["id"].as_i64()).collect();
    let metadata = odoo.get_metadata(CATEGORY, &ids).await?;
    let xmlid = |record: &Record| Some((record["id"].as_i64()?, record["xmlid"].as_str()?.to_owned()));
    Ok(metadata.iter().filter_map(xmlid).collect())
}

async fn load(
    odoo: &Client,
    fields: &[String],
    products: &[Record],
    categories: &BTreeMap<i64, i64>,
    batch: usize,
) -> Result<f64> {
    let columns: Vec<String> = fields
        .iter()
        .map(|field| if field == "categ_id" { "categ_id/.id".to_owned() } else { field.clone() })
        .collect();
    let columns: Vec<&str> = std::iter::once("id").chain(columns.iter().map(String::as_str)).collect();
    let rows: Vec<Vec<String>> = products
        .iter()
        .map(|product| {
            let id = format!("__linkspan__.bench_load_{}", product["id"]);
            let cells = fields.iter().map(|field| cell(&value(product, field, categories)));
            std::iter::once(id).chain(cells).collect()
        })
        .collect();
    let started = Instant::now();
    for rows in rows.chunks(batch) {
        let result = odoo.load(MODEL, &columns, rows).await?;
        if result.ids.is_none() {
            bail!("Odoo refused the rows that it gave: {:?}", result.messages);
        }
    }
    Ok(products.len() as f64 / started.elapsed().as_secs_f64())
}

async fn create(
    odoo: &Client,
    fields: &[String],
    products: &[Record],
    categories: &BTreeMap<i64, i64>,
) -> Result<f64> {
    let some = &products[..products.len().min(CREATES)];
    let started = Instant::now();
    for product in some {
        let values = fields.iter().map(|field| (field.clone(), value(product, field, categories))).collect();
        odoo.create(MODEL, vec![values]).await?;
    }
    Ok(some.len() as f64 / started.elapsed().as_secs_f64())
}

/// A field's value as `create` takes it.
fn value(product: &Record, field: &str, categories: &BTreeMap<i64, i64>) -> Value {
    let value = product.get(field).cloned().unwrap_or_default();
    match value.get(0).and_then(Value::as_i64) {
        // A category of Odoo itself has the same id in both.
        Some(id) => json!(categories.get(&id).copied().unwrap_or(id)),
        None => value,
    }
}

/// A value as a cell of `load`; Odoo gives empty texts as false.
fn cell(value: &Value) -> String {
    match value {
        Value::Bool(true) => "True".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}
