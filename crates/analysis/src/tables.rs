//! The tables of Map, Set, WeakMap and WeakSet, as V8 lays them out.
//!
//! V8 writes a table's slots as internal edges (weak ones for weak collections) named by the
//! slot's number. Small integers and chain links have no edge, nor have holes in most versions.
//!
//! Source: V8's `OrderedHashTable` and `EphemeronHashTable`.

use heapglass_graph::{Edge, EdgeName, EdgeType, Graph, NodeType, Ordinal};

/// What kind of collection a table belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Map,
    Set,
    WeakMap,
    WeakSet,
}

/// An entry's key and value, as far as the snapshot holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: Option<Ordinal>,
    pub(crate) value: Option<Ordinal>,
}

/// Slots before the hash buckets of an ordered table, and before the entries of a weak one.
const HEADER: u32 = 3;
/// Prototypes to look through for a collection's kind; a class that extends Map has two.
const MAX_PROTOTYPES: usize = 16;

/// The table of a collection. Cost: its out-edges and those of its prototypes.
pub(crate) fn table_of(graph: &Graph, collection: Ordinal) -> Option<(Ordinal, Kind)> {
    if graph.node_type(collection) != NodeType::Object {
        return None;
    }
    let table = graph.edge_named(collection, EdgeType::Internal, "table")?.to;
    if graph.node_type(table) != NodeType::Array {
        return None;
    }
    Some((table, kind_of(graph, collection)?))
}

/// The kind of a collection, by its prototypes. Cost: their out-edges, none for one that is of no class of its own.
pub(crate) fn kind_of(graph: &Graph, collection: Ordinal) -> Option<Kind> {
    let mut at = collection;
    for _ in 0..MAX_PROTOTYPES {
        match &*graph.raw_name(at) {
            "Map" => return Some(Kind::Map),
            "Set" => return Some(Kind::Set),
            "WeakMap" => return Some(Kind::WeakMap),
            "WeakSet" => return Some(Kind::WeakSet),
            _ => at = graph.edge_named(at, EdgeType::Property, "__proto__")?.to,
        }
    }
    None
}

/// The first `limit` entries of a table, in order of insertion for ordered ones, and the number of
/// the others. Cost: its out-edges.
pub(crate) fn entries(
    graph: &Graph,
    table: Ordinal,
    kind: Kind,
    limit: usize,
) -> (Vec<Entry>, u64) {
    let slots: Vec<(u32, Ordinal)> = graph
        .edges(table)
        .filter(|edge| matches!(edge.edge_type, EdgeType::Internal | EdgeType::Weak))
        .filter_map(|edge| Some((slot(graph, edge)?, edge.to)))
        .filter(|&(slot, to)| slot >= HEADER && !is_hole(graph, to))
        .collect();
    let (mut entries, mut more) = (Vec::new(), 0);
    let Some(layout) = Layout::of(slots.iter().map(|&(slot, _)| slot), kind) else {
        return (entries, more);
    };
    let mut last = None;
    for (slot, to) in slots {
        let Some((number, part)) = layout.place(slot) else { continue };
        if last.replace(number) != Some(number) {
            if entries.len() < limit {
                entries.push(Entry { key: None, value: None });
            } else {
                more += 1;
            }
        }
        if more == 0
            && let Some(entry) = entries.last_mut()
        {
            match part {
                Part::Key => entry.key = Some(to),
                Part::Value => entry.value = Some(to),
            }
        }
    }
    (entries, more)
}

/// The key beside the value that `edge` leads to, if `edge` comes from the table of a Map. Cost:
/// the table's out-edges.
pub(crate) fn key_of(graph: &Graph, edge: Edge, kind: Kind) -> Option<Ordinal> {
    let value = slot(graph, edge)?;
    if kind != Kind::Map {
        return None;
    }
    let mut key = None;
    let mut slots = Vec::new();
    for other in graph.edges(edge.from).filter(|other| other.edge_type == EdgeType::Internal) {
        let Some(slot) = slot(graph, other).filter(|&slot| slot >= HEADER) else { continue };
        slots.push(slot);
        if slot + 1 == value {
            key = Some(other.to);
        }
    }
    let (_, part) = Layout::of(slots.into_iter(), kind)?.place(value)?;
    key.filter(|_| part == Part::Value)
}

