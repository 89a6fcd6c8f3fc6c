//! Suspects that are one: what gathers in many places of the same kind, as in the pages of a table or in the lists that
//! one collection holds.

use heapglass_graph::{Graph, Ordinal};
use rustc_hash::{FxHashMap, FxHashSet};

use super::found::{Gathered, place_name};
use super::points::UNSURE;
use super::series::slows_down;
use super::{LeakKind, LeakSuspect};
use crate::edge::is_identifier;
use crate::names::unshaped;
use crate::roles::{is_nobody, is_program_object};
use crate::source::Scripts;
use crate::suspects::walk::is_everywhere;
use crate::{RootPath, describe, path_to};

/// What suspects have in common that are one.
#[derive(PartialEq, Eq, Hash)]
struct Place {
    kind: LeakKind,
    class_name: String,
    point_class: String,
    /// The way without what is different from place to place.
    way: Vec<String>,
}

/// Suspects of which none is a part of another.
pub(super) struct Merged {
    pub(super) suspects: Vec<LeakSuspect>,
    /// Objects below which nearly all growth is accounted for.
    pub(super) taken: Vec<Ordinal>,
}

/// Merges suspects of one kind whose ways differ in indexes and keys alone, if one object of the program holds them.
/// Keeps their order. `growth` is what of a node's growth goes on. Cost: the dominators above them, and a path for
/// each merged one.
pub(super) fn merge_alike(
    last: &Graph,
    scripts: &Scripts<'_>,
    growth: impl Fn(Ordinal) -> u64,
    suspects: Vec<LeakSuspect>,
) -> Merged {
    let mut dictionaries: FxHashSet<Ordinal> =
        suspects.iter().filter_map(|suspect| dictionary(last, suspect)).collect();
    dictionaries.extend(tables_by_name(&suspects));
    let mut places: FxHashMap<Place, usize> = FxHashMap::default();
    let mut groups: Vec<Vec<LeakSuspect>> = Vec::new();
    for suspect in suspects {
        let Some(path) = &suspect.path else {
            groups.push(vec![suspect]);
            continue;
        };
        let place = Place {
            kind: suspect.plain_kind,
            // Plain objects of different properties may stand in places of one kind.
            class_name: unshaped(&suspect.class_name).to_owned(),
            point_class: unshaped(&suspect.accumulation_point.class_name).to_owned(),
            way: way(path, &dictionaries),
        };
        let group = *places.entry(place).or_insert(groups.len());
        match groups.get_mut(group) {
            Some(group) => group.push(suspect),
            None => groups.push(vec![suspect]),
        }
    }
    let mut merged = Merged { suspects: Vec::new(), taken: Vec::new() };
    for group in groups {
        let points: Vec<Ordinal> = group.iter().map(|suspect| suspect.retainer).collect();
        let holder = (points.len() > 1).then(|| common_holder(last, &points)).flatten();
        let Some((holder, path)) = holder.and_then(|holder| Some((holder, path_to(last, holder)?)))
        else {
            merged.suspects.extend(group);
            merged.taken.extend(points);
            continue;
        };
        let of_parts = points.iter().fold(0u64, |sum, &point| sum.saturating_add(growth(point)));
        match growth(holder) <= of_parts.saturating_add(of_parts / 4) {
            true => merged.taken.push(holder),
            // It holds much else, which may be another leak.
            false => merged.taken.extend(points),
        }
        merged.suspects.extend(sum_of(last, scripts, group, holder, path));
    }
    merged
}

/// The names on a way; for indexes and keys the same.
fn way(path: &RootPath, dictionaries: &FxHashSet<Ordinal>) -> Vec<String> {
    let steps = path.steps.iter();
    steps
        .clone()
        .zip(steps.skip(1))
        .filter_map(|(from, to)| Some((from, to.edge.as_ref()?)))
        .map(|(from, edge)| {
            let is_key = dictionaries.contains(&from.object.ordinal) || !is_identifier(&edge.name);
            if is_key { String::new() } else { edge.name.clone() }
        })
        .collect()
}

/// Properties from which on a plain object that grows is taken for a dictionary, whose names of properties are keys.
const KEYS: usize = 50;

