//! What grows and is held by several: which of them gathers it, and which are only in the way.

use heapglass_analysis::{LeakKind, LeakReport, LeakSuspect, LeakVerdict};
use heapglass_graph::Graph;
use heapglass_testkit::SnapshotBuilder;

use crate::leaks::ask;
use crate::open;
use crate::support::{chain, dated, field, function, timers_list};

/// A hub that keeps each handler as a listener and, with what it listens to, under a number.
fn hub(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let hub = chain(&mut heap, &[("hub", "Hub")]);
    let emitter = field(&mut heap, hub, "emitter", "EventEmitter");
    let events = field(&mut heap, emitter, "_events", "Object");
    let listeners = field(&mut heap, events, "message", "Array");
    let subscriptions = field(&mut heap, hub, "subscriptions", "Object");
    for number in 0..count {
        let handler = dated(&mut heap, "Handler", 200, 10_001 + 4 * number);
        let pair = dated(&mut heap, "Pair", 16, 10_003 + 4 * number);
        heap.element(listeners, number as u32, handler);
        heap.property(subscriptions, &format!("s{number}"), pair);
        heap.property(pair, "handler", handler);
    }
    open(&heap)
}

#[test]
fn what_two_fields_of_an_object_hold_is_gathered_by_the_nearer_one() {
    let report = ask(&[hub(50), hub(100), hub(150)]);
    let first = report.suspects.first().expect("a leak");
    assert_eq!((first.class_name.as_str(), first.instance_count), ("Handler", 100));
    assert_eq!(
        (first.accumulation_point.class_name.as_str(), first.kind),
        ("Array", LeakKind::Listeners)
    );
    assert!(first.line.contains("_events.message : Array → "), "{}", first.line);
    // What the hub retains of them: the list alone retains none.
    assert!(first.bytes_per_interval >= 50.0 * 200.0, "{}", first.bytes_per_interval);
}

/// Requests that wait in an array, each with a timer that ends its waiting.
fn waiting(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let timers = timers_list(&mut heap);
    let queue = chain(&mut heap, &[("app", "App"), ("pool", "Pool"), ("pending", "Array")]);
    for number in 0..count {
        let timeout = dated(&mut heap, "Timeout", 64, 10_001 + 6 * number);
        let request = dated(&mut heap, "Request", 200, 10_003 + 6 * number);
        let deferred = dated(&mut heap, "Deferred", 300, 10_005 + 6 * number);
        heap.element(timers, number as u32, timeout);
        heap.property(timeout, "_onTimeout", deferred);
        heap.property(request, "timer", timeout);
        heap.property(request, "deferred", deferred);
        heap.element(queue, number as u32, request);
    }
    open(&heap)
}

#[test]
fn what_waits_in_a_queue_until_a_timer_ends_it_is_the_queues() {
    let report = ask(&[waiting(50), waiting(100), waiting(150)]);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert!(suspect.line.contains("app.pool.pending : Array → "), "{}", suspect.line);
    // With what it would retain if the timers did not hold it too.
    assert!(suspect.bytes_per_interval >= 50.0 * 500.0, "{}", suspect.bytes_per_interval);
}

/// Sessions in an array, of which every third has a timer as well.
fn timed_in_part(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let timers = timers_list(&mut heap);
    let store = chain(&mut heap, &[("app", "App"), ("pool", "Pool"), ("store", "Store")]);
    let sessions = field(&mut heap, store, "sessions", "Array");
    for number in 0..count {
        let session = dated(&mut heap, "Session", 400, 10_001 + 4 * number);
        heap.element(sessions, number as u32, session);
        if number % 3 == 0 {
            let timeout = dated(&mut heap, "Timeout", 24, 10_003 + 4 * number);
            heap.element(timers, number as u32, timeout);
            heap.property(timeout, "_onTimeout", session);
        }
    }
    open(&heap)
}

#[test]
fn what_timers_hold_too_counts_once() {
    let report = ask(&[timed_in_part(60), timed_in_part(120), timed_in_part(180)]);
    let first = report.suspects.first().expect("a leak");
    assert_eq!(first.accumulation_point.class_name, "Array");
    assert_eq!(first.bytes_per_interval, 60.0 * 400.0);
}

