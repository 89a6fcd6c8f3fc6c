//! Whose the memory is: the code's that holds it, by npm package or by file.

mod growth;
mod seeds;

use std::cmp::Reverse;

use heapglass_graph::{Flow, Graph, Ordinal};

use crate::{ObjectSummary, describe};
pub use growth::{CodeGrowth, CodeSeries, attribution_series};
pub(crate) use seeds::APPLICATION;
use seeds::{NOBODY, Seeds, package};

/// What code is grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeBy {
    /// The npm package of a script's path; the program's own scripts and Node's are a group each.
    Package,
    /// The script.
    File,
}

/// How much to tell.
#[derive(Debug, Clone)]
pub struct AttributionOptions {
    /// What to group by.
    pub by: AttributeBy,
    /// At most this many groups; `None` for all.
    pub limit: Option<usize>,
}

/// The memory of a heap by the code that holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribution {
    /// The groups that hold most, sorted by that.
    pub groups: Vec<CodeGroup>,
    /// Number of groups, those beyond the limit included.
    pub group_count: u64,
    /// Shallow sizes of what no code holds alone, in bytes.
    pub unattributed_size: u64,
}

/// A package or a file.
#[derive(Debug, Clone, PartialEq)]
pub struct CodeGroup {
    /// Its name.
    pub name: String,
    /// Functions, scopes, scripts and modules of it in the heap, and objects of its classes that no code holds.
    pub seed_count: u64,
    /// Bytes of which it is the nearest owner: what these dominate, without what those of another group among that
    /// dominate. These sizes and the unattributed rest add up to the heap.
    pub held_size: u64,
    /// Bytes that these dominate, with what other groups hold below them.
    pub retained_size: u64,
    /// Bytes that would be freed if all of these went; what two of them hold together is in this and not in
    /// `retained_size`.
    pub saved_size: u64,
    /// The one of these that retains most.
    pub biggest: ObjectSummary,
}

/// Attributes the heap to code. A function belongs to its script, a scope to the script of the functions in it, a
/// module to its file; everything else to the nearest of these that dominates it. What none dominates belongs to the
/// nearest object that dominates it and is of a class that code of the heap defines.
///
/// Cost: two passes over the edges of functions and scopes, one over the dominator tree, and one over all edges for
/// each group that is shown; memory as [`Flow`] says.
pub fn attribution(graph: &Graph, options: &AttributionOptions) -> Attribution {
    let mut seeds = seeds_by(graph, options.by);
    let (mut sums, unattributed_size) = sums(graph, &mut seeds);
    let mut order: Vec<usize> = (0..seeds.names.len()).collect();
    order.retain(|&at| sums.get(at).is_some_and(|sum| sum.seed_count > 0));
    order.sort_by_key(|&at| {
        let sum = sums.get(at);
        (Reverse(sum.map(|sum| sum.held)), Reverse(sum.map(|sum| sum.retained)), at)
    });
    let group_count = order.len() as u64;
    order.truncate(options.limit.unwrap_or(usize::MAX));
    let flow = Flow::of(graph);
    let groups = order
        .into_iter()
        .filter_map(|at| {
            let sum = std::mem::take(sums.get_mut(at)?);
            Some(CodeGroup {
                name: seeds.names.get(at)?.clone(),
                seed_count: sum.seed_count,
                held_size: sum.held,
                retained_size: sum.retained,
                saved_size: saved(graph, &flow, &seeds, u32::try_from(at).ok()?),
                biggest: describe(graph, sum.biggest?),
            })
        })
        .collect();
    Attribution { groups, group_count, unattributed_size }
}

fn seeds_by(graph: &Graph, by: AttributeBy) -> Seeds {
    let group_of: fn(&str) -> &str = match by {
        AttributeBy::Package => package,
        AttributeBy::File => |script| script,
    };
    Seeds::of(graph, group_of)
}

/// What the scripts of one group hold, see [`CodeGroup`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    pub(crate) held_size: u64,
    pub(crate) biggest: Ordinal,
}

/// What each group of scripts holds, unsorted; `group_of` names the group of a script. Cost: that of [`attribution`]
/// without the walks over all edges.
pub(crate) fn held_by_code(graph: &Graph, group_of: fn(&str) -> &str) -> Vec<(String, Held)> {
    let mut seeds = Seeds::of(graph, group_of);
    let (sums, _) = sums(graph, &mut seeds);
    let held = |sum: Sum| Some(Held { held_size: sum.held, biggest: sum.biggest? });
    let groups = seeds.names.into_iter().zip(sums);
    groups.filter_map(|(name, sum)| Some((name, held(sum)?))).collect()
}

#[derive(Debug, Default)]
struct Sum {
    seed_count: u64,
    held: u64,
    retained: u64,
    biggest: Option<Ordinal>,
    /// Position in the dominator tree up to which the last counted seed of the group reaches.
    covered: u64,
}

impl Sum {
    /// Counts what belongs to the group by itself, and stands in the dominator tree from `at` to `end`.
    fn add(&mut self, graph: &Graph, node: Ordinal, at: u64, end: u64) {
        self.seed_count += 1;
        if at >= self.covered {
            self.retained = self.retained.saturating_add(graph.retained_size(node));
            self.covered = end;
        }
        let is_bigger = |than| graph.retained_size(node) > graph.retained_size(than);
        if self.biggest.is_none_or(is_bigger) {
            self.biggest = Some(node);
        }
    }
}

/// What each group holds, and what none does. The tree is walked in preorder, where what a node dominates follows it.
fn sums(graph: &Graph, seeds: &mut Seeds) -> (Vec<Sum>, u64) {
    let mut sums: Vec<Sum> = Vec::new();
    sums.resize_with(seeds.names.len(), Sum::default);
    // For each open node of the tree its group and where its subtree ends.
    let mut open: Vec<(u32, u64)> = Vec::new();
    let mut unattributed = 0u64;
    for (&node, at) in graph.dominator_preorder().iter().zip(0u64..) {
        let node = Ordinal(node);
        while open.last().is_some_and(|&(_, end)| end <= at) {
            open.pop();
        }
        let mut own = seeds.of_node(node);
        if own == NOBODY && open.is_empty() {
            own = seeds.of_class(graph, node);
        }
        if own != NOBODY {
            let end = at + u64::from(graph.retained_count(node).max(1));
            if open.last().is_none_or(|&(group, _)| group != own) {
                open.push((own, end));
            }
            if let Some(sum) = sums.get_mut(own as usize) {
                sum.add(graph, node, at, end);
            }
        }
        let held = match open.last().and_then(|&(group, _)| sums.get_mut(group as usize)) {
            Some(sum) => &mut sum.held,
            None => &mut unattributed,
        };
        *held = held.saturating_add(graph.shallow_size(node));
    }
    (sums, unattributed)
}

/// Bytes of what nothing would keep alive without what belongs to the group by itself.
fn saved(graph: &Graph, flow: &Flow<'_>, seeds: &Seeds, group: u32) -> u64 {
    flow.lost_without(|node| seeds.of_node(node) == group)
        .fold(0u64, |sum, node| sum.saturating_add(graph.shallow_size(node)))
}
