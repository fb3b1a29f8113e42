//! The rules' pages: what, why, a bad and a good example.
//!
//! `pages/<id>.md` is the one source. `linkspan validate --explain` shows it, `docs/rules/` is made from it, and its
//! examples are the rule's tests.

use super::rule::Rule;
use super::rules;
use crate::diagnostic::Severity;
use crate::module::Series;

macro_rules! pages {
    ($($id:literal)*) => { &[$(($id, include_str!(concat!("pages/", $id, ".md")))),*] };
}

/// Id and text of each page.
static PAGES: &[(&str, &str)] = pages![
    "E01" "E02" "E03" "E04" "E05" "E06" "E07" "E08"
    "N01" "N02"
    "F01" "F02" "F03" "F04" "F05" "F06" "F07" "F08" "F09"
    "C01" "C02" "C03" "C04" "C05" "C06" "C07" "C08" "C09" "C10" "C11" "C12" "C13" "C14" "C15" "C16" "C17"
    "B01" "B02" "B03" "B04" "B05" "B06" "B07" "B08" "B09" "B10"
    "Q01" "Q02" "Q03" "Q04" "Q05" "Q06" "Q07" "Q08" "Q09" "Q10" "Q11" "Q12" "Q13" "Q14" "Q15" "Q16" "Q17" "Q18"
    "H01" "H02" "H03" "H04" "H05" "H06" "H07" "H08" "H09" "H10" "H11" "H12" "H13"
    "W01" "W02" "W03" "W04" "W05" "W06" "W07" "W08" "W09" "W10" "W11" "W12" "W13" "W14" "W15" "W16"
    "S01" "S02" "S03" "S04" "S05" "S06" "S07" "S08" "S09"
    "A01" "A02" "A03" "A04" "A05" "A06" "A07" "A08" "A09"
    "J01" "J02" "J03" "J04"
    "M01" "M02" "M03" "M04" "M05" "M06" "M07" "M08" "M09" "M10" "M11" "M12" "M13" "M14" "M15"
    "P01" "P02" "P03" "P04" "P05" "P06" "P07" "P08" "P09" "P10" "P11" "P12" "P13" "P14" "P15" "P16" "P17"
    "P18" "P19" "P20" "P21" "P22" "P23" "P24" "P25" "P26" "P27" "P28" "P29" "P30" "P31" "P32" "P33" "P34"
    "T01" "T02" "T03" "T04" "T05" "T06" "T07"
];

/// A module, or a part of one, that a page shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Example {
    /// Path and text of its files.
    pub files: Vec<(String, String)>,
}

/// The page of a rule as it is in `pages/`. Empty when there is none.
pub fn text(id: &str) -> &'static str {
    PAGES.iter().find(|(known, _)| *known == id).map_or("", |(_, text)| text)
}

/// Ids that have a page.
pub fn ids() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(id, _)| *id)
}

/// What is found, the first part of the page.
pub fn what(id: &str) -> &'static str {
    text(id).split("\n## ").next().unwrap_or("").trim()
}

/// The part of a page below the heading `name`.
pub fn section(id: &str, name: &str) -> Option<&'static str> {
    let (_, rest) = text(id).split_once(&format!("\n## {name}\n"))?;
    Some(rest.split("\n## ").next().unwrap_or(rest).trim())
}

/// The example below `Bad` or `Good`: files in fences, each after a line with its path in backticks.
pub fn example(id: &str, name: &str) -> Example {
    let mut example = Example::default();
    let mut path: Option<String> = None;
    let mut open: Option<String> = None;
    for line in section(id, name).unwrap_or("").lines() {
        match &mut open {
            Some(text) if line == "```" => {
                example.files.extend(path.take().map(|path| (path, std::mem::take(text))));
                open = None;
            }
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
            None if line.starts_with("```") => open = Some(String::new()),
            None => {
                let named =
                    line.strip_prefix('`').and_then(|rest| rest.split_once('`')).map(|(path, _)| path);
                path = named.map(str::to_owned).or(path);
            }
        }
    }
    example
}

/// The whole page with its heading and the rule's entry.
pub fn explain(rule: &Rule) -> String {
    let severity = match rule.severity {
        Severity::Error => "An error",
        Severity::Warning => "A warning",
    };
    let series = match rule.series {
        (Series::V16, Series::V19) => "in every series".to_owned(),
        (first, last) if first == last => format!("in {first} only"),
        (first, Series::V19) => format!("from {first} on"),
        (Series::V16, last) => format!("up to {last}"),
        (first, last) => format!("from {first} to {last}"),
    };
    let fix = if rule.is_fixable { " `--fix` puts it right where that is safe." } else { "" };
    format!("# {}: {}\n\n{severity}, {series}.{fix}\n\n{}\n", rule.id, rule.title, text(rule.id).trim())
}

/// A page with all rules, by family.
pub fn index() -> String {
    let mut text = String::from(
        "# Rules of `linkspan validate`\n\n\
         Made from the rules and their pages; `LINKSPAN_BLESS=1 cargo test -p linkspan rule_pages` writes it anew.\n",
    );
    let mut family = ' ';
    for rule in rules::all() {
        let letter = rule.id.chars().next().unwrap_or(' ');
        if letter != family {
            family = letter;
            text.push_str(&format!("\n## {}\n\n| rule | finds | | |\n|---|---|---|---|\n", heading(letter)));
        }
        let fix = if rule.is_fixable { "`--fix`" } else { "" };
        let severity = rule.severity.as_str();
        text.push_str(&format!("| [{0}]({0}.md) | {1} | {severity} | {fix} |\n", rule.id, rule.title));
    }
    text
}

fn heading(letter: char) -> &'static str {
    match letter {
        'E' => "Files",
        'N' => "Comments that allow findings",
        'F' => "What a connector module consists of",
        'C' => "Components",
        'B' => "Bindings",
        'Q' => "Jobs",
        'H' => "HTTP",
        'W' => "Webhooks",
        'S' => "Synchronisation",
        'A' => "Access",
        'J' => "Calls from outside",
        'M' => "Manifest and data",
        'P' => "Series of Odoo",
        _ => "Tests",
    }
}
