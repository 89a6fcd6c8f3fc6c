//! What code holds in each of several snapshots.

use std::cmp::Reverse;

use heapglass_graph::Graph;
use rustc_hash::FxHashMap;

use super::{AttributeBy, seeds_by, sums};
use crate::compare::difference;

/// What a package or a file holds in each of several snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeSeries {
    /// Its name.
    pub name: String,
    /// Bytes of which it is the nearest owner, as [`CodeGroup::held_size`](super::CodeGroup::held_size), in each
    /// snapshot.
    pub held_sizes: Vec<u64>,
}

/// What all code holds in each of several snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeGrowth {
    /// A row for each package or file that is in any of them, the one that grew most first.
    pub groups: Vec<CodeSeries>,
    /// Bytes of what no code holds alone, in each snapshot. With those of all groups they add up to the heap.
    pub unattributed_sizes: Vec<u64>,
}

impl CodeSeries {
    /// Bytes that it holds more in the last snapshot than in the first.
    pub fn growth(&self) -> i64 {
        growth(&self.held_sizes)
    }
}

impl CodeGrowth {
    /// Bytes that no code holds alone, more in the last snapshot than in the first.
    pub fn unattributed_growth(&self) -> i64 {
        growth(&self.unattributed_sizes)
    }
}

fn growth(sizes: &[u64]) -> i64 {
    let size = |size: Option<&u64>| size.copied().unwrap_or(0);
    difference(size(sizes.last()), size(sizes.first()))
}

/// What each package or file holds in each of `graphs`. Names are those of scripts, so that the snapshots need not be of
/// one process. Cost: that of [`attribution`](super::attribution) for each, without its walks over all edges.
pub fn attribution_series(graphs: &[&Graph], by: AttributeBy) -> CodeGrowth {
    let mut rows: FxHashMap<String, Vec<u64>> = FxHashMap::default();
    let mut unattributed_sizes = Vec::with_capacity(graphs.len());
    for (at, graph) in graphs.iter().enumerate() {
        let mut seeds = seeds_by(graph, by);
        let (sums, unattributed) = sums(graph, &mut seeds);
        unattributed_sizes.push(unattributed);
        for (name, sum) in seeds.names.into_iter().zip(sums).filter(|(_, sum)| sum.seed_count > 0) {
            let held = rows.entry(name).or_insert_with(|| vec![0; graphs.len()]);
            if let Some(size) = held.get_mut(at) {
                *size = sum.held;
            }
        }
    }
    let mut groups: Vec<CodeSeries> =
        rows.into_iter().map(|(name, held_sizes)| CodeSeries { name, held_sizes }).collect();
    groups.sort_by(|a, b| {
        let key = |group: &CodeSeries| Reverse((group.growth(), group.held_sizes.last().copied()));
        key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
    });
    CodeGrowth { groups, unattributed_sizes }
}
