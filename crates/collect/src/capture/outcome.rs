//! What a capture came to.

use std::time::Duration;

use super::Method;
use crate::facts::{ProcessFacts, Runtime};
use crate::inspector::{Identity, InspectorError};
use crate::place::PlaceError;
use crate::preflight::{Forced, Outcome, Preflight};
use crate::sink::{SinkError, Written};

/// One snapshot.
#[derive(Debug)]
pub struct Taken {
    /// The worker thread that it is of; `None` for the main one.
    pub worker: Option<WorkerName>,
    /// The file, and what is in it.
    pub written: Written,
    /// Why it is not whole, if it is not.
    pub broken: Option<Broken>,
    /// How long the thread stood still, by the process's own clock.
    pub pause: Option<Duration>,
    /// The same as seen from outside, where the clock could not be asked.
    pub pause_seen: Option<PauseSeen>,
    /// From the request to the last byte.
    pub duration: Duration,
    /// Of that, from the first byte on.
    pub transfer: Duration,
    /// Resident memory of the process before, in bytes.
    pub resident_before: Option<u64>,
    /// Its resident memory after.
    pub resident_after: Option<u64>,
    /// The largest it ever was, before and after. Higher after, it is the peak of this snapshot.
    pub peak_before: Option<u64>,
    /// See [`Taken::peak_before`].
    pub peak_after: Option<u64>,
}

impl Broken {
    /// What to do about it, for whoever takes one process; `None` where its words say all.
    pub fn hint(&self) -> Option<String> {
        let text =
            "try again when it is less busy; --patience waits longer for the snapshot to begin";
        matches!(self, Broken::PutOff(_)).then(|| text.to_owned())
    }

    /// Why what was written is not whole: what stopped the writing here, else what ended the taking, else
    /// what the check found.
    pub(super) fn ending(broken: Option<Broken>, written: &mut Written) -> Option<Broken> {
        if let Some(stopped) = written.stopped.take() {
            return Some(Broken::Disk(stopped));
        }
        broken.or_else(|| {
            let findings = &written.checked.findings;
            let findings: Vec<&str> = findings.iter().map(|it| it.message.as_str()).collect();
            (!findings.is_empty()).then(|| Broken::Damaged(findings.join("; ")))
        })
    }
}

impl Taken {
    /// Whether all of it is on the disk.
    pub fn is_whole(&self) -> bool {
        self.broken.is_none()
    }

    /// Bytes of the snapshot in a second, from the first byte on.
    pub fn throughput(&self) -> Option<u64> {
        let seconds = self.transfer.as_secs_f64();
        (seconds > 0.0).then(|| (self.written.checked.bytes as f64 / seconds) as u64)
    }

    /// The resident memory at its highest during the snapshot, where that can be told.
    pub fn peak(&self) -> Option<u64> {
        let (before, after) = (self.peak_before?, self.peak_after?);
        (after > before).then_some(after)
    }
}

/// How long the event loop stood still as seen from outside, where nobody asked the process for its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PauseSeen {
    /// For as long as the process was seen writing, which it does in one go.
    pub least: Duration,
    /// From the signal until the file was complete.
    pub most: Duration,
}

/// A worker thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerName {
    /// Its number in the process.
    pub id: String,
    /// Its script.
    pub url: String,
}

impl std::fmt::Display for WorkerName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "worker {}", self.id)?;
        if self.url.is_empty() { Ok(()) } else { write!(f, " ({})", self.url) }
    }
}

/// What was found of a worker thread before it was taken.
#[derive(Debug, Clone)]
pub struct WorkerChecked {
    /// Which.
    pub worker: WorkerName,
    /// The checks, by its own heap.
    pub preflight: Preflight,
}

/// What was asked for and was not begun, while something else was taken.
#[derive(Debug)]
pub struct Missing {
    /// The worker thread; `None` if the worker threads could not even be listed.
    pub worker: Option<WorkerName>,
    /// Why there is nothing of it.
    pub error: Error,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.worker {
            Some(worker) => write!(f, "{worker} was not taken: {}", self.error),
            None => write!(f, "the worker threads were not taken: {}", self.error),
        }
    }
}

/// Why a snapshot is not whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// The connection ended.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// The process ended meanwhile.
    #[error("the process ended while it was taken")]
    Ended,
    /// The worker thread ended meanwhile, and its process did not.
    #[error("the worker thread ended while it was taken")]
    WorkerEnded,
    /// It took too long.
    #[error("it was not done after {0} s")]
    TimedOut(u64),
    /// The thread answers questions, and does not get to the snapshot.
    #[error(
        "it was not begun within {0} s: the event loop is in a long computation, or waits for a debugger"
    )]
    PutOff(u64),
    /// The user asked to stop.
    #[error("it was interrupted")]
    Interrupted,
    /// V8 or Node said no.
    #[error("the process refused: {0}")]
    Refused(String),
    /// It could not be written here.
    #[error("{0}")]
    Disk(SinkError),
    /// All bytes came, and they are no whole snapshot.
    #[error("what arrived is not a whole snapshot: {0}")]
    Damaged(String),
}

