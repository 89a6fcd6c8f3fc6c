//! All figures of random heaps against the slow twin.

use std::collections::BTreeMap;

use heapglass_graph::{Detachedness, Snapshot};
use heapglass_testkit::{SnapshotBuilder, random};
use proptest::prelude::*;

use crate::common::{Folder, cases, everything, graph, ordinal};
use crate::twin::{Pie, Row, Twin};

/// Compares everything that DevTools says of a heap with the twin.
fn compare(snapshot: &Snapshot, twin: &Twin) -> Result<(), TestCaseError> {
    let graph = snapshot.graph().unwrap();
    let overview = snapshot.overview();
    prop_assert_eq!(&overview.findings, &vec![]);
    prop_assert_eq!(graph.node_count() as usize, twin.nodes.len());
    for (at, node) in graph.nodes().enumerate() {
        let expected = &twin.nodes[at];
        prop_assert_eq!(graph.id(node).0, expected.id, "id of {}", at);
        prop_assert_eq!(graph.node_type_name(node), &expected.kind, "type of {}", at);
        prop_assert_eq!(graph.raw_name(node), &*expected.name, "name of {}", at);
        prop_assert_eq!(graph.distance(node).0, twin.distances[at], "distance of {}", at);
        prop_assert_eq!(graph.shallow_size(node), twin.shallow[at], "shallow size of {}", at);
        prop_assert_eq!(graph.dominator(node).index(), twin.dominators[at], "dominator of {}", at);
        prop_assert_eq!(graph.retained_size(node), twin.retained[at], "retained size of {}", at);
        prop_assert_eq!(graph.class_name(node), &twin.class_names[at], "class of {}", at);
        let key = &graph.class_row(graph.class(node)).class_key;
        prop_assert_eq!(key, &twin.class_key(at), "class key of {}", at);
        let states = [Detachedness::Unknown, Detachedness::Attached, Detachedness::Detached];
        let state = states[expected.state as usize];
        prop_assert_eq!(graph.detachedness(node), state, "detachedness of {}", at);
        let targets: Vec<usize> = graph.edges(node).map(|edge| edge.to.index()).collect();
        let expected_targets: Vec<usize> = expected.edges.iter().map(|edge| edge.to).collect();
        prop_assert_eq!(targets, expected_targets, "edges of {}", at);
        let retainers: Vec<u32> = graph.retaining_nodes(node).map(|from| from.0).collect();
        prop_assert_eq!(retainers, twin.retaining_nodes(at), "retainers of {}", at);
        for (other, _) in graph.nodes().enumerate() {
            let mut above = other;
            while above != at && twin.dominators[above] != above {
                above = twin.dominators[above];
            }
            let other = heapglass_graph::Ordinal(other as u32);
            prop_assert_eq!(graph.dominates(node, other), above == at, "{} over {:?}", at, other);
        }
        let retained_set: u64 = graph.retained_set(node).map(|n| graph.shallow_size(n)).sum();
        prop_assert_eq!(retained_set, twin.retained[at], "retained set of {}", at);
        let children = (0..twin.nodes.len()).filter(|&n| n != at && twin.dominators[n] == at);
        let mut dominated: Vec<usize> = graph.dominated(node).map(|n| n.index()).collect();
        dominated.sort_unstable();
        prop_assert_eq!(dominated, children.collect::<Vec<_>>(), "dominated by {}", at);
    }
    prop_assert_eq!(summary(snapshot), twin.summary());
    let found = overview.statistics;
    let pie = Pie {
        total: found.total.into(),
        code: found.code.into(),
        strings: found.strings.into(),
        js_arrays: found.js_arrays.into(),
        typed_arrays: found.typed_arrays.into(),
        system: found.system.into(),
        other_js: found.other_js.into(),
        other_native: found.other_native.into(),
    };
    prop_assert_eq!(pie, twin.pie());
    prop_assert_eq!(i128::from(overview.info.total_size), twin.pie().total);
    Ok(())
}

fn summary(snapshot: &Snapshot) -> BTreeMap<String, Row> {
    let rows = snapshot.overview().classes.shown().map(|(_, row)| {
        let figures = Row {
            class_name: row.class_name.clone(),
            count: row.count,
            distance: row.distance,
            shallow: row.shallow_size,
            retained: row.retained_size,
        };
        (row.class_key.clone(), figures)
    });
    rows.collect()
}

fn check(heap: &SnapshotBuilder) -> Result<(), TestCaseError> {
    let bytes = heap.to_bytes();
    let folder = Folder::new();
    let one = folder.open(&bytes, 1).unwrap();
    compare(&one, &Twin::new(&bytes))?;
    let two = folder.open(&bytes, 2).unwrap();
    prop_assert_eq!(everything(&one), everything(&two));
    Ok(())
}

proptest! {
    // A heap is opened twice and its twin is slow: these three take a second together.
    #![proptest_config(cases(64))]

    #[test]
    fn figures_of_random_heaps(heap in random::heap(30)) {
        check(&heap)?;
    }

    #[test]
    fn figures_of_strange_heaps(heap in random::strange_heap(30)) {
        check(&heap)?;
    }

    #[test]
    fn figures_of_tiny_heaps(heap in random::strange_heap(6)) {
        check(&heap)?;
    }
}

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    #[ignore = "slow: thousands of heaps"]
    fn figures_of_thousands_of_heaps(heap in random::strange_heap(25)) {
        check(&heap)?;
    }
}

/// Compares a heap made by hand with the twin.
fn agrees(heap: &SnapshotBuilder) {
    check(heap).unwrap_or_else(|difference| panic!("{difference}\n{heap:?}"));
}

#[test]
fn weak_map_tables_with_ids_past_32_bits() {
    let mut heap = SnapshotBuilder::new();
    let [table, key, value] = ["Table", "Key", "Value"].map(|name| heap.object(name, 10));
    heap.property(heap.global(), "table", table);
    heap.property(heap.global(), "key", key);
    heap.spec(table).id = (1 << 32) + 5;
    heap.weak_map_entry(table, key, value);
    let graph = graph(&heap);
    assert_eq!(graph.dominator(ordinal(value)), ordinal(key), "the key holds the value");
    agrees(&heap);
}

#[test]
fn objects_with_two_properties_of_one_name() {
    let mut heap = SnapshotBuilder::new();
    let value = heap.string("value", 10);
    for _ in 0..3 {
        let object = heap.object("Object", 10);
        heap.element(heap.global(), object.0, object);
        // Two symbols with the same description.
        heap.property(object, "<symbol kind>", value);
        heap.property(object, "<symbol kind>", value);
    }
    let graph = graph(&heap);
    let names: Vec<&str> = graph.nodes().skip(4).map(|node| graph.class_name(node)).collect();
    assert_eq!(names, ["{<symbol kind>, <symbol kind>}"; 3]);
    agrees(&heap);
}

#[test]
fn a_root_that_is_its_own_window() {
    let mut heap = SnapshotBuilder::empty();
    let root = heap.node("synthetic", "", 0);
    let [outer, inner] = ["Outer", "Inner"].map(|name| heap.object(name, 10));
    heap.shortcut(root, "global", root);
    heap.element(root, 1, outer);
    heap.property(outer, "inner", inner);
    heap.weak(inner, "outer", outer);
    let page = heap.object("Page", 10);
    heap.shortcut(root, "window", page);
    heap.property(page, "inner", inner);
    agrees(&heap);
    assert_eq!(graph(&heap).dominator(ordinal(inner)), ordinal(root), "both hold it");
}
