//! Who may do what, by model: the result of Odoo's access rules for the groups that the spec's rights stand for.

use super::Env;
use crate::odoo::error::{Class, Error, Outcome};
use crate::odoo::messages;
use crate::odoo::schema::ModelId;
use crate::odoo::spec::Rights;

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
    use Operation::{Read, Unlink};
    match rights {
        Rights::Administrator => true,
        Rights::SalesManager => match model {
            "ir.model.data" => false,
            "sale.order"
            | "sale.order.line"
            | "product.product"
            | "product.category"
            | "product.pricelist"
            | "uom.uom"
            | "res.partner"
            | "res.partner.category"
            | "crm.team" => true,
            _ => operation == Read,
        },
        Rights::Salesperson => match model {
            "ir.model.data" => false,
            "sale.order.line" | "res.partner" | "res.partner.category" => true,
            "sale.order" => operation != Unlink,
            _ => operation == Read,
        },
        Rights::Employee => {
            operation == Read
                && !matches!(
                    model,
                    "ir.model.data" | "sale.order" | "sale.order.line" | "account.tax" | "crm.team"
                )
        }
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
        let groups = match (definition.name, operation) {
            ("product.product" | "product.category" | "uom.uom", _) => {
                self.say(messages::GROUPS, &["Products/Create"])
            }
            ("sale.order" | "sale.order.line", _) => self.say(messages::GROUPS, &["Sales/Administrator"]),
            ("ir.model.data", _) => self.say(messages::GROUPS, &["Administration/Access Rights"]),
            _ => self.say(messages::NO_GROUP, &[]),
        };
        let values = [operation.verb(), definition.label, definition.name, &groups];
        Err(Error::new(Class::Access, self.say(messages::NOT_ALLOWED, &values)))
    }
}
