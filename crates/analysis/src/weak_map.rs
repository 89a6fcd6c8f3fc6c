//! The pairs of edges by which V8 writes an entry of a WeakMap.

use std::sync::LazyLock;

use heapglass_graph::{EdgeName, Graph};
use regex::Regex;
use rustc_hash::FxHashMap;

use crate::strings::StringSet;

/// One entry of a WeakMap is written as two internal edges to the value, one from the key and one
/// from the table, whose names differ in a leading number only. This knows which names belong
/// together.
pub(crate) struct WeakMapPairs {
    names: StringSet,
    pair_of: FxHashMap<u32, u32>,
}

impl WeakMapPairs {
    /// Looks through the string table.
    pub(crate) fn of(graph: &Graph) -> WeakMapPairs {
        let names = StringSet::matching(graph, |name| {
            name.first().is_some_and(u8::is_ascii_digit)
                && name.last() == Some(&b')')
                && pair_part(&heapglass_format::strings::lossy(name)).is_some()
        });
        let mut pairs: FxHashMap<String, u32> = FxHashMap::default();
        let mut pair_of = FxHashMap::default();
        for index in names.iter() {
            let name = graph.strings().lossy(index);
            if let Some(part) = pair_part(&name) {
                let next = pairs.len() as u32;
                pair_of.insert(index, *pairs.entry(part.to_owned()).or_insert(next));
            }
        }
        WeakMapPairs { names, pair_of }
    }

    /// The number of the entry that an internal edge of this name belongs to.
    pub(crate) fn pair(&self, name: EdgeName) -> Option<u32> {
        match name {
            EdgeName::String(index) if self.names.contains(index) => {
                self.pair_of.get(&index.0).copied()
            }
            _ => None,
        }
    }

    /// Whether the heap has no such pair.
    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// The part of such a name that the key's and the table's edge have in common.
///
/// Source: `HeapSnapshot.tryParseWeakMapEdgeName`.
fn pair_part(name: &str) -> Option<&str> {
    // JavaScript's `.` stops at four line ends, not at one.
    const ANY: &str = r"[^\n\r\u{2028}\u{2029}]*?";
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(&format!(
            r"^[0-9]+( / part of key \({ANY} @[0-9]+\) -> value \({ANY} @[0-9]+\) pair in WeakMap \(table @[0-9]+\))$"
        ))
        .ok()
    });
    PATTERN.as_ref()?.captures(name)?.get(1).map(|part| part.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_told_by_all_but_their_number() {
        let entry = " / part of key (Key (a) @5) -> value (Value @7) pair in WeakMap (table @9)";
        assert_eq!(pair_part(&format!("12{entry}")), Some(entry));
        assert_eq!(pair_part(entry), None);
        assert_eq!(pair_part("3 / part of key (a @5) -> value"), None);
        assert_eq!(pair_part(&format!("1{}", entry.replace("Key", "Ke\ny"))), None);
    }
}
