//! The documents of collecting, as `--json` prints them. Sizes are bytes, times are seconds.

use std::time::Duration;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use crate::capture::{Captured, Error, Failed, Missing, Taken, WorkerChecked};
use crate::facts::ProcessFacts;
use crate::inspector::Identity;
use crate::preflight::model::{Prediction, Range};
use crate::preflight::{Outcome, Preflight};

/// Version of the documents' form: goes up when a field changes its meaning or is gone.
pub const SCHEMA_VERSION: u32 = 1;

/// What `heapglass capture --json` prints.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CaptureDocument {
    /// Version of this document's form.
    pub schema_version: u32,
    /// How it ended: `captured`, `partial`, `looked` (a dry run), `refused` or `failed`.
    pub outcome: String,
    /// Why it did not end well.
    pub error: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// `inspector` or `sigusr2`.
    pub method: Option<String>,
    /// The process.
    pub process: Option<ProcessEntry>,
    /// What was checked before.
    pub preflight: Option<PreflightEntry>,
    /// The worker threads that were looked at, each judged by its own heap.
    pub workers: Vec<WorkerEntry>,
    /// The snapshots, whole or not, in the order in which they were taken.
    pub snapshots: Vec<TakenEntry>,
    /// What was asked for and was not taken; `outcome` is then `partial`, although all snapshots may be whole.
    pub missing: Vec<MissingEntry>,
    /// What could not be undone, in words.
    pub left_behind: Vec<String>,
    /// Processes of its control group that the kernel killed for memory meanwhile, the process itself among them if it
    /// ended; 0 also where the kernel does not tell.
    pub killed_for_memory: u64,
}

/// The process that was captured.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProcessEntry {
    /// Its id in its place.
    pub pid: Option<u32>,
    /// What runs in it, by its own word: `Node.js v22.1.0`.
    pub runtime: String,
    /// The version of V8, by its own word.
    pub v8: Option<String>,
    /// Its command line.
    pub command: Option<String>,
    /// Memory that its objects took before, dead ones among them.
    pub used_heap_size: Option<u64>,
    /// The part of it in objects too large for a page.
    pub large_object_size: Option<u64>,
    /// Where V8 gives up.
    pub heap_size_limit: Option<u64>,
    /// Its resident memory when it was asked.
    pub resident: Option<u64>,
}

/// What was checked before.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PreflightEntry {
    /// The worst outcome: `fine`, `unknown`, `caution` or `not_safe`.
    pub outcome: String,
    /// The checks.
    pub checks: Vec<CheckEntry>,
    /// What V8 was predicted to need.
    pub prediction: Option<PredictionEntry>,
}

/// One check.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CheckEntry {
    /// `identity`, `signal`, `memory`, `pause`, `disk`, `remote_file`.
    pub topic: String,
    /// `fine`, `unknown`, `caution` or `not_safe`.
    pub outcome: String,
    /// What was found, with figures.
    pub found: String,
    /// What to do about it.
    pub advice: Option<String>,
}

/// A worker thread, as it was before it was taken.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WorkerEntry {
    /// Its number in the process.
    pub worker: String,
    /// Its script.
    pub worker_url: String,
    /// What was checked.
    pub preflight: PreflightEntry,
}

/// What was asked for and was not taken.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MissingEntry {
    /// The worker thread's number; `null` if the worker threads could not be listed.
    pub worker: Option<String>,
    /// Its script.
    pub worker_url: Option<String>,
    /// Why, in words.
    pub error: String,
    /// Whether it was not safe, so that `--force` would take it.
    pub refused: bool,
}

/// What V8 was predicted to need: as it usually is, and as it is at most.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PredictionEntry {
    /// Bytes of the heap that it goes by.
    pub heap: u64,
    /// Whether those came from V8; if not, they are the resident memory.
    pub from_v8: bool,
    /// Memory on top of what the process had.
    pub memory_usual: u64,
    /// The same, if V8's large objects are lists of small ones.
    pub memory_with_lists: u64,
    /// The same, at most.
    pub memory_most: u64,
    /// Bytes of the snapshot.
    pub file_usual: u64,
    /// The same, at most.
    pub file_most: u64,
    /// Seconds that the event loop stands still.
    pub pause_usual: f64,
    /// The same, at most.
    pub pause_most: f64,
}

