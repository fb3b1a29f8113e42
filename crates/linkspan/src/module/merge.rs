//! Three-way merge of a generated file: what the generator changed between two states of the definition goes into the
//! file as its author has it now.
//!
//! Where both added lines at one place both stay, the author's first: imports, list items, rows and methods do not mind
//! their order. Where both changed the same lines the file is left alone and the place is told.

use diffy::{ConflictStyle, MergeOptions};

/// Both sides changed the same lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Line of the author's file at which it begins, from 1.
    pub line: usize,
    /// What the generator would have there.
    pub wanted: String,
}

const OURS: &str = "<<<<<<< ";
const BASE: &str = "||||||| ";
const MIDDLE: &str = "=======";
const THEIRS: &str = ">>>>>>> ";

/// The text `ours` with the changes that lead from `base` to `theirs`.
///
/// # Errors
/// The first place where both changed the same lines.
pub fn merge(base: &str, ours: &str, theirs: &str) -> Result<String, Conflict> {
    if base == theirs {
        return Ok(ours.to_owned());
    }
    if base == ours {
        return Ok(theirs.to_owned());
    }
    let marked = MergeOptions::new().set_conflict_style(ConflictStyle::Diff3).merge(base, ours, theirs);
    match marked {
        Ok(merged) => Ok(merged),
        Err(marked) => resolve(&marked),
    }
}

/// Keeps both sides of the places where nothing was before.
fn resolve(marked: &str) -> Result<String, Conflict> {
    let mut merged = String::with_capacity(marked.len());
    let mut lines = marked.split_inclusive('\n');
    let mut number = 1;
    while let Some(line) = lines.next() {
        if !line.starts_with(OURS) {
            merged.push_str(line);
            number += 1;
            continue;
        }
        let [ours, base, theirs] = [BASE, MIDDLE, THEIRS].map(|end| part(&mut lines, end));
        if !base.is_empty() {
            return Err(Conflict { line: number, wanted: theirs });
        }
        number += ours.lines().count();
        merged.push_str(&ours);
        // The same on both sides is one addition.
        if ours.trim() != theirs.trim() {
            merged.push_str(&theirs);
        }
    }
    Ok(merged)
}

fn part<'l>(lines: &mut impl Iterator<Item = &'l str>, end: &str) -> String {
    lines.take_while(|line| !line.starts_with(end)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "from . import backend\nfrom . import order\n\nx = 1\n";

    #[test]
    fn edits_of_both_sides_at_different_places_come_together() {
        let ours = BASE.replace("x = 1", "x = 2  # ours");
        let theirs = BASE.replace("from . import order\n", "from . import customer\nfrom . import order\n");
        let merged = merge(BASE, &ours, &theirs).expect("no conflict");
        assert_eq!(
            merged,
            "from . import backend\nfrom . import customer\nfrom . import order\n\nx = 2  # ours\n"
        );
    }

    #[test]
    fn additions_at_one_place_both_stay() {
        let ours = format!("{BASE}y = 1  # by hand\n");
        let theirs = format!("{BASE}z = 1\n");
        assert_eq!(
            merge(BASE, &ours, &theirs).expect("no conflict"),
            format!("{BASE}y = 1  # by hand\nz = 1\n")
        );
    }

    #[test]
    fn what_was_added_before_is_not_added_twice() {
        let theirs = format!("{BASE}z = 1\n");
        assert_eq!(merge(BASE, &theirs, &theirs).expect("no conflict"), theirs);
    }

    #[test]
    fn a_line_that_both_changed_is_told_with_its_place() {
        let conflict = merge(BASE, &BASE.replace("x = 1", "x = 2"), &BASE.replace("x = 1", "x = 3"));
        assert_eq!(conflict, Err(Conflict { line: 4, wanted: "x = 3\n".to_owned() }));
    }
}
