//! Turns among all captures of this machine: a lock on the process's own directory in `/proc`. It leaves no file behind,
//! ends with whoever holds it, and is not that of a later process with the same number.
//!
//! Anybody may open that directory, and so lock it. Who could not take a snapshot of the process is not waited for.

#[cfg(target_os = "linux")]
use std::fs::File;

use crate::place::{Busy, Turn};

/// The turn to take a snapshot of a process; an error while somebody else has it. Where it cannot be locked nobody waits.
#[cfg(target_os = "linux")]
pub(super) fn of(pid: u32) -> Result<Turn, Busy> {
    use rustix::fs::{FlockOperation, flock};
    let Ok(directory) = File::open(format!("/proc/{pid}")) else { return Ok(Turn::default()) };
    match flock(&directory, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Turn::holding(directory)),
        Err(rustix::io::Errno::WOULDBLOCK) => match holder(&directory) {
            // The kernel does not tell who has it.
            None => Err(Busy::default()),
            Some(holder) if may_capture(owner(holder), owner(pid)) => {
                Err(Busy { by: Some(named(holder)) })
            }
            Some(_) => Ok(Turn::default()),
        },
        Err(_) => Ok(Turn::default()),
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn of(_: u32) -> Result<Turn, Busy> {
    Ok(Turn::default())
}

/// The process that has the lock on a file; `None` where that is not told, as of one outside our container.
#[cfg(target_os = "linux")]
fn holder(file: &File) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let metadata = file.metadata().ok()?;
    let (major, minor) = (rustix::fs::major(metadata.dev()), rustix::fs::minor(metadata.dev()));
    let locked = format!("{major:02x}:{minor:02x}:{}", metadata.ino());
    holder_in(&super::text("/proc/locks"), &locked)
}

/// The process that has the lock on a file, by `/proc/locks`: `1: FLOCK  ADVISORY  WRITE 3337 00:15:3429937 0 EOF`. Those
/// that wait for it have an arrow before `FLOCK`.
#[cfg(target_os = "linux")]
fn holder_in(locks: &str, locked: &str) -> Option<u32> {
    locks.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        if words.next() != Some("FLOCK") {
            return None;
        }
        let pid = words.nth(2)?;
        (words.next() == Some(locked)).then(|| pid.parse().ok()).flatten().filter(|pid| *pid > 0)
    })
}

/// The user whose process it is; `None` if it is there no more.
#[cfg(target_os = "linux")]
fn owner(pid: u32) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(format!("/proc/{pid}")).ok().map(|metadata| metadata.uid())
}

/// Whether a user may take a snapshot of another's process: root may, and so may the process's own. Of whom nothing is
/// known it is assumed.
#[cfg(target_os = "linux")]
fn may_capture(who: Option<u32>, of: Option<u32>) -> bool {
    who.is_none_or(|who| who == 0 || of.is_none_or(|of| of == who))
}

/// Letters of a command line that are told.
#[cfg(target_os = "linux")]
const LETTERS: usize = 100;

/// How a person finds a process.
#[cfg(target_os = "linux")]
fn named(pid: u32) -> String {
    let command = super::text(&format!("/proc/{pid}/cmdline")).replace('\0', " ");
    match command.trim() {
        "" => format!("process {pid}"),
        command => format!("process {pid}: {}", command.chars().take(LETTERS).collect::<String>()),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn one_has_the_turn_until_it_is_done() {
        let pid = std::process::id();
        let first = of(pid).unwrap();
        let busy = of(pid).unwrap_err();
        // Not every sandbox tells who has a lock.
        let is_own = |by: &String| by.starts_with(&format!("process {pid}: "));
        assert!(busy.by.as_ref().is_none_or(is_own), "{busy:?}");
        drop(first);
        assert!(of(pid).is_ok());
        // Of a process that is not there nobody waits for anybody.
        let (one, other) = (of(u32::MAX), of(u32::MAX));
        assert!(one.is_ok() && other.is_ok());
    }

    #[test]
    fn who_has_a_lock_is_told_from_who_waits_for_it() {
        let locks = "1: -> FLOCK  ADVISORY  WRITE 11 00:15:42 0 EOF\n\
                     2: POSIX  ADVISORY  WRITE 12 00:15:42 0 EOF\n\
                     3: FLOCK  ADVISORY  WRITE 13 fe:00:42 0 EOF\n\
                     4: FLOCK  ADVISORY  WRITE 14 00:15:42 0 EOF\n\
                     5: FLOCK  ADVISORY  WRITE -1 00:15:43 0 EOF\n";
        assert_eq!(holder_in(locks, "00:15:42"), Some(14));
        assert_eq!(holder_in(locks, "00:15:43"), None, "in another container");
        assert_eq!(holder_in(locks, "00:15:44"), None);
    }

    #[test]
    fn who_could_take_no_snapshot_is_not_waited_for() {
        for (who, of, expected) in [
            (Some(0), Some(1000), true),
            (Some(1000), Some(1000), true),
            (Some(65534), Some(1000), false),
            (Some(1000), Some(0), false),
            (None, Some(0), true),
            (Some(1000), None, true),
        ] {
            assert_eq!(may_capture(who, of), expected, "{who:?} {of:?}");
        }
    }
}
