//! Suspects that are parts of another one: what hangs on the same object in the same way, lists of one emitter that grow
//! together, and fields of one object of a package.

use heapglass_graph::{EdgeType, Graph, Ordinal};

use super::kind::EVENTS;
use super::{LeakKind, LeakSuspect};
use crate::names::unshaped;
use crate::roles::is_nobody;

/// Numbers of objects that differ by no more than this share come together.
const ALIKE: f64 = 0.05;
/// Steps from the end of a way to the object that has another suspect in a field: a list, what holds it by the name of an
/// event, the emitter, its owner.
const NEAR: usize = 4;

/// Each suspect with those that are parts of it, the largest first. Cost: each is held against those before it.
pub(super) fn without_parts(graph: &Graph, mut found: Vec<LeakSuspect>) -> Vec<LeakSuspect> {
    found.sort_by(|a, b| b.bytes_per_interval.total_cmp(&a.bytes_per_interval));
    let mut wholes: Vec<LeakSuspect> = Vec::new();
    for part in found {
        match wholes.iter_mut().find_map(|whole| Some((relation(graph, whole, &part)?, whole))) {
            Some((relation, whole)) => add(whole, part, relation),
            None => wholes.push(part),
        }
    }
    // With their parts some are larger than those before them.
    wholes.sort_by(|a, b| b.bytes_per_interval.total_cmp(&a.bytes_per_interval));
    wholes
}

/// How a suspect is a part of another one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// More of the same, at the same object.
    Same,
    /// Another list of listeners of the emitter: what is added to one is added to the other.
    Listeners,
    /// Another field of an object of a package.
    Field,
}

fn relation(graph: &Graph, whole: &LeakSuspect, part: &LeakSuspect) -> Option<Relation> {
    let point = whole.accumulation_point.ordinal;
    if point == part.accumulation_point.ordinal && whole.fingerprint == part.fingerprint {
        return Some(Relation::Same);
    }
    // A list without objects of its own holds those that are held by the others as well.
    let (most, least) = (whole.count_per_interval, part.count_per_interval);
    let come_together = part.instance_count == 0 || (most - least).abs() <= most * ALIKE;
    if !come_together {
        return None;
    }
    // Of the emitter's own module it is not known who listens.
    let is_of_one_place = !whole.is_placed() || !part.is_placed() || whole.script == part.script;
    let is_of_emitter =
        |emitter: Ordinal| point == emitter || self::emitter(whole) == Some(emitter);
    if is_of_one_place && emitter(part).is_some_and(is_of_emitter) {
        return Some(Relation::Listeners);
    }
    are_of_one_object(graph, whole, part).then_some(Relation::Field)
}

/// Whether both are written in one package, and what has the one in a field holds the other, too: the keys beside the values,
/// the results beside the calls. What a package keeps of one thing in several places is its own bookkeeping; an application's
/// own object may have two leaks.
fn are_of_one_object(graph: &Graph, one: &LeakSuspect, other: &LeakSuspect) -> bool {
    let holds = |holder: Ordinal, suspect: &LeakSuspect| {
        let steps = suspect.path.as_ref().map(|path| path.steps.as_slice()).unwrap_or_default();
        steps.iter().rev().take(NEAR).any(|step| step.object.ordinal == holder)
    };
    let is_beside = |part: &LeakSuspect, whole: &LeakSuspect| {
        holder_by_field(graph, part).is_some_and(|holder| holds(holder, whole))
    };
    one.package.is_some()
        && one.package == other.package
        && (is_beside(other, one) || is_beside(one, other))
}

/// The object that has what gathers in a field; `None` where that is a variable, or one of a module's exports, which are variables
/// as well.
fn holder_by_field(graph: &Graph, suspect: &LeakSuspect) -> Option<Ordinal> {
    let [.., holder, point] = suspect.path.as_ref()?.steps.as_slice() else { return None };
    let is_field = point.edge.as_ref().is_some_and(|edge| edge.kind == EdgeType::Property);
    let class = unshaped(&holder.object.class_name);
    let is_exported = holder.edge.as_ref().is_some_and(|edge| edge.name == "exports");
    let are_variables = class == "Module"
        || class == "Object" && is_exported
        || is_nobody(graph, holder.object.ordinal);
    (is_field && !are_variables).then_some(holder.object.ordinal)
}

/// The emitter whose listeners a suspect is about.
fn emitter(suspect: &LeakSuspect) -> Option<Ordinal> {
    if suspect.plain_kind != LeakKind::Listeners {
        return None;
    }
    let steps = &suspect.path.as_ref()?.steps;
    let is_events = |edge: &crate::EdgeLabel| edge.name == EVENTS;
    let at = steps.iter().rposition(|step| step.edge.as_ref().is_some_and(is_events))?;
    steps.get(at.checked_sub(1)?).map(|step| step.object.ordinal)
}

fn add(whole: &mut LeakSuspect, part: LeakSuspect, relation: Relation) {
    if relation == Relation::Field && part.instance_count > 0 {
        whole.add_companion(part);
        return;
    }
    whole.absorb(&part);
    let says_who = part.is_placed() && part.instance_count > 0;
    if relation == Relation::Listeners && says_who && !whole.is_placed() {
        tell_by(whole, &part);
    }
    match relation {
        Relation::Same => {
            whole.count_per_interval += part.count_per_interval;
            whole.instance_count += part.instance_count;
            whole.places = whole.places.max(part.places);
        }
        // What an emitter holds beside its lists, as the ends of its pipes, it holds for its listeners.
        Relation::Listeners if whole.kind == LeakKind::GrowingObject => {
            whole.kind = LeakKind::Listeners;
            whole.knowledge = whole.kind.knowledge();
        }
        Relation::Listeners | Relation::Field => {}
    }
}

/// Tells of the whole what is known of a part, of which the place is known where it was made.
fn tell_by(whole: &mut LeakSuspect, part: &LeakSuspect) {
    *whole = LeakSuspect {
        confidence: whole.confidence,
        slows_down: whole.slows_down,
        few_objects: whole.few_objects,
        may_be_a_window: whole.may_be_a_window,
        bytes_per_interval: whole.bytes_per_interval,
        series: std::mem::take(&mut whole.series),
        comes_with: std::mem::take(&mut whole.comes_with),
        retainer: whole.retainer,
        ..part.clone()
    };
}
