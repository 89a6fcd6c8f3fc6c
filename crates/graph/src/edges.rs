//! The edges of a node, forward.

use std::ops::Range;

use heapglass_format::EdgeType;

use crate::known_names::{MANY, Named};
use crate::{EdgeOrdinal, Graph, Ordinal, StringIndex};

/// Edges that are looked at together: of millions, most blocks are told from what is looked for faster than each edge.
const BLOCK: usize = 256;

/// An edge as seen from its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// Its position in the edge table.
    pub ordinal: EdgeOrdinal,
    /// Its type.
    pub edge_type: EdgeType,
    /// The source.
    pub from: Ordinal,
    /// The target.
    pub to: Ordinal,
    /// Its name.
    pub name: EdgeName,
}

/// An edge is named by a string or by a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeName {
    /// Element or hidden edge: a number.
    Index(u32),
    /// Any other edge: a string.
    String(StringIndex),
}

impl Graph {
    /// Ordinals of the node's edges.
    pub fn edge_range(&self, node: Ordinal) -> Range<usize> {
        let first = &*self.columns.first_edge;
        let at = |node: usize| first.get(node).map_or(0, |&edge| edge as usize);
        let range = at(node.index())..at(node.index() + 1);
        let is_whole = range.start <= range.end && range.end <= self.columns.edge_to.len();
        if is_whole { range } else { 0..0 }
    }

    /// The node's edges in the file's order, broken ones left out.
    pub fn edges(&self, node: Ordinal) -> Edges<'_> {
        let range = self.edge_range(node);
        Edges {
            from: node,
            first: range.start as u32,
            nodes: self.node_count(),
            types: self.columns.edge_type.get(range.clone()).unwrap_or_default(),
            names: self.columns.edge_name.get(range.clone()).unwrap_or_default(),
            targets: self.columns.edge_to.get(range).unwrap_or_default(),
        }
    }

    /// The edge of `node` at this position in the edge table; `None` for another node's and for broken ones.
    pub fn edge_at(&self, node: Ordinal, edge: EdgeOrdinal) -> Option<Edge> {
        let edges = self.edges(node);
        edges.at(edge.0.checked_sub(edges.first)? as usize)
    }

    /// The edges that lead from one node to another. Cost: a scan of the targets of `from`.
    pub fn edges_between(&self, from: Ordinal, to: Ordinal) -> impl Iterator<Item = Edge> + '_ {
        let edges = self.edges(from);
        let targets = edges.targets.iter().enumerate();
        targets.filter(move |&(_, &target)| target == to.0).filter_map(move |(at, _)| edges.at(at))
    }

    /// The first edge of `node` with this type and name. Cost: its out-degree.
    pub fn edge_named(&self, node: Ordinal, edge_type: EdgeType, name: &str) -> Option<Edge> {
        let mut edges = self.edges(node);
        if edges.most() < MANY {
            // Passes over the heap ask this of every node: no column is looked at before an edge has the type.
            return edges.find(|edge| {
                edge.edge_type == edge_type
                    && matches!(edge.name, EdgeName::String(index)
                        if self.strings.get(index.0) == Some(name.as_bytes()))
            });
        }
        if edge_type.is_indexed() {
            return None;
        }
        let (named, code) = (self.named(node, name), edge_type.code());
        let is_named = |&name: &u32| named.is_string(StringIndex(name));
        let rows =
            edges.types.chunks(BLOCK).zip(edges.names.chunks(BLOCK)).zip((0..).step_by(BLOCK));
        let rows =
            rows.filter(|((_, names), _)| named.only().is_none_or(|only| names.contains(&only)));
        rows.flat_map(|((types, names), start)| types.iter().zip(names).zip(start..))
            .filter(|((other, name), _)| **other == code && is_named(name))
            .filter_map(|(_, at)| edges.at(at))
            .find(|edge| edge.edge_type == edge_type)
    }

    /// Tells which edges of `node` have this name. Cost: nothing, or once for each graph a look at the length of every
    /// string; see [`Named`].
    pub fn named<'a>(&'a self, node: Ordinal, name: &'a str) -> Named<'a> {
        self.known_names.named(&self.strings, self.edge_range(node).len(), name)
    }
}

