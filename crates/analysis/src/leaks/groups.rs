//! Classes whose objects only get more, though no one object gathers them: they are held from
//! several places, or each by a small owner of its own.

use std::cmp::Reverse;

use heapglass_graph::{ClassIndex, ClassRow, Graph, Ordinal};
use rustc_hash::FxHashMap;

use super::found::Found;
use super::growth::counts;
use super::held::{Holders, Patience};
use super::members::Members;
use super::points::{History, confidence};
use super::series::{Figures, Trend, class_series, series_by_date, trend};
use super::{LeakOptions, LeakSuspect};
use crate::covered::Covered;
use crate::paths::{Budget, GatheredAround, common_way, gathered_around};
use crate::roles::LISTS_OF_TIMERS;
use crate::suspects::groups::may_be_blamed;

/// Classes that are looked into, those with most young bytes first.
const CLASSES: usize = 20;
/// Objects whose paths are looked at.
const PATHS: usize = 20_000;
/// Objects of a class that Node's lists hold to which other ways are looked for.
const AROUND: usize = 100;
/// New objects beside which the number of all has to grow by at least this share: fewer are churn.
const KEPT: f64 = 0.5;

/// Young objects of a class that no other young object dominates.
#[derive(Default)]
struct Young {
    /// Each with the snapshot that it dates from, see [`History::dates_from`].
    members: Vec<(Ordinal, usize)>,
    retained_size: u64,
}

/// A class that goes on growing.
pub(super) struct Group {
    pub(super) suspect: LeakSuspect,
    /// Whether the object that gathers it does not dominate it only because others hold it too: Node's lists of native objects,
    /// a second collection, a timer.
    pub(super) is_part: bool,
    /// The figures of its young objects, which nothing that was found before retains. The suspect's are those of the whole
    /// class.
    pub(super) outside: Vec<Figures>,
    /// What holds all of its objects.
    pub(super) holders: Holders,
}

/// The same before it is put into words.
struct Grouped {
    found: Found,
    confidence: f64,
    is_part: bool,
    outside: Vec<Figures>,
    holders: Holders,
}

