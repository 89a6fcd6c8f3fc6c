//! Collecting from a whole cluster: the workloads several at a time, the replicas of each one after the other.

mod advice;
mod container;
mod dump_log;
mod ending;
mod files;
mod leftovers;
mod logs;
mod outcome;
mod pods;
mod stopped;
mod take;
mod words;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use futures_util::StreamExt;
pub use heapglass_collect::capture::{Method, Stop};
use heapglass_collect::sink::Booked;
use jiff::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::access::Access;
use crate::client::{ApiError, Cluster};
use crate::discover::{self, Origin, Search};
use crate::pod::PodOptions;
use crate::wire;

pub use logs::Since;

/// What to collect and how.
#[derive(Debug, Clone)]
pub struct GatherOptions {
    /// What to look for.
    pub search: Search,
    /// The root of the collection.
    pub base: PathBuf,
    /// Whether snapshots are taken; without, only logs and descriptions are collected.
    pub with_heap_dumps: bool,
    /// How they are taken.
    pub method: Method,
    /// How long one may take.
    pub timeout: Duration,
    /// Where a process writes on SIGUSR2, besides what it says itself.
    pub remote_dir: String,
    /// Workloads at a time.
    pub parallel: usize,
    /// Whether replicas of one workload are asked at the same time as well.
    pub replicas_at_once: bool,
    /// Whether worker threads get a snapshot of their own.
    pub workers: bool,
    /// Whether snapshots are compressed.
    pub compress: bool,
    /// Whether snapshots are redacted as they come.
    pub redaction: Option<heapglass_redact::Redaction>,
    /// What is done although it is unsafe.
    pub force: heapglass_collect::preflight::Forced,
    /// Only look and judge.
    pub dry_run: bool,
    /// How containers are reached.
    pub pod: PodOptions,
    /// From when on logs are wanted.
    pub since: Since,
    /// Whether credentials stay in the files.
    pub with_secrets: bool,
    /// The program's name and version, for the index.
    pub tool: String,
}

/// Something that a person who waits wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Something about the collection as a whole.
    Note(String),
    /// Something about one place.
    At {
        /// The pod and its container, or the workload.
        place: String,
        /// What happens there.
        text: String,
        /// Whether it is bad news.
        bad: bool,
    },
    /// A step, for those who want to know everything.
    Detail {
        /// The pod and its container.
        place: String,
        /// What happens there.
        text: String,
    },
    /// How far a process is with what comes before the first byte.
    Building {
        /// The pod and its container.
        place: String,
        /// Of a hundred.
        percent: u64,
    },
    /// Bytes of a snapshot that arrived so far; 0 once it is done.
    Bytes {
        /// The pod and its container.
        place: String,
        /// How many.
        bytes: u64,
    },
}

/// Tells somebody of events.
pub trait Listener: Sync {
    /// Something happened.
    fn on(&self, event: Event);
}

/// What all parts of a collection share.
pub(crate) struct Run<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) options: &'a GatherOptions,
    pub(crate) listener: &'a dyn Listener,
    pub(crate) stop: Stop,
    /// What is being written to the disk here.
    pub(crate) booked: Booked,
    memory: Memory,
    /// Pods by their unique id, so that none is asked twice.
    pods: Mutex<HashSet<String>>,
    found: Mutex<Problems>,
}

/// Mebibytes for all snapshots that are on their way at the same time: with what the program needs otherwise
/// it stays under 64.
const MEMORY: usize = 36;
/// What one needs beside its queue: buffers of the connection, and those of the compressor.
const PLAIN: usize = 2;
const COMPRESSED: usize = 5;
/// What redaction needs in addition: what waits stays in memory up to so much (nodes with their edges, 4; pairs of names
/// and strings, 2; texts, 2), and buffers. What it remembers of each node and each text grows with the heap, to more than a
/// hundred megabytes for some millions of texts, so that only one runs at a time.
const REDACTED: usize = 8;

/// The memory that all captures share. However many were asked for, only as many run at once as it holds.
#[derive(Debug)]
struct Memory {
    room: Semaphore,
    /// For each, in mebibytes.
    queue: usize,
    each: usize,
}

impl Memory {
    /// For so many captures at a time, if there is room for them.
    fn new(at_once: usize, compress: bool, redact: bool) -> Memory {
        let beside = if compress { COMPRESSED } else { PLAIN };
        let beside = beside + if redact { REDACTED } else { 0 };
        let at_once = if redact { 1 } else { at_once };
        let most = heapglass_collect::sink::QUEUE >> 20;
        let queue = (MEMORY / at_once.max(1)).saturating_sub(beside).clamp(1, most);
        Memory { room: Semaphore::new(MEMORY), queue, each: queue + beside }
    }
}

/// What stood in the way anywhere.
#[derive(Debug, Default)]
struct Problems {
    missing: Vec<Access>,
    errors: Vec<String>,
    notes: Vec<String>,
}

