//! How much of what every object retains is growth that may go on.

use heapglass_graph::{Graph, NodeType, Ordinal};

use super::cohorts::Cohorts;
use super::followed::Followed;
use crate::object::is_context;

/// For each node of the last snapshot, what it retains of younger objects, in bytes.
pub(super) struct Growth {
    /// What came after the first snapshot and was there in the last but one: it has survived.
    survived: Vec<u64>,
    /// What came after the last snapshot but one.
    recent: Vec<u64>,
    /// Intervals in which `survived` came; 0 if there are two snapshots only.
    intervals: u64,
}

impl Growth {
    /// Adds up along the dominator tree. Cost: a pass over the nodes of the last snapshot, with a
    /// look-up in the others for each that is older.
    pub(super) fn of(snapshots: &[Graph], followed: &Followed, cohorts: &Cohorts) -> Growth {
        let Some(last) = snapshots.last() else {
            return Growth { survived: Vec::new(), recent: Vec::new(), intervals: 0 };
        };
        let count = last.node_count() as usize;
        let mut growth = Growth {
            survived: vec![0; count],
            recent: vec![0; count],
            intervals: snapshots.len().saturating_sub(2) as u64,
        };
        for node in last.nodes().filter(|&node| counts(last, node)) {
            let (survived, recent) = own_growth(snapshots, followed, cohorts, node);
            if let Some(slot) = growth.survived.get_mut(node.index()) {
                *slot = survived;
            }
            if let Some(slot) = growth.recent.get_mut(node.index()) {
                *slot = recent;
            }
        }
        add_up(last, &mut growth.survived);
        add_up(last, &mut growth.recent);
        growth
    }

    /// What of a node's growth goes on, in bytes for each interval: it has come in earlier intervals
    /// and stayed, and it came in the last one. What filled up once has nothing of the second, and
    /// what is used and dropped nothing of the first.
    ///
    /// No node has less than the nodes it dominates have together, as the smaller of two sums is at
    /// least the sum of the smaller ones.
    pub(super) fn lasting(&self, node: Ordinal) -> u64 {
        self.lasting_of(self.survived(node), self.recent(node))
    }

    /// The same for several nodes together, from what of them survived and what is recent.
    pub(super) fn lasting_of(&self, survived: u64, recent: u64) -> u64 {
        match self.intervals {
            0 => recent,
            intervals => (survived / intervals).min(recent),
        }
    }

    /// What came between the first snapshot and the last but one, and stayed, in bytes.
    pub(super) fn survived(&self, node: Ordinal) -> u64 {
        self.survived.get(node.index()).copied().unwrap_or_default()
    }

    /// What came in the last interval, in bytes.
    pub(super) fn recent(&self, node: Ordinal) -> u64 {
        self.recent.get(node.index()).copied().unwrap_or_default()
    }
}

/// What a node itself has of both, in bytes: its size if it is young, what it gained if it is old.
fn own_growth(
    snapshots: &[Graph],
    followed: &Followed,
    cohorts: &Cohorts,
    node: Ordinal,
) -> (u64, u64) {
    let Some((last, earlier)) = snapshots.split_last() else { return (0, 0) };
    let size = last.shallow_size(node);
    let first_seen = cohorts.first_seen(node);
    let size_at = |snapshot: usize| {
        let there = followed.at(last, snapshot, node)?;
        earlier.get(snapshot).map(|graph| graph.shallow_size(there))
    };
    let Some(before) = earlier.len().checked_sub(1).filter(|&before| first_seen <= before) else {
        return (0, size);
    };
    let size_before = size_at(before).unwrap_or(size);
    let recent = size.saturating_sub(size_before);
    let survived = match first_seen {
        0 => size_before.saturating_sub(size_at(0).unwrap_or(size_before)),
        _ => size_before,
    };
    (survived, recent)
}

/// What the names of arrays begin with that belong to code: `(code deopt data)`, `(function scope info)`.
const OF_CODE: &[&str] = &["(code ", "(function ", "(script ", "(source position table)"];

/// Whether a node is the program's: code, shapes and V8's own tables come and go with the compiler.
pub(super) fn counts(graph: &Graph, node: Ordinal) -> bool {
    match graph.node_type(node) {
        NodeType::Code | NodeType::ObjectShape | NodeType::Synthetic => false,
        // What V8 keeps with code, by the names that it has up to Node 16.
        NodeType::Array => {
            let name = graph.raw_name(node);
            !OF_CODE.iter().any(|start| name.starts_with(start))
        }
        // Node 12 writes the variables of functions as hidden.
        NodeType::Hidden => is_context(graph, node),
        NodeType::Native => {
            let name = graph.raw_name(node);
            !name.starts_with("system / ") || name.ends_with("Data")
        }
        _ => true,
    }
}

/// Adds to each node what the nodes have that it dominates.
fn add_up(graph: &Graph, sums: &mut [u64]) {
    for &node in graph.dominator_preorder().iter().rev() {
        let node = Ordinal(node);
        let dominator = graph.dominator(node);
        if dominator == node {
            continue;
        }
        let own = sums.get(node.index()).copied().unwrap_or_default();
        if let Some(sum) = sums.get_mut(dominator.index()) {
            *sum = sum.saturating_add(own);
        }
    }
}
