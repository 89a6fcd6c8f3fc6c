//! What is told of one of the objects that a leak gathers.

use heapglass_analysis::{LeakOptions, leaks};
use heapglass_graph::Graph;
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::open;

/// The telling fields of the youngest of many objects in an array; `make` makes the one of this number.
fn told(make: impl Fn(&mut SnapshotBuilder, u64) -> NodeRef) -> Vec<(String, String)> {
    let heap = |count: u64| -> Graph {
        let mut heap = SnapshotBuilder::new();
        let list = heap.object("Array", 16);
        heap.property(heap.global(), "list", list);
        for number in 0..count {
            let item = make(&mut heap, number);
            heap.spec(item).id = 10_001 + 20 * number;
            heap.element(list, number as u32, item);
        }
        open(&heap)
    };
    let report = leaks(&[50, 100, 150].map(heap), &LeakOptions::default());
    let suspect = report.suspects.first().expect("a leak");
    let fields = suspect.telling_fields.iter();
    fields.map(|field| (field.name.clone(), field.value.clone())).collect()
}

fn pairs(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A function of `/srv/app/lib/cache.js` in its tenth line; what it is made of is old.
fn function(heap: &mut SnapshotBuilder, name: &str) -> NodeRef {
    let (closure, shared) = (heap.closure(name, 64), heap.node("code", "(shared)", 48));
    let script = heap.node("code", "/srv/app/lib/cache.js", 100);
    heap.internal(closure, "shared", shared);
    heap.internal(shared, "script", script);
    heap.locate(closure, 1, 9, 2);
    closure
}

#[test]
fn a_timer_is_told_by_what_it_calls_and_when() {
    let timer = |heap: &mut SnapshotBuilder, value: Option<&str>| {
        let timer = heap.object("Timeout", 80);
        let expire = function(heap, "expire");
        let delay = match value {
            Some(value) => heap.number("double", value),
            None => heap.node("number", "heap number", 16),
        };
        let (no, destroyed) = (heap.node("hidden", "null", 0), heap.node("hidden", "false", 0));
        heap.property(timer, "_destroyed", destroyed);
        heap.property(timer, "_idleTimeout", delay);
        heap.property(timer, "_repeat", no);
        heap.property(timer, "_onTimeout", expire);
        timer
    };
    let called = ("_onTimeout", "expire() at lib/cache.js:10");
    let known = told(|heap, _| timer(heap, Some("60000")));
    assert_eq!(known, pairs(&[("_idleTimeout", "60000"), ("_repeat", "null"), called]));
    // Without captured numbers the delay is not in the snapshot.
    let unknown = told(|heap, _| timer(heap, None));
    assert_eq!(unknown, pairs(&[("_repeat", "null"), called]));
}

#[test]
fn a_class_of_the_program_that_is_called_timeout_is_told_by_its_fields() {
    let fields = told(|heap, number| {
        let (timeout, reason) = (heap.object("Timeout", 80), heap.string("slow upstream", 24));
        heap.spec(reason).id = 10_003 + 20 * number;
        heap.property(timeout, "reason", reason);
        timeout
    });
    assert_eq!(fields, pairs(&[("reason", "\"slow upstream\"")]));
}

#[test]
fn a_function_is_told_by_its_name_and_line() {
    let place = [("name", "expire()"), ("written", "lib/cache.js:10")];
    assert_eq!(told(|heap, _| function(heap, "expire")), pairs(&place));
    let bound = told(|heap, _| {
        let (bound, inner) = (heap.closure("native_bind", 64), function(heap, "expire"));
        heap.internal(bound, "bound_function", inner);
        bound
    });
    assert_eq!(bound, pairs(&place));
}

#[test]
fn a_scope_is_told_by_three_variables() {
    let fields = told(|heap, number| {
        let scope = heap.object("system / Context", 64);
        let values = [
            ("socket", heap.object("Socket", 16)),
            ("run", heap.closure("run", 16)),
            ("user", heap.string("ada", 16)),
            ("password", heap.string("correct-horse-battery-staple", 40)),
            ("request", heap.object("Request", 16)),
        ];
        for (at, (name, value)) in (1..).zip(values) {
            heap.spec(value).id = 10_001 + 20 * number + 2 * at;
            heap.context(scope, name, value);
        }
        scope
    });
    let [user, password, socket] = fields.as_slice() else { panic!("{fields:?}") };
    assert_eq!((user.0.as_str(), user.1.as_str()), ("user", "\"ada\""));
    assert!(password.0 == "password" && !password.1.contains("horse"), "{password:?}");
    assert_eq!((socket.0.as_str(), socket.1.as_str()), ("socket", "Socket"));
}
