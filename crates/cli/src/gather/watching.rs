//! What happens in the cluster, as lines on standard error and, on a terminal, one that moves.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use heapglass_collect::words::size;
use heapglass_k8s::gather::{Event, Listener};
use indicatif::{ProgressBar, ProgressStyle};

/// How often it is told how far snapshots are where there is no terminal.
const EVERY: Duration = Duration::from_secs(30);

/// Tells a person what happens.
pub(crate) struct Watching {
    bar: Option<ProgressBar>,
    debug: bool,
    start: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How far what is under way is, by place.
    under_way: BTreeMap<String, String>,
    told: Option<Instant>,
}

impl Watching {
    pub(crate) fn new(on_terminal: bool, debug: bool) -> Watching {
        let bar = on_terminal.then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg:.dim}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Watching { bar, debug, start: Instant::now(), state: Mutex::default() }
    }

    /// A line of its own.
    pub(crate) fn line(&self, text: &str) {
        let seconds = self.start.elapsed().as_secs();
        let print = || {
            // Nobody listens: that is no reason to stop.
            let _ = writeln!(std::io::stderr(), "[{:>3} s] {text}", seconds);
        };
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// How far a snapshot is; `None` once it is done.
    fn is_so_far(&self, place: String, far: Option<String>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let goes_on = far.is_some();
        match far {
            Some(far) => state.under_way.insert(place, far),
            None => state.under_way.remove(&place),
        };
        let each = state.under_way.iter().map(|(place, far)| format!("{place} {far}"));
        let text = each.collect::<Vec<_>>().join(" · ");
        match &self.bar {
            Some(bar) => bar.set_message(text),
            None if goes_on => {
                let told = *state.told.get_or_insert(self.start);
                if told.elapsed() >= EVERY {
                    state.told = Some(Instant::now());
                    drop(state);
                    self.line(&text);
                }
            }
            None => {}
        }
    }
}

impl Listener for Watching {
    fn on(&self, event: Event) {
        match event {
            Event::Note(text) => self.line(&text),
            Event::At { place, text, .. } => self.line(&format!("{place}: {text}")),
            Event::Building { place, percent } => {
                self.is_so_far(place, Some(format!("{percent} % built")));
            }
            Event::Bytes { place, bytes } => {
                self.is_so_far(place, (bytes > 0).then(|| size(bytes)));
            }
            Event::Detail { place, text } => {
                if self.debug {
                    self.line(&format!("{place}: {text}"));
                }
            }
        }
    }
}
