//! What a shortest path does not show: behind Node's own functions and its lists of native objects.

use heapglass_analysis::{
    SuspectKind, SuspectOptions, paths_to, program_path, program_way, suspects,
};
use heapglass_graph::{Graph, Ordinal};
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::leaks::ask;
use crate::open;
use crate::support::{chain, fill, function, table_of};

/// A program's sessions, which hang on a scope that one of Node's functions leads to.
fn behind_timers(entry: &str, file: &str, count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let timer = function(&mut heap, 1, "node:timers", entry);
    let handler = function(&mut heap, 2, file, "handler");
    let (inner, scope) =
        (heap.node("object", "system / Context", 32), heap.node("object", "system / Context", 32));
    let (lists, sessions) = (heap.object("Object", 16), heap.object("Map", 32));
    let table = table_of(&mut heap, sessions);
    heap.property(heap.global(), entry, timer);
    heap.internal(timer, "context", inner);
    heap.context(inner, "timerListMap", lists);
    heap.property(lists, "callback", handler);
    heap.internal(handler, "context", scope);
    heap.context(scope, "sessions", sessions);
    fill(&mut heap, &[table], ("Session", 200), count);
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

/// Node's list of the timers that wait for so many milliseconds, in the variable of one of its functions.
fn list_of_timers(heap: &mut SnapshotBuilder, milliseconds: &str) -> NodeRef {
    let timer = function(heap, 1, "node:timers", "clearImmediate");
    let scope = heap.node("object", "system / Context", 32);
    let (lists, list) = (heap.object("Object", 16), heap.object("TimersList", 32));
    heap.property(heap.global(), "clearImmediate", timer);
    heap.internal(timer, "context", scope);
    heap.context(scope, "timerListMap", lists);
    heap.property(lists, milliseconds, list);
    list
}

/// Answers that a cache keeps under their addresses, each with a timer that ends its time; at the end of this way to the cache.
fn answers(way: &[(&str, &str)], count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let timers = list_of_timers(&mut heap, "60000");
    let expire = function(&mut heap, 2, "/app/cache.js", "expire");
    let scope = heap.node("object", "system / Context", 32);
    let cache = heap.object("Map", 32);
    let table = table_of(&mut heap, cache);
    heap.internal(expire, "context", scope);
    heap.context(scope, "answers", cache);
    let end = chain(&mut heap, way);
    if !way.is_empty() {
        heap.property(end, "answers", cache);
    }
    fill(&mut heap, &[table], ("Answer", 200), count);
    let timer = heap.object("Timeout", 64);
    heap.property(timers, "_idleNext", timer);
    heap.property(timer, "_onTimeout", expire);
    heap.spec(timer).id = 9001;
    open(&heap)
}

#[test]
fn a_way_through_a_timer_is_told_only_where_there_is_no_other() {
    let line = |way: &[(&str, &str)]| {
        let report = ask(&[50, 100, 150].map(|count| answers(way, count)));
        report.suspects.first().expect("a leak").line.clone()
    };
    let long = ["One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"];
    let way = line(&long.map(|class| (class, class)));
    assert!(way.starts_with("global.One.Two.Three.Four."), "{way}");
    let way = line(&[]);
    assert!(way.starts_with("timers[60000 ms]._idleNext._onTimeout : expire() → "), "{way}");
}

/// What Node.js keeps its native objects in.
pub(crate) fn list_of_natives(heap: &mut SnapshotBuilder) -> NodeRef {
    let environment = heap.node("synthetic", "Node / Environment", 2000);
    let list = heap.node("native", "Node / CleanupQueue", 24);
    heap.edge(heap.root(), "element", "9", environment);
    heap.internal(environment, "cleanup_queue", list);
    list
}

/// An array in a variable of a function that only a handle leads to.
fn array_of_function(heap: &mut SnapshotBuilder, variable: &str) -> NodeRef {
    let main = function(heap, 1, "/app/main.js", "main");
    let (scope, array) = (heap.node("object", "system / Context", 32), heap.object("Array", 16));
    heap.element(heap.gc_roots(), 7, main);
    heap.internal(main, "context", scope);
    heap.context(scope, variable, array);
    array
}

/// Streams in an array, each with a native object that Node.js lists and that leads back to the stream.
pub(crate) fn streams(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let list = list_of_natives(&mut heap);
    let streams = array_of_function(&mut heap, "open");
    for number in 0..count {
        let (owner, stream) = (heap.object("Compressor", 32), heap.object("DeflateRaw", 900));
        let wrap = heap.node("native", "Node / ZlibStream", 480);
        heap.spec(owner).id = 10_001 + 4 * number;
        heap.spec(stream).id = 10_003 + 4 * number;
        heap.spec(wrap).id = 10_002 + 4 * number;
        heap.element(streams, number as u32, owner);
        heap.property(owner, "z", stream);
        heap.property(stream, "_handle", wrap);
        heap.internal(wrap, "native_to_javascript", stream);
        heap.edge(list, "element", &number.to_string(), wrap);
    }
    open(&heap)
}

#[test]
fn what_nodes_list_of_native_objects_holds_too_is_gathered_by_the_program() {
    let report = ask(&[streams(20), streams(40), streams(60)]);
    let first = report.suspects.first().expect("a leak");
    assert_eq!(first.accumulation_point.class_name, "Array");
    assert!(first.line.ends_with("variable open : Array → [40 × Compressor]"), "{}", first.line);
    // With the bytes of the streams, which the array does not retain because the list holds them too.
    assert!(first.bytes_per_interval >= 20.0 * 900.0, "{}", first.bytes_per_interval);
    let lists = report.suspects.iter().filter(|suspect| suspect.line.contains("CleanupQueue"));
    assert_eq!(lists.count(), 0, "{:?}", report.suspects);
}

fn of_class(graph: &Graph, class: &str) -> Vec<Ordinal> {
    graph.nodes().filter(|&node| graph.class_name(node) == class).collect()
}

#[test]
fn of_one_snapshot_the_programs_way_is_told_and_not_that_of_nodes_list() {
    for (count, in_words) in [(60, "60"), (250, "about 250")] {
        let found = suspects(&streams(count), &SuspectOptions::default());
        let [suspect] = found.as_slice() else { panic!("{found:?}") };
        let end = format!("variable open : Array → [{in_words} × Compressor]");
        assert!(suspect.line.ends_with(&end), "{}", suspect.line);
        let SuspectKind::Group { accumulation: Some(at), gathered, is_estimate, .. } =
            &suspect.kind
        else {
            panic!("{suspect:?}")
        };
        assert_eq!((at.object.class_name.as_str(), *gathered), ("Array", count));
        assert_eq!(*is_estimate, count > 100);
    }
}

#[test]
fn what_hangs_below_an_object_that_nodes_list_holds_is_told_by_the_programs_way() {
    let mut heap = SnapshotBuilder::new();
    let list = list_of_natives(&mut heap);
    let state = array_of_function(&mut heap, "state");
    let registry = heap.object("Registry", 32);
    let wrap = heap.node("native", "Node / Store", 40);
    heap.property(state, "registry", registry);
    heap.edge(list, "element", "0", wrap);
    heap.internal(wrap, "native_to_javascript", registry);
    let pages = [heap.object("Alpha", 16), heap.object("Beta", 16)];
    heap.property(registry, "alpha", pages[0]);
    heap.property(registry, "beta", pages[1]);
    // Held by both pages, the registry alone dominates them.
    for number in 0..60 {
        let row = heap.object("Row", 1000);
        for page in pages {
            heap.element(page, number, row);
        }
    }
    let found = suspects(&open(&heap), &SuspectOptions::default());
    let [suspect] = found.as_slice() else { panic!("{found:?}") };
    assert!(suspect.line.contains("variable state"), "{}", suspect.line);
    assert!(suspect.line.ends_with("[60 × Row]"), "{}", suspect.line);
}

#[test]
fn the_programs_path_is_shown_where_all_shortest_ones_lead_through_nodes_list() {
    let graph = streams(20);
    let stream = of_class(&graph, "DeflateRaw")[0];
    let shortest = paths_to(&graph, stream, 1);
    assert!(shortest[0].text.contains("cleanup_queue"), "{}", shortest[0].text);
    let program = program_path(&graph, stream, &shortest).expect("the program's path");
    assert!(program.text.ends_with("variable open[0].z : DeflateRaw"), "{}", program.text);
    assert!(program.steps.len() > shortest[0].steps.len());
    // Among more paths it is already.
    let several = paths_to(&graph, stream, 5);
    assert!(several.iter().any(|path| path.text == program.text), "{several:?}");
    assert_eq!(program_path(&graph, stream, &several), None);
}

#[test]
fn the_programs_way_to_a_class_is_told_where_nodes_list_is_nearer() {
    let graph = streams(20);
    let way = program_way(&graph, &of_class(&graph, "DeflateRaw")).expect("a way");
    assert!(way.line.ends_with("variable open : Array → [20 × Compressor]"), "{}", way.line);
    assert_eq!((way.gathered_at.class_name.as_str(), way.gathered), ("Array", 20));
    // What only the program holds has no other way.
    assert_eq!(program_way(&graph, &of_class(&graph, "Compressor")), None);
}

/// Contexts of `vm`, whose functions the program keeps in an array.
fn contexts(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let list = list_of_natives(&mut heap);
    let rules = array_of_function(&mut heap, "sandboxes");
    for number in 0..count {
        let id = 10_001 + 20 * number;
        let (rule, sandbox) = (heap.closure("rule", 64), heap.object("Object", 40));
        let native = heap.node("object", "system / NativeContext", 2000);
        let wrap = heap.node("native", "Node / ContextifyContext", 64);
        heap.spec(rule).id = id;
        heap.spec(sandbox).id = id + 2;
        heap.spec(native).id = id + 4;
        heap.spec(wrap).id = id + 1;
        heap.element(rules, number as u32, rule);
        heap.internal(rule, "context", native);
        heap.edge(list, "element", &number.to_string(), wrap);
        heap.internal(wrap, "native_to_javascript", sandbox);
        heap.internal(sandbox, "context", native);
        for (place, class) in ["Math", "Atomics", "Reflect"].into_iter().enumerate() {
            let builtin = heap.object(class, 3000);
            heap.spec(builtin).id = id + 6 + 2 * place as u64;
            heap.internal(native, class, builtin);
        }
    }
    open(&heap)
}

#[test]
fn contexts_are_one_leak_and_not_one_for_each_of_their_builtins() {
    let report = ask(&[contexts(4), contexts(8), contexts(12)]);
    let first = report.suspects.first().expect("a leak");
    assert!(first.line.contains("variable sandboxes : Array → [8 × "), "{}", first.line);
    assert!(first.bytes_per_interval >= 4.0 * 9000.0, "{}", first.bytes_per_interval);
    let of_builtins = report
        .suspects
        .iter()
        .filter(|suspect| ["Math", "Atomics", "Reflect"].contains(&suspect.class_name.as_str()));
    assert_eq!(of_builtins.count(), 0, "{:?}", report.suspects);
}
