//! The kinds of records that the shop keeps.

/// A kind of record; its words are those of WooCommerce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `/products/categories`
    Category,
    /// `/products`
    Product,
    /// `/products/<parent>/variations`, also reached through `/products/<id>`
    Variation,
    /// `/customers`
    Customer,
    /// `/orders`
    Order,
    /// `/orders/<order>/refunds` and `/refunds`
    Refund,
    /// `/coupons`
    Coupon,
}

/// Which counter gives a kind its ids: WordPress numbers posts, users and terms each from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sequence {
    Post,
    User,
    Term,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 7] = [
        Kind::Category,
        Kind::Product,
        Kind::Variation,
        Kind::Customer,
        Kind::Order,
        Kind::Refund,
        Kind::Coupon,
    ];

    pub(crate) fn sequence(self) -> Sequence {
        match self {
            Kind::Category => Sequence::Term,
            Kind::Customer => Sequence::User,
            Kind::Product | Kind::Variation | Kind::Order | Kind::Refund | Kind::Coupon => Sequence::Post,
        }
    }

    /// The path below `/wp-json/wc/v3/`, without an id.
    pub fn path(self) -> &'static str {
        match self {
            Kind::Category => "products/categories",
            Kind::Product | Kind::Variation => "products",
            Kind::Customer => "customers",
            Kind::Order => "orders",
            Kind::Refund => "refunds",
            Kind::Coupon => "coupons",
        }
    }
}
