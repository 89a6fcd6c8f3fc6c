//! `heap-dump.log`: what happened to one process while its snapshot was taken.

use std::sync::Mutex;

use heapglass_collect::capture::{self, Progress};
use heapglass_collect::words::{seconds, size};
use jiff::Timestamp;

use super::take::Taking;
use super::words::verdict_in_words;
use super::{Event, Run};

/// `heap-dump.log`, and the way of what happens to those who watch.
pub(super) struct Log<'a> {
    run: &'a Run<'a>,
    name: String,
    /// The command line as it is, and as it may be shown.
    command: (String, String),
    text: Mutex<String>,
    /// The tenth of the work that was said last.
    said: Mutex<u64>,
}

impl<'a> Log<'a> {
    pub(super) fn new(taking: &Taking<'a>) -> Log<'a> {
        let name = taking.name.to_owned();
        let command = (taking.facts.command.clone(), taking.command.to_owned());
        Log { run: taking.run, name, command, text: Mutex::default(), said: Mutex::default() }
    }

    /// What the collection is of, and how it got there.
    pub(super) fn header(&self, taking: &Taking<'_>) {
        let Taking { run, workload, pod, container, facts, place, .. } = taking;
        self.line(&format!("=== Heap Dump Collection ({}) ===", run.options.method.name()));
        self.line(&format!("Namespace: {}", workload.namespace));
        self.line(&format!("{}: {}", workload.kind.name(), workload.name));
        self.line(&format!("Pod: {}", pod.metadata.name.as_deref().unwrap_or_default()));
        self.line(&format!("Container: {}", container.name));
        self.line(&format!("Node.js PID: {}", facts.pid));
        self.line(&format!("Command: {}", taking.command));
        for line in place.tried() {
            self.line(&format!("Way in: {line}"));
        }
    }

    /// Adds a line, with the time.
    pub(super) fn line(&self, text: &str) {
        let text = &self.shown(text);
        let mut all = self.text.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *all += &format!("{:.3} {text}\n", Timestamp::now());
        let place = self.name.clone();
        self.run.listener.on(Event::Detail { place, text: text.to_owned() });
    }

    /// A text that may quote the command line, as it may be shown.
    pub(super) fn shown(&self, text: &str) -> String {
        let (raw, masked) = &self.command;
        let text = if raw.is_empty() { text.to_owned() } else { text.replace(raw, masked) };
        crate::redact::text(&text, self.run.options.with_secrets)
    }

    /// All lines so far.
    pub(super) fn text(&self) -> String {
        self.text.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Whether a tenth more is done than when this was asked last.
    fn is_news(&self, done: u64, total: u64) -> bool {
        let tenth = done.saturating_mul(10) / total.max(1);
        let mut said = self.said.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let news = tenth > *said;
        *said = tenth;
        news
    }
}

impl Progress for Log<'_> {
    fn event(&self, event: capture::Event) {
        use capture::Event as E;
        match event {
            E::Looked(_) | E::Watched { .. } => {}
            E::Checked(preflight) => {
                for check in &preflight.checks {
                    let verdict = verdict_in_words(check.outcome);
                    self.line(&format!("Check {}: {verdict}: {}", check.topic.name(), check.found));
                }
                if let Some(prediction) = &preflight.prediction {
                    self.line(&format!(
                        "Predicted: {} to {} of memory, {} to {} of file, a pause of {} to {}",
                        size(prediction.memory.usual),
                        size(prediction.memory.most),
                        size(prediction.file.usual),
                        size(prediction.file.most),
                        seconds(prediction.pause.usual),
                        seconds(prediction.pause.most),
                    ));
                }
            }
            E::Signalled(signal) => self.line(&format!("Sent {signal}")),
            E::InspectorOpen { port, opened } => self.line(&format!(
                "The inspector answers at port {port}{}",
                if opened { "; it was opened for this and will be closed again" } else { "" }
            )),
            E::Identified(identity) => {
                let version = identity.version.as_deref().unwrap_or("of unknown version");
                let pid = identity.pid.map_or_else(|| "unknown".to_owned(), |pid| pid.to_string());
                self.line(&format!("The process says: Node.js {version}, process id {pid}"));
            }
            E::Began { worker, .. } => {
                let what = worker
                    .map_or_else(|| "the main thread".to_owned(), |it| format!("worker {it}"));
                self.line(&format!("Taking the snapshot of {what}"));
                self.run.say(&self.name, format!("taking the snapshot of {what}"));
            }
            E::Building { done, total } => {
                let percent = done.saturating_mul(100) / total.max(1);
                self.run.listener.on(Event::Building { place: self.name.clone(), percent });
                if self.is_news(done, total) {
                    self.line(&format!("Progress: {percent}% ({done}/{total})"));
                }
            }
            E::Received(bytes) => {
                self.run.listener.on(Event::Bytes { place: self.name.clone(), bytes });
            }
            E::Wrote { path: None, .. } => self.line("Wrote no file"),
            E::Wrote { path: Some(path), whole } => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                self.line(&format!("Wrote {name} ({})", if whole { "whole" } else { "in part" }));
            }
            E::Undone(what) => self.line(&format!("Undone: {what}")),
            E::Note(text) => self.line(&text),
        }
    }
}
