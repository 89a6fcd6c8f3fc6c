//! Two snapshots held against each other: DevTools' Comparison, and what it cannot see.
//!
//! DevTools joins objects by id within a class and shows what is new and what is gone. An object that
//! is in both and has become larger, as an array that was filled, is in neither; here it is counted
//! as well, so that the rows add up to the difference of the totals.
//!
//! Source: DevTools' `aggregatesForDiff`, `calculateSnapshotDiff` and `calculateDiffForClass`
//! (HeapSnapshot.ts).

mod growth;
mod join;
mod objects;
mod originals;
mod process;
mod select;
mod series;
mod source;

use heapglass_graph::{ClassRow, Graph, IdIndex};

pub use growth::GrownObject;
use join::{Join, join};
pub use objects::{ChangedObjects, changed_objects};
use originals::original_names;
pub(crate) use process::relation;
pub use process::{Evidence, is_same_snapshot};
pub use select::{ChangeSort, GrowthSort, Selected, find_changes, select_changes};
pub use series::{
    ClassSeries, ControlledGrowth, controlled_growth, is_one_process, select_growth, select_series,
    series,
};

/// How objects or classes of two snapshots are found to be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Matching {
    /// By ids, if both snapshots are of one process; else by classes.
    #[default]
    Detect,
    /// By ids, whatever the snapshots look like.
    Ids,
    /// By classes alone.
    Classes,
}

/// What a comparison shall give.
#[derive(Debug, Clone)]
pub struct CompareOptions {
    /// How the two are matched.
    pub matching: Matching,
    /// At most this many objects in each list of those that grew.
    pub grown: usize,
}

impl Default for CompareOptions {
    fn default() -> Self {
        CompareOptions { matching: Matching::Detect, grown: 10 }
    }
}

/// What became of a class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClassChange {
    /// DevTools' class key; for snapshots of two processes with the script's name for its number.
    pub class_key: String,
    /// What DevTools shows.
    pub class_name: String,
    /// What the class was called before a minifier gave it that name, if a source map says so.
    pub original_name: Option<String>,
    /// Objects before.
    pub base_count: u64,
    /// Sum of their shallow sizes, in bytes.
    pub base_size: u64,
    /// Objects now.
    pub count: u64,
    /// Sum of their shallow sizes, in bytes.
    pub size: u64,
    /// What became of the objects; `None` where they cannot be told from each other because the
    /// snapshots are of two processes.
    pub objects: Option<ObjectChanges>,
}

/// What became of objects. All sizes are shallow sizes in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ObjectChanges {
    /// Objects that were not there before.
    pub new_count: u64,
    /// Their sizes.
    pub allocated_size: u64,
    /// Objects that are no longer there.
    pub deleted_count: u64,
    /// Their sizes.
    pub freed_size: u64,
    /// Objects that are in both and larger now.
    pub grown_count: u64,
    /// By how much.
    pub grown_size: u64,
    /// Objects that are in both and smaller now.
    pub shrunk_count: u64,
    /// By how much.
    pub shrunk_size: u64,
}

impl ObjectChanges {
    fn add(&mut self, other: &ObjectChanges) {
        let ObjectChanges {
            new_count,
            allocated_size,
            deleted_count,
            freed_size,
            grown_count,
            grown_size,
            shrunk_count,
            shrunk_size,
        } = other;
        self.new_count += new_count;
        self.allocated_size = self.allocated_size.saturating_add(*allocated_size);
        self.deleted_count += deleted_count;
        self.freed_size = self.freed_size.saturating_add(*freed_size);
        self.grown_count += grown_count;
        self.grown_size = self.grown_size.saturating_add(*grown_size);
        self.shrunk_count += shrunk_count;
        self.shrunk_size = self.shrunk_size.saturating_add(*shrunk_size);
    }
}

impl ClassChange {
    /// How many objects more there are.
    pub fn count_delta(&self) -> i64 {
        difference(self.count, self.base_count)
    }

    /// DevTools' size delta: allocated minus freed, where objects are known; else the growth.
    pub fn size_delta(&self) -> i64 {
        let known = self.objects.as_ref();
        known.map_or(self.growth(), |o| difference(o.allocated_size, o.freed_size))
    }

    /// How many bytes more all objects of the class take.
    pub fn growth(&self) -> i64 {
        difference(self.size, self.base_size)
    }

    /// Whether anything about the class changed.
    pub fn is_change(&self) -> bool {
        self.count != self.base_count
            || self.size != self.base_size
            || self.objects.is_some_and(|objects| objects != ObjectChanges::default())
    }
}

/// How the rows add up to the difference of the totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reconciliation {
    /// DevTools' total of the first snapshot, in bytes.
    pub base_total: u64,
    /// DevTools' total of the second one.
    pub total: u64,
    /// What became of all objects; `None` for two processes.
    pub objects: Option<ObjectChanges>,
    /// Growth of all classes together.
    pub classes: i64,
    /// By how much the memory grew that the writer added up outside V8's heap.
    pub extra_native: i64,
    /// What the rows do not explain: 0 for whole snapshots.
    pub rest: i64,
}

