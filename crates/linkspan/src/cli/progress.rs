//! Progress bars on a terminal.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::output::Output;
use crate::sync::{Progress, Silent};

/// Bars when a person looks, nothing otherwise.
pub(super) fn progress(output: &Output) -> Arc<dyn Progress> {
    if output.json || !std::io::stderr().is_terminal() { Arc::new(Silent) } else { Arc::new(Bars::default()) }
}

#[derive(Default)]
struct Bars {
    all: MultiProgress,
    each: Mutex<HashMap<String, ProgressBar>>,
}

impl Bars {
    fn bar(&self, entity: &str) -> ProgressBar {
        let mut each = self.each.lock().unwrap_or_else(PoisonError::into_inner);
        each.entry(entity.to_owned())
            .or_insert_with(|| {
                let bar = self.all.add(ProgressBar::no_length());
                let style = ProgressStyle::with_template("{msg:>12} {bar:40} {pos:>8}/{len} {per_sec} {eta}");
                bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                bar.set_message(entity.to_owned());
                bar
            })
            .clone()
    }
}

impl Progress for Bars {
    fn advanced(&self, entity: &str, done: u64, total: Option<u64>) {
        let bar = self.bar(entity);
        if let Some(total) = total {
            bar.set_length(total.max(done));
        }
        bar.set_position(done);
    }

    fn finished(&self, entity: &str) {
        let mut each = self.each.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = each.remove(entity) {
            bar.finish();
        }
    }
}
