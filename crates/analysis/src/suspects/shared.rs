//! What else holds the objects of a group: they go only when all that hold them let go.

use std::cmp::Reverse;

use heapglass_graph::{EdgeType, Graph, NodeType, Ordinal};
use rustc_hash::FxHashMap;

use crate::holder::owner_of;
use crate::roles::is_program_object;

/// Members whose retainers are looked at.
const MOST_MEMBERS: usize = 10_000;
/// Retainers of each that are looked at.
const MOST_RETAINERS: usize = 64;

/// The object that holds most of `members` apart from `gathered_at`, below which they hang: another collection of the same
/// objects. `None` if no other holds more than half of them.
///
/// Cost: the retainers of some thousand members.
pub(super) fn also_held_by(
    graph: &Graph,
    members: &[Ordinal],
    gathered_at: Ordinal,
) -> Option<Ordinal> {
    let stride = members.len().div_ceil(MOST_MEMBERS).max(1);
    let mut collections: FxHashMap<Ordinal, Ordinal> = FxHashMap::default();
    let mut held: FxHashMap<Ordinal, usize> = FxHashMap::default();
    let mut looked_at = 0;
    for &member in members.iter().step_by(stride) {
        looked_at += 1;
        let retainers = graph.retainers(member).take(MOST_RETAINERS);
        let mut holders: Vec<Ordinal> = retainers
            .filter(|edge| edge.edge_type != EdgeType::Weak)
            .map(|edge| {
                let from = edge.from;
                *collections.entry(from).or_insert_with(|| collection_of(graph, from))
            })
            .collect();
        holders.sort_unstable();
        holders.dedup();
        for holder in holders {
            *held.entry(holder).or_default() += 1;
        }
    }
    let is_other = |holder: Ordinal| {
        is_program_object(graph, holder)
            && !graph.class_name(holder).starts_with("Weak")
            && !graph.dominates(holder, gathered_at)
            && !graph.dominates(gathered_at, holder)
    };
    let most =
        held.into_iter().filter(|&(holder, count)| count > looked_at / 2 && is_other(holder));
    most.max_by_key(|&(holder, count)| (count, Reverse(holder))).map(|(holder, _)| holder)
}

/// The object that people know a holder by: the Map, not its table.
fn collection_of(graph: &Graph, holder: Ordinal) -> Ordinal {
    match graph.node_type(holder) {
        NodeType::Array => owner_of(graph, holder).map_or(holder, |owner| owner.node),
        _ => holder,
    }
}
