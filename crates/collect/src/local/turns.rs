//! Turns among all captures of this machine: a lock on the process's own directory in `/proc`. It leaves no file behind,
//! ends with whoever holds it, and is not that of a later process with the same number.

#[cfg(target_os = "linux")]
use std::fs::File;

use crate::place::Turn;

/// The turn to take a snapshot of a process; `None` while somebody else has it. Where it cannot be locked nobody waits.
#[cfg(target_os = "linux")]
pub(super) fn of(pid: u32) -> Option<Turn> {
    use rustix::fs::{FlockOperation, flock};
    let Ok(directory) = File::open(format!("/proc/{pid}")) else { return Some(Turn::default()) };
    match flock(&directory, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Some(Turn::holding(directory)),
        Err(rustix::io::Errno::WOULDBLOCK) => None,
        Err(_) => Some(Turn::default()),
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn of(_: u32) -> Option<Turn> {
    Some(Turn::default())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::of;

    #[test]
    fn one_has_the_turn_until_it_is_done() {
        let pid = std::process::id();
        let first = of(pid).unwrap();
        assert!(of(pid).is_none());
        drop(first);
        assert!(of(pid).is_some());
        // Of a process that is not there nobody waits for anybody.
        let (one, other) = (of(u32::MAX), of(u32::MAX));
        assert!(one.is_some() && other.is_some());
    }
}
