//! Who holds an object: the Retainers pane.

use heapglass_graph::{Distance, Graph, Ordinal};

use crate::{EdgeLabel, ObjectSummary, Row};

/// How much of the retainer tree to give.
#[derive(Debug, Clone)]
pub struct RetainerOptions {
    /// Levels of which every row is opened, at least 1.
    pub depth: u32,
    /// Levels to which, beyond `depth`, the nearest retainer of the first row is followed until it
    /// has distance 1 (DevTools: 20).
    pub follow_nearest: u32,
    /// At most this many retainers of each node; `None` for all.
    pub limit: Option<usize>,
    /// Show weak edges too.
    pub weak: bool,
    /// Show edges from the synthetic root too.
    pub root: bool,
    /// DevTools' "ignore this retainer": distances are those of a heap where no path enters these.
    pub ignore: Vec<Ordinal>,
    /// At most this many rows altogether.
    pub max_rows: usize,
}

impl Default for RetainerOptions {
    fn default() -> Self {
        RetainerOptions {
            depth: 1,
            follow_nearest: 20,
            limit: Some(100),
            weak: false,
            root: false,
            ignore: Vec::new(),
            max_rows: 100_000,
        }
    }
}

/// A row of the retainer tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Retainer {
    /// The edge from this object to the one above it.
    pub edge: EdgeLabel,
    /// The holder. Its `distance` is the plain one.
    pub object: ObjectSummary,
    /// The holder's distance as this view counts it; `None` if it cannot be reached without the
    /// ignored nodes.
    pub distance: Option<Distance>,
    /// Whether the object stands above itself in the tree; then it is not opened again.
    pub cycle: bool,
    /// Whether the user asked to ignore it.
    pub ignored: bool,
}

/// The Retainers pane of one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Retainers {
    /// The tree in preorder; retainers of one object stand nearest first (distance, then the
    /// order of DevTools), unreachable ones last.
    pub rows: Vec<Row<Retainer>>,
    /// The object's own distance in this view.
    pub distance: Option<Distance>,
}

/// The retainers of `node`. Cost: the out-edges of the retainers of the opened nodes; with
/// ignored nodes one pass over all edges more.
///
/// Source: `JSHeapSnapshot.retainingEdgesFilter`, `ignoreNodeInRetainersView`.
pub fn retainers(graph: &Graph, node: Ordinal, options: &RetainerOptions) -> Retainers {
    let _ = (graph, node, options);
    unimplemented!()
}
