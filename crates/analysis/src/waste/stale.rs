//! Maps, Sets and arrays with entries that their application is through with: DOM nodes out of every document, fibers of
//! React that are unmounted.

use heapglass_graph::{Graph, NodeType, Ordinal};
use rustc_hash::FxHashMap;

use super::Found;
use crate::NodeSet;
use crate::holder::{Holder, How, owner_of};
use crate::react::Fibers;
use crate::roles::is_detached_dom_node;
use crate::tables::{self, Kind};

/// Every collection with stale entries, and what these retain, each byte in one collection. Cost: one pass over the nodes,
/// and the retainers of the stale ones.
pub(super) fn stale_entries(graph: &Graph) -> Vec<Found> {
    let fibers = Fibers::of(graph).all();
    let is_stale =
        |node: Ordinal| is_detached_dom_node(graph, node) || fibers.get(&node) == Some(&true);
    let stale = NodeSet::from_fn(graph.node_count(), is_stale);
    let mut stores: FxHashMap<Ordinal, Option<Ordinal>> = FxHashMap::default();
    // Where the entry stands in the dominator tree, the entry, and the collection.
    let mut entries: Vec<(u32, Ordinal, Ordinal)> = Vec::new();
    for node in stale.iter() {
        for holder in graph.each_retaining_node(node) {
            let collection = match graph.node_type(holder) {
                NodeType::Array => {
                    *stores.entry(holder).or_insert_with(|| collection_of(graph, holder))
                }
                NodeType::Object if graph.class_name(holder) == "Array" => Some(holder),
                _ => None,
            };
            if let Some(collection) = collection {
                entries.push((graph.tree_position(node), node, collection));
            }
        }
    }
    let mut found: Vec<Found> = sizes(graph, entries)
        .into_iter()
        .filter(|&(_, saved_size)| saved_size > 0)
        .map(|(node, saved_size)| Found { node, saved_size })
        .collect();
    found.sort_unstable_by_key(|found| found.node);
    found
}

/// The Map, Set or array that a store is of. What is in a weak one is not held by it.
fn collection_of(graph: &Graph, store: Ordinal) -> Option<Ordinal> {
    let Holder { node, how } = owner_of(graph, store)?;
    let holds = match how {
        How::Element => graph.class_name(node) == "Array",
        How::Entry => matches!(tables::kind_of(graph, node), Some(Kind::Map | Kind::Set)),
        How::Key | How::Name | How::Field | How::Named(..) => false,
    };
    holds.then_some(node)
}

/// What the entries of each collection retain. A byte counts once: what is in several collections is the first one's, and
/// what lies in another entry is that of the collection that has the outer one.
fn sizes(graph: &Graph, mut entries: Vec<(u32, Ordinal, Ordinal)>) -> FxHashMap<Ordinal, u64> {
    entries.sort_unstable();
    let mut sizes: FxHashMap<Ordinal, u64> = FxHashMap::default();
    let mut covered = 0u64;
    for (at, entry, collection) in entries {
        let at = u64::from(at);
        if at >= covered {
            let size = sizes.entry(collection).or_default();
            *size = size.saturating_add(graph.retained_size(entry));
            covered = at + u64::from(graph.retained_count(entry).max(1));
        }
    }
    sizes
}
