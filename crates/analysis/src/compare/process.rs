//! Whether two snapshots are of one process, so that an id means the same object in both.

use heapglass_format::strings::utf16_units;
use heapglass_graph::{Graph, IdIndex, NodeType, Ordinal, SnapshotInfo};

/// Nodes of the newer snapshot that are looked at.
const SAMPLE: u32 = 1 << 18;
/// One disagreement in so many is too much for one process.
const PROPORTION: u64 = 50;
/// Common ids among so many are too few for one process: it keeps what it started with.
const FEWEST_COMMON: u64 = 100;

/// What two snapshots have in common.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Whether different versions of V8 wrote them: their types are not the same.
    pub other_runtime: bool,
    /// JavaScript objects of the newer snapshot that were looked at.
    pub looked_at: u64,
    /// Those whose id the older one has, too.
    pub common: u64,
    /// Those that are a string in both or in one of them.
    pub compared: u64,
    /// Of these, those that are another string, or no string, in the older one.
    pub differing: u64,
}

impl Evidence {
    /// Whether both snapshots are of one process, as far as can be told.
    pub fn is_one_process(&self) -> bool {
        !self.other_runtime
            && self.differing.saturating_mul(PROPORTION) <= self.compared
            && self.common.saturating_mul(FEWEST_COMMON) >= self.looked_at
    }
}

/// Holds strings with the same id against each other. V8 gives each object an id when it first writes
/// a snapshot, never gives it to another one, and never changes a string's text; in two processes the
/// ids of what was there at their start may agree, those of what came later do not.
///
/// Of texts that were redacted with keys that may differ, lengths alone are compared: letters change, their number does
/// not.
///
/// Cost: at most some hundred thousand nodes.
pub(crate) fn relation(base: &Graph, newer: &Graph, ids: &IdIndex) -> Evidence {
    let (before, after) = (&base.overview().info, &newer.overview().info);
    let mut evidence = Evidence {
        other_runtime: before.node_type_names != after.node_type_names
            || before.edge_type_names != after.edge_type_names,
        ..Evidence::default()
    };
    if evidence.other_runtime {
        return evidence;
    }
    let same_text: fn(&[u8], &[u8]) -> bool = match have_texts_in_common(before, after) {
        true => |is: &[u8], was: &[u8]| is == was,
        false => |is: &[u8], was: &[u8]| utf16_units(is) == utf16_units(was),
    };
    let step = newer.node_count().div_ceil(SAMPLE).max(1) as usize;
    for node in newer.nodes().step_by(step) {
        let id = newer.id(node);
        // Node's own native objects get new ids, which are even, for each snapshot.
        if id.0.is_multiple_of(2) {
            continue;
        }
        evidence.looked_at += 1;
        let Some(old) = ids.get(id) else { continue };
        evidence.common += 1;
        let (is, was) = (newer.node_type(node), base.node_type(old));
        if !is.is_string() && !was.is_string() {
            continue;
        }
        evidence.compared += 1;
        let differs = match (is, was) {
            (NodeType::String, NodeType::String) => !same_text(text(newer, node), text(base, old)),
            // A concatenated string becomes a flat one in place.
            _ => is.is_string() != was.is_string(),
        };
        evidence.differing += u64::from(differs);
    }
    evidence
}

/// Whether two graphs are of one snapshot, however its file is called, packed or laid out.
///
/// Cost: nothing where the counts differ, else a pass over strings, nodes and edges up to the first difference.
pub fn is_same_snapshot(a: &Graph, b: &Graph) -> bool {
    // White space is no content.
    let counts = |graph: &Graph| SnapshotInfo { file_bytes: 0, ..graph.overview().info.clone() };
    let info = counts(a);
    if info != counts(b) {
        return false;
    }
    let node = |graph: &Graph, node: Ordinal| {
        let what = (graph.id(node), graph.node_type(node), graph.name_index(node));
        (what, graph.shallow_size(node))
    };
    (0..info.string_count).all(|at| a.strings().get(at) == b.strings().get(at))
        && a.nodes().all(|at| node(a, at) == node(b, at) && a.edges(at).eq(b.edges(at)))
}

/// Whether one text is the same letters in both: neither is redacted, or both with one key.
fn have_texts_in_common(before: &SnapshotInfo, after: &SnapshotInfo) -> bool {
    match (&before.redaction, &after.redaction) {
        (None, None) => true,
        (Some(before), Some(after)) => before.key_id.is_some() && before.key_id == after.key_id,
        _ => false,
    }
}

fn text(graph: &Graph, node: Ordinal) -> &[u8] {
    graph.strings().get(graph.name_index(node).0).unwrap_or_default()
}
