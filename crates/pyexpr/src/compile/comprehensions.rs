//! Comprehensions and their variables.

use ruff_python_ast::{Comprehension, Expr};
use ruff_text_size::{Ranged, TextRange};

use super::{Compiled, Lowering, Variable, refuse};
use crate::ir::{Clause, Target};
use crate::paths::{Path, PathKey, Step};
use crate::vocabulary::FUNCTIONS;

impl Lowering<'_> {
    /// Lowers the clauses, then the element with their variables in sight.
    pub(super) fn comprehension<T>(
        &mut self,
        generators: &[Comprehension],
        element: impl FnOnce(&mut Self) -> Compiled<T>,
    ) -> Compiled<(T, Vec<Clause>)> {
        let outer = self.scopes.len();
        let mut clauses = Vec::with_capacity(generators.len());
        for generator in generators {
            if generator.is_async {
                return refuse(generator.range, "async is not supported", "");
            }
            let iterable = self.iterable(&generator.iter)?;
            let path = self.path(&generator.iter).map(|mut path| {
                path.steps.push(Step { key: PathKey::Each, optional: false });
                path
            });
            let target = self.target(&generator.target, path)?;
            let conditions = self.values(&generator.ifs)?;
            clauses.push(Clause { target, iterable, conditions });
        }
        let element = element(self)?;
        self.scopes.truncate(outer);
        Ok((element, clauses))
    }

    pub(super) fn target(&mut self, expr: &Expr, path: Option<Path>) -> Compiled<Target> {
        match expr {
            Expr::Name(name) => {
                let text = name.id.as_str();
                self.check_variable(text, name.range)?;
                let slot = self.slots;
                self.slots += 1;
                self.scopes.push(Variable { name: text.to_owned(), slot, path });
                Ok(Target::Slot(slot))
            }
            Expr::Tuple(ruff_python_ast::ExprTuple { elts, .. })
            | Expr::List(ruff_python_ast::ExprList { elts, .. }) => {
                let targets = elts.iter().map(|target| self.target(target, None));
                Ok(Target::Unpack(targets.collect::<Compiled<_>>()?))
            }
            other => refuse(other.range(), "a comprehension assigns to plain names", ""),
        }
    }

    pub(super) fn check_variable(&self, name: &str, range: TextRange) -> Compiled<()> {
        let taken = self.names.contains(&name)
            || self.scopes.iter().any(|variable| variable.name == name)
            || FUNCTIONS.iter().any(|signature| signature.name == name)
            || name == "isinstance";
        if taken {
            return refuse(range, format!("the name {name} already means something"), "choose another name");
        }
        if name.starts_with("__") || !name.is_ascii() {
            return refuse(range, format!("{name} cannot be the name of a variable here"), "");
        }
        Ok(())
    }
}
