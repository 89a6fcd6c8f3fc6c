//! The progress bar: on standard error, on a terminal, and only for work that takes its time.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use heapglass_graph::{Phase, Progress};
use indicatif::{ProgressBar, ProgressStyle};

use crate::interrupt::Interrupt;

/// Work that is done sooner shows no bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// Shows how far the opening of a snapshot is, and stops it when the user asks.
pub(crate) struct Bar {
    name: String,
    shown: bool,
    start: Instant,
    bar: OnceLock<ProgressBar>,
    interrupt: Interrupt,
}

impl Bar {
    pub(crate) fn new(name: String, shown: bool, interrupt: Interrupt) -> Bar {
        Bar { name, shown, start: Instant::now(), bar: OnceLock::new(), interrupt }
    }
}

impl Progress for Bar {
    fn update(&self, phase: Phase, done: u64, total: u64) {
        if !self.shown || self.start.elapsed() < PATIENCE {
            return;
        }
        let bar = self.bar.get_or_init(new_bar);
        let verb = match phase {
            Phase::Read => "reading",
            Phase::Analyse => "analysing",
            _ => "writing the index of",
        };
        bar.set_message(format!("{verb} {}", self.name));
        match total {
            0 => bar.unset_length(),
            total => bar.set_length(total),
        }
        bar.set_position(done);
    }

    fn cancelled(&self) -> bool {
        self.interrupt.asked().is_some()
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg:.dim} {bar:24.cyan} {percent:>3} %") {
        bar.set_style(style.progress_chars("━╸─"));
    }
    bar
}
