//! Taking snapshots: what is done in which order, written once for every place.

mod inspector;
mod open;
mod signal;
mod waiting;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::facts::{ProcessFacts, Surroundings};
use crate::inspector::taking::Contents;
use crate::inspector::{Identity, InspectorError};
use crate::place::{Place, PlaceError};
use crate::preflight::{Outcome, Preflight, Probe};
use crate::sink::{Booked, Growing, SinkError, SinkOptions, Written};

pub use waiting::{close_inspector, wait};

/// What a snapshot is taken of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A process of the place, by its id there.
    Process(u32),
    /// Whatever answers at a port of the place; the path names one of several targets.
    Inspector {
        /// The port.
        port: u16,
        /// The path of a WebSocket address; without it the first target of a script.
        path: Option<String>,
    },
}

/// How a snapshot is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Method {
    /// The inspector, else the signal where that is safe.
    #[default]
    Auto,
    /// V8's inspector: nothing is written where the process is.
    Inspector,
    /// SIGUSR2, by which a process that was started for it writes a file.
    Sigusr2,
}

impl Method {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Method::Auto => "auto",
            Method::Inspector => "inspector",
            Method::Sigusr2 => "sigusr2",
        }
    }
}

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Options {
    /// How.
    pub method: Method,
    /// The file to write; compressed if its name ends in `.zst`.
    pub out: PathBuf,
    /// What goes into it.
    pub contents: Contents,
    /// Whether worker threads are taken too, each into a file of its own.
    pub workers: bool,
    /// Go on although it is not safe.
    pub force: bool,
    /// Only look, and send nothing to the process that it does not expect.
    pub dry_run: bool,
    /// The longest that taking one snapshot may last.
    pub timeout: Duration,
    /// The longest that a process may take to answer before anything is done.
    pub patience: Duration,
    /// The liveness probe of its container.
    pub probe: Option<Probe>,
    /// The longest pause that is allowed.
    pub max_pause: Option<Duration>,
    /// Directories where the process may have written, after those that its options name.
    pub remote_dirs: Vec<String>,
    /// Bytes that may wait for the disk.
    pub queue: usize,
    /// Free bytes below which writing stops.
    pub reserve: u64,
    /// What other captures write to the same disk at the same time.
    pub booked: Booked,
}

impl Options {
    /// The usual ones.
    pub fn new(out: impl Into<PathBuf>) -> Options {
        Options {
            method: Method::Auto,
            out: out.into(),
            contents: Contents::default(),
            workers: false,
            force: false,
            dry_run: false,
            timeout: Duration::from_secs(600),
            patience: Duration::from_secs(10),
            probe: None,
            max_pause: None,
            remote_dirs: Vec::new(),
            queue: crate::sink::QUEUE,
            reserve: crate::sink::RESERVE,
            booked: Booked::default(),
        }
    }
}

/// What happens meanwhile, for those who watch: a log, a bar.
#[derive(Debug, Clone)]
pub enum Event {
    /// The process was looked at from outside.
    Looked(Box<ProcessFacts>),
    /// The checks, when no more can be known before the snapshot.
    Checked(Preflight),
    /// A signal was sent.
    Signalled(&'static str),
    /// The inspector answers.
    InspectorOpen {
        /// Its port.
        port: u16,
        /// Whether we opened it.
        opened: bool,
    },
    /// The process said who it is.
    Identified(Identity),
    /// A snapshot begins.
    Began {
        /// The worker thread, or `None` for the main one.
        worker: Option<String>,
        /// The file as it grows, for those who want to read along.
        growing: Option<Growing>,
    },
    /// V8 builds the graph; the process stands still.
    Building {
        /// Steps done.
        done: u64,
        /// Steps in all.
        total: u64,
    },
    /// Bytes that arrived so far.
    Received(u64),
    /// A snapshot is on the disk, whole or not.
    Wrote {
        /// The file.
        path: Option<PathBuf>,
        /// Whether it is whole.
        whole: bool,
    },
    /// A value that is watched.
    Watched {
        /// The value.
        bytes: u64,
        /// What it may reach.
        limit: Option<u64>,
    },
    /// What we opened is closed again, or what we made is removed.
    Undone(String),
    /// Something worth a line in a log.
    Note(String),
}

/// Watches.
pub trait Progress: Send + Sync {
    /// Something happened.
    fn event(&self, event: Event);
}

/// Nobody watches.
impl Progress for () {
    fn event(&self, _: Event) {}
}

/// The wish to stop: clean up and end.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// A wish that can be uttered through the handle, or by dropping it never.
    pub fn pair() -> (Arc<watch::Sender<bool>>, Stop) {
        let (sender, receiver) = watch::channel(false);
        (Arc::new(sender), Stop(receiver))
    }

