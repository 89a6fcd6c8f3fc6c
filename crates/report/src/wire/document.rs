//! What every document has in common.

use heapglass_graph::{Finding, FindingKind, Overview};
use schemars::JsonSchema;
use serde::Serialize;

use crate::SCHEMA_VERSION;

/// The answer about one snapshot.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Document<B> {
    /// Version of this document's form.
    pub schema_version: u32,
    /// Which snapshot it is about.
    pub snapshot: SnapshotEntry,
    /// The answer itself.
    #[serde(flatten)]
    pub body: B,
    /// What was odd in the snapshot; empty for a whole, plain one. Figures of a snapshot with
    /// findings cover what could be read.
    pub findings: Vec<FindingEntry>,
}

/// The answers about several snapshots, or about those in a directory.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Several<B> {
    /// Version of this document's form.
    pub schema_version: u32,
    /// One document for each snapshot that could be read, as it would be printed alone.
    pub snapshots: Vec<Document<B>>,
    /// The inputs that could not be read.
    pub errors: Vec<Failure>,
}

/// What a command prints with `--json`: one document for one file, a list of them for several.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Output<B> {
    /// One input was given, a file or standard input.
    One(Box<Document<B>>),
    /// Several inputs or a directory were given.
    Several(Several<B>),
}

/// An input that could not be read.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Failure {
    /// The input.
    pub file: String,
    /// What is wrong with it.
    pub message: String,
}

/// Which snapshot a document is about.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct SnapshotEntry {
    /// The file as it was given, `-` for standard input.
    pub file: String,
    /// Nodes in the snapshot.
    pub node_count: u64,
    /// Edges in the snapshot.
    pub edge_count: u64,
    /// DevTools' total: shallow sizes of all nodes, and the memory outside V8's heap that the
    /// writer added up, in bytes.
    pub total_size: u64,
    /// Kubernetes namespace, for snapshots in a must-gather directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Pod, for snapshots in a must-gather directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
    /// Container, for snapshots in a must-gather directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// When it was taken by the collector's clock, `2025-01-05 14:30:22`, as the file's name says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<String>,
    /// Whether the collector marked the file as incomplete.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
}

/// Something odd in a snapshot.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FindingEntry {
    /// What kind of oddity: `truncated`, `malformed`, `count_mismatch` …
    pub kind: String,
    /// One sentence, with counts.
    pub message: String,
    /// Offset into the decompressed bytes, where that means something.
    pub offset: Option<u64>,
}

impl SnapshotEntry {
    /// Counts and total of a snapshot; names are the caller's to add.
    pub fn new(file: String, overview: &Overview) -> SnapshotEntry {
        SnapshotEntry {
            file,
            node_count: u64::from(overview.info.node_count),
            edge_count: u64::from(overview.info.edge_count),
            total_size: overview.info.total_size,
            ..SnapshotEntry::default()
        }
    }
}

impl<B> Document<B> {
    /// Puts an answer into its envelope.
    pub fn new(snapshot: SnapshotEntry, findings: &[Finding], body: B) -> Document<B> {
        let findings = findings.iter().map(FindingEntry::from).collect();
        Document { schema_version: SCHEMA_VERSION, snapshot, body, findings }
    }
}

impl<B> Several<B> {
    /// Puts several answers into one document.
    pub fn new(snapshots: Vec<Document<B>>, errors: Vec<Failure>) -> Several<B> {
        Several { schema_version: SCHEMA_VERSION, snapshots, errors }
    }
}

/// Kind of the finding that a snapshot was not used.
const LEFT_OUT: &str = "left_out";

impl FindingEntry {
    /// A snapshot that the answer is not about, and why.
    pub fn left_out(file: &str, reason: &str) -> FindingEntry {
        let message = format!("{file}: left out: {reason}");
        FindingEntry { kind: LEFT_OUT.to_owned(), message, offset: None }
    }

    /// Whether it is of one of these kinds.
    pub(crate) fn is_any_of(&self, kinds: &[FindingKind]) -> bool {
        kinds.iter().any(|&kind| self.kind == name_of(kind))
    }

    /// Whether it says that a snapshot was not used, which is no oddity of those that were.
    pub fn is_left_out(&self) -> bool {
        self.kind == LEFT_OUT
    }
}

impl From<&Finding> for FindingEntry {
    fn from(finding: &Finding) -> FindingEntry {
        let Finding { kind, message, offset, .. } = finding;
        FindingEntry { kind: name_of(*kind), message: message.clone(), offset: *offset }
    }
}

/// What machines call a kind. The engine names them itself; a new one needs no change here.
fn name_of(kind: FindingKind) -> String {
    let name = serde_json::to_value(kind).ok();
    name.as_ref().and_then(|name| name.as_str()).unwrap_or("other").to_owned()
}
