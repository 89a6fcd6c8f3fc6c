use heapglass_analysis::{
    ClassSort, Error, Filter, NodeSet, SummaryOptions, VerdictOptions, class_pattern,
    filtered_classes, find_classes, instances, native_contexts, nodes_passing, summarize, verdict,
};
use heapglass_graph::{Graph, Ordinal};
use heapglass_testkit::SnapshotBuilder;

use crate::{at, open};

fn passing(graph: &Graph, filter: Filter) -> Vec<Ordinal> {
    nodes_passing(graph, filter).expect("a filter").iter().collect()
}

#[test]
fn duplicated_strings_are_equal_texts() {
    let mut heap = SnapshotBuilder::new();
    let one = heap.string("hello world", 32);
    let two = heap.string("hello world", 32);
    let empty_size = heap.string("hello world", 0);
    let (hello, world) = (heap.string("hello ", 24), heap.string("world", 24));
    let cons = heap.cons_string(hello, world, 32);
    let nothing = heap.string("", 16);
    let flat = heap.cons_string(one, nothing, 32);
    let alone = heap.string("alone", 24);
    for (at, node) in [one, two, empty_size, cons, flat, alone].into_iter().enumerate() {
        heap.element(heap.global(), at as u32, node);
    }
    assert_eq!(passing(&open(&heap), Filter::DuplicatedStrings), [one, two, cons].map(at));
}

#[test]
fn truncated_strings_are_equal_if_the_whole_is() {
    let mut heap = SnapshotBuilder::new();
    let string = |heap: &mut SnapshotBuilder, length: &str, hash: &str| {
        let string = heap.string("the first part", 2000);
        for (name, kind, value) in
            [("truncated", "bool", "true"), ("length", "int", length), ("hash", "int", hash)]
        {
            let number = heap.number(kind, value);
            heap.internal(string, name, number);
        }
        heap.element(heap.global(), 1, string);
        string
    };
    let one = string(&mut heap, "5000", "77");
    let other_hash = string(&mut heap, "5000", "78");
    let two = string(&mut heap, "5000", "77");
    let other_length = string(&mut heap, "5001", "77");
    let whole = heap.string("the first part", 24);
    heap.element(heap.global(), 2, whole);
    let _ = (other_hash, other_length);
    assert_eq!(passing(&open(&heap), Filter::DuplicatedStrings), [one, two].map(at));
}

#[test]
fn a_string_joined_a_million_times_is_read_in_time() {
    let mut heap = SnapshotBuilder::new();
    let mut text = heap.string("start", 24);
    let part = heap.string("part", 24);
    for _ in 0..100_000 {
        text = heap.cons_string(text, part, 32);
    }
    heap.property(heap.global(), "text", text);
    let graph = open(&heap);
    // All that are long enough to be cut off at the same place look alike.
    assert!(passing(&graph, Filter::DuplicatedStrings).len() > 99_000);
}

#[test]
fn what_only_contexts_hold() {
    let mut heap = SnapshotBuilder::new();
    let closure = heap.closure("f", 64);
    let context = heap.object("system / Context / f", 40);
    let (held, shared) = (heap.object("Held", 16), heap.object("Shared", 16));
    let lost = heap.object("Lost", 16);
    heap.property(heap.global(), "f", closure);
    heap.internal(closure, "context", context);
    heap.context(context, "held", held);
    heap.context(context, "shared", shared);
    heap.property(heap.global(), "shared", shared);
    heap.weak(heap.global(), "lost", lost);
    assert_eq!(passing(&open(&heap), Filter::RetainedByContexts), [context, held].map(at));
}

#[test]
fn what_only_detached_nodes_hold() {
    let mut heap = SnapshotBuilder::new();
    let detached = heap.node("native", "HTMLDivElement", 40);
    heap.detachedness(detached, 2);
    let held = heap.object("Held", 16);
    heap.property(heap.global(), "kept", detached);
    heap.property(detached, "held", held);
    assert_eq!(passing(&open(&heap), Filter::RetainedByDetachedDomNodes), [detached, held].map(at));
}

#[test]
fn what_only_the_console_holds() {
    let mut heap = SnapshotBuilder::new();
    let handles = heap.node("synthetic", "(Global handles)", 0);
    heap.element(heap.gc_roots(), 2, handles);
    let (logged, number) = (heap.object("Logged", 16), heap.object("Numbered", 16));
    heap.internal(handles, "x / DevTools console", logged);
    heap.shortcut(handles, "3 / DevTools console", number);
    assert_eq!(passing(&open(&heap), Filter::RetainedByConsole), [at(logged)]);
}

