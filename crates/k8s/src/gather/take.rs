//! One process: its snapshot, the log of taking it, and what is said where there is none.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use heapglass_collect::capture::{self, Captured, Failed, Method, Options, Progress, Stop, Target};
use heapglass_collect::facts::ProcessFacts;
use heapglass_collect::place::PlaceError;
use heapglass_collect::preflight::{Outcome as Verdict, Preflight};
use heapglass_collect::words::{seconds, size};
use jiff::Timestamp;
use k8s_openapi::api::core::v1 as core;

use super::container::{append, note_missing};
use super::{Event, Run, advice, ending};
use crate::discover::Workload;
use crate::pod::{Pod, PodOptions, Via};
use crate::wire;

/// How often the pod is looked at meanwhile.
const LOOK: Duration = Duration::from_secs(2);
/// How long a capture may go on after its pod has gone, before it is told to stop.
const GRACE: Duration = Duration::from_secs(20);

/// A process to take a snapshot of.
pub(crate) struct Taking<'a> {
    pub(crate) run: &'a Run<'a>,
    pub(crate) workload: &'a Workload,
    pub(crate) pod: &'a core::Pod,
    pub(crate) container: &'a core::Container,
    pub(crate) place: &'a Pod,
    /// The same, reached by an ephemeral container, once that has been tried.
    pub(crate) beside: &'a OnceLock<Pod>,
    /// Whether commands in the container may not see which program the process runs, as those of another user may not.
    pub(crate) is_hidden: bool,
    /// Whether it is the only Node.js process of the container.
    pub(crate) is_alone: bool,
    /// What the container is called in messages.
    pub(crate) name: &'a str,
    pub(crate) facts: &'a ProcessFacts,
    /// Its command line, masked.
    pub(crate) command: &'a str,
    /// Its place among the container's processes.
    pub(crate) number: usize,
    pub(crate) directory: &'a Path,
}

/// Takes it.
pub(crate) async fn take(taking: &Taking<'_>) -> wire::Process {
    let Taking { run, place, facts, directory, name, .. } = *taking;
    let mut entry = wire::Process {
        pid: facts.pid,
        command: taking.command.to_owned(),
        ..wire::Process::default()
    };
    let now = Timestamp::now();
    let stem = match taking.number {
        0 => format!("heapdump-{}", stamp(now)),
        _ => format!("heapdump-{}-pid{}", stamp(now), facts.pid),
    };
    let ending = if run.options.compress { ".heapsnapshot.zst" } else { ".heapsnapshot" };
    let out = free_name(directory, &stem, ending);
    if let Err(error) = super::files::make_directory(directory) {
        entry.problem = Some(format!("cannot make {}: {error}", directory.display()));
        return entry;
    }
    let log = Log::new(taking);
    log.header(taking);
    let options = options(taking, out);
    let target = Target::Process(facts.pid);
    let memory = run.memory().await;
    let (handle, stop) = Stop::pair();
    let captured = capture::capture(place, &target, &options, &log, &stop);
    let (result, mut fate) = match beside(captured, watch(taking, &handle)).await {
        (Err(first), None) if may_help(taking, &first.error) => {
            again(taking, &log, &options, (&*handle, &stop), *first, &mut entry.attempts).await
        }
        ended => ended,
    };
    drop(memory);
    if fate.is_none() && !matches!(&result, Ok(captured) if captured.is_whole()) {
        fate = ending::fate(taking, &result).await;
    }
    run.listener.on(Event::Bytes { place: name.to_owned(), bytes: 0 });
    let status = fate.as_deref().unwrap_or("nothing has become of it, as far as can be seen");
    log.line(&format!("Status of the pod afterwards: {status}"));
    match result {
        Ok(captured) => success(taking, &log, &mut entry, &captured, fate, now),
        Err(failed) => failure(taking, &log, &mut entry, &failed, fate),
    }
    let text = log.text();
    append(run, &directory.join("heap-dump.log"), &text);
    entry
}

