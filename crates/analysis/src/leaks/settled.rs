//! Objects that gather nothing, and weigh more only because of what V8 keeps with them.

use heapglass_graph::{EdgeType, Graph, NodeType, Ordinal};

use super::points::History;
use super::series::{Trend, trend};

/// Holders of an object that are asked whether it is their prototype.
const MOST_HOLDERS: usize = 1024;

impl History<'_> {
    /// Whether an object that gathers nothing has grown in V8's own tables alone: a weak collection, or a prototype, with which
    /// V8 keeps who inherits from it. Cost: the entries.
    pub(super) fn grew_for_v8_alone(&self, last: &Graph, node: Ordinal) -> bool {
        self.has_settled_entries(last, node) || is_prototype(last, node)
    }

    /// Whether a WeakMap or WeakSet has settled, whatever its table weighs: V8 makes a table as large as the most keys that were
    /// alive between two collections of garbage, and never makes it smaller when they die. `false` for anything else, and for
    /// one that is younger than a snapshot.
    fn has_settled_entries(&self, last: &Graph, node: Ordinal) -> bool {
        if !matches!(last.class_name(node), "WeakMap" | "WeakSet") {
            return false;
        }
        let entries: Option<Vec<u64>> = self
            .snapshots
            .iter()
            .enumerate()
            .map(|(at, graph)| Some(weak_entries(graph, self.followed.at(last, at, node)?)))
            .collect();
        entries.is_some_and(|entries| trend(&entries) == Trend::Settled)
    }
}

/// How many things the table of a weak collection refers to weakly: its keys, and with some versions of V8 their values.
fn weak_entries(graph: &Graph, collection: Ordinal) -> u64 {
    let table = graph.edge_named(collection, EdgeType::Internal, "table");
    let weak = table.map(|table| {
        graph.edges(table.to).filter(|edge| edge.edge_type == EdgeType::Weak).count() as u64
    });
    weak.unwrap_or_default()
}

/// Whether others inherit from a function or an object that is no collection.
fn is_prototype(graph: &Graph, node: Ordinal) -> bool {
    let is_code = match graph.node_type(node) {
        NodeType::Closure => true,
        NodeType::Object => !matches!(graph.class_name(node), "Array" | "Map" | "Set"),
        _ => false,
    };
    is_code
        && graph.each_retaining_node(node).take(MOST_HOLDERS).any(|heir| {
            let prototype = graph.edge_named(heir, EdgeType::Property, "__proto__");
            prototype.is_some_and(|edge| edge.to == node)
        })
}
