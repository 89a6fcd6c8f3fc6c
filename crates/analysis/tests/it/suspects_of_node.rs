//! What stands out in heaps as Node.js writes them: lists of timers, stores that keep their size, owners of groups.

use heapglass_analysis::{
    Suspect, SuspectKind, SuspectOptions, VerdictOptions, held_as, script_names, suspects, verdict,
};
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::support::{function, table_of, without_user_roots};
use crate::{at, open};

fn only(heap: &SnapshotBuilder) -> Suspect {
    let mut found = suspects(&open(heap), &SuspectOptions::default());
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

/// A list of Node's with 200 timers, each of which calls a function of this script.
fn timers_of(script: &str) -> SnapshotBuilder {
    let mut heap = SnapshotBuilder::new();
    let constructor = function(&mut heap, 1, "node:internal/timers", "TimersList");
    heap.property(heap.global(), "constructor", constructor);
    let list = heap.object("TimersList", 50);
    heap.locate(list, 1, 9, 2);
    heap.property(heap.global(), "timers", list);
    for number in 0..200 {
        let timer = heap.object("Timeout", 50);
        heap.locate(timer, 1, 30, 2);
        heap.element(list, number, timer);
        let callback = function(&mut heap, 2, script, "refresh");
        heap.property(timer, "_onTimeout", callback);
        let payload = heap.object("Object", 1000);
        heap.property(callback, "payload", payload);
    }
    heap
}

fn first_part(suspect: &Suspect) -> (&str, u64) {
    let SuspectKind::Object { accumulation, .. } = &suspect.kind else { panic!("{suspect:?}") };
    let part = &accumulation.scatter[0];
    (&part.class_name, part.count)
}

#[test]
fn a_list_of_timers_is_told_by_what_they_call() {
    let suspect = only(&timers_of("/app/poll.js"));
    assert_eq!(first_part(&suspect), ("Timeout of refresh()", 200));
    assert_eq!(suspect.script.as_deref(), Some("/app/poll.js"));
    assert_eq!(suspect.location.map(|at| (at.script_id, at.line)), Some((2, 9)));
}

#[test]
fn what_one_timer_calls_is_the_owner_and_not_the_timer() {
    let mut heap = SnapshotBuilder::new();
    let (list, timer) = (heap.object("TimersList", 50), heap.object("Timeout", 50));
    heap.property(heap.global(), "timers", list);
    heap.property(list, "_idleNext", timer);
    let callback = function(&mut heap, 2, "/app/poll.js", "refresh");
    heap.property(timer, "_onTimeout", callback);
    let cache = heap.object("Array", 32);
    heap.property(callback, "cache", cache);
    for number in 0..200 {
        let result = heap.object("QueryResult", 1000);
        heap.element(cache, number, result);
    }
    let suspect = only(&heap);
    let SuspectKind::Object { object, accumulation } = &suspect.kind else { panic!("{suspect:?}") };
    assert_eq!((object.ordinal, accumulation.object.ordinal), (at(callback), at(cache)));
}

#[test]
fn what_node_gave_its_timers_to_call_says_nothing() {
    let suspect = only(&timers_of("node:net"));
    assert_eq!(first_part(&suspect), ("Timeout", 200));
    assert_eq!(suspect.script, None);
}

#[test]
fn a_store_that_keeps_its_own_size_is_not_where_the_elements_are_gathered() {
    let mut heap = without_user_roots();
    let (list, store) = (heap.object("Array", 32), heap.node("array", "(object elements)", 24_000));
    heap.property(heap.global(), "bus", list);
    heap.internal(list, "elements", store);
    for number in 0..300u32 {
        let listener = heap.object("Listener", 1000);
        heap.element(list, number, listener);
        heap.internal(store, &number.to_string(), listener);
    }
    let suspect = only(&heap);
    assert_eq!(first_part(&suspect), ("Listener", 300));
    assert!(suspect.line.ends_with(".bus : Array → [300 × Listener]"), "{}", suspect.line);
}

/// An object of a class that is written in a script of its own, held by the global object.
fn owner(heap: &mut SnapshotBuilder, number: u32, script: &str, class: &str) -> NodeRef {
    let constructor = function(heap, number, script, class);
    heap.property(heap.global(), &format!("{class}Class"), constructor);
    let object = heap.object(class, 16);
    heap.locate(object, number, 9, 2);
    heap.property(heap.global(), class, object);
    object
}

#[test]
fn the_owner_of_a_group_is_that_of_what_most_of_it_hangs_below() {
    let mut heap = SnapshotBuilder::new();
    let registry = owner(&mut heap, 1, "/app/registry.js", "Registry");
    let cache = owner(&mut heap, 2, "/app/cache.js", "Cache");
    let mut queue = heap.object("Log", 10);
    heap.property(heap.global(), "queue", queue);
    for _ in 0..3 {
        let next = heap.object("Log", 10);
        heap.property(queue, "inner", next);
        queue = next;
    }
    for number in 0..200 {
        let map = heap.object("Map", 1000);
        heap.element(registry, number, map);
        heap.element(queue, number, map);
    }
    let largest = heap.object("Map", 3000);
    heap.property(cache, "entries", largest);
    let suspect = only(&heap);
    let SuspectKind::Group { gathered, accumulation, .. } = &suspect.kind else {
        panic!("{suspect:?}")
    };
    let gathered_at = accumulation.as_ref().map(|at| at.object.class_name.as_str());
    assert_eq!((gathered_at, *gathered), (Some("Registry"), 200));
    assert_eq!(suspect.script.as_deref(), Some("/app/registry.js"));
    assert_eq!(suspect.owner.map(|owner| owner.class_name).as_deref(), Some("Registry"));
}

#[test]
fn objects_are_told_by_what_holds_them() {
    let mut heap = SnapshotBuilder::new();
    let (app, routes, route) =
        (heap.object("App", 16), heap.object("Map", 16), heap.object("Route", 16));
    heap.property(heap.global(), "app", app);
    heap.property(app, "routes", routes);
    let table = table_of(&mut heap, routes);
    heap.internal(table, "5", route);
    let (main, scope, cache) = (
        heap.closure("main", 64),
        heap.node("object", "system / Context", 32),
        heap.object("Object", 50_000),
    );
    heap.property(heap.global(), "main", main);
    heap.internal(main, "context", scope);
    heap.context(scope, "cache", cache);
    let (script, text, name) = (
        heap.node("code", "/app/lib/a.js", 96),
        heap.string("let a = 1", 300),
        heap.string("/app/lib/a.js", 40),
    );
    heap.element(heap.gc_roots(), 50, script);
    heap.internal(script, "source", text);
    heap.internal(script, "name", name);
    let (module, exports, children) =
        (heap.object("Module", 40), heap.object("Object", 16), heap.object("Array", 16));
    let file = heap.string("/app/node_modules/mime-db/index.js", 40);
    heap.property(heap.global(), "module", module);
    heap.property(module, "filename", file);
    heap.property(module, "exports", exports);
    heap.property(module, "children", children);
    let lost = heap.object("Lost", 16);
    let graph = open(&heap);
    for (node, told) in [
        (exports, Some("module.exports of mime-db/index.js")),
        (children, Some(".children in module mime-db/index.js")),
        (routes, Some(".routes in App")),
        (route, Some("entry in Map")),
        (scope, Some("scope around main()")),
        (cache, Some("variable cache")),
        (text, Some("source of lib/a.js")),
        (lost, None),
    ] {
        assert_eq!(held_as(&graph, at(node)).as_deref(), told);
    }
    let biggest = verdict(&graph, &VerdictOptions::default()).biggest_objects.remove(0);
    assert_eq!(biggest.object.ordinal, at(cache));
    assert_eq!(biggest.held_as.as_deref(), Some("variable cache"));
}

#[test]
fn scripts_are_named_by_their_functions() {
    let mut heap = SnapshotBuilder::new();
    let main = function(&mut heap, 7, "/app/main.js", "main");
    heap.property(heap.global(), "main", main);
    let names = script_names(&open(&heap), &[7, 8]);
    assert_eq!(names.into_iter().collect::<Vec<_>>(), [(7, "/app/main.js".to_owned())]);
}

fn label(suspect: &Suspect) -> &str {
    let SuspectKind::Object { object, .. } = &suspect.kind else { panic!("{suspect:?}") };
    &object.label
}

/// Two functions of one script, so that what both hold is of neither alone.
fn two_functions(heap: &mut SnapshotBuilder) -> [NodeRef; 2] {
    ["main", "other"].map(|name| {
        let function = function(heap, 7, "/app/lib/main.js", name);
        heap.property(heap.global(), name, function);
        function
    })
}

#[test]
fn the_text_of_a_script_is_called_so_and_has_no_owner() {
    let mut heap = SnapshotBuilder::new();
    let functions = two_functions(&mut heap);
    let script = heap.node("code", "system / Script", 96);
    let (text, name) =
        (heap.string("let a = 1", 500_000), heap.string("/app/node_modules/big/lib/main.js", 40));
    for function in functions {
        heap.internal(function, "script", script);
    }
    heap.internal(script, "source", text);
    heap.internal(script, "name", name);
    let suspect = only(&heap);
    assert_eq!(label(&suspect), format!("source of big/lib/main.js @{}", heap.id(text)));
    assert_eq!((suspect.owner, suspect.script, suspect.location), (None, None, None));
}

#[test]
fn a_scope_is_called_by_its_file() {
    let mut heap = SnapshotBuilder::new();
    let functions = two_functions(&mut heap);
    let scope = heap.node("object", "system / Context", 32);
    for function in functions {
        heap.internal(function, "context", scope);
    }
    for number in 0..100 {
        let value = heap.object(&format!("Class{number}"), 1000);
        heap.context(scope, &format!("v{number}"), value);
    }
    let suspect = only(&heap);
    assert_eq!(label(&suspect), format!("scope in lib/main.js @{}", heap.id(scope)));
}

#[test]
fn of_a_tree_all_nodes_are_counted() {
    let mut heap = SnapshotBuilder::new();
    let (program, left, right) =
        (heap.object("Program", 16), heap.object("Left", 8), heap.object("Right", 8));
    heap.property(heap.global(), "program", program);
    heap.property(program, "left", left);
    heap.property(program, "right", right);
    for number in 0..100 {
        // Held by both, so that the program dominates it and holds it by other ways.
        let outer = heap.object("Node", 500);
        heap.element(left, number, outer);
        heap.element(right, number, outer);
        for inner in 0..4 {
            let node = heap.object("Node", 500);
            heap.element(outer, inner, node);
        }
    }
    let suspect = only(&heap);
    assert_eq!(first_part(&suspect), ("Node", 500));
}
