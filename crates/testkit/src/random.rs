//! Random heaps for property tests.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::{Layout, NodeRef, SnapshotBuilder};

/// Heaps of up to `max_nodes` nodes (at least 1) with cycles, self edges, parallel edges, parts
/// that no root reaches, chains, and node and edge types of all kinds; not all of them have a
/// user root.
pub fn heap(max_nodes: usize) -> impl Strategy<Value = SnapshotBuilder> {
    let node = (
        select(vec![
            "object",
            "object",
            "object",
            "array",
            "hidden",
            "string",
            "closure",
            "native",
            "code",
            "synthetic",
            "object shape",
        ]),
        select(vec![
            "A",
            "B",
            "C",
            "D",
            "Object",
            "Array",
            "system / Context",
            "system / ExternalStringData",
        ]),
        prop_oneof![Just(0u64), 1u64..100, 1u64..100, Just(5_000_000_000)],
        prop_oneof![8 => Just(0u8), 1 => Just(1), 1 => Just(2)],
    );
    let edge = (
        any::<Index>(),
        any::<Index>(),
        select(vec![
            "property", "property", "property", "element", "context", "internal", "hidden", "weak",
            "shortcut",
        ]),
        select(vec!["0", "1", "2", "31"]),
    );
    (
        prop::collection::vec(node, 1..=max_nodes),
        prop::collection::vec(edge, 0..=max_nodes * 2),
        prop::collection::vec((any::<Index>(), 1usize..=max_nodes), 0..3),
        prop_oneof![4 => Just(true), 1 => Just(false)],
    )
        .prop_map(|(nodes, edges, chains, tree)| build(&nodes, &edges, &chains, tree))
}

type NodeDraw = (&'static str, &'static str, u64, u8);
type EdgeDraw = (Index, Index, &'static str, &'static str);

fn build(
    nodes: &[NodeDraw],
    edges: &[EdgeDraw],
    chains: &[(Index, usize)],
    connected: bool,
) -> SnapshotBuilder {
    let mut heap = SnapshotBuilder::empty();
    heap.node("synthetic", "", 0);
    for &(node_type, name, size, detachedness) in nodes {
        let node = heap.node(node_type, name, size);
        heap.detachedness(node, detachedness);
    }
    let count = heap.nodes().len();
    if connected {
        // Without this most of a random graph hangs on nothing.
        for at in 1..count {
            heap.element(NodeRef((at as u32 - 1) / 3), at as u32, NodeRef(at as u32));
        }
    }
    for &(from, to, edge_type, name) in edges {
        let at = |index: Index| NodeRef(index.index(count) as u32);
        heap.edge(at(from), edge_type, name, at(to));
    }
    for &(start, length) in chains {
        let first = start.index(count);
        for at in first..(first + length).min(count - 1) {
            heap.property(NodeRef(at as u32), "next", NodeRef(at as u32 + 1));
        }
    }
    heap
}

/// A linked list of `length` nodes that hangs on the global object.
pub fn linked_list(length: u32) -> SnapshotBuilder {
    let mut heap = SnapshotBuilder::new();
    let mut last = heap.global();
    for _ in 0..length {
        let next = heap.object("Link", 16);
        heap.property(last, "next", next);
        last = next;
    }
    heap
}

