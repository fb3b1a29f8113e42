//! The testing checklist and the success criteria of connectors, filled in with what was observed.

use serde::Serialize;

/// What was observed of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is as it should be.
    Holds,
    /// It is not.
    Missed,
    /// The module has nothing to which it applies, or it cannot be observed here; the note says which.
    NotApplicable,
}

/// Groups of the checklist, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[expect(missing_docs, reason = "the titles say it")]
pub enum Group {
    Installation,
    #[serde(rename = "Backend Configuration")]
    Backend,
    #[serde(rename = "Import Functionality")]
    Import,
    #[serde(rename = "Export Functionality")]
    Export,
    #[serde(rename = "Queue Jobs")]
    Jobs,
    #[serde(rename = "Scheduled Jobs")]
    Crons,
    #[serde(rename = "Security & Access")]
    Security,
    Integration,
    #[serde(rename = "Error Handling")]
    Errors,
    #[serde(rename = "Logging & Debugging")]
    Logging,
}

impl Group {
    /// As the checklist writes it.
    pub fn title(self) -> &'static str {
        match self {
            Group::Installation => "Installation",
            Group::Backend => "Backend Configuration",
            Group::Import => "Import Functionality",
            Group::Export => "Export Functionality",
            Group::Jobs => "Queue Jobs",
            Group::Crons => "Scheduled Jobs",
            Group::Security => "Security & Access",
            Group::Integration => "Integration",
            Group::Errors => "Error Handling",
            Group::Logging => "Logging & Debugging",
        }
    }
}

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Where it stands.
    pub group: Group,
    /// What should hold.
    pub text: &'static str,
    /// Whether it does.
    pub outcome: Outcome,
    /// What was seen.
    pub observed: String,
}

/// The filled-in checklist of one module on one Odoo.
#[derive(Debug, Clone, Serialize)]
pub struct Checklist {
    /// Technical name of the module.
    pub module: String,
    /// Series of the Odoo, such as "18.0".
    pub odoo: String,
    /// In the order of the groups.
    pub items: Vec<Item>,
}

impl Checklist {
    pub(super) fn new(module: &str, odoo: &str) -> Checklist {
        Checklist { module: module.to_owned(), odoo: odoo.to_owned(), items: Vec::new() }
    }

    /// Notes an item that either holds or not.
    pub(super) fn note(
        &mut self,
        group: Group,
        text: &'static str,
        holds: bool,
        observed: impl Into<String>,
    ) {
        let outcome = if holds { Outcome::Holds } else { Outcome::Missed };
        self.add(group, text, outcome, observed.into());
    }

    /// Notes why an item does not apply.
    pub(super) fn skip(&mut self, group: Group, text: &'static str, why: impl Into<String>) {
        self.add(group, text, Outcome::NotApplicable, why.into());
    }

    fn add(&mut self, group: Group, text: &'static str, outcome: Outcome, observed: String) {
        let behind =
            self.items.iter().rposition(|item| item.group <= group).map_or(0, |position| position + 1);
        self.items.insert(behind, Item { group, text, outcome, observed });
    }

    /// Items that should hold and do not.
    pub fn missed(&self) -> usize {
        self.items.iter().filter(|item| item.outcome == Outcome::Missed).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_stand_in_the_order_of_their_groups() {
        let mut list = Checklist::new("m", "18.0");
        list.note(Group::Security, "b", true, "");
        list.note(Group::Installation, "a", false, "why");
        list.skip(Group::Security, "c", "no such thing");
        let order: Vec<&str> = list.items.iter().map(|item| item.text).collect();
        assert_eq!((order, list.missed()), (vec!["a", "b", "c"], 1));
    }
}
