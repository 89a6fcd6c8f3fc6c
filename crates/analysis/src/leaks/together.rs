//! Suspects that are one leak seen from several sides: classes of objects that come together and hold each other, which no
//! one object gathers, and what fills up inside of objects that another suspect gathers.

use std::cmp::Reverse;

use heapglass_graph::{ClassIndex, EdgeType, Graph, NodeType, Ordinal};
use rustc_hash::FxHashSet;

use super::cohorts::Cohorts;
use super::{LeakKind, LeakSuspect};
use crate::object::is_context;
use crate::paths::holds;
use crate::roles::is_nobody;

/// So many objects of one class come with one of the other at most, as the sockets on both sides of a proxy.
const TIMES: f64 = 4.0;
/// Numbers of objects that differ by no more than this share come together.
const ALIKE: f64 = 0.05;
/// Fewer samples say nothing.
const LEAST: usize = 3;
/// Steps upwards from a sample, through functions, scopes and lists.
const STEPS: usize = 4;
/// Holders of one object that are looked at, and objects above one sample.
const MOST_HOLDERS: usize = 64;
const MOST_ABOVE: usize = 256;
/// Edges of a holder above which it is not asked how it holds.
const MOST_EDGES: usize = 4096;
/// The class of what refers to an object and does not keep it.
const WEAK_REF: &str = "WeakRef";
/// Steps from what gathers to what it gathers, tables included.
const TO_MEMBER: usize = 3;
/// Share of the bytes of the largest class that one has to have to be named first because its place is known.
const FAIR: f64 = 0.1;
/// Share of the bytes of a suspect below which one or two objects inside of one of its own are no leak of theirs.
const LITTLE: f64 = 0.1;

/// Each leak once: what is inside of another suspect's objects is left out, and classes that nobody gathers are told with
/// those that they come with. `found` is in the order of bytes, the largest first.
///
/// Cost: `MOST_ABOVE` objects above each sample, with `MOST_EDGES` edges of each at most; each suspect is held against the
/// others.
pub(super) fn without_companions(
    graph: &Graph,
    cohorts: &Cohorts,
    found: Vec<LeakSuspect>,
) -> Vec<LeakSuspect> {
    let found = without_insides_of_members(found);
    if found.len() < 2 || !found.iter().any(|suspect| is_gathered_by_nobody(graph, suspect)) {
        return found;
    }
    let sides: Vec<Side> = found.iter().map(|suspect| Side::of(graph, cohorts, suspect)).collect();
    let firsts = firsts(graph, &found, &sides);
    let mut all: Vec<Option<LeakSuspect>> = found.into_iter().map(Some).collect();
    for (at, &first) in firsts.iter().enumerate().filter(|&(at, &first)| at != first) {
        let companion = all.get_mut(at).and_then(Option::take);
        if let (Some(companion), Some(Some(known))) = (companion, all.get_mut(first)) {
            known.add_companion(companion);
        }
    }
    all.into_iter().flatten().collect()
}

/// For each suspect the one that it is told with; itself, if it stands alone or comes first.
fn firsts(graph: &Graph, found: &[LeakSuspect], sides: &[Side]) -> Vec<usize> {
    let is_linked = |one: usize, other: usize| {
        let both = sides.get(one).zip(sides.get(other));
        let numbers = found.get(one).zip(found.get(other));
        both.is_some_and(|(one, other)| one.is_beside(other) || other.is_beside(one))
            && numbers.is_some_and(|(one, other)| come_together(one, other))
    };
    let (loose, gathered): (Vec<usize>, Vec<usize>) = (0..found.len()).partition(|&at| {
        found.get(at).is_some_and(|suspect| is_gathered_by_nobody(graph, suspect))
    });
    let mut firsts: Vec<usize> = (0..found.len()).collect();
    let mut open: FxHashSet<usize> = loose.iter().copied().collect();
    for &start in &loose {
        if !open.remove(&start) {
            continue;
        }
        let mut together = vec![start];
        let mut next = 0;
        while let Some(&one) = together.get(next) {
            next += 1;
            let linked: Vec<usize> = loose
                .iter()
                .copied()
                .filter(|at| open.contains(at) && is_linked(one, *at))
                .collect();
            for other in linked {
                open.remove(&other);
                together.push(other);
            }
        }
        // What one object gathers says more. Suspects are in the order of bytes.
        let gatherer = gathered
            .iter()
            .copied()
            .find(|&whole| together.iter().any(|&part| is_linked(whole, part)));
        let first = gatherer.unwrap_or_else(|| first_of(found, &together));
        for at in together {
            if let Some(known) = firsts.get_mut(at) {
                *known = first;
            }
        }
    }
    firsts
}

