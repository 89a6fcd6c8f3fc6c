//! `report`: the verdict, and the evidence for it.

use heapglass_analysis::{
    Accumulation, AttributeBy, Attribution, Scatter, Summary, Suspect, SuspectKind, Verdict,
};
use heapglass_graph::FindingKind;
use schemars::JsonSchema;
use serde::Serialize;

use super::objects::entries;
use super::{
    AllocationsEntry, AttributionEntry, ClassEntry, LocationEntry, ObjectEntry, PathEntry,
    ProcessEntry, ResidentMemory, SecretsBody, StatisticsEntry,
};
use crate::text::SizeStyle;
use crate::text::words;

/// What `report` answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReportBody {
    /// The answer in words, and the owners that stand out.
    pub verdict: VerdictEntry,
    /// What the heap consists of.
    pub statistics: StatisticsEntry,
    /// Number of classes in the snapshot.
    pub class_count: u64,
    /// The classes that retain most, without `(system)` where that stands for the whole program.
    pub classes: Vec<ClassEntry>,
    /// The objects that retain most, none inside another.
    pub objects: Vec<ObjectEntry>,
    /// Where objects were allocated, for recordings of allocations.
    pub allocations: Option<AllocationsEntry>,
    /// Whose code holds the memory; there if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribution: Option<AttributionEntry>,
    /// What the process had in memory, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcessEntry>,
    /// The credentials of the clear data, where it was redacted as it came. Only that capture knows them, whose report is
    /// text.
    #[serde(skip)]
    pub credentials: Option<SecretsBody>,
}

/// The verdict.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct VerdictEntry {
    /// The verdict in sentences.
    pub text: Vec<String>,
    /// What stands out, largest first; empty if nothing does.
    pub suspects: Vec<SuspectEntry>,
    /// What the suspects retain together; what is in two of them counts once.
    pub explained_size: u64,
    /// DOM nodes out of every document, if there are any.
    pub detached: Option<DetachedEntry>,
    /// Texts that scripts were compiled from, if there are any: a part of the strings.
    pub script_sources: Option<ScriptSourcesEntry>,
    /// For a snapshot that is not whole: how much of what retention follows from was read. The
    /// suspects and their sizes are then no more than what that part allows to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<IncompleteEntry>,
}

/// The edges of a snapshot that is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IncompleteEntry {
    /// Edges that were read.
    pub edges_read: u64,
    /// Edges that the file promises, where that is more.
    pub edges_promised: Option<u64>,
}

/// The texts that scripts were compiled from, which V8 keeps as strings.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ScriptSourcesEntry {
    /// How many scripts.
    pub count: u64,
    /// Shallow sizes of their texts together; a text that scripts share counts once.
    pub size: u64,
}

/// DOM nodes that hang in no document and are still alive.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DetachedEntry {
    /// How many.
    pub count: u64,
    /// What they retain together.
    pub retained_size: u64,
}

/// One object, or all objects of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuspectKindEntry {
    /// One object.
    Object,
    /// The objects of one class, none of which stands out alone.
    Group,
}

/// What stands out.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SuspectEntry {
    /// The finding in sentences.
    pub text: Vec<String>,
    /// One object or many.
    pub kind: SuspectKindEntry,
    /// Class of the object or objects.
    pub class_name: String,
    /// Number of objects: 1, or the topmost ones of a group.
    pub count: u64,
    /// The object, or the largest of the group.
    pub object: ObjectEntry,
    /// What it or they retain.
    pub retained_size: u64,
    /// What it or they retain without what is in other suspects. These add up.
    pub own_size: u64,
    /// `retained_size` as a share of the whole heap, from 0 to 1.
    pub share: f64,
    /// The way to the memory as one line, from a root down to where it scatters; empty if no root
    /// leads there.
    pub line: String,
    /// The path that keeps the object, or the largest of the group, alive.
    pub path: Option<PathEntry>,
    /// The object whose collection holds the memory.
    pub accumulation: Option<AccumulationEntry>,
    /// Number of objects of the group that hang below the accumulation point.
    pub gathered: Option<u64>,
    /// For groups: whether `gathered` and the counts in `line` are estimates, because the objects
    /// are too many to follow them all.
    pub gathered_is_estimate: bool,
    /// Of a group another object that holds most of its objects as well: they go only when both let go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub also_held_by: Option<ObjectEntry>,
    /// Where the owner is written.
    pub location: Option<LocationEntry>,
    /// The first object on the path, from the suspect upwards, that is of the program's own making.
    pub owner: Option<ObjectEntry>,
}

/// The object below which the size scatters.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AccumulationEntry {
    /// The object.
    pub object: ObjectEntry,
    /// The path that keeps it alive.
    pub path: Option<PathEntry>,
    /// What it scatters into, most bytes first.
    pub scatter: Vec<ScatterEntry>,
}

/// Objects of one class that an accumulation point holds or keeps alive.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ScatterEntry {
    /// The class.
    pub class_name: String,
    /// How many.
    pub count: u64,
    /// What they retain.
    pub retained_size: u64,
    /// How many of them nothing else holds.
    pub exclusive_count: u64,
    /// Whether it holds them itself or through its table or backing store.
    pub is_direct: bool,
    /// The one that retains most.
    pub example: ObjectEntry,
}

