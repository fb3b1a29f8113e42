//! Comparisons, `in` and `is`.

use ruff_python_ast::{CmpOp, Expr, ExprCompare, UnaryOp};
use ruff_text_size::{Ranged, TextRange};

use super::{Compiled, Lowering, refuse};
use crate::compare::Order;
use crate::ir::{Among, Comparison, Kind, Node};
use crate::vocabulary::Method;

impl Lowering<'_> {
    pub(super) fn compare(&mut self, compare: &ExprCompare) -> Compiled<Kind> {
        let first = Box::new(self.value(&compare.left)?);
        if let ([op @ (CmpOp::In | CmpOp::NotIn)], [right]) = (&*compare.ops, &*compare.comparators)
            && let Some(among) = self.among(*op == CmpOp::NotIn, right)?
        {
            return Ok(Kind::Among(first, among));
        }
        let mut rest = Vec::with_capacity(compare.ops.len());
        let mut left = &*compare.left;
        for (op, right) in compare.ops.iter().zip(&compare.comparators) {
            rest.push((self.comparison(*op, left, right)?, self.value_or_view(*op, right)?));
            left = right;
        }
        Ok(Kind::Compare(first, rest))
    }

    /// `x in d.keys()` is `x in d`; every other operand is a plain value.
    pub(super) fn value_or_view(&mut self, op: CmpOp, right: &Expr) -> Compiled<Node> {
        let node = self.any(right)?;
        let view =
            matches!(&node.kind, Kind::Method(Method::Keys | Method::Values, ..) | Kind::Generator(..));
        if view && matches!(op, CmpOp::In | CmpOp::NotIn) {
            return Ok(node);
        }
        self.only_value(node)
    }

    /// The constants of a literal list, tuple or set after `in`.
    pub(super) fn among(&mut self, negated: bool, right: &Expr) -> Compiled<Option<Among>> {
        let (elements, set) = match right {
            Expr::Set(set) => (&set.elts, true),
            Expr::Tuple(tuple) => (&tuple.elts, false),
            Expr::List(list) => (&list.elts, false),
            _ => return Ok(None),
        };
        if let Some(element) = elements.iter().find(|element| !is_constant(element)) {
            return match set {
                true => refuse(element.range(), "a set may only hold constants here", "write a list"),
                false => Ok(None),
            };
        }
        let mut values = Vec::with_capacity(elements.len());
        for element in elements {
            if let Kind::Const(value) = self.value(element)?.kind {
                values.push(value);
            }
        }
        Ok(Some(Among { values, negated, set }))
    }

    pub(super) fn comparison(&self, op: CmpOp, left: &Expr, right: &Expr) -> Compiled<Comparison> {
        let singleton = |expr: &Expr| expr.is_none_literal_expr() || expr.is_boolean_literal_expr();
        if matches!(op, CmpOp::Is | CmpOp::IsNot) && !singleton(left) && !singleton(right) {
            let range = TextRange::new(left.start(), right.end());
            return refuse(range, "`is` only compares with None, True and False", "use ==");
        }
        Ok(match op {
            CmpOp::Eq => Comparison::Equal,
            CmpOp::NotEq => Comparison::NotEqual,
            CmpOp::Lt => Comparison::Ordered(Order::Less),
            CmpOp::LtE => Comparison::Ordered(Order::LessEqual),
            CmpOp::Gt => Comparison::Ordered(Order::Greater),
            CmpOp::GtE => Comparison::Ordered(Order::GreaterEqual),
            CmpOp::Is => Comparison::Is,
            CmpOp::IsNot => Comparison::IsNot,
            CmpOp::In => Comparison::In,
            CmpOp::NotIn => Comparison::NotIn,
        })
    }
}

/// A literal, or a number with a minus.
fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::UnaryOp(operation) => {
            operation.op == UnaryOp::USub && operation.operand.is_number_literal_expr()
        }
        Expr::EllipsisLiteral(_) | Expr::BytesLiteral(_) => false,
        other => other.is_literal_expr(),
    }
}
