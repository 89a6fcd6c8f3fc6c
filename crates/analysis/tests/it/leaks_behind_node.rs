//! Leaks that a shortest path does not show: behind Node's own functions and its lists of native objects.

use heapglass_analysis::{LeakOptions, LeakReport, leaks};
use heapglass_graph::Graph;
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::open;

fn ask(snapshots: &[Graph]) -> LeakReport {
    leaks(snapshots, &LeakOptions::default())
}

/// A function of a script with this number.
fn function(heap: &mut SnapshotBuilder, number: u32, script: &str, name: &str) -> NodeRef {
    let (closure, shared) =
        (heap.closure(name, 64), heap.node("code", "system / SharedFunctionInfo", 48));
    let script = heap.node("code", script, 100);
    heap.internal(closure, "shared", shared);
    heap.internal(shared, "script", script);
    heap.locate(closure, number, 9, 2);
    closure
}

/// A program's sessions, which hang on a scope that one of Node's functions leads to.
fn behind_timers(entry: &str, file: &str, count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let timer = function(&mut heap, 1, "node:timers", entry);
    let handler = function(&mut heap, 2, file, "handler");
    let (inner, scope) =
        (heap.node("object", "system / Context", 32), heap.node("object", "system / Context", 32));
    let (lists, sessions) = (heap.object("Object", 16), heap.object("Map", 32));
    let table = heap.node("array", "", 64);
    heap.property(heap.global(), entry, timer);
    heap.internal(timer, "context", inner);
    heap.context(inner, "timerListMap", lists);
    heap.property(lists, "callback", handler);
    heap.internal(handler, "context", scope);
    heap.context(scope, "sessions", sessions);
    heap.internal(sessions, "table", table);
    for number in 0..count {
        let session = heap.object("Session", 200);
        heap.spec(session).id = 10_001 + 2 * number;
        heap.element(table, number as u32, session);
    }
    open(&heap)
}

#[test]
fn a_fingerprint_does_not_depend_on_the_way_through_node() {
    let print = |entry: &str, file: &str| {
        let report = ask(&[50, 100, 150].map(|count| behind_timers(entry, file, count)));
        let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
        assert!(suspect.line.starts_with(&format!("global.{entry} → ")), "{}", suspect.line);
        suspect.fingerprint.clone()
    };
    let known = print("setTimeout", "/app/store.js");
    assert_eq!(print("setImmediate", "/app/store.js"), known);
    assert_eq!(print("setImmediate", "/srv/store.js"), known);
    // Of another file it is another leak, though all names on the way are the same.
    assert_ne!(print("setTimeout", "/app/other.js"), known);
}
