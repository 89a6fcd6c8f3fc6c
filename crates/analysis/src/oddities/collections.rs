//! Collections far larger than others that are held in the same way: by the same field of objects of the same class,
//! or by the same collection.

use heapglass_graph::{
    ClassIndex, Edge, EdgeName, EdgeType, Graph, NodeType, Ordinal, StringIndex,
};
use rustc_hash::FxHashMap;

use super::{Found, LEAST_ENTRIES, OddityKind, TIMES_LARGER};
use crate::edge::{internal, is_prototype};
use crate::holder::{How, owner_of};
use crate::roles::is_nobody;
use crate::tables;

/// Others that are needed to say what is usual.
const LEAST_OTHERS: usize = 5;
/// Retainers of a large collection that are looked at.
const MOST_RETAINERS: usize = 64;

/// How a collection is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    /// By this field of objects of this class.
    Field(ClassIndex, StringIndex),
    /// By an element of this store.
    Entry(Ordinal),
}

/// The large collections. Cost: the edges of those that may be large, then those of all objects of the classes that
/// hold them in a field, and of the collections that stand beside them.
pub(super) fn large(graph: &Graph) -> Vec<Found> {
    let is_collection = Collections::of(graph);
    let large: Vec<(Ordinal, u64)> = graph
        .nodes()
        .filter(|&node| is_collection.has(graph, node) && may_be_large(graph, node))
        .map(|node| (node, entry_count(graph, node)))
        .filter(|&(_, count)| count >= LEAST_ENTRIES)
        .collect();
    let mut places = places_of(graph, &large);
    collect(graph, &is_collection, &mut places);
    let counts: FxHashMap<Ordinal, u64> = large.iter().copied().collect();
    let mut found: FxHashMap<Ordinal, Found> = FxHashMap::default();
    for nodes in places.into_values() {
        for odd in outliers(graph, nodes, &counts) {
            let known = found.get(&odd.node).map_or(0, |known| others(&known.kind));
            if others(&odd.kind) > known {
                found.insert(odd.node, odd);
            }
        }
    }
    found.into_values().collect()
}

/// How the large collections are held.
fn places_of(graph: &Graph, large: &[(Ordinal, u64)]) -> FxHashMap<Place, Vec<Ordinal>> {
    // By holder, so that the edges of one that holds many are looked through once.
    let mut held: Vec<(Ordinal, Ordinal)> = large
        .iter()
        .flat_map(|&(node, _)| {
            let holders = graph.each_retaining_node(node).take(MOST_RETAINERS);
            holders.map(move |holder| (holder, node))
        })
        .collect();
    held.sort_unstable();
    let mut places = FxHashMap::default();
    for group in held.chunk_by(|a, b| a.0 == b.0) {
        let Some(&(holder, _)) = group.first() else { continue };
        let is_held = |edge: &Edge| group.binary_search(&(holder, edge.to)).is_ok();
        for edge in graph.edges(holder).filter(is_held) {
            let Some(place) = place_of(graph, edge) else { continue };
            let says_something = match place {
                Place::Field(..) => !is_nobody(graph, holder),
                Place::Entry(store) => is_store_of_collection(graph, store),
            };
            if says_something {
                places.entry(place).or_default();
            }
        }
    }
    places
}

fn others(kind: &OddityKind) -> u64 {
    match kind {
        OddityKind::LargeCollection { others, .. } => *others,
        OddityKind::ManyListeners { .. } | OddityKind::ManyFunctions { .. } => 0,
    }
}

/// Finds all collections at the places.
fn collect(
    graph: &Graph,
    is_collection: &Collections,
    places: &mut FxHashMap<Place, Vec<Ordinal>>,
) {
    let mut is_holder = vec![false; graph.overview().classes.rows.len()];
    let mut stores = Vec::new();
    for place in places.keys() {
        match *place {
            Place::Field(class, _) => {
                if let Some(slot) = is_holder.get_mut(class.0 as usize) {
                    *slot = true;
                }
            }
            Place::Entry(store) => stores.push(store),
        }
    }
    let holders = graph.nodes().filter(|&node| {
        is_holder.get(graph.class(node).0 as usize).copied().unwrap_or_default()
            && graph.node_type(node) == NodeType::Object
    });
    for holder in holders.chain(stores) {
        for edge in graph.edges(holder).filter(|edge| is_collection.has(graph, edge.to)) {
            if let Some(nodes) = place_of(graph, edge).and_then(|place| places.get_mut(&place)) {
                nodes.push(edge.to);
            }
        }
    }
}

