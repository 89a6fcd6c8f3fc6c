//! Classes whose objects retain much together, though none of them stands out.

use std::cmp::Reverse;

use heapglass_graph::{ClassIndex, Graph, Ordinal};

use super::runtime::{kept_of_program, name_timers};
use super::shared::also_held_by;
use super::{Accumulation, HeldObject, Suspect, SuspectKind, held_as, share};
use crate::covered::Covered;
use crate::paths::{Budget, CommonWay, ProgramWay, common_way};
use crate::roles::{is_nobody, is_program_object};
use crate::source::{Scripts, Source};
use crate::{describe, path_to};

/// Classes that are looked into, largest first.
const MAX_CLASSES: usize = 20;
/// Instances whose paths are looked at. Beyond, counts along the way are estimates, and say so.
pub(super) const MAX_PATHS: usize = 200_000;

/// Groups of at least `least` bytes outside the subtrees of `taken`, and outside each other. In place of objects of the
/// runtime that of the program is told that they keep most of.
pub(super) fn group_suspects(
    graph: &Graph,
    scripts: &Scripts<'_>,
    taken: &[Ordinal],
    least: u64,
) -> Vec<Suspect> {
    let mut covered = Covered::of(graph, taken);
    let mut classes: Vec<(u64, ClassIndex)> = graph
        .overview()
        .classes
        .shown()
        .filter(|(_, row)| {
            row.retained_size >= least && row.count > 1 && may_be_blamed(&row.class_name)
        })
        .map(|(class, row)| (row.retained_size, class))
        .collect();
    classes.sort_by_key(|&(size, class)| (Reverse(size), class));
    let mut suspects = Vec::new();
    let mut budget = Budget::default();
    for (_, class) in classes.into_iter().take(MAX_CLASSES) {
        let group = instances_outside(&covered, graph, class);
        if group.own_size < least || !group.is_of_many(graph) {
            continue;
        }
        let kept = kept_of_program(graph, scripts, &covered, &group);
        covered.add(graph, &group.members);
        suspects.push(match kept {
            Some((class, kept)) => {
                let mut suspect = group_suspect(graph, scripts, class, &kept, &mut budget);
                name_timers(graph, &mut suspect, &group);
                suspect
            }
            None => group_suspect(graph, scripts, class, &group, &mut budget),
        });
    }
    suspects
}

/// V8's inner classes, and classes whose objects have nothing to do with each other.
pub(crate) fn may_be_blamed(class_name: &str) -> bool {
    !class_name.starts_with('(')
        && !class_name.starts_with("system / ")
        && !class_name.starts_with("Node / ")
        && !["Object", "Array", "Function"].contains(&class_name)
}

fn group_suspect(
    graph: &Graph,
    scripts: &Scripts<'_>,
    class: ClassIndex,
    group: &Group,
    budget: &mut Budget,
) -> Suspect {
    let way = way_to_members(graph, &group.members, budget);
    let largest = group.largest(graph);
    let path = path_to(graph, largest);
    // That everything hangs on the global object goes without saying.
    let gathered_at = way.gathered_at.filter(|object| !is_nobody(graph, object.ordinal));
    let line = match (&gathered_at, &path) {
        (Some(_), _) => way.line,
        (None, path) => path.as_ref().map(|path| path.text.clone()).unwrap_or_default(),
    };
    let gathered = gathered_at.as_ref().map_or(0, |_| way.gathered);
    let also_held_by = gathered_at
        .as_ref()
        .and_then(|at| also_held_by(graph, &group.members, at.ordinal))
        .map(|node| HeldObject { object: describe(graph, node), held_as: held_as(graph, node) })
        .map(Box::new);
    let accumulation = gathered_at.map(|object| Accumulation {
        path: path_to(graph, object.ordinal),
        object,
        scatter: Vec::new(),
    });
    // Where the largest is one of those that hang elsewhere, its owner is not that of the others.
    let is_on_path = |at: &Accumulation| {
        let steps = path.iter().flat_map(|path| &path.steps);
        steps.map(|step| step.object.ordinal).any(|node| node == at.object.ordinal)
    };
    let source = match accumulation.as_ref().filter(|&at| !is_on_path(at)) {
        Some(at) if graph.location(largest).is_none() => {
            Source::of(scripts, at.path.as_ref(), at.object.ordinal)
        }
        _ => Source::of(scripts, path.as_ref(), largest),
    };
    Suspect {
        retained_size: group.retained_size,
        own_size: group.own_size,
        share: share(graph, group.retained_size),
        path,
        line,
        location: source.location,
        script: source.script,
        original: source.original,
        owner: source.owner,
        kind: SuspectKind::Group {
            class,
            class_name: graph.class_row(class).class_name.clone(),
            count: group.members.len() as u64,
            largest: describe(graph, largest),
            accumulation,
            gathered,
            also_held_by,
            is_estimate: way.is_estimate,
        },
    }
}

/// The way that most members share: the program's, where Node's lists of native objects hold them on a shorter one.
fn way_to_members(graph: &Graph, members: &[Ordinal], budget: &mut Budget) -> CommonWay {
    match ProgramWay::of(graph, members, budget) {
        Some(way) => CommonWay {
            line: way.line,
            gathered_at: Some(way.gathered_at),
            gathered: way.gathered,
            is_estimate: way.is_estimate,
        },
        None => common_way(graph, members, MAX_PATHS),
    }
}

/// Outermost instances of a class.
#[derive(Default)]
pub(super) struct Group {
    pub(super) members: Vec<Ordinal>,
    retained_size: u64,
    /// The same without what is named already.
    pub(super) own_size: u64,
}

impl Group {
    /// Adds an instance, of which so many bytes are named already; one that is little more than that is left out.
    pub(super) fn add(&mut self, graph: &Graph, node: Ordinal, named: u64) {
        let retained_size = graph.retained_size(node);
        let rest = retained_size.saturating_sub(named);
        if rest >= named {
            self.members.push(node);
            self.retained_size = self.retained_size.saturating_add(retained_size);
            self.own_size = self.own_size.saturating_add(rest);
        }
    }

    /// Whether the group is one of many objects of the program, rather than one object and some
    /// small ones.
    fn is_of_many(&self, graph: &Graph) -> bool {
        let largest = self.largest(graph);
        is_program_object(graph, largest) && graph.retained_size(largest) <= self.own_size / 2
    }

    pub(super) fn largest(&self, graph: &Graph) -> Ordinal {
        let largest =
            self.members.iter().max_by_key(|&&node| (graph.retained_size(node), Reverse(node)));
        largest.copied().unwrap_or(graph.root())
    }
}

/// Outermost instances of `class` that are in no covered part. What an instance holds of covered parts is not counted;
/// instances that are little more than that are left out.
fn instances_outside(covered: &Covered, graph: &Graph, class: ClassIndex) -> Group {
    let mut group = Group::default();
    let classes = graph.classes();
    let order = graph.dominator_preorder();
    let mut parts = covered.walk();
    let mut position = 0;
    while let Some(&node) = order.get(position) {
        if let Some(end) = parts.end_of_part_at(position) {
            position = end;
            continue;
        }
        let node = Ordinal(node);
        if classes.get(node.index()) == Some(&class.0) && graph.shallow_size(node) > 0 {
            // An index that was made by hand may say 0.
            let end = position + graph.retained_count(node).max(1) as usize;
            group.add(graph, node, parts.size_before(end));
            position = end;
        } else {
            position += 1;
        }
    }
    group
}
