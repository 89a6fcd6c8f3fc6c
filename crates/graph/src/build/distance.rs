//! Distances from the user roots, by breadth-first search.
//!
//! Source: DevTools' `calculateDistances` and `bfs` (HeapSnapshot.ts), with its edge filter.

use heapglass_format::Result;
use heapglass_format::buffer::{Buffer, Scratch};
use heapglass_format::prefetch::prefetch;
use rustc_hash::FxHashSet;

use super::Adjacency;
use super::bits::{Bits, get, set};
use crate::Distance;

/// Edges that the search treats in a special way, beside weak ones.
pub(super) struct EdgeRules<'a> {
    /// For each edge ordinal: followed at all (neither weak nor broken).
    pub(super) strong: &'a [u64],
    /// For each edge ordinal: never followed, though strong. Empty if there is none.
    pub(super) skipped: &'a [u64],
    /// `(edge ordinal, pair)` of the two edges that hold a WeakMap's value, ascending.
    pub(super) weak_map: &'a [(u32, u32)],
    /// For each edge ordinal: is in `weak_map`. Empty if that is.
    pub(super) is_weak_map: &'a [u64],
}

/// For each node ordinal its distance. `user_roots` are the root's children that are user roots,
/// in edge order.
///
/// Cost: each edge is looked at once. Memory: 8 bytes a node while it runs.
pub(super) fn distances(
    graph: Adjacency<'_>,
    rules: &EdgeRules<'_>,
    root: u32,
    user_roots: &[u32],
    scratch: &Scratch,
) -> Result<Buffer<i32>> {
    let nodes = graph.node_count();
    let mut search = Search {
        graph,
        rules,
        distances: scratch.filled(nodes, Distance::NONE.0)?,
        seen: Bits::new(nodes)?,
        queue: Buffer::with_capacity(nodes + user_roots.len() + 1)?,
        pending: FxHashSet::default(),
    };
    for &node in user_roots {
        search.start(node, 1)?;
    }
    search.run();
    search.queue.truncate(0);
    let first = if user_roots.is_empty() { Distance(0) } else { Distance::SYSTEM };
    search.start(root, first.0)?;
    search.run();
    let Search { distances, queue, .. } = search;
    scratch.give(queue);
    Ok(distances)
}

/// How many nodes ahead of the search the memory is asked for.
const AHEAD: usize = 8;

struct Search<'a> {
    graph: Adjacency<'a>,
    rules: &'a EdgeRules<'a>,
    distances: Buffer<i32>,
    /// Nodes that have a distance: a bit answers from the cache what the distance would not.
    seen: Bits,
    queue: Buffer<u32>,
    /// WeakMap pairs of which one edge was met: the value's distance comes from the other,
    /// which is met later and so is not shorter.
    pending: FxHashSet<u32>,
}

impl Search<'_> {
    fn start(&mut self, node: u32, distance: i32) -> Result<()> {
        self.distances[node as usize] = distance;
        set(self.seen.words_mut(), node);
        self.queue.push(node)
    }

    fn run(&mut self) {
        let Adjacency { first_edge, to } = self.graph;
        let strong = self.rules.strong;
        let distances = &mut *self.distances;
        let seen = self.seen.words_mut();
        let mut filled = self.queue.len();
        self.queue.fill_up();
        let queue = &mut *self.queue;
        let mut next = 0;
        while next < filled {
            // What the next nodes need is asked for in two steps: where their edges are, then these.
            if let Some(&soon) = queue.get(next + 2 * AHEAD) {
                prefetch(first_edge, soon as usize);
                prefetch(distances, soon as usize);
            }
            if let Some(&soon) = queue.get(next + AHEAD) {
                prefetch(to, first_edge[soon as usize] as usize);
            }
            let node = queue[next] as usize;
            next += 1;
            let distance = distances[node].saturating_add(1);
            for edge in first_edge[node]..first_edge[node + 1] {
                let target = to[edge as usize];
                if get(seen, target) || !get(strong, edge) {
                    continue;
                }
                if !self.rules.follow(edge, &mut self.pending) {
                    continue;
                }
                set(seen, target);
                distances[target as usize] = distance;
                queue[filled] = target;
                filled += 1;
            }
        }
    }
}

impl EdgeRules<'_> {
    /// DevTools' filter, asked only for targets without a distance.
    #[inline(always)]
    fn follow(&self, edge: u32, pending: &mut FxHashSet<u32>) -> bool {
        if !self.skipped.is_empty() && get(self.skipped, edge) {
            return false;
        }
        if self.is_weak_map.is_empty() || !get(self.is_weak_map, edge) {
            return true;
        }
        let Ok(at) = self.weak_map.binary_search_by_key(&edge, |entry| entry.0) else {
            return true;
        };
        let pair = self.weak_map[at].1;
        pending.remove(&pair) || !pending.insert(pair)
    }
}