/// One snapshot.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TakenEntry {
    /// The file; `null` if nothing arrived.
    pub file: Option<String>,
    /// Whether all of it is there, checked.
    pub whole: bool,
    /// Why it is not whole.
    pub broken: Option<String>,
    /// The worker thread's number; `null` for the main thread.
    pub worker: Option<String>,
    /// The worker thread's script.
    pub worker_url: Option<String>,
    /// Nodes that arrived.
    pub node_count: u64,
    /// Edges that arrived.
    pub edge_count: u64,
    /// Bytes of the snapshot that arrived.
    pub bytes: u64,
    /// Bytes of the file.
    pub bytes_on_disk: u64,
    /// Seconds for which the thread stood still, by the process's own clock; `null` where that could not be
    /// asked, which it cannot with `sigusr2`.
    pub pause: Option<f64>,
    /// Seconds for which it stood still at least. With `sigusr2` for as long as it was seen writing.
    pub pause_least: Option<f64>,
    /// Seconds for which it stood still at most. With `sigusr2` from the signal until the file was complete.
    pub pause_most: Option<f64>,
    /// Seconds from the request to the last byte.
    pub duration: f64,
    /// Bytes of the snapshot in a second, from the first byte on.
    pub bytes_per_second: Option<u64>,
    /// Resident memory of the process before.
    pub resident_before: Option<u64>,
    /// Its largest resident memory meanwhile; `null` if it was not larger than ever before.
    pub resident_peak: Option<u64>,
    /// Resident memory of the process after.
    pub resident_after: Option<u64>,
    /// Most bytes that waited for the disk at once.
    pub queue_deepest: u64,
    /// Seconds for which the reading had to wait for the disk.
    pub queue_full: f64,
    /// Whether the compressor fell back to a faster level.
    pub hurried: bool,
}

impl CaptureDocument {
    /// The document of a capture.
    pub fn new(captured: &Captured) -> CaptureDocument {
        let outcome = if captured.snapshots.is_empty() {
            "looked"
        } else if captured.is_whole() {
            "captured"
        } else {
            "partial"
        };
        CaptureDocument {
            schema_version: SCHEMA_VERSION,
            outcome: outcome.to_owned(),
            error: captured.shortfall(),
            hint: captured.missing.first().and_then(|missing| missing.error.hint()),
            method: Some(captured.method.name().to_owned()),
            process: Some(ProcessEntry::new(captured.process.as_ref(), captured.identity.as_ref())),
            preflight: Some(PreflightEntry::from(&captured.preflight)),
            workers: captured.workers.iter().map(WorkerEntry::from).collect(),
            snapshots: captured.snapshots.iter().map(TakenEntry::from).collect(),
            missing: captured.missing.iter().map(MissingEntry::from).collect(),
            left_behind: captured.left_behind.clone(),
            killed_for_memory: captured.killed,
        }
    }

    /// The document of a capture that did not come to a snapshot.
    pub fn failed(failed: &Failed) -> CaptureDocument {
        let refused = matches!(failed.error, Error::Refused(_) | Error::NotNode { .. });
        CaptureDocument {
            schema_version: SCHEMA_VERSION,
            outcome: if refused { "refused" } else { "failed" }.to_owned(),
            error: Some(failed.error.to_string()),
            hint: failed.error.hint(),
            method: None,
            process: None,
            preflight: failed.preflight.as_ref().map(PreflightEntry::from),
            workers: Vec::new(),
            snapshots: Vec::new(),
            missing: Vec::new(),
            left_behind: failed.left_behind.clone(),
            killed_for_memory: 0,
        }
    }
}

