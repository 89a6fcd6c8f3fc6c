//! What code holds in each of several snapshots.

use std::cmp::Reverse;

use heapglass_graph::{Graph, Ordinal};
use rustc_hash::FxHashMap;

use super::name::{carry_versions, without_needless_folders};
use super::{AttributeBy, GroupName, Owners, Sum, sums};
use crate::compare::difference;

/// What a package, a file, a class … holds in each of several snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeSeries {
    /// Its name.
    pub name: GroupName,
    /// Bytes of which it is the nearest owner, as [`CodeGroup::held_size`](super::CodeGroup::held_size), in each
    /// snapshot.
    pub held_sizes: Vec<u64>,
}

/// What all groups hold in each of several snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeGrowth {
    /// A row for each group that is in any of them, the one that grew most first.
    pub groups: Vec<CodeSeries>,
    /// Bytes of what no group holds alone, in each snapshot. With those of all groups they add up to the heap.
    pub unattributed_sizes: Vec<u64>,
}

impl CodeSeries {
    /// Bytes that it holds more in the last snapshot than in the first.
    pub fn growth(&self) -> i64 {
        growth(&self.held_sizes)
    }
}

impl CodeGrowth {
    /// Bytes that no group holds alone, more in the last snapshot than in the first.
    pub fn unattributed_growth(&self) -> i64 {
        growth(&self.unattributed_sizes)
    }
}

fn growth(sizes: &[u64]) -> i64 {
    let size = |size: Option<&u64>| size.copied().unwrap_or(0);
    difference(size(sizes.last()), size(sizes.first()))
}

/// An object of the last snapshot, and the script that is known to have to do with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) node: Ordinal,
    pub(crate) script: Option<&'a str>,
}

/// What each group holds in each of `graphs`. Groups are found again by name, so that the snapshots need not be of one
/// process; only the names of native contexts have an id in them. Cost: that of [`attribution`](super::attribution) for
/// each, without its walks over all edges.
pub fn attribution_series(graphs: &[&Graph], by: AttributeBy) -> CodeGrowth {
    series_and_groups(graphs, by, &[]).0
}

/// The same, and for each of `subjects` the name of the group whose it is: that of its script, or else what holds it.
pub(crate) fn series_and_groups(
    graphs: &[&Graph],
    by: AttributeBy,
    subjects: &[Subject<'_>],
) -> (CodeGrowth, Vec<Option<GroupName>>) {
    let mut groups_of_subjects: Vec<Option<usize>> = Vec::new();
    let mut rows: FxHashMap<GroupName, Vec<u64>> = FxHashMap::default();
    let mut unattributed_sizes = Vec::with_capacity(graphs.len());
    let (mut names, mut held) = (Vec::new(), Vec::new());
    for (graph, at) in graphs.iter().zip(1..) {
        let mut owners = Owners::by(graph, by);
        let (sums, unattributed) = sums(graph, &mut owners);
        unattributed_sizes.push(unattributed);
        // Subjects are objects of the last one, and their ordinals mean nothing in the others.
        if at == graphs.len() {
            groups_of_subjects = subjects
                .iter()
                .map(|subject| position_of(graph, &owners, &sums, subject))
                .collect();
        }
        let there = owners.names().into_iter().zip(sums).filter(|(_, sum)| sum.seed_count > 0);
        let (there, sizes): (Vec<GroupName>, Vec<u64>) =
            there.map(|(name, sum)| (name, sum.held)).unzip();
        names.push(there);
        held.push(sizes);
    }
    carry_versions(&mut names);
    without_needless_folders(&mut names);
    let last = names.last().cloned().unwrap_or_default();
    let groups_of_subjects = groups_of_subjects.into_iter().map(|at| last.get(at?).cloned());
    let groups_of_subjects = groups_of_subjects.collect();
    for (at, (names, held)) in names.into_iter().zip(held).enumerate() {
        for (name, held) in names.into_iter().zip(held) {
            let sizes = rows.entry(name).or_insert_with(|| vec![0; graphs.len()]);
            if let Some(size) = sizes.get_mut(at) {
                *size = size.saturating_add(held);
            }
        }
    }
    let mut groups: Vec<CodeSeries> =
        rows.into_iter().map(|(name, held_sizes)| CodeSeries { name, held_sizes }).collect();
    groups.sort_by(|a, b| {
        let key = |group: &CodeSeries| Reverse((group.growth(), group.held_sizes.last().copied()));
        key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
    });
    (CodeGrowth { groups, unattributed_sizes }, groups_of_subjects)
}

/// The position of the subject's group among those that have something of their own in the heap.
fn position_of(
    graph: &Graph,
    owners: &Owners,
    sums: &[Sum],
    subject: &Subject<'_>,
) -> Option<usize> {
    let is_there = |group: &u32| sums.get(*group as usize).is_some_and(|sum| sum.seed_count > 0);
    let by_script = subject.script.and_then(|script| owners.of_script(script)).filter(is_there);
    let group = by_script.or_else(|| owners.of_holder(graph, subject.node))?;
    let before = sums.get(..group as usize)?;
    Some(before.iter().filter(|sum| sum.seed_count > 0).count())
}