/// The object that gathers, if it is a dictionary.
fn dictionary(last: &Graph, suspect: &LeakSuspect) -> Option<Ordinal> {
    let point = suspect.accumulation_point.ordinal;
    let grows = matches!(suspect.plain_kind, LeakKind::GrowingObject | LeakKind::Cache);
    let is_one =
        unshaped(last.class_name(point)) == "Object" && last.edge_range(point).len() >= KEYS;
    (grows && is_one).then_some(point)
}

/// Parts of one class from which on a plain object is taken for a table of them: two may be two fields.
const PARTS: usize = 3;

/// Plain objects with properties that lead to suspects of one class through objects of one class of the program, as
/// `rooms.lobby.members` and `rooms.kitchen.members`: the names are keys.
fn tables_by_name(suspects: &[LeakSuspect]) -> FxHashSet<Ordinal> {
    let mut parts: FxHashMap<(Ordinal, &str, &str), FxHashSet<Ordinal>> = FxHashMap::default();
    for suspect in suspects {
        let steps = suspect.path.iter().flat_map(|path| path.steps.iter());
        for (from, to) in steps.clone().zip(steps.skip(1)) {
            let is_plain = unshaped(&from.object.class_name) == "Object";
            if is_plain && !is_everywhere(unshaped(&to.object.class_name)) {
                let place = (from.object.ordinal, &*to.object.class_name, &*suspect.class_name);
                parts.entry(place).or_default().insert(to.object.ordinal);
            }
        }
    }
    let tables = parts.into_iter().filter(|(_, parts)| parts.len() >= PARTS);
    tables.map(|((table, ..), _)| table).collect()
}

/// A group as one suspect at what holds all of it.
fn sum_of(
    last: &Graph,
    scripts: &Scripts<'_>,
    group: Vec<LeakSuspect>,
    holder: Ordinal,
    path: RootPath,
) -> Option<LeakSuspect> {
    let mut parts = group.into_iter();
    let mut whole = parts.next()?;
    for part in parts {
        whole.places += part.places;
        whole.few_objects &= part.few_objects;
        whole.may_be_a_window &= part.may_be_a_window;
        whole.confidence = whole.confidence.max(part.confidence);
        whole.count_per_interval += part.count_per_interval;
        whole.instance_count += part.instance_count;
        let are_of_class = whole.figures_of_class && part.figures_of_class;
        if are_of_class && whole.class_name == part.class_name {
            // The figures of a class are those of all its places already.
            continue;
        }
        whole.bytes_per_interval += part.bytes_per_interval;
        for (sum, figures) in whole.series.iter_mut().zip(&part.series) {
            sum.retained_count = sum.retained_count.saturating_add(figures.retained_count);
            sum.retained_size = sum.retained_size.saturating_add(figures.retained_size);
        }
    }
    if whole.place_name.is_none() {
        whole.place_name = whole.path.as_ref().and_then(place_name);
    }
    whole.slows_down = slows_down(&whole.series);
    if whole.slows_down {
        // One small place that goes on evenly says nothing of the others.
        whole.confidence = whole.confidence.min(UNSURE);
    }
    whole.accumulation_point = describe(last, holder);
    whole.retainer = holder;
    let gathered = Gathered {
        class_name: &whole.class_name,
        original_class_name: whole.original_class_name.as_deref(),
        count: whole.instance_count,
    };
    let named = gathered.named(last, scripts, whole.plain_kind, Some((holder, &path)));
    (whole.line, whole.fingerprint) = (named.line, named.fingerprint);
    whole.path = Some(path);
    Some(whole)
}

/// The nearest object of the program that dominates all of these.
fn common_holder(last: &Graph, nodes: &[Ordinal]) -> Option<Ordinal> {
    let mut at = *nodes.first()?;
    // An index made by hand may have a tree that goes round in a circle.
    let mut patience = last.node_count();
    loop {
        let holds_all = nodes.iter().all(|&node| node != at && last.dominates(at, node));
        if holds_all && is_nobody(last, at) {
            return None;
        }
        if holds_all && is_program_object(last, at) {
            return Some(at);
        }
        let above = last.dominator(at);
        patience = patience.checked_sub(1).filter(|_| above != at)?;
        at = above;
    }
}
