//! What the sandbox's shop does not serve, with the reason; everything else must answer as recorded.

use super::recorded::Exchange;

/// Groups by the beginning of the exchange's name.
const GROUPS: &[(&[&str], &str)] = &[
    (
        &[
            "shipping-",
            "tags-",
            "attributes-",
            "attribute-terms-",
            "payment-gateways",
            "data-countries",
            "reports-",
        ],
        "resources that no order or product import reads",
    ),
    (
        &["taxes-create", "tax-classes-create", "settings-tax-group"],
        "tax rates are settings of the sandbox, given before it starts",
    ),
    (&["order-notes"], "notes change nothing else"),
    (&["webhooks-"], "what they answer depends on deliveries; `shop/webhooks.rs` compares them"),
    (&["index-wc-v3", "options-products"], "descriptions of routes and arguments: schema, not data"),
    (&["products-get-context-edit"], "context=edit shows fields in the editor's form"),
];

/// Why an exchange is not replayed; `None` if it is.
pub(crate) fn reason(exchange: &Exchange) -> Option<&'static str> {
    let group = |(names, _): &&(&[&str], &str)| names.iter().any(|name| exchange.name.starts_with(name));
    GROUPS.iter().find(group).map(|(_, reason)| *reason)
}
