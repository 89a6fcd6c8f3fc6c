//! Collections of many functions that were made in one place, each for a request, a connection or a component: callbacks
//! and subscriptions that are kept in a plain array, Map or Set, where Node.js counts no listeners.

use heapglass_graph::{Edge, EdgeType, Graph, NodeType, Ordinal};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Found, MANY_FUNCTIONS, OddityKind};
use crate::names::short_name;

/// Every collection with many functions of one place, without those in `listened`: lists of listeners are told as such.
/// Cost: a pass over the classes of all objects, and the edges of arrays and tables that have enough.
pub(super) fn many(graph: &Graph, listened: &FxHashSet<Ordinal>) -> Vec<Found> {
    let collections = graph.nodes().filter(|node| {
        graph.node_type(*node) == NodeType::Object
            && matches!(graph.class_name(*node), "Array" | "Map" | "Set")
            && !listened.contains(node)
    });
    collections.filter_map(|node| of_one_place(graph, node)).collect()
}

/// A collection, if it has enough functions of one place.
fn of_one_place(graph: &Graph, collection: Ordinal) -> Option<Found> {
    let (store, edge_type) = match graph.class_name(collection) {
        "Array" => (collection, EdgeType::Element),
        _ => {
            let table = graph.edge_named(collection, EdgeType::Internal, "table")?;
            (table.to, EdgeType::Internal)
        }
    };
    if (graph.edge_range(store).len() as u64) < MANY_FUNCTIONS {
        return None;
    }
    let is_function =
        |edge: &Edge| edge.edge_type == edge_type && graph.node_type(edge.to) == NodeType::Closure;
    // What functions of one place share, with how many of them there are and one of them.
    let mut places: FxHashMap<Ordinal, (u64, Ordinal)> = FxHashMap::default();
    for function in graph.edges(store).filter(is_function).map(|edge| edge.to) {
        if let Some(shared) = graph.edge_named(function, EdgeType::Internal, "shared") {
            places.entry(shared.to).or_insert((0, function)).0 += 1;
        }
    }
    let (count, function) = places.into_values().max()?;
    (count >= MANY_FUNCTIONS).then(|| Found {
        kind: OddityKind::ManyFunctions { function: short_name(graph, function) },
        node: collection,
        count,
        retained_size: graph.retained_size(collection),
        written: Some(function),
    })
}
