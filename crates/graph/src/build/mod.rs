//! From tables to a graph: the passes that make DevTools' figures, and the order they run in.
//!
//! | pass | needs | gives |
//! |---|---|---|
//! | [`facts`] | edge types and names, streamed | bits of strong, essential and special edges |
//! | [`detached`] | edges of native nodes | attached and detached DOM nodes, their names |
//! | [`missing`] | names | names that the file has no string for read as none |
//! | [`search`] | essential edges | preorder, what the page owns |
//! | [`distance`] | strong edges | distances |
//! | [`shallow`] | strong edges | sizes moved to owners |
//! | [`predecessors`] | preorder | predecessors beside those of the search tree, in preorder numbers |
//! | [`dominators`] | predecessors | immediate dominators |
//! | [`duplicates`] | ids | ids that several nodes have |
//! | [`tree`] | dominators, shallow sizes | retained sizes, dominator tree in preorder |
//! | [`classes`] | names, locations, interfaces | classes and the Summary view |
//! | [`statistics`] | sizes, types | the Statistics view |

pub(crate) mod bits;
mod classes;
mod detached;
mod distance;
mod dominators;
mod duplicates;
mod facts;
mod interfaces;
mod missing;
mod pipeline;
mod predecessors;
mod search;
mod shallow;
mod sizes;
mod statistics;
mod text;
mod tree;
mod window;

pub(crate) use pipeline::build;

/// The out-edges of all nodes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Adjacency<'a> {
    /// For each node ordinal, and one more, the ordinal of its first edge.
    pub(super) first_edge: &'a [u32],
    /// For each edge ordinal the ordinal of its target.
    pub(super) to: &'a [u32],
}

impl Adjacency<'_> {
    fn node_count(&self) -> usize {
        self.first_edge.len() - 1
    }

    #[inline(always)]
    fn edges(&self, node: u32) -> std::ops::Range<u32> {
        self.first_edge[node as usize]..self.first_edge[node as usize + 1]
    }
}
