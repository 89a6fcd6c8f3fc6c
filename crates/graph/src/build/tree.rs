//! The dominator tree: retained sizes, and a preorder in which every subtree is an interval.

use heapglass_format::Result;
use heapglass_format::buffer::Buffer;

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
/// Cost: a constant number of steps a node. Memory: 20 bytes a node while it runs.
pub(super) fn build(dominator: &[u32], order: &[u32], shallow: &Sizes) -> Result<Tree> {
    let retained = retained_sizes(dominator, order, shallow)?;
    let nodes = order.len();
    let mut size = Buffer::<u32>::filled(nodes, 1)?;
    for w in (1..nodes).rev() {
        size[dominator[w] as usize] += size[w];
    }
    // A parent is placed before its children; `next` is where its next child's subtree begins.
    let mut next = Buffer::<u32>::zeroed(nodes)?;
    let mut tree = Tree {
        dominator: Buffer::zeroed(nodes)?,
        retained,
        position: Buffer::zeroed(nodes)?,
        order: Buffer::zeroed(nodes)?,
        size: Buffer::zeroed(nodes)?,
    };
    for w in 0..nodes {
        let parent = dominator[w] as usize;
        let at = if w == 0 { 0 } else { next[parent] };
        if w > 0 {
            next[parent] += size[w];
        }
        next[w] = at + 1;
        let node = order[w];
        tree.order[at as usize] = node;
        tree.position[node as usize] = at;
        tree.size[node as usize] = size[w];
        tree.dominator[node as usize] = order[parent];
    }
    Ok(tree)
}

/// Sums the shallow sizes up the tree, children before parents.
fn retained_sizes(dominator: &[u32], order: &[u32], shallow: &Sizes) -> Result<Sizes> {
    let nodes = order.len();
    let mut by_number = Buffer::<u64>::zeroed(nodes)?;
    for (slot, &node) in by_number.iter_mut().zip(order) {
        *slot = shallow.get(node);
    }
    for w in (1..nodes).rev() {
        let own = by_number[w];
        let slot = &mut by_number[dominator[w] as usize];
        *slot = slot.saturating_add(own);
    }
    let mut retained = Sizes::new(Buffer::zeroed(nodes)?, &[]);
    for (&node, &size) in order.iter().zip(&*by_number) {
        retained.set(node, size);
    }
    Ok(retained)
}