/// What a capture came to.
#[derive(Debug)]
pub struct Captured {
    /// The method that was used.
    pub method: Method,
    /// What the process is, from outside.
    pub process: Option<ProcessFacts>,
    /// What it said of itself, where it was asked.
    pub identity: Option<Identity>,
    /// The checks, with what was predicted.
    pub preflight: Preflight,
    /// The worker threads that were looked at, in the order in which the process named them.
    pub workers: Vec<WorkerChecked>,
    /// The snapshots, whole or not; none after a dry run.
    pub snapshots: Vec<Taken>,
    /// What was asked for and is not among the snapshots.
    pub missing: Vec<Missing>,
    /// What could not be undone, in words, with what to do about it.
    pub left_behind: Vec<String>,
    /// Processes of its control group that the kernel has killed for memory meanwhile; 0 also where that is not told.
    pub killed: u64,
}

impl Captured {
    /// Nothing taken yet.
    pub(super) fn new(
        method: Method,
        process: Option<ProcessFacts>,
        identity: Option<Identity>,
        preflight: Preflight,
    ) -> Captured {
        Captured {
            method,
            process,
            identity,
            preflight,
            workers: Vec::new(),
            snapshots: Vec::new(),
            missing: Vec::new(),
            left_behind: Vec::new(),
            killed: 0,
        }
    }

    /// What is said of processes that were killed meanwhile; `None` if none was, as far as is known.
    pub fn harm(&self) -> Option<String> {
        let ended = |taken: &Taken| matches!(taken.broken, Some(Broken::Ended));
        let which = match (self.killed, self.snapshots.iter().any(ended)) {
            (0, _) => return None,
            (1, true) => "the process".to_owned(),
            (1, false) => "another process of the control group".to_owned(),
            (killed, true) => {
                format!("the process, or others of its control group ({killed} in all),")
            }
            (killed, false) => format!("{killed} other processes of the control group"),
        };
        // At the group's limit or for want of the machine's memory: the count is of both.
        Some(format!("the kernel killed {which} for memory meanwhile"))
    }

    /// Whether there is a snapshot, all of them are whole, and all that was asked for is among them.
    pub fn is_whole(&self) -> bool {
        !self.snapshots.is_empty()
            && self.missing.is_empty()
            && self.snapshots.iter().all(Taken::is_whole)
    }

    /// The worst of the checks, those of the worker threads among them.
    pub fn outcome(&self) -> Outcome {
        let workers = self.workers.iter().map(|checked| checked.preflight.outcome());
        workers.fold(self.preflight.outcome(), Outcome::max)
    }

    /// Whether a dry run came to something that is not safe and not forced, in the process or a worker thread.
    pub fn is_refused(&self, forced: &Forced) -> bool {
        let workers = self.workers.iter().map(|checked| &checked.preflight);
        let mut all = std::iter::once(&self.preflight).chain(workers);
        all.any(|preflight| preflight.refusals(forced).next().is_some())
    }

    /// Why it is not whole, in words; `None` if it is, or if it was a dry run.
    pub fn shortfall(&self) -> Option<String> {
        let broken = |taken: &Taken| taken.broken.as_ref().map(ToString::to_string);
        let broken = self.snapshots.iter().find_map(broken);
        broken.or_else(|| {
            let missing: Vec<String> = self.missing.iter().map(ToString::to_string).collect();
            (!missing.is_empty()).then(|| missing.join("; "))
        })
    }
}

/// Why nothing was captured.
#[derive(Debug)]
pub struct Failed {
    /// Why.
    pub error: Error,
    /// The checks, as far as they got.
    pub preflight: Option<Preflight>,
    /// What could not be undone.
    pub left_behind: Vec<String>,
}

