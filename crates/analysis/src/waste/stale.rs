//! Maps, Sets and arrays with entries that their application is through with: DOM nodes out of every document, fibers of
//! React that are unmounted.

use heapglass_graph::{Detachedness, Graph, NodeType, Ordinal};
use rustc_hash::FxHashMap;

use super::Found;
use crate::NodeSet;
use crate::holder::{Holder, How, owner_of};
use crate::react::Fibers;
use crate::tables::{self, Kind};

/// Every collection with stale entries, and what these retain, each byte once. Cost: one pass over the nodes, and the
/// retainers of the stale ones.
pub(super) fn stale_entries(graph: &Graph) -> Vec<Found> {
    let fibers = Fibers::of(graph).all();
    let is_stale = |node: Ordinal| {
        graph.detachedness(node) == Detachedness::Detached || fibers.get(&node) == Some(&true)
    };
    let stale = NodeSet::from_fn(graph.node_count(), is_stale);
    let mut stores: FxHashMap<Ordinal, Option<Ordinal>> = FxHashMap::default();
    let mut held: FxHashMap<Ordinal, Vec<Ordinal>> = FxHashMap::default();
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
                held.entry(collection).or_default().push(node);
            }
        }
    }
    let mut found: Vec<Found> = held
        .into_iter()
        .map(|(node, entries)| Found { node, saved_size: retained(graph, entries) })
        .filter(|found| found.saved_size > 0)
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
        How::Field | How::Named(..) => false,
    };
    holds.then_some(node)
}

/// Bytes that some nodes retain together, each once.
fn retained(graph: &Graph, mut nodes: Vec<Ordinal>) -> u64 {
    nodes.sort_unstable_by_key(|&node| graph.tree_position(node));
    nodes.dedup();
    let (mut sum, mut covered) = (0u64, 0u64);
    for node in nodes {
        let at = u64::from(graph.tree_position(node));
        if at >= covered {
            sum = sum.saturating_add(graph.retained_size(node));
            covered = at + u64::from(graph.retained_count(node).max(1));
        }
    }
    sum
}