impl IncompleteEntry {
    fn of(verdict: &Verdict) -> Option<IncompleteEntry> {
        let edges_read = u64::from(verdict.info.edge_count);
        let promised = verdict.findings.iter().filter_map(|finding| finding.promised_edges).max();
        let edges_promised = promised.filter(|&promised| promised > edges_read);
        let damaged = verdict.findings.iter().any(|finding| {
            matches!(
                finding.kind,
                FindingKind::Truncated | FindingKind::MissingSection | FindingKind::Malformed
            )
        });
        damaged.then_some(IncompleteEntry { edges_read, edges_promised })
    }
}

impl ReportBody {
    /// The report of a verdict, with the classes that retain most.
    pub fn new(
        verdict: &Verdict,
        classes: &Summary,
        allocations: Option<AllocationsEntry>,
    ) -> ReportBody {
        let suspects: Vec<SuspectEntry> = entries(&verdict.suspects);
        let statistics = StatisticsEntry::from(&verdict.statistics);
        let detached = verdict.detached.as_ref();
        let mut entry = VerdictEntry {
            text: Vec::new(),
            suspects,
            explained_size: verdict.explained_size,
            detached: detached.map(|nodes| DetachedEntry {
                count: nodes.count,
                retained_size: nodes.retained_size,
            }),
            script_sources: verdict
                .script_sources
                .map(|texts| ScriptSourcesEntry { count: texts.count, size: texts.size }),
            incomplete: IncompleteEntry::of(verdict),
        };
        let nodes = u64::from(verdict.info.node_count);
        entry.text = words::verdict(&entry, &statistics, nodes, SizeStyle::Human);
        ReportBody {
            verdict: entry,
            statistics,
            class_count: classes.class_count,
            classes: entries(classes.rows.iter().map(|row| &row.row)),
            objects: entries(&verdict.biggest_objects),
            allocations,
            attribution: None,
            process: None,
            credentials: None,
        }
    }

    /// The same with what the process had in memory, if that is known.
    pub fn of_process(self, memory: Option<&ResidentMemory>) -> ReportBody {
        let process = memory.map(|memory| ProcessEntry::new(memory, &self.statistics));
        ReportBody { process, ..self }
    }

    /// The same with the credentials that were in it before it was redacted.
    pub fn with_credentials(self, credentials: Option<SecretsBody>) -> ReportBody {
        ReportBody { credentials, ..self }
    }

    /// The same with the code that holds the memory.
    pub fn attributed(self, attribution: &Attribution, by: AttributeBy) -> ReportBody {
        ReportBody { attribution: Some(AttributionEntry::new(attribution, by)), ..self }
    }
}

impl From<&Suspect> for SuspectEntry {
    fn from(suspect: &Suspect) -> SuspectEntry {
        let (kind, class_name, count, object, accumulation, gathered) = match &suspect.kind {
            SuspectKind::Object { object, accumulation } => {
                (SuspectKindEntry::Object, &object.class_name, 1, object, Some(accumulation), None)
            }
            SuspectKind::Group { class_name, count, largest, accumulation, gathered, .. } => (
                SuspectKindEntry::Group,
                class_name,
                *count,
                largest,
                accumulation.as_ref(),
                Some(*gathered),
            ),
        };
        let mut entry = SuspectEntry {
            text: Vec::new(),
            kind,
            class_name: class_name.clone(),
            count,
            object: object.into(),
            retained_size: suspect.retained_size,
            own_size: suspect.own_size,
            share: suspect.share,
            line: suspect.line.clone(),
            path: suspect.path.as_ref().map(PathEntry::from),
            accumulation: accumulation.map(AccumulationEntry::from),
            gathered,
            gathered_is_estimate: matches!(
                suspect.kind,
                SuspectKind::Group { is_estimate: true, .. }
            ),
            also_held_by: match &suspect.kind {
                SuspectKind::Group { also_held_by, .. } => {
                    also_held_by.as_deref().map(ObjectEntry::from)
                }
                SuspectKind::Object { .. } => None,
            },
            location: suspect.location.map(|at| {
                LocationEntry::new(at, suspect.script.as_deref(), suspect.original.as_ref())
            }),
            owner: suspect.owner.as_ref().map(ObjectEntry::from),
        };
        entry.text = words::suspect(&entry, SizeStyle::Human);
        entry
    }
}

impl From<&Accumulation> for AccumulationEntry {
    fn from(accumulation: &Accumulation) -> AccumulationEntry {
        AccumulationEntry {
            object: (&accumulation.object).into(),
            path: accumulation.path.as_ref().map(PathEntry::from),
            scatter: entries(&accumulation.scatter),
        }
    }
}

impl From<&Scatter> for ScatterEntry {
    fn from(scatter: &Scatter) -> ScatterEntry {
        ScatterEntry {
            class_name: scatter.class_name.clone(),
            count: scatter.count,
            retained_size: scatter.retained_size,
            exclusive_count: scatter.exclusive_count,
            is_direct: scatter.is_direct,
            example: (&scatter.example).into(),
        }
    }
}
