//! When each object of the last snapshot was first seen.

use heapglass_graph::{Graph, IdIndex, NodeId, NodeType, Ordinal};

/// For each node of the last snapshot the first snapshot that has it, 0 for the first of all.
pub(super) struct Cohorts {
    of: Vec<u8>,
}

impl Cohorts {
    /// Cost: one pass over the last snapshot's ids; for native objects a look into each of the others.
    ///
    /// V8 gives ids in the order in which it meets objects, so the largest one of a snapshot dates
    /// all that are met later. Ids of native objects (even ones) do not rise; those are looked up.
    pub(super) fn of(snapshots: &[Graph], indexes: &[IdIndex]) -> Cohorts {
        let Some((last, earlier)) = snapshots.split_last() else {
            return Cohorts { of: Vec::new() };
        };
        let largest: Vec<u64> =
            earlier.iter().map(|graph| graph.overview().info.max_js_object_id).collect();
        let first_seen = |id: NodeId| match id.0 % 2 {
            1 => largest.iter().filter(|&&largest| largest < id.0).count(),
            _ => indexes
                .iter()
                .take(earlier.len())
                .position(|index| index.get(id).is_some())
                .unwrap_or(earlier.len()),
        };
        Cohorts { of: last.nodes().map(|node| first_seen(last.id(node)) as u8).collect() }
    }

    /// The number of the snapshot that saw a node first.
    pub(super) fn first_seen(&self, node: Ordinal) -> usize {
        self.of.get(node.index()).copied().unwrap_or_default().into()
    }
}

/// Strings of two snapshots that are compared.
const SAMPLES: usize = 20_000;
/// Share of them that has to be the same for the snapshots to be of one process.
const SAME: f64 = 0.9;

/// Whether two snapshots are of one process, the second one taken later: the strings of the later
/// one whose ids the earlier one has given are the same texts there. What every process of one
/// version starts with is left out where there is enough else.
pub(super) fn is_one_process(earlier: &Graph, ids: &IdIndex, later: &Graph) -> bool {
    let limit = earlier.overview().info.max_js_object_id;
    let mut common: Vec<(u64, bool)> = later
        .nodes()
        .filter(|&node| later.node_type(node) == NodeType::String)
        .filter(|&node| later.id(node).0 <= limit)
        .filter_map(|node| {
            let id = later.id(node);
            let there = ids.get(id)?;
            let is_same = earlier.node_type(there) == NodeType::String
                && text(earlier, there) == text(later, node);
            Some((id.0, is_same))
        })
        .collect();
    // The program's own have the higher ids.
    common.sort_unstable();
    let newest = common.get(common.len().saturating_sub(SAMPLES)..).unwrap_or_default();
    let newest = newest.get(newest.len() / 2..).unwrap_or_default();
    let same = newest.iter().filter(|(_, is_same)| *is_same).count();
    newest.is_empty() || same as f64 >= newest.len() as f64 * SAME
}

fn text(graph: &Graph, node: Ordinal) -> Option<&[u8]> {
    graph.strings().get(graph.name_index(node).0)
}
