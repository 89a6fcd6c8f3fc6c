//! Who points to whom: the essential edges by their target.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use heapglass_format::Result;
use heapglass_format::buffer::Scratch;
use heapglass_format::container::RowReader;

use super::Adjacency;
use super::bits::{Bits, get, ones};
use super::dominators::Predecessors;
use super::pipeline::both;

/// Essential predecessors of all nodes, and the edges that are not essential.
pub(super) struct Retainers {
    /// Essential ones without those of the search tree, as the dominator pass wants them.
    pub(super) essential: Predecessors,
    /// `[target, source]` ordinals of every other edge, ascending.
    pub(super) others: Vec<[u32; 2]>,
}

impl Retainers {
    /// Those of the nodes in `among` (a bit for each ordinal) that exactly one edge leads to.
    pub(super) fn with_one_edge(&self, among: &[u64], tree_nodes: &[u64]) -> Vec<u32> {
        let first = &self.essential.first;
        let mut others = self.others.iter().map(|pair| pair[0]).peekable();
        let has_one_edge = |node: &u32| {
            while others.next_if(|target| target < node).is_some() {}
            let mut count = u32::from(get(tree_nodes, *node));
            while others.next_if_eq(node).is_some() {
                count += 1;
            }
            let at = *node as usize;
            count + first[at + 1] - first[at] == 1
        };
        ones(among).filter(has_one_edge).collect()
    }
}

/// What the edges are sorted by.
pub(super) struct SortRules<'a> {
    pub(super) graph: Adjacency<'a>,
    pub(super) root: u32,
    /// For each edge ordinal: essential, leaving aside what the page owns and edges from a node to
    /// itself.
    pub(super) essential: &'a [u64],
    /// Ordinals of the broken edges, ascending.
    pub(super) broken: &'a [u32],
    /// For each node ordinal its preorder number.
    pub(super) numbers: &'a RowReader<u32>,
    pub(super) page_owned: &'a Bits,
    /// For each edge ordinal: belongs to the search tree.
    pub(super) tree_edges: &'a [u64],
}

/// Sorts the edges by the ordinal of their target, by counting. Edges of the search tree are left out:
/// they are known from the node's parent there, and are three of ten.
///
/// With two threads each takes half of the sources, counts on its own, and then fills places that
/// belong to it alone; the result does not depend on timing. To give each half of the targets instead
/// needs no second row of counters, but both look at all edges then, which took a fifth longer
/// (2026-11-29).
///
/// Cost: two random accesses an edge to count and to place. Sorting by the target's preorder number
/// would give lists in the order in which the dominators walk them, but costs two accesses an edge
/// more; ordinals of neighbours are near each other besides. Memory: 4 bytes an edge, 8 for one that is
/// not essential, 4 a node and thread.
pub(super) fn sort_by_target(
    rules: &SortRules<'_>,
    threads: usize,
    scratch: &Scratch,
) -> Result<Retainers> {
    let nodes = rules.numbers.len();
    let first_edge = rules.graph.first_edge;
    let half = first_edge[nodes] / 2;
    let middle = match threads {
        0 | 1 => nodes,
        _ => first_edge[..nodes].partition_point(|&first| first < half),
    };
    let near = Part { rules, sources: 0..middle as u32 };
    let far = Part { rules, sources: middle as u32..nodes as u32 };
    // Cursors stand one place up: when all edges are in place, the cursors of the far part have
    // reached the ends of the lists, which are the starts of the next ones.
    let mut first = scratch.filled(nodes + 1, 0u32)?;
    let mut near_cursors = scratch.filled(nodes, 0u32)?;
    let (near_others, far_others) =
        both(threads, || Ok(near.count(&mut near_cursors)), || Ok(far.count(&mut first[1..])))?;
    let mut end = 0;
    for (near, far) in near_cursors.iter_mut().zip(&mut first[1..]) {
        let (near_count, far_count) = (*near, *far);
        *near = end;
        *far = end + near_count;
        end += near_count + far_count;
    }
    // Memory is at its peak from here to the dominators; nothing idle is large enough for the places.
    scratch.clear();
    let mut from = scratch.take::<u32>(end as usize)?;
    let places = from.as_atomic();
    let (mut others, mut far_list) = both(
        threads,
        // With room for those of the far part, which are put behind them.
        || near.fill(&mut near_cursors, places, near_others + far_others),
        || far.fill(&mut first[1..], places, far_others),
    )?;
    scratch.give(near_cursors);
    others.append(&mut far_list);
    others.sort_unstable();
    Ok(Retainers { essential: Predecessors { first, from }, others })
}

/// The edges of some neighbouring nodes.
struct Part<'a> {
    rules: &'a SortRules<'a>,
    sources: Range<u32>,
}

impl Part<'_> {
    /// Adds the essential edges into each node to `counts`; returns how many edges are not
    /// essential.
    fn count(&self, counts: &mut [u32]) -> usize {
        let mut others = 0;
        self.edges(self.sources.clone(), |_, target, is_essential| match is_essential {
            true => counts[target as usize] += 1,
            false => others += 1,
        });
        others
    }

    /// Puts the numbers of the sources to their places; returns `[target, source]` of the edges
    /// that are not essential.
    fn fill(
        &self,
        cursors: &mut [u32],
        places: &[AtomicU32],
        others: usize,
    ) -> Result<Vec<[u32; 2]>> {
        /// Numbers read at once.
        const ROWS: u32 = 1 << 16;
        let mut list = Vec::with_capacity(others);
        let mut numbers = Vec::new();
        let Range { start, end } = self.sources;
        for start in (start..end).step_by(ROWS as usize) {
            let sources = start..start.saturating_add(ROWS).min(end);
            self.rules.numbers.read(start as usize, sources.len(), &mut numbers)?;
            self.edges(sources, |source, target, is_essential| match is_essential {
                true => {
                    let cursor = &mut cursors[target as usize];
                    let number = numbers[(source - start) as usize];
                    places[*cursor as usize].store(number, Ordering::Relaxed);
                    *cursor += 1;
                }
                false => list.push([target, source]),
            });
        }
        Ok(list)
    }

    /// Calls `visit` with source, target and whether the edge is essential, for every edge of `sources` that
    /// is neither broken nor of the search tree.
    #[inline(always)]
    fn edges(&self, sources: Range<u32>, mut visit: impl FnMut(u32, u32, bool)) {
        let SortRules { graph, root, essential, page_owned, broken, tree_edges, .. } = *self.rules;
        let page = page_owned.words();
        for source in sources {
            let anywhere = source == root || get(page, source);
            let edges = graph.edges(source);
            let targets = &graph.to[edges.start as usize..edges.end as usize];
            for (&target, edge) in targets.iter().zip(edges) {
                if get(tree_edges, edge) {
                    continue;
                }
                let is_essential =
                    source != target && get(essential, edge) && (anywhere || !get(page, target));
                // A broken edge is stored as one from its source to itself.
                if is_essential || source != target || broken.binary_search(&edge).is_err() {
                    visit(source, target, is_essential);
                }
            }
        }
    }
}
