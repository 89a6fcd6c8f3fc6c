//! What came of one process: its entry in the index of the collection, and `collection-failed.txt` where that is not
//! whole.

use std::path::Path;
use std::time::Duration;

use heapglass_collect::capture::{self, Captured, Failed, Taken};
use heapglass_collect::preflight::{Outcome as Verdict, Preflight};
use heapglass_collect::words::{seconds, size};
use jiff::Timestamp;

use super::advice::{self, Failure};
use super::container::{append, note_missing};
use super::dump_log::Log;
use super::take::Taking;
use super::words::verdict_in_words;
use crate::fate::Fate;
use crate::wire;

/// Of a capture that was begun at `began`, whole or not.
pub(super) fn of_captured(
    taking: &Taking<'_>,
    log: &Log<'_>,
    entry: &mut wire::Process,
    captured: &Captured,
    fate: Option<&Fate>,
    began: Timestamp,
) {
    for taken in &captured.snapshots {
        let Some(path) = &taken.written.path else { continue };
        let method = captured.method.name().to_owned();
        let (file, time) = (taking.run.relative(path), began.to_string());
        entry.snapshots.push(wire::Snapshot { file, time, method, ..snapshot(taken) });
        note_snapshot(log, taken, path);
    }
    if let Some(harm) = captured.harm() {
        log.line(&harm);
        taking.run.complain(taking.name, harm);
    }
    let left_behind = tell_left_behind(taking, log, &captured.left_behind, fate);
    if taking.run.options.dry_run {
        of_dry_run(taking, entry, captured);
    } else if captured.is_whole() {
        of_whole(taking, entry, captured);
    } else {
        of_partial(taking, log, entry, captured, fate, left_behind);
    }
}

/// Of one of which nothing was taken. `killed` is how many processes the kernel has killed for memory in its container since
/// that was looked into.
pub(super) fn of_failed(
    taking: &Taking<'_>,
    log: &Log<'_>,
    entry: &mut wire::Process,
    failed: &Failed,
    fate: Option<&Fate>,
    killed: u64,
) {
    let Taking { run, pod, name, .. } = *taking;
    // Nothing was done to it, unless the need of one that was asked before cost it its life.
    if is_missing(&failed.error) && fate.is_none() && !taking.is_alone && killed == 0 {
        entry.outcome = wire::Outcome::Ended;
        let text = format!("process {} has ended by itself", entry.pid);
        log.line(&text);
        run.say(name, text);
        return;
    }
    let mut why = with_fate(failed.error.to_string(), fate);
    if killed > 0 {
        let processes = if killed == 1 { "process" } else { "processes" };
        why += &format!(
            "; meanwhile the kernel killed {killed} {processes} of the container for memory, perhaps for what a \
             snapshot of another one needed"
        );
    }
    if let capture::Error::Place(error) = &failed.error {
        note_missing(run, pod, error);
    }
    let refused = matches!(failed.error, capture::Error::Refused(_));
    entry.outcome = if refused { wire::Outcome::Refused } else { wire::Outcome::Failed };
    log.line(&format!("{}: {why}", if refused { "Refused" } else { "Failed" }));
    let left_behind = tell_left_behind(taking, log, &failed.left_behind, fate);
    run.complain(name, format!("{}: {why}", if refused { "refused" } else { "failed" }));
    let tried = entry.attempts.iter().map(|attempt| format!("\nTried besides, {attempt}"));
    let failure = Failure {
        why: &format!("{why}{}", tried.collect::<String>()),
        preflight: failed.preflight.as_ref(),
        error: Some(&failed.error),
        broken: None,
        fate,
        left_behind,
    };
    write_failure(taking, log, &failure);
    entry.problem = Some(why);
}

/// Whether there is no such process, which there was a moment ago.
pub(super) fn is_missing(error: &capture::Error) -> bool {
    matches!(error, capture::Error::NoProcess(..))
}

/// What a snapshot is in the index, but for what is not its own.
fn snapshot(taken: &Taken) -> wire::Snapshot {
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let whole = taken.is_whole();
    wire::Snapshot {
        bytes: taken.written.bytes_on_disk,
        complete: whole,
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
    }
}

fn note_snapshot(log: &Log<'_>, taken: &Taken, path: &Path) {
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

fn of_dry_run(taking: &Taking<'_>, entry: &mut wire::Process, captured: &Captured) {
    let run = taking.run;
    let verdict = captured.preflight.outcome();
    let refused = captured.is_refused(&run.options.force);
    entry.outcome = if refused { wire::Outcome::Refused } else { wire::Outcome::DryRun };
    run.say(taking.name, format!("dry run: {}", verdict_in_words(verdict)));
    entry.problem = (verdict >= Verdict::Caution).then(|| {
        format!("{}: {}", verdict_in_words(verdict), reasons(&captured.preflight, verdict))
    });
}

fn of_whole(taking: &Taking<'_>, entry: &mut wire::Process, captured: &Captured) {
    entry.outcome = wire::Outcome::Collected;
    let bytes: u64 = entry.snapshots.iter().map(|snapshot| snapshot.bytes).sum();
    let pause = captured.snapshots.iter().filter_map(|taken| taken.pause).max();
    let pause = pause.map(|pause| format!(", the process stood still for {}", seconds(pause)));
    taking.run.say(taking.name, format!("collected {}{}", size(bytes), pause.unwrap_or_default()));
}

fn of_partial(
    taking: &Taking<'_>,
    log: &Log<'_>,
    entry: &mut wire::Process,
    captured: &Captured,
    fate: Option<&Fate>,
    left_behind: &[String],
) {
    let why = captured.shortfall().unwrap_or_else(|| "nothing arrived".to_owned());
    let why = with_fate(why, fate);
    let partial = !entry.snapshots.is_empty();
    entry.outcome = if partial { wire::Outcome::Partial } else { wire::Outcome::Failed };
    let said = if partial { "in part" } else { "failed" };
    taking.run.complain(taking.name, format!("{said}: {why}"));
    let failure = Failure {
        why: &why,
        preflight: Some(&captured.preflight),
        error: None,
        broken: captured.snapshots.iter().find(|taken| taken.broken.is_some()),
        fate,
        left_behind,
    };
    write_failure(taking, log, &failure);
    entry.problem = Some(why);
}

fn with_fate(why: String, fate: Option<&Fate>) -> String {
    match fate {
        Some(fate) => format!("{why}; {fate}"),
        None => why,
    }
}

fn write_failure(taking: &Taking<'_>, log: &Log<'_>, failure: &Failure<'_>) {
    let text = advice::failed(taking, failure, &log.text());
    append(taking.run, &taking.directory.join("collection-failed.txt"), &log.shown(&text));
}

/// Tells what is left behind: nothing in a container that is no more, even if another one has its name.
fn tell_left_behind<'a>(
    taking: &Taking<'_>,
    log: &Log<'_>,
    left: &'a [String],
    fate: Option<&Fate>,
) -> &'a [String] {
    let left = if fate.is_some_and(Fate::is_over) { &[] } else { left };
    for left in left {
        log.line(&format!("Left behind: {left}"));
        taking.run.complain(taking.name, format!("left behind: {left}"));
    }
    left
}

fn reasons(preflight: &Preflight, verdict: Verdict) -> String {
    preflight.those(verdict).map(|check| check.found.as_str()).collect::<Vec<_>>().join("; ")
}
