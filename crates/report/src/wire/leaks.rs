//! `leaks`: what goes on growing, and who holds it.

use heapglass_analysis::{
    AttributeBy, Figures, FollowedBy, LeakGroup, LeakKind, LeakReport, LeakSuspect, LeakVerdict,
    Oddity, Suspect, TellingField, outside_growth,
};
use heapglass_graph::{Location, Original};
use jiff::civil::DateTime;
use schemars::JsonSchema;
use serde::Serialize;

use super::objects::entries;
use super::{
    Failure, FindingEntry, LeakGroupsEntry, LocationEntry, ObjectEntry, PathStepEntry, Place,
    ResidentMemory, SnapshotEntry, StandingOutEntry,
};
use crate::SCHEMA_VERSION;
use crate::text::{SizeStyle, leak_words, standing_out_words};

/// How objects are followed from snapshot to snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FollowedByEntry {
    /// By V8's ids.
    Ids,
    /// By their places in the heap, since V8 gave the ids anew, as it does when an inspector session ends and in each
    /// process. What has only moved may look new, so that growth is no more than probable.
    Places,
}

impl From<FollowedBy> for FollowedByEntry {
    fn from(by: FollowedBy) -> FollowedByEntry {
        match by {
            FollowedBy::Ids => FollowedByEntry::Ids,
            FollowedBy::Places => FollowedByEntry::Places,
        }
    }
}

/// What `leaks` answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LeaksDocument {
    /// Version of this document's form.
    pub schema_version: u32,
    /// Whether there is a leak.
    pub verdict: LeakVerdictEntry,
    /// The verdict in sentences.
    pub text: Vec<String>,
    /// The snapshots in the order of time, the first one taken first.
    pub snapshots: Vec<SnapshotEntry>,
    /// Whether all snapshots are of one process by their ids.
    pub same_process: bool,
    /// How objects were followed from snapshot to snapshot; `null` if they could not be, and of one snapshot.
    pub followed_by: Option<FollowedByEntry>,
    /// Hours between the first and the last snapshot, where the times of both are known.
    pub hours: Option<f64>,
    /// Whether the snapshots were given in another order than they were taken in.
    pub reordered: bool,
    /// What goes on growing, the most certain and largest first.
    pub suspects: Vec<LeakSuspectEntry>,
    /// Memory outside the heap that grows steadily while the heap stays level. It is no suspect: no snapshot shows what it
    /// is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outside_growth: Option<OutsideGrowthEntry>,
    /// The suspects by what holds them, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<LeakGroupsEntry>,
    /// Of one snapshot, which shows no growth, what stands out in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing_out: Option<StandingOutEntry>,
    /// What was odd in the snapshots, with the file in front.
    pub findings: Vec<FindingEntry>,
    /// The inputs that could not be read.
    pub errors: Vec<Failure>,
}

/// Whether there is a leak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeakVerdictEntry {
    /// Something grew in every interval, in the last one as before.
    Leak,
    /// Something grew, and may go on; of two snapshots: it has kept all that it had before, and is most of what the heap
    /// gained.
    Probable,
    /// Nothing goes on growing.
    NoLeak,
    /// There is growth, and too few snapshots to tell it from warming up; or there is one snapshot alone, which shows no
    /// growth; or the snapshots are not of one process.
    NotEnoughData,
}

/// What kind of leak it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the words of heapglass_analysis::LeakKind")]
pub enum LeakKindEntry {
    GrowingArray,
    GrowingMap,
    GrowingSet,
    GrowingObject,
    GrowingWeakMap,
    Cache,
    Listeners,
    Timers,
    Observers,
    Console,
    Promises,
    ClosureContext,
    LinkedList,
    Tree,
    DetachedDom,
    GrowingDom,
    SlicedStrings,
    Buffers,
    AsyncContext,
    GrowingStrings,
    RegisteredSymbols,
    NativeMemory,
    GrowingClass,
}