/// Heaps in which everything occurs that decides over a figure in DevTools: windows and document
/// trees below the root, or neither; owned arrays and hidden objects; detached elements; WeakMap
/// entries; plain objects with odd property names; arrays with stores; native contexts;
/// descriptor arrays; located objects; parts that only weak edges or only their own members hold;
/// sizes and ids past 32 bits; any node as the root.
pub fn strange_heap(max_nodes: usize) -> impl Strategy<Value = SnapshotBuilder> {
    let size = prop_oneof![1 => Just(0u64), 6 => 1u64..100, 1 => Just(u64::from(u32::MAX)), 1 => Just(5_000_000_000)];
    let node = (
        select(STRANGE_NODES.to_vec()),
        size,
        prop_oneof![6 => Just(0u8), 1 => Just(1), 1 => Just(2)],
        prop_oneof![8 => Just(0u64), 1 => Just(1u64 << 32)],
        prop_oneof![4 => Just(None), 1 => (0u32..2).prop_map(Some)],
        prop_oneof![5 => any::<Index>().prop_map(Some), 1 => Just(None)],
    );
    let edge = (any::<Index>(), any::<Index>(), select(STRANGE_EDGES.to_vec()));
    let root_edge =
        (any::<Index>(), select(vec!["element", "element", "shortcut", "weak", "property"]));
    let entry = (any::<Index>(), any::<Index>(), any::<Index>(), 1u32..20);
    let nodes = prop::collection::vec(node, 1..=max_nodes);
    let edges = prop::collection::vec(edge, 0..=max_nodes * 2);
    let root_edges = prop::collection::vec(root_edge, 0..4);
    let entries = prop::collection::vec(entry, 0..3);
    let layout = select(vec![Layout::node_12(), Layout::node_20(), Layout::node_24()]);
    let root = prop_oneof![9 => Just(None), 1 => any::<Index>().prop_map(Some)];
    let extra = prop_oneof![2 => Just(None), 1 => (0u64..1000).prop_map(Some)];
    (nodes, edges, root_edges, entries, layout, root, extra).prop_map(
        |(nodes, edges, root_edges, entries, layout, root, extra)| {
            let mut heap = SnapshotBuilder::empty();
            heap.layout(layout);
            heap.node("synthetic", "", 0);
            for &((node_type, name), size, state, id, location, _) in &nodes {
                let node = heap.node(node_type, name, size);
                heap.detachedness(node, state);
                heap.spec(node).id += id;
                if let Some(line) = location {
                    heap.locate(node, 3, line, 7);
                }
            }
            let count = heap.nodes().len();
            let at = |index: Index| NodeRef(index.index(count) as u32);
            for (target, edge_type) in root_edges {
                heap.edge(NodeRef(0), edge_type, "1", at(target));
            }
            // Most nodes hang on an earlier one; without this most would hang on nothing.
            for (node, draw) in (1u32..).zip(&nodes) {
                if let Some(parent) = draw.5 {
                    let parent = NodeRef(parent.index(node as usize) as u32);
                    heap.element(parent, node, NodeRef(node));
                }
            }
            for (from, to, (edge_type, name)) in edges {
                heap.edge(at(from), edge_type, name, at(to));
            }
            for (table, key, value, number) in entries {
                strange_entry(&mut heap, at(table), at(key), at(value), number);
            }
            if let Some(root) = root {
                heap.set_root(at(root));
            }
            if let Some(bytes) = extra {
                heap.extra_native_bytes(bytes);
            }
            heap
        },
    )
}

/// A WeakMap entry whose two edges are numbered differently, the key's first or last by chance.
fn strange_entry(
    heap: &mut SnapshotBuilder,
    table: NodeRef,
    key: NodeRef,
    value: NodeRef,
    number: u32,
) {
    let shared = format!(
        " / part of key (K) -> value (odd) @1 @{}) -> value (V @{}) pair in WeakMap (table @{})",
        heap.id(key),
        heap.id(value),
        heap.id(table)
    );
    heap.internal(table, &format!("{number}{shared}"), value);
    heap.internal(key, &format!("{}{shared}", number / 2), value);
}

const STRANGE_NODES: [(&str, &str); 30] = [
    ("object", "Object"),
    ("object", "Object"),
    ("object", "Object"),
    ("object", "Object"),
    ("object", "Object"),
    ("object", "A"),
    ("object", "Function"),
    ("object", "Array"),
    ("object", "Array"),
    ("object", "<p class='x'>"),
    ("array", ""),
    ("array", "(object elements)"),
    ("array", "(map descriptors)"),
    ("array", "Array"),
    ("hidden", "system / NativeContext"),
    ("hidden", "system / Map"),
    ("hidden", "Array"),
    ("native", "system / ExternalStringData"),
    ("native", "system / JSArrayBufferData"),
    ("native", "<div id=\"a b\">"),
    ("native", "HTMLDivElement"),
    ("native", "Detached <a href>"),
    ("string", "text"),
    ("concatenated string", "(concatenated string)"),
    ("sliced string", "text"),
    ("code", "(code)"),
    ("closure", "f"),
    ("symbol", "s"),
    ("synthetic", "(Document DOM trees)"),
    ("synthetic", "(GC roots)"),
];

const STRANGE_EDGES: [(&str, &str); 28] = [
    ("property", "a"),
    ("property", "a"),
    ("property", "b"),
    ("property", "b"),
    ("property", "c"),
    ("property", "x,y"),
    ("property", "say \"hi\"\n{\u{e9}}"),
    ("property", ""),
    ("property", "__proto__"),
    ("property", "a name of sixty characters, or of a few more than sixty of them"),
    ("property", "b name of sixty characters and of a few more than sixty of them"),
    ("element", "0"),
    ("element", "1"),
    ("element", "4"),
    ("element", "5"),
    ("element", "7"),
    ("context", "variable"),
    ("internal", "elements"),
    ("internal", "elements"),
    ("internal", "sloppy_function_map"),
    ("internal", "7"),
    ("internal", "map"),
    ("hidden", "4"),
    ("hidden", "9"),
    ("weak", "1"),
    ("weak", "elements"),
    ("shortcut", "global"),
    ("shortcut", "sloppy_function_map"),
];
