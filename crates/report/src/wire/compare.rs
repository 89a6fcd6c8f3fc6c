//! `compare`.

use std::collections::HashMap;

use heapglass_analysis::{
    ChangedObjects, ClassChange, ClassSeries, Comparison, ControlledGrowth, Evidence, GrownObject,
    LeakSuspect, Reconciliation, Selected,
};
use heapglass_graph::Finding;
use schemars::JsonSchema;
use serde::Serialize;

use super::objects::entries;
use super::{FindingEntry, LeakSuspectEntry, ObjectEntry, SnapshotEntry};
use crate::SCHEMA_VERSION;

/// The answer about several snapshots together.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ComparisonDocument<B> {
    /// Version of this document's form.
    pub schema_version: u32,
    /// The snapshots that were compared, in their order.
    pub snapshots: Vec<SnapshotEntry>,
    /// The answer itself.
    #[serde(flatten)]
    pub body: B,
    /// What was odd in the snapshots: one entry for each, in their order.
    pub findings: Vec<SnapshotFindingsEntry>,
}

/// What was odd in one of several snapshots.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SnapshotFindingsEntry {
    /// The file as it was given.
    pub file: String,
    /// What was odd; empty for a whole, plain snapshot.
    pub findings: Vec<FindingEntry>,
}

/// What two snapshots have in common, by which they are taken for those of one process or not.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EvidenceEntry {
    /// Whether different versions of V8 wrote them.
    pub other_runtime: bool,
    /// JavaScript objects of the newer snapshot that were looked at.
    pub looked_at: u64,
    /// Those whose id the older one has, too.
    pub common: u64,
    /// Those of them that are a string in either.
    pub compared: u64,
    /// Of these, those that are another string, or no string, in the older one.
    pub differing: u64,
}

/// What `compare A B` answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CompareBody {
    /// Whether objects were matched by their ids, as those of one process.
    pub same_process: bool,
    /// Why.
    pub evidence: EvidenceEntry,
    /// Whether the first snapshot was taken after the second: its ids go further.
    pub wrong_order: bool,
    /// Number of classes that changed and match, the ones beyond the limit included.
    pub class_count: u64,
    /// The rows, sorted and limited.
    pub classes: Vec<ClassChangeEntry>,
    /// The one of all matching classes that grew most, if any grew: for the page.
    #[serde(skip)]
    pub grown_most: Option<ClassChangeEntry>,
    /// The one of all matching classes that shrank most, if any shrank: for the page.
    #[serde(skip)]
    pub shrunk_most: Option<ClassChangeEntry>,
    /// Objects in both snapshots whose retained size grew most; none lies inside another.
    pub grown_objects: Vec<GrownObjectEntry>,
    /// Objects in both snapshots whose own size grew most.
    pub grown_objects_by_shallow_size: Vec<GrownObjectEntry>,
    /// How the rows of all classes add up to the difference of the totals.
    pub reconciliation: ReconciliationEntry,
    /// Names of scripts by the numbers in class keys, so far as they are needed: for the page.
    #[serde(skip)]
    pub script_names: HashMap<u32, String>,
}

/// What became of a class. Sizes are shallow sizes. What objects became of is `null` for snapshots of
/// two processes, in which no object is known to be another one.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ClassChangeEntry {
    /// `scriptId,line,column,name` for classes whose constructor's place is known, else `,name`; for
    /// snapshots of two processes with the script's name for its number.
    pub class_key: String,
    /// What DevTools shows.
    pub class_name: String,
    /// What the class was called before a minifier gave it that name, if a source map says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_name: Option<String>,
    /// Objects before.
    pub base_count: u64,
    /// Sum of their sizes.
    pub base_size: u64,
    /// Objects now.
    pub count: u64,
    /// Sum of their sizes.
    pub size: u64,
    /// Objects that were not there before.
    pub new_count: Option<u64>,
    /// Objects that are no longer there.
    pub deleted_count: Option<u64>,
    /// Objects that there are more.
    pub count_delta: i64,
    /// Size of the new objects.
    pub allocated_size: Option<u64>,
    /// Size of the deleted objects.
    pub freed_size: Option<u64>,
    /// Allocated minus freed; for two processes the growth of the class.
    pub size_delta: i64,
    /// Objects that are in both and larger now.
    pub grown_count: Option<u64>,
    /// By how many bytes.
    pub grown_size: Option<u64>,
    /// Objects that are in both and smaller now.
    pub shrunk_count: Option<u64>,
    /// By how many bytes.
    pub shrunk_size: Option<u64>,
}

