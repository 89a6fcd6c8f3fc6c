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
    let is_of_one_place =
        whole.script.is_none() || part.script.is_none() || whole.script == part.script;
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
