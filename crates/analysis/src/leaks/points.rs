//! Accumulation points: the objects that take what grows.

use heapglass_graph::{Graph, Ordinal};

use super::alike::{Merged, merge_alike};
use super::browser::without_insides;
use super::cohorts::Cohorts;
use super::dominated::without_dominated;
use super::followed::Followed;
use super::found::Found;
use super::groups::Group;
use super::growth::Growth;
use super::held::Patience;
use super::index::without_indexes;
use super::kind::is_native_memory;
use super::loading::is_loading;
use super::members::Members;
use super::native;
use super::parts::without_parts;
use super::series::{Figures, Trend, always_adds, class_series, series, series_by_date, trend};
use super::together::without_companions;
use super::{LeakOptions, LeakSuspect};
use crate::object::is_context;
use crate::roles::{is_nobody, is_program_object};
use crate::source::Scripts;
use crate::suspects::walk::{Weighing, Weighty, weighty_objects};

/// Share of the lasting growth below a node that one child has to have for it to gather there.
const MOST: f64 = 0.7;
/// Alike children from which on a node counts as their collection, and its owner is asked: a program
/// has a few arrays side by side that leak each for itself, and not so many.
const COLLECTION: usize = 50;
/// Growth that is too little beside what came and went is churn, not growth.
const KEPT: f64 = 0.25;
/// Share of what an object without new members gained that has to go on in one of its stores or in an object below it: functions
/// that run often gain code, and what is filled one after another has ended.
const COUNTED: f64 = 0.25;
/// Growth in bytes for each interval that counts without a number of objects.
const LARGE: u64 = 64 << 10;
/// Even growth below an object that counts though few objects come to itself, as lists with much in each. A quarter of what
/// counts alone, because it has to come in every interval; and so many objects that no one text or buffer makes it up.
const EVEN: Figures = Figures { retained_count: 100, retained_size: LARGE / 4 };
/// Share of what an object held that such growth has to have: what is large already, as a table of modules or a cache, gains
/// a little here and there.
const SHARE: f64 = 0.1;
/// What held at least so many objects, of which less than this share is still there, turned over: sessions or requests that
/// end, and of which there are more at a time. Its table alone has stayed, and may have been made larger.
pub(super) const MANY: u64 = 100;
pub(super) const STAYED: f64 = 0.1;
/// Candidates that are looked at closely, largest first.
const CANDIDATES: usize = 100;

/// All snapshots with what is known of them together.
pub(super) struct History<'a> {
    pub(super) snapshots: &'a [Graph],
    pub(super) followed: &'a Followed,
    pub(super) cohorts: &'a Cohorts,
    pub(super) growth: &'a Growth,
    /// Of the last snapshot.
    pub(super) scripts: Scripts<'a>,
}

/// How a point grew.
struct Grown {
    /// How sure it is that it goes on.
    confidence: f64,
    /// Three lists, one for each snapshot, may also be a window that was not full yet.
    may_be_a_window: bool,
    /// Whether few objects come in an interval.
    by_few_objects: bool,
}