/// One thing that grows.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LeakSuspectEntry {
    /// 1 for the first.
    pub rank: u32,
    /// The finding in sentences.
    pub text: Vec<String>,
    /// What kind of leak it is.
    pub kind: LeakKindEntry,
    /// The same in words.
    pub title: String,
    /// Number of places of the same kind that they are gathered in, below the accumulation point if there are more than
    /// one.
    pub places: u64,
    /// What such a place is called if there are more than one, as `User.events : Array`.
    pub place_name: Option<String>,
    /// Classes of objects that come with these and hold them, are held by them or are referred to weakly; left out if there
    /// are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comes_with: Vec<String>,
    /// What is known of this place in a well-known package.
    pub library: Option<LibraryEntry>,
    /// How leaks of this kind, or at this place of the package, usually come about.
    pub usual_cause: String,
    /// What usually helps.
    pub usual_fix: String,
    /// Class of what grows in number, or of what grows in size.
    pub class_name: String,
    /// What the class was called before a minifier gave it that name, if a source map says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_class_name: Option<String>,
    /// How sure it is that the growth goes on, from 0 to 1.
    pub confidence: f64,
    /// Whether it grew clearly less in the last interval than in the one before, as what fills up does.
    pub slows_down: bool,
    /// Whether it is known by what few large objects hold, one or two in an interval, of three snapshots.
    pub few_objects: bool,
    /// Whether `series` is that of all objects of the class, since no one object holds them.
    pub figures_of_class: bool,
    /// New objects of the class that stay, for each interval between two snapshots.
    pub count_per_interval: f64,
    /// Growth in bytes for each interval between two snapshots.
    pub bytes_per_interval: f64,
    /// The same for each hour, where the times of the snapshots are known.
    pub per_hour: Option<RateEntry>,
    /// What holds them, or the class (see `figures_of_class`), in each snapshot; zeros where it was not there yet.
    pub series: Vec<FiguresEntry>,
    /// The object that gathers them.
    pub accumulation_point: AccumulationPointEntry,
    /// The nearest object on the way up that the program made; for a variable at the top of a module the scope it is in,
    /// with the variable in its label.
    pub owner: Option<ObjectEntry>,
    /// The way to what grows as one line, from a root on.
    pub line: String,
    /// The same as steps, the root first and the accumulation point last.
    pub path: Vec<PathStepEntry>,
    /// Where what holds the leak is written, or of listeners, timers and promises what was forgotten.
    pub source: Option<SourceEntry>,
    /// The npm package it belongs to.
    pub package: Option<String>,
    /// Whose code holds that package's on the way from the root: other packages, `(application)` for the program's own.
    /// Nearest first, each once.
    pub used_by: Vec<String>,
    /// Some of what is gathered, the youngest first.
    pub instances: Vec<ObjectEntry>,
    /// The fields of the first of them that tell most of it; credentials are masked.
    pub telling_fields: Vec<TellingFieldEntry>,
    /// Number of all objects of the class that came since the first snapshot and are gathered there.
    pub instance_count: u64,
    /// The same for the same leak in another run.
    pub fingerprint: String,
}

/// Memory outside the heap that grows.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct OutsideGrowthEntry {
    /// Where it is known from: `extra_native_bytes` of the snapshots, `process-info.txt` beside them (resident memory), or
    /// `--rss`.
    pub source: String,
    /// The bytes at each snapshot.
    pub sizes: Vec<u64>,
    /// Growth in bytes for each interval between two snapshots.
    pub bytes_per_interval: f64,
}

/// A field with its value in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TellingFieldEntry {
    /// Its name.
    pub name: String,
    /// `"text"`, `42`, `true`, `null`, else the class.
    pub value: String,
}

/// A place in a well-known package that grows when the package is used in a certain way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LibraryEntry {
    /// The npm package.
    pub package: String,
    /// What it is that grows, in a sentence.
    pub text: String,
}

/// Growth for each hour.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct RateEntry {
    /// Objects of the class.
    pub count: f64,
    /// Bytes.
    pub bytes: f64,
}

/// The object that gathers what grows.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AccumulationPointEntry {
    /// V8's id.
    pub id: u64,
    /// DevTools' constructor column.
    pub class_name: String,
    /// A short readable name with the id.
    pub description: String,
}

