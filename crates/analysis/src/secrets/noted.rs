//! The search by what was noted of the clear texts, in the snapshot that was redacted.

use heapglass_graph::{Edge, Graph, NodeType, Ordinal, StringIndex};
use heapglass_secrets::{Confidence, Note, Noted, Rules, length_alone};
use xxhash_rust::xxh3::xxh3_128;

use super::search::{Key, Place, Search, Shown, add};
use crate::strings::StringSet;

/// Which text of the original a string of the result stands for: each has two, one as a name and one as a value.
pub(super) fn number(string: StringIndex) -> u32 {
    string.0 / 2
}

/// The strings that tell as names.
pub(super) fn telling(graph: &Graph, noted: &Noted) -> StringSet {
    StringSet::numbered(graph, |index| noted.kind_of_name(number(StringIndex(index))).is_some())
}

impl Search<'_> {
    /// As [`Search::judge`].
    pub(super) fn judge_noted(
        &mut self,
        noted: &Noted,
        edge: Edge,
        name: StringIndex,
        is_sure: bool,
    ) {
        let graph = self.graph;
        if graph.node_type(edge.to) != NodeType::String || self.sources.contains(edge.to) {
            return;
        }
        let index = graph.name_index(edge.to);
        let text = number(index);
        let Some(kind) = noted.kind_of_name(number(name)) else { return };
        // A name that leads to itself says nothing.
        if text == number(name) || !noted.is_named(kind, text, !is_sure) {
            return;
        }
        let length = graph.string(index).chars().count();
        let own = Note {
            rule: "named",
            value: u64::from(text),
            preview: length_alone(length),
            jwt: None,
        };
        // What the text says of itself is more than what the name says.
        let keys: Vec<Key> = match noted.found(text) {
            [] => self.record_note(&own, Place::Edge(edge)).into_iter().collect(),
            found => {
                found.iter().filter_map(|note| self.record_note(note, Place::Edge(edge))).collect()
            }
        };
        add(self.in_text.entry(index).or_default(), keys);
    }

    /// As [`Search::text`].
    pub(super) fn text_noted(&mut self, noted: &Noted, node: Ordinal, index: StringIndex) {
        let is_source = self.sources.contains(node);
        let is_believed = |note: &&Note| {
            !is_source
                || Rules::all()
                    .any(|rule| rule.id == note.rule && rule.confidence == Confidence::High)
        };
        let found = noted.found(number(index)).iter().filter(is_believed);
        let keys: Vec<Key> =
            found.filter_map(|note| self.record_note(note, Place::Node(node))).collect();
        if !keys.is_empty() {
            add(self.in_text.entry(index).or_default(), keys);
        }
    }

    fn record_note(&mut self, note: &Note, place: Place) -> Option<Key> {
        let &rank = self.ranks.get(note.rule)?;
        // Equal credentials have one value, and what only a name tells of has the number of its text.
        let key = xxh3_128(&note.value.to_le_bytes()) ^ Key::from(note.rule == "named");
        self.record(key, rank, place, None);
        let found = self.found.get_mut(&key)?;
        found
            .noted
            .get_or_insert_with(|| Shown { preview: note.preview.clone(), jwt: note.jwt.clone() });
        Some(key)
    }
}
