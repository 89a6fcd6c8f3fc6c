//! Heaps with fibers of React, written by hand.

use heapglass_analysis::{
    AttributeBy, AttributionOptions, Filter, WasteKind, attribution, instances_by_edges,
    nodes_passing,
};
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::support::waste_of;
use crate::{at, open};

/// An application by fibers, whose class a minifier called `class`.
struct App {
    heap: SnapshotBuilder,
    class: &'static str,
    null: NodeRef,
}

impl App {
    fn new(class: &'static str) -> App {
        let mut heap = SnapshotBuilder::new();
        let null = heap.node("hidden", "system / Oddball", 0);
        App { heap, class, null }
    }

    /// A fiber with all its properties, some of which are given.
    fn fiber(&mut self, properties: &[(&str, NodeRef)]) -> NodeRef {
        let fiber = self.heap.object(self.class, 100);
        for name in [
            "alternate",
            "child",
            "elementType",
            "memoizedProps",
            "memoizedState",
            "return",
            "sibling",
            "stateNode",
            "type",
        ] {
            let given = properties.iter().find(|(given, _)| *given == name);
            self.heap.property(fiber, name, given.map_or(self.null, |&(_, value)| value));
        }
        fiber
    }

    /// The fiber at the top, in the object that React has for the root.
    fn root(&mut self) -> NodeRef {
        let root = self.heap.object("r", 50);
        let fiber = self.fiber(&[("stateNode", root)]);
        let container = self.heap.object("HTMLDivElement", 20);
        self.heap.property(root, "containerInfo", container);
        self.heap.property(root, "current", fiber);
        self.heap.property(self.heap.global(), "root", root);
        fiber
    }

    fn component(&mut self, name: &str) -> NodeRef {
        let function = self.heap.closure(name, 64);
        self.heap.property(self.heap.global(), name, function);
        function
    }
}

/// A mounted fiber of `Row` in a list, and two that are not: one without a way up, one below it. A class of the program
/// has a list and a map of the unmounted ones.
fn app(class: &'static str) -> (SnapshotBuilder, [NodeRef; 4]) {
    let mut app = App::new(class);
    let root = app.root();
    let row = app.component("Row");
    let mounted = app.fiber(&[("return", root), ("type", row)]);
    app.heap.property(root, "first", mounted);
    let gone = app.fiber(&[("type", row)]);
    let div = app.heap.string("div", 20);
    let text = app.heap.string("text", 1000);
    let below = app.fiber(&[("return", gone), ("type", div), ("memoizedProps", text)]);
    let owner = app.heap.object("Tracker", 30);
    app.heap.property(app.heap.global(), "tracker", owner);
    for (name, how) in [("Array", "elements"), ("Map", "table")] {
        let (collection, store) = (app.heap.object(name, 16), app.heap.node("array", "", 40));
        app.heap.property(owner, name, collection);
        app.heap.internal(collection, how, store);
        app.heap.internal(store, if name == "Map" { "5" } else { "0" }, gone);
        if name == "Array" {
            app.heap.internal(store, "1", mounted);
            app.heap.internal(store, "2", below);
        }
    }
    (app.heap, [root, mounted, gone, below])
}

#[test]
fn fibers_are_unmounted_that_lead_up_to_no_root_whatever_their_class_is_called() {
    for class in ["FiberNode", "xt"] {
        let (heap, [root, mounted, gone, below]) = app(class);
        let graph = open(&heap);
        let found = nodes_passing(&graph, Filter::UnmountedFibers).expect("a filter");
        let unmounted: Vec<_> = found.iter().collect();
        assert_eq!(unmounted, [at(gone), at(below)]);
        assert!(!found.contains(at(root)) && !found.contains(at(mounted)));
    }
}

#[test]
fn fibers_in_a_circle_are_unmounted_and_objects_with_a_part_of_the_names_are_none() {
    let mut app = App::new("FiberNode");
    app.root();
    let next = u32::try_from(app.heap.nodes().len()).expect("a few nodes");
    let one = app.fiber(&[("return", NodeRef(next + 1))]);
    let other = app.fiber(&[("return", one)]);
    assert_eq!(other.0, next + 1);
    app.heap.property(app.heap.global(), "one", one);
    let like = app.heap.object("Like", 16);
    app.heap.property(like, "return", one);
    app.heap.property(app.heap.global(), "like", like);
    let graph = open(&app.heap);
    let found = nodes_passing(&graph, Filter::UnmountedFibers).expect("a filter");
    assert_eq!(found.iter().collect::<Vec<_>>(), [at(one), at(other)]);
}

