//! Objects of which none lies inside another.

use std::collections::BTreeMap;

use heapglass_graph::{Graph, Ordinal};

/// Objects of which none dominates another.
#[derive(Debug, Default)]
pub(crate) struct Apart {
    /// For each object where what it dominates begins in the dominator tree's preorder, and where that ends.
    subtrees: BTreeMap<u32, u32>,
}

impl Apart {
    /// Adds an object, unless it lies inside one of these or one of these lies inside it; says whether it did.
    ///
    /// Cost: a search among as many as there are.
    pub(crate) fn insert(&mut self, graph: &Graph, node: Ordinal) -> bool {
        let start = graph.tree_position(node);
        let end = start.saturating_add(graph.retained_count(node).max(1));
        let before = self.subtrees.range(..=start).next_back();
        let is_inside = before.is_some_and(|(_, &end)| start < end);
        let has_inside = self.subtrees.range(start..end).next().is_some();
        let is_apart = !is_inside && !has_inside;
        if is_apart {
            self.subtrees.insert(start, end);
        }
        is_apart
    }
}
