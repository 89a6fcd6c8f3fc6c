//! What is odd about a snapshot that can be used all the same.

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
    /// Where edges are missing: how many the file promises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_edges: Option<u64>,
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
    /// Several nodes have one id.
    DuplicateId,
    /// Locations of objects that lie outside the node table were left out.
    LocationOutOfRange,
    /// The sizes together are more than 64 bits hold.
    SizeOverflow,
}

impl Finding {
    /// A finding without a position.
    pub fn new(kind: FindingKind, message: impl Into<String>) -> Finding {
        Finding { kind, message: message.into(), offset: None, promised_edges: None }
    }

    /// A finding at a byte offset.
    pub fn at(kind: FindingKind, offset: u64, message: impl Into<String>) -> Finding {
        Finding { kind, message: message.into(), offset: Some(offset), promised_edges: None }
    }

    /// The finding with the number of edges that the file promises.
    pub(crate) fn promising(mut self, edges: u64) -> Finding {
        self.promised_edges = Some(edges);
        self
    }
}

/// A number with a comma between thousands, as everything that heapglass prints has them.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// "1 edge leads", "2,000 edges lead".
pub fn counted(number: u64, singular: &str, plural: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { singular } else { plural })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_agree_with_their_words() {
        assert_eq!(counted(1, "edge leads", "edges lead"), "1 edge leads");
        assert_eq!(counted(0, "edge leads", "edges lead"), "0 edges lead");
        assert_eq!(counted(1_234_567, "edge leads", "edges lead"), "1,234,567 edges lead");
    }
}
