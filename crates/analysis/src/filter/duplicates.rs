//! Strings that exist more than once.

use heapglass_format::strings::utf16_units;
use heapglass_graph::{Graph, NodeType, Ordinal};
use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_128;

use crate::NodeSet;
use crate::edge::internal;
use crate::names::{ConsStrings, ENOUGH_UNITS, captured_number};
use crate::strings::{StringSet, leading_integer};

/// What makes two strings the same to DevTools. The text counts by its 128-bit hash: texts are
/// many and long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Same {
    text: u128,
    /// For truncated strings what V8 knows of the whole: length and hash.
    whole: Option<(Option<i64>, Option<i64>)>,
}

/// Tells which strings have the same text.
pub(crate) struct SameTexts<'a> {
    graph: &'a Graph,
    cons: ConsStrings<'a>,
    truncated: StringSet,
}

impl<'a> SameTexts<'a> {
    pub(crate) fn of(graph: &'a Graph) -> SameTexts<'a> {
        let truncated = StringSet::equal(graph, "truncated");
        SameTexts { graph, cons: ConsStrings::of(graph), truncated }
    }

    /// The text of a flat or concatenated string. `None` for slices, whose text no snapshot has, for concatenated
    /// strings that V8 has flattened already, and for what is no string.
    pub(crate) fn text(&mut self, node: Ordinal) -> Option<Same> {
        let graph = self.graph;
        let text = match graph.node_type(node) {
            NodeType::String => {
                xxh3_128(graph.strings().get(graph.name_index(node).0).unwrap_or_default())
            }
            NodeType::ConcatenatedString if !self.cons.is_flat(node) => self.cons.hash(node),
            _ => return None,
        };
        let is_truncated = !self.truncated.is_empty() && is_truncated(graph, node);
        let whole = is_truncated
            .then(|| (known_number(graph, node, "length"), known_number(graph, node, "hash")));
        Some(Same { text, whole })
    }

    /// Whether a string with this text is known whole, or by the length and hash that V8 wrote of it: other texts are
    /// the same up to where they were cut off.
    pub(crate) fn is_sure(&self, node: Ordinal, text: &Same) -> bool {
        let graph = self.graph;
        text.whole.is_some_and(|(length, hash)| length.is_some() && hash.is_some())
            || match graph.node_type(node) {
                NodeType::ConcatenatedString => !self.cons.is_long(node),
                _ => {
                    let text = graph.strings().get(graph.name_index(node).0).unwrap_or_default();
                    text.len() < ENOUGH_UNITS || utf16_units(text) < ENOUGH_UNITS
                }
            }
    }
}

/// Flat and concatenated strings with a size of which there is another one with the same text,
/// without those concatenated strings that V8 has flattened already.
///
/// Source: `HeapSnapshot.createDuplicatedStringsFilter`.
pub(super) fn duplicated_strings(graph: &Graph) -> NodeSet {
    let mut same = SameTexts::of(graph);
    let mut firsts: FxHashMap<Same, Ordinal> = FxHashMap::default();
    let mut duplicates = NodeSet::empty(graph.node_count());
    for node in graph.nodes().filter(|&node| graph.shallow_size(node) > 0) {
        let Some(text) = same.text(node) else { continue };
        match firsts.entry(text) {
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
    let flag = internal(graph, node, "truncated");
    flag.and_then(|flag| captured_number(graph, flag, "bool")).is_some_and(|value| value == "true")
}

/// A number that V8 wrote beside a string: its `length` or `hash`.
pub(crate) fn known_number(graph: &Graph, node: Ordinal, name: &str) -> Option<i64> {
    let value = captured_number(graph, internal(graph, node, name)?, "int")?;
    Some(leading_integer(&value)? as i64)
}