impl ProcessEntry {
    fn new(process: Option<&ProcessFacts>, identity: Option<&Identity>) -> ProcessEntry {
        let heap = identity.and_then(|identity| identity.heap.as_ref());
        let memory = identity.and_then(|identity| identity.memory.as_ref());
        let outside = || process.map(|process| process.runtime.name().to_owned());
        ProcessEntry {
            pid: process.map(|process| process.pid).or(identity.and_then(|identity| identity.pid)),
            runtime: identity.map(Identity::runtime).or_else(outside).unwrap_or_default(),
            v8: identity.and_then(|identity| identity.v8.clone()),
            command: process.map(|process| process.command.clone()),
            used_heap_size: heap.map(|heap| heap.used_heap_size),
            large_object_size: heap.map(|heap| heap.large_object_size),
            heap_size_limit: heap.map(|heap| heap.heap_size_limit),
            resident: memory
                .map(|memory| memory.rss)
                .or(process.and_then(|process| process.status.resident)),
        }
    }
}

impl From<&Preflight> for PreflightEntry {
    fn from(preflight: &Preflight) -> PreflightEntry {
        let check = |check: &crate::preflight::Check| CheckEntry {
            topic: check.topic.name().replace(' ', "_"),
            outcome: outcome_name(check.outcome).to_owned(),
            found: check.found.clone(),
            advice: check.advice.clone(),
        };
        PreflightEntry {
            outcome: outcome_name(preflight.outcome()).to_owned(),
            checks: preflight.checks.iter().map(check).collect(),
            prediction: preflight.prediction.as_ref().map(PredictionEntry::from),
        }
    }
}

impl From<&WorkerChecked> for WorkerEntry {
    fn from(checked: &WorkerChecked) -> WorkerEntry {
        WorkerEntry {
            worker: checked.worker.id.clone(),
            worker_url: checked.worker.url.clone(),
            preflight: PreflightEntry::from(&checked.preflight),
        }
    }
}

impl From<&Missing> for MissingEntry {
    fn from(missing: &Missing) -> MissingEntry {
        MissingEntry {
            worker: missing.worker.as_ref().map(|worker| worker.id.clone()),
            worker_url: missing.worker.as_ref().map(|worker| worker.url.clone()),
            error: missing.error.to_string(),
            refused: matches!(missing.error, Error::Refused(_)),
        }
    }
}

impl From<&Prediction> for PredictionEntry {
    fn from(prediction: &Prediction) -> PredictionEntry {
        let Range { usual, most } = prediction.pause;
        PredictionEntry {
            heap: prediction.heap,
            from_v8: prediction.from_v8,
            memory_usual: prediction.memory.usual,
            memory_with_lists: prediction.memory_with_lists,
            memory_most: prediction.memory.most,
            file_usual: prediction.file.usual,
            file_most: prediction.file.most,
            pause_usual: usual.as_secs_f64(),
            pause_most: most.as_secs_f64(),
        }
    }
}

impl From<&Taken> for TakenEntry {
    fn from(taken: &Taken) -> TakenEntry {
        let written = &taken.written;
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
        TakenEntry {
            file: written.path.as_ref().map(|path| path.display().to_string()),
            whole: taken.is_whole(),
            broken: taken.broken.as_ref().map(ToString::to_string),
            worker: taken.worker.as_ref().map(|worker| worker.id.clone()),
            worker_url: taken.worker.as_ref().map(|worker| worker.url.clone()),
            node_count: written.checked.nodes,
            edge_count: written.checked.edges,
            bytes: written.checked.bytes,
            bytes_on_disk: written.bytes_on_disk,
            pause: seconds(taken.pause),
            pause_least: seconds(taken.pause.or(taken.pause_seen.map(|seen| seen.least))),
            pause_most: seconds(taken.pause.or(taken.pause_seen.map(|seen| seen.most))),
            duration: taken.duration.as_secs_f64(),
            bytes_per_second: taken.throughput(),
            resident_before: taken.resident_before,
            resident_peak: taken.peak(),
            resident_after: taken.resident_after,
            queue_deepest: written.deepest,
            queue_full: written.stalled.as_secs_f64(),
            hurried: written.hurried,
        }
    }
}

/// The name of an outcome.
pub fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Fine => "fine",
        Outcome::Unknown => "unknown",
        Outcome::Caution => "caution",
        Outcome::Unsafe => "not_safe",
    }
}

/// Each document's name and its schema.
pub fn schemas() -> Vec<(&'static str, Schema)> {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<CaptureDocument>();
    schema.insert("title".to_owned(), "heapglass capture, one line for each capture".into());
    vec![("capture", schema)]
}
