//! One leak that one object keeps account of in several places is one suspect.

use heapglass_analysis::{LeakKind, LeakReport};
use heapglass_graph::Graph;
use heapglass_testkit::SnapshotBuilder;

use crate::leaks::ask;
use crate::open;
use crate::support::{chain, dated, field, function, table_of};

fn classes(report: &LeakReport) -> Vec<&str> {
    report.suspects.iter().map(|suspect| suspect.class_name.as_str()).collect()
}

/// A table whose class is written in `file`, with keys in one list and values in another; so many of each have come in every
/// interval up to the snapshot of this number.
fn table(file: &str, (keys, values): (u64, u64), snapshot: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let constructor = function(&mut heap, 1, file, "Table");
    heap.property(heap.global(), "Table", constructor);
    let table = chain(&mut heap, &[("table", "Table")]);
    heap.locate(table, 1, 9, 2);
    let lists = ["keys", "values"].map(|name| field(&mut heap, table, name, "Array"));
    for (list, (class, size, count)) in
        lists.into_iter().zip([("Key", 100, keys), ("Value", 300, values)])
    {
        for number in 0..snapshot * count {
            let id = 100_000 * (number / count + 1) + 4 * number + size / 100;
            let object = dated(&mut heap, class, size, id);
            heap.element(list, number as u32, object);
        }
    }
    open(&heap)
}

#[test]
fn what_a_package_keeps_of_one_thing_in_two_fields_is_one_leak() {
    let of = |file: &str, counts: (u64, u64)| {
        ask(&[1, 2, 3].map(|snapshot| table(file, counts, snapshot)))
    };
    let package = "/app/node_modules/parsers/table.js";
    let report = of(package, (50, 50));
    assert_eq!(classes(&report), ["Value"]);
    let [companion] = report.suspects[0].comes_with.as_slice() else { panic!("{report:?}") };
    assert_eq!(companion.class_name, "Key");
    assert_eq!(report.suspects[0].bytes_per_interval, 50.0 * 400.0);
    // An application's own object may have two leaks.
    assert_eq!(classes(&of("/app/table.js", (50, 50))), ["Value", "Key"]);
    // What does not come together is not one thing.
    assert_eq!(classes(&of(package, (50, 100))), ["Value", "Key"]);
}

/// Selectors in a Map, each with a WeakMap from the state of all to a result.
fn selectors(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let all = chain(&mut heap, &[("selectors", "Map")]);
    let entries = table_of(&mut heap, all);
    let state = chain(&mut heap, &[("state", "State")]);
    for number in 0..count {
        let id = 10_001 + 8 * number;
        let selector = dated(&mut heap, "Selector", 200, id);
        let cache = dated(&mut heap, "WeakMap", 16, id + 2);
        let pairs = heap.node("array", "", 32);
        heap.spec(pairs).id = id + 4;
        let result = dated(&mut heap, "Result", 300, id + 6);
        heap.internal(entries, &number.to_string(), selector);
        heap.property(selector, "cache", cache);
        heap.internal(cache, "table", pairs);
        heap.weak_map_entry(pairs, state, result);
    }
    open(&heap)
}

#[test]
fn what_the_key_of_many_weak_maps_dominates_is_of_those_who_have_them() {
    let report = ask(&[selectors(50), selectors(100), selectors(150)]);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", classes(&report)) };
    assert!(suspect.line.starts_with("global.selectors : Map → "), "{}", suspect.line);
}

/// A hook whose functions are in a list of what is called, made anew with each, beside the list of who wants to be called; at
/// the snapshot of this number.
fn hook(snapshot: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let hook = chain(&mut heap, &[("compiler", "Compiler"), ("done", "Hook")]);
    let taps = field(&mut heap, hook, "taps", "Array");
    let called = dated(&mut heap, "Array", 16, 100_000 * snapshot + 50_001);
    heap.property(hook, "called", called);
    for number in 0..50 * snapshot {
        let id = 100_000 * (number / 50 + 1) + 4 * number;
        let (tap, plugin) =
            (dated(&mut heap, "Tap", 16, id + 1), dated(&mut heap, "Plugin", 300, id + 3));
        heap.element(taps, number as u32, tap);
        heap.property(tap, "fn", plugin);
        heap.element(called, number as u32, plugin);
    }
    open(&heap)
}

