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

/// The steps of opening a snapshot, in order: finer than phases, for measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// Reading and parsing the file.
    Read,
    /// What nodes and edges are to the passes.
    Facts,
    /// The walks in depth and in breadth, moved sizes, classes of nodes.
    Walks,
    /// Sorting edges by target, and immediate dominators.
    Dominators,
    /// The dominator tree and retained sizes.
    Tree,
    /// Statistics, and the figures of classes.
    Sums,
    /// Finishing the index.
    Write,
}

/// Receives progress, and may ask the work to stop. Called from several threads.
pub trait Progress: Sync {
    /// `done` of `total` units of `phase`; `total` is 0 where it is not known.
    fn update(&self, phase: Phase, done: u64, total: u64);

    /// `step` begins, and the one before it is over.
    fn begin(&self, _step: Step) {}

    /// True as soon as the work should stop with [`crate::Error::Cancelled`].
    fn cancelled(&self) -> bool {
        false
    }
}

/// No progress, no cancelling.
impl Progress for () {
    fn update(&self, _: Phase, _: u64, _: u64) {}
}
