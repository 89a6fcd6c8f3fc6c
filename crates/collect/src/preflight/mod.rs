//! Whether taking a snapshot is safe: a pure function from facts to checks.

pub mod model;

use std::path::PathBuf;
use std::time::Duration;

use crate::facts::{ProcessFacts, Surroundings};
use crate::inspector::Identity;
use model::Prediction;

/// How a check came out; ordered from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Nothing speaks against it.
    Fine,
    /// It could not be found out.
    Unknown,
    /// It may go wrong.
    Caution,
    /// It will do harm, as far as can be told. Needs to be forced.
    Unsafe,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Whether it is the right process.
    Identity,
    /// Whether the signal that has to be sent is caught.
    Signal,
    /// Whether there is room for what V8 needs.
    Memory,
    /// Whether anybody minds the pause.
    Pause,
    /// Whether there is room for the file.
    Disk,
    /// Whether the place in the process's own file system will do.
    RemoteFile,
}

impl Topic {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Identity => "identity",
            Topic::Signal => "signal",
            Topic::Memory => "memory",
            Topic::Pause => "pause",
            Topic::Disk => "disk",
            Topic::RemoteFile => "remote file",
        }
    }
}

/// What is done although it is not safe.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Forced {
    /// Nothing.
    #[default]
    Nothing,
    /// In spite of all checks.
    All,
    /// In spite of these checks alone.
    These(Vec<Topic>),
}

impl Forced {
    /// Whether a check of `topic` does not matter.
    pub fn covers(&self, topic: Topic) -> bool {
        match self {
            Forced::Nothing => false,
            Forced::All => true,
            Forced::These(topics) => topics.contains(&topic),
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub topic: Topic,
    /// How it came out.
    pub outcome: Outcome,
    /// What was found, with figures.
    pub found: String,
    /// What to do about it.
    pub advice: Option<String>,
    /// Whether no force changes it: the process would end, or cannot be asked.
    pub is_absolute: bool,
}

/// All checks of one capture.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Preflight {
    /// The checks, in a fixed order.
    pub checks: Vec<Check>,
    /// What V8 will need, where anything is known of the heap.
    pub prediction: Option<Prediction>,
}

impl Preflight {
    /// The worst of the checks.
    pub fn outcome(&self) -> Outcome {
        self.checks.iter().map(|check| check.outcome).max().unwrap_or(Outcome::Unknown)
    }

    /// The checks that nothing may be done in spite of: not safe, and not forced.
    pub fn refusals<'a>(&'a self, forced: &'a Forced) -> impl Iterator<Item = &'a Check> {
        self.those(Outcome::Unsafe).filter(|check| check.is_absolute || !forced.covers(check.topic))
    }

    /// The checks that came out this badly.
    pub fn those(&self, outcome: Outcome) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(move |check| check.outcome == outcome)
    }
}

/// A liveness probe of the process's container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// Failures until the container is killed.
    pub failures: u32,
    /// Seconds between two.
    pub period: u32,
    /// Seconds that one may take.
    pub timeout: u32,
}

impl Probe {
    /// The longest pause that it surely bears: the first failure may be as early as one time-out after
    /// the pause begins.
    pub fn bears(&self) -> Duration {
        let between = u64::from(self.failures.saturating_sub(1)) * u64::from(self.period);
        Duration::from_secs(between.saturating_add(u64::from(self.timeout.min(self.period))))
    }
}

/// What the capture will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The inspector, which is open or opened with SIGUSR1.
    Inspector {
        /// Whether it is open.
        open: bool,
    },
    /// SIGUSR2, by which the process writes a file.
    Signal,
}

/// Why an inspector cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shut {
    /// Why.
    pub why: String,
    /// What to do about it.
    pub advice: &'static str,
}

/// What is known before a capture.
#[derive(Debug, Clone)]
pub struct Known<'a> {
    /// The process, where it can be seen from outside.
    pub process: Option<&'a ProcessFacts>,
    /// What surrounds it.
    pub surroundings: Option<&'a Surroundings>,
    /// What it says of itself, once it was asked.
    pub identity: Option<&'a Identity>,
    /// What will be done.
    pub way: Way,
    /// Bytes of its memory that are no heap but what V8 gave back after earlier snapshots, and takes again for the next.
    pub left: u64,
    /// Why the inspector cannot be opened, where it would have to be.
    pub shut: Option<Shut>,
    /// The liveness probe, where there is one.
    pub probe: Option<Probe>,
    /// Where the file will be, and how many bytes may be written there.
    pub out: Option<(PathBuf, Option<u64>)>,
    /// Whether it will be compressed.
    pub compress: bool,
    /// Whether its texts will wait beside it until they can be redacted.
    pub holds_back: bool,
    /// Where the process will write, for [`Way::Signal`]: the directory, whether it may write there,
    /// and the free bytes.
    pub remote: Option<(String, Option<bool>, Option<u64>)>,
    /// The largest pause that the caller allows.
    pub max_pause: Option<Duration>,
}

/// Judges.
pub fn preflight(known: &Known<'_>) -> Preflight {
    let cpus = known.surroundings.and_then(|around| around.cpus);
    let prediction = model::predict(known.identity, known.process, cpus, known.left);
    let mut checks = vec![identity(known)];
    checks.extend(signal(known));
    checks.push(memory(known, prediction.as_ref()));
    checks.push(pause(known, prediction.as_ref()));
    checks.extend(disk(known, prediction.as_ref()));
    checks.extend(remote(known, prediction.as_ref()));
    Preflight { checks, prediction }
}

mod checks;
mod harm;
pub use checks::RAISE_ITS_LIMIT;
use checks::{disk, identity, memory, pause, remote, signal};
pub use harm::why_harmful;

#[cfg(test)]
mod tests;
