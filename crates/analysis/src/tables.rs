//! The tables of Map, Set, WeakMap and WeakSet, as V8 lays them out.
//!
//! V8 writes a table's slots as internal edges (weak ones for weak collections) named by the
//! slot's number. Small integers, `true`, `false`, `null`, `undefined` and chain links have no edge, nor have holes in most
//! versions.
//!
//! Source: V8's `OrderedHashTable` and `EphemeronHashTable`.

use heapglass_format::strings::{Texts, decimal};
use heapglass_graph::{Edge, EdgeName, EdgeType, Edges, Graph, NodeType, Ordinal};

use crate::edge::internal;
use crate::halves::{LARGE, on_both};

/// What kind of collection a table belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Keys with values, in order.
    Map,
    /// Values, in order.
    Set,
    /// Keys with values that live as long as their keys.
    WeakMap,
    /// Values that it does not keep alive.
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
    let table = internal(graph, collection, "table")?;
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
/// the others. Cost: one look at each of its out-edges, their names and the types of their targets; nothing is kept of
/// entries beyond `limit`.
pub(crate) fn entries(
    graph: &Graph,
    table: Ordinal,
    kind: Kind,
    limit: usize,
) -> (Vec<Entry>, u64) {
    let slots = Slots::of(graph);
    let slot = |edge: Edge| slots.of_entry(edge);
    let counted = match kind {
        Kind::Map => Survey::<3>::of(graph.edges(table), slot).entries(kind),
        Kind::Set | Kind::WeakMap | Kind::WeakSet => {
            Survey::<2>::of(graph.edges(table), slot).entries(kind)
        }
    };
    let mut entries = Vec::new();
    let Some((layout, count)) = counted else { return (entries, 0) };
    let mut last = None;
    for edge in graph.edges(table) {
        let Some(slot) = slots.of_entry(edge) else { continue };
        let Some((number, part)) = layout.place(slot) else { continue };
        if last.replace(number) != Some(number) {
            if entries.len() >= limit {
                break;
            }
            entries.push(Entry { key: None, value: None });
        }
        if let Some(entry) = entries.last_mut() {
            match part {
                Part::Key => entry.key = Some(edge.to),
                Part::Value => entry.value = Some(edge.to),
            }
        }
    }
    let more = count.saturating_sub(entries.len() as u64);
    (entries, more)
}

/// The key beside the value that `edge` leads to, if `edge` comes from the table of a Map. Cost:
/// the table's out-edges.
pub(crate) fn key_of(graph: &Graph, edge: Edge, kind: Kind) -> Option<Ordinal> {
    let slots = Slots::of(graph);
    let value = slots.of_edge(edge)?;
    if kind != Kind::Map {
        return None;
    }
    let slot = |other: Edge| {
        slots.of_edge(other).filter(|&at| other.edge_type == EdgeType::Internal && at >= HEADER)
    };
    let (layout, _) = Survey::<3>::of(graph.edges(edge.from), slot).entries(kind)?;
    let (_, part) = layout.place(value)?;
    if part != Part::Value {
        return None;
    }
    // The last one; by folding, which many edges want.
    let beside = value.checked_sub(1);
    graph
        .edges(edge.from)
        .filter(|&other| slot(other).is_some_and(|at| Some(at) == beside))
        .fold(None, |_, other| Some(other.to))
}

/// The slot an edge is named by.
pub(crate) fn slot(graph: &Graph, edge: Edge) -> Option<u32> {
    match edge.name {
        EdgeName::Index(index) => Some(index),
        EdgeName::String(index) => decimal(graph.strings().get(index.0)?),
    }
}

/// What tells the slots of edges, as slices: tables have up to millions.
struct Slots<'a> {
    texts: Texts<'a>,
    graph: &'a Graph,
    node_types: &'a [u8],
}

