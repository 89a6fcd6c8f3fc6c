//! Random heaps for property tests.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::{NodeRef, SnapshotBuilder};

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