/// An object that is in both snapshots, as it is in the newer one.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GrownObjectEntry {
    /// The object.
    #[serde(flatten)]
    pub object: ObjectEntry,
    /// Its own size before.
    pub base_shallow_size: u64,
    /// By how much its own size grew.
    pub shallow_size_delta: i64,
    /// Its retained size before.
    pub base_retained_size: u64,
    /// By how much its retained size grew.
    pub retained_size_delta: i64,
}

/// How the rows add up: `new_size - deleted_size + grown_size - shrunk_size + extra_native_delta +
/// rest` is `total_delta`; for snapshots of two processes `classes_delta + extra_native_delta + rest`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReconciliationEntry {
    /// DevTools' total of the first snapshot.
    pub base_total_size: u64,
    /// DevTools' total of the second one.
    pub total_size: u64,
    /// Their difference.
    pub total_delta: i64,
    /// New objects.
    pub new_count: Option<u64>,
    /// Their size.
    pub new_size: Option<u64>,
    /// Deleted objects.
    pub deleted_count: Option<u64>,
    /// Their size.
    pub deleted_size: Option<u64>,
    /// Objects in both that are larger now.
    pub grown_count: Option<u64>,
    /// By how many bytes.
    pub grown_size: Option<u64>,
    /// Objects in both that are smaller now.
    pub shrunk_count: Option<u64>,
    /// By how many bytes.
    pub shrunk_size: Option<u64>,
    /// By how much all classes together grew.
    pub classes_delta: i64,
    /// By how much the memory grew that the writer added up outside V8's heap.
    pub extra_native_delta: i64,
    /// What the rows do not explain: 0 for whole snapshots.
    pub rest: i64,
}

/// What `compare --objects` answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CompareObjectsBody {
    /// Whether objects were matched by their ids: always, as there is no answer otherwise.
    pub same_process: bool,
    /// Whether the first snapshot was taken after the second.
    pub wrong_order: bool,
    /// The classes whose objects these are.
    pub classes: Vec<ClassChangeEntry>,
    /// Number of new objects, the ones beyond the limit included.
    pub added_count: u64,
    /// The new objects, largest retained size first.
    pub added_objects: Vec<ObjectEntry>,
    /// Number of deleted objects, the ones beyond the limit included.
    pub deleted_count: u64,
    /// The deleted objects as they were, largest retained size first.
    pub deleted_objects: Vec<ObjectEntry>,
    /// Names of scripts by the numbers in class keys, so far as they are needed: for the page.
    #[serde(skip)]
    pub script_names: HashMap<u32, String>,
}

/// What `compare` answers about more than two snapshots.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CompareSeriesBody {
    /// Whether all snapshots are of one process.
    pub same_process: bool,
    /// Number of matching classes, the ones beyond the limit included.
    pub class_count: u64,
    /// The rows, in the order that was asked for.
    pub classes: Vec<ClassSeriesEntry>,
    /// The one of all matching classes that grew most, if any grew: for the page.
    #[serde(skip)]
    pub grown_most: Option<ClassSeriesEntry>,
    /// Names of scripts by the numbers in class keys, so far as they are needed: for the page.
    #[serde(skip)]
    pub script_names: HashMap<u32, String>,
}

/// A class in each of several snapshots.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ClassSeriesEntry {
    /// As in `compare` of two snapshots.
    pub class_key: String,
    /// What DevTools shows.
    pub class_name: String,
    /// What the class was called before a minifier gave it that name, if a source map says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_name: Option<String>,
    /// Objects in each snapshot.
    pub counts: Vec<u64>,
    /// Sum of their shallow sizes in each snapshot.
    pub sizes: Vec<u64>,
    /// Objects that the last snapshot has more than the first.
    pub count_delta: i64,
    /// Bytes that they take more.
    pub size_delta: i64,
}

/// What `compare --control --treatment` answers. `snapshots` are those of the control, then those of
/// the treatment.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CompareControlBody {
    /// Whether all snapshots are of one process.
    pub same_process: bool,
    /// Number of snapshots of the control, which stand in front of those of the treatment.
    pub control_count: u64,
    /// Number of matching classes that changed, the ones beyond the limit included.
    pub class_count: u64,
    /// The rows, in the order that was asked for.
    pub classes: Vec<ControlledGrowthEntry>,
    /// The one of all matching classes that grew most beyond the control, if any did: for the page.
    #[serde(skip)]
    pub grown_most: Option<ControlledGrowthEntry>,
    /// What goes on growing in the treatment and, by its fingerprint, not in the control, with who holds it; `null` where the
    /// snapshots of either are not of one process, because objects can be followed within one only.
    pub suspects: Option<Vec<LeakSuspectEntry>>,
    /// Whether there may be suspects that do not match: for the page.
    #[serde(skip)]
    pub is_filtered: bool,
    /// Names of scripts by the numbers in class keys, so far as they are needed: for the page.
    #[serde(skip)]
    pub script_names: HashMap<u32, String>,
}