impl<'a> Slots<'a> {
    fn of(graph: &'a Graph) -> Slots<'a> {
        Slots { texts: graph.strings().texts(), graph, node_types: graph.node_type_codes() }
    }

    /// The slot an edge is named by.
    #[inline(always)]
    fn of_edge(&self, edge: Edge) -> Option<u32> {
        match edge.name {
            EdgeName::Index(index) => Some(index),
            EdgeName::String(index) => self.texts.decimal(index.0),
        }
    }

    /// The slot of a key or a value that is there.
    #[inline(always)]
    fn of_entry(&self, edge: Edge) -> Option<u32> {
        if !matches!(edge.edge_type, EdgeType::Internal | EdgeType::Weak) {
            return None;
        }
        self.of_edge(edge).filter(|&slot| slot >= HEADER && !self.is_hole(edge.to))
    }

    /// Whether a node stands for a deleted entry, as Node 22 and 24 write them.
    #[inline(always)]
    fn is_hole(&self, node: Ordinal) -> bool {
        self.node_types.get(node.index()) == Some(&NodeType::Hidden.code())
            && self.texts.get(self.graph.name_index(node).0) == Some(b"system / Hole")
    }
}

/// What has to be known of all slots of a table to tell its layout and the number of its entries.
#[derive(Debug, Clone, PartialEq)]
struct Survey<const WIDTH: u32> {
    low: u32,
    /// Less than `low` if there is no slot.
    high: u32,
    /// Bit r: there is a slot that leaves r when it is divided by 6, which both widths divide.
    remainders: u32,
    /// For each of [`Survey::OFFSETS`] the number of the first slot's entry, counted from there.
    first: [u32; 2],
    /// The same of the last slot.
    last: [u32; 2],
    /// The same: how often a slot belongs to another entry than the slot before.
    changes: [u64; 2],
}

impl<const WIDTH: u32> Survey<WIDTH> {
    /// Entries begin behind a header of 3 and a power of two of buckets. Which one is known only at the end, but it
    /// leaves 1 or 2 when it is divided by 3, and 1 when it is divided by 2; with no buckets, in weak tables, too.
    const OFFSETS: [u32; 2] = [1, 2];

    fn empty() -> Survey<WIDTH> {
        let (first, last, changes) = ([0; 2], [0; 2], [0; 2]);
        Survey { low: u32::MAX, high: 0, remainders: 0, first, last, changes }
    }

    /// Of the slots of some edges, each at least [`HEADER`].
    fn of(edges: Edges<'_>, slot: impl Fn(Edge) -> Option<u32> + Sync) -> Survey<WIDTH> {
        let survey = |edges: Edges<'_>| {
            let mut survey = Self::empty();
            edges.filter_map(&slot).for_each(|slot| survey.push(slot));
            survey
        };
        if edges.most() < LARGE {
            return survey(edges);
        }
        let [mut survey, rest] = on_both(edges.halves(), survey);
        survey.append(&rest);
        survey
    }

    fn is_empty(&self) -> bool {
        self.low > self.high
    }

    #[inline(always)]
    fn push(&mut self, slot: u32) {
        let [one, two] = Self::OFFSETS;
        let numbers = [slot.saturating_sub(one) / WIDTH, slot.saturating_sub(two) / WIDTH];
        if self.is_empty() {
            (self.first, self.last) = (numbers, numbers);
        }
        for ((changes, last), number) in self.changes.iter_mut().zip(self.last).zip(numbers) {
            *changes += u64::from(last != number);
        }
        self.last = numbers;
        self.low = self.low.min(slot);
        self.high = self.high.max(slot);
        self.remainders |= 1 << (slot % 6);
    }

    /// Adds what is known of the slots behind these.
    fn append(&mut self, rest: &Survey<WIDTH>) {
        if rest.is_empty() {
            return;
        }
        if self.is_empty() {
            self.clone_from(rest);
            return;
        }
        let joints =
            self.last.iter().zip(&rest.first).map(|(last, first)| u64::from(last != first));
        for ((changes, more), joint) in self.changes.iter_mut().zip(rest.changes).zip(joints) {
            *changes += more + joint;
        }
        self.last = rest.last;
        self.low = self.low.min(rest.low);
        self.high = self.high.max(rest.high);
        self.remainders |= rest.remainders;
    }

    /// Where the entries stand, and how many there are: slots of one entry that stand together count once. `None` if no
    /// layout fits.
    fn entries(&self, kind: Kind) -> Option<(Layout, u64)> {
        let layout = self.layout(kind)?;
        let [one, two] = self.changes;
        let changes = if layout.first % WIDTH == 2 { two } else { one };
        Some((layout, if self.is_empty() { 0 } else { changes + 1 }))
    }

    /// The layout of a table with these slots. The number of hash buckets, a power of two, is not in the snapshot: it
    /// is the largest that leaves all edges to keys and values.
    fn layout(&self, kind: Kind) -> Option<Layout> {
        if matches!(kind, Kind::WeakMap | Kind::WeakSet) {
            return Some(Layout { first: HEADER, width: WIDTH, kind });
        }
        if self.is_empty() {
            return None;
        }
        (1..28).rev().map(|bits| 1u32 << bits).find_map(|buckets| {
            let layout = Layout { first: HEADER + buckets, width: WIDTH, kind };
            // An ordered table holds two entries for each bucket.
            let end = u64::from(layout.first) + 2 * u64::from(buckets) * u64::from(WIDTH);
            let fits = self.low >= layout.first && u64::from(self.high) < end;
            (fits && self.all_have_a_place(layout)).then_some(layout)
        })
    }

