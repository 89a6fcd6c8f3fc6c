//! Two heaps held against each other, and a slow twin that is obviously right.

use std::collections::BTreeMap;

use heapglass_analysis::{
    ChangeSort, ClassSeries, CompareOptions, Comparison, ControlledGrowth, GrowthSort, Matching,
    ObjectChanges, changed_objects, compare, controlled_growth, find_changes, is_one_process,
    select_changes, select_growth, select_series, series,
};
use heapglass_graph::Graph;
use heapglass_testkit::{NodeRef, SnapshotBuilder};
use proptest::prelude::*;

use crate::{open, open_bytes};

fn by_ids(base: &Graph, newer: &Graph) -> Comparison {
    compare(base, newer, &CompareOptions { matching: Matching::Ids, grown: 10 })
}

fn changes(comparison: &Comparison, class: &str) -> ObjectChanges {
    let row = comparison.classes.iter().find(|row| row.class_name == class);
    row.and_then(|row| row.objects).expect("the class")
}

/// A cache with a store, and `sessions` with the ids 1001, 1003 …
fn app(store: u64, sessions: std::ops::Range<u64>) -> SnapshotBuilder {
    let mut heap = SnapshotBuilder::new();
    let cache = heap.object("Cache", 40);
    let elements = heap.node("array", "(object elements)", store);
    heap.property(heap.global(), "cache", cache);
    heap.internal(cache, "elements", elements);
    heap.spec(elements).id = 501;
    for at in sessions {
        let session = heap.object("Session", 10);
        heap.spec(session).id = 1001 + 2 * at;
        heap.locate(session, 7, 3, 1);
        heap.element(elements, at as u32, session);
    }
    heap
}

#[test]
fn new_deleted_and_grown_objects_add_up() {
    let (base, newer) = (open(&app(100, 0..5)), open(&app(900, 2..10)));
    let comparison = by_ids(&base, &newer);
    let sessions = changes(&comparison, "Session");
    assert_eq!((sessions.new_count, sessions.allocated_size), (5, 50));
    assert_eq!((sessions.deleted_count, sessions.freed_size), (2, 20));
    let cache = changes(&comparison, "Cache");
    assert_eq!((cache.grown_count, cache.grown_size), (1, 800), "the store counts with its owner");
    assert_eq!(comparison.grown_shallow.len(), 1);
    assert_eq!(comparison.grown_shallow[0].object.class_name, "Cache");
    assert_eq!(comparison.grown.len(), 1, "no object inside another");
    assert_eq!(comparison.grown[0].retained_growth(), 830);
    let sums = comparison.reconciliation;
    assert_eq!((sums.total_delta(), sums.rest), (830, 0));
    assert!(!comparison.wrong_order);
    assert!(by_ids(&newer, &base).wrong_order, "its ids go further");
}

#[test]
fn what_several_variables_of_a_function_hold_is_told_of_each() {
    let heap = |bytes: u64| {
        let mut heap = SnapshotBuilder::new();
        let (run, scope) = (heap.closure("run", 64), heap.object("system / Context", 64));
        heap.property(heap.global(), "run", run);
        heap.internal(run, "context", scope);
        for (at, name) in ["rows", "jobs"].into_iter().enumerate() {
            let (list, store) = (heap.object("Array", 16), heap.node("array", "", 8));
            heap.context(scope, name, list);
            heap.internal(list, "elements", store);
            heap.spec(store).self_size = bytes * (at as u64 + 1);
        }
        open(&heap)
    };
    let comparison = by_ids(&heap(100), &heap(1_000));
    let held: Vec<_> = comparison.grown.iter().map(|grown| grown.held_as.as_deref()).collect();
    assert_eq!(held, [Some("variable jobs"), Some("variable rows")]);
}

#[test]
fn objects_behind_a_row_are_listed() {
    let (base, newer) = (open(&app(100, 0..5)), open(&app(900, 2..10)));
    let comparison = by_ids(&base, &newer);
    let found = find_changes(&comparison.classes, "session").expect("the class");
    let objects = changed_objects(&base, &newer, &comparison, &found, Some(2)).expect("ids");
    assert_eq!((objects.added.count, objects.added.objects.len()), (5, 2));
    let deleted: Vec<u64> = objects.deleted.objects.iter().map(|object| object.id.0).collect();
    assert_eq!(deleted, [1001, 1003]);
    assert!(find_changes(&comparison.classes, "No").is_err());
}

