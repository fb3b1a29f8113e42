//! Lists: which records match, in which order, and the page of them with its headers.
//!
//! The default order of a real shop is by date, and equal dates come in an order that differs from page to page. This
//! one does the same: ties are shuffled by a number that depends on the page, so that a walk over pages gives some
//! records twice and others never. Only `orderby=id` is a walk that can be trusted.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::answer::{Answer, Refusal};
use super::dice::Dice;
use super::kind::Kind;
use super::money::read;
use super::present::{View, api_url, present};
use super::query::{Pairs, Query, truthy};
use super::state::State;
use super::wire;

/// The last list of each kind: walking a million records must not sort them for every page.
#[derive(Debug, Default)]
pub(crate) struct Lists(Mutex<HashMap<Kind, CachedList>>);

#[derive(Debug)]
struct CachedList {
    version: u64,
    key: String,
    ids: Arc<Vec<u32>>,
}

impl Lists {
    fn get(&self, state: &State, kind: Kind, query: &Query) -> Arc<Vec<u32>> {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(list) = lists.get(&kind)
            && list.version == state.version()
            && list.key == query.key
        {
            return Arc::clone(&list.ids);
        }
        let ids = Arc::new(matching(state, kind, query));
        let list = CachedList { version: state.version(), key: query.key.clone(), ids: Arc::clone(&ids) };
        lists.insert(kind, list);
        ids
    }
}

/// The answer to a list request; `path` is the path below the API root, for the links.
pub(crate) fn list(
    state: &State,
    lists: &Lists,
    kind: Kind,
    path: &str,
    pairs: &Pairs,
    view: impl FnOnce(View) -> View,
) -> Result<Answer, Refusal> {
    let mut query = Query::parse(kind, pairs, &state.settings)?;
    query.view = view(query.view);
    if let (Kind::Variation | Kind::Refund, Some(parent)) = (kind, parent_in(path)) {
        query.fields.push(("parent_id", parent.to_owned()));
        query.key.push_str(parent);
    }
    widen_categories(state, &mut query);
    let ids = lists.get(state, kind, &query);
    let (total, start) = (ids.len() as u64, query.offset.unwrap_or((query.page - 1) * query.per_page));
    let page = window(state, kind, &query, &ids, start);
    let mut body = vec![b'['];
    for (at, &id) in page.iter().enumerate() {
        if at > 0 {
            body.push(b',');
        }
        let (kind, view) = kind_and_view(state, kind, id, &query.view);
        if let Some(record) = state.take(kind, id) {
            wire::write(&present(state, kind, record, &view), &mut body);
        }
    }
    body.push(b']');
    // Past the end, orders claim that there are none at all, and a link leads to page 0.
    let lost = kind == Kind::Order && page.is_empty();
    let total = if lost { 0 } else { total };
    let pages = total.div_ceil(query.per_page);
    let mut answer = Answer::json(200, &Value::Null);
    answer.body = body;
    answer = answer.with("X-WP-Total", total.to_string()).with("X-WP-TotalPages", pages.to_string());
    let repeated = repeated(kind, pairs, &query, state.settings.decimals, page.is_empty());
    let links = page_links(&api_url(&state.settings, path), &repeated, query.page, pages, lost);
    Ok(if links.is_empty() { answer } else { answer.with("Link", links) })
}

/// A category stands for those below it too.
fn widen_categories(state: &State, query: &mut Query) {
    let Some((_, wanted)) = query.fields.iter_mut().find(|(name, _)| *name == "category") else { return };
    let mut ids: Vec<u64> = wanted.split(',').filter_map(|id| id.parse().ok()).collect();
    let all: Vec<(u64, u64)> = state
        .ids(Kind::Category)
        .into_iter()
        .filter_map(|id| Some((id, state.get(Kind::Category, id)?["parent"].as_u64()?)))
        .collect();
    let mut at = 0;
    while at < ids.len() {
        let below = all.iter().filter(|(id, parent)| *parent == ids[at] && !ids.contains(id));
        let below: Vec<u64> = below.map(|(id, _)| *id).collect();
        ids.extend(below);
        at += 1;
    }
    *wanted = ids.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
}

/// `28` of `products/28/variations` and `orders/28/refunds`.
fn parent_in(path: &str) -> Option<&str> {
    path.split('/').nth(1)
}

/// A list of products by SKU also holds variations.
fn kind_and_view(state: &State, kind: Kind, id: u64, view: &View) -> (Kind, View) {
    if kind == Kind::Product && state.get(Kind::Product, id).is_none() {
        return (Kind::Variation, View { through_products: true, ..view.clone() });
    }
    (kind, view.clone())
}

