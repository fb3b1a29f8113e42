//! Differences that are known and accepted, each with its reason.

use std::collections::BTreeSet;

const NO_RESOURCE: &str = "tags, images, attributes and shipping classes are no resources of the sandbox";

/// Exchange, beginning of the difference, reason.
const ACCEPTED: [(&str, &str, &str); 9] = [
    ("products-create-desk-lamp", ".images", NO_RESOURCE),
    ("products-create-desk-lamp", ".shipping_class", NO_RESOURCE),
    ("products-create-desk-lamp", ".tags", NO_RESOURCE),
    ("products-create-shirt", ".attributes", NO_RESOURCE),
    ("products-create-shirt", ".default_attributes", NO_RESOURCE),
    ("variations-create-red-s", ".image", NO_RESOURCE),
    ("products-create-html", ".description", "the filter for dangerous HTML is WordPress's own affair"),
    ("products-get-when-prices-include-tax", ".price_html", "the price text does not follow the tax option"),
    ("products-update-stock-zero", ".total_sales", "an order that was made unrecorded sold one more"),
];

/// Which of the accepted differences occurred.
#[derive(Default)]
pub(crate) struct Expected(BTreeSet<usize>);

impl Expected {
    /// Whether a difference is one of those.
    pub(crate) fn accepts(&mut self, name: &str, difference: &str) -> bool {
        let known =
            |(exchange, start, _): &(&str, &str, &str)| *exchange == name && difference.starts_with(start);
        let at = ACCEPTED.iter().position(known);
        self.0.extend(at);
        at.is_some()
    }

    /// Accepted differences that did not occur: the list must not promise less than the shop does.
    pub(crate) fn unused(&self) -> Vec<String> {
        let unused = ACCEPTED.iter().enumerate().filter(|(at, _)| !self.0.contains(at));
        unused.map(|(_, (exchange, start, _))| format!("{exchange} {start}")).collect()
    }
}