/// Those among the collections of one place that are far larger than the one in the middle.
fn outliers(graph: &Graph, mut nodes: Vec<Ordinal>, large: &FxHashMap<Ordinal, u64>) -> Vec<Found> {
    nodes.sort_unstable();
    nodes.dedup();
    let count =
        |node: Ordinal| large.get(&node).copied().unwrap_or_else(|| entry_count(graph, node));
    let mut counts: Vec<(u64, Ordinal)> =
        nodes.into_iter().map(|node| (count(node), node)).collect();
    counts.sort_unstable();
    let others = counts.len().saturating_sub(1);
    let Some(&(median, _)) = counts.get(others / 2).filter(|_| others >= LEAST_OTHERS) else {
        return Vec::new();
    };
    let least = LEAST_ENTRIES.max(median.saturating_mul(TIMES_LARGER));
    let large = counts.into_iter().rev().take_while(|&(count, _)| count >= least);
    let odd = |(count, node)| Found {
        kind: OddityKind::LargeCollection { median, others: others as u64 },
        node,
        count,
        retained_size: graph.retained_size(node),
        written: None,
    };
    large.map(odd).collect()
}

/// How an edge holds what it leads to; `None` if that says nothing of what is alike.
fn place_of(graph: &Graph, edge: Edge) -> Option<Place> {
    match (edge.edge_type, edge.name) {
        (EdgeType::Property, EdgeName::String(name)) if !is_prototype(graph, edge) => {
            let is_holder = graph.node_type(edge.from) == NodeType::Object;
            is_holder.then(|| Place::Field(graph.class(edge.from), name))
        }
        (EdgeType::Internal, _) if graph.node_type(edge.from) == NodeType::Array => {
            Some(Place::Entry(edge.from))
        }
        _ => None,
    }
}

/// Whether an array is what a collection has its entries in, rather than the table of an object's properties.
fn is_store_of_collection(graph: &Graph, store: Ordinal) -> bool {
    owner_of(graph, store).is_some_and(|owner| matches!(owner.how, How::Element | How::Entry))
}

/// The classes whose objects are collections.
struct Collections(Vec<bool>);

impl Collections {
    fn of(graph: &Graph) -> Collections {
        let is_collection =
            |name: &str| matches!(name, "Array" | "Map" | "Set" | "Object" | "SafeMap" | "SafeSet");
        let rows = &graph.overview().classes.rows;
        Collections(rows.iter().map(|row| is_collection(&row.class_name)).collect())
    }

    fn has(&self, graph: &Graph, node: Ordinal) -> bool {
        graph.node_type(node) == NodeType::Object
            && self.0.get(graph.class(node).0 as usize).copied().unwrap_or_default()
    }
}

/// Whether a collection has or may have as many entries as count.
fn may_be_large(graph: &Graph, node: Ordinal) -> bool {
    let many = |node: Ordinal| graph.edge_range(node).len() as u64 >= LEAST_ENTRIES;
    let is_large = many(node) || internal(graph, node, "table").is_some_and(many);
    is_large && !is_nobody(graph, node)
}

/// Number of entries, elements, or properties. Cost: the edges of the node or of its table.
fn entry_count(graph: &Graph, node: Ordinal) -> u64 {
    if let Some((table, kind)) = tables::table_of(graph, node) {
        return tables::entries(graph, table, kind, 0).1;
    }
    let is_array = graph.class_name(node) == "Array";
    let counts = |edge: &Edge| match edge.edge_type {
        EdgeType::Element => true,
        EdgeType::Property => !is_array && !is_prototype(graph, *edge),
        _ => false,
    };
    graph.edges(node).filter(counts).count() as u64
}