/// Whether an ephemeral container may do what commands in the container could not: it runs as the process's own user, and
/// has all the usual programs. Ports are reached in the same way from both.
fn may_help(taking: &Taking<'_>, error: &capture::Error) -> bool {
    let options = &taking.run.options;
    let is_allowed = options.method == Method::Auto && options.pod.via == Via::Auto;
    if !is_allowed || taking.run.stopped() || taking.place.ephemeral_container().is_some() {
        return false;
    }
    // It was tried for another process of this container, and could not be added.
    if taking.beside.get().is_some_and(|place| place.ephemeral_container().is_none()) {
        return false;
    }
    is_curable(error, taking.is_hidden)
}

/// Of a process that is hidden neither its options are known nor which ports are its own.
fn is_curable(error: &capture::Error, is_hidden: bool) -> bool {
    use capture::Error as E;
    match error {
        E::Place(PlaceError::Impossible { .. }) => true,
        E::Shut { .. } | E::NoSignal(_) => is_hidden,
        _ => false,
    }
}

/// Tries it by an ephemeral container. If that cannot be added, the first error is what counts.
async fn again(
    taking: &Taking<'_>,
    log: &Log<'_>,
    options: &Options,
    (handle, stop): (&tokio::sync::watch::Sender<bool>, &Stop),
    first: Failed,
    attempts: &mut Vec<String>,
) -> (Result<Captured, Box<Failed>>, Option<String>) {
    let Taking { run, pod, container, name, .. } = *taking;
    let commands = format!("by commands in the container: {}", first.error);
    log.line(&format!("Failed {commands}; an ephemeral container is tried"));
    run.say(name, format!("{}; an ephemeral container is tried", first.error));
    let place = taking.beside.get_or_init(|| {
        let options = PodOptions { via: Via::Ephemeral, ..run.options.pod.clone() };
        Pod::new(run.cluster, pod, &container.name, options).until(run.stop.clone())
    });
    let already = place.tried().len();
    let target = Target::Process(taking.facts.pid);
    let captured = capture::capture(place, &target, options, log, stop);
    let (mut result, fate) = beside(captured, watch(taking, handle)).await;
    for line in place.tried().iter().skip(already) {
        log.line(&format!("Way in: {line}"));
    }
    let left_behind = match &mut result {
        Ok(captured) => &mut captured.left_behind,
        Err(second) => &mut second.left_behind,
    };
    left_behind.extend(first.left_behind.iter().cloned());
    match result {
        Err(second) if place.ephemeral_container().is_none() => {
            if let capture::Error::Place(error) = &second.error {
                note_missing(run, pod, error);
            }
            attempts.push(format!("by an ephemeral container: {}", second.error));
            (Err(Box::new(Failed { left_behind: second.left_behind, ..first })), fate)
        }
        result => {
            attempts.push(commands);
            (result, fate)
        }
    }
}

/// Runs a capture with somebody who watches the pod beside it, and gives back what both know in the end.
async fn beside<T>(
    capture: impl Future<Output = T>,
    watch: impl Future<Output = Option<String>>,
) -> (T, Option<String>) {
    let mut capture = std::pin::pin!(capture);
    let mut watch = std::pin::pin!(watch);
    let mut fate = None;
    tokio::select! {
        result = &mut capture => return (result, fate),
        what = &mut watch => fate = what,
    }
    (capture.await, fate)
}

/// Looks after the pod, and passes the user's wish to stop on. Ends when the pod is gone for good.
async fn watch(taking: &Taking<'_>, stop: &tokio::sync::watch::Sender<bool>) -> Option<String> {
    let mut asked = taking.run.stop.clone();
    let mut gone: Option<(Instant, String)> = None;
    let mut said = None;
    loop {
        tokio::select! {
            () = asked.asked() => {
                let _ = stop.send(true);
                return gone.map(|(_, why)| why);
            }
            () = tokio::time::sleep(LOOK) => {}
        }
        match &gone {
            Some((since, why)) if since.elapsed() > GRACE => {
                let _ = stop.send(true);
                return Some(why.clone());
            }
            Some(_) => {}
            None => {
                if let Some(why) = taking.place.fate().await {
                    if said.as_ref() != Some(&why) {
                        taking.run.complain(taking.name, &why);
                        said = Some(why.clone());
                    }
                    // A pod that is being deleted still has its grace period.
                    if !why.contains("is being deleted") {
                        gone = Some((Instant::now(), why));
                    }
                }
            }
        }
    }
}

