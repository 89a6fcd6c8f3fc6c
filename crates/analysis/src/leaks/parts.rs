//! Suspects that are parts of another one: what hangs on the same object in the same way, and lists of one emitter that grow
//! together.

use heapglass_graph::Ordinal;

use super::kind::EVENTS;
use super::{LeakKind, LeakSuspect};

/// Numbers of objects that differ by no more than this share come together.
const ALIKE: f64 = 0.05;

/// Each suspect with those that are parts of it, the largest first. Cost: each is held against those before it.
pub(super) fn without_parts(mut found: Vec<LeakSuspect>) -> Vec<LeakSuspect> {
    found.sort_by(|a, b| b.bytes_per_interval.total_cmp(&a.bytes_per_interval));
    let mut wholes: Vec<LeakSuspect> = Vec::new();
    for part in found {
        match wholes.iter_mut().find_map(|whole| Some((relation(whole, &part)?, whole))) {
            Some((relation, whole)) => add(whole, &part, relation),
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
}

fn relation(whole: &LeakSuspect, part: &LeakSuspect) -> Option<Relation> {
    let point = whole.accumulation_point.ordinal;
    if point == part.accumulation_point.ordinal && whole.fingerprint == part.fingerprint {
        return Some(Relation::Same);
    }
    let emitter = emitter(part)?;
    let is_of_emitter = point == emitter || self::emitter(whole) == Some(emitter);
    // Of the emitter's own module it is not known who listens.
    let is_of_one_place = !whole.is_placed() || !part.is_placed() || whole.script == part.script;
    // A list without objects of its own holds those that are held by the others as well.
    let (most, least) = (whole.count_per_interval, part.count_per_interval);
    let come_together = part.instance_count == 0 || (most - least).abs() <= most * ALIKE;
    (is_of_emitter && is_of_one_place && come_together).then_some(Relation::Listeners)
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

fn add(whole: &mut LeakSuspect, part: &LeakSuspect, relation: Relation) {
    whole.absorb(part);
    let says_who = part.is_placed() && part.instance_count > 0;
    if relation == Relation::Listeners && says_who && !whole.is_placed() {
        tell_by(whole, part);
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
        Relation::Listeners => {}
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
        retainer: whole.retainer,
        ..part.clone()
    };
}
