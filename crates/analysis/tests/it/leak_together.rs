//! One leak that is seen from several sides is one suspect.

use heapglass_analysis::{LeakKind, LeakOptions, LeakReport, controlled_leaks};
use heapglass_graph::Graph;
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::leaks::ask;
use crate::open;
use crate::support::function;

/// So many sockets and parsers that the system holds, in pairs that hold each other or not, with ids as V8 gives them.
fn connections(count: u64, (of_socket, of_parser): (u64, u64), are_pairs: bool) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let handles = heap.node("synthetic", "(Global handles)", 0);
    heap.element(heap.gc_roots(), 7, handles);
    for number in 0..count {
        let (socket, parser) = (heap.object("Socket", of_socket), heap.object("Parser", of_parser));
        heap.spec(socket).id = 10_001 + 4 * number;
        heap.spec(parser).id = 10_003 + 4 * number;
        heap.element(handles, 2 * number as u32, socket);
        heap.element(handles, 2 * number as u32 + 1, parser);
        if are_pairs {
            heap.property(socket, "parser", parser);
            heap.property(parser, "socket", socket);
        }
    }
    open(&heap)
}

fn classes(report: &LeakReport) -> Vec<&str> {
    report.suspects.iter().map(|suspect| suspect.class_name.as_str()).collect()
}

/// What the first suspect is told with.
fn companions(report: &LeakReport) -> Vec<&str> {
    let first = report.suspects.iter().take(1);
    first.flat_map(|suspect| &suspect.comes_with).map(|other| other.class_name.as_str()).collect()
}

#[test]
fn classes_that_hold_each_other_and_that_nobody_gathers_are_one_leak() {
    let pairs = ask(&[50, 100, 150].map(|count| connections(count, (400, 200), true)));
    assert_eq!(classes(&pairs), ["Socket"]);
    assert_eq!(companions(&pairs), ["Parser"]);
    let cause = pairs.suspects[0].knowledge.map(|known| known.cause.as_str()).unwrap_or_default();
    assert!(cause.contains("http.Agent"), "{cause}");
    let apart = ask(&[50, 100, 150].map(|count| connections(count, (400, 200), false)));
    assert_eq!(classes(&apart), ["Socket", "Parser"]);
}

#[test]
fn a_leak_of_the_control_is_known_from_each_side() {
    let run = |sizes| [50, 100, 150].map(|count| connections(count, sizes, true));
    let (control, treatment) = (run((400, 200)), run((200, 400)));
    let (one, other) = (ask(&control), ask(&treatment));
    assert_eq!(classes(&other), ["Parser"]);
    assert!(other.suspects[0].is_known_by(&one.suspects[0].fingerprint), "{one:?} {other:?}");
    assert!(!other.suspects[0].is_known_by("another"));
    let suspects = controlled_leaks(&control, &treatment, &LeakOptions::default());
    assert!(suspects.as_ref().is_some_and(Vec::is_empty), "{suspects:?}");
}

/// Objects of a class in a Map, and objects of another one in a Map of its own that each hold one of them.
fn orders_and_items(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let (orders, items) = (heap.object("Map", 32), heap.object("Map", 32));
    heap.property(heap.global(), "orders", orders);
    heap.property(heap.global(), "items", items);
    for number in 0..count {
        let (order, item) = (heap.object("Order", 300), heap.object("Item", 300));
        heap.spec(order).id = 10_001 + 4 * number;
        heap.spec(item).id = 10_003 + 4 * number;
        heap.element(orders, number as u32, order);
        heap.element(items, number as u32, item);
        heap.property(item, "order", order);
    }
    open(&heap)
}

#[test]
fn what_two_objects_gather_stays_two_leaks() {
    let report = ask(&[50, 100, 150].map(orders_and_items));
    let mut found = classes(&report);
    found.sort_unstable();
    assert_eq!(found, ["Item", "Order"]);
}

/// The breakers that a Set and a list of timers keep, at the snapshot of this number. In the window of each there are ten
/// buckets of each interval that it has lived for, for two at most.
fn breakers(snapshot: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let (all, lists) = (heap.object("Set", 32), heap.object("Object", 24));
    heap.property(heap.global(), "breakers", all);
    heap.property(heap.global(), "timerListMap", lists);
    let timers = heap.object("TimersList", 32);
    heap.property(lists, "t100", timers);
    let windows: Vec<Vec<NodeRef>> = (0..=snapshot)
        .map(|born| {
            let of_interval = |number: u64| {
                let (breaker, window) = (heap.object("Breaker", 100), heap.object("Array", 16));
                let id = 100_001 + 100_000 * born + 4 * number;
                heap.spec(breaker).id = id;
                heap.spec(window).id = id + 2;
                let at = (1000 * born + number) as u32;
                heap.element(all, at, breaker);
                heap.element(timers, at, breaker);
                heap.property(breaker, "window", window);
                window
            };
            (0..10).map(of_interval).collect()
        })
        .collect();
    for (born, windows) in (0..).zip(&windows) {
        for interval in (0..=snapshot).filter(|&at| at == born || at == born + 1) {
            for (number, &window) in (0..).zip(windows) {
                for at in 0..10 {
                    let bucket = heap.object("Bucket", 200);
                    let number = 100 * born + 10 * number + at;
                    heap.spec(bucket).id = 150_001 + 100_000 * interval + 2 * number;
                    heap.element(window, (10 * (interval - born) + at) as u32, bucket);
                }
            }
        }
    }
    open(&heap)
}