impl Reconciliation {
    /// By how much the total grew.
    pub fn total_delta(&self) -> i64 {
        difference(self.total, self.base_total)
    }
}

/// Two snapshots held against each other.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// Why the two are taken for snapshots of one process, or not.
    pub evidence: Evidence,
    /// Whether objects were matched by ids: as snapshots of one process.
    pub by_ids: bool,
    /// Whether the first snapshot was taken after the second: its ids go further.
    pub wrong_order: bool,
    /// One row for each class that is in either, by class key.
    pub classes: Vec<ClassChange>,
    /// Objects in both whose retained size grew most, largest growth first; none of them lies inside
    /// another.
    pub grown: Vec<GrownObject>,
    /// Objects in both whose own size grew most, largest growth first.
    pub grown_shallow: Vec<GrownObject>,
    /// How the rows add up.
    pub reconciliation: Reconciliation,
    /// Which objects were matched, for [`changed_objects`].
    join: Option<Join>,
}

/// Compares `base` with `newer`, which was taken later.
///
/// Cost: a pass over the nodes of each, one over the plain objects' properties of `base`, a part
/// of the dominator tree, and a path for each object that grew and is told. Memory: four bytes for
/// each id of `base`, as many for each of its nodes, and a bit for each node of both.
pub fn compare(base: &Graph, newer: &Graph, options: &CompareOptions) -> Comparison {
    let ids = IdIndex::of(base);
    let evidence = relation(base, newer, &ids);
    let by_ids = match options.matching {
        Matching::Detect => evidence.is_one_process(),
        Matching::Ids => true,
        Matching::Classes => false,
    };
    let last_id = |graph: &Graph| graph.overview().info.max_js_object_id;
    let wrong_order = by_ids && last_id(base) > last_id(newer);
    let (classes, grown, grown_shallow, join) = if by_ids {
        let joined = join(base, newer, &ids, options.grown);
        let grown = growth::retained(base, newer, &ids, options.grown);
        let mut classes = joined.classes;
        let names = original_names(&[base, newer], true);
        for class in classes.iter_mut().filter(|_| !names.is_empty()) {
            class.original_name = names.get(&class.class_key).cloned();
        }
        (classes, grown, joined.grown, Some(joined.join))
    } else {
        (classes_apart(base, newer), Vec::new(), Vec::new(), None)
    };
    let reconciliation = reconcile(base, newer, &classes, by_ids);
    Comparison {
        evidence,
        by_ids,
        wrong_order,
        classes,
        grown,
        grown_shallow,
        reconciliation,
        join,
    }
}

/// Rows of two processes: classes by name and place in the source.
fn classes_apart(base: &Graph, newer: &Graph) -> Vec<ClassChange> {
    let rows = series(&[base, newer], false).into_iter();
    let change = |row: ClassSeries| {
        let at = |list: &[u64], at: usize| list.get(at).copied().unwrap_or(0);
        ClassChange {
            base_count: at(&row.counts, 0),
            base_size: at(&row.sizes, 0),
            count: at(&row.counts, 1),
            size: at(&row.sizes, 1),
            objects: None,
            class_key: row.class_key,
            class_name: row.class_name,
            original_name: row.original_name,
        }
    };
    rows.map(change).collect()
}

fn reconcile(base: &Graph, newer: &Graph, classes: &[ClassChange], by_ids: bool) -> Reconciliation {
    let (before, after) = (&base.overview().info, &newer.overview().info);
    let mut objects = ObjectChanges::default();
    let (mut base_size, mut size) = (0u64, 0u64);
    for class in classes {
        objects.add(&class.objects.unwrap_or_default());
        base_size = base_size.saturating_add(class.base_size);
        size = size.saturating_add(class.size);
    }
    let all = difference(size, base_size);
    let extra_native = difference(after.extra_native_bytes, before.extra_native_bytes);
    let explained = if by_ids {
        let gained = objects.allocated_size.saturating_add(objects.grown_size);
        let lost = objects.freed_size.saturating_add(objects.shrunk_size);
        difference(gained, lost)
    } else {
        all
    };
    let total = difference(after.total_size, before.total_size);
    Reconciliation {
        base_total: before.total_size,
        total: after.total_size,
        objects: by_ids.then_some(objects),
        classes: all,
        extra_native,
        rest: total.saturating_sub(explained).saturating_sub(extra_native),
    }
}

/// `a - b`, which may be negative.
pub(crate) fn difference(a: u64, b: u64) -> i64 {
    let magnitude = i64::try_from(a.abs_diff(b)).unwrap_or(i64::MAX);
    if a < b { -magnitude } else { magnitude }
}

/// The classes of a graph that it shows.
fn shown_rows(graph: &Graph) -> impl Iterator<Item = &ClassRow> {
    graph.overview().classes.shown().map(|(_, row)| row)
}
