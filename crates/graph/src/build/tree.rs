//! The dominator tree: retained sizes, and a preorder in which every subtree is an interval.

use bytemuck::{Pod, Zeroable};
use heapglass_format::Result;
use heapglass_format::buffer::{Buffer, Scratch};
use heapglass_format::container::ContainerWriter;

use super::pipeline::both;
use super::sizes::Sizes;

/// Retained sizes and the preorder of the dominator tree.
pub(super) struct Tree {
    /// For each node ordinal its retained size in bytes.
    pub(super) retained: Sizes,
    /// The nodes' ordinals in preorder.
    pub(super) order: Buffer<u32>,
    /// For each node ordinal the number of nodes in its subtree.
    pub(super) size: Buffer<u32>,
}

/// Builds the tree from the dominators by preorder number of the search (`dominator[w] < w`), of
/// which `order` are the ordinals, and writes what no later pass needs: `dominator` and
/// `tree_position`. One thread adds up sizes while the other puts the nodes in order.
///
/// Cost: a constant number of steps a node. Memory: 24 bytes a node beside the arguments,
/// 28 for heaps of 4 GiB and more.
pub(super) fn build(
    writer: &ContainerWriter,
    dominator: &[u32],
    order: &[u32],
    shallow: &Sizes,
    threads: usize,
    scratch: &Scratch,
) -> Result<Tree> {
    let sizes = || {
        let retained = retained_sizes(dominator, order, shallow, scratch)?;
        if writer.is_index() {
            write_dominators(writer, dominator, order, scratch)?;
        }
        Ok(retained)
    };
    let places = || {
        let (tree_order, size) = in_preorder(dominator, order, scratch)?;
        if writer.is_index() {
            write_positions(writer, &tree_order, scratch)?;
        }
        Ok((tree_order, size))
    };
    let (retained, (order, size)) = both(threads, sizes, places)?;
    Ok(Tree { retained, order, size })
}

/// The ordinals in preorder of the dominator tree, and for each ordinal the size of its subtree.
fn in_preorder(
    dominator: &[u32],
    order: &[u32],
    scratch: &Scratch,
) -> Result<(Buffer<u32>, Buffer<u32>)> {
    let nodes = order.len();
    let mut subtrees = scratch.filled(nodes, Subtree { size: 1, next: 0 })?;
    let (mut tree_order, mut tree_size) = (scratch.take(nodes)?, scratch.take(nodes)?);
    {
        let subtrees = &mut *subtrees;
        let (tree_order, tree_size) = (&mut *tree_order, &mut *tree_size);
        for w in (1..nodes).rev() {
            subtrees[dominator[w] as usize].size += subtrees[w].size;
        }
        // A parent is placed before its children.
        for w in 0..nodes {
            let size = subtrees[w].size;
            let at = match w {
                0 => 0,
                _ => {
                    let parent = &mut subtrees[dominator[w] as usize];
                    let at = parent.next;
                    parent.next += size;
                    at
                }
            };
            subtrees[w].next = at + 1;
            let node = order[w];
            tree_order[at as usize] = node;
            tree_size[node as usize] = size;
        }
    }
    scratch.give(subtrees);
    Ok((tree_order, tree_size))
}

/// The subtree below a node. Both numbers are needed together, so they share a cache line.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Subtree {
    /// How many nodes it has.
    size: u32,
    /// Where in preorder the subtree of the next child begins.
    next: u32,
}

/// Writes for each ordinal its place in `tree_order`.
fn write_positions(writer: &ContainerWriter, tree_order: &[u32], scratch: &Scratch) -> Result<()> {
    let mut position = scratch.take::<u32>(tree_order.len())?;
    {
        let position = &mut *position;
        for (&node, at) in tree_order.iter().zip(0..) {
            position[node as usize] = at;
        }
    }
    writer.put("tree_position", &position)?;
    scratch.give(position);
    Ok(())
}

/// Writes the dominators by ordinal.
fn write_dominators(
    writer: &ContainerWriter,
    dominator: &[u32],
    order: &[u32],
    scratch: &Scratch,
) -> Result<()> {
    let mut by_ordinal = scratch.take::<u32>(order.len())?;
    let column = &mut *by_ordinal;
    for (&node, &parent) in order.iter().zip(dominator) {
        column[node as usize] = order[parent as usize];
    }
    writer.put("dominator", &by_ordinal)?;
    scratch.give(by_ordinal);
    Ok(())
}

/// Sums the shallow sizes up the tree, children before parents.
fn retained_sizes(
    dominator: &[u32],
    order: &[u32],
    shallow: &Sizes,
    scratch: &Scratch,
) -> Result<Sizes> {
    // With sums of 4 bytes, which nearly every heap fits, this takes three quarters of the time.
    match shallow.total() < u64::from(u32::MAX) {
        true => sums::<u32>(dominator, order, shallow, scratch),
        false => sums::<u64>(dominator, order, shallow, scratch),
    }
}

/// A size in bytes, wide enough for the whole heap.
trait Sum: Pod + TryFrom<u64> + Into<u64> {
    fn plus(self, other: Self) -> Self;
}

impl Sum for u32 {
    fn plus(self, other: u32) -> u32 {
        self.saturating_add(other)
    }
}

impl Sum for u64 {
    fn plus(self, other: u64) -> u64 {
        self.saturating_add(other)
    }
}

fn sums<T: Sum>(
    dominator: &[u32],
    order: &[u32],
    shallow: &Sizes,
    scratch: &Scratch,
) -> Result<Sizes> {
    let nodes = order.len();
    let mut by_number = scratch.take::<T>(nodes)?;
    let sums = &mut *by_number;
    for (slot, &node) in sums.iter_mut().zip(order) {
        // No node is larger than the heap, which fits.
        *slot = T::try_from(shallow.get(node)).unwrap_or_else(|_| T::zeroed());
    }
    for w in (1..nodes).rev() {
        let own = sums[w];
        let slot = &mut sums[dominator[w] as usize];
        *slot = slot.plus(own);
    }
    let mut retained = Sizes::new(scratch.filled(nodes, 0)?, &[]);
    for (&node, &size) in order.iter().zip(&*sums) {
        retained.set(node, size.into());
    }
    scratch.give(by_number);
    Ok(retained)
}
