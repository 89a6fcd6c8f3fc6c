//! Ways back to the roots.

use heapglass_graph::{Distance, Edge, EdgeType, Graph, NodeType, Ordinal};
use rustc_hash::FxHashMap;

use super::holds;

/// For the nodes on shortest paths to some targets, the edge by which each is reached.
pub(super) struct Predecessors {
    edges: FxHashMap<Ordinal, Edge>,
}

/// A node whose predecessor is looked for.
struct Wanted {
    node: Ordinal,
    /// Candidates that turned out to hold it by weak edges only.
    failed: usize,
}

impl Predecessors {
    /// Finds the ways to `targets`. Cost: the retainers of all nodes on the ways, and the
    /// out-edges of those nodes, each once.
    pub(super) fn of(graph: &Graph, targets: &[Ordinal]) -> Predecessors {
        let mut edges: FxHashMap<Ordinal, Edge> = FxHashMap::default();
        let mut wanted: Vec<Wanted> =
            targets.iter().map(|&node| Wanted { node, failed: 0 }).collect();
        while !wanted.is_empty() {
            let mut by_holder: FxHashMap<Ordinal, Vec<Wanted>> = FxHashMap::default();
            for want in wanted.drain(..) {
                if edges.contains_key(&want.node) {
                    continue;
                }
                if let Some(holder) = candidate(graph, want.node, want.failed) {
                    by_holder.entry(holder).or_default().push(want);
                }
            }
            for (holder, held) in by_holder {
                let found = edges_into(graph, holder, &held);
                for want in held {
                    match found.get(&want.node) {
                        Some(&edge) => {
                            edges.insert(want.node, edge);
                        }
                        None => wanted.push(Wanted { failed: want.failed + 1, ..want }),
                    }
                }
                if !edges.contains_key(&holder) {
                    wanted.push(Wanted { node: holder, failed: 0 });
                }
            }
        }
        Predecessors { edges }
    }

    /// The edge by which `node` is reached; `None` on top of a path.
    pub(super) fn edge_to(&self, node: Ordinal) -> Option<Edge> {
        self.edges.get(&node).copied()
    }

    /// All nodes that have a predecessor.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Ordinal> + '_ {
        self.edges.keys().copied()
    }

    /// The edges from the root of a path down to `node`; `None` if no root leads there.
    pub(super) fn edges_to(&self, graph: &Graph, node: Ordinal) -> Option<Vec<Edge>> {
        let mut edges = Vec::new();
        let mut at = node;
        while let Some(edge) = self.edge_to(at) {
            edges.push(edge);
            at = edge.from;
        }
        edges.reverse();
        is_top(graph, at).then_some(edges)
    }
}

/// Whether paths start at this node: a user root, or a child of the root.
pub(super) fn is_top(graph: &Graph, node: Ordinal) -> bool {
    node == graph.root() || [1, Distance::SYSTEM.0 + 1].contains(&graph.distance(node).0)
}

/// The node that holds `node` on a shortest path, the `skip` best left out. Objects come before
/// V8's inner nodes, because their edges have names that say something.
fn candidate(graph: &Graph, node: Ordinal, skip: usize) -> Option<Ordinal> {
    let distance = graph.distance(node);
    if is_top(graph, node) || distance == Distance::NONE {
        return None;
    }
    let nearer =
        graph.retaining_nodes(node).filter(|&from| graph.distance(from).0 == distance.0 - 1);
    let key = |from: &Ordinal| (type_rank(graph.node_type(*from)), *from);
    if skip == 0 {
        return nearer.min_by_key(key);
    }
    let mut all: Vec<Ordinal> = nearer.collect();
    all.sort_unstable_by_key(key);
    all.dedup();
    all.get(skip).copied()
}

/// For the nodes of `held`, the best edge from `holder`.
fn edges_into(graph: &Graph, holder: Ordinal, held: &[Wanted]) -> FxHashMap<Ordinal, Edge> {
    let mut found: FxHashMap<Ordinal, Edge> = FxHashMap::default();
    let many: FxHashMap<Ordinal, ()> = held.iter().map(|want| (want.node, ())).collect();
    for edge in graph.edges(holder).filter(|&edge| holds(edge) && many.contains_key(&edge.to)) {
        let best = found.entry(edge.to).or_insert(edge);
        if rank(edge.edge_type) < rank(best.edge_type) {
            *best = edge;
        }
    }
    found
}

/// How little an edge of this type says to people.
pub(super) fn rank(edge_type: EdgeType) -> u8 {
    match edge_type {
        EdgeType::Property => 0,
        EdgeType::Element | EdgeType::Context => 1,
        EdgeType::Internal => 2,
        EdgeType::Shortcut => 3,
        _ => 4,
    }
}

fn type_rank(node_type: NodeType) -> u8 {
    match node_type {
        NodeType::Object | NodeType::Closure | NodeType::Native => 0,
        NodeType::Array => 1,
        _ => 2,
    }
}
