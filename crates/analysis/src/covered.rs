//! Memory that is counted or named already, so that nothing in it is once more.

use std::cmp::Reverse;
use std::iter::Peekable;
use std::slice::Iter;

use heapglass_graph::{Graph, Ordinal};

use crate::sums::saturating_sum;

/// Bytes that the wanted nodes retain together, each once. Cost: a pass over the nodes.
pub(crate) fn retained_together(graph: &Graph, wanted: impl Fn(Ordinal) -> bool) -> u64 {
    let (mut sum, mut covered_until) = (0u64, 0u64);
    for (&node, at) in graph.dominator_preorder().iter().zip(0u64..) {
        let node = Ordinal(node);
        if at >= covered_until && wanted(node) {
            sum = sum.saturating_add(graph.retained_size(node));
            covered_until = at + u64::from(graph.retained_count(node).max(1));
        }
    }
    sum
}

/// Subtrees of the dominator tree.
pub(crate) struct Covered {
    /// Ascending, none inside another.
    parts: Vec<Part>,
}

/// A subtree.
struct Part {
    /// Where it begins in [`Graph::dominator_preorder`], and where it ends.
    start: usize,
    end: usize,
    /// Bytes of what is in it.
    retained_size: u64,
}

impl Covered {
    /// What these nodes retain.
    pub(crate) fn of(graph: &Graph, nodes: &[Ordinal]) -> Covered {
        let mut covered = Covered { parts: Vec::new() };
        covered.add(graph, nodes);
        covered
    }

    /// Adds what these nodes retain. Cost: sorting all parts.
    pub(crate) fn add(&mut self, graph: &Graph, nodes: &[Ordinal]) {
        self.parts.extend(nodes.iter().map(|&node| {
            let start = graph.tree_position(node) as usize;
            let end = start + graph.retained_count(node).max(1) as usize;
            Part { start, end, retained_size: graph.retained_size(node) }
        }));
        self.parts.sort_unstable_by_key(|part| (part.start, Reverse(part.end)));
        let mut covered_until = 0;
        self.parts.retain(|part| {
            let is_outermost = part.start >= covered_until;
            covered_until = covered_until.max(part.end);
            is_outermost
        });
    }

    /// To go past the parts in the order of [`Graph::dominator_preorder`].
    pub(crate) fn walk(&self) -> Walk<'_> {
        Walk { parts: self.parts.iter().peekable() }
    }
}

/// A walk past the parts, of which the positions only go up.
pub(crate) struct Walk<'a> {
    parts: Peekable<Iter<'a, Part>>,
}

impl Walk<'_> {
    /// Where the part ends that a position is in; `None` if it is in none.
    pub(crate) fn end_of_part_at(&mut self, position: usize) -> Option<usize> {
        while self.parts.next_if(|part| part.end <= position).is_some() {}
        self.parts.peek().filter(|part| part.start <= position).map(|part| part.end)
    }

    /// Bytes of the parts that are still to come and begin before `end`.
    pub(crate) fn size_before(&self, end: usize) -> u64 {
        let parts = self.parts.clone().take_while(|part| part.start < end);
        saturating_sum(parts.map(|part| part.retained_size))
    }
}
