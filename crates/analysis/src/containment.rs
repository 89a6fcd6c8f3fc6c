//! What an object holds: the Containment view.

use heapglass_graph::{Graph, Ordinal};

use crate::{EdgeLabel, ObjectSummary, Row};

/// How much of the containment tree to give.
#[derive(Debug, Clone)]
pub struct ContainmentOptions {
    /// Levels below the start, at least 1.
    pub depth: u32,
    /// At most this many children of each node; `None` for all.
    pub limit: Option<usize>,
    /// Largest retained size first, instead of the file's order.
    pub by_retained_size: bool,
    /// At most this many rows altogether.
    pub max_rows: usize,
}

impl Default for ContainmentOptions {
    fn default() -> Self {
        ContainmentOptions { depth: 1, limit: Some(100), by_retained_size: false, max_rows: 100_000 }
    }
}

/// A row of the containment tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Child {
    /// The edge that leads here.
    pub edge: EdgeLabel,
    /// Where it leads.
    pub object: ObjectSummary,
    /// Whether the object stands above itself in the tree; then it is not opened again.
    pub cycle: bool,
}

/// The tree of edges below `from`, rows in preorder, `from` itself not among them; invisible
/// edges are left out as in DevTools. Cost: the out-edges of the opened nodes.
pub fn containment(graph: &Graph, from: Ordinal, options: &ContainmentOptions) -> Vec<Row<Child>> {
    let _ = (graph, from, options);
    unimplemented!()
}
