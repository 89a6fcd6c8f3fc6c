//! The collections that hold all of what grows, where a shortest way to it says only who leads there: objects that a listener,
//! a list and a timer share have a way through each.

use heapglass_graph::{EdgeType, Graph, NodeType, Ordinal};
use rustc_hash::{FxHashMap, FxHashSet};

use super::points::History;
use crate::edge::weak_table_of;
use crate::object::is_context;
use crate::paths::holds;
use crate::roles::{LISTS_OF_TIMERS, is_program_object};

/// Objects whose holders are looked at.
const SAMPLES: usize = 16;
/// Steps upwards from one, stores of collections included.
const STEPS: u64 = 6;
/// Holders of one object that are looked at, and objects above one sample.
const MOST_HOLDERS: usize = 64;
const MOST_ABOVE: usize = 512;
/// Edges that are looked through for one suspect, and for all of a report.
const FOR_ONE: usize = 16_000_000;
const FOR_ALL: usize = 8 * FOR_ONE;

/// Edges that may yet be looked through, for all suspects of a report together.
pub(super) struct Patience(usize);

impl Default for Patience {
    fn default() -> Self {
        Patience(FOR_ALL)
    }
}

/// How an object was reached from the samples.
#[derive(Default)]
struct Reached {
    samples: usize,
    steps: u64,
}

/// Objects that hold all of what grows, each with how far it is away, the nearest first.
pub(super) struct Holders(Vec<(Ordinal, u64)>);

impl Holders {
    /// The one that gathers them, of which `shared`, on the way to most of them, says less: the nearest, unless several are as
    /// near, or it is among them itself. An object with fields is not what gathers where a collection is as near: of several
    /// of these the oldest is told, as each of them holds all.
    pub(super) fn gathering(&self, graph: &Graph, shared: Ordinal) -> Ordinal {
        let is_collection =
            |node: Ordinal| matches!(graph.class_name(node), "Array" | "Map" | "Set");
        let Some(&(nearest, least)) = self.0.first() else { return shared };
        let of_shared = self.0.iter().find(|(holder, _)| *holder == shared);
        let farthest = of_shared.map_or(least, |&(_, steps)| steps);
        let as_near = self.0.iter().take_while(|(_, steps)| *steps <= farthest);
        let mut collections = as_near.filter(|(holder, _)| is_collection(*holder));
        let is_alone = self.0.get(1).is_none_or(|&(_, steps)| steps > least);
        match collections.next() {
            _ if of_shared.is_some() && is_collection(shared) => shared,
            Some(&(oldest, _)) => oldest,
            None if of_shared.is_none() && is_alone => nearest,
            None => shared,
        }
    }

    /// Whether an object is one of them.
    pub(super) fn contains(&self, node: Ordinal) -> bool {
        self.0.iter().any(|&(holder, _)| holder == node)
    }
}

impl History<'_> {
    /// The objects that were there before and hold nine of ten of `members` through young ones. Lists of timers are passed
    /// over: a timer that ends the waiting of what a queue holds is no second queue. Cost: `FOR_ONE` edges at most, which
    /// are taken off `patience`; where that is at its end nothing more is found.
    pub(super) fn holders_of_all(
        &self,
        last: &Graph,
        members: &[Ordinal],
        patience: &mut Patience,
    ) -> Holders {
        let stride = members.len().div_ceil(SAMPLES).max(1);
        let allowed = patience.0.min(FOR_ONE);
        let mut unspent = allowed;
        let mut reached: FxHashMap<Ordinal, Reached> = FxHashMap::default();
        let mut count = 0;
        for &sample in members.iter().step_by(stride) {
            count += 1;
            for (holder, steps) in self.nearest_old(last, sample, &mut unspent) {
                let reached = reached.entry(holder).or_default();
                reached.samples += 1;
                reached.steps += steps;
            }
        }
        patience.0 -= allowed - unspent;
        let least = count - count / 10;
        let mut holders: Vec<(Ordinal, u64)> = reached
            .into_iter()
            .filter(|(_, reached)| reached.samples >= least)
            .map(|(holder, reached)| (holder, reached.steps / reached.samples.max(1) as u64))
            .collect();
        holders.sort_by_key(|&(holder, steps)| (steps, last.id(holder)));
        Holders(holders)
    }

    /// The first objects upwards from a young one that were there before, with the steps to each.
    fn nearest_old(
        &self,
        last: &Graph,
        sample: Ordinal,
        patience: &mut usize,
    ) -> Vec<(Ordinal, u64)> {
        let mut found = Vec::new();
        let mut seen = FxHashSet::from_iter([sample]);
        let mut level = vec![sample];
        for steps in 1..=STEPS {
            let mut above = Vec::new();
            for &node in &level {
                for from in last.each_retaining_node(node).take(MOST_HOLDERS) {
                    let is_known = seen.contains(&from) || seen.len() >= MOST_ABOVE;
                    if is_known || !keeps(last, from, node, patience) {
                        continue;
                    }
                    seen.insert(from);
                    let is_store = last.node_type(from) == NodeType::Array;
                    if LISTS_OF_TIMERS.contains(&last.class_name(from)) {
                        continue;
                    }
                    if is_store || self.cohorts.first_seen(from) > 0 {
                        above.push(from);
                    } else if is_object(last, from) {
                        found.push((from, steps));
                    }
                }
            }
            level = above;
        }
        found
    }
}

fn is_object(graph: &Graph, node: Ordinal) -> bool {
    graph.node_type(node) == NodeType::Object
        && is_program_object(graph, node)
        && !is_context(graph, node)
}

/// Whether one object keeps another alive by itself. The table of a WeakMap keeps no value without its key.
fn keeps(graph: &Graph, from: Ordinal, to: Ordinal, patience: &mut usize) -> bool {
    let Some(rest) = patience.checked_sub(graph.edge_range(from).len()) else { return false };
    *patience = rest;
    let is_table = graph.node_type(from) == NodeType::Array;
    graph.edges_between(from, to).any(|edge| {
        let is_value = is_table
            && edge.edge_type == EdgeType::Internal
            && weak_table_of(&graph.edge_name(edge)).is_some();
        holds(edge) && !is_value
    })
}