impl Run<'_> {
    pub(crate) fn say(&self, place: &str, text: impl Into<String>) {
        self.listener.on(Event::At { place: place.to_owned(), text: text.into(), bad: false });
    }

    pub(crate) fn complain(&self, place: &str, text: impl Into<String>) {
        self.listener.on(Event::At { place: place.to_owned(), text: text.into(), bad: true });
    }

    /// Keeps an error that does not end anything.
    pub(crate) fn failed(&self, error: &ApiError) {
        let mut problems = self.problems();
        match error.missing() {
            Some(access) if problems.missing.contains(access) => {}
            Some(access) => problems.missing.push(access.clone()),
            None => problems.errors.push(error.to_string()),
        }
    }

    pub(crate) fn missing(&self, access: Access) {
        let mut problems = self.problems();
        if !problems.missing.contains(&access) {
            problems.missing.push(access);
        }
    }

    pub(crate) fn error(&self, text: String) {
        self.problems().errors.push(text);
    }

    /// Keeps what the user should know, once.
    pub(crate) fn note(&self, text: String) {
        let mut problems = self.problems();
        if !problems.notes.contains(&text) {
            problems.notes.push(text);
        }
    }

    pub(crate) fn stopped(&self) -> bool {
        self.stop.is_asked()
    }

    /// Bytes that may wait for the disk in each snapshot, so that all together stay within one queue.
    pub(crate) fn queue(&self) -> usize {
        self.memory.queue << 20
    }

    /// Waits until there is memory for one more snapshot; it is free again once the guard is dropped.
    pub(crate) async fn memory(&self) -> Option<SemaphorePermit<'_>> {
        let each = u32::try_from(self.memory.each).unwrap_or(1);
        self.memory.room.acquire_many(each).await.ok()
    }

    /// Whether nobody has asked this pod before.
    pub(crate) fn is_first(&self, uid: &str) -> bool {
        let mut pods = self.pods.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        pods.insert(uid.to_owned())
    }

    /// A path as the index names it.
    pub(crate) fn relative(&self, path: &Path) -> String {
        let relative = path.strip_prefix(&self.options.base).unwrap_or(path);
        relative.to_string_lossy().replace('\\', "/")
    }

    fn problems(&self) -> std::sync::MutexGuard<'_, Problems> {
        self.found.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Collects, and writes the index. An error only if nothing could be begun: what fails on the way is in the
/// index.
pub async fn gather(
    cluster: &Cluster,
    options: &GatherOptions,
    listener: &dyn Listener,
    stop: Stop,
) -> Result<wire::HeapDumps, ApiError> {
    let started = Timestamp::now();
    files::make_directory(&options.base).map_err(|error| ApiError::Other {
        what: format!("cannot write to {}", options.base.display()),
        why: error.to_string(),
    })?;
    let replicas = if options.replicas_at_once { pods::REPLICAS } else { 1 };
    let run = Run {
        cluster,
        options,
        listener,
        stop,
        booked: Booked::default(),
        memory: Memory::new(
            options.parallel.max(1) * replicas,
            options.compress,
            options.redaction.is_some(),
        ),
        pods: Mutex::default(),
        found: Mutex::default(),
    };
    let found = discover::find(cluster, &options.search).await?;
    {
        let mut problems = run.problems();
        problems.missing = found.missing;
        problems.errors = found.errors;
        problems.notes = found.notes;
    }
    for (file, text) in &found.files {
        run.write(&options.base.join(file), text);
    }
    let count = found.workloads.len();
    listener.on(Event::Note(match count {
        1 => "found 1 workload".to_owned(),
        count => format!("found {count} workloads"),
    }));
    let mut done: Vec<(usize, wire::Workload)> = Vec::new();
    let work = found.workloads.iter().enumerate().map(|(number, workload)| {
        let run = &run;
        async move { (number, pods::workload(run, workload).await) }
    });
    let mut work = futures_util::stream::iter(work).buffer_unordered(options.parallel.max(1));
    while let Some(result) = work.next().await {
        done.push(result);
    }
    drop(work);
    done.sort_by_key(|(number, _)| *number);
    let interrupted = run.stopped();
    let problems = run.found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut index = wire::HeapDumps {
        schema_version: wire::HeapDumps::VERSION,
        tool: options.tool.clone(),
        started: started.to_string(),
        finished: Timestamp::now().to_string(),
        cluster: cluster.name().to_owned(),
        redacted: !options.with_secrets,
        interrupted,
        workloads: done.into_iter().map(|(_, workload)| workload).collect(),
        missing_rights: problems.missing.iter().map(missing_right).collect(),
        errors: problems.errors,
        notes: problems.notes,
        summary: wire::Summary::default(),
    };
    index.count();
    let text = serde_json::to_string_pretty(&index).unwrap_or_default() + "\n";
    let path = options.base.join("heap-dumps.json");
    files::write(&path, &text).map_err(|error| ApiError::Other {
        what: format!("cannot write {}", path.display()),
        why: error.to_string(),
    })?;
    Ok(index)
}

fn missing_right(access: &Access) -> wire::MissingRight {
    wire::MissingRight { what: access.to_string(), role: access.role(), rule: access.rule() }
}

pub(crate) fn origin_name(origin: Origin) -> &'static str {
    match origin {
        Origin::HelmRelease => "helm-release",
        Origin::HelmStandalone => "helm-standalone",
        Origin::Backstage => "backstage",
        Origin::Selector => "selector",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_are_asked_for_together_they_fit_into_the_memory() {
        for (compress, redact) in [(false, false), (true, false), (false, true), (true, true)] {
            for at_once in [1, 2, 4, 16, 64, 256] {
                let memory = Memory::new(at_once, compress, redact);
                let running = (MEMORY / memory.each).min(at_once);
                assert!(running > 0 && running * memory.each <= MEMORY, "{at_once}: {memory:?}");
                // A disk that is busy for a moment holds nobody up.
                assert!(memory.queue >= 1 && (at_once > 2 || memory.queue > 8), "{memory:?}");
                // What a redaction remembers comes on top.
                assert!(!redact || running == 1 && memory.queue > 8, "{memory:?}");
            }
        }
    }
}
