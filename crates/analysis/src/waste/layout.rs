//! Sizes of V8's tables, by which their room can be told: it is in no field of a snapshot.
//!
//! Source: V8's `FixedArray`, `OrderedHashTable`, `HashTable` (`NameDictionary`, `NumberDictionary`).

use heapglass_graph::{Graph, NodeType, Ordinal};

/// Sizes in an engine with slots of 8 bytes, or of 4 where pointers are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Bytes of a slot.
    pub(super) slot: u64,
}

/// Slots before the hash buckets of an ordered table: its three counts.
const ORDERED_COUNTS: u64 = 3;
/// Entries for each bucket of an ordered table.
const LOAD: u64 = 2;
/// The buckets of a new ordered table.
const LEAST_BUCKETS: u64 = 2;
/// Slots of an entry of a dictionary: key, value, details.
pub(super) const DICTIONARY_ENTRY: u64 = 3;

impl Layout {
    /// Tells the size of a slot by the size of a boxed number: eight bytes and a slot.
    pub(super) fn of(graph: &Graph) -> Layout {
        let is_number = |&node: &Ordinal| {
            graph.node_type(node) == NodeType::Number && graph.shallow_size(node) > 0
        };
        let number = graph.nodes().find(is_number).map(|node| graph.shallow_size(node));
        Layout { slot: if number == Some(12) { 4 } else { 8 } }
    }

    /// Bytes of an object without fields.
    pub(super) fn object(self) -> u64 {
        3 * self.slot
    }

    /// Bytes of an array, a Map or a Set without what is in it.
    pub(super) fn collection(self) -> u64 {
        4 * self.slot
    }

    /// Bytes of a store with so many slots.
    pub(super) fn store(self, slots: u64) -> u64 {
        (2 + slots) * self.slot
    }

    /// Slots of a store of so many bytes.
    pub(super) fn slots(self, size: u64) -> u64 {
        (size / self.slot).saturating_sub(2)
    }

    /// Bytes of an object's store. DevTools counts them with the object if nothing else holds it; then it is what is
    /// there beyond `own`.
    pub(super) fn store_size(self, graph: &Graph, owner: Ordinal, store: Ordinal, own: u64) -> u64 {
        match graph.shallow_size(store) {
            0 => graph.shallow_size(owner).saturating_sub(own),
            size => size,
        }
    }

    /// Bytes of the table of a Map (`width` 3) or a Set (2) with so many buckets.
    pub(super) fn ordered_table(self, buckets: u64, width: u64) -> u64 {
        self.store(ORDERED_COUNTS + buckets + buckets * LOAD * width)
    }

    /// The buckets of the largest table that fits into so many bytes; `None` where none does.
    pub(super) fn buckets(self, size: u64, width: u64) -> Option<u64> {
        (1..32).rev().map(|bits| 1 << bits).find(|&b| self.ordered_table(b, width) <= size)
    }

    /// The buckets that V8 takes for so many entries.
    pub(super) fn buckets_for(entries: u64) -> u64 {
        entries.div_ceil(LOAD).next_power_of_two().max(LEAST_BUCKETS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_the_sizes_that_node_writes() {
        let (wide, narrow) = (Layout { slot: 8 }, Layout { slot: 4 });
        // Node 12 to 26: a new Map, one with 100 entries, a new Set, one with 100 entries.
        for (buckets, width, size) in [(2, 3, 152), (64, 3, 3624), (2, 2, 120), (64, 2, 2600)] {
            assert_eq!(wide.ordered_table(buckets, width), size);
            assert_eq!(wide.buckets(size, width), Some(buckets));
            assert_eq!(wide.buckets(size + 24, width), Some(buckets), "something else is with it");
            assert_eq!(narrow.buckets(size / 2, width), Some(buckets));
        }
        assert_eq!(wide.buckets(100, 3), None);
        assert_eq!([0, 4, 5, 100, 128, 129].map(Layout::buckets_for), [2, 2, 4, 64, 64, 128]);
        assert_eq!(wide.slots(wide.store(17)), 17);
    }
}
