//! What Node's own objects keep of the program, and what is Node's alone.

use std::cmp::Reverse;

use heapglass_graph::{ClassIndex, EdgeType, Graph, Location, NodeType, Ordinal};
use rustc_hash::FxHashMap;

use super::groups::{Group, may_be_blamed};
use super::{Suspect, SuspectKind};
use crate::covered::Covered;
use crate::names::short_name;
use crate::path_to;
use crate::source::Scripts;
use crate::telling::unbound;

/// Classes of the objects by which Node.js keeps what timers call.
pub(super) const TIMERS: [&str; 4] = ["Immediate", "ImmediateList", "Timeout", "TimersList"];

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

/// Says of a single list of Node's timers what most of them call: `Timeout of refresh()`, and where that is written. What
/// Node.js itself gave its timers to call says nothing.
/// Cost: the nodes below the list.
pub(super) fn name_callbacks(graph: &Graph, scripts: &Scripts<'_>, suspect: &mut Suspect) {
    let SuspectKind::Object { object, accumulation } = &mut suspect.kind else { return };
    let is_list = TIMERS.contains(&&*object.class_name)
        && scripts.is_of_runtime(object.ordinal) == Some(true);
    let timers =
        accumulation.scatter.first_mut().filter(|part| TIMERS.contains(&&*part.class_name));
    let Some(timers) = timers.filter(|_| is_list) else { return };
    let Some(function) = most_called(graph, object.ordinal, timers.class) else { return };
    if scripts.is_of_runtime(function) != Some(false) {
        return;
    }
    timers.class_name = format!("{} of {}", timers.class_name, short_name(graph, function));
    (suspect.location, suspect.script) = scripts.of_node(function);
    suspect.original = suspect.location.and_then(|place| graph.original(place)).cloned();
}

/// One of the functions of one place that most timers of a class below `list` call; `None` if no place is that of more than
/// half of them.
fn most_called(graph: &Graph, list: Ordinal, class: ClassIndex) -> Option<Ordinal> {
    let property = |node: Ordinal, name: &str| graph.edge_named(node, EdgeType::Property, name);
    let mut count = 0usize;
    let mut called: FxHashMap<Location, (usize, Reverse<Ordinal>)> = FxHashMap::default();
    for timer in graph.retained_set(list).filter(|&node| graph.class(node) == class) {
        count += 1;
        let callback = property(timer, "_onTimeout").or_else(|| property(timer, "_onImmediate"));
        let Some(callback) = callback else { continue };
        let function = unbound(graph, callback.to);
        if let Some(place) = graph.location(function) {
            called.entry(place).or_insert((0, Reverse(function))).0 += 1;
        }
    }
    let (times, Reverse(function)) = called.into_values().max()?;
    (times > count / 2).then_some(function)
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
