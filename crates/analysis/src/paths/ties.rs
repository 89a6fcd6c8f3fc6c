//! Choosing between ways of equal length by what is the same in every run of a program. Ordinals and ids are not.

use std::borrow::Cow;
use std::cmp::Ordering;

use heapglass_graph::{Edge, EdgeName, Graph, Ordinal, StringIndex};

use super::best_edge;

/// Edges that a holder has at most for its edge to be looked for.
const WIDE: usize = 256;
/// Edges that are looked through for all ways together.
const PATIENCE: usize = 4_000_000;
/// Bytes of a name that decide. A text may have megabytes, and there may be a thousand like it to compare it with.
const NAME: usize = 256;

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
    edge: Cow<'a, [u8]>,
    holder: &'a [u8],
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
        let edge = edge.map(|edge| edge_name(graph, edge)).unwrap_or_default();
        // Every instance leads to its prototype; a symbol, and what a function was bound to, say less than a name.
        let says_little = edge.is_empty()
            || *edge == *b"__proto__"
            || edge.starts_with(b"<")
            || edge.starts_with(b"bound_");
        Tie { says_little, edge, holder: start_of_name(graph, from), from }
    }
}

/// The same order for edges to one node that are known.
pub(super) fn by_text(graph: &Graph, a: &Edge, b: &Edge) -> Ordering {
    let names = || edge_name(graph, *a).cmp(&edge_name(graph, *b));
    let holders = || start_of_name(graph, a.from).cmp(start_of_name(graph, b.from));
    names().then_with(holders).then_with(|| a.from.cmp(&b.from))
}

/// The first bytes of a node's name, as they stand in the file.
pub(super) fn start_of_name(graph: &Graph, node: Ordinal) -> &[u8] {
    start(graph, graph.name_index(node))
}

fn edge_name(graph: &Graph, edge: Edge) -> Cow<'_, [u8]> {
    match edge.name {
        EdgeName::Index(index) => Cow::Owned(index.to_string().into_bytes()),
        EdgeName::String(index) => Cow::Borrowed(start(graph, index)),
    }
}

fn start(graph: &Graph, index: StringIndex) -> &[u8] {
    let text = graph.strings().get(index.0).unwrap_or_default();
    text.get(..NAME).unwrap_or(text)
}
