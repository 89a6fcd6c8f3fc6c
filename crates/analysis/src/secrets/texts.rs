//! Texts of strings, as much of them as is looked at.

use std::borrow::Cow;

use heapglass_format::strings::lossy;
use heapglass_graph::{Graph, NodeType, Ordinal};

use crate::names::halves;

/// Bytes of a joined string that are read.
const MOST_BYTES: usize = 16 << 10;
/// Parts of a joined string that are read.
const MOST_PARTS: usize = 4096;

/// Whether a node is a string whose text the snapshot has.
pub(super) fn has_text(graph: &Graph, node: Ordinal) -> bool {
    matches!(graph.node_type(node), NodeType::String | NodeType::ConcatenatedString)
}

/// The text of a string: the whole of a flat one, the beginning of a joined one.
pub(super) fn text_of(graph: &Graph, node: Ordinal) -> Cow<'_, str> {
    match graph.node_type(node) {
        NodeType::ConcatenatedString => Cow::Owned(joined(graph, node).0),
        _ => graph.raw_name(node),
    }
}

/// The beginning of a joined string, and the number of parts that were looked at.
pub(super) fn joined(graph: &Graph, node: Ordinal) -> (String, u64) {
    let mut bytes = Vec::new();
    let mut open = vec![node];
    let mut parts = 0;
    while let Some(part) = open.pop()
        && parts < MOST_PARTS
        && bytes.len() < MOST_BYTES
    {
        parts += 1;
        if graph.node_type(part) == NodeType::ConcatenatedString {
            let (first, second) = halves(graph, part);
            open.extend(second);
            open.extend(first);
        } else if let Some(text) = graph.strings().get(graph.name_index(part).0) {
            bytes.extend_from_slice(text);
        }
    }
    (lossy(&bytes).into_owned(), parts as u64)
}
