//! Objects that gather nothing, and weigh more only because of what V8 keeps with them.

use heapglass_graph::{EdgeType, Graph, NodeType, Ordinal};

use super::points::History;
use super::series::{Trend, trend};
use crate::roles::is_program_object;

/// Holders of an object that are asked whether it is their prototype.
const MOST_HOLDERS: usize = 1024;
/// Entries from which on a collection is judged by their number: one of numbers may have an object or two.
const ENTRIES: u64 = 16;

impl History<'_> {
    /// Whether an object that gathers nothing has grown in V8's own tables alone: a collection with as many entries as before, or
    /// a prototype, with which V8 keeps who inherits from it. Cost: the entries.
    pub(super) fn grew_for_v8_alone(&self, last: &Graph, node: Ordinal) -> bool {
        self.has_settled_entries(last, node) || is_prototype(last, node)
    }

    /// Whether the entries of a collection have settled, whatever its table weighs: V8 makes that of a weak one as large as the
    /// most keys that were alive between two collections of garbage, and doubles that of one whose entries turn over. `false`
    /// for what is younger than a snapshot, and where the entries are numbers, which are not in the snapshot.
    fn has_settled_entries(&self, last: &Graph, node: Ordinal) -> bool {
        let (entries, least): (fn(&Graph, Ordinal) -> u64, u64) = match last.class_name(node) {
            "WeakMap" | "WeakSet" => (weak_entries, 0),
            "Map" | "Set" | "Array" => (entries_of, ENTRIES),
            _ => return false,
        };
        let numbers: Option<Vec<u64>> = self
            .snapshots
            .iter()
            .enumerate()
            .map(|(at, graph)| Some(entries(graph, self.followed.at(last, at, node)?)))
            .collect();
        numbers.is_some_and(|numbers| {
            trend(&numbers) == Trend::Settled && numbers.last().is_some_and(|&now| now >= least)
        })
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

/// How many objects and texts the store of a collection refers to.
fn entries_of(graph: &Graph, collection: Ordinal) -> u64 {
    let store = ["table", "elements"]
        .iter()
        .find_map(|name| graph.edge_named(collection, EdgeType::Internal, name));
    let entries = store.map(|store| {
        graph.edges(store.to).filter(|edge| is_program_object(graph, edge.to)).count() as u64
    });
    entries.unwrap_or_default()
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