/// A list of links, and a table that refers to each of them.
fn indexed(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let store = chain(&mut heap, &[("store", "Store")]);
    let items = field(&mut heap, store, "items", "Array");
    let index = field(&mut heap, store, "index", "Map");
    let table = heap.node("array", "", 64 * count);
    heap.internal(index, "table", table);
    for number in 0..count {
        let item = dated(&mut heap, "Item", 64, 10_001 + 4 * number);
        let body = dated(&mut heap, "Body", 100, 10_003 + 4 * number);
        heap.element(items, number as u32, item);
        heap.property(item, "body", body);
        heap.internal(table, &number.to_string(), body);
        heap.property(body, "item", item);
    }
    open(&heap)
}

#[test]
fn an_index_of_what_grows_is_no_second_leak() {
    let report = ask(&[indexed(50), indexed(100), indexed(150)]);
    let first = report.suspects.first().expect("a leak");
    assert!(first.instance_count > 0, "{first:?}");
    let empty = report.suspects.iter().filter(|suspect| suspect.instance_count == 0);
    assert_eq!(empty.count(), 0, "{:?}", report.suspects);
}

/// Plain objects that a Map and fields of an application hold, and jobs that it holds with somebody else.
fn beside_jobs(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let roots = heap.gc_roots();
    let app = chain(&mut heap, &[("app", "App")]);
    let map = field(&mut heap, app, "byId", "Map");
    let table = heap.node("array", "", 200 * count);
    heap.internal(map, "table", table);
    for number in 0..count {
        let entry = dated(&mut heap, "Object", 8, 10_001 + 4 * number);
        let job = dated(&mut heap, "Job", 400, 10_003 + 4 * number);
        heap.internal(table, &number.to_string(), entry);
        heap.property(app, &format!("entry {number}"), entry);
        heap.property(app, &format!("job {number}"), job);
        heap.element(roots, number as u32, job);
    }
    open(&heap)
}

#[test]
fn a_table_of_other_objects_is_no_index_of_a_class_that_grows() {
    let report = ask(&[beside_jobs(50), beside_jobs(100), beside_jobs(150)]);
    let is_job = |suspect: &LeakSuspect| suspect.class_name == "Job";
    let is_map = |suspect: &LeakSuspect| suspect.line.contains("app.byId : Map");
    assert!(report.suspects.iter().any(is_job), "{:?}", report.suspects);
    assert!(report.suspects.iter().any(is_map), "{:?}", report.suspects);
}

/// A set of weak references to so many requests, whose table weighs so much.
fn weak_set(keys: u64, table_size: u64, is_gathered: bool) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let set = chain(&mut heap, &[("seen", "WeakSet")]);
    let table = heap.node("array", "", table_size);
    heap.internal(set, "table", table);
    let alive = chain(&mut heap, &[("alive", "Array")]);
    for number in 0..keys {
        let request = dated(&mut heap, "Request", 64, 10_001 + 2 * number);
        match is_gathered {
            true => heap.element(alive, number as u32, request),
            false => heap.element(heap.gc_roots(), number as u32, request),
        }
        heap.weak(table, &number.to_string(), request);
    }
    open(&heap)
}

fn weak(report: &LeakReport) -> usize {
    report.suspects.iter().filter(|suspect| suspect.kind == LeakKind::GrowingWeakMap).count()
}

#[test]
fn a_weak_table_that_is_larger_than_its_keys_need_is_no_leak() {
    let report = ask(&[4000, 8000, 16_000].map(|size| weak_set(10, size, true)));
    assert_eq!(report.verdict, LeakVerdict::NoLeak, "{:?}", report.suspects);
}

#[test]
fn a_weak_collection_is_no_second_leak_beside_what_keeps_its_keys() {
    let grown = [(100, 4000), (200, 8000), (400, 16_000)];
    let report = ask(&grown.map(|(keys, size)| weak_set(keys, size, true)));
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert!(suspect.line.contains("alive : Array → "), "{}", suspect.line);
    // Where nobody is seen to keep them it is said.
    let report = ask(&grown.map(|(keys, size)| weak_set(keys, size, false)));
    assert_eq!(weak(&report), 1, "{:?}", report.suspects);
}

/// A set of so many texts that turn over, whose table weighs so much.
fn turning(first: u64, count: u64, table_size: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let set = chain(&mut heap, &[("recent", "Set")]);
    let table = heap.node("array", "", table_size);
    heap.internal(set, "table", table);
    let users = chain(&mut heap, &[("users", "Array")]);
    for number in first..first + count {
        let text = heap.string(&format!("user {number}"), 8);
        heap.spec(text).id = 10_001 + 2 * number;
        heap.internal(table, &(number - first).to_string(), text);
        heap.element(users, (number - first) as u32, text);
    }
    open(&heap)
}