#[test]
fn plain_objects_are_named_as_in_the_newer_snapshot() {
    let plain = |shapes: &[&[&str]]| {
        let mut heap = SnapshotBuilder::new();
        let value = heap.string("v", 8);
        for (at, shape) in shapes.iter().enumerate() {
            let object = heap.object("Object", 16);
            heap.element(heap.global(), at as u32, object);
            for name in *shape {
                heap.property(object, name, value);
            }
        }
        open(&heap)
    };
    // `{a, b}` is a name in the newer snapshot only; the object that both have is no change.
    let base = plain(&[&["a", "b"], &["a"], &["a"]]);
    let newer = plain(&[&["a", "b"], &["a", "b"], &["a", "b"]]);
    let comparison = by_ids(&base, &newer);
    let named = changes(&comparison, "{a, b}");
    assert_eq!((named.new_count, named.deleted_count), (2, 0));
    assert_eq!(changes(&comparison, "Object").deleted_count, 2);
    let read = base.read_as(&base.interfaces());
    let own: Vec<u32> = base.classes().to_vec();
    assert_eq!(read.class, own, "by its own definitions nothing changes");
}

/// A program with its strings: two runs of it have the same classes, not the same ids.
fn run(first_id: u64, script: u32, sessions: u64) -> SnapshotBuilder {
    let mut heap = SnapshotBuilder::new();
    let class = heap.closure("Session", 30);
    let (shared, source) = (heap.node("code", "Session", 8), heap.node("code", "(script)", 8));
    let name = heap.string("file:///app/session.js", 22);
    heap.property(heap.global(), "Session", class);
    heap.internal(class, "shared", shared);
    heap.internal(shared, "script", source);
    heap.internal(source, "name", name);
    heap.locate(class, script, 3, 1);
    for at in 0..sessions {
        let (session, text) = (heap.object("Session", 10), heap.string(&format!("s{at}"), 16));
        heap.spec(text).id = first_id + 2 * at;
        heap.spec(session).id = first_id + 10_000 + 2 * at;
        heap.locate(session, script, 3, 1);
        heap.element(heap.global(), at as u32, session);
        heap.property(session, "text", text);
    }
    heap
}

#[test]
fn two_processes_are_told_by_their_strings() {
    let (one, later, other) =
        (open(&run(1001, 7, 50)), open(&run(1001, 7, 60)), open(&run(1003, 9, 60)));
    assert!(is_one_process(&[&one, &later]));
    assert!(!is_one_process(&[&one, &later, &other]));
    let comparison = compare(&one, &other, &CompareOptions::default());
    assert!(!comparison.by_ids);
    let session = comparison.classes.iter().find(|row| row.class_name == "Session");
    let session = session.expect("the class");
    assert_eq!(session.class_key, "file:///app/session.js,3,1,Session");
    assert_eq!((session.base_count, session.count, session.objects), (50, 60, None));
    assert_eq!((session.count_delta(), session.size_delta()), (10, 100));
    assert_eq!(comparison.reconciliation.rest, 0);
    assert!(changed_objects(&one, &other, &comparison, &[0], None).is_none());
}

/// As `redact` writes it: other letters for each string, as many, and the mark, with the id of the key or without.
fn redacted(mut heap: SnapshotBuilder, key: u8, key_id: Option<&str>) -> Graph {
    let strings: Vec<u32> = (0u32..)
        .zip(heap.nodes())
        .filter(|(_, node)| node.node_type == "string")
        .map(|(at, _)| at)
        .collect();
    for at in strings {
        let name = &mut heap.spec(NodeRef(at)).name;
        *name = name.bytes().map(|byte| char::from(b'a' + (byte ^ key) % 26)).collect();
    }
    let id = key_id.map(|id| format!(",\"key_id\":\"{id}\"")).unwrap_or_default();
    let mark = format!("\"heapglass_redacted\":{{\"policy\":\"strict\"{id}}},\"node_count\"");
    open_bytes(heap.to_json().replacen("\"node_count\"", &mark, 1).as_bytes())
}

#[test]
fn texts_redacted_with_other_keys_are_compared_by_length() {
    let one = redacted(run(1001, 7, 50), 1, Some("k1"));
    let later = || run(1001, 7, 60);
    assert!(is_one_process(&[&one, &redacted(later(), 1, Some("k1"))]));
    assert!(is_one_process(&[&one, &redacted(later(), 2, Some("k2"))]), "by lengths");
    assert!(is_one_process(&[&one, &redacted(later(), 2, None)]), "an older redaction");
    assert!(is_one_process(&[&one, &open(&later())]), "one of them clear");
    assert!(!is_one_process(&[&one, &redacted(later(), 2, Some("k1"))]), "by letters");
    let mut other = run(1001, 9, 60);
    for at in 0..other.nodes().len() as u32 {
        if other.nodes()[at as usize].node_type == "string" {
            other.spec(NodeRef(at)).name.push_str(", and more");
        }
    }
    assert!(!is_one_process(&[&one, &redacted(other, 2, Some("k2"))]), "other lengths");
}

