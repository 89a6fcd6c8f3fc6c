//! The progress bar: on standard error, on a terminal, and only for work that takes its time. One
//! bar goes from the first byte that is read to the answer.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use heapglass_graph::{Phase, Progress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::interrupt::Interrupt;

/// Work that is done sooner shows no bar.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the bar is drawn when nothing is told.
const TICK: Duration = Duration::from_millis(120);

/// Thousandths at which the parts of the work end. Reading takes the larger part of opening, and
/// what questions take is not known beforehand.
const READ: u64 = 600;
const ANALYSED: u64 = 900;
const WRITTEN: u64 = 930;
const WHOLE: u64 = 1000;
/// Bytes after which a file of unknown size is taken for half read.
const HALF: u64 = 200_000_000;

/// Shows how far the work on a snapshot is, and stops it when the user asks.
#[derive(Debug)]
pub(crate) struct Bar {
    name: String,
    bar: ProgressBar,
    /// Where the opening that runs began, in thousandths: an index that turns out to be damaged
    /// makes a second one.
    from: AtomicU64,
    reached: AtomicU64,
    verb: Mutex<&'static str>,
    interrupt: Interrupt,
    /// Tells the thread that shows the bar in time that the work is done.
    done: Option<Sender<()>>,
    shower: Option<JoinHandle<()>>,
}

impl Bar {
    pub(crate) fn new(name: String, shown: bool, interrupt: Interrupt) -> Bar {
        let bar = new_bar();
        let (done, is_done) = mpsc::channel();
        let own = bar.clone();
        let show = move || {
            if is_done.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                own.set_draw_target(ProgressDrawTarget::stderr());
                own.enable_steady_tick(TICK);
            }
        };
        // Without a thread there is no bar, which is no reason not to answer.
        let shower = shown.then(|| thread::Builder::new().name("bar".to_owned()).spawn(show).ok());
        Bar {
            name,
            bar,
            from: AtomicU64::new(0),
            reached: AtomicU64::new(0),
            verb: Mutex::new(""),
            interrupt,
            done: Some(done),
            shower: shower.flatten(),
        }
    }

    /// Says what the program does with the snapshot now: `finding paths in`.
    pub(crate) fn doing(&self, verb: &'static str) {
        let Ok(mut current) = self.verb.lock() else { return };
        if *current != verb {
            *current = verb;
            self.bar.set_message(format!("{verb} {}", self.name));
        }
    }

    /// The snapshot is opened another time: what is left of the bar is for that.
    pub(crate) fn begin_again(&self) {
        self.from.store(self.reached.load(Ordering::Relaxed).min(READ), Ordering::Relaxed);
    }

    /// Lets `talk` write to standard error.
    pub(crate) fn aside(&self, talk: impl FnOnce()) {
        self.bar.suspend(talk);
    }

    /// Takes the bar away.
    pub(crate) fn finish(&mut self) {
        self.done = None;
        if let Some(shower) = self.shower.take() {
            let _ = shower.join();
        }
        self.bar.finish_and_clear();
    }
}

/// How far an opening is, in thousandths of the whole work.
fn thousandths(phase: Phase, done: u64, total: u64) -> u64 {
    let part = |end: u64| match total {
        0 => (u128::from(end) * u128::from(done) / (u128::from(done) + u128::from(HALF))) as u64,
        total => (u128::from(end) * u128::from(done.min(total)) / u128::from(total)) as u64,
    };
    match phase {
        Phase::Read => part(READ),
        Phase::Analyse => READ + part(ANALYSED - READ),
        _ => ANALYSED + part(WRITTEN - ANALYSED),
    }
}

impl Progress for Bar {
    fn update(&self, phase: Phase, done: u64, total: u64) {
        self.doing(match phase {
            Phase::Read => "reading",
            Phase::Analyse => "analysing",
            _ => "writing the index of",
        });
        let from = self.from.load(Ordering::Relaxed);
        let at = from + (WHOLE - from) * thousandths(phase, done, total) / WHOLE;
        // Several threads tell; the bar never goes back.
        let reached = self.reached.fetch_max(at, Ordering::Relaxed).max(at);
        self.bar.set_position(reached);
    }

    fn cancelled(&self) -> bool {
        self.interrupt.asked().is_some()
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(WHOLE), ProgressDrawTarget::hidden());
    let template = "{spinner:.cyan} {msg:.dim} {bar:24.cyan} {percent:>3} %";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸─"));
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(bar: &Bar, size: u64) -> Vec<u64> {
        let mut positions = Vec::new();
        let mut tell = |phase, done, total| {
            bar.update(phase, done, total);
            positions.push(bar.bar.position());
        };
        for done in 0..=10 {
            tell(Phase::Read, done * 100_000_000, size);
        }
        for done in 0..=5 {
            tell(Phase::Analyse, done, 5);
        }
        tell(Phase::Write, 1, 1);
        positions
    }

    #[test]
    fn one_bar_never_goes_back() {
        for size in [1_000_000_000, 0] {
            let mut bar = Bar::new("x".to_owned(), false, Interrupt::default());
            let mut all = positions(&bar, size);
            assert_eq!(all.last(), Some(&WRITTEN));
            bar.doing("finding paths in");
            assert_eq!(bar.bar.message(), "finding paths in x");
            bar.finish();
            // An index that was opened at once and is damaged.
            let bar = Bar::new("x".to_owned(), false, Interrupt::default());
            bar.doing("checking the index of");
            bar.begin_again();
            all.clear();
            all.extend(positions(&bar, size));
            assert!(all.is_sorted(), "{all:?}");
        }
    }

    #[test]
    fn a_second_opening_goes_on_where_the_first_stopped() {
        let bar = Bar::new("x".to_owned(), false, Interrupt::default());
        bar.update(Phase::Read, 1, 2);
        bar.begin_again();
        let again = positions(&bar, 1_000_000_000);
        assert!(again.is_sorted() && again[0] == 300 && again.last() > Some(&900), "{again:?}");
    }
}
