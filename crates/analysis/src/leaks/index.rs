//! Collections that are only an index of what another suspect gathers.

use heapglass_graph::{Graph, NodeType, Ordinal};
use rustc_hash::FxHashSet;

use super::LeakSuspect;
use super::cohorts::Cohorts;
use crate::paths::holds;
use crate::roles::is_nobody;

/// Young objects in a collection that are looked at.
const ENTRIES: usize = 32;
/// Fewer say nothing.
const LEAST: usize = 3;
/// Objects above an entry, itself included, of which one may be what is gathered.
const INSIDE: usize = 8;
/// Steps from an entry to what is gathered, if it refers to it, and objects that are looked at for it: a function in a list of
/// handlers leads there through its scope.
const STEPS: usize = 3;
const MOST_BELOW: usize = 64;
/// Edges of one object that are looked at.
const MOST_EDGES: usize = 256;
/// Classes that are those of anything.
const PLAIN: &[&str] = &["Array", "Function", "Map", "Object", "Set"];

/// Leaves out suspects of which only the store has grown, and with young objects that another suspect gathers, as the Map of an
/// LRU cache refers to the links of its list, or a WeakMap to keys that something else keeps. Cost: the entries of each.
pub(super) fn without_indexes(
    graph: &Graph,
    cohorts: &Cohorts,
    found: Vec<LeakSuspect>,
) -> Vec<LeakSuspect> {
    // Roots dominate all, and gather nothing.
    let gathers =
        |suspect: &&LeakSuspect| suspect.instance_count > 0 && !is_nobody(graph, suspect.retainer);
    let gathering: Vec<&LeakSuspect> = found.iter().filter(gathers).collect();
    let is_index = |suspect: &LeakSuspect| {
        let index = suspect.accumulation_point.ordinal;
        suspect.instance_count == 0 && {
            let entries = young_entries(graph, cohorts, index);
            entries.len() >= LEAST
                && gathering.iter().any(|known| {
                    known.retainer != index
                        && entries.iter().all(|&entry| is_gathered(graph, cohorts, known, entry))
                })
        }
    };
    let indexes: Vec<bool> = found.iter().map(is_index).collect();
    let both = found.into_iter().zip(indexes);
    both.filter(|(_, is_index)| !is_index).map(|(suspect, _)| suspect).collect()
}

/// Whether an object is in what a suspect was found to gather: of its class, inside of such an object, or with a reference to
/// one. What holds them, as a global object or the whole application, may hold everything.
fn is_gathered(graph: &Graph, cohorts: &Cohorts, suspect: &LeakSuspect, object: Ordinal) -> bool {
    let is_alike = || {
        let above = std::iter::successors(Some(object), |&node| {
            let above = graph.dominator(node);
            (above != node).then_some(above)
        });
        above.take(INSIDE).any(|node| graph.class_name(node) == suspect.class_name)
    };
    graph.dominates(suspect.retainer, object)
        && (is_alike() || refers_to(graph, cohorts, object, &suspect.class_name))
}

/// Whether a young object of this class is a few steps below a young one, through young ones.
fn refers_to(graph: &Graph, cohorts: &Cohorts, object: Ordinal, class_name: &str) -> bool {
    if PLAIN.contains(&class_name) || class_name.starts_with('(') {
        return false;
    }
    let mut seen = FxHashSet::from_iter([object]);
    let mut level = vec![object];
    for _ in 0..STEPS {
        let mut below = Vec::new();
        for &node in &level {
            for edge in graph.edges(node).take(MOST_EDGES).filter(|&edge| holds(edge)) {
                let is_asked = seen.len() < MOST_BELOW && cohorts.first_seen(edge.to) > 0;
                if !is_asked || !seen.insert(edge.to) {
                    continue;
                }
                if graph.class_name(edge.to) == class_name {
                    return true;
                }
                below.push(edge.to);
            }
        }
        level = below;
    }
    false
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