#[test]
fn other_versions_of_v8_are_other_processes() {
    let mut old = run(1001, 7, 50);
    old.layout(heapglass_testkit::Layout::node_12());
    let comparison = compare(&open(&old), &open(&run(1001, 7, 50)), &CompareOptions::default());
    assert!(comparison.evidence.other_runtime && !comparison.by_ids);
}

#[test]
fn several_snapshots_give_a_row_for_each_class() {
    let graphs = [open(&run(1001, 7, 5)), open(&run(1001, 7, 9)), open(&run(1001, 7, 8))];
    let rows = series(&[&graphs[0], &graphs[1], &graphs[2]], true);
    let session = rows.iter().find(|row| row.class_name == "Session").expect("the class");
    assert_eq!(session.counts, [5, 9, 8]);
    assert_eq!(session.sizes, [50, 90, 80]);
    assert_eq!((session.count_delta(), session.growth()), (3, 30));
}

#[test]
fn what_grows_in_the_control_as_well_is_taken_off() {
    let run = |sessions| open(&run(1001, 7, sessions));
    let [a, b, c, d, e] = [run(5), run(30), run(8), run(5), run(20)];
    // What lies between the first and the last does not count.
    for control in [&[&a, &c][..], &[&a, &b, &c]] {
        let rows = controlled_growth(control, &[&d, &e], true);
        let session = rows.iter().find(|row| row.class_name == "Session").expect("the class");
        assert_eq!((session.control_count, session.treatment_count), (3, 15));
        assert_eq!((session.count_delta(), session.growth()), (12, 120));
    }
    assert!(controlled_growth(&[&a], &[&d, &e], true).is_empty());
}

#[test]
fn rows_of_several_snapshots_are_sorted_by_what_is_known_of_them() {
    let row = |name: &str, counts: [u64; 3], sizes: [u64; 3]| ClassSeries {
        class_key: name.to_owned(),
        class_name: name.to_owned(),
        original_name: None,
        counts: counts.to_vec(),
        sizes: sizes.to_vec(),
    };
    let rows = [
        row("B", [1, 9, 1], [10, 90, 500]),
        row("A", [1, 1, 4], [10, 10, 40]),
        row("C", [9, 9, 20], [90, 90, 80]),
    ];
    let names = |sort: ChangeSort| {
        let sorted = select_series(rows.to_vec(), None, sort.by_growth()?);
        Some(sorted.into_iter().map(|row| row.class_name).collect::<String>())
    };
    for (sort, expected) in [
        (ChangeSort::Growth, Some("BAC")),
        (ChangeSort::SizeDelta, Some("BAC")),
        (ChangeSort::Name, Some("ABC")),
        (ChangeSort::Delta, Some("CAB")),
        (ChangeSort::New, None),
        (ChangeSort::Grown, None),
    ] {
        assert_eq!(names(sort).as_deref(), expected, "{sort:?}");
    }
    let grown = |name: &str, control: i64, treatment: i64| ControlledGrowth {
        class_key: name.to_owned(),
        class_name: name.to_owned(),
        original_name: None,
        control_count: 0,
        control_size: control,
        treatment_count: treatment,
        treatment_size: 100,
    };
    let rows = [grown("A", 90, 2), grown("B", 10, 1)];
    for (sort, expected) in
        [(GrowthSort::Growth, "BA"), (GrowthSort::Name, "AB"), (GrowthSort::Delta, "AB")]
    {
        let sorted = select_growth(rows.to_vec(), None, sort).into_iter();
        assert_eq!(sorted.map(|row| row.class_name).collect::<String>(), expected, "{sort:?}");
    }
}