/// The parameters as links repeat them. Those of orders were filled in and rewritten on the way.
fn repeated(kind: Kind, pairs: &Pairs, query: &Query, decimals: u32, nothing: bool) -> Vec<(String, String)> {
    let mut repeated = pairs.to_vec();
    if kind != Kind::Order {
        return repeated;
    }
    repeated.retain(|(name, _)| name != "status" && name != "dp");
    for (name, value) in &mut repeated {
        if name == "dates_are_gmt" {
            *value = if truthy(value) { "1" } else { "" }.to_owned();
        }
    }
    let any = ["any".to_owned()];
    let statuses = if query.statuses.is_empty() { &any[..] } else { &query.statuses };
    for (at, status) in statuses.iter().enumerate() {
        repeated.push((format!("status[{at}]"), status.clone()));
    }
    if !nothing {
        repeated.push(("dp".to_owned(), query.view.dp.unwrap_or(decimals).to_string()));
        repeated.push(("context".to_owned(), "view".to_owned()));
    }
    repeated
}

/// `rel="prev"` and `rel="next"`, repeating the parameters of the request, keys included.
fn page_links(base: &str, pairs: &Pairs, page: u64, pages: u64, lost: bool) -> String {
    let link = |page: u64, rel: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let page = page.to_string();
        for (name, value) in pairs {
            match &**value {
                "" => query.append_key_only(name),
                _ if name == "page" => query.append_pair(name, &page),
                value => query.append_pair(name, value),
            };
        }
        if !pairs.iter().any(|(name, _)| name == "page") {
            query.append_pair("page", &page);
        }
        format!("<{base}?{}>; rel=\"{rel}\"", query.finish())
    };
    let mut links = Vec::new();
    if page > 1 && (pages > 0 || lost) {
        links.push(link((page - 1).min(pages), "prev"));
    }
    if page < pages {
        links.push(link(page + 1, "next"));
    }
    links.join(", ")
}

/// What records are sorted by.
#[derive(Debug, Clone, PartialEq)]
enum SortKey {
    Number(f64),
    Text(String),
}

impl SortKey {
    fn compare(&self, other: &SortKey) -> Ordering {
        match (self, other) {
            (SortKey::Number(a), SortKey::Number(b)) => a.total_cmp(b),
            (SortKey::Text(a), SortKey::Text(b)) => a.cmp(b),
            (SortKey::Number(_), SortKey::Text(_)) => Ordering::Less,
            (SortKey::Text(_), SortKey::Number(_)) => Ordering::Greater,
        }
    }
}

fn sort_key(state: &State, kind: Kind, id: u64, orderby: &str) -> SortKey {
    let kind = if kind == Kind::Product && state.head(kind, id).is_none() { Kind::Variation } else { kind };
    let head = || state.head(kind, id);
    let moment = |moment: Option<i64>| SortKey::Number(moment.unwrap_or(0) as f64);
    let field = |name: &str| state.get(kind, id).map(|record| record[name].clone()).unwrap_or_default();
    let text = |name: &str| SortKey::Text(field(name).as_str().unwrap_or_default().to_lowercase());
    match orderby {
        "id" => SortKey::Number(id as f64),
        "date" | "registered_date" => moment(head().map(|head| head.created)),
        "modified" => moment(head().and_then(|head| head.modified)),
        "title" => text("name"),
        "slug" | "description" => text(orderby),
        "name" if kind == Kind::Customer => display_name(state, id),
        "name" => text("name"),
        "price" => SortKey::Number(read(&field("price"))),
        "popularity" => SortKey::Number(read(&field("total_sales"))),
        "rating" => SortKey::Number(read(&field("average_rating"))),
        _ => SortKey::Number(read(&field(orderby))),
    }
}

/// Customers come by display name, which is the user name unless somebody changed it.
fn display_name(state: &State, id: u64) -> SortKey {
    let record = state.get(Kind::Customer, id);
    let name = record.as_ref().and_then(|record| record["username"].as_str());
    SortKey::Text(name.unwrap_or_default().to_lowercase())
}

fn matching(state: &State, kind: Kind, query: &Query) -> Vec<u32> {
    let mut ids: Vec<u32> = Vec::new();
    collect(state, kind, query, &mut ids);
    if kind == Kind::Product && !query.skus.is_empty() {
        collect(state, Kind::Variation, query, &mut ids);
    }
    if query.orderby == "include" {
        let place = |id: &u32| query.include.iter().position(|&wanted| wanted == u64::from(*id));
        ids.sort_by_key(place);
    } else if query.orderby != "id" {
        let key = |id: u32| sort_key(state, kind, u64::from(id), &query.orderby);
        let mut keyed: Vec<(SortKey, u32)> = ids.iter().map(|&id| (key(id), id)).collect();
        keyed.sort_by(|a, b| if query.descending { b.0.compare(&a.0) } else { a.0.compare(&b.0) });
        ids = keyed.into_iter().map(|(_, id)| id).collect();
    }
    if query.descending && query.orderby == "id" {
        ids.reverse();
    }
    ids
}

