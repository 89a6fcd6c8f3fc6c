//! What two snapshots tell of growth that goes on: whether what grew was there before, and has kept all that it had. Which
//! of several suspects is the leak then follows from that, from what warming up fills as well, and from the bytes.

use heapglass_graph::{Graph, Ordinal};

use super::LeakSuspect;
use super::followed::Followed;
use super::kind::{LeakKind, is_native_memory};
use super::points::{History, MANY, STAYED, UNSURE};
use super::series::class_series;
use crate::ObjectSummary;
use crate::roles::is_program_object;

/// What was there of a suspect when the first of two snapshots was taken. What speaks for a leak is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Before {
    /// It held many objects, of which hardly any is left: it turns over.
    TurnedOver,
    /// Nothing: it has been loaded or filled since, at once as far as two snapshots tell.
    Nothing,
    /// Little, or much that is gone.
    Other,
    /// Objects, and they are all still there, beside those that came.
    Kept,
}

/// Objects from which on a suspect had some before.
const SOME: u64 = 10;
/// Share of what there was that has to be there still.
const ALL: f64 = 0.9;
/// Objects that have to come for growth between two snapshots to be called a leak, probably.
const ENOUGH: f64 = 50.0;
/// How much more a kind counts that a program hardly ever warms up with.
const BY_MISTAKE: f64 = 8.0;
/// How much less that counts which is made to fill.
const TO_FILL: f64 = 0.5;

impl History<'_> {
    /// What was there of a suspect in the first snapshot. By their places it cannot be told what is still there, as what has
    /// moved looks new, and what took the place of another old. Cost: what it holds directly in both, else what it retains.
    pub(super) fn before(&self, suspect: &LeakSuspect) -> Before {
        let had_at_all = suspect.series.first().map_or(0, |first| first.retained_count);
        if had_at_all == 0 {
            return Before::Nothing;
        }
        if !matches!(self.followed, Followed::Ids(_)) {
            return Before::Other;
        }
        let (had, left) = match self.direct(suspect).filter(|&(had, _)| had >= SOME) {
            Some(direct) => direct,
            None if self.is_new(suspect) => return Before::Nothing,
            None if suspect.figures_of_class => self.of_class(suspect).unwrap_or_default(),
            None => (
                self.retained_before(suspect).unwrap_or(had_at_all),
                self.left_of(suspect.retainer),
            ),
        };
        match (had, left as f64 / had as f64) {
            (MANY.., share) if share < STAYED && self.are_dated(suspect) => Before::TurnedOver,
            (SOME.., share) if share >= ALL => Before::Kept,
            _ => Before::Other,
        }
    }

    /// Whether it can be told what is not there any more: the figures of what is younger than the first snapshot are not all its
    /// own, and native objects have mostly new ids in each.
    fn are_dated(&self, suspect: &LeakSuspect) -> bool {
        let Some(last) = self.snapshots.last() else { return false };
        let is_native = |object: &ObjectSummary| is_native_memory(last, object.ordinal);
        let is_old = self.cohorts.first_seen(suspect.retainer) == 0;
        (suspect.figures_of_class || is_old) && !suspect.instances.iter().any(is_native)
    }

    /// Whether what gathers came after the first snapshot, with hardly an object that was there. What stands in for it had
    /// figures then, and so had its class, which say nothing of it.
    fn is_new(&self, suspect: &LeakSuspect) -> bool {
        let Some(last) = self.snapshots.last() else { return false };
        let retainer = suspect.retainer;
        let gathers = |node: Ordinal| node != retainer && last.dominates(retainer, node);
        self.cohorts.first_seen(retainer) > 0
            && (!suspect.figures_of_class
                || suspect.instances.iter().all(|object| gathers(object.ordinal)))
            && self.left_of(retainer) < SOME
    }

    /// How many objects the suspect's holder retained in the first snapshot, whatever its figures were added to; `None` if it was
    /// not there.
    fn retained_before(&self, suspect: &LeakSuspect) -> Option<u64> {
        let (first, last) = (self.snapshots.first()?, self.snapshots.last()?);
        let before = self.followed.at(last, 0, suspect.retainer)?;
        Some(first.retained_count(before).into())
    }

    /// How many objects of the class that grows the suspect held directly in the first snapshot, and how many of its objects
    /// that were there then it holds now; `None` where it gathers none.
    fn direct(&self, suspect: &LeakSuspect) -> Option<(u64, u64)> {
        let (first, last) = (self.snapshots.first()?, self.snapshots.last()?);
        let member = suspect.instances.first()?.ordinal;
        let class_name = last.class_name(member);
        let before = self.followed.at(last, 0, suspect.retainer)?;
        let had = held_directly(first, before, class_name, |_| true);
        let is_old = |node| self.cohorts.first_seen(node) == 0;
        Some((had, held_directly(last, suspect.retainer, class_name, is_old)))
    }

    /// The same of all objects of the class. Cost: a pass over the nodes.
    fn of_class(&self, suspect: &LeakSuspect) -> Option<(u64, u64)> {
        let last = self.snapshots.last()?;
        let class = last.class(suspect.instances.first()?.ordinal);
        let key = &last.class_row(class).class_key;
        let had =
            class_series(self.snapshots, key, |row| row.retained_size).first()?.retained_count;
        let is_left =
            |node: &Ordinal| last.class(*node) == class && self.cohorts.first_seen(*node) == 0;
        Some((had, last.nodes().filter(is_left).count() as u64))
    }

    /// How many of the objects that an object retains were there in the first snapshot.
    fn left_of(&self, node: Ordinal) -> u64 {
        let Some(last) = self.snapshots.last() else { return 0 };
        let is_old = |node: &Ordinal| self.cohorts.first_seen(*node) == 0;
        last.retained_set(node).filter(is_old).count() as u64
    }

    /// Whether the first suspect is a leak, probably: it goes on from before, and is at least half of what all of them gained
    /// together (`bytes`) and of what the heap did. A process that warms up gains in many places at once.
    pub(super) fn is_most_of_growth(&self, suspect: &LeakSuspect, bytes: f64) -> bool {
        let total =
            |graph: Option<&Graph>| graph.map_or(0, |graph| graph.overview().info.total_size);
        let gained = total(self.snapshots.last()).saturating_sub(total(self.snapshots.first()));
        gained > 0
            && suspect.kind != LeakKind::Cache
            && suspect.count_per_interval >= ENOUGH
            && suspect.bytes_per_interval * 2.0 >= bytes.max(gained as f64)
            && self.before(suspect) == Before::Kept
    }
}