#[test]
fn of_two_that_are_as_near_the_collection_gathers_and_not_the_object_above() {
    let report = ask(&[hook(1), hook(2), hook(3)]);
    let first = report.suspects.first().expect("a leak");
    assert_eq!((first.kind, first.class_name.as_str()), (LeakKind::GrowingArray, "Plugin"));
    assert_eq!(first.line, "global.compiler.done.taps : Array → [100 × Plugin]");
}

/// Watchers of one file, each with a handler in either of two Sets.
fn watchers(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let watch = chain(&mut heap, &[("watch", "Watch")]);
    let sets = ["changed", "failed"].map(|name| {
        let set = field(&mut heap, watch, name, "Set");
        let table = heap.node("array", "", 64 * count);
        heap.internal(set, "table", table);
        table
    });
    for number in 0..count {
        let watcher = dated(&mut heap, "Watcher", 500, 10_001 + 6 * number);
        for (at, table) in (1..).zip(sets) {
            let handler = dated(&mut heap, "Handler", 16, 10_001 + 6 * number + 2 * at);
            heap.internal(table, &number.to_string(), handler);
            heap.property(handler, "watcher", watcher);
            heap.property(watcher, &format!("handler {at}"), handler);
        }
    }
    open(&heap)
}

#[test]
fn a_set_of_what_refers_to_what_grows_is_no_second_leak() {
    let report = ask(&[watchers(50), watchers(100), watchers(150)]);
    assert_eq!(report.suspects.first().map(|first| first.class_name.as_str()), Some("Watcher"));
    let empty = report.suspects.iter().filter(|suspect| suspect.instance_count == 0);
    assert_eq!(empty.count(), 0, "{:?}", classes(&report));
}

/// Handlers that an emitter of a package's own keeps, each with an application's function.
fn podium(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let handlers = chain(&mut heap, &[("podium", "Podium"), ("handlers", "Array")]);
    let on_response = function(&mut heap, 1, "/app/server.js", "onResponse");
    for number in 0..count {
        let handler = dated(&mut heap, "Object", 100, 10_001 + 2 * number);
        heap.property(handler, "listener", on_response);
        heap.element(handlers, number as u32, handler);
    }
    open(&heap)
}

#[test]
fn objects_that_keep_a_listener_are_listeners() {
    let report = ask(&[podium(50), podium(100), podium(150)]);
    let first = report.suspects.first().expect("a leak");
    assert_eq!(
        (first.kind, first.script.as_deref()),
        (LeakKind::Listeners, Some("/app/server.js"))
    );
}

/// Streams of a package that stands for Node's own, which listen to a log that is the application's.
fn piped(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let transform = "/app/node_modules/readable-stream/lib/transform.js";
    for (number, file, name) in [(1, "/app/log.js", "Log"), (2, transform, "Transform")] {
        let constructor = function(&mut heap, number, file, name);
        heap.property(heap.global(), name, constructor);
    }
    let log = chain(&mut heap, &[("log", "Log")]);
    heap.locate(log, 1, 9, 2);
    let events = field(&mut heap, log, "_events", "Object");
    let listeners = field(&mut heap, events, "unpipe", "Array");
    for number in 0..count {
        let stream = dated(&mut heap, "Transform", 300, 10_001 + 2 * number);
        heap.locate(stream, 2, 9, 2);
        heap.element(listeners, number as u32, stream);
    }
    open(&heap)
}

#[test]
fn where_a_class_of_streams_is_written_says_nothing_of_who_forgets_them() {
    let report = ask(&[piped(50), piped(100), piped(150)]);
    let first = report.suspects.first().expect("a leak");
    assert_eq!((first.kind, first.script.as_deref()), (LeakKind::Listeners, Some("/app/log.js")));
}
