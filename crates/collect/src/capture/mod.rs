//! Taking snapshots: what is done in which order, written once for every place.

mod birth;
mod inspector;
mod kept;
mod left;
mod open;
mod outcome;
mod signal;
mod turn;
mod waiting;
mod workers;

use heapglass_redact::Redaction;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::facts::cgroup::OomKills;
use crate::facts::{ProcessFacts, Status, Surroundings};
use crate::inspector::Identity;
use crate::inspector::taking::Contents;
use crate::place::{Place, PlaceError, Turn};
use crate::preflight::{Forced, Preflight, Probe};
use crate::sink::{Booked, Growing, SinkOptions};

use left::Left;

pub use birth::Birth;
pub use kept::{Kept, Rest};
pub use outcome::{
    Broken, Captured, Error, Failed, Missing, PauseSeen, Taken, WorkerChecked, WorkerName,
};
pub use waiting::{Waited, close_inspector, wait};

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
    /// What to go on with although it is not safe.
    pub force: Forced,
    /// Only look, and send nothing to the process that it does not expect.
    pub dry_run: bool,
    /// Whether no signal may be sent, whatever it is needed for.
    pub no_signal: bool,
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
    /// Whether snapshots are redacted as they come.
    pub redaction: Option<Redaction>,
    /// What other captures write to the same disk at the same time.
    pub booked: Booked,
    /// What was known of the process before: another one that has its number is left alone.
    pub born: Birth,
}

