//! Memory by class, by native context and by Backstage plugin.

use heapglass_analysis::{
    AttributeBy, Attribution, AttributionOptions, attribution, attribution_series, native_contexts,
};
use heapglass_graph::Graph;
use heapglass_testkit::{NodeRef, SnapshotBuilder, random};
use proptest::prelude::*;

use crate::open;

fn by(graph: &Graph, by: AttributeBy) -> Attribution {
    attribution(graph, &AttributionOptions { by, limit: None })
}

fn total(graph: &Graph) -> u64 {
    graph.nodes().map(|node| graph.shallow_size(node)).sum()
}

/// Name, number, held, retained and saved bytes.
fn figures(found: &Attribution) -> Vec<(&str, u64, u64, u64, u64)> {
    let groups = found.groups.iter();
    groups
        .map(|group| {
            let [held, retained, saved] = [group.held_size, group.retained_size, group.saved_size];
            (group.name.name.as_str(), group.seed_count, held, retained, saved)
        })
        .collect()
}

#[test]
fn what_an_object_has_in_containers_belongs_to_its_class_and_a_container_is_its_own_without_one() {
    let mut heap = SnapshotBuilder::new();
    // Two sessions with a map each, which holds a text; the first one's map holds a user with a text.
    let user = heap.object("User", 30);
    let sessions = ["first", "second"].map(|name| {
        let session = heap.object("Session", 100);
        heap.property(heap.global(), name, session);
        let (map, text) = (heap.object("Map", 10), heap.string("text", 1000));
        heap.property(session, "map", map);
        heap.internal(map, "table", text);
        if name == "first" {
            heap.property(map, "user", user);
        }
        session
    });
    let name = heap.string("name", 7);
    heap.property(user, "name", name);
    // What both sessions hold is in no class's holdings, but would go with them.
    let shared = heap.string("shared", 5000);
    for session in sessions {
        heap.property(session, "shared", shared);
    }
    // A map that no object of a class has, with a map in it.
    let (outer, inner) = (heap.object("Map", 20), heap.object("Map", 3));
    heap.property(heap.global(), "outer", outer);
    heap.property(outer, "inner", inner);
    let graph = open(&heap);
    let found = by(&graph, AttributeBy::Class);
    assert_eq!(
        figures(&found),
        [
            ("Session", 2, 2 * 1110, 2 * 1110 + 37, 2 * 1110 + 37 + 5000),
            ("User", 1, 37, 37, 37),
            ("Map", 4, 23, 2 * 1010 + 37 + 23, 2 * 1010 + 37 + 23),
        ]
    );
    let held: u64 = found.groups.iter().map(|group| group.held_size).sum();
    assert_eq!(held + found.unattributed_size, total(&graph));
    let growth = attribution_series(&[&graph, &graph], AttributeBy::Class);
    assert_eq!(growth.groups.first().map(|group| group.held_sizes.clone()), Some(vec![2220, 2220]));
}

#[test]
fn plain_objects_and_typed_arrays_are_containers_whatever_they_are_called() {
    let mut heap = SnapshotBuilder::new();
    let owner = heap.object("Owner", 100);
    heap.property(heap.global(), "owner", owner);
    let containers =
        ["{name, pay}", "{}", "Object", "Float16Array", "BigInt64Array", "BigUint64Array"];
    for name in containers {
        for from in [owner, heap.global()] {
            let container = heap.object(name, 10);
            heap.property(from, name, container);
        }
    }
    assert_eq!(
        figures(&by(&open(&heap), AttributeBy::Class)),
        [
            ("Owner", 1, 160, 160, 160),
            ("Object", 6, 30, 60, 60),
            ("Float16Array", 2, 10, 20, 20),
            ("BigInt64Array", 2, 10, 20, 20),
            ("BigUint64Array", 2, 10, 20, 20),
        ]
    );
}

#[test]
fn contexts_hold_what_devtools_gives_them() {
    let mut heap = SnapshotBuilder::new();
    for (name, at) in [("system / NativeContext", 1), ("system / NativeContext / https://x.org", 2)]
    {
        let context = heap.node("hidden", name, 100);
        let meta_map = heap.node("object shape", "system / Map", 10);
        let map = heap.node("object shape", "system / Map", 10);
        heap.element(heap.gc_roots(), at, context);
        heap.internal(meta_map, "native_context", context);
        heap.internal(map, "map", meta_map);
        let object = heap.object("A", 16);
        heap.internal(object, "map", map);
        heap.property(heap.global(), name, object);
        let text = heap.string("text", 1000 * u64::from(at));
        heap.property(object, "text", text);
    }
    let graph = open(&heap);
    let contexts = native_contexts(&graph);
    let found = by(&graph, AttributeBy::Context);
    let held: Vec<(bool, u64)> = found
        .groups
        .iter()
        .map(|group| (group.name.name.contains("x.org"), group.held_size))
        .collect();
    let size = |at: usize| contexts.contexts[at].attributed_size;
    assert_eq!(held[..2], [(true, size(1)), (false, size(0))]);
    let shared = found.groups.get(2).map_or(0, |group| group.held_size);
    assert_eq!(shared, contexts.shared_size);
    assert_eq!(found.unattributed_size, contexts.unattributed_size);
    assert_eq!(size(0) + size(1) + shared + found.unattributed_size, total(&graph));
}