    /// Nobody will ask to stop.
    pub fn never() -> Stop {
        Stop(watch::channel(false).1)
    }

    /// Whether it was asked for.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once it is asked for.
    pub async fn asked(&mut self) {
        if self.0.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

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

/// A worker thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerName {
    /// Its number in the process.
    pub id: String,
    /// Its script.
    pub url: String,
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
    /// It took too long.
    #[error("it was not done after {0} s")]
    TimedOut(u64),
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
    /// The snapshots, whole or not; none after a dry run.
    pub snapshots: Vec<Taken>,
    /// What could not be undone, in words, with what to do about it.
    pub left_behind: Vec<String>,
}

impl Captured {
    /// Whether there is a snapshot and all of them are whole.
    pub fn is_whole(&self) -> bool {
        !self.snapshots.is_empty() && self.snapshots.iter().all(Taken::is_whole)
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
    },
    /// SIGUSR1 was sent and nothing happened.
    #[error("process {pid} did not open its inspector within {seconds} s")]
    NotOpened {
        /// The process.
        pid: u32,
        /// How long it was waited for.
        seconds: u64,
    },
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
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Error::NoProcess(..) => "`heapglass capture` without --pid lists the Node.js processes".to_owned(),
            Error::Refused(_) => "--dry-run shows all checks, --force does it all the same".to_owned(),
            Error::Shut { .. } => "start it with --inspect, or with --heapsnapshot-signal=SIGUSR2".to_owned(),
            Error::NotOpened { .. } => {
                "its event loop may be blocked, or its port taken: what it wrote to its standard error tells; \
                 an inspector that opens late is on 127.0.0.1 only"
                    .to_owned()
            }
            Error::Blocked { .. } => {
                "try again when it is less busy; --patience waits longer for the answer".to_owned()
            }
            Error::WrongProcess { .. } => {
                "stop the other debugging session, or start this process with --inspect-port".to_owned()
            }
            Error::Place(PlaceError::Io { .. }) => {
                "a process that was started with --inspect says at its start where its inspector is".to_owned()
            }
            Error::Sink(SinkError::Exists(_)) => "name another file with --out, or remove it".to_owned(),
            Error::Sink(SinkError::Full { .. }) => "write elsewhere with --out, or use --compress".to_owned(),
            Error::NoSignal(_) => {
                "start it with --heapsnapshot-signal=SIGUSR2 --diagnostic-dir=/tmp, or use --method inspector"
                    .to_owned()
            }
            _ => return None,
        })
    }
}

impl From<Error> for Box<Failed> {
    fn from(error: Error) -> Box<Failed> {
        Box::new(Failed { error, preflight: None, left_behind: Vec::new() })
    }
}

/// Everything that the steps of one capture share.
pub(crate) struct Job<'a, P> {
    pub(crate) place: &'a P,
    pub(crate) options: &'a Options,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) stop: Stop,
    pub(crate) process: Option<ProcessFacts>,
    pub(crate) surroundings: Option<Surroundings>,
}

/// Takes a snapshot: looks, checks, takes, checks what came, and undoes what it did to the process.
///
/// A snapshot that broke off is in the result, with its file; an error means that there is none.
pub async fn capture<P: Place>(
    place: &P,
    target: &Target,
    options: &Options,
    progress: &dyn Progress,
    stop: &Stop,
) -> Result<Captured, Box<Failed>> {
    let mut job =
        Job { place, options, progress, stop: stop.clone(), process: None, surroundings: None };
    // The file is what the caller can do something about: better now than with a process that waits.
    if !options.dry_run {
        crate::sink::check_place(&options.out).map_err(Error::from)?;
    }
    let _until = options.booked.until_dropped(&options.out);
    match target {
        Target::Process(pid) => job.look(*pid).await?,
        Target::Inspector { port, .. } => job.look_for(*port).await,
    }
    match (options.method, target) {
        (Method::Sigusr2, Target::Process(_)) => signal::capture(&mut job).await,
        (Method::Sigusr2, Target::Inspector { .. }) => {
            Err(Error::NoSignal("a signal needs a process that can be seen".to_owned()).into())
        }
        (Method::Inspector, _) => inspector::capture(&mut job, target).await,
        (Method::Auto, _) => match inspector::capture(&mut job, target).await {
            Err(failed) if job.may_signal(&failed) => {
                progress.event(Event::Note(format!("{}; SIGUSR2 is tried", failed.error)));
                let mut second = signal::capture(&mut job).await;
                match &mut second {
                    Ok(captured) => captured.left_behind.extend(failed.left_behind),
                    Err(second) => second.left_behind.extend(failed.left_behind),
                }
                second
            }
            result => result,
        },
    }
}

