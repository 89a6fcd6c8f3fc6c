//! One figure of some groups together.

use heapglass_graph::{Flow, Graph, Ordinal};

use super::groups::Groups;
use super::{AttributeBy, Owners, sums};
use crate::covered::retained_together;
use crate::sums::saturating_sum;

/// A figure of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupFigure {
    Held,
    Retained,
    Saved,
}

/// The groups of a heap with what each holds, to take figures of.
pub(crate) struct Grouped {
    groups: Groups,
    names: Vec<String>,
    /// Bytes that each holds; `None` for those that have nothing of their own in the heap.
    held: Vec<Option<u64>>,
}

impl Grouped {
    /// Cost: that of [`attribution_series`](super::attribution_series) for one heap; it keeps 4 bytes for each node.
    pub(crate) fn of(graph: &Graph, by: AttributeBy) -> Grouped {
        let mut owners = Owners::by(graph, by);
        let (sums, _) = sums(graph, &mut owners);
        let names = owners.names().into_iter().map(|name| name.name).collect();
        let held = sums.iter().map(|sum| (sum.seed_count > 0).then_some(sum.held)).collect();
        Grouped { groups: owners.into_groups(), names, held }
    }

    /// Whether there is a group whose name `matches`.
    pub(crate) fn has(&self, matches: impl Fn(&str) -> bool) -> bool {
        self.wanted(matches).contains(&true)
    }

    /// A figure, in bytes, of all groups together whose name `matches`, each byte once; `None` if there is no such
    /// group. Cost: a walk over the groups for what they hold, one over the nodes for what they retain, and one over all
    /// edges of `flow` for what would be saved, which alone asks for it.
    pub(crate) fn figure<'a>(
        &self,
        graph: &'a Graph,
        figure: GroupFigure,
        flow: impl FnOnce() -> &'a Flow<'a>,
        matches: impl Fn(&str) -> bool,
    ) -> Option<u64> {
        let is_wanted = self.wanted(matches);
        if !is_wanted.contains(&true) {
            return None;
        }
        let wanted = |node: Ordinal| {
            is_wanted.get(self.groups.of_node(node) as usize).copied().unwrap_or(false)
        };
        Some(match figure {
            GroupFigure::Held => {
                let held = self.held.iter().zip(&is_wanted).filter(|(_, is_wanted)| **is_wanted);
                saturating_sum(held.filter_map(|(held, _)| *held))
            }
            GroupFigure::Retained => retained_together(graph, wanted),
            GroupFigure::Saved => {
                let lost = flow().lost_without(wanted);
                saturating_sum(lost.map(|node| graph.shallow_size(node)))
            }
        })
    }

    fn wanted(&self, matches: impl Fn(&str) -> bool) -> Vec<bool> {
        let groups = self.names.iter().zip(&self.held);
        groups.map(|(name, held)| held.is_some() && matches(name)).collect()
    }
}