/// New, deleted, allocated, freed, grown and shrunk of each class, from the definition: the objects of
/// each class sorted by id, and merged.
fn twin(base: &Graph, newer: &Graph) -> BTreeMap<String, [u64; 8]> {
    type Side = BTreeMap<String, Vec<(u64, u32, u64)>>;
    let side = |graph: &Graph, class: &dyn Fn(usize) -> String| {
        let mut classes = Side::new();
        for node in graph.nodes().filter(|&node| graph.shallow_size(node) > 0) {
            let entry = (graph.id(node).0, node.0, graph.shallow_size(node));
            classes.entry(class(node.index())).or_default().push(entry);
        }
        classes.values_mut().for_each(|list| list.sort_unstable());
        classes
    };
    let read = base.read_as(&newer.interfaces());
    let before = side(base, &|at| read.classes[read.class[at] as usize].class_key.clone());
    let rows = &newer.overview().classes.rows;
    let after = side(newer, &|at| rows[newer.classes()[at] as usize].class_key.clone());
    let keys: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let none = Vec::new();
    let merge = |key: &String| {
        let (old, new) = (before.get(key).unwrap_or(&none), after.get(key).unwrap_or(&none));
        let (mut i, mut j) = (0, 0);
        let mut sums = [0; 8];
        let add = |sums: &mut [u64; 8], at: usize, size: u64| {
            sums[at] += 1;
            sums[at + 1] = sums[at + 1].saturating_add(size);
        };
        while i < old.len() || j < new.len() {
            let only_old = j == new.len() || i < old.len() && old[i].0 < new[j].0;
            let only_new = i == old.len() || j < new.len() && new[j].0 < old[i].0;
            if only_old {
                add(&mut sums, 2, old[i].2);
                i += 1;
            } else if only_new {
                add(&mut sums, 0, new[j].2);
                j += 1;
            } else {
                match (old[i].2, new[j].2) {
                    (a, b) if b > a => add(&mut sums, 4, b - a),
                    (a, b) if b < a => add(&mut sums, 6, a - b),
                    _ => {}
                }
                i += 1;
                j += 1;
            }
        }
        sums
    };
    keys.into_iter().map(|key| (key.clone(), merge(key))).collect()
}

/// The same figures of the comparison.
fn figures(comparison: &Comparison) -> BTreeMap<String, [u64; 8]> {
    let rows = comparison.classes.iter().map(|row| {
        let o = row.objects.expect("matched by ids");
        let figures = [
            o.new_count,
            o.allocated_size,
            o.deleted_count,
            o.freed_size,
            o.grown_count,
            o.grown_size,
            o.shrunk_count,
            o.shrunk_size,
        ];
        (row.class_key.clone(), figures)
    });
    rows.collect()
}

/// Gives some nodes other ids, other sizes, or the ids of others.
fn change(heap: &mut SnapshotBuilder, draws: &[(u8, u32, u64)], duplicates: bool) {
    let count = heap.nodes().len() as u32;
    for &(what, at, size) in draws {
        let node = NodeRef(at % count);
        match what {
            0 => heap.spec(node).id += 100_000,
            1 => heap.spec(node).id += 1 << 33,
            2 if duplicates => {
                let other = heap.id(NodeRef(size as u32 % count));
                heap.spec(node).id = other;
            }
            _ => heap.spec(node).self_size = size,
        }
    }
}

fn draws() -> impl Strategy<Value = Vec<(u8, u32, u64)>> {
    prop::collection::vec((0u8..5, any::<u32>(), 0u64..200), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn comparisons_are_those_of_the_twin(
        heap in heapglass_testkit::random::strange_heap(40),
        other in prop_oneof![
            3 => Just(None),
            1 => heapglass_testkit::random::strange_heap(40).prop_map(Some),
        ],
        draws in draws(),
        duplicates in any::<bool>(),
    ) {
        let mut newer = other.unwrap_or_else(|| heap.clone());
        change(&mut newer, &draws, duplicates);
        let (base, newer) = (open(&heap), open(&newer));
        let comparison = by_ids(&base, &newer);
        prop_assert_eq!(figures(&comparison), twin(&base, &newer));
        prop_assert_eq!(comparison.reconciliation.rest, 0);
        for (at, grown) in comparison.grown.iter().enumerate() {
            for other in &comparison.grown[at + 1..] {
                let (a, b) = (grown.object.ordinal, other.object.ordinal);
                prop_assert!(!newer.dominates(a, b) && !newer.dominates(b, a));
            }
        }
        let all = select_changes(&comparison.classes, None, ChangeSort::Growth, None);
        let order = |growth: i64| {
            (growth == 0, growth < 0, std::cmp::Reverse(growth.unsigned_abs()))
        };
        prop_assert!(all.rows.is_sorted_by_key(|row| order(row.growth())));
    }

    #[test]
    fn a_snapshot_does_not_differ_from_itself(heap in heapglass_testkit::random::strange_heap(40)) {
        let graph = open(&heap);
        let comparison = by_ids(&graph, &graph);
        prop_assert!(comparison.classes.iter().all(|row| !row.is_change()));
        prop_assert!(comparison.grown.is_empty() && comparison.grown_shallow.is_empty());
        let apart = series(&[&graph, &graph], false);
        prop_assert!(apart.iter().all(|row| row.growth() == 0 && row.count_delta() == 0));
        let read = graph.read_as(&graph.interfaces());
        let key = |at: u32| &graph.overview().classes.rows[at as usize].class_key;
        for (&own, &again) in graph.classes().iter().zip(&read.class) {
            prop_assert_eq!(key(own), &read.classes[again as usize].class_key);
        }
    }
}