impl History<'_> {
    /// What goes on growing.
    pub(super) fn suspects(&self, options: &LeakOptions) -> Vec<LeakSuspect> {
        let Some(last) = self.snapshots.last() else { return Vec::new() };
        let heap =
            Weighing::by(last, |node| self.growth.lasting(node)).with_collections_of(COLLECTION);
        let least = options.least_bytes.max(1);
        let mut points = weighty_objects(&heap, least, MOST);
        points.sort_by_key(|point| std::cmp::Reverse(point.own_weight(&heap)));
        points.truncate(CANDIDATES);
        let mut found: Vec<LeakSuspect> = Vec::new();
        let mut absorbed: Vec<Ordinal> = Vec::new();
        let mut patience = Patience::default();
        for point in &points {
            let suspect = self.suspect(last, &heap, point, options, &mut patience);
            let Some(mut suspect) = suspect else { continue };
            // The names and the values of a dictionary are two tables of one object; two lists in one scope are two leaks.
            let (point, retainer) = (suspect.accumulation_point.ordinal, suspect.retainer);
            let is_apart = |known: &LeakSuspect| {
                let by_class = known.figures_of_class || suspect.figures_of_class;
                by_class && known.retainer != retainer
            };
            let is_same = |known: &&mut LeakSuspect| {
                known.accumulation_point.ordinal == point && !is_apart(known)
            };
            match found.iter_mut().find(is_same) {
                // Two that one collection gathers.
                Some(known) if known.retainer != suspect.retainer => {
                    if suspect.bytes_per_interval > known.bytes_per_interval {
                        std::mem::swap(known, &mut suspect);
                    }
                    absorbed.push(suspect.retainer);
                    known.absorb(&suspect);
                }
                Some(known) if known.bytes_per_interval >= suspect.bytes_per_interval => {}
                Some(known) => *known = suspect,
                None => found.push(suspect),
            }
        }
        let Merged { suspects: mut found, mut taken } =
            merge_alike(last, &self.scripts, |node| heap.of(node), found);
        taken.extend(absorbed);
        // What may be a window is looked at once more by the classes in it: objects that came in
        // every interval say more.
        let is_doubtful = |node: Ordinal| {
            found.iter().any(|known| known.may_be_a_window && known.retainer == node)
        };
        let sure: Vec<Ordinal> = taken.iter().copied().filter(|&node| !is_doubtful(node)).collect();
        let groups = self.groups(last, &sure, options, &mut patience);
        for Group { suspect: group, is_part, outside, holders } in groups {
            let point = group.accumulation_point.ordinal;
            // A list of which only the store has grown, because others hold what is in it too, is no leak of its own.
            found.retain(|known| {
                let at = known.accumulation_point.ordinal;
                known.instance_count > 0 || at == point || !holders.contains(at)
            });
            let same = found.iter().position(|known| {
                known.accumulation_point.ordinal == point || known.retainer == point
            });
            let at = same.or_else(|| {
                found.iter().position(|known| {
                    known.may_be_a_window && last.dominates(known.retainer, point)
                })
            });
            match at.and_then(|at| found.get_mut(at)) {
                // Most of what grows there; else it is a leak beside it.
                Some(known) if known.may_be_a_window => {
                    match group.bytes_per_interval * 2.0 >= known.bytes_per_interval {
                        true => *known = group,
                        false => found.push(group),
                    }
                }
                // Its own table grew: this is what is in it.
                Some(known) if known.instance_count == 0 => *known = group,
                // A part of what it gathers, which it would retain if nothing else held it.
                Some(known) if is_part => known.absorb(&group.with_series(outside)),
                // What hangs on the same object is part of the same leak.
                Some(_) if taken.contains(&point) => {}
                _ => found.push(group),
            }
        }
        let mut found = without_indexes(last, self.cohorts, found);
        let native = self.native_memory(last, &taken, &found, options);
        found.extend(native);
        found.retain(|suspect| !is_loading(last, suspect));
        let found = without_dominated(last, self.cohorts, without_parts(last, found));
        without_insides(without_companions(last, self.cohorts, found))
    }

    fn suspect(
        &self,
        last: &Graph,
        heap: &Weighing<'_>,
        weighty: &Weighty,
        options: &LeakOptions,
        patience: &mut Patience,
    ) -> Option<LeakSuspect> {
        let point = self.point(last, weighty);
        if is_nobody(last, point) {
            return None;
        }
        let (spread, members) = self.gathered(last, weighty, point, options);
        if spread.is_none() && members.is_none() && self.grew_for_v8_alone(last, point) {
            return None;
        }
        let of_itself = || {
            let series = self.own_series(last, heap, point, &weighty.apart);
            let grown = self.grown(&series, weighty, point, members.as_ref(), options)?;
            Some((series, grown, None))
        };
        let of_class = || {
            let members = members.as_ref()?;
            let gathering = self.lost_in_holder(last, heap, weighty, point)?;
            let series = self.series_of_class(last, members)?;
            let grown = self.grown(&series, weighty, gathering, Some(members), options)?;
            Some((series, grown, Some(gathering)))
        };
        let (series, grown, lost) = of_itself().or_else(of_class)?;
        // Ids of native objects are mostly new in each snapshot, so that only much says that there are more of them.
        let member = members.as_ref().and_then(|members| members.samples.first().copied());
        let is_native = |node| is_native_memory(last, node);
        if is_native(point)
            && member.is_none_or(is_native)
            && !always_adds(&series, native::LEAST, native::SHARE)
        {
            return None;
        }
        let links = self.first_link(last, heap, weighty, point);
        let gathering = match &members {
            Some(members) if spread.is_none() && links.is_none() => {
                let holders = self.holders_of_all(last, &members.samples, patience);
                let gathering = holders.gathering(last, point);
                if last.dominates(point, gathering) { gathering } else { point }
            }
            _ => point,
        };
        let found = Found {
            // What else hangs on the holder is no part of it.
            retainer: lost.unwrap_or(point),
            point: gathering,
            spread,
            members,
            links,
            is_tree: weighty.is_tree,
            series,
            figures_of_class: lost.is_some(),
        };
        let mut suspect = found.suspect(last, &self.scripts, grown.confidence);
        if grown.may_be_a_window && suspect.instance_count > 0 {
            suspect.may_be_a_window = true;
            suspect.few_objects = grown.by_few_objects;
            suspect.confidence = suspect.confidence.min(UNSURE);
        }
        Some(suspect)
    }

    /// What gathers below a point. Where that is in many small holders of one shape, one of them and how many they are.
    fn gathered(
        &self,
        last: &Graph,
        weighty: &Weighty,
        point: Ordinal,
        options: &LeakOptions,
    ) -> (Option<(Ordinal, u64)>, Option<Members>) {
        let count = self.snapshots.len();
        if weighty.is_list {
            return (None, Members::of_list(last, self.cohorts, weighty.point(), count));
        }
        let of_itself = || Members::of(last, self.cohorts, point, count);
        let Some(below) = self.below(last, point, &weighty.apart) else {
            return (None, of_itself());
        };
        // What comes to the object itself in every interval says more.
        if !come_always(below.members.as_ref(), options) {
            let own = of_itself();
            if come_always(own.as_ref(), options) {
                return (None, own);
            }
        }
        (Some((below.example, below.count)), below.members)
    }

    /// How a point grew; `None` if it has settled, or if that is churn or too little.
    fn grown(
        &self,
        series: &[Figures],
        weighty: &Weighty,
        point: Ordinal,
        members: Option<&Members>,
        options: &LeakOptions,
    ) -> Option<Grown> {
        let sizes: Vec<u64> = series.iter().map(|figures| figures.retained_size).collect();
        let trend = match trend(&sizes).beside(series) {
            // The table that they are in is doubled now and then.
            Trend::Uneven if come_always(members, options) && come_evenly(members) => Trend::Steady,
            trend => trend,
        };
        let last_step = match sizes.as_slice() {
            [.., before, last] => last.saturating_sub(*before),
            _ => 0,
        };
        let come_always = come_always(members, options);
        let is_even = trend == Trend::Steady && always_adds(series, EVEN, SHARE);
        let goes_on = || {
            let last = self.snapshots.last();
            let below = last.map_or(0, |last| self.goes_on_below(last, point, &weighty.apart));
            below as f64 >= last_step as f64 * COUNTED
        };
        let gains_none = members.is_none();
        if gains_none && !goes_on() {
            return None;
        }
        let is_much = last_step >= LARGE || come_always || gains_none || is_even;
        let apart: u64 =
            weighty.apart.iter().fold(0, |sum, &part| sum.saturating_add(self.growth.recent(part)));
        let recent = self.growth.recent(point).saturating_sub(apart);
        let is_kept = last_step as f64 >= recent as f64 * KEPT;
        if trend == Trend::Settled || !is_much || !is_kept || last_step < options.least_bytes {
            return None;
        }
        if self.has_turned_over(series, point) {
            return None;
        }
        let count = self.snapshots.len();
        Some(Grown {
            confidence: confidence(count, trend, come_always),
            may_be_a_window: count == 3 && is_even && !come_always && last_step < LARGE,
            by_few_objects: members.is_some_and(|all| all.are_few(options.least_objects)),
        })
    }

    /// Whether hardly anything is left of what an object held in the last snapshot but one. By their places that cannot be
    /// told, as what has moved looks new. Cost: what it retains.
    fn has_turned_over(&self, series: &[Figures], point: Ordinal) -> bool {
        let (Some(last), [.., before, _]) = (self.snapshots.last(), series) else { return false };
        let is_followed = matches!(self.followed, Followed::Ids(_));
        // The figures of what is younger are not all its own.
        let is_old = self.cohorts.first_seen(point) == 0;
        if !is_followed || !is_old || before.retained_count < MANY {
            return false;
        }
        let newest = self.snapshots.len().saturating_sub(1);
        let is_left = |node: &Ordinal| self.cohorts.first_seen(*node) < newest;
        let enough = (before.retained_count as f64 * STAYED).ceil() as usize;
        last.retained_set(point).filter(is_left).take(enough).count() < enough
    }

    /// The object that people know an accumulation point by. A list is held by what is above its
    /// first link.
    fn point(&self, last: &Graph, weighty: &Weighty) -> Ordinal {
        let is_known = |node: Ordinal| is_program_object(last, node) || is_context(last, node);
        let is_somebody = |node| is_known(node) && !is_nobody(last, node);
        if let Some(point) = weighty.lowest(is_somebody).filter(|_| !weighty.is_list) {
            return point;
        }
        let mut node = weighty.point();
        if weighty.is_list && self.cohorts.first_seen(node) > 0 {
            node = last.dominator(node);
        }
        let mut patience = last.node_count();
        while !is_known(node) && last.dominator(node) != node && patience > 0 {
            patience -= 1;
            node = last.dominator(node);
        }
        node
    }

    /// The first link of a list below the object that holds it; `None` for what is no list.
    fn first_link(
        &self,
        last: &Graph,
        heap: &Weighing<'_>,
        weighty: &Weighty,
        holder: Ordinal,
    ) -> Option<Ordinal> {
        let first = weighty.is_list.then(|| weighty.point())?;
        if first != holder {
            return Some(first);
        }
        // A context that holds a chain of closures looks like one of their contexts.
        last.dominated(holder).max_by_key(|&child| (heap.of(child), std::cmp::Reverse(child)))
    }

    /// What gathers, if it is younger than the first snapshot and hangs on what holds much else, as the scope that a bundler
    /// makes of all modules: what that grew by says nothing of it.
    fn lost_in_holder(
        &self,
        last: &Graph,
        heap: &Weighing<'_>,
        weighty: &Weighty,
        point: Ordinal,
    ) -> Option<Ordinal> {
        let first_link = weighty.is_list.then(|| weighty.point());
        let (gathering, holder) = match first_link {
            Some(first) if self.cohorts.first_seen(first) > 0 => (first, point),
            _ => (point, self.stand_in(last, heap, point)?),
        };
        let is_lost = last.retained_size(holder) / 2 > last.retained_size(gathering);
        is_lost.then_some(gathering)
    }

    /// The figures of the class of what is gathered.
    fn series_of_class(&self, last: &Graph, members: &Members) -> Option<Vec<Figures>> {
        let class = last.class(*members.samples.first()?);
        let key = &last.class_row(class).class_key;
        Some(class_series(self.snapshots, key, |row| row.retained_size))
    }

    /// As [`History::series`], without the parts that are suspects themselves.
    fn own_series(
        &self,
        last: &Graph,
        heap: &Weighing<'_>,
        point: Ordinal,
        apart: &[Ordinal],
    ) -> Vec<Figures> {
        let mut own = self.series(last, heap, point);
        for &part in apart.iter().filter(|&&part| last.dominates(point, part)) {
            for (own, part) in own.iter_mut().zip(self.series(last, heap, part)) {
                own.retained_count = own.retained_count.saturating_sub(part.retained_count);
                own.retained_size = own.retained_size.saturating_sub(part.retained_size);
            }
        }
        own
    }

    /// The figures of an object in each snapshot, or of what stands in for it; where there is nothing, what it retains of
    /// each age.
    fn series(&self, last: &Graph, heap: &Weighing<'_>, point: Ordinal) -> Vec<Figures> {
        match self.stand_in(last, heap, point) {
            Some(node) => series(self.snapshots, self.followed, node),
            None => self.by_age(last, point),
        }
    }

    /// The object itself, or for one that is younger than the first snapshot the nearest older one that gains little else.
    fn stand_in(&self, last: &Graph, heap: &Weighing<'_>, point: Ordinal) -> Option<Ordinal> {
        let mut node = point;
        let enough = heap.of(point).saturating_add(heap.of(point) / 2);
        let mut patience = last.node_count();
        while self.cohorts.first_seen(node) > 0 {
            let above = last.dominator(node);
            patience = patience.saturating_sub(1);
            let is_end = above == node || patience == 0;
            if is_end || is_nobody(last, above) || heap.of(above) > enough {
                return None;
            }
            node = above;
        }
        Some(node)
    }

    /// For each snapshot what an object retains that was there already.
    fn by_age(&self, last: &Graph, point: Ordinal) -> Vec<Figures> {
        let parts = last.retained_set(point).map(|node| {
            let own = Figures { retained_count: 1, retained_size: last.shallow_size(node) };
            (self.cohorts.first_seen(node), own)
        });
        series_by_date(self.snapshots.len(), parts)
    }
}

fn come_always(members: Option<&Members>, options: &LeakOptions) -> bool {
    members.is_some_and(|all| all.come_always(options.least_objects))
}

fn come_evenly(members: Option<&Members>) -> bool {
    members.is_some_and(Members::come_evenly)
}

/// Confidence in growth that may end.
pub(super) const UNSURE: f64 = 0.6;

/// How sure it is that growth goes on.
pub(super) fn confidence(snapshots: usize, trend: Trend, come_always: bool) -> f64 {
    match (snapshots, trend, come_always) {
        (..3, _, _) => 0.4,
        (3, Trend::Steady, true) => 0.9,
        (_, Trend::Steady, true) => 0.95,
        (_, Trend::Steady, false) => 0.8,
        (_, _, true) => UNSURE,
        _ => 0.5,
    }
}
