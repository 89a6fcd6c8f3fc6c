//! What snapshots leave in a process. What V8 took for one is given back to the C library, which keeps most of it: it is
//! resident, and no heap, and the next snapshot takes it again. With Node.js 12 to 26 a process whose heap stayed as it was had
//! the same peak at each snapshot of a series (docs/capture-measured.md).

use super::Job;
use crate::place::Place;

/// What the snapshots of one series have left in the process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Left {
    /// The resident memory before the first.
    first: Option<u64>,
    bytes: u64,
}

impl Left {
    /// Adds what a snapshot of the main thread left, by the resident memory before and after.
    pub(super) fn add(&mut self, before: Option<u64>, after: Option<u64>) {
        let (Some(before), Some(after)) = (before, after) else { return };
        self.first.get_or_insert(before);
        self.bytes = self.of(before).saturating_add(after.saturating_sub(before));
    }

    /// How much of it is there while so much is resident: what was given back to the system does not count.
    fn of(self, resident: u64) -> u64 {
        self.first.map_or(0, |first| self.bytes.min(resident.saturating_sub(first)))
    }
}

impl<P: Place> Job<'_, P> {
    /// How much of the process's memory earlier snapshots have left; 0 where its memory is not seen.
    pub(super) fn left_now(&self) -> u64 {
        let resident = self.process.as_ref().and_then(|process| process.status.resident);
        resident.map_or(0, |resident| self.left.of(resident))
    }
}

#[cfg(test)]
mod tests {
    use super::Left;

    #[test]
    fn what_grew_between_snapshots_is_not_left_by_them() {
        let mut left = Left::default();
        assert_eq!(left.of(500), 0);
        left.add(Some(70), Some(270));
        assert_eq!(left.of(270), 200);
        // The heap has grown by 50 meanwhile.
        assert_eq!(left.of(320), 200);
        left.add(Some(320), Some(330));
        assert_eq!(left.of(330), 210);
        // Most was given back to the system.
        assert_eq!(left.of(100), 30);
        left.add(Some(100), Some(150));
        assert_eq!(left.of(150), 80);
        // Where a process is smaller afterwards, or is not seen, nothing is left.
        left.add(Some(150), Some(60));
        left.add(None, Some(900));
        assert_eq!((left.of(60), left.of(150)), (0, 80));
    }
}
