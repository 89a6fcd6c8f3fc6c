//! What an object holds: the Containment view.

use std::cmp::Reverse;

use heapglass_graph::{Edge, EdgeType, Graph, Ordinal};

use crate::row::{Children, Shown, grow};
use crate::smallest::Smallest;
use crate::{EdgeLabel, ObjectSummary, Tree, describe, edge_label};

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
/// edges are left out as in DevTools. Cost: the out-edges of the opened nodes; those that are not shown are only counted,
/// or their targets' retained sizes looked at.
pub fn containment(graph: &Graph, from: Ordinal, options: &ContainmentOptions) -> Tree<Child> {
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
    let count = visible_edges(graph, node).count();
    let limit = options.limit.unwrap_or(count).min(count);
    let edges: Vec<Edge> = if options.by_retained_size {
        largest(graph, node, limit)
    } else {
        visible_edges(graph, node).take(limit).collect()
    };
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

/// The `limit` edges whose targets retain most, those in the order of the file where they retain
/// the same.
fn largest(graph: &Graph, node: Ordinal, limit: usize) -> Vec<Edge> {
    let mut largest = Smallest::of(limit);
    visible_edges(graph, node)
        .for_each(|edge| largest.push((Reverse(graph.retained_size(edge.to)), edge.ordinal)));
    let (largest, _) = largest.into_sorted();
    largest.into_iter().filter_map(|(_, edge)| graph.edge_at(node, edge)).collect()
}

fn visible_edges(graph: &Graph, node: Ordinal) -> impl Iterator<Item = Edge> {
    graph.edges(node).filter(|edge| edge.edge_type != EdgeType::Invisible)
}