#[test]
fn components_hold_their_fibers() {
    let (heap, [_, mounted, ..]) = app("FiberNode");
    let graph = open(&heap);
    let options = AttributionOptions { by: AttributeBy::Component, limit: None };
    let found = attribution(&graph, &options);
    let rows: Vec<_> = found
        .groups
        .iter()
        .map(|group| (group.name.name.as_str(), group.seed_count, group.held_size))
        .collect();
    assert_eq!(
        rows,
        [("<div> (unmounted)", 1, 1120), ("Row", 1, 100), ("Row (unmounted)", 1, 100)]
    );
    assert_eq!(found.groups[1].biggest.ordinal, at(mounted));
    let total: u64 = graph.nodes().map(|node| graph.shallow_size(node)).sum();
    assert_eq!(found.unattributed_size + 1320, total);
}

#[test]
fn collections_hold_stale_entries() {
    let (mut heap, _) = app("FiberNode");
    let detached = heap.node("native", "Detached <div>", 300);
    heap.detachedness(detached, 2);
    let (set, table) = (heap.object("Set", 16), heap.node("array", "", 40));
    heap.property(heap.global(), "set", set);
    heap.internal(set, "table", table);
    heap.internal(table, "5", detached);
    // Weak ones hold nothing.
    let (weak, weak_table) = (heap.object("WeakSet", 16), heap.node("array", "", 40));
    heap.property(heap.global(), "weak", weak);
    heap.internal(weak, "table", weak_table);
    heap.weak(weak_table, "5", detached);
    let found = waste_of(&heap, WasteKind::StaleEntries);
    let rows: Vec<_> = found.rows.iter().map(|row| (row.what.as_str(), row.saved_size)).collect();
    // The Map has one that the array has too.
    assert_eq!(rows, [("Array", 100 + 1120), ("Set", 300)]);
    let stale: u64 = rows.iter().map(|(_, size)| size).sum();
    assert_eq!(found.saved_size, stale);
}

#[test]
fn an_entry_within_an_entry_counts_for_the_outer_ones_collection() {
    let mut heap = SnapshotBuilder::new();
    let detached = |heap: &mut SnapshotBuilder, size| {
        let node = heap.node("native", "Detached <div>", size);
        heap.detachedness(node, 2);
        node
    };
    let (outer, inner) = (detached(&mut heap, 1000), detached(&mut heap, 10));
    for (from, class, entry) in
        [(heap.global(), "Set", outer), (outer, "Map", inner), (outer, "Array", inner)]
    {
        let (collection, table) = (heap.object(class, 16), heap.node("array", "", 40));
        heap.property(from, class, collection);
        heap.internal(collection, if class == "Array" { "elements" } else { "table" }, table);
        heap.internal(table, if class == "Array" { "0" } else { "5" }, entry);
    }
    let found = waste_of(&heap, WasteKind::StaleEntries);
    let rows: Vec<_> = found.rows.iter().map(|row| (row.what.as_str(), row.saved_size)).collect();
    assert_eq!(rows, [("Set", 1000 + 10 + 2 * (16 + 40))]);
}

#[test]
fn sizes_beyond_all_measure_are_no_end() {
    let mut heap = SnapshotBuilder::new();
    for name in ["one", "two"] {
        let object = heap.object("Huge", u64::MAX / 4 * 3);
        heap.property(heap.global(), name, object);
    }
    let graph = open(&heap);
    assert_eq!(instances_by_edges(&graph, None, None, None).shallow_size, u64::MAX);
}

#[test]
fn objects_with_most_edges_are_those_of_their_tables_for_maps() {
    let mut heap = SnapshotBuilder::new();
    let (map, table) = (heap.object("Map", 16), heap.node("array", "", 400));
    heap.property(heap.global(), "map", map);
    heap.internal(map, "table", table);
    let list = heap.object("List", 16);
    heap.property(heap.global(), "list", list);
    for at in 0..8u32 {
        let text = heap.string("text", 16);
        heap.internal(table, &(7 + at * 3).to_string(), text);
        if at < 5 {
            heap.element(list, at, text);
        }
    }
    let graph = open(&heap);
    let found = instances_by_edges(&graph, None, None, Some(2));
    let most: Vec<_> = found.objects.iter().map(|object| object.ordinal).collect();
    assert_eq!(most, [at(map), at(list)]);
    assert_eq!(found.edge_counts, Some(vec![8, 5]));
}
