//! Waste that one look at an object shows: nothing in it, room to spare, gaps, properties in a table.

use heapglass_graph::{EdgeName, EdgeType, Graph, NodeType, Ordinal, StringIndex};
use rustc_hash::FxHashMap;

use super::layout::{DICTIONARY_ENTRY, Layout};
use super::parts::{Names, Parts};
use super::rows::by_holder;
use super::{Found, WasteKind, Wasted};
use crate::edge::internal;
use crate::roles::is_nobody;
use crate::tables::{self, Kind};

/// The kinds of this file.
const KINDS: [WasteKind; 4] = [
    WasteKind::EmptyCollections,
    WasteKind::SpareRoom,
    WasteKind::SparseArrays,
    WasteKind::DictionaryObjects,
];

/// Properties that V8 keeps without a table at most (`kMaxNumberOfDescriptors`). With more, an object is a table by
/// need.
const MOST_PROPERTIES: u64 = 1020;
/// Slots of an array with gaps below which they are not worth a word.
const LEAST_SLOTS: u64 = 16;

/// Looks at every object once, if any kind of this file is among `kinds`.
pub(super) fn wasted(graph: &Graph, kinds: &[WasteKind], limit: usize) -> Vec<Wasted> {
    let asked = KINDS.into_iter().filter(|kind| kinds.contains(kind));
    if asked.clone().next().is_none() {
        return Vec::new();
    }
    let (names, layout) = (Names::of(graph), Layout::of(graph));
    let mut seen = Seen::default();
    for node in graph.nodes().filter(|&node| graph.node_type(node) == NodeType::Object) {
        let parts = Parts::of(graph, node, &names);
        if let Some(table) = parts.table {
            seen.collection(graph, layout, node, table);
        } else if graph.class_name(node) == "Array" {
            seen.array(graph, layout, node, &parts);
        } else {
            seen.object(graph, layout, node, &parts);
        }
    }
    asked
        .map(|kind| by_holder(graph, kind, seen.0.remove(&kind).unwrap_or_default(), limit))
        .collect()
}

/// What was found, by kind.
#[derive(Debug, Default)]
struct Seen(FxHashMap<WasteKind, Vec<Found>>);

impl Seen {
    fn add(&mut self, kind: WasteKind, node: Ordinal, saved_size: u64) {
        if saved_size > 0 {
            self.0.entry(kind).or_default().push(Found { node, saved_size });
        }
    }

    /// A Map or a Set. A weak one keeps its table at its largest size, and its entries are others' objects.
    fn collection(&mut self, graph: &Graph, layout: Layout, node: Ordinal, table: Ordinal) {
        let (kind, width) = match tables::kind_of(graph, node) {
            Some(Kind::Map) => (Kind::Map, 3),
            Some(Kind::Set) => (Kind::Set, 2),
            Some(Kind::WeakMap | Kind::WeakSet) | None => return,
        };
        let (_, count) = tables::entries(graph, table, kind, 0);
        let size = layout.store_size(graph, node, table, layout.collection());
        let Some(buckets) = layout.buckets(size, width) else { return };
        let needed = Layout::buckets_for(count);
        if count == 0 && buckets <= needed {
            self.add(WasteKind::EmptyCollections, node, graph.retained_size(node));
        } else if count > 0 && buckets > needed {
            let saved = layout.ordered_table(buckets, width) - layout.ordered_table(needed, width);
            self.add(WasteKind::SpareRoom, node, saved);
        }
    }

