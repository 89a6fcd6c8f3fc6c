//! Suspects at an object that holds nothing of what grows, and only dominates it: the key of a WeakMap, without which no table
//! keeps the value, or what is above two collections. If what holds it is another suspect's, it is that leak.

use heapglass_graph::{EdgeType, Graph, NodeType, Ordinal};

use super::cohorts::Cohorts;
use super::{LeakKind, LeakSuspect};
use crate::edge::leads_to_value_of_weak_map;
use crate::paths::holds;
use crate::roles::is_nobody;

/// Numbers of objects that differ by no more than this share come together.
const ALIKE: f64 = 0.05;
/// Fewer samples say nothing.
const LEAST: usize = 3;
/// Holders of one object that are looked at.
const MOST_HOLDERS: usize = 64;

/// Names suspects whose objects those of another one hold with that one, the largest first. Cost: the holders of the samples,
/// for each pair of suspects to which equally many objects come.
pub(super) fn without_dominated(
    graph: &Graph,
    cohorts: &Cohorts,
    found: Vec<LeakSuspect>,
) -> Vec<LeakSuspect> {
    let (held, dominated): (Vec<LeakSuspect>, Vec<LeakSuspect>) =
        found.into_iter().partition(|suspect| !is_only_dominated(graph, suspect));
    let mut wholes = held;
    for part in dominated {
        match wholes.iter_mut().find(|whole| holds_all_of(graph, cohorts, whole, &part)) {
            Some(whole) => whole.add_companion(part),
            None => wholes.push(part),
        }
    }
    wholes.sort_by(|a, b| b.bytes_per_interval.total_cmp(&a.bytes_per_interval));
    wholes
}

/// Whether the point of a suspect holds none of its objects, neither in a field nor in a store. Lists and trees, whose first
/// link alone it holds, what is told by a function in its place, and what is in many places, are not asked.
fn is_only_dominated(graph: &Graph, suspect: &LeakSuspect) -> bool {
    let is_asked = matches!(
        suspect.plain_kind,
        LeakKind::Cache
            | LeakKind::GrowingArray
            | LeakKind::GrowingMap
            | LeakKind::GrowingObject
            | LeakKind::GrowingSet
    );
    let point = suspect.accumulation_point.ordinal;
    is_asked
        && suspect.places <= 1
        && suspect.instances.len() >= LEAST
        && suspect.instances.iter().all(|object| !is_held(graph, point, object.ordinal))
}

/// Whether an object has another one in a field or in a store of its own.
fn is_held(graph: &Graph, point: Ordinal, object: Ordinal) -> bool {
    let is_store =
        |&from: &Ordinal| graph.node_type(from) == NodeType::Array && is_kept(graph, point, from);
    let mut holders = graph.each_retaining_node(object).take(MOST_HOLDERS);
    holders.any(|from| (from == point || is_store(&from)) && is_kept(graph, from, object))
}

/// Whether one keeps the other without the help of a key or a table of a WeakMap.
fn is_kept(graph: &Graph, from: Ordinal, to: Ordinal) -> bool {
    graph.edges_between(from, to).any(|edge| {
        let is_weak_value = edge.edge_type == EdgeType::Internal
            && leads_to_value_of_weak_map(&graph.edge_name(edge));
        holds(edge) && !is_weak_value
    })
}

/// Whether as many objects come to `whole` as to `part`, and each of the latter is held by what came with the former, be it with
/// a key of a WeakMap.
fn holds_all_of(graph: &Graph, cohorts: &Cohorts, whole: &LeakSuspect, part: &LeakSuspect) -> bool {
    let (most, least) = (whole.count_per_interval, part.count_per_interval);
    // What is above both dominates all that either holds.
    let is_above = || {
        is_nobody(graph, whole.retainer)
            || graph.dominates(whole.retainer, part.accumulation_point.ordinal)
    };
    let is_of_whole = |from: Ordinal, object: Ordinal| {
        cohorts.first_seen(from) > 0
            && graph.dominates(whole.retainer, from)
            && graph.edges_between(from, object).any(holds)
    };
    whole.instance_count > 0
        && (most - least).abs() <= most * ALIKE
        && !is_above()
        && part.instances.iter().map(|object| object.ordinal).all(|object| {
            let mut holders = graph.each_retaining_node(object).take(MOST_HOLDERS);
            holders.any(|from| is_of_whole(from, object))
        })
}