#[test]
fn packages_below_a_plugin_belong_to_it() {
    let mut heap = SnapshotBuilder::new();
    for (path, size) in [
        ("/app/node_modules/@acme/plugin-x/dist/index.js", 1000),
        ("/app/node_modules/@acme/plugin-x/node_modules/lodash/lodash.js", 3000),
        ("/app/node_modules/lodash/lodash.js", 500),
    ] {
        let script = heap.node("code", path, 100);
        let closure = heap.function("f", script);
        let scope = heap.node("object", "system / Context", 32);
        heap.internal(closure, "context", scope);
        heap.property(heap.global(), path, closure);
        let cache = heap.object("Cache", size);
        heap.context(scope, "cache", cache);
    }
    let own = 100 + 64 + 48 + 32;
    let (plugin, rest) = (4000 + 2 * own, 500 + own);
    assert_eq!(
        figures(&by(&open(&heap), AttributeBy::Plugin)),
        [("@acme/plugin-x", 8, plugin, plugin, plugin), ("(other packages)", 4, rest, rest, rest)]
    );
}

/// A heap of objects of few classes, by its edges; node 0 is the root, and all edges hold.
fn classes_and_edges() -> impl Strategy<Value = (Vec<usize>, Vec<(usize, usize)>)> {
    (2usize..30).prop_flat_map(|nodes| {
        let edge = (0..nodes, 0..nodes);
        (
            prop::collection::vec(0usize..NAMES.len(), nodes),
            prop::collection::vec(edge, 0..nodes * 3),
        )
    })
}

const NAMES: [&str; 4] = ["Session", "User", "Map", "Object"];

/// Marks what is reached from the starts without what is removed.
fn reached(starts: &[usize], edges: &[(usize, usize)], removed: &[bool]) -> Vec<bool> {
    let mut reached = vec![false; removed.len()];
    let mut open: Vec<usize> = starts.to_vec();
    while let Some(node) = open.pop() {
        if removed[node] || std::mem::replace(&mut reached[node], true) {
            continue;
        }
        open.extend(edges.iter().filter(|&&(from, _)| from == node).map(|&(_, to)| to));
    }
    reached
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// What would be freed without the objects of a class is what a walk from the root does not reach without them.
    #[test]
    fn what_would_be_freed_without_a_class_is_what_is_not_reached_without_it(
        (classes, edges) in classes_and_edges(),
    ) {
        let mut heap = SnapshotBuilder::empty();
        heap.node("synthetic", "", 0);
        for (at, &class) in classes.iter().enumerate().skip(1) {
            heap.object(NAMES[class], 1 << at);
        }
        for &(from, to) in &edges {
            heap.property(NodeRef(from as u32), "x", NodeRef(to as u32));
        }
        let graph = open(&heap);
        let is_held = |node: usize| edges.iter().any(|&(from, to)| to == node && from != node);
        // What nothing holds counts as held by the root.
        let starts: Vec<usize> = (0..classes.len()).filter(|&node| node == 0 || !is_held(node)).collect();
        let alive = reached(&starts, &edges, &vec![false; classes.len()]);
        let found = by(&graph, AttributeBy::Class);
        for (at, name) in NAMES.into_iter().enumerate() {
            let removed: Vec<bool> =
                classes.iter().enumerate().map(|(node, &class)| node > 0 && class == at).collect();
            let left = reached(&starts, &edges, &removed);
            let is_lost = |node: &usize| removed[*node] || alive[*node] && !left[*node];
            let expected: u64 = (1..classes.len()).filter(is_lost).map(|node| 1u64 << node).sum();
            let group = found.groups.iter().find(|group| group.name.name == name);
            // Objects that the root leads to may be global objects, which nobody made.
            let all = removed.iter().filter(|removed| **removed).count() as u64;
            if group.is_some_and(|group| group.seed_count == all) {
                prop_assert_eq!(group.map(|group| group.saved_size), Some(expected), "{}", name);
            }
        }
    }

    /// Whatever it is by: what is held adds up to the heap, and what is held is retained, and what is retained is saved.
    #[test]
    fn what_is_held_and_the_rest_are_the_heap(heap in random::heap(40)) {
        let graph = open(&heap);
        for kind in [AttributeBy::Class, AttributeBy::Context, AttributeBy::Plugin, AttributeBy::Function] {
            let found = by(&graph, kind);
            let held: u64 = found.groups.iter().map(|group| group.held_size).sum();
            prop_assert_eq!(held + found.unattributed_size, total(&graph));
            for group in &found.groups {
                prop_assert!(group.held_size <= group.retained_size, "{:?}", group);
                prop_assert!(group.retained_size <= group.saved_size, "{:?}", group);
            }
        }
    }
}