    /// Whether no slot is that of a link. One for each remainder says it of all.
    fn all_have_a_place(&self, layout: Layout) -> bool {
        let mut behind = layout.first..layout.first + 6;
        behind.all(|slot| self.remainders >> (slot % 6) & 1 == 0 || layout.place(slot).is_some())
    }
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
    use proptest::prelude::*;

    use super::*;

    fn survey<const WIDTH: u32>(slots: &[u32]) -> Survey<WIDTH> {
        let mut survey = Survey::empty();
        slots.iter().for_each(|&slot| survey.push(slot));
        survey
    }

    fn of(slots: &[u32], kind: Kind) -> Option<(Layout, u64)> {
        match kind {
            Kind::Map => survey::<3>(slots).entries(kind),
            _ => survey::<2>(slots).entries(kind),
        }
    }

    /// The layout by trying every number of buckets with every slot, and the entries one after the other.
    fn twin(slots: &[u32], kind: Kind) -> Option<(u32, u64)> {
        let width = if kind == Kind::Map { 3 } else { 2 };
        let is_weak = matches!(kind, Kind::WeakMap | Kind::WeakSet);
        let place = |first: u32, slot: u32| {
            let at = slot.checked_sub(first)?;
            let is_link = !(at % width == 0 || at % width == 1 && kind != Kind::Set);
            (!is_link).then_some(at / width)
        };
        let fits = |buckets: u32| {
            let first = HEADER + buckets;
            let end = u64::from(first) + 2 * u64::from(buckets) * u64::from(width);
            slots.iter().all(|&slot| u64::from(slot) < end && place(first, slot).is_some())
        };
        let first = match (is_weak, slots) {
            (true, _) => HEADER,
            (false, []) => return None,
            (false, _) => {
                HEADER + (1..28).rev().map(|bits| 1 << bits).find(|&buckets| fits(buckets))?
            }
        };
        let mut numbers: Vec<Option<u32>> = slots.iter().map(|&slot| place(first, slot)).collect();
        numbers.dedup();
        Some((first, numbers.len() as u64))
    }

    #[test]
    fn buckets_are_told_from_the_slots() {
        // As Node 12 to 26 write them: a Map of 1,234 entries, a Set of 3.
        let map: Vec<u32> = (0..1234).flat_map(|at| [1027 + at * 3, 1028 + at * 3]).collect();
        let first = |slots: &[u32], kind| of(slots, kind).map(|(layout, _)| layout.first);
        assert_eq!(
            of(&map, Kind::Map).map(|(layout, count)| (layout.first, count)),
            Some((1027, 1234))
        );
        assert_eq!(first(&[5, 7, 9], Kind::Set), Some(5));
        assert_eq!(first(&[7, 9, 11], Kind::Set), Some(7));
        // Small integers as keys have no edge: only values are there.
        assert_eq!(first(&[6, 9, 12, 15], Kind::Map), Some(5));
        assert!(of(&[4, 5, 6], Kind::Map).is_none());
        assert!(of(&[], Kind::Map).is_none());
        assert_eq!(of(&[], Kind::WeakMap).map(|(_, count)| count), Some(0));
    }

    /// Slots of a table with some buckets, a few of which may be anywhere.
    fn slots() -> impl Strategy<Value = Vec<u32>> {
        let entries = proptest::collection::vec((0u32..40, 0u32..3), 0..40);
        let odd = proptest::collection::vec(3u32..200, 0..3);
        (1u32..6, entries, odd, any::<bool>(), 2u32..4, prop_oneof![Just(2u32), Just(1), Just(3)])
            .prop_map(|(bits, entries, odd, sorted, width, parts)| {
                let first = HEADER + (1 << bits);
                let slot = |(number, part): (u32, u32)| first + number * width + part % parts;
                let mut slots: Vec<u32> = entries.into_iter().map(slot).collect();
                if sorted {
                    slots.sort_unstable();
                    slots.dedup();
                } else {
                    slots.extend(odd);
                }
                slots
            })
    }

    proptest! {
        #[test]
        fn one_pass_tells_what_the_twin_tells(slots in slots(), cut in 0usize..40) {
            for kind in [Kind::Map, Kind::Set, Kind::WeakMap, Kind::WeakSet] {
                let ours = of(&slots, kind).map(|(layout, count)| (layout.first, count));
                prop_assert_eq!(ours, twin(&slots, kind), "{:?}", kind);
            }
            let (before, behind) = slots.split_at(cut.min(slots.len()));
            let mut parts = survey::<3>(before);
            parts.append(&survey(behind));
            prop_assert_eq!(parts, survey::<3>(&slots));
            let mut parts = survey::<2>(before);
            parts.append(&survey(behind));
            prop_assert_eq!(parts, survey::<2>(&slots));
        }
    }
}