fn options(taking: &Taking<'_>, out: PathBuf) -> Options {
    let run = taking.run;
    Options {
        method: run.options.method,
        workers: run.options.workers,
        force: run.options.force.clone(),
        dry_run: run.options.dry_run,
        timeout: run.options.timeout,
        remote_dirs: vec![run.options.remote_dir.clone(), "/tmp".to_owned()],
        queue: run.queue(),
        booked: run.booked.clone(),
        redaction: run.options.redaction.clone(),
        ..Options::new(out)
    }
}

/// A point in time as file names have it.
pub(crate) fn stamp(time: Timestamp) -> String {
    let local = time.to_zoned(jiff::tz::TimeZone::system());
    local.strftime("%Y%m%d-%H%M%S").to_string()
}

/// A name that is not taken, also not by a partial or compressed file.
pub(crate) fn free_name(directory: &Path, stem: &str, ending: &str) -> PathBuf {
    let taken = |stem: &str| {
        let names = std::fs::read_dir(directory).into_iter().flatten().flatten();
        let start = format!("{stem}.");
        names.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with(&start))
    };
    let numbered = (1..1000).map(|n| if n == 1 { stem.to_owned() } else { format!("{stem}-{n}") });
    let free = numbered.into_iter().find(|stem| !taken(stem)).unwrap_or_else(|| stem.to_owned());
    directory.join(format!("{free}{ending}"))
}

