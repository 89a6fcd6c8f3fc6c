use heapglass_analysis::{ObjectOptions, ObjectReport, object};
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::{at, open};

fn report(heap: &SnapshotBuilder, node: NodeRef) -> ObjectReport {
    object(&open(heap), at(node), &ObjectOptions::default())
}

#[test]
fn fields_are_readable() {
    let mut heap = SnapshotBuilder::new();
    let session = heap.object("Session", 40);
    let prototype = heap.object("Session", 40);
    let user = heap.string("ada", 16);
    let count = heap.number("int", "42");
    let old_null = heap.node("hidden", "system / Oddball", 32);
    let word = heap.string("null", 16);
    heap.hidden(old_null, 0, word);
    heap.property(heap.global(), "session", session);
    heap.property(session, "user", user);
    heap.property(session, "count", count);
    heap.property(session, "next", old_null);
    heap.property(session, "__proto__", prototype);
    heap.element(session, 3, user);
    heap.internal(session, "map", prototype);
    heap.locate(session, 5, 11, 12);
    let report = report(&heap, session);
    let fields: Vec<(&str, &str)> = report
        .properties
        .iter()
        .map(|field| (field.edge.name.as_str(), field.value.as_str()))
        .collect();
    assert_eq!(fields, [("user", "\"ada\""), ("count", "42"), ("next", "null")]);
    assert_eq!(report.prototype.map(|prototype| prototype.ordinal), Some(at(prototype)));
    assert_eq!((report.elements.count, report.elements.items[0].edge.text.as_str()), (1, "[3]"));
    assert_eq!((report.internals.len(), report.more_internals), (0, 1));
    assert_eq!(
        report.location.map(|place| (place.script_id, place.line, place.column)),
        Some((5, 11, 12))
    );
    assert_eq!(report.dominator.map(|dominator| dominator.ordinal), Some(at(heap.global())));
}

#[test]
fn collections_give_their_entries() {
    let mut heap = SnapshotBuilder::new();
    let collection = |heap: &mut SnapshotBuilder, class: &str, prototype: &str| {
        let (own, proto, table) =
            (heap.object(class, 32), heap.object(prototype, 32), heap.node("array", "", 64));
        heap.property(heap.global(), class, own);
        heap.property(own, "__proto__", proto);
        heap.internal(own, "table", table);
        (own, table)
    };
    let (a, b) = (heap.string("a", 16), heap.string("b", 16));
    let (map, table) = collection(&mut heap, "SafeMap", "Map");
    // Two buckets: entries from slot 5 on. The second key is a small integer.
    heap.internal(table, "5", a);
    heap.internal(table, "6", b);
    heap.internal(table, "9", b);
    let (set, table) = collection(&mut heap, "Set", "Set");
    heap.internal(table, "5", a);
    heap.internal(table, "7", b);
    let (weak, table) = collection(&mut heap, "WeakMap", "WeakMap");
    heap.weak(table, "7", a);
    heap.weak(table, "8", b);

    let entries = |node| -> Vec<(Option<String>, Option<String>)> {
        report(&heap, node).entries.into_iter().map(|entry| (entry.key, entry.value)).collect()
    };
    let text = |text: &str| Some(format!("\"{text}\""));
    assert_eq!(entries(map), [(text("a"), text("b")), (None, text("b"))]);
    assert_eq!(entries(set), [(text("a"), None), (text("b"), None)]);
    assert_eq!(entries(weak), [(text("a"), text("b"))]);
}

#[test]
fn functions_tell_their_script_and_variables() {
    let mut heap = SnapshotBuilder::new();
    let closure = heap.closure("handler", 64);
    let (shared, script) =
        (heap.node("code", "handler", 56), heap.node("code", "/app/server.js", 128));
    let (inner, outer) = (heap.object("system / Context", 40), heap.object("system / Context", 40));
    let native = heap.node("hidden", "system / NativeContext", 40);
    let (x, y, unnamed) = (heap.string("x", 16), heap.string("y", 16), heap.object("Z", 16));
    heap.property(heap.global(), "f", closure);
    heap.internal(closure, "shared", shared);
    heap.internal(shared, "script", script);
    heap.internal(closure, "context", inner);
    heap.internal(inner, "previous", outer);
    heap.internal(outer, "previous", native);
    heap.context(inner, "x", x);
    heap.hidden(inner, 0, unnamed);
    heap.context(outer, "y", y);
    heap.context(native, "no", y);
    let function = report(&heap, closure).closure.expect("a closure");
    assert_eq!(function.script.as_deref(), Some("/app/server.js"));
    let variables: Vec<(u32, &str, &str)> =
        function.variables.iter().map(|v| (v.scope, v.name.as_str(), v.value.as_str())).collect();
    let z = format!("Z @{}", heap.id(unnamed));
    assert_eq!(variables, [(0, "x", "\"x\""), (0, "", z.as_str()), (1, "y", "\"y\"")]);
}

#[test]
fn strings_say_whether_they_are_whole() {
    let mut heap = SnapshotBuilder::new();
    let short = heap.string("short é", 24);
    let cut = heap.string(&"x".repeat(1024), 9000);
    for node in [short, cut] {
        heap.property(heap.global(), "s", node);
    }
    let short = report(&heap, short).string.expect("a string");
    assert_eq!((short.length, short.truncated), (Some(7), false));
    let cut = report(&heap, cut).string.expect("a string");
    assert_eq!((cut.length, cut.truncated), (None, true));
}
