//! Parameters of a list: checked all at once, as WordPress does, and made into filters.

use super::answer::{BadParam, Refusal, invalid_params};
use super::dates::DateParam;
use super::kind::Kind;
use super::present::View;
use super::spec::Settings;

pub(crate) type Pairs = [(String, String)];

const PRODUCT_ORDERS: [&str; 14] = [
    "date",
    "id",
    "include",
    "title",
    "slug",
    "modified",
    "popularity",
    "rating",
    "popularity",
    "rating",
    "menu_order",
    "price",
    "popularity",
    "rating",
];
const POST_ORDERS: [&str; 6] = ["date", "id", "include", "title", "slug", "modified"];
const CUSTOMER_ORDERS: [&str; 4] = ["id", "include", "name", "registered_date"];
const TERM_ORDERS: [&str; 7] = ["id", "include", "name", "slug", "term_group", "description", "count"];

const PRODUCT_STATUSES: [&str; 8] =
    ["any", "future", "trash", "draft", "pending", "private", "publish", "auto-draft"];
/// What an order may be; lists take `any` and `trash` besides.
pub(crate) const ORDER_STATUSES: [&str; 9] = [
    "auto-draft",
    "pending",
    "processing",
    "on-hold",
    "completed",
    "cancelled",
    "refunded",
    "failed",
    "checkout-draft",
];

/// A checked list request.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) page: u64,
    pub(crate) per_page: u64,
    pub(crate) offset: Option<u64>,
    pub(crate) orderby: String,
    pub(crate) descending: bool,
    pub(crate) include: Vec<u64>,
    pub(crate) exclude: Vec<u64>,
    /// Empty: every status but trash.
    pub(crate) statuses: Vec<String>,
    pub(crate) after: Option<i64>,
    pub(crate) before: Option<i64>,
    pub(crate) modified_after: Option<i64>,
    pub(crate) modified_before: Option<i64>,
    pub(crate) skus: Vec<String>,
    /// Filters that need the whole record: name and value, as the shop knows them.
    pub(crate) fields: Vec<(&'static str, String)>,
    pub(crate) view: View,
    /// What the filters and the order are, in one text.
    pub(crate) key: String,
}

impl Query {
    /// Checks the parameters that the list of `kind` knows; unknown ones are ignored, as there.
    pub(crate) fn parse(kind: Kind, pairs: &Pairs, settings: &Settings) -> Result<Query, Refusal> {
        let mut check = Check { pairs, bad: vec![] };
        let per_page = check.number("per_page", 10, 1, Some(100));
        let page = check.number("page", 1, 1, None);
        let offset = check.get("offset").map(|_| check.number("offset", 0, 0, None));
        let orders = orders(kind);
        let orderby = check.one_of("orderby", orders.0, orders.1);
        let default = if matches!(kind, Kind::Category | Kind::Customer) { "asc" } else { "desc" };
        let descending = check.one_of("order", &["asc", "desc"], default) == "desc";
        let statuses = check.statuses(kind);
        let dated = !matches!(kind, Kind::Customer | Kind::Category);
        let gmt = check.get("dates_are_gmt").is_some_and(truthy);
        let mut bound = |name: &str| {
            let date = if dated { check.date(name) } else { None };
            date.map(|date| date.bound(settings.utc_offset_secs, gmt))
        };
        let (after, before) = (bound("after"), bound("before"));
        let (modified_after, modified_before) = (bound("modified_after"), bound("modified_before"));
        let (include, exclude) = (check.ids("include"), check.ids("exclude"));
        let skus = check.get("sku").filter(|_| kind == Kind::Product || kind == Kind::Variation);
        let skus = skus.map(list).unwrap_or_default();
        let fields = field_filters(kind, &check);
        if !check.bad.is_empty() {
            return Err(invalid_params(&check.bad));
        }
        let key = key(pairs);
        let view = view(pairs);
        Ok(Query {
            page,
            per_page,
            offset,
            orderby,
            descending,
            include,
            exclude,
            statuses,
            after,
            before,
            modified_after,
            modified_before,
            skus,
            fields,
            view,
            key,
        })
    }
}

/// `_fields` and `dp`, which single records take too.
pub(crate) fn view(pairs: &Pairs) -> View {
    let get = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| &**value);
    let fields = get("_fields").filter(|fields| !fields.is_empty());
    View { fields: fields.map(list), dp: get("dp").and_then(|dp| dp.parse().ok()), ..View::default() }
}

