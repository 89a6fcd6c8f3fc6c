//! Whether growth goes on in one and the same place. An object below which one table was filled yesterday and another one is
//! filled today has grown both times, and nothing in it has.

use heapglass_graph::{Graph, Ordinal};

use super::growth::Growth;
use super::points::History;
use crate::roles::is_program_object;

/// What came below a node, and where that is in the dominator tree's preorder.
struct Part {
    start: u32,
    end: u32,
    survived: u64,
    recent: u64,
}

impl Part {
    fn of(graph: &Graph, growth: &Growth, node: Ordinal) -> Part {
        let start = graph.tree_position(node);
        Part {
            start,
            end: start.saturating_add(graph.retained_count(node).max(1)),
            survived: growth.survived(node),
            recent: growth.recent(node),
        }
    }

    fn take_away(&mut self, part: &Part) {
        self.survived = self.survived.saturating_sub(part.survived);
        self.recent = self.recent.saturating_sub(part.recent);
    }
}

impl History<'_> {
    /// What of the growth below an object goes on, in bytes for each interval: in its own stores, and in each object right
    /// below it for itself. What lies below `apart` is left out. Cost: the nodes that it dominates immediately, or through V8's
    /// own.
    pub(super) fn goes_on_below(&self, last: &Graph, node: Ordinal, apart: &[Ordinal]) -> u64 {
        let mut own = Part::of(last, self.growth, node);
        let mut parts: Vec<Part> = Vec::new();
        let mut open = vec![node];
        // An index made by hand may have a tree that goes round in a circle.
        let mut patience = last.node_count();
        while let Some(above) = open.pop()
            && patience > 0
        {
            patience -= 1;
            for child in last.dominated(above) {
                if is_program_object(last, child) {
                    let part = Part::of(last, self.growth, child);
                    own.take_away(&part);
                    parts.push(part);
                } else {
                    open.push(child);
                }
            }
        }
        parts.sort_unstable_by_key(|part| part.start);
        for &below in apart.iter().filter(|&&below| last.dominates(node, below)) {
            let left_out = Part::of(last, self.growth, below);
            let before = parts.partition_point(|part| part.start <= left_out.start);
            let around = before.checked_sub(1).and_then(|at| parts.get_mut(at));
            match around.filter(|part| left_out.start < part.end) {
                Some(part) => part.take_away(&left_out),
                None => own.take_away(&left_out),
            }
        }
        parts.iter().chain(std::iter::once(&own)).fold(0, |sum: u64, part| {
            sum.saturating_add(self.growth.lasting_of(part.survived, part.recent))
        })
    }
}
