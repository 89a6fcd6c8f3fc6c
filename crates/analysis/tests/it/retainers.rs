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
    let seen: Vec<_> = found
        .rows
        .iter()
        .map(|Row { item, .. }| {
            (item.object.class_name.as_str(), item.distance, item.ignored, item.unreachable)
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("Last", Some(Distance(3)), false, false),
            ("Short", None, true, false),
            ("OnlyByShort", None, false, true)
        ]
    );
    assert!(!found.unreachable && found.hidden == 0);
    let both = RetainerOptions { ignore: vec![at(short), at(long)], ..options };
    let found = retainers(&graph, at(target), &both);
    assert!(found.unreachable && found.distance.is_none());
}

#[test]
fn what_is_ignored_is_not_followed() {
    let mut heap = SnapshotBuilder::new();
    let (near, far, middle, end) = (
        heap.object("Near", 8),
        heap.object("Far", 8),
        heap.object("Middle", 8),
        heap.object("End", 8),
    );
    let target = heap.object("Target", 8);
    heap.property(heap.global(), "near", near);
    heap.property(near, "target", target);
    heap.property(heap.global(), "end", end);
    heap.property(end, "middle", middle);
    heap.property(near, "middle", middle);
    heap.property(middle, "far", far);
    heap.property(far, "target", target);
    let graph = open(&heap);
    let plain = retainers(&graph, at(target), &RetainerOptions::default());
    assert_eq!(names(&plain.rows)[..2], [name(0, ".target", "Near"), name(1, ".near", "global")]);
    for depth in 1..4 {
        let ignore = vec![at(near)];
        let options = RetainerOptions { depth, ignore, ..RetainerOptions::default() };
        let found = retainers(&graph, at(target), &options);
        let rows = names(&found.rows);
        let chain = [
            name(0, ".target", "Far"),
            name(1, ".far", "Middle"),
            name(2, ".middle", "End"),
            name(3, ".end", "global"),
        ];
        assert_eq!(rows[..4], chain, "levels: {depth}");
        let ignored: Vec<u32> =
            found.rows.iter().filter(|row| row.item.ignored).map(|row| row.depth).collect();
        assert_eq!(ignored, if depth == 3 { vec![2, 0] } else { vec![0] }, "levels: {depth}");
        let below_ignored =
            found.rows.windows(2).any(|pair| pair[0].item.ignored && pair[1].depth > pair[0].depth);
        assert!(!below_ignored, "levels: {depth}");
    }
}

#[test]
fn an_ignored_root_is_not_the_nearest() {
    let mut heap = SnapshotBuilder::new();
    let (other, target) = (heap.object("Other", 8), heap.object("Target", 8));
    heap.property(heap.global(), "target", target);
    heap.element(heap.root(), 9, other);
    heap.property(other, "target", target);
    let graph = open(&heap);
    let options = RetainerOptions { ignore: vec![at(heap.global())], ..RetainerOptions::default() };
    let found = retainers(&graph, at(target), &options);
    assert_eq!(names(&found.rows), [name(0, ".target", "Other"), name(0, ".target", "global")]);
}

#[test]
fn retainers_that_are_not_shown_are_counted() {
    let mut heap = SnapshotBuilder::new();
    let target = heap.object("Target", 8);
    for number in 0..7 {
        let holder = heap.object("Holder", 8);
        heap.property(heap.global(), &format!("holder{number}"), holder);
        heap.property(holder, "target", target);
    }
    let graph = open(&heap);
    let options = RetainerOptions { limit: Some(3), ..RetainerOptions::default() };
    let found = retainers(&graph, at(target), &options);
    let topmost = found.rows.iter().filter(|row| row.depth == 0).count();
    assert_eq!((topmost, found.hidden), (3, 4));
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
    let name = format!("value in WeakMap @{}", heap.id(map));
    assert!(found.rows.iter().all(|row| row.item.edge.text == name), "{:?}", found.rows);
    let ignoring = RetainerOptions { ignore: vec![at(holder)], ..plain };
    let found = retainers(&graph, at(value), &ignoring);
    assert_eq!(found.distance, None);
    assert_eq!(found.rows.len(), 2);
    assert!(
        found.rows.iter().all(|row| row.item.distance.is_none()),
        "the table alone is not enough"
    );
}