/// How a class grew in the treatment and in the control.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ControlledGrowthEntry {
    /// As in `compare` of two snapshots.
    pub class_key: String,
    /// What DevTools shows.
    pub class_name: String,
    /// What the class was called before a minifier gave it that name, if a source map says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_name: Option<String>,
    /// Objects that came in the control.
    pub control_count_delta: i64,
    /// Bytes that came in the control.
    pub control_size_delta: i64,
    /// Objects that came in the treatment.
    pub treatment_count_delta: i64,
    /// Bytes that came in the treatment.
    pub treatment_size_delta: i64,
    /// Objects that came in the treatment beyond those of the control.
    pub count_delta: i64,
    /// Bytes that came in the treatment beyond those of the control.
    pub size_delta: i64,
}

impl<B> ComparisonDocument<B> {
    /// Puts an answer into its envelope.
    pub fn new<'a>(
        snapshots: impl IntoIterator<Item = (&'a SnapshotEntry, &'a [Finding])>,
        body: B,
    ) -> ComparisonDocument<B> {
        let (snapshots, findings) = snapshots
            .into_iter()
            .map(|(entry, findings)| {
                let findings = findings.iter().map(FindingEntry::from).collect();
                (entry.clone(), SnapshotFindingsEntry { file: entry.file.clone(), findings })
            })
            .unzip();
        ComparisonDocument { schema_version: SCHEMA_VERSION, snapshots, body, findings }
    }
}

impl CompareBody {
    /// The answer with these rows.
    pub fn new(comparison: &Comparison, selected: &Selected) -> CompareBody {
        CompareBody {
            same_process: comparison.by_ids,
            evidence: (&comparison.evidence).into(),
            wrong_order: comparison.wrong_order,
            class_count: selected.class_count,
            classes: entries(&selected.rows),
            grown_most: selected.grown_most.as_ref().map(ClassChangeEntry::from),
            shrunk_most: selected.shrunk_most.as_ref().map(ClassChangeEntry::from),
            grown_objects: entries(&comparison.grown),
            grown_objects_by_shallow_size: entries(&comparison.grown_shallow),
            reconciliation: (&comparison.reconciliation).into(),
            script_names: HashMap::new(),
        }
    }
}

impl CompareObjectsBody {
    /// The new and deleted objects of `classes`.
    pub fn new<'a>(
        comparison: &Comparison,
        classes: impl IntoIterator<Item = &'a ClassChange>,
        objects: &ChangedObjects,
    ) -> CompareObjectsBody {
        CompareObjectsBody {
            same_process: comparison.by_ids,
            wrong_order: comparison.wrong_order,
            classes: entries(classes),
            added_count: objects.added.count,
            added_objects: entries(&objects.added.objects),
            deleted_count: objects.deleted.count,
            deleted_objects: entries(&objects.deleted.objects),
            script_names: HashMap::new(),
        }
    }
}

impl CompareSeriesBody {
    /// The first `limit` of these rows.
    pub fn new(
        same_process: bool,
        rows: &[ClassSeries],
        limit: Option<usize>,
    ) -> CompareSeriesBody {
        let shown = rows.iter().take(limit.unwrap_or(usize::MAX));
        let most = grown_most(rows, |row| (row.growth(), row.count_delta()));
        CompareSeriesBody {
            same_process,
            class_count: rows.len() as u64,
            classes: entries(shown),
            grown_most: most.map(ClassSeriesEntry::from),
            script_names: HashMap::new(),
        }
    }
}

impl CompareControlBody {
    /// The first `limit` of these rows, and what leaks in the treatment alone. What is for the page is the caller's to add.
    pub fn new(
        same_process: bool,
        control_count: usize,
        rows: &[ControlledGrowth],
        limit: Option<usize>,
        suspects: Option<&[LeakSuspect]>,
    ) -> CompareControlBody {
        let shown = rows.iter().take(limit.unwrap_or(usize::MAX));
        let most = grown_most(rows, |row| (row.growth(), row.count_delta()));
        CompareControlBody {
            same_process,
            control_count: control_count as u64,
            is_filtered: false,
            script_names: HashMap::new(),
            class_count: rows.len() as u64,
            classes: entries(shown),
            grown_most: most.map(ControlledGrowthEntry::from),
            suspects: suspects.map(|suspects| {
                let ranked = (1..).zip(suspects);
                ranked.map(|(rank, suspect)| LeakSuspectEntry::new(rank, suspect, None)).collect()
            }),
        }
    }
}