#[test]
fn a_table_of_as_many_entries_as_before_is_no_leak() {
    let report =
        ask(&[turning(0, 300, 8000), turning(200, 300, 20_000), turning(500, 300, 40_000)]);
    assert_eq!(report.verdict, LeakVerdict::NoLeak, "{:?}", report.suspects);
    let report = ask(&[turning(0, 300, 8000), turning(0, 600, 20_000), turning(0, 1200, 40_000)]);
    assert_eq!(report.verdict, LeakVerdict::Leak);
}

/// A class whose heirs are as many, with what V8 keeps of them.
fn prototype(is_inherited: bool, size: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let parent = chain(&mut heap, &[("parent", "Base")]);
    let heir = chain(&mut heap, &[("heir", "Heir")]);
    let users = heap.node("array", "", size);
    heap.internal(parent, "users", users);
    let name = if is_inherited { "__proto__" } else { "first" };
    heap.property(heir, name, parent);
    open(&heap)
}

#[test]
fn what_v8_keeps_of_a_prototypes_heirs_is_no_leak() {
    let of = |is_inherited: bool| {
        let sizes = [100_000, 200_000, 300_000];
        ask(&sizes.map(|size| prototype(is_inherited, size)))
    };
    assert_eq!(of(true).verdict, LeakVerdict::NoLeak);
    assert_eq!(of(false).verdict, LeakVerdict::Leak);
}

/// A function with an array that its code of two kinds shares.
fn compiled(array: &str, size: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let (parse, inner) = (heap.closure("parse", 64), heap.node("array", array, size));
    heap.property(heap.global(), "parse", parse);
    for code in ["baseline", "optimized"] {
        let object = heap.node("code", code, 64);
        heap.internal(parse, code, object);
        heap.internal(object, "data", inner);
    }
    open(&heap)
}

#[test]
fn what_v8_keeps_with_code_is_no_leak() {
    let of = |array: &str| ask(&[100_000, 200_000, 300_000].map(|size| compiled(array, size)));
    assert_eq!(of("(code deopt data)").verdict, LeakVerdict::NoLeak);
    assert_eq!(of("(object elements)").verdict, LeakVerdict::Leak);
}

/// Pairs of intervals, each with a window that the two fill.
fn intervals(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let timers = chain(&mut heap, &[("timers", "TimersList")]);
    for number in 0..count {
        let window = dated(&mut heap, "Window", 1000, 10_001 + 6 * number);
        for timer in 0..2 {
            let timeout = dated(&mut heap, "Timeout", 64, 10_003 + 6 * number + 2 * timer);
            heap.element(timers, (2 * number + timer) as u32, timeout);
            heap.property(timeout, "_onTimeout", window);
        }
    }
    open(&heap)
}

#[test]
fn what_timers_share_is_no_timer() {
    let report = ask(&[50, 100, 150].map(intervals));
    let first = report.suspects.first().expect("a leak");
    assert_eq!((first.kind, first.class_name.as_str()), (LeakKind::Timers, "Timeout"));
    assert_eq!(first.instance_count, 200);
}

/// The listeners of an emitter of eventemitter3, made in a program's file.
fn listening(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let bus = [("bus", "EventEmitter"), ("_events", "Events"), ("message", "Array")];
    let listeners = chain(&mut heap, &bus);
    let handler = function(&mut heap, 1, "/srv/app/chat.js", "onMessage");
    for number in 0..count {
        let listener = dated(&mut heap, "EE", 64, 10_001 + 2 * number);
        heap.property(listener, "fn", handler);
        heap.element(listeners, number as u32, listener);
    }
    open(&heap)
}

#[test]
fn a_listener_in_a_wrapper_is_written_where_its_function_is() {
    let report = ask(&[50, 100, 150].map(listening));
    let first = report.suspects.first().expect("a leak");
    assert_eq!(
        (first.kind, first.script.as_deref()),
        (LeakKind::Listeners, Some("/srv/app/chat.js"))
    );
}

/// The links of a list that an object of this class holds.
fn links(holder: &str, count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let mut above = chain(&mut heap, &[("store", holder)]);
    for number in (0..count).rev() {
        let link = dated(&mut heap, "Link", 64, 10_001 + 2 * number);
        heap.property(above, "next", link);
        above = link;
    }
    open(&heap)
}

#[test]
fn the_list_of_a_cache_is_a_cache() {
    for (holder, kind) in [("LRUCache", LeakKind::Cache), ("Journal", LeakKind::LinkedList)] {
        let report = ask(&[100, 200, 300].map(|count| links(holder, count)));
        assert_eq!(report.suspects.first().map(|suspect| suspect.kind), Some(kind), "{holder}");
    }
}