/// The edges of one node. See [`Graph::edges`].
///
/// Objects have up to millions of edges: `for_each`, `count` and what else goes through `fold` does less for each
/// than a `for` loop.
#[derive(Debug, Clone)]
pub struct Edges<'a> {
    from: Ordinal,
    /// The first edge's ordinal.
    first: u32,
    /// Number of nodes: targets are below.
    nodes: u32,
    types: &'a [u8],
    names: &'a [u32],
    targets: &'a [u32],
}

impl<'a> Edges<'a> {
    /// The first and the second half of the edges.
    pub fn halves(self) -> [Edges<'a>; 2] {
        let middle = self.types.len() / 2;
        let (types, more_types) = self.types.split_at_checked(middle).unwrap_or_default();
        let (names, more_names) = self.names.split_at_checked(middle).unwrap_or_default();
        let (targets, more_targets) = self.targets.split_at_checked(middle).unwrap_or_default();
        let first = self.first.wrapping_add(middle as u32);
        let before = Edges { types, names, targets, ..self };
        let after =
            Edges { first, types: more_types, names: more_names, targets: more_targets, ..before };
        [before, after]
    }

    /// The edges in blocks of neighbours, which [`Edges::only_type`] and [`Edges::there`] may save a look at each.
    pub fn blocks(self) -> impl Iterator<Item = Edges<'a>> {
        let columns =
            self.types.chunks(BLOCK).zip(self.names.chunks(BLOCK)).zip(self.targets.chunks(BLOCK));
        (0u32..).step_by(BLOCK).zip(columns).map(move |(at, ((types, names), targets))| Edges {
            first: self.first.wrapping_add(at),
            types,
            names,
            targets,
            ..self
        })
    }

    /// The type of all these edges, if it is one and the same.
    pub fn only_type(&self) -> Option<EdgeType> {
        let (&first, rest) = self.types.split_first()?;
        let differs = rest.iter().fold(0, |differs, &code| differs | code ^ first);
        (differs == 0).then(|| EdgeType::from_code(first))
    }

    /// How many of these edges lead to a node: those that are iterated over, if none is broken.
    pub fn there(&self) -> usize {
        self.targets.iter().map(|&to| usize::from(to < self.nodes)).sum()
    }

    /// How many edges there are, broken ones included.
    pub fn most(&self) -> usize {
        self.types.len()
    }

    /// The edge at a position among those that are left; `None` for broken ones.
    fn at(&self, at: usize) -> Option<Edge> {
        self.edge(at, *self.types.get(at)?, *self.names.get(at)?, *self.targets.get(at)?)
    }

    #[inline]
    fn edge(&self, at: usize, code: u8, name: u32, to: u32) -> Option<Edge> {
        let edge_type = EdgeType::from_code(code);
        let name = if edge_type.is_indexed() {
            EdgeName::Index(name)
        } else {
            EdgeName::String(StringIndex(name))
        };
        (edge_type != EdgeType::Broken && to < self.nodes).then_some(Edge {
            ordinal: EdgeOrdinal(self.first.wrapping_add(at as u32)),
            edge_type,
            from: self.from,
            to: Ordinal(to),
            name,
        })
    }
}

impl Iterator for Edges<'_> {
    type Item = Edge;

    fn next(&mut self) -> Option<Edge> {
        while !self.types.is_empty() {
            let edge = self.at(0);
            self.types = self.types.get(1..)?;
            self.names = self.names.get(1..)?;
            self.targets = self.targets.get(1..)?;
            self.first = self.first.wrapping_add(1);
            if edge.is_some() {
                return edge;
            }
        }
        None
    }

    fn fold<B, F: FnMut(B, Edge) -> B>(self, init: B, mut each: F) -> B {
        let rows = self.types.iter().zip(self.names).zip(self.targets).enumerate();
        rows.fold(init, |folded, (at, ((&code, &name), &to))| match self.edge(at, code, name, to) {
            Some(edge) => each(folded, edge),
            None => folded,
        })
    }
}

impl DoubleEndedIterator for Edges<'_> {
    fn next_back(&mut self) -> Option<Edge> {
        while let Some(last) = self.types.len().checked_sub(1) {
            let edge = self.at(last);
            self.types = self.types.get(..last)?;
            self.names = self.names.get(..last)?;
            self.targets = self.targets.get(..last)?;
            if edge.is_some() {
                return edge;
            }
        }
        None
    }
}
