//! Whether a licence expression is satisfied by a list of licences, for machines without cargo-deny.
//!
//! `AND` binds closer than `OR`; `A WITH B` is a licence of its own; the old form `A/B` means `A OR B`.

/// What of `expression` is not on the list: empty when the list satisfies it.
pub(super) fn missing(expression: &str, allowed: &[String]) -> Vec<String> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = Words { rest: spaced.split_whitespace().collect(), allowed, malformed: false };
    let missing = words.any();
    // Left-over words mean that this is no expression; nothing is then satisfied.
    if words.malformed || !words.rest.is_empty() {
        return vec![format!("a well-formed expression instead of '{expression}'")];
    }
    missing
}

struct Words<'a> {
    rest: Vec<&'a str>,
    allowed: &'a [String],
    malformed: bool,
}

impl Words<'_> {
    fn next_is(&mut self, word: &str) -> bool {
        let is = self.rest.first() == Some(&word);
        if is {
            self.rest.remove(0);
        }
        is
    }

    fn any(&mut self) -> Vec<String> {
        let mut best = self.all();
        while self.next_is("OR") {
            let other = self.all();
            if other.len() < best.len() {
                best = other;
            }
        }
        best
    }

    fn all(&mut self) -> Vec<String> {
        let mut missing = self.one();
        while self.next_is("AND") {
            missing.extend(self.one());
        }
        missing
    }

    fn one(&mut self) -> Vec<String> {
        if self.next_is("(") {
            let missing = self.any();
            self.malformed |= !self.next_is(")");
            return missing;
        }
        if self.rest.is_empty() {
            self.malformed = true;
            return Vec::new();
        }
        let mut licence = self.rest.remove(0).to_owned();
        if self.next_is("WITH") && !self.rest.is_empty() {
            licence = format!("{licence} WITH {}", self.rest.remove(0));
        }
        if self.allowed.contains(&licence) { Vec::new() } else { vec![licence] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing_of(expression: &str) -> Vec<String> {
        missing(expression, &["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned))
    }

    #[test]
    fn one_side_of_or_is_enough_and_both_sides_of_and_are_needed() {
        for satisfied in ["MIT", "MIT OR GPL-3.0", "GPL-3.0/MIT", "(MIT OR GPL-3.0) AND ISC", "MIT AND ISC"] {
            assert!(missing_of(satisfied).is_empty(), "{satisfied}");
        }
        assert_eq!(missing_of("GPL-3.0 OR MIT AND BSL-1.0"), ["GPL-3.0"]);
        assert_eq!(missing_of("MIT AND (BSL-1.0 OR Zlib)"), ["BSL-1.0"]);
    }

    #[test]
    fn a_licence_with_an_exception_is_another_licence() {
        assert!(missing_of("Apache-2.0 WITH LLVM-exception").is_empty());
        assert_eq!(missing_of("Apache-2.0"), ["Apache-2.0"]);
    }

    #[test]
    fn what_is_no_expression_is_not_satisfied() {
        for text in ["", "MIT ISC", "(MIT", "MIT OR", "MIT )"] {
            assert!(!missing_of(text).is_empty(), "{text}");
        }
    }
}