/// Which of these is told: the largest of those of which it is known whose code holds them, if it is not small beside the
/// others.
fn first_of(found: &[LeakSuspect], together: &[usize]) -> usize {
    let bytes = |at: usize| found.get(at).map_or(0.0, |suspect| suspect.bytes_per_interval);
    let most = together.iter().map(|&at| bytes(at)).fold(0.0, f64::max);
    let key = |at: usize| {
        let is_placed = found.get(at).is_some_and(|suspect| suspect.script.is_some());
        (is_placed && bytes(at) >= most * FAIR, bytes(at) as u64, Reverse(at))
    };
    together.iter().copied().max_by_key(|&at| key(at)).unwrap_or_default()
}

/// Whether no one object of the program gathers what grows: it stands at one of its own objects, at a root, at the timers of
/// all, or at a variable of Node's own; or it consists of WeakRefs, which keep nothing.
fn is_gathered_by_nobody(graph: &Graph, suspect: &LeakSuspect) -> bool {
    let point = &suspect.accumulation_point;
    let last = suspect.path.as_ref().and_then(|path| path.steps.last()?.edge.as_ref());
    let is_variable = last.is_some_and(|edge| edge.kind == EdgeType::Context);
    let is_timer = suspect.plain_kind == LeakKind::Timers && suspect.script.is_none();
    let is_apart = || point.class_name == suspect.class_name || is_nobody(graph, point.ordinal);
    suspect.owner.is_none() && (is_variable || is_timer)
        || suspect.class_name == WEAK_REF
        || suspect.figures_of_class && is_apart()
}

fn come_together(one: &LeakSuspect, other: &LeakSuspect) -> bool {
    let (a, b) = (one.count_per_interval, other.count_per_interval);
    let (most, least) = (a.max(b), a.min(b));
    if least <= 0.0 {
        return false;
    }
    let times = most / least;
    times.round() <= TIMES && (times - times.round()).abs() <= times.round() * ALIKE
}

/// A suspect's class, and those of the objects that came with its own and hold them, or that they refer to weakly.
struct Side {
    class: Option<ClassIndex>,
    beside: FxHashSet<ClassIndex>,
}

impl Side {
    fn of(graph: &Graph, cohorts: &Cohorts, suspect: &LeakSuspect) -> Side {
        let samples: Vec<Ordinal> = suspect.instances.iter().map(|object| object.ordinal).collect();
        if samples.len() < LEAST {
            return Side { class: None, beside: FxHashSet::default() };
        }
        let mut classes = samples.iter().map(|&node| {
            let mut classes = classes_above(graph, cohorts, node);
            classes.extend(weak_targets(graph, cohorts, node));
            classes
        });
        let mut beside = classes.next().unwrap_or_default();
        for others in classes {
            beside.retain(|class| others.contains(class));
        }
        Side { class: samples.first().map(|&node| graph.class(node)), beside }
    }

    /// Whether all of its objects are held by such of the other, or refer to them weakly.
    fn is_beside(&self, other: &Side) -> bool {
        other.class.is_some_and(|class| self.class.is_some() && self.beside.contains(&class))
    }
}

