//! The edges of a node, backward.

use crate::graph::NO_PARENT;
use crate::{Edge, Graph, Ordinal};

impl Graph {
    /// Every edge into `node`, ascending by edge ordinal, broken ones left out. Cost: the
    /// out-degrees of the retainers.
    pub fn retainers(&self, node: Ordinal) -> impl Iterator<Item = Edge> + '_ {
        let mut previous = None;
        self.retaining_nodes(node)
            .filter(move |&from| previous.replace(from) != Some(from))
            .flat_map(move |from| self.edges_between(from, node))
    }

    /// Sources of the edges into `node`, ascending, one entry for each edge. Cost: their number.
    pub fn retaining_nodes(&self, node: Ordinal) -> impl ExactSizeIterator<Item = Ordinal> + use<> {
        let mut nodes: Vec<Ordinal> = self.each_retaining_node(node).collect();
        nodes.sort_unstable();
        nodes.into_iter()
    }

    /// The same in no particular order. Constant time each.
    pub fn each_retaining_node(&self, node: Ordinal) -> impl Iterator<Item = Ordinal> + '_ {
        let others = self.other_retainers(node).iter().map(|pair| Ordinal(pair[1]));
        self.essential_retainers(node).chain(others.filter(|&from| self.has(from)))
    }

    /// The same, to be walked in parts.
    pub fn retaining(&self, node: Ordinal) -> Retaining<'_> {
        let order = &*self.columns.preorder_node;
        let source = |number: u32| order.get(number as usize).map(|&node| Ordinal(node));
        Retaining {
            order,
            nodes: self.node_count(),
            parent: self.search_parent(node).and_then(source),
            list: self.predecessor_list(node),
            others: self.other_retainers(node),
        }
    }

    /// Number of edges into `node`. Constant time.
    pub fn retainer_count(&self, node: Ordinal) -> u64 {
        let parents = self.search_parent(node).iter().count();
        (parents + self.predecessor_list(node).len() + self.other_retainers(node).len()) as u64
    }

    /// Sources of the essential edges into `node`, ascending, one entry for each edge. Cost: constant
    /// time each, and a binary search among them.
    pub(crate) fn essential_retainers(&self, node: Ordinal) -> impl Iterator<Item = Ordinal> + '_ {
        let order = &*self.columns.preorder_node;
        let source = |number: u32| order.get(number as usize).map(|&node| Ordinal(node));
        let parent = self.search_parent(node).and_then(source);
        let list = self.predecessor_list(node);
        let before = parent.map_or(0, |parent| {
            list.partition_point(|&from| source(from).is_some_and(|source| source <= parent))
        });
        let (before, after) = list.split_at_checked(before).unwrap_or_default();
        let before = before.iter().filter_map(move |&from| source(from));
        let after = after.iter().filter_map(move |&from| source(from));
        before.chain(parent).chain(after).filter(|&from| self.has(from))
    }

    /// As many essential edges as there can be.
    pub(crate) fn most_essential_edges(&self) -> usize {
        self.columns.predecessor_from.len() + self.node_count() as usize
    }

    fn search_parent(&self, node: Ordinal) -> Option<u32> {
        self.columns.search_parent.get(node.index()).copied().filter(|&from| from != NO_PARENT)
    }

    fn predecessor_list(&self, node: Ordinal) -> &[u32] {
        let first = &*self.columns.predecessor_first;
        let at = |node: usize| first.get(node).map_or(0, |&from| from as usize);
        let range = at(node.index())..at(node.index() + 1);
        self.columns.predecessor_from.get(range).unwrap_or_default()
    }

    fn other_retainers(&self, node: Ordinal) -> &[[u32; 2]] {
        let others = &*self.columns.other_retainers;
        let start = others.partition_point(|pair| pair[0] < node.0);
        let end = others.partition_point(|pair| pair[0] <= node.0);
        others.get(start..end).unwrap_or_default()
    }
}

/// Sources of the edges into a node, one entry for each edge. They ascend in stretches: those of essential edges but
/// for the first, then the others. See [`Graph::retaining`].
#[derive(Debug, Clone, Copy)]
pub struct Retaining<'a> {
    /// For each preorder number its node.
    order: &'a [u32],
    /// Number of nodes: sources are below.
    nodes: u32,
    parent: Option<Ordinal>,
    list: &'a [u32],
    others: &'a [[u32; 2]],
}

impl<'a> Retaining<'a> {
    /// How many edges there are, those from beyond the node table included.
    pub fn most(&self) -> usize {
        self.parent.iter().len() + self.list.len() + self.others.len()
    }

    /// Two parts of about the same length.
    pub fn halves(self) -> [Retaining<'a>; 2] {
        let (list, more) = self.list.split_at(self.list.len() / 2);
        let (others, more_others) = self.others.split_at(self.others.len() / 2);
        [
            Retaining { list, others, ..self },
            Retaining { parent: None, list: more, others: more_others, ..self },
        ]
    }

    /// The sources. `for_each` and what else goes through `fold` does less for each than a `for` loop.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = Ordinal> + 'a {
        let Retaining { order, nodes, parent, list, others } = self;
        let listed = list.iter().filter_map(move |&from| order.get(from as usize).copied());
        let others = others.iter().map(|pair| pair[1]);
        let all = parent.map(|parent| parent.0).into_iter().chain(listed).chain(others);
        all.filter(move |&from| from < nodes).map(Ordinal)
    }
}
