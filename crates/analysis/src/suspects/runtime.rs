//! What Node's own objects keep of the program, and what is Node's alone.

use std::cmp::Reverse;

use heapglass_graph::{ClassIndex, Graph, NodeType, Ordinal};
use rustc_hash::FxHashMap;

use super::groups::{Group, may_be_blamed};
use super::{Suspect, SuspectKind};
use crate::covered::Covered;
use crate::path_to;
use crate::source::Scripts;

/// Classes of the objects by which Node.js keeps what timers call.
const TIMERS: [&str; 4] = ["Immediate", "ImmediateList", "Timeout", "TimersList"];

/// Objects of one class below others.
struct OfClass {
    is_of_program: bool,
    /// Where the last of them ends in the order of the dominator tree.
    covered_until: usize,
    group: Group,
}

/// The objects of the program's own class that has most of what some objects retain, if those are written in code of the
/// runtime; `None` if they are not, or no class of the program has as much as half of it.
/// Cost: the nodes below the objects.
pub(super) fn kept_of_program(
    graph: &Graph,
    scripts: &Scripts<'_>,
    covered: &Covered,
    holders: &Group,
) -> Option<(ClassIndex, Group)> {
    if scripts.is_of_runtime(holders.largest(graph)) != Some(true) {
        return None;
    }
    let mut classes: FxHashMap<ClassIndex, OfClass> = FxHashMap::default();
    let order = graph.dominator_preorder();
    let mut parts = covered.walk();
    for &holder in &holders.members {
        let mut position = graph.tree_position(holder) as usize;
        let end = position + graph.retained_count(holder) as usize;
        while position < end
            && let Some(&node) = order.get(position)
        {
            if let Some(end_of_part) = parts.end_of_part_at(position) {
                position = end_of_part;
                continue;
            }
            let node = Ordinal(node);
            let of_class = classes.entry(graph.class(node)).or_insert_with(|| OfClass {
                is_of_program: is_of_program(graph, scripts, node),
                covered_until: 0,
                group: Group::default(),
            });
            let is_outermost = position >= of_class.covered_until;
            if of_class.is_of_program && is_outermost && graph.shallow_size(node) > 0 {
                of_class.covered_until = position + graph.retained_count(node) as usize;
                of_class.group.add(graph, node, parts.size_before(of_class.covered_until));
            }
            position += 1;
        }
    }
    let groups = classes.into_iter().map(|(class, of_class)| (class, of_class.group));
    let (class, most) = groups.max_by_key(|(class, group)| (group.own_size, Reverse(*class)))?;
    let is_most = most.own_size >= holders.own_size / 2 && most.members.len() > 1;
    is_most.then_some((class, most))
}

/// Whether an object's class is written in the program's code, so far as the snapshot tells where.
fn is_of_program(graph: &Graph, scripts: &Scripts<'_>, node: Ordinal) -> bool {
    graph.node_type(node) == NodeType::Object
        && may_be_blamed(graph.class_name(node))
        && scripts.is_of_runtime(node) == Some(false)
}

/// Calls what a group is gathered in by what it is to people, where that is how Node.js keeps the timers that hold it.
pub(super) fn name_timers(graph: &Graph, suspect: &mut Suspect, holders: &Group) {
    let holder = holders.largest(graph);
    let SuspectKind::Group { accumulation: Some(at), .. } = &mut suspect.kind else { return };
    let is_on_way = || {
        let path = path_to(graph, holder);
        path.is_some_and(|path| {
            path.steps.iter().any(|step| step.object.ordinal == at.object.ordinal)
        })
    };
    if TIMERS.contains(&graph.class_name(holder)) && is_on_way() {
        at.object.label = format!("the timers of Node.js {}", at.object.id);
    }
}

/// Whether a single object is a class of the runtime's own with its instances: Node's list of its modules, which every
/// program has.
pub(super) fn is_class_of_runtime(graph: &Graph, scripts: &Scripts<'_>, suspect: &Suspect) -> bool {
    let SuspectKind::Object { object, accumulation } = &suspect.kind else { return false };
    let written = graph.location(object.ordinal);
    graph.node_type(object.ordinal) == NodeType::Closure
        && accumulation.scatter.first().is_some_and(|most| {
            most.count > 1 && most.location.is_some() && most.location == written
        })
        && scripts.is_of_runtime(object.ordinal) == Some(true)
}
