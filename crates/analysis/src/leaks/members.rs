//! What an object gathers: the objects that came to it, by class and by when.

use std::cmp::Reverse;

use heapglass_graph::{ClassIndex, Graph, NodeType, Ordinal};
use rustc_hash::FxHashMap;

use super::cohorts::Cohorts;
use crate::object::is_context;
use crate::roles::{LISTS_OF_TIMERS, TIMERS, is_program_object};

/// The young objects of one class that an object gathers: of the class that has most of the bytes.
#[derive(Debug, Clone)]
pub(super) struct Members {
    /// For each snapshot, how many it was the first to see; none of the first snapshot.
    pub(super) first_seen: Vec<u64>,
    /// Some of them, the youngest first.
    pub(super) samples: Vec<Ordinal>,
}

/// Objects that are kept as samples.
const SAMPLES: usize = 5;

/// What came is even if the most of an interval is above the least by no more than one in so many of it.
const EVEN: u64 = 2;

/// Objects of a link's class of which one has to be the next link itself; where fewer are, links hold each other through
/// something else.
const OF_ITSELF: usize = 4;

impl Members {
    /// What `point` gathers through V8's own arrays and tables, and in the variables of old scopes; `None` if it gathers
    /// nothing young.
    /// Cost: the nodes that it dominates immediately, or through those.
    pub(super) fn of(
        graph: &Graph,
        cohorts: &Cohorts,
        point: Ordinal,
        snapshots: usize,
    ) -> Option<Members> {
        let mut open = vec![point];
        let mut young = Vec::new();
        // An index made by hand may have a tree that goes round in a circle.
        let mut patience = graph.node_count();
        while let Some(node) = open.pop()
            && patience > 0
        {
            patience -= 1;
            for child in graph.dominated(node) {
                let is_young = cohorts.first_seen(child) > 0;
                // An old scope is where a function keeps what it gathers; a young one is part of that.
                let is_whole =
                    is_program_object(graph, child) || is_young && is_context(graph, child);
                if !is_whole {
                    open.push(child);
                } else if is_young {
                    young.push(child);
                }
            }
        }
        // What two timers share hangs beside them, and only they say who made them.
        let is_timer = |&node: &Ordinal| TIMERS.contains(&graph.class_name(node));
        if LISTS_OF_TIMERS.contains(&graph.class_name(point)) && young.iter().any(is_timer) {
            young.retain(is_timer);
        }
        Members::from_objects(graph, &dated(cohorts, young), snapshots)
    }

    /// The links of a list that begins with `first`: its objects, or what it consists of if there are
    /// none. Cost: what it retains.
    pub(super) fn of_list(
        graph: &Graph,
        cohorts: &Cohorts,
        first: Ordinal,
        snapshots: usize,
    ) -> Option<Members> {
        let young = || graph.retained_set(first).filter(|&node| cohorts.first_seen(node) > 0);
        let is_object = |&node: &Ordinal| {
            graph.node_type(node) == NodeType::Object
                && is_program_object(graph, node)
                && !is_context(graph, node)
        };
        let class = graph.class(first);
        let mut links: Vec<Ordinal> = young().filter(is_object).collect();
        if links.is_empty() {
            links = young().filter(|&node| graph.class(node) == class).collect();
        }
        // What a link holds may be of its class as well, as a listener that belongs to another emitter.
        let is_alike = |&node: &Ordinal| graph.class(node) == class;
        let is_next = |node: &Ordinal| *node == first || is_alike(&graph.dominator(*node));
        let alike = links.iter().filter(|&node| is_alike(node)).count();
        let next = links.iter().filter(|&node| is_alike(node) && is_next(node)).count();
        if next >= alike.div_ceil(OF_ITSELF) && next > 1 {
            links.retain(|node| !is_alike(node) || is_next(node));
        }
        Members::from_objects(graph, &dated(cohorts, links), snapshots)
    }

    /// The class among `young` that retains most. Each stands with the number of the snapshot that it dates from.
    pub(super) fn from_objects(
        graph: &Graph,
        young: &[(Ordinal, usize)],
        snapshots: usize,
    ) -> Option<Members> {
        let mut by_class: FxHashMap<ClassIndex, u64> = FxHashMap::default();
        for &(node, _) in young {
            let size = by_class.entry(graph.class(node)).or_default();
            *size = size.saturating_add(graph.retained_size(node));
        }
        let (class, _) =
            by_class.into_iter().max_by_key(|&(class, size)| (size, Reverse(class)))?;
        let of_class = || young.iter().filter(|&&(node, _)| graph.class(node) == class);
        let mut first_seen = vec![0; snapshots];
        for &(_, seen) in of_class() {
            if let Some(count) = first_seen.get_mut(seen) {
                *count += 1;
            }
        }
        let mut members: Vec<Ordinal> = of_class().map(|&(node, _)| node).collect();
        members.sort_by_key(|&node| Reverse(graph.id(node)));
        members.truncate(SAMPLES);
        Some(Members { first_seen, samples: members })
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.first_seen.iter().sum()
    }

    /// Whether in every interval fewer came.
    pub(super) fn are_few(&self, least: u64) -> bool {
        self.first_seen.iter().skip(1).all(|&count| count < least)
    }

    /// Whether in no interval clearly more came than in another.
    pub(super) fn come_evenly(&self) -> bool {
        let counts = || self.first_seen.iter().skip(1).copied();
        let (least, most) =
            (counts().min().unwrap_or_default(), counts().max().unwrap_or_default());
        least > 0 && most <= least.saturating_add(least / EVEN)
    }

    /// Whether some came in every interval.
    pub(super) fn come_always(&self, least: u64) -> bool {
        self.first_seen.iter().skip(1).all(|&count| count >= least)
    }
}

/// Each object with the snapshot that saw it first.
fn dated(cohorts: &Cohorts, nodes: Vec<Ordinal>) -> Vec<(Ordinal, usize)> {
    nodes.into_iter().map(|node| (node, cohorts.first_seen(node))).collect()
}