fn success(
    taking: &Taking<'_>,
    log: &Log<'_>,
    entry: &mut wire::Process,
    captured: &Captured,
    fate: Option<String>,
    now: Timestamp,
) {
    let Taking { run, name, .. } = *taking;
    for taken in &captured.snapshots {
        let Some(path) = &taken.written.path else { continue };
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let whole = taken.is_whole();
        entry.snapshots.push(wire::Snapshot {
            file: run.relative(path),
            bytes: taken.written.bytes_on_disk,
            complete: whole,
            time: now.to_string(),
            method: captured.method.name().to_owned(),
            nodes: whole.then_some(taken.written.checked.nodes),
            edges: whole.then_some(taken.written.checked.edges),
            pause_ms: taken.pause.or(taken.pause_seen.map(|seen| seen.least)).map(millis),
            pause_most_ms: taken.pause_seen.map(|seen| millis(seen.most)),
            duration_ms: Some(millis(taken.duration)),
            bytes_per_second: taken.throughput(),
            stalled_ms: Some(taken.written.stalled).filter(|time| !time.is_zero()).map(millis),
            memory_before: taken.resident_before,
            memory_peak: taken.peak(),
            memory_after: taken.resident_after,
            worker: taken
                .worker
                .as_ref()
                .map(|worker| format!("{} {}", worker.id, worker.url).trim_end().to_owned()),
            ..wire::Snapshot::default()
        });
        log.line(&format!(
            "Snapshot: {} ({}), {}",
            path.file_name().unwrap_or_default().to_string_lossy(),
            size(taken.written.bytes_on_disk),
            match &taken.broken {
                None => format!(
                    "whole: {} nodes, {} edges",
                    taken.written.checked.nodes, taken.written.checked.edges
                ),
                Some(broken) => format!("PARTIAL: {broken}"),
            }
        ));
        if let Some(pause) = taken.pause {
            log.line(&format!("The event loop stood still for {}", seconds(pause)));
        } else if let Some(seen) = taken.pause_seen {
            let (least, most) = (seconds(seen.least), seconds(seen.most));
            log.line(&format!(
                "The event loop stood still for {least} to {most}, as seen from outside"
            ));
        }
        if let (Some(before), Some(after)) = (taken.resident_before, taken.resident_after) {
            let peak = taken.peak().map(|peak| format!(", {} at its peak", size(peak)));
            let (before, after) = (size(before), size(after));
            let peak = peak.unwrap_or_default();
            log.line(&format!("Resident memory: {before} before{peak}, {after} after"));
        }
        let rate = taken.throughput().map(|rate| format!(", {}/s", size(rate)));
        log.line(&format!(
            "Took {}, of that {} for the bytes{}",
            seconds(taken.duration),
            seconds(taken.transfer),
            rate.unwrap_or_default()
        ));
        if !taken.written.stalled.is_zero() {
            let stalled = seconds(taken.written.stalled);
            log.line(&format!(
                "The disk was too slow for {stalled}, while the process kept what was not read"
            ));
        }
    }
    let left_behind = left_behind(&captured.left_behind, fate.as_deref());
    for left in left_behind {
        log.line(&format!("Left behind: {left}"));
        run.complain(name, format!("left behind: {left}"));
    }
    let whole = captured.is_whole();
    if run.options.dry_run {
        let verdict = captured.preflight.outcome();
        let refused = captured.is_refused(&run.options.force);
        entry.outcome = if refused { wire::Outcome::Refused } else { wire::Outcome::DryRun };
        run.say(name, format!("dry run: {}", verdict_in_words(verdict)));
        entry.problem = (verdict >= Verdict::Caution).then(|| {
            format!("{}: {}", verdict_in_words(verdict), reasons(&captured.preflight, verdict))
        });
        return;
    }
    if whole {
        entry.outcome = wire::Outcome::Collected;
        let bytes: u64 = entry.snapshots.iter().map(|snapshot| snapshot.bytes).sum();
        let pause = captured.snapshots.iter().filter_map(|taken| taken.pause).max();
        let pause = pause.map(|pause| format!(", the process stood still for {}", seconds(pause)));
        run.say(name, format!("collected {}{}", size(bytes), pause.unwrap_or_default()));
        return;
    }
    let broken = captured.snapshots.iter().find(|taken| taken.broken.is_some());
    let mut why = captured.shortfall().unwrap_or_else(|| "nothing arrived".to_owned());
    if let Some(fate) = &fate {
        why = format!("{why}; {fate}");
    }
    let partial = !entry.snapshots.is_empty();
    entry.outcome = if partial { wire::Outcome::Partial } else { wire::Outcome::Failed };
    run.complain(name, format!("{}: {why}", if partial { "in part" } else { "failed" }));
    let text = advice::failed(
        taking,
        &why,
        Some(&captured.preflight),
        None,
        broken,
        fate.as_deref(),
        &log.text(),
        left_behind,
    );
    append(run, &taking.directory.join("collection-failed.txt"), &log.shown(&text));
    entry.problem = Some(why);
}

fn failure(
    taking: &Taking<'_>,
    log: &Log<'_>,
    entry: &mut wire::Process,
    failed: &Failed,
    fate: Option<String>,
) {
    let Taking { run, name, .. } = *taking;
    // Nothing was done to it.
    let is_missing = matches!(failed.error, capture::Error::NoProcess(..));
    if is_missing && fate.is_none() && !taking.is_alone {
        entry.outcome = wire::Outcome::Ended;
        let text = format!("process {} has ended by itself", entry.pid);
        log.line(&text);
        run.say(name, text);
        return;
    }
    let mut why = failed.error.to_string();
    if let Some(fate) = &fate {
        why = format!("{why}; {fate}");
    }
    if let capture::Error::Place(error) = &failed.error {
        note_missing(run, taking.pod, error);
    }
    let refused = matches!(failed.error, capture::Error::Refused(_));
    entry.outcome = if refused { wire::Outcome::Refused } else { wire::Outcome::Failed };
    log.line(&format!("{}: {why}", if refused { "Refused" } else { "Failed" }));
    let left_behind = left_behind(&failed.left_behind, fate.as_deref());
    for left in left_behind {
        log.line(&format!("Left behind: {left}"));
        run.complain(name, format!("left behind: {left}"));
    }
    run.complain(name, format!("{}: {why}", if refused { "refused" } else { "failed" }));
    let preflight = failed.preflight.as_ref();
    let tried = entry.attempts.iter().map(|attempt| format!("\nTried besides, {attempt}"));
    let text = advice::failed(
        taking,
        &format!("{why}{}", tried.collect::<String>()),
        preflight,
        Some(&failed.error),
        None,
        fate.as_deref(),
        &log.text(),
        left_behind,
    );
    append(run, &taking.directory.join("collection-failed.txt"), &log.shown(&text));
    entry.problem = Some(why);
}

