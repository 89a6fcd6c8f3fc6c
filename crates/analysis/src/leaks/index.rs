//! Collections that are only an index of what another suspect gathers.

use heapglass_graph::{Graph, NodeType, Ordinal};

use super::LeakSuspect;
use super::cohorts::Cohorts;
use crate::paths::holds;
use crate::roles::is_nobody;

/// Young objects in a collection that are looked at.
const ENTRIES: usize = 32;
/// Fewer say nothing.
const LEAST: usize = 3;

/// Leaves out suspects of which only the store has grown, and with young objects that another suspect gathers, as the Map of an
/// LRU cache refers to the links of its list, or a WeakMap to keys that something else keeps. Cost: the entries of each.
pub(super) fn without_indexes(
    graph: &Graph,
    cohorts: &Cohorts,
    found: Vec<LeakSuspect>,
) -> Vec<LeakSuspect> {
    let gathering: Vec<Ordinal> = found
        .iter()
        .filter(|suspect| suspect.instance_count > 0)
        .map(|suspect| suspect.retainer)
        // Roots dominate all, and gather nothing.
        .filter(|&point| !is_nobody(graph, point))
        .collect();
    let is_index = |suspect: &LeakSuspect| {
        let index = suspect.accumulation_point.ordinal;
        suspect.instance_count == 0 && {
            let entries = young_entries(graph, cohorts, index);
            entries.len() >= LEAST
                && gathering.iter().any(|&point| {
                    entries.iter().all(|&entry| point != index && graph.dominates(point, entry))
                })
        }
    };
    found.into_iter().filter(|suspect| !is_index(suspect)).collect()
}

/// The first young objects that the stores of a collection refer to.
fn young_entries(graph: &Graph, cohorts: &Cohorts, collection: Ordinal) -> Vec<Ordinal> {
    let is_store = |node: &Ordinal| graph.node_type(*node) == NodeType::Array;
    let is_object =
        |node: &Ordinal| matches!(graph.node_type(*node), NodeType::Object | NodeType::Closure);
    graph
        .edges(collection)
        .filter(|&edge| holds(edge))
        .map(|edge| edge.to)
        .filter(is_store)
        .flat_map(|store| graph.edges(store).map(|edge| edge.to))
        .filter(|entry| is_object(entry) && cohorts.first_seen(*entry) > 0)
        .take(ENTRIES)
        .collect()
}
