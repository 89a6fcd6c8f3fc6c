//! The whole answer of `report`, as data.

use heapglass_graph::{Finding, Graph, SnapshotInfo, Statistics};

use crate::{ObjectSummary, Suspect, SuspectOptions};

/// What goes into a verdict.
#[derive(Debug, Clone, Default)]
pub struct VerdictOptions {
    /// When something stands out.
    pub suspects: SuspectOptions,
    /// How many of the biggest objects to list.
    pub objects: usize,
}

/// The verdict on a snapshot. Wording is the report's business.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Counts and sizes.
    pub info: SnapshotInfo,
    /// What the heap consists of.
    pub statistics: Statistics,
    /// What stands out, largest first; empty is a verdict too: nothing does.
    pub suspects: Vec<Suspect>,
    /// Sum of the suspects' retained sizes, in bytes.
    pub explained_size: u64,
    /// The biggest objects, none inside another.
    pub biggest_objects: Vec<ObjectSummary>,
    /// Number of detached DOM nodes, and what they retain together, in bytes.
    pub detached: Option<(u64, u64)>,
    /// What was odd in the file.
    pub findings: Vec<Finding>,
}

/// Passes the verdict. Cost: a few passes over the nodes.
pub fn verdict(graph: &Graph, options: &VerdictOptions) -> Verdict {
    let _ = (graph, options);
    unimplemented!()
}