/// Why nothing was captured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such process.
    #[error("there is no process {0} on {1}")]
    NoProcess(u32, String),
    /// The process that has its number, or listens at its port, is another one than before.
    #[error(
        "it is another process than before, or none: that one has ended, or its container was restarted"
    )]
    Replaced,
    /// It ended while it was watched.
    #[error("the process has ended, or is about to: the condition did not hold until then")]
    Ended,
    /// It is not safe, and was not forced.
    #[error("{0}")]
    Refused(String),
    /// The inspector is shut and cannot be opened.
    #[error("the inspector of process {pid} cannot be opened: {why}")]
    Shut {
        /// The process.
        pid: u32,
        /// Why.
        why: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// It is no Node.js, and cannot be asked as it is.
    #[error("process {pid} is {}: {command}", runtime.name())]
    NotNode {
        /// The process.
        pid: u32,
        /// What runs in it.
        runtime: Runtime,
        /// Its command line.
        command: String,
    },
    /// SIGUSR1 was sent and nothing happened.
    #[error("process {pid} did not open its inspector within {seconds} s")]
    NotOpened {
        /// The process.
        pid: u32,
        /// How long it was waited for.
        seconds: u64,
    },
    /// Another capture of the process was not done in time.
    #[error(
        "another capture of process {pid} is under way{by}, and was not done within {seconds} s"
    )]
    UnderWay {
        /// The process.
        pid: u32,
        /// Who does it, in brackets after a space; empty where that cannot be seen.
        by: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// A share of the memory limit is to be watched, and there is none.
    #[error("process {0} has no memory limit that can be seen: a share of it is never reached")]
    NoLimit(u32),
    /// The process ended when its inspector was to open.
    #[error("process {0} ended after SIGUSR1: no snapshot was taken")]
    EndedOnSignal(u32),
    /// The event loop does not answer, so that nothing was asked of it.
    #[error(
        "the event loop of the process does not answer ({what}, {seconds} s): it is blocked; no snapshot was taken"
    )]
    Blocked {
        /// What it was asked.
        what: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// A worker thread does not answer.
    #[error("it does not answer within {0} s: it is in a long computation or a system call")]
    WorkerBlocked(u64),
    /// Another process answers.
    #[error("port {port} belongs to process {found}, not to {wanted}")]
    WrongProcess {
        /// The port.
        port: u16,
        /// The process that answers.
        found: u32,
        /// The process that was meant.
        wanted: u32,
    },
    /// A process of another container answers, which has the same number there.
    #[error(
        "port {port} belongs to process {pid} of another container, judging by when that began"
    )]
    OtherContainer {
        /// The port.
        port: u16,
        /// The number that both have.
        pid: u32,
    },
    /// The signal cannot be used.
    #[error("{0}")]
    NoSignal(String),
    /// The inspector failed before the snapshot.
    #[error(transparent)]
    Inspector(#[from] InspectorError),
    /// The place failed.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The file cannot be written.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The user asked to stop before anything was taken.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// What is said of a process that is no Node.js.
    pub(super) fn not_node(process: &ProcessFacts) -> Error {
        let ProcessFacts { pid, runtime, command, .. } = process;
        Error::NotNode { pid: *pid, runtime: *runtime, command: command.clone() }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Error::NoProcess(..) => "`heapglass capture` without --pid lists the Node.js processes".to_owned(),
            Error::Refused(_) => "--dry-run shows all checks, --force=CHECK does it in spite of one, --force in spite of all".to_owned(),
            Error::Shut { advice, .. } => (*advice).to_owned(),
            Error::NotNode { runtime, .. } => not_node(*runtime).to_owned(),
            Error::NoLimit(_) => "give a size instead, as in --when 'rss>900MB'".to_owned(),
            Error::EndedOnSignal(_) => {
                "its handler of that signal may end it, or it had no descriptors or threads left: what it wrote to its \
                 standard error tells; --method sigusr2 does without that signal"
                    .to_owned()
            }
            Error::NotOpened { .. } => {
                "its event loop may be blocked, its port taken, or the program have a handler of its own for SIGUSR1: \
                 what it wrote to its standard error tells; an inspector that opens late is on 127.0.0.1 only"
                    .to_owned()
            }
            Error::Blocked { .. } | Error::WorkerBlocked(_) => {
                "try again when it is less busy; --patience waits longer for the answer".to_owned()
            }
            Error::UnderWay { .. } => {
                "try again when that one is done; --patience waits longer for it".to_owned()
            }
            Error::WrongProcess { .. } | Error::OtherContainer { .. } => {
                "stop the other debugging session, or start this process with --inspect-port".to_owned()
            }
            Error::Place(PlaceError::Io { .. }) => {
                "a process that was started with --inspect says at its start where its inspector is".to_owned()
            }
            Error::Sink(SinkError::Exists(_)) => "name another file with --out, or remove it".to_owned(),
            Error::Sink(SinkError::Place { .. }) => {
                "name a file with --out in a directory that you may write into".to_owned()
            }
            Error::Sink(SinkError::Full { .. }) => "write elsewhere with --out, or use --compress".to_owned(),
            Error::NoSignal(_) => {
                "start it with --heapsnapshot-signal=SIGUSR2 --diagnostic-dir=/tmp, or use --method inspector"
                    .to_owned()
            }
            _ => return None,
        })
    }
}

/// What to do with a process that no signal is sent to.
fn not_node(runtime: Runtime) -> &'static str {
    match runtime {
        Runtime::Bun => {
            "Bun has no V8; Bun.generateHeapSnapshot('v8') writes what heapglass can read"
        }
        Runtime::Other => {
            "`heapglass capture` without --pid lists the Node.js processes; a program with Node.js in it under another name \
             has to be started with --inspect, and named by --inspect HOST:PORT"
        }
        Runtime::Node | Runtime::Deno | Runtime::Perhaps => {
            "signals are sent to Node.js only: start it with --inspect, and use --method inspector"
        }
    }
}

impl From<Error> for Box<Failed> {
    fn from(error: Error) -> Box<Failed> {
        Box::new(Failed { error, preflight: None, left_behind: Vec::new() })
    }
}
