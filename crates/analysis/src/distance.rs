//! Distances when some nodes are ignored.

use heapglass_graph::Graph;

use crate::NodeSet;

/// For each node ordinal its distance when no path may enter a node of `ignored`; with nothing
/// ignored these are the graph's own. Cost: one pass over all edges.
///
/// Source: `JSHeapSnapshot.calculateDistances`.
pub fn distances_without(graph: &Graph, ignored: &NodeSet) -> Vec<i32> {
    let _ = (graph, ignored);
    unimplemented!()
}