pub(crate) fn truthy(text: &str) -> bool {
    matches!(text, "true" | "1" | "yes")
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

fn orders(kind: Kind) -> (&'static [&'static str], &'static str) {
    match kind {
        Kind::Product | Kind::Variation => (&PRODUCT_ORDERS, "date"),
        Kind::Order | Kind::Refund | Kind::Coupon => (&POST_ORDERS, "date"),
        Kind::Customer => (&CUSTOMER_ORDERS, "name"),
        Kind::Category => (&TERM_ORDERS, "name"),
    }
}

/// Everything that decides which records match and in which order, but not which page of them.
fn key(pairs: &Pairs) -> String {
    const PAGING: [&str; 7] =
        ["page", "per_page", "offset", "_fields", "dp", "consumer_key", "consumer_secret"];
    let deciding = pairs.iter().filter(|(name, _)| !PAGING.contains(&&**name));
    deciding.map(|(name, value)| format!("{name}={value}\n")).collect()
}

fn field_filters(kind: Kind, check: &Check<'_>) -> Vec<(&'static str, String)> {
    let names: &[&'static str] = match kind {
        Kind::Product => &["type", "category", "on_sale", "stock_status", "search", "slug", "featured"],
        Kind::Variation => &["parent_id", "on_sale", "stock_status", "search"],
        Kind::Order => &["customer", "product", "search"],
        Kind::Customer => &["email", "role", "search"],
        Kind::Category => &["parent", "slug", "search", "hide_empty", "product"],
        Kind::Refund => &["parent_id"],
        Kind::Coupon => &["code", "search"],
    };
    let given = names.iter().filter_map(|&name| Some((name, check.get(name)?.to_owned())));
    let mut filters: Vec<_> = given.filter(|(name, value)| !value.is_empty() || *name == "code").collect();
    if kind == Kind::Customer && check.get("role").is_none() {
        filters.push(("role", "customer".to_owned()));
    }
    filters
}

struct Check<'a> {
    pairs: &'a Pairs,
    bad: Vec<BadParam>,
}

impl<'a> Check<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }

    fn number(&mut self, name: &str, default: u64, least: u64, most: Option<u64>) -> u64 {
        let Some(text) = self.get(name) else { return default };
        let Ok(number) = text.parse::<i64>() else {
            self.bad.push(BadParam::wrong_type(name, "integer"));
            return default;
        };
        let within = number >= least as i64 && most.is_none_or(|most| number <= most as i64);
        if !within {
            let message = match most {
                Some(most) => format!("{name} must be between {least} (inclusive) and {most} (inclusive)"),
                None => format!("{name} must be greater than or equal to {least}"),
            };
            self.bad.push(BadParam::new(name, "rest_out_of_bounds", message));
            return default;
        }
        number as u64
    }

    fn one_of(&mut self, name: &str, allowed: &[&str], default: &str) -> String {
        let Some(text) = self.get(name) else { return default.to_owned() };
        if !allowed.contains(&text) {
            self.bad.push(BadParam::not_in(name, name, allowed));
        }
        text.to_owned()
    }

    /// `any` is every status but trash; orders take a list, products one.
    fn statuses(&mut self, kind: Kind) -> Vec<String> {
        let allowed: Vec<&str> = match kind {
            Kind::Order => ["any", "trash"].into_iter().chain(ORDER_STATUSES).collect(),
            Kind::Product | Kind::Variation => PRODUCT_STATUSES.to_vec(),
            _ => return vec![],
        };
        let statuses = self.get("status").map(list).unwrap_or_default();
        for (at, status) in statuses.iter().enumerate() {
            if !allowed.contains(&&**status) {
                let shown = if kind == Kind::Order { format!("status[{at}]") } else { "status".to_owned() };
                self.bad.push(BadParam::not_in("status", &shown, &allowed));
                break;
            }
        }
        if statuses.iter().any(|status| status == "any") { vec![] } else { statuses }
    }

    fn date(&mut self, name: &str) -> Option<DateParam> {
        let text = self.get(name)?;
        let date = DateParam::parse(text);
        if date.is_none() {
            self.bad.push(BadParam::new(name, "rest_invalid_date", "Invalid date."));
        }
        date
    }

    fn ids(&mut self, name: &str) -> Vec<u64> {
        let texts = self.get(name).map(list).unwrap_or_default();
        let ids: Vec<u64> = texts.iter().filter_map(|text| text.parse().ok()).collect();
        if ids.len() < texts.len() {
            self.bad.push(BadParam::wrong_type(&format!("{name}[0]"), "integer"));
        }
        ids
    }
}

/// A number among the parameters, unchecked.
pub(crate) fn number(pairs: &Pairs, name: &str) -> Option<u64> {
    pairs.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.parse().ok())
}