impl LeakSuspect {
    /// Says that it is a leak, probably.
    pub(super) fn make_probable(&mut self) {
        self.confidence = self.confidence.max(UNSURE);
    }

    /// The bytes that it grows by, as much as its kind speaks for a leak: caches, tables and texts fill as a program warms up;
    /// timers, listeners and what waits for promises do not.
    pub(super) fn weighed_bytes(&self) -> f64 {
        let weight = match self.kind {
            LeakKind::Listeners
            | LeakKind::Timers
            | LeakKind::Observers
            | LeakKind::Console
            | LeakKind::Promises
            | LeakKind::ClosureContext
            | LeakKind::AsyncContext
            | LeakKind::LinkedList
            | LeakKind::DetachedDom
            | LeakKind::SlicedStrings => BY_MISTAKE,
            LeakKind::Cache | LeakKind::NativeMemory => TO_FILL,
            // Only the store has grown, or a text.
            _ if self.instance_count == 0 => TO_FILL,
            _ => 1.0,
        };
        self.bytes_per_interval * weight
    }
}

/// How many objects of a class that are `counted` a node holds through V8's own arrays and tables. Cost: the nodes that it
/// dominates immediately, or through those.
fn held_directly(
    graph: &Graph,
    holder: Ordinal,
    class_name: &str,
    counted: impl Fn(Ordinal) -> bool,
) -> u64 {
    let mut open = vec![holder];
    let mut held = 0;
    // An index made by hand may have a tree that goes round in a circle.
    let mut patience = graph.node_count();
    while let Some(node) = open.pop()
        && patience > 0
    {
        patience -= 1;
        for child in graph.dominated(node) {
            if graph.class_name(child) == class_name {
                held += u64::from(counted(child));
            } else if !is_program_object(graph, child) {
                open.push(child);
            }
        }
    }
    held
}
