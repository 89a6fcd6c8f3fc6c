use heapglass_analysis::{CollectionKind, DetailKind, ObjectOptions, ObjectReport, object};
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::support::function;
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
    let kinds = [map, set, weak, a].map(|node| report(&heap, node).collection);
    let expected = [CollectionKind::Map, CollectionKind::Set, CollectionKind::WeakMap];
    assert_eq!(kinds[..3], expected.map(Some));
    assert_eq!(kinds[3], None);
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

/// Kind, value, number of objects and whether they are its own, of each detail.
fn told(heap: &SnapshotBuilder, node: NodeRef) -> Vec<(DetailKind, Option<String>, u64, bool)> {
    let details = report(heap, node).details.into_iter();
    details.map(|one| (one.kind, one.value, one.count, one.is_exclusive)).collect()
}

#[test]
fn buffers_tell_their_memory_and_who_shares_it() {
    let mut heap = SnapshotBuilder::new();
    let (buffer, own) = (heap.object("ArrayBuffer", 80), heap.object("ArrayBuffer", 80));
    let store = heap.node("native", "system / JSArrayBufferData", 5000);
    let own_store = heap.node("native", "system / JSArrayBufferData", 100);
    let views = [heap.object("Uint8Array", 90), heap.object("DataView", 90)];
    let alone = heap.object("Buffer", 90);
    let small = heap.object("Uint8Array", 90);
    let on_heap = heap.object("ArrayBuffer", 80);
    heap.internal(buffer, "backing_store", store);
    heap.internal(own, "backing_store", own_store);
    for (name, view, buffer) in
        [("a", views[0], buffer), ("b", views[1], buffer), ("c", alone, own), ("d", small, on_heap)]
    {
        heap.property(heap.global(), name, view);
        heap.internal(view, "buffer", buffer);
    }
    use DetailKind::{BackingStore, Buffer, NoBackingStore, Views};
    assert_eq!(told(&heap, buffer), [(BackingStore, None, 1, true), (Views, None, 2, false)]);
    assert_eq!(
        told(&heap, views[0]),
        [(Buffer, None, 1, false), (BackingStore, None, 1, false), (Views, None, 1, false)]
    );
    assert_eq!(told(&heap, alone), [(Buffer, None, 1, true), (BackingStore, None, 1, true)]);
    assert_eq!(told(&heap, small), [(Buffer, None, 1, true), (NoBackingStore, None, 0, false)]);
}

#[test]
fn strings_tell_their_parts() {
    let mut heap = SnapshotBuilder::new();
    let parent = heap.string("a long text", 5000);
    let slice = heap.node("sliced string", "(sliced string)", 32);
    let other = heap.string("tail", 24);
    heap.internal(slice, "parent", parent);
    let cons = heap.cons_string(slice, other, 32);
    heap.property(heap.global(), "cons", cons);
    assert_eq!(told(&heap, slice), [(DetailKind::SliceOf, None, 1, true)]);
    let slice = report(&heap, slice);
    assert_eq!(slice.string, None, "V8 writes no text for it");
    assert!(slice.value.starts_with("part of \"a long text\""), "{}", slice.value);
    let kinds: Vec<_> = told(&heap, cons).into_iter().map(|detail| detail.0).collect();
    assert_eq!(kinds, [DetailKind::FirstHalf, DetailKind::SecondHalf]);
    let text = report(&heap, cons).string.expect("a string");
    assert_eq!((text.length, text.truncated), (None, true), "a part of it is missing");
}

#[test]
fn promises_tell_what_they_came_to_or_who_waits() {
    let mut heap = SnapshotBuilder::new();
    let [settled, pending, unknown] = ["a", "b", "c"].map(|name| {
        let promise = heap.object("Promise", 48);
        heap.property(heap.global(), name, promise);
        promise
    });
    let value = heap.object("Answer", 16);
    heap.internal(settled, "reactions_or_result", value);
    let last = heap.node("hidden", "system / PromiseReaction", 40);
    let first = heap.node("hidden", "system / PromiseReaction", 40);
    let (on_value, on_error) = (heap.closure("onValue", 64), heap.closure("onError", 64));
    heap.internal(pending, "reactions_or_result", last);
    heap.hidden(last, 1, first);
    heap.hidden(last, 2, on_value);
    heap.hidden(first, 2, on_error);
    assert_eq!(told(&heap, settled), [(DetailKind::PromiseResult, None, 1, true)]);
    assert_eq!(told(&heap, pending), [(DetailKind::PromiseReactions, None, 2, false)]);
    let names: Vec<String> =
        report(&heap, pending).details[0].objects.iter().map(|one| one.name.clone()).collect();
    assert_eq!(names, ["onValue", "onError"]);
    assert_eq!(told(&heap, unknown), [(DetailKind::PromiseUnknown, None, 0, false)]);
}

