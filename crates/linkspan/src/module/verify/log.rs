//! Odoo's log: `2026-11-22 02:10:48,123 4711 WARNING db odoo.modules.loading: text`, text over several lines.

use std::collections::BTreeSet;

/// One entry of level WARNING or above.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Complaint {
    pub(super) level: String,
    pub(super) logger: String,
    pub(super) text: String,
}

impl std::fmt::Display for Complaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let first = self.text.lines().next().unwrap_or_default();
        let last = self.text.lines().next_back().unwrap_or_default();
        write!(f, "{} {}: {first}", self.level, self.logger)?;
        if last == first { Ok(()) } else { write!(f, " ... {last}") }
    }
}

/// The complaints of a log, each once.
pub(super) fn complaints(log: &str) -> BTreeSet<Complaint> {
    let mut all: Vec<Complaint> = Vec::new();
    let mut open = false;
    for line in log.lines() {
        match entry(line) {
            Some((level, logger, text)) => {
                open = matches!(level, "WARNING" | "ERROR" | "CRITICAL");
                if open {
                    let complaint = Complaint {
                        level: level.to_owned(),
                        logger: logger.to_owned(),
                        text: text.to_owned(),
                    };
                    all.push(complaint);
                }
            }
            None if open => {
                if let Some(last) = all.last_mut() {
                    last.text.push('\n');
                    last.text.push_str(line);
                }
            }
            None => {}
        }
    }
    all.into_iter().collect()
}

/// Level, logger and text of a line that begins an entry.
fn entry(line: &str) -> Option<(&str, &str, &str)> {
    let mut words = line.splitn(6, ' ');
    let (date, _time, process, level) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let _database = words.next()?;
    let is_entry = date.len() == 10
        && date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
        && process.parse::<u32>().is_ok();
    let (logger, text) = words.next()?.split_once(": ")?;
    is_entry.then_some((level, logger, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_keeps_its_traceback_and_what_is_normal_is_left_out() {
        let log = "Running as user 'root' is a security risk.\n\
            2026-11-22 02:10:48,123 47 INFO db odoo.modules.loading: 12 modules loaded\n\
            2026-11-22 02:10:49,001 47 ERROR db odoo.sql_db: bad query\nTraceback:\n  KeyError: 'x'\n\
            2026-11-22 02:10:49,002 47 INFO db odoo.http: done\nmore of it\n\
            2026-11-22 02:10:49,003 47 WARNING ? odoo.addons.m: a model has no access rule\n";
        let found: Vec<String> = complaints(log).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "ERROR odoo.sql_db: bad query ...   KeyError: 'x'",
                "WARNING odoo.addons.m: a model has no access rule"
            ]
        );
    }
}
