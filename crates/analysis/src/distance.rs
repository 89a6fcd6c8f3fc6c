//! Distances when some nodes are ignored.

use heapglass_graph::{Distance, Edge, EdgeName, EdgeType, Graph, NodeType, Ordinal};
use rustc_hash::FxHashSet;

use crate::NodeSet;
use crate::strings::{StringSet, leading_integer};
use crate::weak_map::WeakMapPairs;

/// For each node ordinal its distance when no path may enter a node of `ignored`; with nothing
/// ignored these are the graph's own. Cost: one pass over all edges.
///
/// Source: `JSHeapSnapshot.calculateDistances`.
pub fn distances_without(graph: &Graph, ignored: &NodeSet) -> Vec<i32> {
    let mut search = Search {
        graph,
        ignored,
        rules: EdgeRules::of(graph),
        distances: vec![Distance::NONE.0; graph.node_count() as usize],
        queue: Vec::new(),
    };
    let root = graph.root();
    for edge in graph.edges(root) {
        if is_user_root(graph, edge.to) {
            search.reach(edge.to, 1);
        }
    }
    let has_user_roots = !search.queue.is_empty();
    search.run();
    search.reach(root, if has_user_roots { Distance::SYSTEM.0 } else { 0 });
    search.run();
    search.distances
}

/// Whether a child of the root is one of the program's own roots.
pub(crate) fn is_user_root(graph: &Graph, node: Ordinal) -> bool {
    graph.node_type(node) != NodeType::Synthetic
        || graph.strings().get(graph.name_index(node).0) == Some(b"(Document DOM trees)")
}

/// A breadth-first search. The queue is first in, first out, and a node that stands in it twice
/// is looked at twice: that decides which edge of a WeakMap pair comes first.
struct Search<'a> {
    graph: &'a Graph,
    ignored: &'a NodeSet,
    rules: EdgeRules,
    distances: Vec<i32>,
    queue: Vec<Ordinal>,
}

impl Search<'_> {
    fn reach(&mut self, node: Ordinal, distance: i32) {
        if let Some(slot) = self.distances.get_mut(node.index()) {
            *slot = distance;
            self.queue.push(node);
        }
    }

    fn run(&mut self) {
        let graph = self.graph;
        let mut next = 0;
        while let Some(&node) = self.queue.get(next) {
            next += 1;
            let Some(&distance) = self.distances.get(node.index()) else { continue };
            let source = self.rules.source(graph, node);
            for edge in graph.edges(node) {
                if edge.edge_type != EdgeType::Weak
                    && self.distances.get(edge.to.index()) == Some(&Distance::NONE.0)
                    && !self.ignored.contains(edge.to)
                    && self.rules.may_follow(graph, source, edge)
                {
                    self.reach(edge.to, distance + 1);
                }
            }
        }
        self.queue.clear();
    }
}

/// Which nodes have edges that distances do not follow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    NativeContext,
    MapDescriptors,
    Plain,
}

/// The edges that distances do not follow.
struct EdgeRules {
    native_context: StringSet,
    sloppy_function_map: StringSet,
    map_descriptors: StringSet,
    pairs: WeakMapPairs,
    /// Pairs of which one edge was met.
    pending: FxHashSet<u32>,
}

impl EdgeRules {
    fn of(graph: &Graph) -> EdgeRules {
        EdgeRules {
            native_context: StringSet::equal(graph, "system / NativeContext"),
            sloppy_function_map: StringSet::equal(graph, "sloppy_function_map"),
            map_descriptors: StringSet::equal(graph, "(map descriptors)"),
            pairs: WeakMapPairs::of(graph),
            pending: FxHashSet::default(),
        }
    }

    fn source(&self, graph: &Graph, node: Ordinal) -> Source {
        match graph.node_type(node) {
            NodeType::Hidden if self.native_context.contains(graph.name_index(node)) => {
                Source::NativeContext
            }
            NodeType::Array if self.map_descriptors.contains(graph.name_index(node)) => {
                Source::MapDescriptors
            }
            _ => Source::Plain,
        }
    }

    fn may_follow(&mut self, graph: &Graph, source: Source, edge: Edge) -> bool {
        match source {
            Source::NativeContext if self.sloppy_function_map.names(edge.name) => return false,
            // Maps may share descriptors, so those of one map need not be valid for another.
            Source::MapDescriptors => return is_no_descriptor(graph, edge.name),
            _ => {}
        }
        if edge.edge_type == EdgeType::Internal
            && !self.pairs.is_empty()
            && let Some(pair) = self.pairs.pair(edge.name)
        {
            // A value of a WeakMap is as far away as the farther of key and table: the first edge
            // met does not count, the second does.
            return !self.pending.insert(pair) && self.pending.remove(&pair);
        }
        true
    }
}

fn is_no_descriptor(graph: &Graph, name: EdgeName) -> bool {
    let index = match name {
        EdgeName::Index(index) => Some(f64::from(index)),
        EdgeName::String(name) => leading_integer(&graph.string(name)),
    };
    index.is_none_or(|index| index < 2.0 || index % 3.0 != 1.0)
}
