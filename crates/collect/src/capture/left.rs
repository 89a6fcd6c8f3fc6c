//! What snapshots leave in a process. What V8 took for one is given back to the C library, which keeps most of it: it is
//! resident, and no heap, and the next snapshot takes it again. With Node.js 12 to 26 a process whose heap stayed as it was had
//! the same peak at each snapshot of a series (docs/capture-measured.md). The program may take it before that: where 260 MB were
//! left and Buffers took 98 MB, the next snapshot of a process of Node.js 20.20.2 needed 143 MB more (2026-11-30).

use super::Job;
use crate::inspector::Identity;
use crate::place::Place;

/// What the snapshots of one series have left in the process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Left {
    /// The process before the first.
    first: Option<Size>,
    bytes: u64,
}

/// How large a process is at one time, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Size {
    /// Its resident memory.
    pub(super) resident: u64,
    /// What of its memory the program has in use, by its own figures; `None` where it was not asked.
    pub(super) used: Option<u64>,
}

impl Left {
    /// Adds what a snapshot of the main thread left: the size of the process before, and the resident memory after it.
    pub(super) fn add(&mut self, before: Option<Size>, after: Option<u64>) {
        let (Some(before), Some(after)) = (before, after) else { return };
        self.first.get_or_insert(before);
        self.bytes = self.of(before).saturating_add(after.saturating_sub(before.resident));
    }

    /// How much of it is there in a process of this size: neither what was given back to the system counts nor what the
    /// program has taken for itself since. Which memory that took is not seen; the less favourable is believed.
    fn of(self, now: Size) -> u64 {
        let Some(first) = self.first else { return 0 };
        let taken = match (now.used, first.used) {
            (Some(now), Some(first)) => now.saturating_sub(first),
            _ => 0,
        };
        self.bytes.min(now.resident.saturating_sub(first.resident).saturating_sub(taken))
    }
}

/// What a program has in use: its heap, and what lies outside of it as Buffers do.
pub(super) fn used(identity: &Identity) -> Option<u64> {
    let heap = identity.heap.as_ref()?;
    Some(heap.total_heap_size.saturating_add(heap.external_memory))
}

impl<P: Place> Job<'_, P> {
    /// How much of the process's memory earlier snapshots have left, by what it says of itself; 0 where its memory is not
    /// seen.
    pub(super) fn left_now(&self, identity: Option<&Identity>) -> u64 {
        let resident = self.process.as_ref().and_then(|process| process.status.resident);
        let used = identity.and_then(used);
        resident.map_or(0, |resident| self.left.of(Size { resident, used }))
    }
}

#[cfg(test)]
mod tests {
    use super::{Left, Size};

    fn outside(resident: u64) -> Size {
        Size { resident, used: None }
    }

    #[test]
    fn what_grew_between_snapshots_is_not_left_by_them() {
        let mut left = Left::default();
        assert_eq!(left.of(outside(500)), 0);
        left.add(Some(outside(70)), Some(270));
        assert_eq!(left.of(outside(270)), 200);
        // The heap has grown by 50 meanwhile.
        assert_eq!(left.of(outside(320)), 200);
        left.add(Some(outside(320)), Some(330));
        assert_eq!(left.of(outside(330)), 210);
        // Most was given back to the system.
        assert_eq!(left.of(outside(100)), 30);
        left.add(Some(outside(100)), Some(150));
        assert_eq!(left.of(outside(150)), 80);
        // Where a process is smaller afterwards, or is not seen, nothing is left.
        left.add(Some(outside(150)), Some(60));
        left.add(None, Some(900));
        assert_eq!((left.of(outside(60)), left.of(outside(150))), (0, 80));
    }

    #[test]
    fn what_the_program_took_meanwhile_is_not_there_for_the_next() {
        let size = |resident, used| Size { resident, used: Some(used) };
        let mut left = Left::default();
        left.add(Some(size(70, 50)), Some(270));
        for (now, expected) in [
            (size(270, 50), 200),
            // The heap has grown, into memory of its own.
            (size(370, 150), 200),
            // Buffers have taken a part of what was left, or all of it and more.
            (size(270, 200), 50),
            (size(270, 250), 0),
            (size(300, 900), 0),
            // What the program has given up since is not sure to be there.
            (size(170, 10), 100),
            (outside(270), 200),
        ] {
            assert_eq!(left.of(now), expected, "{now:?}");
        }
        // The next one took as much, and found a part of it.
        left.add(Some(size(270, 200)), Some(420));
        assert_eq!(left.of(size(420, 200)), 200);
    }
}