/// An object's figures in one snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FiguresEntry {
    /// Number of nodes that it retains.
    pub retained_count: u64,
    /// Bytes that it retains.
    pub retained_size: u64,
}

/// A place in a source file, or a file of which no place is known. Line and column count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SourceEntry {
    /// Path or URL, where the snapshot knows it.
    pub file: Option<String>,
    /// V8's number of the script; `null`, as line and column, where the file alone is known.
    pub script_id: Option<u32>,
    /// Line.
    pub line: Option<u64>,
    /// Column.
    pub column: Option<u64>,
    /// Where it is in the script that ran, if a source map says where that was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generated: Option<Place>,
}

impl SourceEntry {
    /// The place as it was written, or else as it ran; the file; `None` if nothing of it is known.
    pub(super) fn new(
        location: Option<Location>,
        script: Option<&str>,
        original: Option<&Original>,
    ) -> Option<SourceEntry> {
        let script_id = location.map(|at| at.script_id);
        if let Some(at) = location {
            let LocationEntry { script, line, column, generated, .. } =
                LocationEntry::new(at, script, original);
            let (line, column) = (Some(line), Some(column));
            return Some(SourceEntry { file: script, script_id, line, column, generated });
        }
        // The place of a variable, which a snapshot says nothing of.
        if let Some(at) = original {
            return Some(SourceEntry {
                file: Some(at.file.to_string()),
                script_id,
                line: Some(u64::from(at.line) + 1),
                column: Some(u64::from(at.column) + 1),
                generated: None,
            });
        }
        let file = script.map(str::to_owned);
        file.is_some().then_some(SourceEntry {
            file,
            script_id,
            line: None,
            column: None,
            generated: None,
        })
    }
}

impl LeaksDocument {
    /// The answer, with the entries and findings of the snapshots in the order in which they were
    /// given.
    pub fn new(
        report: &LeakReport,
        snapshots: Vec<SnapshotEntry>,
        findings: Vec<FindingEntry>,
        errors: Vec<Failure>,
    ) -> LeaksDocument {
        let in_order: Vec<SnapshotEntry> =
            report.order.iter().filter_map(|&at| snapshots.get(at).cloned()).collect();
        let hours = hours(&in_order).filter(|_| report.is_one_process);
        let intervals = in_order.len().saturating_sub(1) as f64;
        let suspect = |(rank, suspect)| {
            LeakSuspectEntry::new(rank, suspect, hours.map(|hours| intervals / hours))
        };
        let mut document = LeaksDocument {
            schema_version: SCHEMA_VERSION,
            verdict: report.verdict.into(),
            text: Vec::new(),
            snapshots: in_order,
            same_process: report.is_one_process,
            followed_by: report.followed_by.map(FollowedByEntry::from),
            hours,
            reordered: !report.order.is_sorted(),
            suspects: (1..).zip(&report.suspects).map(suspect).collect(),
            outside_growth: extra_native_growth(report),
            groups: None,
            standing_out: None,
            findings,
            errors,
        };
        document.text = leak_words::verdict(&document, SizeStyle::Human);
        document
    }

    /// The same beside the resident memory of the process at each snapshot, in the order in which they were given.
    pub fn beside_resident(self, report: &LeakReport, memory: &[ResidentMemory]) -> LeaksDocument {
        let in_order = report.order.iter().filter_map(|&at| memory.get(at));
        let sizes: Vec<u64> = in_order.map(|memory| memory.resident_size).collect();
        let source = memory.first().map(|memory| memory.source.clone());
        let growth = source.filter(|_| report.is_one_process && self.outside_growth.is_none());
        let growth = growth.and_then(|source| {
            let bytes_per_interval = outside_growth(&report.totals, &sizes)?;
            Some(OutsideGrowthEntry { source, sizes, bytes_per_interval })
        });
        let Some(growth) = growth else { return self };
        let mut document = LeaksDocument { outside_growth: Some(growth), ..self };
        document.text = leak_words::verdict(&document, SizeStyle::Human);
        document
    }

