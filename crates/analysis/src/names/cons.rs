//! Texts of concatenated strings.

use heapglass_format::strings::{lossy, utf16_units};
use heapglass_graph::{EdgeName, EdgeType, Graph, NodeType, Ordinal};
use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_128;

/// DevTools puts parts together until there are this many UTF-16 units; the last part is whole.
pub(crate) const ENOUGH_UNITS: usize = 1024;

/// The text of a concatenated string as far as DevTools puts it together. Cost: its parts.
///
/// Source: `JSHeapSnapshotNode.consStringName`.
pub(crate) fn cons_text(graph: &Graph, node: Ordinal) -> String {
    lossy(&ConsStrings::of(graph).text(node)).into_owned()
}

/// Reads concatenated strings, and remembers what long ones have in common.
pub(crate) struct ConsStrings<'a> {
    graph: &'a Graph,
    /// Hashes of texts of at least [`ENOUGH_UNITS`], which everything that starts with such a
    /// string shares. Keeps `s += "x"`, done a million times, from costing a million squared.
    long: FxHashMap<Ordinal, u128>,
}

impl<'a> ConsStrings<'a> {
    pub(crate) fn of(graph: &'a Graph) -> ConsStrings<'a> {
        ConsStrings { graph, long: FxHashMap::default() }
    }

    /// Whether V8 has flattened the string: one of its halves is empty.
    ///
    /// Source: `HeapSnapshotNode.isFlatConsString`.
    pub(crate) fn is_flat(&self, node: Ordinal) -> bool {
        self.graph.edges(node).any(|edge| {
            edge.edge_type == EdgeType::Internal
                && self.is_half(edge.name)
                && self.is_empty(edge.to)
        })
    }

    /// Whether a string has no text. A string that is long on either side is seen not to be empty
    /// by its other side.
    fn is_empty(&self, node: Ordinal) -> bool {
        if self.graph.node_type(node) != NodeType::ConcatenatedString {
            return self.name(node).is_empty();
        }
        let has_text = |half: Option<Ordinal>| {
            half.is_some_and(|half| {
                self.graph.node_type(half) != NodeType::ConcatenatedString
                    && !self.name(half).is_empty()
            })
        };
        let (first, second) = self.halves(node);
        !has_text(first) && !has_text(second) && self.text(node).is_empty()
    }

    /// Hash of the text.
    pub(crate) fn hash(&mut self, node: Ordinal) -> u128 {
        let mut spine = Vec::new();
        let mut at = Some(node);
        let mut text = Text::default();
        while let Some(string) = at {
            if let Some(&hash) = self.long.get(&string) {
                self.long.extend(spine.iter().map(|&above| (above, hash)));
                return hash;
            }
            // No spine is longer than the heap; one that is goes round in a circle.
            let is_cons = self.graph.node_type(string) == NodeType::ConcatenatedString;
            if !is_cons || spine.len() > self.graph.node_count() as usize {
                text.push(self.name(string));
                break;
            }
            spine.push(string);
            at = self.halves(string).0;
        }
        // The lowest string of the spine that is long enough gives the hash of all above it.
        let mut hash = xxh3_128(&text.bytes);
        while let Some(string) = spine.pop() {
            if text.units < ENOUGH_UNITS {
                if let Some(second) = self.halves(string).1 {
                    self.read(second, &mut text);
                }
                hash = xxh3_128(&text.bytes);
            }
            if text.units >= ENOUGH_UNITS {
                self.long.insert(string, hash);
            }
        }
        hash
    }

    /// Whether a string whose hash was asked for has more text than DevTools reads.
    pub(crate) fn is_long(&self, node: Ordinal) -> bool {
        self.long.contains_key(&node)
    }

    /// The text, as WTF-8.
    fn text(&self, node: Ordinal) -> Vec<u8> {
        let mut text = Text::default();
        self.read(node, &mut text);
        text.bytes
    }

    /// Appends the string's parts until there is enough.
    fn read(&self, node: Ordinal, text: &mut Text) {
        let mut open = vec![node];
        // Parts that are empty, or that contain themselves, add nothing and could go on forever.
        let mut patience = u64::from(self.graph.node_count()) + 2 * ENOUGH_UNITS as u64;
        while let Some(node) = open.pop()
            && text.units < ENOUGH_UNITS
            && patience > 0
        {
            patience -= 1;
            if self.graph.node_type(node) == NodeType::ConcatenatedString {
                let (first, second) = self.halves(node);
                open.extend(second);
                open.extend(first);
            } else {
                text.push(self.name(node));
            }
        }
    }

    fn halves(&self, node: Ordinal) -> (Option<Ordinal>, Option<Ordinal>) {
        halves(self.graph, node)
    }

    fn is_half(&self, name: EdgeName) -> bool {
        self.is(name, b"first") || self.is(name, b"second")
    }

    fn is(&self, name: EdgeName, text: &[u8]) -> bool {
        matches!(name, EdgeName::String(index) if self.graph.strings().get(index.0) == Some(text))
    }

    fn name(&self, node: Ordinal) -> &'a [u8] {
        self.graph.strings().get(self.graph.name_index(node).0).unwrap_or_default()
    }
}

/// What a concatenated string is made of.
pub(crate) fn halves(graph: &Graph, node: Ordinal) -> (Option<Ordinal>, Option<Ordinal>) {
    let (mut first, mut second) = (None, None);
    for edge in graph.edges(node).filter(|edge| edge.edge_type == EdgeType::Internal) {
        let EdgeName::String(index) = edge.name else { continue };
        match graph.strings().get(index.0) {
            Some(b"first") => first = first.or(Some(edge.to)),
            Some(b"second") => second = second.or(Some(edge.to)),
            _ => {}
        }
    }
    (first, second)
}

/// A text under construction, in WTF-8.
#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    units: usize,
}

impl Text {
    fn push(&mut self, part: &[u8]) {
        self.units += utf16_units(part);
        let last = self.bytes.len().checked_sub(3).and_then(|at| self.bytes.get(at..));
        // Two halves of a character that were cut apart become one again.
        if let (
            Some(&[0xed, high @ 0xa0..=0xaf, high_low]),
            &[0xed, low @ 0xb0..=0xbf, low_low, ref rest @ ..],
        ) = (last, part)
        {
            let unit =
                |middle: u8, last: u8| u32::from(middle & 0x3f) << 6 | u32::from(last & 0x3f);
            let scalar =
                0x10000 + ((unit(high, high_low) & 0x3ff) << 10 | unit(low, low_low) & 0x3ff);
            self.bytes.truncate(self.bytes.len() - 3);
            let char = char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER);
            self.bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
            self.bytes.extend_from_slice(rest);
        } else {
            self.bytes.extend_from_slice(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_a_character_join() {
        let mut text = Text::default();
        text.push(&[b'a', 0xed, 0xa0, 0xbd]);
        text.push(&[0xed, 0xb8, 0x80, b'b']);
        assert_eq!(text.bytes, "a\u{1f600}b".as_bytes());
        assert_eq!(text.units, 4);
    }
}
