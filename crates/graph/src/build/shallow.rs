//! Shallow sizes: what hidden objects and backing stores weigh is counted with their owner.
//!
//! Source: DevTools' `calculateShallowSizes` (HeapSnapshot.ts).

use heapglass_format::Result;
use heapglass_format::buffer::{Buffer, Scratch};

use super::Adjacency;
use super::bits::{get, ones};
use super::sizes::Sizes;

/// Nobody owns the node, as far as is known.
const NO_OWNER: u32 = u32::MAX;
/// Several nodes own the node.
const SEVERAL: u32 = u32::MAX - 1;

/// For each ownable node its owner, if it has exactly one; for every other node itself or
/// a number past every ordinal.
///
/// `ownable` has a bit for each node that can be owned (hidden objects, arrays, external string
/// data). Owners spread along strong edges; a node reached from two owners has none, and so has
/// what it reaches alone. The result does not depend on the order of the walk.
///
/// Cost: each edge is looked at once, those of ownable nodes up to three times. Memory: 4 bytes
/// a node, and the nodes that wait.
pub(super) fn owners(
    graph: Adjacency<'_>,
    strong: &[u64],
    ownable: &[u64],
    scratch: &Scratch,
) -> Result<Buffer<u32>> {
    let nodes = graph.node_count();
    let mut owners = scratch.filled(nodes, NO_OWNER)?;
    let mut waiting = Vec::new();
    for node in 0..nodes as u32 {
        if get(ownable, node) {
            continue;
        }
        owners[node as usize] = node;
        spread(graph, strong, ownable, &mut owners, node, &mut waiting);
        while let Some(owned) = waiting.pop() {
            spread(graph, strong, ownable, &mut owners, owned, &mut waiting);
        }
    }
    Ok(owners)
}

/// Gives the owner of `from` to the ownable nodes it points to.
#[inline(always)]
fn spread(
    graph: Adjacency<'_>,
    strong: &[u64],
    ownable: &[u64],
    owners: &mut [u32],
    from: u32,
    waiting: &mut Vec<u32>,
) {
    let owner = owners[from as usize];
    for edge in graph.edges(from) {
        let target = graph.to[edge as usize];
        if !get(ownable, target) || !get(strong, edge) {
            continue;
        }
        let current = &mut owners[target as usize];
        if *current == owner || *current == SEVERAL {
            continue;
        }
        *current = if *current == NO_OWNER { owner } else { SEVERAL };
        waiting.push(target);
    }
}

/// Moves the sizes of owned nodes to their owners. `moves_to` says whether an owner may receive
/// (synthetic nodes and the root may not).
pub(super) fn move_sizes(
    owners: &[u32],
    ownable: &[u64],
    sizes: &mut Sizes,
    moves_to: impl Fn(u32) -> bool,
) {
    for node in ones(ownable) {
        let owner = owners[node as usize];
        if owner >= SEVERAL || owner == node || !moves_to(owner) {
            continue;
        }
        let size = sizes.get(node);
        sizes.set(node, 0);
        sizes.set(owner, sizes.get(owner).saturating_add(size));
    }
}
