//! Which nodes have shortest paths with certain names on them.

use heapglass_graph::{Distance, EdgeName, Graph, Ordinal};

use crate::NamePattern;
use crate::paths::holds;

/// Conditions on one path that can be asked for.
pub const MOST_PATH_CONDITIONS: usize = 7;

/// In a byte of a string's answers: they have been worked out.
const KNOWN: u8 = 1 << MOST_PATH_CONDITIONS;

/// For each node the conditions that are met on its shortest paths.
pub(super) struct OnPath {
    /// For each node ordinal a bit for each condition; empty if there is none.
    met: Vec<u8>,
    all: u8,
}

impl OnPath {
    /// Hands the conditions that are met down from each node to those that its edges lead one step
    /// further from the roots, in order of distance. Cost: a pass over all edges, and each condition
    /// once for each name. Memory: five bytes for each node, one for each string.
    pub(super) fn of(graph: &Graph, conditions: &[NamePattern]) -> OnPath {
        let conditions = conditions.get(..MOST_PATH_CONDITIONS).unwrap_or(conditions);
        if conditions.is_empty() {
            return OnPath { met: Vec::new(), all: 0 };
        }
        let all = conditions.iter().enumerate().fold(0u8, |all, (at, _)| all | 1 << at);
        let judge = |name: &str| {
            let met = conditions.iter().enumerate().filter(|(_, pattern)| pattern.matches(name));
            met.fold(0u8, |bits, (at, _)| bits | 1 << at)
        };
        let classes: Vec<u8> =
            graph.overview().classes.rows.iter().map(|row| judge(&row.class_name)).collect();
        let of_class = |node: Ordinal| classes.get(graph.class(node).index()).copied().unwrap_or(0);
        let mut names = vec![0u8; graph.strings().len()];
        let mut met: Vec<u8> = graph.nodes().map(of_class).collect();
        for node in by_distance(graph) {
            let Some(&from) = met.get(node.index()) else { continue };
            let next = graph.distance(node).0 + 1;
            for edge in graph.edges(node) {
                if graph.distance(edge.to).0 != next || !holds(edge) {
                    continue;
                }
                let of_edge = match edge.name {
                    EdgeName::Index(_) => 0,
                    EdgeName::String(name) => match names.get_mut(name.0 as usize) {
                        Some(known) if *known & KNOWN != 0 => *known & !KNOWN,
                        Some(unknown) => {
                            let bits = judge(&graph.string(name));
                            *unknown = bits | KNOWN;
                            bits
                        }
                        None => 0,
                    },
                };
                if let Some(slot) = met.get_mut(edge.to.index()) {
                    *slot |= from | of_edge;
                }
            }
        }
        OnPath { met, all }
    }

    /// Whether all conditions are met on shortest paths to `node`.
    pub(super) fn holds(&self, node: Ordinal) -> bool {
        self.all == 0 || self.met.get(node.index()).is_some_and(|met| met & self.all == self.all)
    }
}

/// All nodes that a path leads to, nearest first: a counting sort by distance.
fn by_distance(graph: &Graph) -> Vec<Ordinal> {
    // Nodes that only V8 itself reaches have distances from a base of their own; a path has at most as
    // many steps as there are nodes, so that both fit one row of counters.
    let rank = |node: Ordinal| -> Option<usize> {
        let distance = graph.distance(node).0;
        match distance {
            _ if distance < 0 => None,
            _ if distance >= Distance::SYSTEM.0 => {
                Some((distance - Distance::SYSTEM.0) as usize * 2 + 1)
            }
            _ => Some(distance as usize * 2),
        }
    };
    let ranks = graph.nodes().filter_map(rank).max().map_or(0, |most| most + 1);
    let most = 2 * graph.node_count() as usize + 4;
    if ranks > most {
        // No path is that long: the distances are those of a falsified index.
        return Vec::new();
    }
    let mut starts = vec![0u32; ranks + 1];
    for rank in graph.nodes().filter_map(rank) {
        if let Some(count) = starts.get_mut(rank + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut order = vec![Ordinal(0); sum as usize];
    for node in graph.nodes() {
        let Some(next) = rank(node).and_then(|rank| starts.get_mut(rank)) else { continue };
        if let Some(slot) = order.get_mut(*next as usize) {
            *slot = node;
        }
        *next += 1;
    }
    order
}
