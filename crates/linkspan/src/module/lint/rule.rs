//! What a rule is, and what it is given.

use ruff_python_ast::ExprCall;

use super::finding::Finding;
use super::index::Index;
use super::known::Known;
use super::load::{File, FileId, Module};
use super::place;
use crate::diagnostic::Severity;
use crate::module::Series;
use crate::module::edit::Replacement;

/// One rule: an entry in the list of its family, a function, and a page `pages/<id>.md`.
pub struct Rule {
    /// `C01`: a letter for the family, a number that never changes its meaning.
    pub id: &'static str,
    /// The wrong thing, a few words.
    pub title: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// First and last series it is about.
    pub series: (Series, Series),
    /// Whether `--fix` can put it right, at least mostly.
    pub is_fixable: bool,
    pub(super) check: fn(&Context<'_>, &mut Vec<Finding>),
}

impl Rule {
    pub(super) const fn error(
        id: &'static str,
        title: &'static str,
        check: fn(&Context<'_>, &mut Vec<Finding>),
    ) -> Rule {
        let series = (Series::V16, Series::V19);
        Rule { id, title, severity: Severity::Error, series, is_fixable: false, check }
    }

    pub(super) const fn warning(
        id: &'static str,
        title: &'static str,
        check: fn(&Context<'_>, &mut Vec<Finding>),
    ) -> Rule {
        let series = (Series::V16, Series::V19);
        Rule { id, title, severity: Severity::Warning, series, is_fixable: false, check }
    }

    /// Only from this series on.
    pub(super) const fn since(self, first: Series) -> Rule {
        Rule { series: (first, self.series.1), ..self }
    }

    /// Only up to this series.
    pub(super) const fn until(self, last: Series) -> Rule {
        Rule { series: (self.series.0, last), ..self }
    }

    pub(super) const fn fixable(self) -> Rule {
        Rule { is_fixable: true, ..self }
    }

    /// Those of `targets` that it is about.
    pub(super) fn concerned(&self, targets: &[Series]) -> Vec<Series> {
        let (first, last) = self.series;
        targets.iter().copied().filter(|series| (first..=last).contains(series)).collect()
    }
}

/// What a rule is given.
pub(crate) struct Context<'a> {
    pub(crate) module: &'a Module,
    pub(crate) index: &'a Index<'a>,
    pub(crate) known: &'a Known,
    /// All series that the module is checked for.
    pub(crate) targets: &'a [Series],
    /// Those of them that the rule is about; never empty.
    pub(crate) concerned: &'a [Series],
}

impl<'a> Context<'a> {
    pub(crate) fn file(&self, id: FileId) -> &'a File {
        &self.module.files[id]
    }

    pub(crate) fn text(&self, id: FileId) -> &'a str {
        self.module.files[id].source.text()
    }

    /// The fix that gives a call one more argument; see [`place::add_argument`].
    pub(crate) fn add_argument(&self, id: FileId, call: &ExprCall, argument: &str) -> Option<Replacement> {
        place::add_argument(self.file(id).python()?, call, argument)
    }

    /// Whether all targets are among the concerned ones, so that a fix for these breaks no other.
    pub(crate) fn is_for_all(&self) -> bool {
        self.concerned.len() == self.targets.len()
    }

    /// `Odoo 16.0 and 17.0`: the concerned series for a message.
    pub(crate) fn odoo(&self) -> String {
        let names: Vec<&str> = self.concerned.iter().map(|series| series.as_str()).collect();
        match names.as_slice() {
            [only] => format!("Odoo {only}"),
            [many @ .., last] => format!("Odoo {} and {last}", many.join(", ")),
            [] => "Odoo".to_owned(),
        }
    }
}
