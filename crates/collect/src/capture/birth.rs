//! Telling a process from a later one that has its number: in a container the main process always has the number 1.

use super::{Captured, Error, Job};
use crate::facts::ProcessFacts;
use crate::inspector::Identity;
use crate::place::{Place, RawProcess};

/// How far apart two answers of one process may be, in seconds. A second process cannot begin so soon after.
const APART: f64 = 0.5;

/// When a process began, as far as that is known; by default nothing is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Birth {
    /// By the kernel, seen from outside, in its ticks since boot.
    pub kernel: Option<u64>,
    /// By the process's own word, in seconds of its machine's clock since some time.
    pub own: Option<f64>,
    /// The number that it has for itself.
    pub pid: Option<u32>,
}

impl Birth {
    /// What is known of a process from outside, and by its own word.
    pub fn of(process: Option<&ProcessFacts>, identity: Option<&Identity>) -> Birth {
        Birth {
            kernel: process.and_then(|process| process.started),
            own: identity.and_then(|identity| identity.started),
            pid: identity.and_then(|identity| identity.pid),
        }
    }

    /// Whether these are two processes. What is known of one of them alone tells nothing.
    pub fn differs(&self, other: &Birth) -> bool {
        let apart = |(one, other): (f64, f64)| (one - other).abs() > APART;
        self.kernel.zip(other.kernel).is_some_and(|(one, other)| one != other)
            || self.own.zip(other.own).is_some_and(apart)
            || self.pid.zip(other.pid).is_some_and(|(one, other)| one != other)
    }
}

impl Captured {
    /// What tells the process from a later one.
    pub fn birth(&self) -> Birth {
        Birth::of(self.process.as_ref(), self.identity.as_ref())
    }
}

/// Whether a process that was seen before has its number no more, or is a zombie.
pub(super) fn is_over(raw: Option<&RawProcess>, before: &ProcessFacts) -> bool {
    let differs =
        |raw: &RawProcess| raw.started.zip(before.started).is_some_and(|(one, other)| one != other);
    raw.is_none_or(|raw| differs(raw) || crate::facts::Status::new(&raw.status).is_dead)
}

impl<P: Place> Job<'_, P> {
    /// What is said of a process that is not there: where it was seen before, it is not the number that is wrong.
    pub(super) fn not_there(&self, pid: u32, started: Option<u64>) -> Error {
        match started {
            Some(_) => Error::Replaced,
            None => Error::NoProcess(pid, self.place.name()),
        }
    }

    /// Looks at a process once more; an error if it is there no more, or another one has its number.
    pub(super) async fn still_there(&self, process: &ProcessFacts) -> Result<ProcessFacts, Error> {
        let processes = self.place.processes().await?;
        let raw = processes.iter().find(|raw| raw.pid == process.pid);
        let Some(now) = raw.filter(|_| !is_over(raw, process)) else {
            return Err(self.not_there(process.pid, process.started));
        };
        Ok(ProcessFacts::new(now))
    }

    /// An error if what answers at a port is another process than the one that was looked at. The main processes of all
    /// containers have one number, and those of pods in the node's own network have one port.
    pub(super) async fn is_it(&self, identity: &Identity, port: u16) -> Result<(), Error> {
        let Some(process) = &self.process else { return Ok(()) };
        let wanted = process.inner_pid();
        if let Some(found) = identity.pid.filter(|found| *found != wanted) {
            return Err(Error::WrongProcess { port, found, wanted });
        }
        if identity.born.zip(process.started).is_none_or(|(own, seen)| own == seen) {
            return Ok(());
        }
        // Else a later one may have its number.
        let is_over = self.has_ended().await;
        Err(if is_over { Error::Replaced } else { Error::OtherContainer { port, pid: wanted } })
    }

    /// An error if the process is another one than the one that is meant.
    pub(super) fn is_meant(&self, identity: Option<&Identity>) -> Result<(), Error> {
        let birth = Birth::of(self.process.as_ref(), identity);
        if self.options.born.differs(&birth) { Err(Error::Replaced) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_both_tells_them_apart() {
        let birth = |kernel, own, pid| Birth { kernel, own, pid };
        let known = birth(Some(100), Some(1.0), Some(1));
        for (other, differs) in [
            (Birth::default(), false),
            (known, false),
            (birth(Some(101), None, None), true),
            (birth(None, Some(1.2), None), false),
            (birth(None, Some(1.6), Some(1)), true),
            (birth(Some(100), None, Some(2)), true),
        ] {
            assert_eq!(known.differs(&other), differs, "{other:?}");
            assert_eq!(other.differs(&known), differs, "{other:?}");
        }
    }
}