#[test]
fn what_only_event_handlers_hold() {
    let mut heap = SnapshotBuilder::new();
    let listener = |heap: &mut SnapshotBuilder, number: u32| {
        let listener = heap.node("native", "V8EventListener", 32);
        heap.element(heap.global(), number, listener);
        listener
    };
    let code = heap.node("code", "(code)", 8);
    heap.property(heap.global(), "code", code);
    let plain = listener(&mut heap, 1);
    let handler = heap.closure("onClick", 64);
    let held = heap.object("Held", 16);
    heap.edge(plain, "internal", "1", handler);
    heap.internal(handler, "code", code);
    heap.property(handler, "held", held);
    let wrapped = listener(&mut heap, 2);
    let wrapper = heap.object("Wrapper", 16);
    let inner = heap.closure("inner", 64);
    heap.element(wrapped, 1, wrapper);
    heap.property(wrapper, "handler", inner);
    heap.internal(inner, "code", code);
    assert_eq!(
        passing(&open(&heap), Filter::RetainedByEventHandlers),
        [handler, held, inner].map(at)
    );
}

#[test]
fn id_ranges_leave_out_their_start() {
    let mut heap = SnapshotBuilder::new();
    let nodes = [1, 2, 3].map(|_| heap.object("A", 8));
    for node in nodes {
        heap.property(heap.global(), "a", node);
    }
    let (min, max) = (heap.id(nodes[0]), heap.id(nodes[2]));
    assert_eq!(passing(&open(&heap), Filter::IdRange { min, max }), [nodes[1], nodes[2]].map(at));
}

#[test]
fn a_filtered_class_counts_what_passes() {
    let mut heap = SnapshotBuilder::new();
    let outer = heap.object("A", 10);
    let inner = heap.object("A", 20);
    let between = heap.object("B", 5);
    heap.property(heap.global(), "outer", outer);
    heap.property(outer, "between", between);
    heap.property(between, "inner", inner);
    let graph = open(&heap);
    let class = find_classes(&graph.overview().classes, "A").expect("a class")[0];
    assert_eq!(graph.class_row(class).retained_size, 35, "the inner one lies in the outer one");

    let (min, max) = (heap.id(outer), heap.id(between));
    let set = nodes_passing(&graph, Filter::IdRange { min, max }).expect("a filter");
    let table = filtered_classes(&graph, &set);
    let row = table.row(class);
    assert_eq!((row.count, row.shallow_size, row.retained_size, row.distance), (1, 20, 20, 4));
}

#[test]
fn tables_are_sorted_filtered_and_cut() {
    let mut heap = SnapshotBuilder::new();
    for (class, size, count) in [("Apple", 10, 3), ("apricot", 50, 1), ("Cherry", 1, 9)] {
        for _ in 0..count {
            let node = heap.object(class, size);
            heap.property(heap.global(), "x", node);
        }
    }
    let graph = open(&heap);
    let names = |options: &SummaryOptions| -> Vec<String> {
        summarize(&graph.overview().classes, options)
            .rows
            .into_iter()
            .map(|row| row.row.class_name)
            .collect()
    };
    let by = |sort| SummaryOptions { sort, ..SummaryOptions::default() };
    assert_eq!(names(&by(ClassSort::RetainedSize)), ["apricot", "Apple", "Cherry"]);
    assert_eq!(names(&by(ClassSort::Count)), ["Cherry", "Apple", "apricot"]);
    assert_eq!(names(&by(ClassSort::Name)), ["Apple", "Cherry", "apricot"]);
    let pattern = SummaryOptions {
        pattern: Some(class_pattern("^ap").expect("a pattern")),
        limit: Some(1),
        ..by(ClassSort::Count)
    };
    assert_eq!(names(&pattern), ["Apple"]);
    let summary = summarize(&graph.overview().classes, &pattern);
    assert_eq!((summary.class_count, summary.object_count, summary.shallow_size), (2, 4, 80));
    assert!(matches!(class_pattern("("), Err(Error::Pattern(_))));
    assert!(matches!(find_classes(&graph.overview().classes, "Pear"), Err(Error::NoSuchClass(_))));
    let apples = find_classes(&graph.overview().classes, "APPLE").expect("whatever the case");
    let found = instances(&graph, &apples, None, Some(2));
    assert_eq!((found.objects.len(), found.count, found.shallow_size), (2, 3, 30));
}

#[test]
fn sums_of_sizes_stop_where_64_bits_do() {
    let mut heap = SnapshotBuilder::new();
    for number in 0..3 {
        let object = heap.object("Huge", 1 << 63);
        heap.element(heap.global(), number, object);
        let element = heap.node("native", "<div>", 1 << 63);
        heap.detachedness(element, 2);
        heap.element(heap.global(), 10 + number, element);
    }
    let graph = open(&heap);
    let table = filtered_classes(&graph, &NodeSet::from_fn(graph.node_count(), |_| true));
    let huge = table.rows.iter().find(|row| row.class_name == "Huge").expect("the class");
    assert_eq!((huge.count, huge.shallow_size, huge.retained_size), (3, u64::MAX, u64::MAX));
    assert_eq!(summarize(&table, &SummaryOptions::default()).shallow_size, u64::MAX);
    assert_eq!(native_contexts(&graph).unattributed_size, u64::MAX);
    let told = verdict(&graph, &VerdictOptions::default());
    assert_eq!(told.detached.map(|detached| detached.retained_size), Some(u64::MAX));
}
