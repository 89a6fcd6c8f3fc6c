use heapglass_analysis::{Retainer, RetainerOptions, Row, retainers};
use heapglass_graph::Distance;
use heapglass_testkit::SnapshotBuilder;

use crate::{at, open};

fn names(rows: &[Row<Retainer>]) -> Vec<(u32, String, String)> {
    rows.iter()
        .map(|row| (row.depth, row.item.edge.text.clone(), row.item.object.class_name.clone()))
        .collect()
}

fn name(depth: u32, edge: &str, class: &str) -> (u32, String, String) {
    (depth, edge.to_owned(), class.to_owned())
}

#[test]
fn the_nearest_comes_first_and_is_followed() {
    let mut heap = SnapshotBuilder::new();
    let (near, middle, far) =
        (heap.object("Near", 8), heap.object("Middle", 8), heap.object("Far", 8));
    let target = heap.object("Target", 8);
    heap.property(heap.global(), "near", near);
    heap.property(near, "middle", middle);
    heap.property(middle, "far", far);
    heap.property(far, "target", target);
    heap.property(middle, "target", target);
    heap.property(target, "parent", middle);
    heap.weak(near, "weak", target);
    heap.element(heap.root(), 9, target);
    let graph = open(&heap);
    let found = retainers(&graph, at(target), &RetainerOptions::default());
    // The root holds it too, and makes it a user root of distance 1.
    assert_eq!(found.distance, Some(Distance(1)));
    assert_eq!(
        names(&found.rows),
        [name(0, ".target", "Middle"), name(1, ".parent", "Target"), name(0, ".target", "Far")]
    );
    assert!(found.rows[1].item.cycle);
    let all =
        RetainerOptions { weak: true, root: true, follow_nearest: 0, ..RetainerOptions::default() };
    assert_eq!(retainers(&graph, at(target), &all).rows.len(), 4);
    let some = RetainerOptions { limit: Some(1), follow_nearest: 0, ..RetainerOptions::default() };
    assert_eq!(retainers(&graph, at(target), &some).rows.len(), 1);
}

#[test]
fn chains_end_at_the_roots() {
    let mut heap = heapglass_testkit::random::linked_list(10);
    let last = heap.object("Last", 8);
    heap.property(heapglass_testkit::NodeRef(12), "last", last);
    let graph = open(&heap);
    let found = retainers(&graph, at(last), &RetainerOptions::default());
    assert_eq!(found.rows.len(), 11);
    assert_eq!(found.rows[10].item.distance, Some(Distance(1)));
    let short = RetainerOptions { follow_nearest: 4, ..RetainerOptions::default() };
    let found = retainers(&graph, at(last), &short);
    assert_eq!(found.rows.len(), 4);
    assert_eq!(found.rows[3].hidden_children, 1);
}

#[test]
fn ignored_nodes_make_others_far_or_unreachable() {
    let mut heap = SnapshotBuilder::new();
    let (short, long, last) =
        (heap.object("Short", 8), heap.object("Long", 8), heap.object("Last", 8));
    let target = heap.object("Target", 8);
    let lost = heap.object("OnlyByShort", 8);
    heap.property(heap.global(), "short", short);
    heap.property(short, "target", target);
    heap.property(short, "lost", lost);
    heap.property(lost, "target", target);
    heap.property(heap.global(), "long", long);
    heap.property(long, "last", last);
    heap.property(last, "target", target);
    let graph = open(&heap);
    let options = RetainerOptions {
        ignore: vec![at(short)],
        follow_nearest: 0,
        ..RetainerOptions::default()
    };
    let found = retainers(&graph, at(target), &options);
    assert_eq!(found.distance, Some(Distance(4)));
    let seen: Vec<(&str, Option<Distance>, bool)> = found
        .rows
        .iter()
        .map(|row| (row.item.object.class_name.as_str(), row.item.distance, row.item.ignored))
        .collect();
    assert_eq!(
        seen,
        [("Last", Some(Distance(3)), false), ("Short", None, true), ("OnlyByShort", None, false)]
    );
}

#[test]
fn half_a_weak_map_entry_holds_nothing() {
    let mut heap = SnapshotBuilder::new();
    let (map, table) = (heap.object("WeakMap", 32), heap.node("array", "", 64));
    let (holder, key, value) =
        (heap.object("Holder", 8), heap.object("Key", 8), heap.object("Value", 8));
    heap.property(heap.global(), "map", map);
    heap.internal(map, "table", table);
    heap.property(heap.global(), "holder", holder);
    heap.property(holder, "key", key);
    heap.weak_map_entry(table, key, value);
    let graph = open(&heap);
    assert_eq!(graph.distance(at(value)), Distance(4), "as far as the farther of key and table");
    let plain = RetainerOptions { follow_nearest: 0, ..RetainerOptions::default() };
    let found = retainers(&graph, at(value), &plain);
    assert!(found.rows.iter().all(|row| row.item.distance == Some(Distance(3))));
    let ignoring = RetainerOptions { ignore: vec![at(holder)], ..plain };
    let found = retainers(&graph, at(value), &ignoring);
    assert_eq!(found.distance, None);
    assert_eq!(found.rows.len(), 2);
    assert!(
        found.rows.iter().all(|row| row.item.distance.is_none()),
        "the table alone is not enough"
    );
}