impl ClassChangeEntry {
    /// What [`scripts_of_namesakes`](super::scripts_of_namesakes) asks for.
    pub fn name_and_key(&self) -> (&str, &str) {
        (&self.class_name, &self.class_key)
    }
}

impl ClassSeriesEntry {
    /// What [`scripts_of_namesakes`](super::scripts_of_namesakes) asks for.
    pub fn name_and_key(&self) -> (&str, &str) {
        (&self.class_name, &self.class_key)
    }
}

impl ControlledGrowthEntry {
    /// What [`scripts_of_namesakes`](super::scripts_of_namesakes) asks for.
    pub fn name_and_key(&self) -> (&str, &str) {
        (&self.class_name, &self.class_key)
    }
}

impl From<&Evidence> for EvidenceEntry {
    fn from(evidence: &Evidence) -> EvidenceEntry {
        let &Evidence { other_runtime, looked_at, common, compared, differing } = evidence;
        EvidenceEntry { other_runtime, looked_at, common, compared, differing }
    }
}

impl From<&ClassChange> for ClassChangeEntry {
    fn from(class: &ClassChange) -> ClassChangeEntry {
        let objects = class.objects;
        ClassChangeEntry {
            class_key: class.class_key.clone(),
            class_name: class.class_name.clone(),
            original_name: class.original_name.clone(),
            base_count: class.base_count,
            base_size: class.base_size,
            count: class.count,
            size: class.size,
            new_count: objects.map(|o| o.new_count),
            deleted_count: objects.map(|o| o.deleted_count),
            count_delta: class.count_delta(),
            allocated_size: objects.map(|o| o.allocated_size),
            freed_size: objects.map(|o| o.freed_size),
            size_delta: class.size_delta(),
            grown_count: objects.map(|o| o.grown_count),
            grown_size: objects.map(|o| o.grown_size),
            shrunk_count: objects.map(|o| o.shrunk_count),
            shrunk_size: objects.map(|o| o.shrunk_size),
        }
    }
}

impl From<&GrownObject> for GrownObjectEntry {
    fn from(grown: &GrownObject) -> GrownObjectEntry {
        GrownObjectEntry {
            object: ObjectEntry {
                held_as: grown.held_as.clone(),
                ..ObjectEntry::from(&grown.object)
            },
            base_shallow_size: grown.base_shallow_size,
            shallow_size_delta: grown.shallow_growth(),
            base_retained_size: grown.base_retained_size,
            retained_size_delta: grown.retained_growth(),
        }
    }
}

impl From<&Reconciliation> for ReconciliationEntry {
    fn from(sums: &Reconciliation) -> ReconciliationEntry {
        let objects = sums.objects;
        ReconciliationEntry {
            base_total_size: sums.base_total,
            total_size: sums.total,
            total_delta: sums.total_delta(),
            new_count: objects.map(|o| o.new_count),
            new_size: objects.map(|o| o.allocated_size),
            deleted_count: objects.map(|o| o.deleted_count),
            deleted_size: objects.map(|o| o.freed_size),
            grown_count: objects.map(|o| o.grown_count),
            grown_size: objects.map(|o| o.grown_size),
            shrunk_count: objects.map(|o| o.shrunk_count),
            shrunk_size: objects.map(|o| o.shrunk_size),
            classes_delta: sums.classes,
            extra_native_delta: sums.extra_native,
            rest: sums.rest,
        }
    }
}

impl From<&ClassSeries> for ClassSeriesEntry {
    fn from(row: &ClassSeries) -> ClassSeriesEntry {
        ClassSeriesEntry {
            class_key: row.class_key.clone(),
            class_name: row.class_name.clone(),
            original_name: row.original_name.clone(),
            counts: row.counts.clone(),
            sizes: row.sizes.clone(),
            count_delta: row.count_delta(),
            size_delta: row.growth(),
        }
    }
}

impl From<&ControlledGrowth> for ControlledGrowthEntry {
    fn from(row: &ControlledGrowth) -> ControlledGrowthEntry {
        ControlledGrowthEntry {
            class_key: row.class_key.clone(),
            class_name: row.class_name.clone(),
            original_name: row.original_name.clone(),
            control_count_delta: row.control_count,
            control_size_delta: row.control_size,
            treatment_count_delta: row.treatment_count,
            treatment_size_delta: row.treatment_size,
            count_delta: row.count_delta(),
            size_delta: row.growth(),
        }
    }
}

/// The row that grew most by bytes and number, the first of several; `None` if none has more bytes.
fn grown_most<R>(rows: &[R], growth: impl Fn(&R) -> (i64, i64)) -> Option<&R> {
    let grown = rows.iter().rev().filter(|&row| growth(row).0 > 0);
    grown.max_by_key(|&row| growth(row))
}