fn collect(state: &State, kind: Kind, query: &Query, out: &mut Vec<u32>) {
    // A million records without any condition need no look at each.
    let needs_head =
        [query.after, query.before, query.modified_after, query.modified_before].iter().any(Option::is_some)
            || matches!(kind, Kind::Product | Kind::Variation | Kind::Order);
    for id in state.ids(kind) {
        let wanted = query.include.is_empty() || query.include.contains(&id);
        if !wanted || query.exclude.contains(&id) || (needs_head && !head_matches(state, kind, id, query)) {
            continue;
        }
        if !query.skus.is_empty() && !sku_matches(state, kind, id, &query.skus) {
            continue;
        }
        if query.fields.is_empty() || fields_match(state, kind, id, &query.fields) {
            out.push(id as u32);
        }
    }
}

fn head_matches(state: &State, kind: Kind, id: u64, query: &Query) -> bool {
    let Some(head) = state.head(kind, id) else { return false };
    let status = if query.statuses.is_empty() {
        head.status != "trash" && head.status != "auto-draft"
    } else {
        query.statuses.iter().any(|status| *status == head.status)
    };
    // Later than the bound, not at it: both ends are exclusive, to the second.
    let within = |moment: Option<i64>, after: Option<i64>, before: Option<i64>| {
        after.is_none_or(|after| moment.is_some_and(|moment| moment > after))
            && before.is_none_or(|before| moment.is_some_and(|moment| moment < before))
    };
    status
        && within(Some(head.created), query.after, query.before)
        && within(head.modified, query.modified_after, query.modified_before)
}

fn sku_matches(state: &State, kind: Kind, id: u64, skus: &[String]) -> bool {
    state.sku(kind, id).is_some_and(|sku| skus.contains(&sku))
}

fn fields_match(state: &State, kind: Kind, id: u64, filters: &[(&'static str, String)]) -> bool {
    let Some(record) = state.get(kind, id) else { return false };
    filters.iter().all(|(name, wanted)| field_matches(kind, &record, name, wanted))
}

fn field_matches(kind: Kind, record: &Value, name: &str, wanted: &str) -> bool {
    let text = |field: &str| record[field].as_str().unwrap_or_default();
    let has = |field: &str, inner: &str| {
        let entries = record[field].as_array().map(Vec::as_slice).unwrap_or_default();
        entries.iter().any(|entry| wanted.split(',').any(|wanted| is_number(&entry[inner], wanted)))
    };
    match name {
        "role" => wanted == "all" || text("role") == wanted,
        "search" => search_text(kind, record).to_lowercase().contains(&wanted.to_lowercase()),
        "category" => has("categories", "id"),
        "product" if kind == Kind::Order => has("line_items", "product_id"),
        "customer" => is_number(&record["customer_id"], wanted),
        "on_sale" | "featured" => record[name].as_bool() == Some(truthy(wanted)),
        "hide_empty" => !truthy(wanted) || read(&record["count"]) > 0.0,
        "email" | "code" => text(name).eq_ignore_ascii_case(wanted),
        _ => match &record[name] {
            Value::String(text) => text == wanted,
            other => is_number(other, wanted),
        },
    }
}

fn is_number(value: &Value, wanted: &str) -> bool {
    wanted.parse::<u64>().is_ok_and(|wanted| *value == wanted)
}

/// What `search` looks into.
fn search_text(kind: Kind, record: &Value) -> String {
    let fields: &[&str] = match kind {
        Kind::Order => &["number", "billing"],
        Kind::Customer => &["username", "email"],
        _ => &["name", "description", "short_description", "sku"],
    };
    fields.iter().map(|field| record[*field].to_string()).collect::<Vec<_>>().join(" ")
}

/// The ids of a page, ties shuffled.
fn window(state: &State, kind: Kind, query: &Query, ids: &[u32], start: u64) -> Vec<u64> {
    let start = (start as usize).min(ids.len());
    let end = (start + query.per_page as usize).min(ids.len());
    let slice = &ids[start..end];
    if slice.is_empty() || !matches!(&*query.orderby, "date" | "modified") {
        return slice.iter().map(|&id| u64::from(id)).collect();
    }
    let key = |at: usize| sort_key(state, kind, u64::from(ids[at]), &query.orderby);
    let (first, last) = (key(start), key(end - 1));
    let from = (0..start).rev().take_while(|&at| key(at) == first).last().unwrap_or(start);
    let to = (end..ids.len()).take_while(|&at| key(at) == last).last().map_or(end, |at| at + 1);
    let mut keyed: Vec<(SortKey, u64, u64)> = (from..to)
        .map(|at| {
            (key(at), Dice::new(start as u64, query.per_page, u64::from(ids[at])).next(), u64::from(ids[at]))
        })
        .collect();
    keyed.sort_by(|a, b| {
        let by_key = a.0.compare(&b.0);
        let by_key = if query.descending { by_key.reverse() } else { by_key };
        by_key.then(a.1.cmp(&b.1))
    });
    keyed.drain(..start - from);
    keyed.into_iter().take(end - start).map(|(_, _, id)| id).collect()
}
