//! What an object holds: the Containment view.

use std::cmp::Reverse;

use heapglass_graph::{Edge, EdgeType, Graph, Ordinal};

use crate::row::{Children, Shown, grow};
use crate::{EdgeLabel, ObjectSummary, Row, describe, edge_label};

/// How much of the containment tree to give.
#[derive(Debug, Clone)]
pub struct ContainmentOptions {
    /// Levels below the start, at least 1.
    pub depth: u32,
    /// At most this many children of each node; `None` for all.
    pub limit: Option<usize>,
    /// Largest retained size first, instead of the file's order.
    pub by_retained_size: bool,
    /// At most this many rows altogether.
    pub max_rows: usize,
}

impl Default for ContainmentOptions {
    fn default() -> Self {
        ContainmentOptions {
            depth: 1,
            limit: Some(100),
            by_retained_size: false,
            max_rows: 100_000,
        }
    }
}

/// A row of the containment tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Child {
    /// The edge that leads here.
    pub edge: EdgeLabel,
    /// Where it leads.
    pub object: ObjectSummary,
    /// Whether the object stands above itself in the tree; then it is not opened again.
    pub cycle: bool,
}

/// The tree of edges below `from`, rows in preorder, `from` itself not among them; invisible
/// edges are left out as in DevTools. Cost: the out-edges of the opened nodes.
pub fn containment(graph: &Graph, from: Ordinal, options: &ContainmentOptions) -> Vec<Row<Child>> {
    grow(children(graph, from, &[], options), options.max_rows, |below| {
        children(graph, from, below, options)
    })
}

/// The children of the last node of `below`, or of `from` if there is none.
fn children(
    graph: &Graph,
    from: Ordinal,
    below: &[Ordinal],
    options: &ContainmentOptions,
) -> Children<Ordinal, Child> {
    let node = below.last().copied().unwrap_or(from);
    let mut edges: Vec<Edge> = visible_edges(graph, node).collect();
    let count = edges.len();
    if options.by_retained_size {
        edges.sort_by_key(|edge| Reverse(graph.retained_size(edge.to)));
    }
    edges.truncate(options.limit.unwrap_or(usize::MAX));
    let is_last_level = below.len() + 1 >= options.depth as usize;
    let shown = edges.into_iter().map(|edge| {
        let cycle = edge.to == from || below.contains(&edge.to);
        Shown {
            key: edge.to,
            item: Child { edge: edge_label(graph, edge), object: describe(graph, edge.to), cycle },
            open: !cycle && !is_last_level,
            children: visible_edges(graph, edge.to).count() as u64,
        }
    });
    let shown: Vec<_> = shown.collect();
    let hidden = (count - shown.len()) as u64;
    Children { shown, hidden }
}

fn visible_edges(graph: &Graph, node: Ordinal) -> impl Iterator<Item = Edge> {
    graph.edges(node).filter(|edge| edge.edge_type != EdgeType::Invisible)
}
