//! Native memory that grows, with and without a growing object that holds it.

use heapglass_analysis::{LeakKind, LeakVerdict};
use heapglass_graph::Graph;
use heapglass_testkit::SnapshotBuilder;

use crate::leaks::ask;
use crate::leaks_behind_node::{list_of_natives, streams};
use crate::open;

/// Native objects that nothing but Node's list holds. As in a real snapshot none keeps its id: `round` is in them.
fn natives(round: u64, count: u64, size: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let list = list_of_natives(&mut heap);
    for number in 0..count {
        let native = heap.node("native", "Node / QuicSession", size);
        heap.spec(native).id = 1_000_000 * (round + 1) + 2 * number;
        heap.edge(list, "element", &number.to_string(), native);
    }
    let request = heap.object("Request", 16);
    heap.spec(request).id = 10_001 + 2 * round;
    heap.property(heap.global(), "current", request);
    open(&heap)
}

#[test]
fn native_objects_that_get_more_are_native_memory() {
    let report = ask(&[natives(0, 50, 600), natives(1, 100, 600), natives(2, 150, 600)]);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert_eq!(
        (suspect.kind, suspect.class_name.as_str()),
        (LeakKind::NativeMemory, "Node / QuicSession")
    );
    assert_eq!((suspect.instance_count, suspect.count_per_interval), (100, 50.0));
    assert_eq!(suspect.bytes_per_interval, 30_000.0);
    let sizes: Vec<u64> = suspect.series.iter().map(|at| at.retained_size).collect();
    assert_eq!(sizes, [30_000, 60_000, 90_000]);
    assert!(suspect.line.contains("cleanup_queue"), "{}", suspect.line);
    assert_eq!(report.verdict, LeakVerdict::Leak);
}

#[test]
fn native_objects_have_not_turned_over_because_their_ids_are_new() {
    let report = ask(&[natives(0, 150, 600), natives(1, 300, 600)]);
    let first = report.suspects.first().map(|suspect| suspect.kind);
    assert_eq!((report.verdict, first), (LeakVerdict::NotEnoughData, Some(LeakKind::NativeMemory)));
}

#[test]
fn few_bytes_and_bytes_that_stay_are_no_native_memory() {
    for sizes in [[20, 25, 30], [150, 150, 150], [50, 150, 151]] {
        let snapshots: Vec<Graph> =
            (0..).zip(sizes).map(|(round, count)| natives(round, count, 600)).collect();
        assert_eq!(ask(&snapshots).suspects.len(), 0, "{sizes:?}");
    }
}

/// A parser that is there from the beginning, with native memory that grows.
fn arena(round: u64, size: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let parser = heap.object("Parser", 40);
    let native = heap.node("native", "Node / Arena", size);
    heap.spec(native).id = 1_000_000 * (round + 1);
    heap.property(heap.global(), "parser", parser);
    heap.property(parser, "_handle", native);
    let request = heap.object("Request", 16);
    heap.spec(request).id = 10_001 + 2 * round;
    heap.property(heap.global(), "current", request);
    open(&heap)
}

#[test]
fn a_native_object_that_gets_larger_is_told_with_what_holds_it() {
    let report = ask(&[arena(0, 100_000), arena(1, 200_000), arena(2, 300_000)]);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert_eq!((suspect.kind, suspect.instance_count), (LeakKind::NativeMemory, 0));
    assert_eq!(suspect.bytes_per_interval, 100_000.0);
    assert!(suspect.line.starts_with("global.parser"), "{}", suspect.line);
    assert_eq!(report.verdict, LeakVerdict::Probable);
}

#[test]
fn native_objects_of_what_the_program_gathers_are_no_leak_of_their_own() {
    let report = ask(&[streams(60), streams(120), streams(180)]);
    assert!(!report.suspects.is_empty());
    let native = report.suspects.iter().filter(|leak| leak.kind == LeakKind::NativeMemory);
    assert_eq!(native.count(), 0, "{:?}", report.suspects);
}

/// Ports that nobody closes: the program's object and the queue hang on Node's part of it.
fn ports(round: u64, count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let list = list_of_natives(&mut heap);
    for number in 0..count {
        let port = heap.object("MessagePort", 700);
        let node = heap.node("native", "Node / MessagePort", 100);
        let data = heap.node("native", "Node / MessagePortData", 500);
        heap.spec(port).id = 10_001 + 2 * number;
        heap.spec(node).id = 1_000_000 * (round + 1) + 4 * number;
        heap.spec(data).id = 1_000_000 * (round + 1) + 4 * number + 2;
        heap.edge(list, "element", &number.to_string(), node);
        heap.internal(node, "native_to_javascript", port);
        heap.internal(node, "data", data);
    }
    open(&heap)
}

#[test]
fn what_hangs_on_nodes_part_of_what_grows_is_no_leak_of_its_own() {
    let report = ask(&[ports(0, 50), ports(1, 100), ports(2, 150)]);
    let classes: Vec<&str> =
        report.suspects.iter().map(|suspect| suspect.class_name.as_str()).collect();
    assert!(classes.contains(&"MessagePort"), "{classes:?}");
    assert!(!classes.contains(&"Node / MessagePortData"), "{classes:?}");
}
