use heapglass_analysis::{closure_name, display_name, edge_label, label};
use heapglass_testkit::SnapshotBuilder;

use crate::{at, open};

#[test]
fn plain_objects_are_named_by_their_properties() {
    let mut heap = SnapshotBuilder::new();
    let mut object = |names: &[&str]| {
        let object = heap.object("Object", 32);
        heap.property(heap.global(), "o", object);
        for name in names {
            heap.property(object, name, heap.global());
        }
        object
    };
    let empty = object(&[]);
    let few = object(&["a", "__proto__", "b", "it's"]);
    let long = "x".repeat(60);
    let wide = object(&[&long, "b", "c", &"d".repeat(32), "z"]);
    let longest = object(&[&"y".repeat(200), "b"]);
    let graph = open(&heap);
    assert_eq!(display_name(&graph, at(empty)), "{}");
    assert_eq!(display_name(&graph, at(few)), "{a, b, \"it's\"}");
    assert_eq!(display_name(&graph, at(wide)), format!("{{{long}, b, …, {}, z}}", "d".repeat(32)));
    assert_eq!(display_name(&graph, at(longest)), format!("{{{}, …}}", "y".repeat(200)));
}

#[test]
fn an_object_with_very_many_properties_is_told_by_that() {
    let mut heap = SnapshotBuilder::new();
    let mut labels = Vec::new();
    for (count, label) in [
        (100, "{key0, key1, "),
        (101, "{over 100 keys: key0, "),
        (1_001, "{over 1000 keys: key0, "),
    ] {
        let object = heap.object("Object", 32);
        heap.property(heap.global(), "o", object);
        for number in 0..count {
            heap.property(object, &format!("key{number}"), heap.global());
        }
        // Neither is a key.
        heap.property(object, "__proto__", heap.global());
        heap.internal(object, "map", heap.global());
        labels.push((object, label));
    }
    let graph = open(&heap);
    for (object, begins) in labels {
        // Names are taken from the front and the back in turn, and stand in their order.
        assert!(label(&graph, at(object)).starts_with(begins), "{}", label(&graph, at(object)));
    }
}

#[test]
fn concatenated_strings_are_read_in_order_until_there_is_enough() {
    let mut heap = SnapshotBuilder::new();
    let (a, b, c) = (heap.string("a", 16), heap.string("b", 16), heap.string("c", 16));
    let left = heap.cons_string(a, b, 32);
    let text = heap.cons_string(left, c, 32);
    heap.property(heap.global(), "text", text);
    let long = heap.string(&"é".repeat(1000), 2000);
    let longer = heap.cons_string(long, long, 32);
    let longest = heap.cons_string(longer, long, 32);
    heap.property(heap.global(), "longest", longest);
    let circle = heap.node("concatenated string", "", 32);
    heap.internal(circle, "first", circle);
    heap.internal(circle, "second", circle);
    heap.property(heap.global(), "circle", circle);
    let graph = open(&heap);
    assert_eq!(display_name(&graph, at(text)), "abc");
    assert_eq!(display_name(&graph, at(longest)).chars().count(), 2000, "the last part is whole");
    assert_eq!(display_name(&graph, at(circle)), "");
}

#[test]
fn labels_are_short() {
    let mut heap = SnapshotBuilder::new();
    let session = heap.object("Session", 32);
    let text = heap.string(&"long \"text\"\n".repeat(10), 500);
    let fetch = heap.closure("fetch", 64);
    let anonymous = heap.closure("", 64);
    let number = heap.number("double", "2.5");
    for node in [session, text, fetch, anonymous, number] {
        heap.property(heap.global(), "x y", node);
    }
    let graph = open(&heap);
    assert_eq!(label(&graph, at(session)), format!("Session @{}", heap.id(session)));
    assert!(
        label(&graph, at(text)).starts_with("\"long \\\"text\\\"\\n"),
        "{}",
        label(&graph, at(text))
    );
    assert!(label(&graph, at(text)).chars().count() < 64);
    assert_eq!(label(&graph, at(fetch)), format!("fetch() @{}", heap.id(fetch)));
    assert_eq!(closure_name(&graph, at(anonymous)), None);
    assert!(label(&graph, at(number)).starts_with("2.5 @"));
    let edge = graph.edges(at(heap.global())).next().expect("an edge");
    assert_eq!(edge_label(&graph, edge).text, "[\"x y\"]");
}

#[test]
fn scripts_are_called_by_the_end_of_their_paths() {
    let mut heap = SnapshotBuilder::new();
    let mut nodes = Vec::new();
    for (name, told) in [
        ("/srv/app/node_modules/rxjs/dist/cjs/index.js", "rxjs/dist/cjs/index.js"),
        ("file:///srv/app/lib/main.js", "lib/main.js"),
        ("C:\\app\\lib\\main.js", "lib\\main.js"),
        ("node:internal/timers", "node:internal/timers"),
        ("system / Script", "system / Script"),
    ] {
        let script = heap.node("code", name, 96);
        heap.property(heap.global(), "script", script);
        nodes.push((script, told));
    }
    let graph = open(&heap);
    for (node, told) in nodes {
        assert_eq!(label(&graph, at(node)), format!("{told} @{}", heap.id(node)));
    }
}
