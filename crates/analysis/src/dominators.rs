//! The dominator tree.

use heapglass_graph::{ClassIndex, Graph, Ordinal};

use crate::{ObjectSummary, Row};

/// How much of the dominator tree to give.
#[derive(Debug, Clone)]
pub struct DominatorOptions {
    /// Levels below the start, at least 1.
    pub depth: u32,
    /// At most this many rows below each node; `None` for all.
    pub limit: Option<usize>,
    /// Leave out what retains less than this share of the whole heap (0.01 is 1 %).
    pub min_share: f64,
    /// Put siblings of one class together when there are at least this many of them.
    pub group_from: usize,
    /// At most this many rows altogether.
    pub max_rows: usize,
}

impl Default for DominatorOptions {
    fn default() -> Self {
        DominatorOptions { depth: 4, limit: Some(20), min_share: 0.01, group_from: 10, max_rows: 100_000 }
    }
}

/// A row of the dominator tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Dominated {
    /// One object.
    Object(ObjectSummary),
    /// Siblings of one class: `[1234 × Session]`. Their own subtrees are not opened.
    Group {
        /// Their class.
        class: ClassIndex,
        /// Its name.
        class_name: String,
        /// How many they are.
        count: u64,
        /// Sum of their shallow sizes, in bytes.
        shallow_size: u64,
        /// Sum of their retained sizes (siblings do not overlap), in bytes.
        retained_size: u64,
        /// The one that retains most.
        largest: Box<ObjectSummary>,
    },
}

impl Dominated {
    /// What the row retains, in bytes.
    pub fn retained_size(&self) -> u64 {
        match self {
            Dominated::Object(object) => object.retained_size,
            Dominated::Group { retained_size, .. } => *retained_size,
        }
    }
}

/// The dominator tree below `from` (its first row), largest retained size first. Cost: the
/// children of the opened nodes.
pub fn dominators(graph: &Graph, from: Ordinal, options: &DominatorOptions) -> Vec<Row<Dominated>> {
    let _ = (graph, from, options);
    unimplemented!()
}

/// The chain of dominators of `node`, from its immediate dominator up to the root; at most
/// `limit`, the nearest.
pub fn dominators_of(graph: &Graph, node: Ordinal, limit: usize) -> Vec<ObjectSummary> {
    let _ = (graph, node, limit);
    unimplemented!()
}