impl History<'_> {
    /// Classes that go on growing outside what the objects in `taken` retain.
    ///
    /// Cost: a walk in the dominator tree's order, and the paths of the classes that are named.
    pub(super) fn groups(
        &self,
        last: &Graph,
        taken: &[Ordinal],
        options: &LeakOptions,
        patience: &mut Patience,
    ) -> Vec<Group> {
        let mut classes: Vec<(ClassIndex, Young)> =
            self.young_by_class(last, taken).into_iter().collect();
        classes.sort_by_key(|(class, young)| (Reverse(young.retained_size), *class));
        classes.truncate(CLASSES);
        let groups = classes
            .into_iter()
            .filter_map(|(class, young)| self.group(last, class, young, options, patience));
        groups
            .map(|Grouped { found, confidence, is_part, outside, holders }| {
                let suspect = found.suspect(last, &self.scripts, confidence);
                Group { suspect, is_part, outside, holders }
            })
            .collect()
    }

    fn group(
        &self,
        last: &Graph,
        class: ClassIndex,
        young: Young,
        options: &LeakOptions,
        patience: &mut Patience,
    ) -> Option<Grouped> {
        let retained = |row: &ClassRow| row.retained_size;
        let counts = class_series(self.snapshots, &last.class_row(class).class_key, retained);
        let numbers: Vec<u64> = counts.iter().map(|at| at.retained_count).collect();
        let trend = trend(&numbers).beside(&counts);
        let nodes: Vec<Ordinal> = young.members.iter().map(|&(node, _)| node).collect();
        let largest = *nodes.iter().max_by_key(|&&node| last.retained_size(node))?;
        let all = Members::from_objects(last, &young.members, counts.len())?;
        let recent = *all.first_seen.last()?;
        let step = match numbers.as_slice() {
            [.., before, now] => now.saturating_sub(*before),
            _ => 0,
        };
        let steps = counts.len().saturating_sub(1).max(1) as u64;
        if trend == Trend::Settled
            || !all.come_always(options.least_objects)
            || (step as f64) < recent as f64 * KEPT
            || young.retained_size / steps < options.least_bytes
        {
            return None;
        }
        let listed = nodes.get(..AROUND).unwrap_or(&nodes);
        let around = gathered_around(last, listed, &mut Budget::default());
        let holders = self.holders_of_all(last, &nodes, patience);
        let (point, members, is_part) = match around {
            Some(around) => {
                let held = self.held(last, &young, &around, counts.len());
                let held = held.filter(|held| held.come_always(options.least_objects));
                (around.point, held.unwrap_or(all), true)
            }
            None => {
                let way = common_way(last, &nodes, PATHS);
                let shared = way.gathered_at.map_or(largest, |object| object.ordinal);
                let point = holders.gathering(last, shared);
                (point, all, point != shared)
            }
        };
        let found = Found::of_class(point, members, counts);
        // Held by many, it is less certain than what one object gathers.
        let confidence = confidence(numbers.len(), trend, true) - 0.05;
        let outside = young.members.iter().map(|&(node, date)| {
            (date, Figures { retained_count: 1, retained_size: last.retained_size(node) })
        });
        let outside = series_by_date(numbers.len(), outside);
        Some(Grouped { found, confidence, is_part, outside, holders })
    }

    /// What an object gathers through which all of these are held; `None` if not all were looked at.
    fn held(
        &self,
        last: &Graph,
        young: &Young,
        around: &GatheredAround,
        snapshots: usize,
    ) -> Option<Members> {
        if around.held.len() < young.members.len() {
            return None;
        }
        let mut held: Vec<(Ordinal, usize)> = around
            .held
            .iter()
            .map(|&held| (held, self.cohorts.first_seen(held)))
            .filter(|&(_, first_seen)| first_seen > 0)
            .collect();
        held.sort_unstable();
        held.dedup();
        Members::from_objects(last, &held, snapshots)
    }

    /// Young objects of classes that may be blamed, none inside another one or in what is taken.
    fn young_by_class(&self, last: &Graph, taken: &[Ordinal]) -> FxHashMap<ClassIndex, Young> {
        let covered = Covered::of(last, taken);
        let mut parts = covered.walk();
        let mut by_class: FxHashMap<ClassIndex, Young> = FxHashMap::default();
        let order = last.dominator_preorder();
        let mut position = 0;
        while let Some(&node) = order.get(position) {
            let node = Ordinal(node);
            if let Some(end) = parts.end_of_part_at(position) {
                position = end;
                continue;
            }
            let class = last.class(node);
            let is_young = self.cohorts.first_seen(node) > 0 && last.shallow_size(node) > 0;
            if !is_young || !may_be_named(&last.class_row(class).class_name) {
                position += 1;
                continue;
            }
            let end = position + last.retained_count(node).max(1) as usize;
            let part = order.get(position..end).unwrap_or_default();
            let date = self.dates_from(last, part);
            if date > 0 {
                let young = by_class.entry(class).or_default();
                young.members.push((node, date));
                young.retained_size = young.retained_size.saturating_add(last.retained_size(node));
            }
            position = end;
        }
        by_class
    }

    /// The snapshot that first saw anything of a part of the dominator tree: what is wrapped anew
    /// again and again, as by a timer that sets the next one, is as old as what is in it.
    fn dates_from(&self, last: &Graph, part: &[u32]) -> usize {
        let counted = part.iter().map(|&node| Ordinal(node)).filter(|&node| counts(last, node));
        counted.map(|node| self.cohorts.first_seen(node)).min().unwrap_or_default()
    }
}

/// Whether objects of a class may be named as what grows. Symbols of the registry (`Symbol.for`) have
/// nothing but V8's own table above them, and it never lets go of one.
fn may_be_named(class_name: &str) -> bool {
    class_name == "(symbol)" || may_be_blamed(class_name) && !LISTS_OF_TIMERS.contains(&class_name)
}
