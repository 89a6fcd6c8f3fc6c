//! Strings that exist more than once.

use heapglass_graph::{EdgeType, Graph, NodeType, Ordinal};
use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_128;

use crate::NodeSet;
use crate::names::{ConsStrings, captured_number};
use crate::strings::StringSet;

/// What makes two strings the same to DevTools. The text counts by its 128-bit hash: texts are
/// many and long.
#[derive(PartialEq, Eq, Hash)]
struct Same {
    text: u128,
    /// For truncated strings what V8 knows of the whole: length and hash.
    whole: Option<(Option<i64>, Option<i64>)>,
}

/// Flat and concatenated strings with a size of which there is another one with the same text,
/// without those concatenated strings that V8 has flattened already.
///
/// Source: `HeapSnapshot.createDuplicatedStringsFilter`.
pub(super) fn duplicated_strings(graph: &Graph) -> NodeSet {
    let truncated = StringSet::equal(graph, "truncated");
    let mut cons = ConsStrings::of(graph);
    let mut firsts: FxHashMap<Same, Ordinal> = FxHashMap::default();
    let mut duplicates = NodeSet::empty(graph.node_count());
    for node in graph.nodes() {
        let text = match graph.node_type(node) {
            NodeType::String if graph.shallow_size(node) > 0 => {
                xxh3_128(graph.strings().get(graph.name_index(node).0).unwrap_or_default())
            }
            NodeType::ConcatenatedString if graph.shallow_size(node) > 0 && !cons.is_flat(node) => {
                cons.hash(node)
            }
            _ => continue,
        };
        let is_truncated = !truncated.is_empty() && is_truncated(graph, node);
        let whole = is_truncated
            .then(|| (known_number(graph, node, "length"), known_number(graph, node, "hash")));
        match firsts.entry(Same { text, whole }) {
            std::collections::hash_map::Entry::Occupied(first) => {
                duplicates.insert(*first.get());
                duplicates.insert(node);
            }
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(node);
            }
        }
    }
    duplicates
}

/// Whether V8 says that the snapshot holds less than the whole string.
pub(crate) fn is_truncated(graph: &Graph, node: Ordinal) -> bool {
    let flag = graph.edge_named(node, EdgeType::Internal, "truncated");
    flag.and_then(|edge| captured_number(graph, edge.to, "bool"))
        .is_some_and(|value| value == "true")
}

/// A number that V8 wrote beside a string: its `length` or `hash`.
pub(crate) fn known_number(graph: &Graph, node: Ordinal, name: &str) -> Option<i64> {
    let number = graph.edge_named(node, EdgeType::Internal, name)?;
    let value = captured_number(graph, number.to, "int")?;
    Some(crate::strings::leading_integer(&value)? as i64)
}