    /// The same with the groups that the suspects are of.
    pub fn grouped(self, groups: &[LeakGroup], by: AttributeBy) -> LeaksDocument {
        LeaksDocument { groups: Some(LeakGroupsEntry::new(groups, by)), ..self }
    }

    /// The answer of one snapshot: what stands out in it by weight and by structure.
    pub fn of_one(
        suspects: &[Suspect],
        oddities: &[Oddity],
        snapshot: SnapshotEntry,
        findings: Vec<FindingEntry>,
        errors: Vec<Failure>,
    ) -> LeaksDocument {
        let standing_out = StandingOutEntry::new(suspects, oddities);
        LeaksDocument {
            schema_version: SCHEMA_VERSION,
            verdict: LeakVerdictEntry::NotEnoughData,
            text: standing_out_words::answer(&standing_out),
            snapshots: vec![snapshot],
            same_process: true,
            followed_by: None,
            hours: None,
            reordered: false,
            suspects: Vec::new(),
            outside_growth: None,
            groups: None,
            standing_out: Some(standing_out),
            findings,
            errors,
        }
    }
}

/// Where growth is known from that the snapshots themselves tell.
const OF_SNAPSHOTS: &str = "extra_native_bytes";

impl OutsideGrowthEntry {
    /// Whether the snapshots tell it, and not what is known of the process.
    pub(crate) fn is_of_snapshots(&self) -> bool {
        self.source == OF_SNAPSHOTS
    }
}

/// What V8 knows of as allocated outside and the snapshots have no object for, if that is what grows.
fn extra_native_growth(report: &LeakReport) -> Option<OutsideGrowthEntry> {
    let sizes = &report.extra_native;
    let pairs = report.totals.iter().zip(sizes);
    let rest: Vec<u64> = pairs.map(|(total, extra)| total.saturating_sub(*extra)).collect();
    let bytes_per_interval = outside_growth(&rest, sizes).filter(|_| report.is_one_process)?;
    let source = OF_SNAPSHOTS.to_owned();
    Some(OutsideGrowthEntry { source, sizes: sizes.clone(), bytes_per_interval })
}

/// Hours between the first and the last snapshot by their collector's clock.
fn hours(snapshots: &[SnapshotEntry]) -> Option<f64> {
    let [first, .., last] = snapshots else { return None };
    let time = |snapshot: &SnapshotEntry| -> Option<DateTime> {
        snapshot.taken_at.as_deref()?.parse().ok()
    };
    let hours = time(first)?.duration_until(time(last)?).as_secs_f64() / 3600.0;
    (hours > 0.0).then_some(hours)
}

impl LeakSuspectEntry {
    /// A suspect as documents show it, with so many intervals between snapshots an hour.
    pub fn new(
        rank: u32,
        suspect: &LeakSuspect,
        intervals_per_hour: Option<f64>,
    ) -> LeakSuspectEntry {
        let point = &suspect.accumulation_point;
        let knowledge = suspect.knowledge;
        let (cause, fix) = match suspect.library {
            Some(known) => (Some(&known.cause), Some(&known.fix)),
            None => (knowledge.map(|known| &known.cause), knowledge.map(|known| &known.fix)),
        };
        let steps = suspect.path.as_ref().map(|path| entries(&path.steps)).unwrap_or_default();
        let mut entry = LeakSuspectEntry {
            rank,
            text: Vec::new(),
            kind: suspect.kind.into(),
            title: knowledge.map(|known| known.title.clone()).unwrap_or_default(),
            places: suspect.places,
            place_name: suspect.place_name.clone(),
            comes_with: suspect.comes_with.iter().map(|other| other.class_name.clone()).collect(),
            library: suspect.library.map(|known| LibraryEntry {
                package: known.package.clone(),
                text: format!("{}.", known.what),
            }),
            usual_cause: cause.cloned().unwrap_or_default(),
            usual_fix: fix.cloned().unwrap_or_default(),
            class_name: suspect.class_name.clone(),
            original_class_name: suspect.original_class_name.clone(),
            confidence: suspect.confidence,
            slows_down: suspect.slows_down,
            few_objects: suspect.few_objects,
            figures_of_class: suspect.figures_of_class,
            count_per_interval: suspect.count_per_interval,
            bytes_per_interval: suspect.bytes_per_interval,
            per_hour: intervals_per_hour.map(|intervals| RateEntry {
                count: suspect.count_per_interval * intervals,
                bytes: suspect.bytes_per_interval * intervals,
            }),
            series: suspect.series.iter().map(FiguresEntry::from).collect(),
            accumulation_point: AccumulationPointEntry {
                id: point.id.0,
                class_name: point.class_name.clone(),
                description: point.label.clone(),
            },
            owner: suspect.owner.as_ref().map(ObjectEntry::from),
            line: suspect.line.clone(),
            path: steps,
            source: SourceEntry::new(
                suspect.location,
                suspect.script.as_deref(),
                suspect.original.as_ref(),
            ),
            package: suspect.package.clone(),
            used_by: suspect.used_by.clone(),
            instances: entries(&suspect.instances),
            telling_fields: entries(&suspect.telling_fields),
            instance_count: suspect.instance_count,
            fingerprint: suspect.fingerprint.clone(),
        };
        entry.text = leak_words::suspect(&entry, SizeStyle::Human);
        entry
    }
}