#[test]
fn what_fills_up_inside_of_what_is_gathered_is_no_leak_of_its_own() {
    let report = ask(&[0, 1, 2].map(breakers));
    assert_eq!(classes(&report), ["Breaker"]);
    assert_eq!(report.suspects[0].accumulation_point.class_name, "Set");
}

/// A socket with listeners of the program for one event, and for another one something larger that is written nowhere.
fn socket(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let (socket, events) = (heap.object("Socket", 24), heap.object("Object", 24));
    heap.property(heap.global(), "socket", socket);
    heap.property(socket, "_events", events);
    let (data, close) = (heap.object("Array", 16), heap.object("Array", 16));
    heap.property(events, "data", data);
    heap.property(events, "close", close);
    for number in 0..count {
        let (listener, waiter) =
            (function(&mut heap, 7, "/srv/client.js", "onData"), heap.object("Waiter", 300));
        heap.spec(listener).id = 100_001 + 4 * number;
        heap.spec(waiter).id = 100_003 + 4 * number;
        heap.element(data, number as u32, listener);
        heap.element(close, number as u32, waiter);
    }
    open(&heap)
}

#[test]
fn of_the_lists_of_an_emitter_that_one_is_told_whose_listeners_are_written_somewhere() {
    let report = ask(&[100, 200, 300].map(socket));
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert_eq!((suspect.kind, suspect.class_name.as_str()), (LeakKind::Listeners, "Function"));
    assert_eq!(suspect.script.as_deref(), Some("/srv/client.js"));
    assert!(suspect.line.contains("_events.data"), "{}", suspect.line);
    assert!(suspect.bytes_per_interval >= 100.0 * 450.0, "{}", suspect.bytes_per_interval);
}

/// Signals that Node.js keeps for their listeners, and what it keeps of each for its end, which refers to the signal weakly.
fn signals(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let global = heap.global();
    let controller = function(&mut heap, 3, "node:internal/abort_controller", "AbortController");
    heap.property(global, "AbortController", controller);
    let scope = heap.node("object", "system / Context", 32);
    heap.internal(controller, "context", scope);
    let (kept, ends) = (heap.object("Set", 32), heap.object("Set", 32));
    heap.context(scope, "gcPersistentSignals", kept);
    heap.context(scope, "ends", ends);
    for number in 0..count {
        let mut id = 100_001 + 20 * number;
        let mut young = |heap: &mut SnapshotBuilder, kind: &str, class: &str| {
            let node = heap.node(kind, class, 40);
            heap.spec(node).id = id;
            id += 2;
            node
        };
        let signal = young(&mut heap, "object", "AbortSignal");
        let (events, table) =
            (young(&mut heap, "object", "Map"), young(&mut heap, "array", "(object elements)"));
        let (list, link) =
            (young(&mut heap, "object", "Object"), young(&mut heap, "object", "Listener"));
        let (end, weak) =
            (young(&mut heap, "object", "Ending"), young(&mut heap, "object", "WeakRef"));
        let listener = function(&mut heap, 7, "/srv/app.js", "onStop");
        heap.spec(listener).id = id;
        heap.element(kept, number as u32, signal);
        heap.property(signal, "<symbol kEvents>", events);
        heap.internal(events, "table", table);
        heap.element(table, 0, list);
        heap.property(list, "next", link);
        heap.property(link, "listener", listener);
        heap.element(ends, number as u32, end);
        heap.property(end, "signal", weak);
        heap.weak(weak, "target", signal);
    }
    open(&heap)
}

#[test]
fn signals_are_told_with_who_listens_and_what_is_kept_for_their_end() {
    let report = ask(&[50, 100, 150].map(signals));
    assert_eq!(classes(&report), ["AbortSignal"]);
    assert_eq!(companions(&report), ["Ending"]);
    let suspect = &report.suspects[0];
    assert_eq!(suspect.script.as_deref(), Some("/srv/app.js"));
    let title = suspect.knowledge.map(|known| known.title.as_str()).unwrap_or_default();
    assert!(title.starts_with("signals"), "{title}");
}

/// An emitter with small listeners of two events, of which each two share a large scope.
fn listeners_in_pairs(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let (bus, events) = (heap.object("Bus", 24), heap.object("Object", 24));
    heap.property(heap.global(), "bus", bus);
    heap.property(bus, "_events", events);
    let (drain, error) = (heap.object("Array", 16), heap.object("Array", 16));
    heap.property(events, "drain", drain);
    heap.property(events, "error", error);
    for number in 0..count {
        let scope = heap.node("object", "system / Context", 200);
        heap.spec(scope).id = 10_001 + 6 * number;
        for (list, name, at) in [(drain, "onDrain", 2), (error, "onError", 4)] {
            let listener = heap.closure(name, 8);
            heap.spec(listener).id = 10_001 + 6 * number + at;
            heap.element(list, number as u32, listener);
            heap.internal(listener, "context", scope);
        }
    }
    open(&heap)
}

#[test]
fn listeners_are_told_and_not_the_scopes_that_they_share() {
    let report = ask(&[50, 100, 150].map(listeners_in_pairs));
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert_eq!((suspect.kind, suspect.class_name.as_str()), (LeakKind::Listeners, "Function"));
    assert_eq!(suspect.instance_count, 100);
}