impl Options {
    /// The usual ones.
    pub fn new(out: impl Into<PathBuf>) -> Options {
        Options {
            method: Method::Auto,
            out: out.into(),
            contents: Contents::default(),
            workers: false,
            force: Forced::Nothing,
            dry_run: false,
            no_signal: false,
            timeout: Duration::from_secs(600),
            patience: Duration::from_secs(10),
            probe: None,
            max_pause: None,
            remote_dirs: Vec::new(),
            queue: crate::sink::QUEUE,
            reserve: crate::sink::RESERVE,
            redaction: None,
            booked: Booked::default(),
            born: Birth::default(),
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

/// Everything that the steps of one capture share.
pub(crate) struct Job<'a, P> {
    pub(crate) place: &'a P,
    pub(crate) options: &'a Options,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) stop: Stop,
    pub(crate) process: Option<ProcessFacts>,
    pub(crate) surroundings: Option<Surroundings>,
    /// What earlier snapshots have left in the process.
    pub(crate) left: Left,
}

impl<'a, P> Job<'a, P> {
    /// One that has not looked at a process yet.
    fn new(
        place: &'a P,
        options: &'a Options,
        progress: &'a dyn Progress,
        stop: &Stop,
    ) -> Job<'a, P> {
        Job {
            place,
            options,
            progress,
            stop: stop.clone(),
            process: None,
            surroundings: None,
            left: Left::default(),
        }
    }
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
    capture_next(place, target, options, progress, stop, &mut Kept::default()).await
}

/// The same as one of a series by the inspector: its session is the one that an earlier snapshot left, and is kept for the
/// next one if there is to be one, so that objects have the same ids in both. In the end [`Kept::release`] undoes what is
/// not undone.
pub async fn capture_next<P: Place>(
    place: &P,
    target: &Target,
    options: &Options,
    progress: &dyn Progress,
    stop: &Stop,
    kept: &mut Kept<P::Stream>,
) -> Result<Captured, Box<Failed>> {
    let mut job = Job { left: kept.left, ..Job::new(place, options, progress, stop) };
    // The file is what the caller can do something about: better now than with a process that waits.
    if !options.dry_run {
        crate::sink::check_place(&options.out).map_err(Error::from)?;
    }
    let _until = options.booked.until_dropped(&options.out);
    let _turn = match target {
        Target::Process(pid) => {
            let turn = job.turn(*pid).await?;
            job.look(*pid).await?;
            turn
        }
        Target::Inspector { port, .. } => {
            job.look_for(*port).await;
            match job.process.as_ref().map(|process| process.pid) {
                Some(pid) => {
                    let turn = job.turn(pid).await?;
                    // What another one took meanwhile is given back by now.
                    let _ = job.look_around(pid).await;
                    turn
                }
                None => Turn::default(),
            }
        }
    };
    let kills = job.surroundings.as_ref().and_then(|around| around.oom_kills.clone());
    let mut result = job.by_its_method(target, kept).await;
    kept.left = job.left;
    if let (Ok(captured), Some(kills)) = (&mut result, &kills) {
        captured.killed = job.killed_since(kills, captured).await;
    }
    result
}

/// The processes of a place that snapshots can be taken of.
pub async fn candidates<P: Place>(place: &P) -> Result<Vec<ProcessFacts>, PlaceError> {
    let processes = place.processes().await?;
    let facts = processes.iter().map(|raw| ProcessFacts::among(raw, &processes));
    Ok(facts.filter(|process| process.runtime.has_v8() && !process.status.is_dead).collect())
}

impl<P: Place> Job<'_, P> {
    /// By the method that is wanted.
    async fn by_its_method(
        &mut self,
        target: &Target,
        kept: &mut Kept<P::Stream>,
    ) -> Result<Captured, Box<Failed>> {
        // Finding the way into a place can take a minute.
        if self.stop.is_asked() {
            return Err(Error::Interrupted.into());
        }
        match (self.options.method, target) {
            (Method::Sigusr2, _) if self.options.no_signal => {
                Err(Error::NoSignal("SIGUSR2 is a signal, and none may be sent".to_owned()).into())
            }
            (Method::Sigusr2, Target::Process(_)) => signal::capture(self).await,
            (Method::Sigusr2, Target::Inspector { .. }) => {
                Err(Error::NoSignal("a signal needs a process that can be seen".to_owned()).into())
            }
            (Method::Inspector, _) => inspector::capture(self, target, kept).await,
            (Method::Auto, _) => match inspector::capture(self, target, kept).await {
                Err(failed) if self.may_signal(&failed) => {
                    self.progress.event(Event::Note(format!("{}; SIGUSR2 is tried", failed.error)));
                    let mut second = signal::capture(self).await;
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

    /// How many processes of the process's control group the kernel has killed for memory since it was looked at: V8's
    /// need may cost another one its life, and the snapshot is whole all the same.
    async fn killed_since(&self, before: &OomKills, captured: &Captured) -> u64 {
        let Some(process) = self.process.as_ref().filter(|_| !captured.snapshots.is_empty()) else {
            return 0;
        };
        let now = self.place.group_file(process.pid, &before.file).await;
        now.map_or(0, |now| before.since(&now))
    }

    /// Looks at the process and what surrounds it, from outside.
    async fn look(&mut self, pid: u32) -> Result<(), Error> {
        let processes = self.place.processes().await?;
        let raw = processes.iter().find(|process| process.pid == pid);
        // One that has ended keeps its number until somebody asks for its exit code.
        let Some(raw) = raw.filter(|raw| !Status::new(&raw.status).is_dead) else {
            return Err(self.not_there(pid, self.options.born.kernel));
        };
        let facts = ProcessFacts::among(raw, &processes);
        self.progress.event(Event::Looked(Box::new(facts.clone())));
        self.process = Some(facts);
        self.is_meant(None)?;
        self.look_around(pid).await?;
        if let (Some(process), Some(around)) = (&self.process, &mut self.surroundings) {
            around.count_tasks(process, processes.iter().map(|raw| Status::new(&raw.status)));
        }
        Ok(())
    }

    /// Looks for the process that listens at a port. In places where only the inspector can be reached
    /// there is none to be found, and V8's own figures have to do.
    async fn look_for(&mut self, port: u16) {
        for process in candidates(self.place).await.unwrap_or_default() {
            let Ok(raw) = self.place.surroundings(process.pid).await else { continue };
            let around = Surroundings::new(&raw, Some(&process.status));
            if around.own_ports.as_ref().is_some_and(|ports| ports.contains(&port)) {
                self.progress.event(Event::Looked(Box::new(process.clone())));
                (self.process, self.surroundings) = (Some(process), Some(around));
                return;
            }
        }
    }

    async fn look_around(&mut self, pid: u32) -> Result<(), Error> {
        let raw = self.place.surroundings(pid).await?;
        let status = self.process.as_ref().map(|process| &process.status);
        let mut around = Surroundings::new(&raw, status);
        // What the process said of its quota is not seen from outside the next time either.
        around.cpus = around.cpus.or(self.surroundings.as_ref().and_then(|before| before.cpus));
        self.surroundings = Some(around);
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
        let may = shut && !self.options.no_signal;
        may && process.is_some_and(|process| signal::why_not(process, false).is_none())
    }

    /// The process's memory as the kernel tells it: resident, and the largest it ever was.
    pub(crate) async fn memory(&self) -> (Option<u64>, Option<u64>) {
        let Some(process) = &self.process else { return (None, None) };
        let Ok(processes) = self.place.processes().await else { return (None, None) };
        let raw = processes.iter().find(|raw| raw.pid == process.pid);
        let raw = raw.filter(|raw| !birth::is_over(Some(raw), process));
        let status = raw.map(|raw| Status::new(&raw.status)).unwrap_or_default();
        (status.resident, status.peak_resident)
    }

    /// Whether the process is there no more; another one may have its number.
    pub(crate) async fn has_ended(&self) -> bool {
        let Some(process) = &self.process else { return false };
        let processes = match self.place.processes().await {
            Ok(processes) => processes,
            // With the whole place.
            Err(PlaceError::Gone { .. }) => return true,
            Err(_) => return false,
        };
        let raw = processes.iter().find(|raw| raw.pid == process.pid);
        birth::is_over(raw, process)
    }

    /// Keeps the room for the file, so that captures at the same time do not count on it too.
    fn book(&self, preflight: &Preflight) {
        if let (Some(prediction), false) = (&preflight.prediction, self.options.dry_run) {
            let compress = SinkOptions::new(&self.options.out).compress;
            let bytes = prediction.on_disk(compress, self.holds_back()).usual;
            self.options.booked.book(&self.options.out, bytes);
        }
    }

    /// Whether texts wait beside the file.
    fn holds_back(&self) -> bool {
        self.options.redaction.as_ref().is_some_and(Redaction::holds_back)
    }

    /// Refuses what is not safe.
    pub(crate) fn judge(&self, preflight: &Preflight) -> Result<(), Error> {
        self.progress.event(Event::Checked(preflight.clone()));
        self.allow(preflight)
    }

    /// The same, without telling of the checks.
    pub(crate) fn allow(&self, preflight: &Preflight) -> Result<(), Error> {
        let refusals = preflight.refusals(&self.options.force);
        let reasons: Vec<&str> = refusals.map(|check| check.found.as_str()).collect();
        if reasons.is_empty() || self.options.dry_run {
            self.book(preflight);
            return Ok(());
        }
        Err(Error::Refused(format!("not safe: {}", reasons.join("; "))))
    }
}
