//! Streams against a table of records whose times are finer than what Odoo shows.

use std::sync::Arc;

use futures::TryStreamExt;
use odoo_rpc::{Error, Protocol, Record};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::odoo::{self, ModelCall, Outcome};

/// Microseconds after the first of a few seconds, `None` for a record that was never dated.
type Row = (i64, Option<u64>);

fn shown(micros: u64) -> String {
    const SECONDS: [&str; 6] = [
        "2026-01-31 23:59:57",
        "2026-01-31 23:59:58",
        "2026-01-31 23:59:59",
        "2026-02-01 00:00:00",
        "2026-02-01 00:00:01",
        "2026-02-01 00:00:02",
    ];
    SECONDS[(micros / 1_000_000) as usize].to_owned()
}

/// `search_read` as PostgreSQL would do it: compares in microseconds, shows seconds.
fn search_read(rows: &[Row], kwargs: &Value) -> Value {
    let mut found: Vec<Row> =
        rows.iter().copied().filter(|row| matches_domain(*row, &kwargs["domain"])).collect();
    if kwargs["order"] == "write_date, id" {
        found.sort_by_key(|(id, date)| (date.is_none(), *date, *id));
    } else {
        found.sort_by_key(|(id, _)| *id);
    }
    let limit = kwargs["limit"].as_u64().unwrap() as usize;
    let record = |(id, date): Row| json!({"id": id, "write_date": date.map_or(json!(false), |date| json!(shown(date)))});
    found.into_iter().take(limit).map(record).collect()
}

fn matches_domain((id, date): Row, domain: &Value) -> bool {
    domain.as_array().unwrap().iter().all(|term| {
        let (field, operator, value) = (term[0].as_str().unwrap(), term[1].as_str().unwrap(), &term[2]);
        match (field, operator) {
            ("id", ">") => id > value.as_i64().unwrap(),
            ("write_date", "=") if value == false => date.is_none(),
            // The times sort as texts; a time without microseconds is the second's start.
            ("write_date", ">=") => date.is_some_and(|date| shown(date).as_str() >= value.as_str().unwrap()),
            ("write_date", "<") => date.is_some_and(|date| shown(date).as_str() < value.as_str().unwrap()),
            other => panic!("no such term: {other:?}"),
        }
    })
}

async fn streamed(rows: Vec<Row>, page_size: u64, by_id: bool) -> Vec<Record> {
    let rows = Arc::new(rows);
    let server =
        odoo::start(18, move |call: &ModelCall| Outcome::Value(search_read(&rows, &call.kwargs))).await;
    let client = odoo::connect(&server, Protocol::JsonRpc).await;
    let pages: Vec<Vec<Record>> = if by_id {
        client.search_read_stream_by_id("x.y", &json!([]), &["id"], page_size).try_collect().await.unwrap()
    } else {
        client.search_read_stream("x.y", &json!([]), &["id"], page_size).try_collect().await.unwrap()
    };
    pages.into_iter().flatten().collect()
}

fn id(record: &Record) -> i64 {
    record["id"].as_i64().unwrap()
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    // Few seconds, so that many records share one; some records of one transaction share the microsecond too.
    let date = prop_oneof![
        6 => (0u64..6, 0u64..4).prop_map(|(second, part)| Some(second * 1_000_000 + part * 333_333)),
        1 => Just(None),
    ];
    prop::collection::vec(date, 0..60).prop_map(|dates| {
        dates.into_iter().enumerate().map(|(index, date)| (index as i64 + 1, date)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_record_comes_exactly_once_in_the_order_of_seconds(rows in rows(), page_size in 1u64..12) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let seen = runtime.block_on(streamed(rows.clone(), page_size, false));
        let mut ids: Vec<i64> = seen.iter().map(id).collect();
        let seconds: Vec<String> = seen.iter().map(|record| record["write_date"].as_str().unwrap_or("~").to_owned()).collect();
        prop_assert!(seconds.is_sorted(), "{:?}", seconds);
        ids.sort_unstable();
        prop_assert_eq!(ids, rows.iter().map(|(id, _)| *id).collect::<Vec<_>>());
        let by_id = runtime.block_on(streamed(rows.clone(), page_size, true));
        prop_assert_eq!(by_id.iter().map(id).collect::<Vec<_>>(), rows.iter().map(|(id, _)| *id).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_domain_that_is_no_list_does_not_mean_everything() {
    let server = odoo::start(18, |_| Outcome::Value(json!([]))).await;
    let client = odoo::connect(&server, Protocol::JsonRpc).await;
    let mut pages = std::pin::pin!(client.search_read_stream("x.y", &json!({"active": true}), &[], 10));
    let error = pages.try_next().await.unwrap_err();
    assert!(matches!(error, Error::BadCall { .. }), "{error}");
}

#[tokio::test]
async fn a_mass_import_with_one_time_costs_hardly_more_calls_than_pages() {
    let rows: Vec<Row> = (1..=1_000).map(|id| (id, Some(5))).collect();
    let rows = Arc::new(rows);
    let server =
        odoo::start(18, move |call: &ModelCall| Outcome::Value(search_read(&rows, &call.kwargs))).await;
    let client = odoo::connect(&server, Protocol::JsonRpc).await;
    let before = client.calls_made();
    let pages: Vec<Vec<Record>> =
        client.search_read_stream("x.y", &json!([]), &["id"], 100).try_collect().await.unwrap();
    assert_eq!(pages.iter().map(Vec::len).sum::<usize>(), 1_000);
    // The first page is read twice, the end of the second, of the dated and of the undated records is looked for.
    assert_eq!(client.calls_made() - before, 10 + 4);
}