/// Classes of the young objects that a WeakRef refers to, or the WeakRefs in the fields of an object, as what is kept for a
/// finalizer has them.
fn weak_targets<'a>(
    graph: &'a Graph,
    cohorts: &'a Cohorts,
    sample: Ordinal,
) -> impl Iterator<Item = ClassIndex> + 'a {
    let is_ref = move |&node: &Ordinal| graph.class_name(node) == WEAK_REF;
    let held = graph.edges(sample).take(MOST_HOLDERS).map(|edge| edge.to);
    let refs = std::iter::once(sample).chain(held).filter(is_ref);
    refs.flat_map(move |node| graph.edges(node).take(MOST_HOLDERS))
        .map(|edge| edge.to)
        .filter(move |&node| cohorts.first_seen(node) > 0 && is_named(graph, node))
        .map(move |node| graph.class(node))
}

/// Classes of the young objects above one, each the first on its way. Functions, scopes, lists and dictionaries are passed
/// through, and say nothing themselves.
fn classes_above(graph: &Graph, cohorts: &Cohorts, sample: Ordinal) -> FxHashSet<ClassIndex> {
    let own = graph.class(sample);
    let mut classes = FxHashSet::default();
    let mut seen = FxHashSet::from_iter([sample]);
    let mut level = vec![sample];
    for _ in 0..STEPS {
        let mut above = Vec::new();
        for &node in &level {
            for from in graph.each_retaining_node(node).take(MOST_HOLDERS) {
                let is_asked = seen.len() < MOST_ABOVE
                    && cohorts.first_seen(from) > 0
                    && graph.edge_range(from).len() <= MOST_EDGES;
                if !is_asked || !graph.edges_between(from, node).any(holds) || !seen.insert(from) {
                    continue;
                }
                if !is_named(graph, from) {
                    above.push(from);
                } else if graph.class(from) != own {
                    classes.insert(graph.class(from));
                }
            }
        }
        level = above;
    }
    classes
}

/// Whether an object is of a class that tells it from others.
fn is_named(graph: &Graph, node: Ordinal) -> bool {
    matches!(graph.node_type(node), NodeType::Object | NodeType::Native)
        && !is_context(graph, node)
        && !matches!(graph.class_name(node), "Object" | "Array" | "Map" | "Set" | "Promise")
}

/// Leaves out what is inside of an object that a larger suspect gathers, if it is younger than the first snapshot, having filled up
/// since that object was made as a window or a list in a session does, or is little beside the whole.
fn without_insides_of_members(found: Vec<LeakSuspect>) -> Vec<LeakSuspect> {
    let mut wholes: Vec<LeakSuspect> = Vec::new();
    for part in found {
        if !wholes.iter().any(|whole| is_inside_of_member(whole, &part)) {
            wholes.push(part);
        }
    }
    wholes
}

fn is_inside_of_member(whole: &LeakSuspect, part: &LeakSuspect) -> bool {
    let is_young = !part.figures_of_class
        && part.series.first().is_some_and(|figures| figures.retained_count == 0);
    // What came to one of the old ones is hardly an object.
    let is_little = (1..LEAST as u64).contains(&part.instance_count)
        && part.bytes_per_interval < whole.bytes_per_interval * LITTLE;
    let steps = part.path.as_ref().map(|path| path.steps.as_slice()).unwrap_or_default();
    let (gathers, ends) = (whole.accumulation_point.ordinal, part.accumulation_point.ordinal);
    let Some(at) = steps.iter().position(|step| step.object.ordinal == gathers) else {
        return false;
    };
    let mut next = steps.iter().skip(at + 1).take(TO_MEMBER).map(|step| &step.object);
    (is_young || is_little)
        && whole.instance_count > 0
        && next.any(|object| object.class_name == whole.class_name && object.ordinal != ends)
}
