use heapglass_analysis::{
    ContainmentOptions, Dominated, DominatorOptions, containment, dominators,
};
use heapglass_testkit::SnapshotBuilder;

use crate::{at, open};

#[test]
fn containment_follows_edges_and_marks_cycles() {
    let mut heap = SnapshotBuilder::new();
    let (a, b, big) = (heap.object("A", 10), heap.object("B", 10), heap.object("Big", 1000));
    heap.property(heap.global(), "a", a);
    heap.property(a, "b", b);
    heap.property(b, "back", a);
    heap.property(a, "big", big);
    let graph = open(&heap);
    let deep = ContainmentOptions { depth: 9, ..ContainmentOptions::default() };
    let rows = containment(&graph, at(heap.global()), &deep).rows;
    let shown: Vec<(u32, &str, bool)> =
        rows.iter().map(|row| (row.depth, row.item.edge.text.as_str(), row.item.cycle)).collect();
    assert_eq!(shown, [(0, ".a", false), (1, ".b", false), (2, ".back", true), (1, ".big", false)]);

    let sorted = ContainmentOptions {
        by_retained_size: true,
        limit: Some(1),
        ..ContainmentOptions::default()
    };
    let rows = containment(&graph, at(a), &sorted).rows;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].item.edge.name, "big");
    let one_level = containment(&graph, at(heap.global()), &ContainmentOptions::default()).rows;
    assert_eq!(one_level[0].hidden_children, 2);
}

#[test]
fn dominators_group_siblings_and_leave_out_the_small() {
    let mut heap = SnapshotBuilder::new();
    let cache = heap.object("Cache", 100);
    heap.property(heap.global(), "cache", cache);
    for at in 0..200 {
        let session = heap.object("Session", 100);
        heap.element(cache, at, session);
        let data = heap.object("Data", 50);
        heap.property(session, "data", data);
    }
    let small = heap.object("Small", 1);
    heap.property(cache, "small", small);
    let graph = open(&heap);
    let options = DominatorOptions { depth: 9, ..DominatorOptions::default() };
    let rows = dominators(&graph, at(cache), &options);
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].hidden_children, 1, "the small one");
    let Dominated::Group { class_name, count, shallow_size, retained_size, .. } = &rows[1].item
    else {
        panic!("no group: {rows:?}")
    };
    assert_eq!(
        (class_name.as_str(), *count, *shallow_size, *retained_size),
        ("Session", 200, 20_000, 30_000)
    );
    let ungrouped = DominatorOptions { group_from: usize::MAX, limit: Some(3), ..options };
    assert_eq!(dominators(&graph, at(cache), &ungrouped)[0].hidden_children, 201);
    let all = DominatorOptions { min_share: 0.0, ..DominatorOptions::default() };
    let rows = dominators(&graph, at(cache), &all);
    assert_eq!((rows.len(), rows[0].hidden_children), (3, 0));
}

#[test]
fn a_group_of_proxies_is_called_by_what_they_stand_for() {
    let mut heap = SnapshotBuilder::new();
    let list = heap.object("Array", 16);
    heap.property(heap.global(), "models", list);
    for number in 0..100 {
        let proxy = heap.node("hidden", "system / JSProxy", 32);
        let target = heap.object("Model", 100);
        heap.element(list, number, proxy);
        heap.hidden(proxy, 1, target);
    }
    let name = |heap: &SnapshotBuilder| {
        let rows = dominators(&open(heap), at(list), &DominatorOptions::default());
        let groups = rows.into_iter().filter_map(|row| match row.item {
            Dominated::Group { class_name, count, .. } => Some((class_name, count)),
            Dominated::Object(_) => None,
        });
        groups.collect::<Vec<_>>()
    };
    assert_eq!(name(&heap), [("Proxy of Model".to_owned(), 100)]);
    // What else is V8's own is in the same class.
    let other = heap.node("hidden", "system / Other", 32);
    heap.element(list, 1000, other);
    assert_eq!(name(&heap), [("(system)".to_owned(), 101)]);
}

#[test]
fn what_is_large_alone_is_in_no_group() {
    let mut heap = SnapshotBuilder::new();
    let cache = heap.object("Cache", 100);
    heap.property(heap.global(), "cache", cache);
    for at in 0..300 {
        let entry = heap.object("Entry", if at == 7 { 5000 } else { 50 });
        heap.element(cache, at, entry);
        let data = heap.object("Data", if at == 7 { 5000 } else { 50 });
        heap.property(entry, "data", data);
    }
    let graph = open(&heap);
    let rows = dominators(&graph, at(cache), &DominatorOptions::default());
    let shown: Vec<(u32, u64, u64)> = rows
        .iter()
        .map(|row| match &row.item {
            Dominated::Object(object) => (row.depth, 1, object.retained_size),
            Dominated::Group { count, retained_size, .. } => (row.depth, *count, *retained_size),
        })
        .collect();
    assert_eq!(shown, [(0, 1, 40_000), (1, 299, 29_900), (1, 1, 10_000), (2, 1, 5000)]);
    assert_eq!(rows[0].hidden_children, 0);
}