#[test]
fn other_kinds_tell_what_the_snapshot_has() {
    let mut heap = SnapshotBuilder::new();
    let of_class = |heap: &mut SnapshotBuilder, node_type: &str, name: &str| {
        let node = heap.node(node_type, name, 48);
        heap.property(heap.global(), "held", node);
        node
    };
    let date = of_class(&mut heap, "object", "Date");
    let time = heap.number("heap number", "1000");
    heap.hidden(date, 2, time);
    let no_time = of_class(&mut heap, "object", "Date");
    let boxed = of_class(&mut heap, "object", "String");
    let text = heap.string("boxed", 16);
    heap.hidden(boxed, 2, text);
    let pattern = of_class(&mut heap, "regexp", "ab+c");
    let bound = of_class(&mut heap, "closure", "native_bind");
    let (function, this) = (heap.closure("target", 64), heap.object("This", 16));
    heap.internal(bound, "bound_function", function);
    heap.internal(bound, "bound_this", this);
    heap.shortcut(bound, "bound_argument_0", text);
    let proxy = of_class(&mut heap, "hidden", "system / JSProxy");
    heap.hidden(proxy, 1, this);
    heap.hidden(proxy, 2, function);
    let generator = of_class(&mut heap, "object", "steps");
    let saved = heap.node("array", "", 64);
    heap.internal(generator, "function", function);
    heap.internal(generator, "parameters_and_registers", saved);
    heap.internal(saved, "0", this);
    heap.internal(saved, "1", generator);
    let weak = of_class(&mut heap, "object", "WeakRef");
    heap.weak(weak, "target", this);
    let symbol = of_class(&mut heap, "symbol", "symbol");
    heap.internal(symbol, "name", text);

    let kinds = |node| -> Vec<(DetailKind, Option<String>)> {
        told(&heap, node).into_iter().map(|detail| (detail.0, detail.1)).collect()
    };
    let value = |text: &str| Some(text.to_owned());
    use DetailKind::*;
    assert_eq!(kinds(date), [(Time, value("1000"))]);
    assert_eq!(kinds(no_time), [(TimeUnknown, None)]);
    assert_eq!(kinds(boxed), [(PrimitiveValue, value("\"boxed\""))]);
    assert_eq!(kinds(pattern), [(Pattern, value("\"ab+c\""))]);
    assert_eq!(kinds(bound), [(BoundFunction, None), (BoundThis, None), (BoundArguments, None)]);
    assert_eq!(kinds(proxy), [(ProxyTarget, None), (ProxyHandler, None)]);
    assert_eq!(kinds(generator), [(GeneratorFunction, None), (GeneratorValues, None)]);
    assert_eq!(told(&heap, generator)[1].2, 1, "the generator itself is not among them");
    assert_eq!(kinds(weak), [(WeakTarget, None)]);
    assert_eq!(kinds(symbol), [(Description, value("\"boxed\""))]);
    assert_eq!(report(&heap, symbol).object.label, format!("Symbol(boxed) @{}", heap.id(symbol)));
}

#[test]
fn removed_entries_are_not_shown() {
    let mut heap = SnapshotBuilder::new();
    let (map, table) = (heap.object("Map", 32), heap.node("array", "", 64));
    let hole = heap.node("hidden", "system / Hole", 16);
    let text = heap.string("a", 16);
    heap.property(heap.global(), "map", map);
    heap.internal(map, "table", table);
    for (slot, node) in [("5", hole), ("6", hole), ("8", text), ("9", text)] {
        heap.internal(table, slot, node);
    }
    let report = report(&heap, map);
    assert_eq!(report.collection, Some(CollectionKind::Map));
    assert_eq!(report.entries.len(), 1);
}

#[test]
fn generators_tell_the_script_of_their_function() {
    let mut heap = SnapshotBuilder::new();
    let (pager, prototype) = (heap.object("pager", 160), heap.object("Generator", 32));
    let run = function(&mut heap, 7, "/app/pager.js", "pager");
    let saved = heap.node("array", "", 64);
    heap.property(heap.global(), "pager", pager);
    heap.property(pager, "__proto__", prototype);
    heap.internal(pager, "function", run);
    heap.internal(pager, "parameters_and_registers", saved);
    heap.locate(pager, 7, 0, 15);
    // Of another one only the number of the script is known, and a function of that.
    let other = heap.object("Stray", 16);
    heap.property(heap.global(), "other", other);
    heap.locate(other, 7, 3, 1);
    // One that is no generator has a field of the same name.
    let field = heap.object("Field", 16);
    let elsewhere = function(&mut heap, 8, "/app/elsewhere.js", "elsewhere");
    heap.property(heap.global(), "field", field);
    heap.property(field, "function", elsewhere);
    heap.locate(field, 9, 3, 1);
    let script = |node| report(&heap, node).script;
    assert_eq!(script(pager).as_deref(), Some("/app/pager.js"));
    assert_eq!(script(other).as_deref(), Some("/app/pager.js"));
    assert_eq!(script(field), None);
}
