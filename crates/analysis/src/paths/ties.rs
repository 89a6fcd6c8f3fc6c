//! Choosing between ways of equal length by what is the same in every run of a program. Ordinals and ids are not.

use std::borrow::Cow;
use std::cmp::Ordering;

use heapglass_graph::{Edge, Graph, Ordinal};

use super::best_edge;

/// Edges that a holder has at most for its edge to be looked for.
const WIDE: usize = 256;
/// Edges that are looked through for all ways together.
const PATIENCE: usize = 4_000_000;

/// What is looked at for ties.
pub(super) struct Ties {
    patience: usize,
}

impl Default for Ties {
    fn default() -> Ties {
        Ties { patience: PATIENCE }
    }
}

/// A holder among equals; the least is taken.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tie<'a> {
    says_little: bool,
    edge: Cow<'a, str>,
    holder: Cow<'a, str>,
    from: Ordinal,
}

impl Ties {
    /// How `from` stands among the equal holders of `node`: by the name of its edge, then by its own name. Cost: its
    /// edges; where it has many, or too much was looked at, none, and it comes after the others.
    pub(super) fn tie<'a>(&mut self, graph: &'a Graph, from: Ordinal, node: Ordinal) -> Tie<'a> {
        let edges = graph.edge_range(from).len();
        let rest = self.patience.checked_sub(edges).filter(|_| edges <= WIDE);
        self.patience = rest.unwrap_or(self.patience);
        let edge = rest.and_then(|_| best_edge(graph, from, node));
        let edge = edge.map(|edge| graph.edge_name(edge)).unwrap_or_default();
        // Every instance leads to its prototype, and a symbol says less than a name.
        let says_little = edge.is_empty() || edge == "__proto__" || edge.starts_with('<');
        Tie { says_little, edge, holder: graph.raw_name(from), from }
    }
}

/// The same order for edges to one node that are known.
pub(super) fn by_text(graph: &Graph, a: &Edge, b: &Edge) -> Ordering {
    let names = || graph.edge_name(*a).cmp(&graph.edge_name(*b));
    let holders = || graph.raw_name(a.from).cmp(&graph.raw_name(b.from));
    names().then_with(holders).then_with(|| a.from.cmp(&b.from))
}
