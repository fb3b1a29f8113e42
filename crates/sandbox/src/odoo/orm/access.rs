//! Who may do what, by model: the result of Odoo's access rules for the groups that the spec's rights stand for.

use super::Env;
use crate::odoo::error::{Class, Error, Outcome};
use crate::odoo::messages;
use crate::odoo::schema::ModelId;
use crate::odoo::spec::{Rights, Series};

/// What is done to records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Read,
    Create,
    Write,
    Unlink,
}

impl Operation {
    pub(crate) fn of(name: &str) -> Option<Operation> {
        match name {
            "read" => Some(Operation::Read),
            "create" => Some(Operation::Create),
            "write" => Some(Operation::Write),
            "unlink" => Some(Operation::Unlink),
            _ => None,
        }
    }

    /// As the sentence about missing rights says it.
    fn verb(self) -> &'static str {
        match self {
            Operation::Read => "access",
            Operation::Create => "create",
            Operation::Write => "modify",
            Operation::Unlink => "delete",
        }
    }
}

/// May a user with `rights` do `operation` to records of `model`?
pub(crate) fn allowed(rights: Rights, model: &str, operation: Operation) -> bool {
    use Operation::{Create, Read, Unlink};
    match (rights, model) {
        (Rights::Administrator, "decimal.precision") => !matches!(operation, Create | Unlink),
        (Rights::Administrator, _) => true,
        (_, "ir.model.data" | "decimal.precision") => false,
        (_, "ir.model" | "ir.model.fields" | "ir.actions.server" | "base.automation") => false,
        (Rights::Employee, "sale.order" | "sale.order.line" | "account.tax" | "crm.team") => false,
        (Rights::Employee, _) => operation == Read,
        (_, "res.partner" | "res.partner.category" | "res.country.state" | "sale.order.line") => true,
        (
            Rights::SalesManager,
            "sale.order" | "product.product" | "product.tag" | "product.category" | "product.pricelist",
        ) => true,
        (Rights::SalesManager, "uom.uom" | "crm.team") => true,
        (Rights::Salesperson, "sale.order") => operation != Unlink,
        _ => operation == Read,
    }
}

/// The groups that the sentence about missing rights names, by series.
fn groups(series: Series, model: &str) -> &'static str {
    match (model, series) {
        ("product.product", Series::V16) => {
            "Administration/Settings\n\t- Invoicing/Billing Administrator\n\t- Sales/Administrator"
        }
        ("product.product", Series::V19) => "Products/Create",
        ("product.product", _) => {
            "Extra Rights/Product Creation\n\t- Invoicing/Administrator\n\t- Sales/Administrator"
        }
        ("product.pricelist", Series::V16) => "Administration/Settings\n\t- Sales/Administrator",
        ("product.pricelist", Series::V19) => "Products/Create\n\t- Sales/Administrator",
        ("product.pricelist", _) => "Extra Rights/Product Creation\n\t- Sales/Administrator",
        ("ir.model.data", Series::V19) => "Access Rights",
        ("ir.model.data", _) => "Administration/Access Rights",
        _ => "Sales/Administrator",
    }
}

impl Env<'_> {
    pub(crate) fn may(&self, model: ModelId, operation: Operation) -> bool {
        self.elevated || allowed(self.user.rights, self.model(model).name, operation)
    }

    pub(crate) fn check_access(&self, model: ModelId, operation: Operation) -> Outcome<()> {
        if self.may(model, operation) {
            return Ok(());
        }
        let definition = self.model(model);
        let groups = self.say(messages::GROUPS, &[groups(self.series(), definition.name)]);
        let values = [operation.verb(), definition.label, definition.name, &groups];
        Err(Error::new(Class::Access, self.say(messages::NOT_ALLOWED, &values)))
    }
}