/// What is left behind; nothing in a container that is no more, even if another one has its name.
fn left_behind<'a>(left: &'a [String], fate: Option<&str>) -> &'a [String] {
    let is_gone = fate.is_some_and(|fate| !fate.contains("is being deleted"));
    if is_gone { &[] } else { left }
}

fn reasons(preflight: &Preflight, verdict: Verdict) -> String {
    preflight.those(verdict).map(|check| check.found.as_str()).collect::<Vec<_>>().join("; ")
}

pub(crate) fn verdict_in_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fine => "fine",
        Verdict::Unknown => "not known",
        Verdict::Caution => "caution",
        Verdict::Unsafe => "not safe",
    }
}

/// `heap-dump.log`, and the way of what happens to those who watch.
pub(crate) struct Log<'a> {
    run: &'a Run<'a>,
    name: String,
    /// The command line as it is, and as it may be shown.
    command: (String, String),
    text: Mutex<String>,
    /// The tenth of the work that was said last.
    said: Mutex<u64>,
}

impl<'a> Log<'a> {
    fn new(taking: &Taking<'a>) -> Log<'a> {
        let name = taking.name.to_owned();
        let command = (taking.facts.command.clone(), taking.command.to_owned());
        Log { run: taking.run, name, command, text: Mutex::default(), said: Mutex::default() }
    }

    fn header(&self, taking: &Taking<'_>) {
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

    fn line(&self, text: &str) {
        let text = &self.shown(text);
        let mut all = self.text.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *all += &format!("{:.3} {text}\n", Timestamp::now());
        let place = self.name.clone();
        self.run.listener.on(Event::Detail { place, text: text.to_owned() });
    }

    /// A text that may quote the command line, as it may be shown.
    fn shown(&self, text: &str) -> String {
        let (raw, masked) = &self.command;
        let text = if raw.is_empty() { text.to_owned() } else { text.replace(raw, masked) };
        crate::redact::text(&text, self.run.options.with_secrets)
    }

    fn text(&self) -> String {
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
                if self.is_news(done, total) {
                    self.line(&format!(
                        "Progress: {}% ({done}/{total})",
                        done * 100 / total.max(1)
                    ));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_user_or_another_program_would_cure_is_tried_once_more() {
        use capture::Error as E;
        let (what, why) = (String::new, String::new);
        let shut = || E::Shut { pid: 1, why: why() };
        for (error, is_hidden, expected) in [
            // No permission to send the signal, no program that lists files.
            (E::Place(PlaceError::Impossible { what: what(), why: why() }), false, true),
            (shut(), true, true),
            (shut(), false, false),
            (E::NoSignal(why()), true, true),
            (E::NoSignal(why()), false, false),
            (E::Refused(why()), true, false),
            (E::Blocked { what: what(), seconds: 1 }, true, false),
            // The same right is needed in both ways.
            (E::Place(PlaceError::Forbidden { what: what(), why: why() }), true, false),
            (E::Place(PlaceError::Gone { what: what(), why: why() }), true, false),
        ] {
            assert_eq!(is_curable(&error, is_hidden), expected, "{error:?} {is_hidden}");
        }
    }
}