/// Whether a node stands for a deleted entry, as Node 22 and 24 write them.
fn is_hole(graph: &Graph, node: Ordinal) -> bool {
    graph.node_type(node) == NodeType::Hidden
        && graph.strings().get(graph.name_index(node).0) == Some(b"system / Hole")
}

/// The slot an edge is named by.
pub(crate) fn slot(graph: &Graph, edge: Edge) -> Option<u32> {
    match edge.name {
        EdgeName::Index(index) => Some(index),
        EdgeName::String(index) => digits(graph.strings().get(index.0)?),
    }
}

/// A number in digits, without a check for UTF-8 first.
fn digits(text: &[u8]) -> Option<u32> {
    let (first, rest) = text.split_first()?;
    let digit = |byte: u8| Some(u32::from(byte.wrapping_sub(b'0'))).filter(|&digit| digit < 10);
    rest.iter()
        .try_fold(digit(*first)?, |number, &byte| number.checked_mul(10)?.checked_add(digit(byte)?))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Key,
    Value,
}

/// Where entries stand in a table.
#[derive(Debug, Clone, Copy)]
struct Layout {
    first: u32,
    /// Slots of an entry: key, value of maps, link of ordered tables.
    width: u32,
    kind: Kind,
}

impl Layout {
    /// The layout of a table with edges from these slots. The number of hash buckets, a power of
    /// two, is not in the snapshot: it is the largest that leaves all edges to keys and values.
    fn of(slots: impl Iterator<Item = u32> + Clone, kind: Kind) -> Option<Layout> {
        let width = match kind {
            Kind::Map => 3,
            Kind::Set | Kind::WeakMap | Kind::WeakSet => 2,
        };
        if matches!(kind, Kind::WeakMap | Kind::WeakSet) {
            return Some(Layout { first: HEADER, width, kind });
        }
        let (low, high) = (slots.clone().min()?, slots.clone().max()?);
        (1..28).rev().map(|bits| 1u32 << bits).find_map(|buckets| {
            let layout = Layout { first: HEADER + buckets, width, kind };
            // An ordered table holds two entries for each bucket.
            let end = u64::from(layout.first) + 2 * u64::from(buckets) * u64::from(width);
            let fits = low >= layout.first && u64::from(high) < end;
            (fits && slots.clone().all(|slot| layout.place(slot).is_some())).then_some(layout)
        })
    }

    /// The number of the entry that a slot belongs to, and which part of it the slot is; `None`
    /// for links.
    fn place(self, slot: u32) -> Option<(u32, Part)> {
        let at = slot.checked_sub(self.first)?;
        // By constants, so that the compiler needs no division instruction.
        let (number, part) = if self.width == 3 { (at / 3, at % 3) } else { (at / 2, at % 2) };
        let part = match (part, self.kind) {
            (0, _) => Part::Key,
            (1, Kind::Map | Kind::WeakMap | Kind::WeakSet) => Part::Value,
            _ => return None,
        };
        Some((number, part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(slots: &[u32], kind: Kind) -> Option<Layout> {
        Layout::of(slots.iter().copied(), kind)
    }

    #[test]
    fn slots_are_numbers() {
        assert_eq!(digits(b"0"), Some(0));
        assert_eq!(digits(b"4294967295"), Some(u32::MAX));
        for text in ["", "4294967296", "1a", "-1", " 1"] {
            assert_eq!(digits(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn buckets_are_told_from_the_slots() {
        // As Node 12 to 26 write them: a Map of 1,234 entries, a Set of 3.
        let map: Vec<u32> = (0..1234).flat_map(|at| [1027 + at * 3, 1028 + at * 3]).collect();
        assert_eq!(of(&map, Kind::Map).map(|layout| layout.first), Some(1027));
        assert_eq!(of(&[5, 7, 9], Kind::Set).map(|layout| layout.first), Some(5));
        assert_eq!(of(&[7, 9, 11], Kind::Set).map(|layout| layout.first), Some(7));
        // Small integers as keys have no edge: only values are there.
        assert_eq!(of(&[6, 9, 12, 15], Kind::Map).map(|layout| layout.first), Some(5));
        assert!(of(&[4, 5, 6], Kind::Map).is_none());
        assert!(of(&[], Kind::Map).is_none());
    }
}
