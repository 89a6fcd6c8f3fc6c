use serde::{Deserialize, Serialize};

/// Something odd in a snapshot that did not stop the reading of the rest.
///
/// Damage is data: a finding is part of every report, so that a figure computed from a damaged
/// file is never taken for a whole one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind of oddity, for machines.
    pub kind: FindingKind,
    /// One sentence for people, lower-case, with counts.
    pub message: String,
    /// Offset into the (decompressed) bytes where it was noticed, where that means something.
    pub offset: Option<u64>,
}

/// The kinds of [`Finding`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FindingKind {
    /// The bytes end before the snapshot does; figures cover what was read.
    Truncated,
    /// The bytes stop making sense at some point; figures cover what came before.
    Malformed,
    /// `node_count` or `edge_count` in the header differ from the tables.
    CountMismatch,
    /// A section that a snapshot has is not there.
    MissingSection,
    /// Edges that lead out of the node table were left out.
    EdgeOutOfRange,
    /// The nodes' edge counts do not add up to the edge table.
    EdgeCountMismatch,
    /// Names point past the string table.
    StringOutOfRange,
    /// Types that `snapshot.meta` does not list.
    UnknownType,
    /// Bytes after the end of the snapshot.
    TrailingBytes,
    /// Strings are not valid JSON or UTF-8 and were repaired.
    BadString,
    /// A section occurs more than once.
    DuplicateSection,
    /// `root_index` in the header is that of no node.
    RootOutOfRange,
}

impl Finding {
    /// A finding without a position.
    pub fn new(kind: FindingKind, message: impl Into<String>) -> Finding {
        Finding { kind, message: message.into(), offset: None }
    }

    /// A finding at a byte offset.
    pub fn at(kind: FindingKind, offset: u64, message: impl Into<String>) -> Finding {
        Finding { kind, message: message.into(), offset: Some(offset) }
    }
}
