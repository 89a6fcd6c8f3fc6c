//! How long work tells how far it is, and how it is asked to stop.

/// The phases of opening a snapshot, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Reading and parsing the file; units are bytes of the file.
    Read,
    /// Graph passes: distances, dominators, sizes, classes; units are passes.
    Analyse,
    /// Writing the index; units are bytes.
    Write,
}

/// Receives progress, and may ask the work to stop. Called from several threads.
pub trait Progress: Sync {
    /// `done` of `total` units of `phase`; `total` is 0 where it is not known.
    fn update(&self, phase: Phase, done: u64, total: u64);

    /// True as soon as the work should stop with [`crate::Error::Cancelled`].
    fn cancelled(&self) -> bool {
        false
    }
}

/// No progress, no cancelling.
impl Progress for () {
    fn update(&self, _: Phase, _: u64, _: u64) {}
}
