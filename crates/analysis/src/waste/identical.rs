//! Objects of one shape with the same values.

use heapglass_graph::{EdgeName, EdgeType, Graph, NodeType, Ordinal, StringIndex};
use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::parts::{Names, Parts};
use super::rows::grouped;
use super::{Found, WasteKind, Wasted};
use crate::display_name;
use crate::names::captured_value;
use crate::roles::is_nobody;
use crate::strings::StringSet;
use crate::tables;

/// Times that objects are compared, each time with the objects in them that were found identical the time before.
const MOST_ROUNDS: usize = 4;

/// Bytes of a text from which on a snapshot may not have the whole.
const LONG: usize = 1024;
/// Slots of a property in V8's `DescriptorArray`: key, details, value.
const DESCRIPTOR: u32 = 3;

/// Objects whose every property is known and an earlier one has too, without the earliest. An object with a small integer
/// that the snapshot does not hold is not compared, nor is one with elements.
pub(super) fn identical(graph: &Graph, limit: usize) -> Wasted {
    let candidates = candidates(graph);
    // For each object that equals an earlier one the first of them.
    let mut first_of: FxHashMap<Ordinal, Ordinal> = FxHashMap::default();
    for _ in 0..MOST_ROUNDS {
        let before = first_of.len();
        let mut firsts: FxHashMap<u128, Ordinal> = FxHashMap::default();
        let mut next: FxHashMap<Ordinal, Ordinal> = FxHashMap::default();
        for &(node, shape) in &candidates {
            let first = *firsts.entry(values(graph, node, shape, &first_of)).or_insert(node);
            if first != node {
                next.insert(node, first);
            }
        }
        first_of = next;
        if first_of.len() == before {
            break;
        }
    }
    let copies = candidates.iter().copied().filter(|(node, _)| first_of.contains_key(node));
    let shapes: FxHashMap<Ordinal, Ordinal> = copies.clone().collect();
    let size = |node| graph.shallow_size(node);
    let found = copies.map(|(node, _)| Found { node, saved_size: size(node) }).collect();
    let shape = |node: Ordinal| shapes.get(&node).copied();
    grouped(graph, WasteKind::IdenticalObjects, found, shape, Some(display_name), limit)
}

/// Objects all of whose properties can be seen, with their shapes.
fn candidates(graph: &Graph) -> Vec<(Ordinal, Ordinal)> {
    let names = Names::of(graph);
    let descriptors = StringSet::equal(graph, "descriptors");
    let mut keys_of: FxHashMap<Ordinal, u64> = FxHashMap::default();
    let objects = graph.nodes().filter(|&node| graph.node_type(node) == NodeType::Object);
    objects
        .filter_map(|node| {
            let parts = Parts::of(graph, node, &names);
            let shape = parts.shape?;
            let has_others = parts.other_count > 0
                || parts.element_count > 0
                || parts.elements.is_some()
                || parts.table.is_some();
            if has_others || parts.property_count == 0 {
                return None;
            }
            let keys =
                *keys_of.entry(shape).or_insert_with(|| key_count(graph, shape, &descriptors));
            let is_complete = keys > 0 && keys == parts.property_count;
            (is_complete && !is_nobody(graph, node)).then_some((node, shape))
        })
        .collect()
}

/// The number of properties of a shape. Shapes that came one from the other share a list; for the earlier ones it is
/// too long, and their objects do not count as complete.
fn key_count(graph: &Graph, shape: Ordinal, descriptors: &StringSet) -> u64 {
    let list = graph
        .edges(shape)
        .find(|edge| edge.edge_type == EdgeType::Internal && descriptors.names(edge.name));
    let Some(list) = list else { return 0 };
    let is_key = |edge: &heapglass_graph::Edge| {
        edge.edge_type == EdgeType::Internal
            && tables::slot(graph, *edge).is_some_and(|slot| slot % DESCRIPTOR == 0)
            && matches!(graph.node_type(edge.to), NodeType::String | NodeType::Symbol)
    };
    graph.edges(list.to).filter(is_key).count() as u64
}

/// A hash of an object's shape, prototype and values. Of what is shared so far the first stands for all.
fn values(
    graph: &Graph,
    node: Ordinal,
    shape: Ordinal,
    first_of: &FxHashMap<Ordinal, Ordinal>,
) -> u128 {
    let mut values: Vec<(StringIndex, u128)> = graph
        .edges(node)
        .filter(|edge| edge.edge_type == EdgeType::Property)
        .filter_map(|edge| match edge.name {
            EdgeName::String(name) => Some((name, value(graph, edge.to, first_of))),
            EdgeName::Index(_) => None,
        })
        .collect();
    values.sort_unstable();
    let mut hash = Xxh3::new();
    hash.update(&shape.0.to_le_bytes());
    for (name, value) in values {
        hash.update(&name.0.to_le_bytes());
        hash.update(&value.to_le_bytes());
    }
    hash.digest128()
}

/// What makes a value the same: a text or a number by itself, anything else by which one it is.
fn value(graph: &Graph, node: Ordinal, first_of: &FxHashMap<Ordinal, Ordinal>) -> u128 {
    match graph.node_type(node) {
        NodeType::String => {
            let text = graph.strings().get(graph.name_index(node).0).unwrap_or_default();
            if text.len() < LONG {
                return xxh3_128(text);
            }
        }
        NodeType::Number => {
            if let Some(number) = captured_value(graph, node) {
                return !xxh3_128(number.as_bytes());
            }
        }
        _ => {}
    }
    u128::from(first_of.get(&node).unwrap_or(&node).0)
}
