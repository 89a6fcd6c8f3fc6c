//! One figure of some groups together.

use heapglass_graph::{Flow, Graph, Ordinal};

use super::{AttributeBy, Owners, sums};

/// A figure of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupFigure {
    Held,
    Retained,
    Saved,
}

/// A figure, in bytes, of all groups together whose name `matches`, each byte once; `None` if there is no such group.
/// Cost: that of [`attribution_series`](super::attribution_series) for one heap, and for what would be saved a walk over
/// all edges.
pub(crate) fn group_figure(
    graph: &Graph,
    by: AttributeBy,
    figure: GroupFigure,
    matches: impl Fn(&str) -> bool,
) -> Option<u64> {
    let mut owners = Owners::by(graph, by);
    let (sums, _) = sums(graph, &mut owners);
    let there = owners.names().into_iter().zip(&sums);
    let is_wanted: Vec<bool> =
        there.map(|(name, sum)| sum.seed_count > 0 && matches(&name.name)).collect();
    if !is_wanted.contains(&true) {
        return None;
    }
    let groups = owners.groups();
    let wanted =
        |node: Ordinal| is_wanted.get(groups.of_node(node) as usize).copied().unwrap_or(false);
    Some(match figure {
        GroupFigure::Held => {
            let held = sums.iter().zip(&is_wanted).filter(|(_, is_wanted)| **is_wanted);
            held.fold(0u64, |sum, (group, _)| sum.saturating_add(group.held))
        }
        GroupFigure::Retained => retained(graph, wanted),
        GroupFigure::Saved => Flow::of(graph)
            .lost_without(wanted)
            .fold(0u64, |sum, node| sum.saturating_add(graph.shallow_size(node))),
    })
}

/// Whether there is a group whose name `matches`. Cost: a pass over the nodes, and over the edges of functions.
pub(crate) fn has_group(graph: &Graph, by: AttributeBy, matches: impl Fn(&str) -> bool) -> bool {
    Owners::by(graph, by).names().iter().any(|name| matches(&name.name))
}

/// Bytes that the wanted nodes retain, each once.
fn retained(graph: &Graph, wanted: impl Fn(Ordinal) -> bool) -> u64 {
    let (mut sum, mut covered) = (0u64, 0u64);
    for (&node, at) in graph.dominator_preorder().iter().zip(0u64..) {
        let node = Ordinal(node);
        if at >= covered && wanted(node) {
            sum = sum.saturating_add(graph.retained_size(node));
            covered = at + u64::from(graph.retained_count(node).max(1));
        }
    }
    sum
}