    fn array(&mut self, graph: &Graph, layout: Layout, node: Ordinal, parts: &Parts) {
        let Some(elements) = parts.elements else {
            // With a shape, so that engines that write no stores at all have no empty arrays.
            if parts.shape.is_some() && parts.element_count == 0 && parts.property_count == 0 {
                self.add(WasteKind::EmptyCollections, node, graph.shallow_size(node));
            }
            return;
        };
        // What is only numbers has no edges, and fields of an array's own would count as its store.
        let Some(first) = parts.first_element.filter(|_| parts.property_count == 0) else { return };
        let size = layout.store_size(graph, node, elements, layout.collection());
        let slots = layout.slots(size);
        let used = parts.last_index + 1;
        if !is_at_its_index(graph, elements, first.name, first.to) {
            let dense = layout.store(parts.element_count);
            self.add(WasteKind::SparseArrays, node, size.saturating_sub(dense));
            return;
        }
        if used > slots {
            return;
        }
        let gaps = used - parts.element_count.min(used);
        if used >= LEAST_SLOTS && gaps > used / 2 {
            self.add(WasteKind::SparseArrays, node, gaps * layout.slot);
        }
        self.add(WasteKind::SpareRoom, node, (slots - used) * layout.slot);
    }

    fn object(&mut self, graph: &Graph, layout: Layout, node: Ordinal, parts: &Parts) {
        let Some(shape) = parts.shape else { return };
        let has_fields = internal(graph, shape, "descriptors").is_some();
        if has_fields {
            return;
        }
        match (parts.properties, parts.first_property) {
            (Some(table), Some(property)) => {
                let EdgeName::String(name) = property.name else { return };
                let Some(count) = keys_beside(graph, table, name, property.to) else { return };
                let size = layout.store_size(graph, node, table, layout.object());
                let saved = size.saturating_sub(layout.store(count));
                let is_table_by_need = count > MOST_PROPERTIES || is_nobody(graph, node);
                if !is_table_by_need {
                    self.add(WasteKind::DictionaryObjects, node, saved);
                }
            }
            (None, None) if is_plain_and_empty(graph, node, parts) => {
                self.add(WasteKind::EmptyCollections, node, graph.shallow_size(node));
            }
            _ => {}
        }
    }
}

/// Whether an object made by `{}` has nothing in it. Others without properties have something that is no property.
fn is_plain_and_empty(graph: &Graph, node: Ordinal, parts: &Parts) -> bool {
    graph.class_name(node) == "Object"
        && parts.elements.is_none()
        && parts.element_count == 0
        && parts.other_count == 0
}

/// Whether the store of an array holds an element in the slot of its index. In one that V8 keeps as a table of indexes
/// it does not. An element that the store has no edge to (`undefined` and its like in old versions) says nothing.
fn is_at_its_index(graph: &Graph, elements: Ordinal, index: EdgeName, element: Ordinal) -> bool {
    let EdgeName::Index(index) = index else { return true };
    let mut other = false;
    for edge in graph.edges_between(elements, element) {
        match tables::slot(graph, edge) {
            Some(slot) if slot == index => return true,
            Some(_) => other = true,
            None => {}
        }
    }
    !other
}

/// The number of keys in a table of properties, told by one that is known with its value: keys are in every third slot
/// from there. `None` if there is no such key, as in a list of values.
///
/// In a redacted snapshot a text has two entries among the strings, `2i` for where it is a name and `2i + 1` for where it
/// is a value, which a key is.
fn keys_beside(graph: &Graph, table: Ordinal, name: StringIndex, value: Ordinal) -> Option<u64> {
    let entries = if graph.overview().info.redaction.is_some() { 2 } else { 1 };
    let residue = |slot: u32| slot as usize % DICTIONARY_ENTRY as usize;
    let (mut known, mut values) = (Vec::new(), Vec::new());
    let mut of_residue = [0u64; DICTIONARY_ENTRY as usize];
    for edge in graph.edges(table).filter(|edge| edge.edge_type == EdgeType::Internal) {
        let Some(slot) = tables::slot(graph, edge) else { continue };
        let is_key = matches!(graph.node_type(edge.to), NodeType::String | NodeType::Symbol);
        if is_key {
            *of_residue.get_mut(residue(slot))? += 1;
        }
        if is_key && graph.name_index(edge.to).0 / entries == name.0 / entries {
            known.push(slot);
        }
        if edge.to == value {
            values.push(slot);
        }
    }
    // The name may be a value as well. `undefined` and its like have no edge in old versions.
    let key = known.into_iter().find(|key| values.contains(&(key + 1)) || values.is_empty())?;
    of_residue.get(residue(key)).copied()
}
