//! The dominator tree: retained sizes, and a preorder in which every subtree is an interval.

use heapglass_format::Result;
use heapglass_format::buffer::{Buffer, Scratch};

use super::sizes::Sizes;

/// Columns by node ordinal, unless said otherwise.
pub(super) struct Tree {
    /// Ordinal of the immediate dominator; the root's is itself.
    pub(super) dominator: Buffer<u32>,
    /// Retained size in bytes.
    pub(super) retained: Sizes,
    /// Position in the preorder of the dominator tree.
    pub(super) position: Buffer<u32>,
    /// Inverse of `position`.
    pub(super) order: Buffer<u32>,
    /// Nodes in the subtree.
    pub(super) size: Buffer<u32>,
}

/// Builds the tree from the dominators by preorder number (`dominator[w] < w`), of which `order`
/// are the ordinals.
///
/// Cost: a constant number of steps a node. Memory: 36 bytes a node, most of it the result.
pub(super) fn build(
    dominator: &[u32],
    order: &[u32],
    shallow: &Sizes,
    scratch: &Scratch,
) -> Result<Tree> {
    let retained = retained_sizes(dominator, order, shallow, scratch)?;
    let nodes = order.len();
    let mut size = scratch.filled::<u32>(nodes, 1)?;
    for w in (1..nodes).rev() {
        size[dominator[w] as usize] += size[w];
    }
    // A parent is placed before its children; `next` is where its next child's subtree begins.
    let mut next = scratch.take::<u32>(nodes)?;
    let mut tree = Tree {
        dominator: scratch.take(nodes)?,
        retained,
        position: scratch.take(nodes)?,
        order: scratch.take(nodes)?,
        size: scratch.take(nodes)?,
    };
    {
        let (tree_order, tree_position) = (&mut *tree.order, &mut *tree.position);
        let (tree_size, tree_dominator) = (&mut *tree.size, &mut *tree.dominator);
        let (size, next) = (&*size, &mut *next);
        for w in 0..nodes {
            let parent = dominator[w] as usize;
            let at = if w == 0 { 0 } else { next[parent] };
            if w > 0 {
                next[parent] += size[w];
            }
            next[w] = at + 1;
            let node = order[w];
            tree_order[at as usize] = node;
            tree_position[node as usize] = at;
            tree_size[node as usize] = size[w];
            tree_dominator[node as usize] = order[parent];
        }
    }
    scratch.give(size);
    scratch.give(next);
    Ok(tree)
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
