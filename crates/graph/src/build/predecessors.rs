//! Who points to whom, in preorder numbers.

use std::sync::atomic::{AtomicU32, Ordering};

use heapglass_format::Result;
use heapglass_format::buffer::Scratch;
use heapglass_format::container::{ContainerWriter, RowReader};

use super::bits::{Bits, get, ones};
use super::dominators::Predecessors;
use super::pipeline::both;

/// Essential predecessors of all nodes, and the edges that are not essential.
pub(super) struct Retainers {
    /// Essential ones, as the dominator pass wants them.
    pub(super) essential: Predecessors,
    /// `[target, source]` ordinals of every other edge, ascending.
    pub(super) others: Vec<[u32; 2]>,
}

impl Retainers {
    /// Those of the nodes in `among` (a bit for each ordinal) that exactly one edge leads to.
    pub(super) fn with_one_edge(&self, among: &[u64], number: &[u32]) -> Vec<u32> {
        let first = &self.essential.first;
        let mut others = self.others.iter().map(|pair| pair[0]).peekable();
        let has_one_edge = |node: &u32| {
            while others.next_if(|target| target < node).is_some() {}
            let mut count = 0;
            while others.next_if_eq(node).is_some() {
                count += 1;
            }
            let at = number[*node as usize] as usize;
            count + first[at + 1] - first[at] == 1
        };
        ones(among).filter(has_one_edge).collect()
    }
}

/// What the edges are sorted by.
pub(super) struct SortRules<'a> {
    pub(super) first_edge: &'a [u32],
    pub(super) root: u32,
    /// For each edge ordinal: essential, leaving aside what the page owns and edges from a node to
    /// itself.
    pub(super) essential: &'a [u64],
    /// Ordinals of the broken edges, ascending.
    pub(super) broken: &'a [u32],
    /// For each node ordinal its preorder number.
    pub(super) number: &'a [u32],
    pub(super) page_owned: &'a Bits,
}

/// Sorts the edges by target, by counting. The targets are streamed from the work file twice, so
/// that they need not lie in memory beside the result.
///
/// With two threads each takes half of the sources, counts on its own, and then fills places that
/// belong to it alone; the result does not depend on timing.
///
/// Cost: two random accesses an edge. Memory: 4 bytes an essential edge, 8 any other one, 4 a
/// node and thread.
pub(super) fn sort_by_target(
    writer: &ContainerWriter,
    rules: &SortRules<'_>,
    threads: usize,
    scratch: &Scratch,
) -> Result<Retainers> {
    let nodes = rules.number.len();
    let targets = writer.rows::<u32>("edge_to")?;
    let edges = rules.first_edge[nodes] as usize;
    let middle = if threads > 1 { edges / 2 } else { edges };
    let (near, far) = (
        Part { rules, targets: &targets, start: 0, end: middle },
        Part { rules, targets: &targets, start: middle, end: edges },
    );
    // Cursors stand one place up: when all edges are in place, the cursors of the far part have
    // reached the ends of the lists, which are the starts of the next ones.
    let mut first = scratch.filled(nodes + 1, 0u32)?;
    let mut near_cursors = scratch.filled(nodes, 0u32)?;
    let (near_others, far_others) =
        both(threads, || near.count(&mut near_cursors), || far.count(&mut first[1..]))?;
    let mut end = 0;
    for (near, far) in near_cursors.iter_mut().zip(&mut first[1..]) {
        let (near_count, far_count) = (*near, *far);
        *near = end;
        *far = end + near_count;
        end += near_count + far_count;
    }
    let mut from = scratch.take::<u32>(end as usize)?;
    let places = from.as_atomic();
    let (mut others, mut far_list) = both(
        threads,
        || near.fill(&mut near_cursors, places, near_others),
        || far.fill(&mut first[1..], places, far_others),
    )?;
    scratch.give(near_cursors);
    others.append(&mut far_list);
    others.sort_unstable();
    Ok(Retainers { essential: Predecessors { first, from }, others })
}

/// The edges from ordinal `start` to `end`.
struct Part<'a> {
    rules: &'a SortRules<'a>,
    targets: &'a RowReader<u32>,
    start: usize,
    end: usize,
}

/// Targets read at once.
const BLOCK: usize = 1 << 16;

impl Part<'_> {
    /// Adds the essential edges into each node to `counts`, by preorder number; returns how many
    /// edges are not essential.
    fn count(&self, counts: &mut [u32]) -> Result<usize> {
        let number = self.rules.number;
        let mut others = 0;
        self.edges(|_, target, is_essential| match is_essential {
            true => counts[number[target as usize] as usize] += 1,
            false => others += 1,
        })?;
        Ok(others)
    }

    /// Puts the numbers of the sources to their places; returns `[target, source]` of the edges
    /// that are not essential.
    fn fill(
        &self,
        cursors: &mut [u32],
        places: &[AtomicU32],
        others: usize,
    ) -> Result<Vec<[u32; 2]>> {
        let number = self.rules.number;
        let mut list = Vec::with_capacity(others);
        self.edges(|source, target, is_essential| match is_essential {
            true => {
                let cursor = &mut cursors[number[target as usize] as usize];
                places[*cursor as usize].store(number[source as usize], Ordering::Relaxed);
                *cursor += 1;
            }
            false => list.push([target, source]),
        })?;
        Ok(list)
    }

    /// Calls `visit` with source, target and whether the edge is essential, for every edge that
    /// is not broken.
    #[inline(always)]
    fn edges(&self, mut visit: impl FnMut(u32, u32, bool)) -> Result<()> {
        let SortRules { first_edge, root, essential, page_owned, broken, .. } = *self.rules;
        let page = page_owned.words();
        let mut block = Vec::new();
        let mut edge = self.start;
        let mut node =
            first_edge.partition_point(|&first| first as usize <= edge).saturating_sub(1);
        while edge < self.end {
            self.targets.read(edge, BLOCK.min(self.end - edge), &mut block)?;
            let mut rest = &block[..];
            while !rest.is_empty() {
                while first_edge[node + 1] as usize <= edge {
                    node += 1;
                }
                let source = node as u32;
                let anywhere = source == root || get(page, source);
                let count = (first_edge[node + 1] as usize - edge).min(rest.len());
                let (of_node, others) = rest.split_at(count);
                for (&target, edge) in of_node.iter().zip(edge as u32..) {
                    let is_essential = source != target
                        && get(essential, edge)
                        && (anywhere || !get(page, target));
                    // A broken edge is stored as one from its source to itself.
                    if is_essential || source != target || broken.binary_search(&edge).is_err() {
                        visit(source, target, is_essential);
                    }
                }
                edge += count;
                rest = others;
            }
        }
        Ok(())
    }
}
