//! When each object of the last snapshot was first seen.

use heapglass_graph::{Graph, Ordinal};

use super::followed::Followed;

/// For each node of the last snapshot the first snapshot that has it, 0 for the first of all.
pub(super) struct Cohorts {
    of: Vec<u16>,
}

impl Cohorts {
    /// Cost: one pass over the last snapshot's ids; for native objects a look into each of the others.
    ///
    /// V8 gives ids in the order in which it meets objects, so the largest one of a snapshot dates
    /// all that are met later. Ids of native objects (even ones) do not rise; those are looked up. By its place an object is
    /// as old as it can be followed back without a gap.
    pub(super) fn of(snapshots: &[Graph], followed: &Followed) -> Cohorts {
        let Some((last, earlier)) = snapshots.split_last() else {
            return Cohorts { of: Vec::new() };
        };
        let largest: Vec<u64> =
            earlier.iter().map(|graph| graph.overview().info.max_js_object_id).collect();
        let is_there = |snapshot: usize, node| followed.at(last, snapshot, node).is_some();
        let first_seen = |node: Ordinal| match followed {
            Followed::Ids(_) if last.id(node).0 % 2 == 1 => {
                largest.iter().filter(|&&largest| largest < last.id(node).0).count()
            }
            Followed::Ids(_) => {
                (0..earlier.len()).find(|&at| is_there(at, node)).unwrap_or(earlier.len())
            }
            Followed::Places(_) => {
                let gap = (0..earlier.len()).rev().find(|&at| !is_there(at, node));
                gap.map_or(0, |gap| gap + 1)
            }
        };
        let number = |snapshot: usize| u16::try_from(snapshot).unwrap_or(u16::MAX);
        Cohorts { of: last.nodes().map(|node| number(first_seen(node))).collect() }
    }

    /// The number of the snapshot that saw a node first.
    pub(super) fn first_seen(&self, node: Ordinal) -> usize {
        self.of.get(node.index()).copied().unwrap_or_default().into()
    }
}
