//! Believable records, each made from the seed and its own index when it is asked for; nothing is kept.
//!
//! Ids lie as in WordPress: products, their images, variations, coupons, orders and refunds share one sequence with
//! gaps, customers and categories have their own. From an id the index follows by arithmetic, so a shop of a million
//! products costs no memory.

mod bad;
mod category;
mod customer;
mod order;
mod product;
mod words;

use std::borrow::Cow;

use serde_json::Value;

use super::kind::Kind;
use super::spec::{Settings, ShopSpec};

pub(crate) use bad::spoil;
pub(crate) use order::pay;
pub(crate) use product::{blank_product, blank_variation};

/// 2025-01-01T00:00:00Z; everything generated happened in that year.
const START: i64 = 1_735_689_600;
const DAY: i64 = 86_400;

const FIRST_POST: u64 = 100;
/// A product's own id, its image, up to three variations.
const POSTS_PER_PRODUCT: u64 = 5;
const COUPONS: u64 = 2;
const ROOM_FOR_COUPONS: u64 = 10;
/// An order's own id and up to two refunds.
const POSTS_PER_ORDER: u64 = 3;
/// Terms below belong to WordPress ("Uncategorized" is 15) and to shipping classes.
const FIRST_TERM: u64 = 17;
const UNCATEGORIZED: u64 = 15;
/// User 1 is the administrator.
const FIRST_USER: u64 = 2;

/// What filters and sorting look at, without making the whole record.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) created: i64,
    pub(crate) modified: Option<i64>,
    pub(crate) status: Cow<'static, str>,
}

/// The records of a generated shop.
#[derive(Debug, Clone)]
pub(crate) struct Catalog {
    seed: u64,
    products: u64,
    customers: u64,
    orders: u64,
    categories: u64,
    bad_products: u64,
}

impl Catalog {
    pub(crate) fn new(spec: &ShopSpec) -> Catalog {
        Catalog {
            seed: spec.seed,
            products: spec.products as u64,
            customers: spec.customers as u64,
            orders: spec.orders as u64,
            categories: spec.categories as u64,
            bad_products: spec.bad_products as u64,
        }
    }

    /// All generated ids of a kind, ascending.
    pub(crate) fn ids(&self, kind: Kind) -> Box<dyn Iterator<Item = u64> + '_> {
        match kind {
            Kind::Product => Box::new((0..self.products).map(|index| self.product_id(index))),
            Kind::Variation => Box::new((0..self.products).flat_map(|index| self.variation_ids(index))),
            Kind::Customer => Box::new(1..FIRST_USER + self.customers),
            Kind::Order => Box::new((0..self.orders).map(|index| self.order_id(index))),
            Kind::Refund => Box::new((0..self.orders).flat_map(|index| self.refund_ids(index))),
            Kind::Coupon => Box::new((0..self.coupon_count()).map(|index| self.coupon_id(index))),
            Kind::Category => {
                let own = (0..self.categories).map(|index| FIRST_TERM + index);
                Box::new(std::iter::once(UNCATEGORIZED).chain(own))
            }
        }
    }

    /// Whether a generated record has this id.
    pub(crate) fn has(&self, kind: Kind, id: u64) -> bool {
        match kind {
            Kind::Product => self.product_index(id).is_some_and(|(_, rest)| rest == 0),
            Kind::Variation => self
                .product_index(id)
                .is_some_and(|(index, _)| self.variation_ids(index).any(|other| other == id)),
            Kind::Customer => (1..FIRST_USER + self.customers).contains(&id),
            Kind::Order => self.order_index(id).is_some_and(|(_, rest)| rest == 0),
            Kind::Refund => {
                self.order_index(id).is_some_and(|(index, _)| self.refund_ids(index).any(|other| other == id))
            }
            Kind::Coupon => (0..self.coupon_count()).any(|index| self.coupon_id(index) == id),
            Kind::Category => id == UNCATEGORIZED || (FIRST_TERM..FIRST_TERM + self.categories).contains(&id),
        }
    }

    /// The record as the shop keeps it, or `None` if there is none of this id.
    pub(crate) fn record(&self, kind: Kind, id: u64, settings: &Settings) -> Option<Value> {
        if !self.has(kind, id) {
            return None;
        }
        Some(match kind {
            Kind::Product => self.product_or_bad(self.product_index(id)?.0, settings),
            Kind::Variation => self.variation(id, settings)?,
            Kind::Customer => self.customer(id, settings),
            Kind::Order => self.order(self.order_index(id)?.0, settings),
            Kind::Refund => self.refund(id, settings)?,
            Kind::Coupon => self.coupon(id, settings),
            Kind::Category => self.category(id),
        })
    }

    /// The record's head, cheaply. Only for ids that exist.
    pub(crate) fn head(&self, kind: Kind, id: u64) -> Option<Head> {
        match kind {
            Kind::Product => self.product_index(id).map(|(index, _)| self.product_head(index)),
            Kind::Order => self.order_index(id).map(|(index, _)| self.order_head(index)),
            _ => None,
        }
    }

    /// A product's or variation's SKU, cheaply. Only for ids that exist.
    pub(crate) fn sku(&self, kind: Kind, id: u64) -> Option<String> {
        let (index, rest) = self.product_index(id)?;
        match kind {
            Kind::Product => Some(self.product_sku(index)),
            Kind::Variation => Some(self.sku_of_variation(index, rest)),
            _ => None,
        }
    }

    /// The next free id of posts, users and terms.
    pub(crate) fn next_ids(&self) -> (u64, u64, u64) {
        (self.order_id(self.orders), FIRST_USER + self.customers, FIRST_TERM + self.categories)
    }

    /// The next free id of an order's line.
    pub(crate) fn next_item_id(&self) -> u64 {
        self.orders * order::ITEMS_PER_ORDER + 1
    }

    fn product_id(&self, index: u64) -> u64 {
        FIRST_POST + index * POSTS_PER_PRODUCT
    }

    /// The product that owns a post id, and which of its posts that is.
    fn product_index(&self, id: u64) -> Option<(u64, u64)> {
        let rest = id.checked_sub(FIRST_POST)?;
        (rest / POSTS_PER_PRODUCT < self.products)
            .then_some((rest / POSTS_PER_PRODUCT, rest % POSTS_PER_PRODUCT))
    }

    fn coupon_count(&self) -> u64 {
        if self.orders == 0 { 0 } else { COUPONS }
    }

    fn coupon_id(&self, index: u64) -> u64 {
        self.product_id(self.products) + index
    }

    fn order_id(&self, index: u64) -> u64 {
        self.product_id(self.products) + ROOM_FOR_COUPONS + index * POSTS_PER_ORDER
    }

    /// The order that owns a post id, and which of its posts that is.
    fn order_index(&self, id: u64) -> Option<(u64, u64)> {
        let rest = id.checked_sub(self.order_id(0))?;
        (rest / POSTS_PER_ORDER < self.orders).then_some((rest / POSTS_PER_ORDER, rest % POSTS_PER_ORDER))
    }
}
