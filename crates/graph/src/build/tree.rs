//! The dominator tree: retained sizes, and a preorder in which every subtree is an interval.

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
/// Cost: a constant number of steps a node. Memory: 36 bytes a node beside the arguments.
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
    let mut size = scratch.filled::<u32>(nodes, 1)?;
    {
        let size = &mut *size;
        for w in (1..nodes).rev() {
            size[dominator[w] as usize] += size[w];
        }
    }
    // A parent is placed before its children; `next` is where its next child's subtree begins.
    let mut next = scratch.take::<u32>(nodes)?;
    let (mut tree_order, mut tree_size) = (scratch.take(nodes)?, scratch.take(nodes)?);
    {
        let (size, next) = (&*size, &mut *next);
        let (tree_order, tree_size) = (&mut *tree_order, &mut *tree_size);
        for w in 0..nodes {
            let at = match w {
                0 => 0,
                _ => {
                    let slot = &mut next[dominator[w] as usize];
                    let at = *slot;
                    *slot += size[w];
                    at
                }
            };
            next[w] = at + 1;
            let node = order[w];
            tree_order[at as usize] = node;
            tree_size[node as usize] = size[w];
        }
    }
    scratch.give(size);
    scratch.give(next);
    Ok((tree_order, tree_size))
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
    let nodes = order.len();
    let mut by_number = scratch.take::<u64>(nodes)?;
    let sums = &mut *by_number;
    for (slot, &node) in sums.iter_mut().zip(order) {
        *slot = shallow.get(node);
    }
    for w in (1..nodes).rev() {
        let own = sums[w];
        let slot = &mut sums[dominator[w] as usize];
        *slot = slot.saturating_add(own);
    }
    let mut retained = Sizes::new(scratch.filled(nodes, 0)?, &[]);
    for (&node, &size) in order.iter().zip(&*sums) {
        retained.set(node, size);
    }
    scratch.give(by_number);
    Ok(retained)
}