impl From<&TellingField> for TellingFieldEntry {
    fn from(field: &TellingField) -> TellingFieldEntry {
        TellingFieldEntry { name: field.name.clone(), value: field.value.clone() }
    }
}

impl From<&Figures> for FiguresEntry {
    fn from(figures: &Figures) -> FiguresEntry {
        FiguresEntry {
            retained_count: figures.retained_count,
            retained_size: figures.retained_size,
        }
    }
}

impl From<LeakVerdict> for LeakVerdictEntry {
    fn from(verdict: LeakVerdict) -> LeakVerdictEntry {
        match verdict {
            LeakVerdict::Leak => LeakVerdictEntry::Leak,
            LeakVerdict::Probable => LeakVerdictEntry::Probable,
            LeakVerdict::NoLeak => LeakVerdictEntry::NoLeak,
            LeakVerdict::NotEnoughData => LeakVerdictEntry::NotEnoughData,
        }
    }
}

impl From<LeakKind> for LeakKindEntry {
    fn from(kind: LeakKind) -> LeakKindEntry {
        match kind {
            LeakKind::GrowingArray => LeakKindEntry::GrowingArray,
            LeakKind::GrowingMap => LeakKindEntry::GrowingMap,
            LeakKind::GrowingSet => LeakKindEntry::GrowingSet,
            LeakKind::GrowingObject => LeakKindEntry::GrowingObject,
            LeakKind::GrowingWeakMap => LeakKindEntry::GrowingWeakMap,
            LeakKind::Cache => LeakKindEntry::Cache,
            LeakKind::Listeners => LeakKindEntry::Listeners,
            LeakKind::Timers => LeakKindEntry::Timers,
            LeakKind::Observers => LeakKindEntry::Observers,
            LeakKind::Console => LeakKindEntry::Console,
            LeakKind::Promises => LeakKindEntry::Promises,
            LeakKind::ClosureContext => LeakKindEntry::ClosureContext,
            LeakKind::LinkedList => LeakKindEntry::LinkedList,
            LeakKind::Tree => LeakKindEntry::Tree,
            LeakKind::DetachedDom => LeakKindEntry::DetachedDom,
            LeakKind::GrowingDom => LeakKindEntry::GrowingDom,
            LeakKind::SlicedStrings => LeakKindEntry::SlicedStrings,
            LeakKind::Buffers => LeakKindEntry::Buffers,
            LeakKind::AsyncContext => LeakKindEntry::AsyncContext,
            LeakKind::GrowingStrings => LeakKindEntry::GrowingStrings,
            LeakKind::RegisteredSymbols => LeakKindEntry::RegisteredSymbols,
            LeakKind::NativeMemory => LeakKindEntry::NativeMemory,
            LeakKind::GrowingClass => LeakKindEntry::GrowingClass,
        }
    }
}
