//! What is shown while a capture runs: a line on standard error, on a terminal.

use std::sync::Mutex;
use std::sync::PoisonError;

use heapglass_collect::sink::Growing;
use heapglass_collect::words::size;
use heapglass_collect::{Event, Progress};
use indicatif::{ProgressBar, ProgressStyle};

use crate::context::Context;

/// What somebody who reads along does with the file.
pub(super) type Follow<'a> = &'a (dyn Fn(Growing) + Send + Sync);

/// Shows how far a capture is.
pub(super) struct Talk<'a> {
    context: &'a Context,
    bar: Mutex<Option<ProgressBar>>,
    along: Option<Follow<'a>>,
}

impl<'a> Talk<'a> {
    pub(super) fn new(context: &'a Context) -> Talk<'a> {
        Talk::reading_along(context, None)
    }

    /// Hands the file to somebody who reads it while it grows.
    pub(super) fn reading_along(context: &'a Context, along: Option<Follow<'a>>) -> Talk<'a> {
        Talk { context, bar: Mutex::new(None), along }
    }

    /// Takes the line away.
    pub(super) fn finish(&self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }

    fn show(&self, text: String) {
        if !self.context.settings.progress {
            return;
        }
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {msg:.dim}") {
                bar.set_style(style);
            }
            bar
        });
        bar.set_message(text);
        bar.tick();
    }
}

impl Progress for Talk<'_> {
    fn event(&self, event: Event) {
        match event {
            Event::Signalled(signal) => self.show(format!("waiting for the answer to {signal}")),
            Event::Building { done, total } if total > 0 => {
                self.show(format!("V8 builds the graph, {} %", (done * 100 / total).min(100)));
            }
            Event::Received(bytes) => self.show(format!("received {}", size(bytes))),
            Event::Watched { bytes, limit } => self.show(match limit {
                Some(limit) => format!("watching: {} of {}", size(bytes), size(limit)),
                None => format!("watching: {}", size(bytes)),
            }),
            Event::Began { worker: None, growing: Some(growing) } => {
                if let Some(follow) = self.along {
                    follow(growing);
                }
            }
            Event::Note(text) => {
                self.finish();
                self.context.messages.note(&text);
            }
            _ => {}
        }
    }
}