/// The processes of a place that snapshots can be taken of.
pub async fn candidates<P: Place>(place: &P) -> Result<Vec<ProcessFacts>, PlaceError> {
    let processes = place.processes().await?;
    let facts = processes.iter().map(ProcessFacts::new);
    Ok(facts.filter(|process| process.runtime.has_v8() && !process.status.is_dead).collect())
}

impl<P: Place> Job<'_, P> {
    /// Looks at the process and what surrounds it, from outside.
    async fn look(&mut self, pid: u32) -> Result<(), Error> {
        let processes = self.place.processes().await?;
        let raw = processes.iter().find(|process| process.pid == pid);
        let Some(raw) = raw else { return Err(Error::NoProcess(pid, self.place.name())) };
        let facts = ProcessFacts::new(raw);
        self.progress.event(Event::Looked(Box::new(facts.clone())));
        self.process = Some(facts);
        self.look_around(pid).await
    }

    /// Looks for the process that listens at a port. In places where only the inspector can be reached
    /// there is none to be found, and V8's own figures have to do.
    async fn look_for(&mut self, port: u16) {
        for process in candidates(self.place).await.unwrap_or_default() {
            let Ok(raw) = self.place.surroundings(process.pid).await else { continue };
            let around = Surroundings::new(&raw);
            if around.own_ports.as_ref().is_some_and(|ports| ports.contains(&port)) {
                self.progress.event(Event::Looked(Box::new(process.clone())));
                (self.process, self.surroundings) = (Some(process), Some(around));
                return;
            }
        }
    }

    async fn look_around(&mut self, pid: u32) -> Result<(), Error> {
        self.surroundings = Some(Surroundings::new(&self.place.surroundings(pid).await?));
        Ok(())
    }

    /// Whether the signal is worth trying after the inspector failed: only if it failed before it did
    /// anything, and if the process is known to write a snapshot on it.
    fn may_signal(&self, failed: &Failed) -> bool {
        let shut = matches!(
            failed.error,
            Error::Shut { .. }
                | Error::NotOpened { .. }
                | Error::Place(PlaceError::Impossible { .. } | PlaceError::Forbidden { .. })
        );
        let process = self.process.as_ref();
        shut && process.is_some_and(|process| signal::why_not(process, false).is_none())
    }

    /// The process's memory as the kernel tells it: resident, and the largest it ever was.
    pub(crate) async fn memory(&self) -> (Option<u64>, Option<u64>) {
        let Some(process) = &self.process else { return (None, None) };
        let Ok(processes) = self.place.processes().await else { return (None, None) };
        let raw = processes.iter().find(|raw| raw.pid == process.pid);
        let status = raw.map(|raw| crate::facts::Status::new(&raw.status)).unwrap_or_default();
        (status.resident, status.peak_resident)
    }

    /// Whether the process is there no more.
    pub(crate) async fn has_ended(&self) -> bool {
        let Some(process) = &self.process else { return false };
        let processes = match self.place.processes().await {
            Ok(processes) => processes,
            // With the whole place.
            Err(PlaceError::Gone { .. }) => return true,
            Err(_) => return false,
        };
        let raw = processes.iter().find(|raw| raw.pid == process.pid);
        raw.is_none_or(|raw| crate::facts::Status::new(&raw.status).is_dead)
    }

    /// Keeps the room for the file, so that captures at the same time do not count on it too.
    fn book(&self, preflight: &Preflight) {
        if let (Some(prediction), false) = (&preflight.prediction, self.options.dry_run) {
            let share = if SinkOptions::new(&self.options.out).compress { 2 } else { 1 };
            self.options.booked.book(&self.options.out, prediction.file.usual / share);
        }
    }

    /// Refuses what is not safe.
    pub(crate) fn judge(&self, preflight: &Preflight) -> Result<(), Error> {
        self.progress.event(Event::Checked(preflight.clone()));
        if preflight.outcome() < Outcome::Unsafe || self.options.force || self.options.dry_run {
            self.book(preflight);
            return Ok(());
        }
        let reasons: Vec<&str> =
            preflight.those(Outcome::Unsafe).map(|check| check.found.as_str()).collect();
        Err(Error::Refused(format!("not safe: {}", reasons.join("; "))))
    }
}
