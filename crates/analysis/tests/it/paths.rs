use heapglass_analysis::{find_classes, instances, merged_paths, path_to, paths_to};
use heapglass_graph::{Graph, Ordinal};
use heapglass_testkit::{NodeRef, SnapshotBuilder, random};

use crate::support::{cell, text_module, without_user_roots};
use crate::{at, open};

/// `global.app.cache`: a Map of `count` sessions, with the table laid out as V8 does.
fn session_cache(count: u32) -> (SnapshotBuilder, NodeRef) {
    let mut heap = SnapshotBuilder::new();
    let (app, cache) = (heap.object("Object", 16), heap.object("Map", 32));
    let prototype = heap.object("Map", 32);
    let table = heap.node("array", "", 64);
    heap.property(heap.global(), "app", app);
    heap.property(app, "cache", cache);
    heap.internal(cache, "table", table);
    heap.property(cache, "__proto__", prototype);
    let buckets = count.next_power_of_two().max(2);
    for number in 0..count {
        let key = heap.string(&format!("sess:{number}"), 24);
        let session = heap.object("Session", 100);
        let slot = 3 + buckets + 3 * number;
        heap.internal(table, &slot.to_string(), key);
        heap.internal(table, &(slot + 1).to_string(), session);
    }
    (heap, table)
}

fn sessions(graph: &Graph) -> Vec<Ordinal> {
    let class = find_classes(&graph.overview().classes, "Session").expect("sessions");
    instances(graph, &class, None, None).objects.iter().map(|object| object.ordinal).collect()
}

fn text(graph: &Graph, node: NodeRef) -> String {
    path_to(graph, at(node)).expect("a path").text
}

#[test]
fn a_map_entry_is_named_by_its_key() {
    let (heap, _) = session_cache(5);
    let graph = open(&heap);
    let path = path_to(&graph, sessions(&graph)[2]).expect("a path");
    assert_eq!(path.text, "global.app.cache : Map → table → [\"sess:2\"] : Session");
    assert_eq!(path.steps.len(), 5);
}

#[test]
fn the_paths_of_a_class_are_one_line() {
    let (mut heap, _) = session_cache(100);
    let stray = heap.object("Session", 10);
    heap.property(heap.global(), "current", stray);
    let graph = open(&heap);
    let merged = merged_paths(&graph, &sessions(&graph), 10);
    assert_eq!(merged.common, "global.app.cache : Map → table → [100 × Session]");
    assert_eq!(merged.gathered_at.as_ref().map(|map| map.class_name.as_str()), Some("Map"));
    assert_eq!((merged.gathered, merged.targets, merged.unreachable), (100, 101, 0));
    let last = merged.rows.iter().find(|row| row.depth == 4).expect("the sessions");
    assert_eq!((last.item.objects, last.item.targets, last.item.retained_size), (100, 100, 10_000));
    assert_eq!(last.item.edge.as_ref().map(|edge| edge.text.as_str()), Some("[*]"));
}

#[test]
fn variables_are_said_by_name() {
    let mut heap = SnapshotBuilder::new();
    let closure = heap.closure("handler", 64);
    let (inner, outer) = (heap.object("system / Context", 40), heap.object("system / Context", 40));
    let (near, far, hidden) =
        (heap.object("Near", 8), heap.object("Far", 8), heap.object("Block", 8));
    heap.property(heap.global(), "on click", closure);
    heap.internal(closure, "context", inner);
    heap.internal(inner, "previous", outer);
    heap.context(inner, "near", near);
    heap.context(outer, "far", far);
    heap.hidden(inner, 0, hidden);
    let graph = open(&heap);
    assert_eq!(text(&graph, near), "global[\"on click\"] : handler() → variable near : Near");
    assert_eq!(text(&graph, far), "global[\"on click\"] : handler() → variable far : Far");
    assert_eq!(text(&graph, hidden), "global[\"on click\"] : handler() → variable : Block");
    assert_eq!(text(&graph, inner), "global[\"on click\"] : handler() → context");
}

#[test]
fn paths_start_at_the_global_object_or_below_the_roots() {
    let mut heap = SnapshotBuilder::empty();
    let root = heap.node("synthetic", "", 0);
    let roots = heap.node("synthetic", "(GC roots)", 0);
    let stack = heap.node("synthetic", "(Stack roots)", 0);
    let context = heap.node("hidden", "system / NativeContext", 100);
    let global = heap.object("global (global*)", 50);
    let (a, b) = (heap.object("A", 8), heap.object("B", 8));
    heap.element(root, 1, roots);
    heap.shortcut(root, "2", context);
    heap.element(roots, 1, stack);
    heap.internal(context, "global_object", global);
    heap.property(global, "a", a);
    heap.element(stack, 3, b);
    let graph = open(&heap);
    assert_eq!(text(&graph, a), "global.a : A");
    assert_eq!(text(&graph, b), "(Stack roots) → [entry] : B");
}

#[test]
fn of_paths_of_one_length_the_one_of_the_program_is_told() {
    let mut heap = SnapshotBuilder::new();
    // What says little comes first in the file.
    let native = heap.node("native", "Node / Environment", 8);
    let other = heap.object("Other", 8);
    let scope = heap.node("synthetic", "(Handle scope)", 0);
    let handles = heap.node("synthetic", "(Global handles)", 0);
    let (target, lost) = (heap.object("Target", 8), heap.object("Lost", 8));
    heap.element(heap.root(), 7, native);
    heap.element(heap.root(), 8, other);
    heap.internal(native, "target", target);
    heap.property(other, "target", target);
    let later = heap.object("global", 0);
    heap.element(heap.root(), 9, later);
    heap.property(later, "target", target);
    for table in [scope, handles] {
        heap.element(heap.gc_roots(), 20, table);
        heap.internal(table, "3", lost);
    }
    let graph = open(&heap);
    assert_eq!(text(&graph, target), "global.target : Target");
    assert_eq!(text(&graph, lost), "(Global handles) → [entry] : Lost");
    let paths: Vec<String> =
        paths_to(&graph, at(lost), 5).into_iter().map(|path| path.text).collect();
    assert_eq!(paths, ["(Global handles) → [entry] : Lost", "(Handle scope) → [entry] : Lost"]);
}

#[test]
fn compiled_code_is_no_holder_if_there_is_another() {
    let mut heap = SnapshotBuilder::new();
    let (run, list) = (heap.closure("run", 64), heap.object("Array", 16));
    let (code, app) = (heap.node("code", "(optimized code)", 64), heap.object("App", 16));
    let (stats, only) = (heap.object("Stats", 16), heap.object("Only", 16));
    heap.property(heap.global(), "run", run);
    heap.internal(run, "code", code);
    heap.internal(code, "1", list);
    heap.internal(code, "2", only);
    heap.property(heap.global(), "app", app);
    heap.property(app, "stats", stats);
    heap.property(stats, "latencies", list);
    let graph = open(&heap);
    assert_eq!(text(&graph, list), "global.app.stats.latencies : Array");
    assert_eq!(text(&graph, only), "global.run → code[2] : Only");
}

#[test]
fn the_way_around_compiled_code_begins_at_a_user_root_too() {
    let mut heap = SnapshotBuilder::new();
    let (run, list) = (heap.closure("run", 64), heap.object("Array", 16));
    let code = heap.node("code", "(optimized code)", 64);
    heap.property(heap.global(), "run", run);
    heap.internal(run, "code", code);
    heap.internal(code, "1", list);
    let mut holder = heap.global();
    for name in ["app", "stats", "latencies"] {
        let object = heap.object("Object", 16);
        heap.property(holder, name, object);
        holder = object;
    }
    heap.property(holder, "list", list);
    let handles = heap.gc_roots();
    heap.element(handles, 7, list);
    let graph = open(&heap);
    assert_eq!(text(&graph, list), "global.app.stats.latencies.list : Array");
}

#[test]
fn lists_are_told_in_short() {
    let heap = random::linked_list(50_000);
    let graph = open(&heap);
    let last = Ordinal(graph.node_count() - 1);
    let path = path_to(&graph, last).expect("a path");
    assert_eq!(path.text, "global.next (50000 times) : Link");
    assert_eq!(path.steps.len(), 1000);
    assert_eq!(path.omitted, 49_001);
    let links: Vec<Ordinal> = graph.nodes().skip(3).collect();
    let merged = merged_paths(&graph, &links, 5);
    assert_eq!(merged.rows.len(), 2, "what hangs on a target is counted with it");
    assert_eq!(merged.rows[1].item.targets, 50_000);
}

#[test]
fn an_element_is_told_whatever_its_attributes_say() {
    let mut heap = SnapshotBuilder::new();
    let panel = heap.node("native", "<div class=\"before::x\">", 96);
    let data = heap.object("Data", 64);
    heap.property(heap.global(), "panel", panel);
    heap.property(panel, "data", data);
    assert_eq!(text(&open(&heap), data), "global.panel.data : Data");
}

#[test]
fn several_paths_come_by_several_holders() {
    let mut heap = SnapshotBuilder::new();
    let (a, b) = (heap.object("A", 8), heap.object("B", 8));
    let (shell, target, child) =
        (heap.object("Shell", 8), heap.object("Target", 8), heap.object("Child", 8));
    heap.property(heap.global(), "a", a);
    heap.property(a, "b", b);
    heap.property(a, "shell", shell);
    heap.property(b, "shell", shell);
    heap.property(shell, "target", target);
    heap.property(target, "child", child);
    heap.property(child, "parent", target);
    let graph = open(&heap);
    let texts: Vec<String> =
        paths_to(&graph, at(target), 5).into_iter().map(|path| path.text).collect();
    assert_eq!(texts, ["global.a.shell.target : Target"], "B is A's own");

    heap.property(heap.global(), "b", b);
    let graph = open(&heap);
    let texts: Vec<String> =
        paths_to(&graph, at(target), 5).into_iter().map(|path| path.text).collect();
    assert_eq!(texts, ["global.a.shell.target : Target", "global.b.shell.target : Target"]);
}

#[test]
fn a_path_through_a_module_of_commonjs_begins_there() {
    let mut heap = SnapshotBuilder::new();
    let (loader, cache) = (heap.object("Module", 16), heap.object("Object", 16));
    let (module, exports) = (heap.object("Module", 16), heap.object("Object", 16));
    let sessions = heap.object("Map", 32);
    heap.property(heap.global(), "Module", loader);
    heap.property(loader, "_cache", cache);
    heap.property(cache, "/app/server.js", module);
    heap.property(module, "exports", exports);
    heap.property(exports, "sessions", sessions);
    let graph = open(&heap);
    assert_eq!(text(&graph, sessions), "module /app/server.js → exports.sessions : Map");
    assert_eq!(text(&graph, module), "module /app/server.js");
    assert_eq!(text(&graph, cache), "global.Module._cache : Object");
}

#[test]
fn a_path_through_a_module_of_ecmascript_begins_at_its_variable() {
    let mut heap = SnapshotBuilder::new();
    let (modules, prototype) = (heap.object("Map", 32), heap.object("Map", 32));
    let table = heap.node("array", "", 64);
    let (job, wrap) = (heap.object("ModuleJob", 16), heap.object("ModuleWrap", 16));
    let generator = heap.object("Generator", 16);
    let context = heap.node("object", "system / Context", 32);
    let sessions = heap.object("Set", 32);
    let key = heap.string("file:///app/server.mjs", 24);
    heap.property(heap.global(), "modules", modules);
    heap.internal(modules, "table", table);
    heap.property(modules, "__proto__", prototype);
    heap.internal(table, "5", key);
    heap.internal(table, "6", job);
    heap.property(job, "module", wrap);
    heap.hidden(wrap, 4, generator);
    heap.internal(generator, "context", context);
    heap.context(context, "sessions", sessions);
    let graph = open(&heap);
    assert_eq!(text(&graph, sessions), "module /app/server.mjs → variable sessions : Set");
}

#[test]
fn among_ways_of_equal_length_names_decide_and_not_the_order_in_the_file() {
    let way = |names: [&str; 3]| {
        let mut heap = SnapshotBuilder::new();
        let (scope, cache) =
            (heap.node("object", "system / Context", 32), heap.object("Cache", 16));
        heap.context(scope, "cache", cache);
        for name in names {
            let closure = heap.closure(name, 64);
            heap.property(heap.global(), name, closure);
            heap.internal(closure, "context", scope);
        }
        text(&open(&heap), cache)
    };
    let expected = "global.clearTimeout → variable cache : Cache";
    assert_eq!(way(["setTimeout", "clearTimeout", "setImmediate"]), expected);
    assert_eq!(way(["clearTimeout", "setImmediate", "setTimeout"]), expected);
}

#[test]
fn of_long_names_the_beginning_decides() {
    let way = |names: [String; 2]| {
        let mut heap = SnapshotBuilder::new();
        let (scope, cache) =
            (heap.node("object", "system / Context", 32), heap.object("Cache", 16));
        heap.context(scope, "cache", cache);
        for (place, name) in ["first", "second"].into_iter().zip(names) {
            let closure = heap.closure(&name, 64);
            heap.property(heap.global(), place, closure);
            heap.internal(closure, "context", scope);
        }
        // Up to the function's own name, which is as long as they are.
        let text = text(&open(&heap), cache);
        text.split(" : ").next().map(str::to_owned)
    };
    let name = |length: usize, end: &str| "a".repeat(length) + end;
    let [first, second] = ["first", "second"].map(|place| Some(format!("global.{place}")));
    assert_eq!(way([name(255, "z"), name(255, "b")]), second);
    assert_eq!(way([name(255, "b"), name(255, "z")]), first);
    // What comes later is not looked at, and the order in the file is left.
    assert_eq!(way([name(256, "z"), name(256, "b")]), first);
    // Between bytes of one character the beginning may end as well.
    assert_eq!(way([name(255, "ü"), name(255, "é")]), first);
}

#[test]
fn a_holder_of_many_is_not_searched_for_its_name_and_comes_last() {
    for wide_first in [true, false] {
        let mut heap = SnapshotBuilder::new();
        let item = heap.object("Item", 16);
        let mut holder = |name: &str, edge: &str, others: u32| {
            let holder = heap.object("Holder", 16);
            heap.property(heap.global(), name, holder);
            for number in 0..others {
                heap.element(holder, number, heap.global());
            }
            heap.property(holder, edge, item);
        };
        let mut holders = [("wide", "a", 300), ("narrow", "b", 3)];
        if !wide_first {
            holders.reverse();
        }
        for (name, edge, others) in holders {
            holder(name, edge, others);
        }
        assert_eq!(text(&open(&heap), item), "global.narrow.b : Item");
    }
}

#[test]
fn a_list_of_all_native_objects_is_no_holder_if_there_is_another() {
    let mut heap = SnapshotBuilder::new();
    let environment = heap.node("synthetic", "Node / Environment", 8);
    let list = heap.node("native", "Node / BaseObjectList", 8);
    heap.edge(heap.root(), "element", "9", environment);
    heap.internal(environment, "base_object_list", list);
    let mut streams = Vec::new();
    for number in ["0", "1"] {
        let wrap = heap.node("native", "Node / ZlibStream", 8);
        let stream = heap.object("Stream", 16);
        heap.edge(list, "element", number, wrap);
        heap.internal(wrap, "native_to_javascript", stream);
        streams.push(stream);
    }
    let mut holder = heap.closure("main", 64);
    heap.element(heap.gc_roots(), 7, holder);
    for name in ["a", "b", "c", "d"] {
        let object = heap.object("Object", 16);
        heap.property(holder, name, object);
        holder = object;
    }
    heap.property(holder, "stream", streams[0]);
    let graph = open(&heap);
    assert!(
        text(&graph, streams[0]).ends_with(".a.b.c.d.stream : Stream"),
        "{}",
        text(&graph, streams[0])
    );
    // What nothing else holds is held by the list.
    assert!(text(&graph, streams[1]).contains("base_object_list"), "{}", text(&graph, streams[1]));
}

#[test]
fn the_list_of_external_strings_is_no_holder_if_there_is_another() {
    let mut heap = without_user_roots();
    let list = heap.node("synthetic", "(External strings)", 0);
    heap.element(heap.gc_roots(), 9, list);
    let texts = [heap.string("a long text", 1000), heap.string("another", 1000)];
    let mut holder = heap.global();
    for name in ["a", "b", "c"] {
        let object = heap.object("Object", 16);
        heap.property(holder, name, object);
        holder = object;
    }
    heap.property(holder, "text", texts[0]);
    for (number, &string) in (0..).zip(&texts) {
        heap.element(list, number, string);
    }
    let graph = open(&heap);
    assert!(text(&graph, texts[0]).contains("global.a.b.c.text"), "{}", text(&graph, texts[0]));
    assert!(text(&graph, texts[1]).contains("(External strings)"), "{}", text(&graph, texts[1]));
}

#[test]
fn what_a_module_of_ecmascript_exports_is_told_by_its_file_and_name() {
    for generator_field in [4, 5] {
        let mut heap = SnapshotBuilder::new();
        let (cache, look, own) =
            (heap.object("Map", 32), heap.closure("look", 64), heap.object("Set", 32));
        let entry = heap.object("Entry", 16);
        heap.property(cache, "first", entry);
        let cells = [cache, cache, look].map(|value| cell(&mut heap, value));
        let exports = [("default", cells[0]), ("cache", cells[1]), ("look", cells[2])];
        let (lib, scope) = text_module(&mut heap, "file:///app/lib.mjs", generator_field, &exports);
        let (main, _) = text_module(&mut heap, "file:///app/main.mjs", generator_field, &[]);
        heap.context(scope, "own", own);
        // What is imported from it: the cells first, and then the module.
        let (imports, modules) = (heap.node("array", "", 64), heap.node("array", "", 64));
        heap.hidden(main, 20, imports);
        heap.internal(imports, "0", cells[0]);
        heap.internal(imports, "1", cells[2]);
        heap.hidden(main, 21, modules);
        heap.internal(modules, "0", lib);
        heap.property(heap.global(), "entry", main);
        let graph = open(&heap);
        assert_eq!(text(&graph, cache), "module /app/lib.mjs → cache : Map", "no mere default");
        assert_eq!(text(&graph, entry), "module /app/lib.mjs → cache.first : Entry");
        assert_eq!(text(&graph, look), "module /app/lib.mjs → look", "by way of what imports it");
        assert_eq!(text(&graph, own), "module /app/lib.mjs → variable own : Set");
        assert_eq!(text(&graph, lib), "module /app/lib.mjs");
        assert!(!text(&graph, imports).contains("lib.mjs"), "{}", text(&graph, imports));
    }
}

#[test]
fn modules_and_cells_of_the_runtime_are_no_modules_of_the_program() {
    let mut heap = SnapshotBuilder::new();
    let (value, other) = (heap.object("Map", 32), heap.object("Set", 32));
    let exported = cell(&mut heap, value);
    let (module, _) = text_module(&mut heap, "node:fs", 4, &[("cache", exported)]);
    heap.property(heap.global(), "fs", module);
    let plain = cell(&mut heap, other);
    heap.property(heap.global(), "cell", plain);
    let graph = open(&heap);
    assert!(text(&graph, value).starts_with("global.fs"), "{}", text(&graph, value));
    assert_eq!(text(&graph, other), "global.cell → value : Set");
}

#[test]
fn a_module_of_commonjs_is_known_by_its_file_and_not_by_what_leads_to_it() {
    let mut heap = SnapshotBuilder::new();
    let prepare = heap.closure("prepare", 64);
    let scope = heap.node("object", "system / Context", 32);
    let process = heap.object("process", 64);
    heap.property(heap.global(), "prepare", prepare);
    heap.internal(prepare, "context", scope);
    heap.context(scope, "process", process);
    let module = |heap: &mut SnapshotBuilder, file: &str| {
        let (module, exports) = (heap.object("Module", 16), heap.object("Object", 16));
        let file = heap.string(file, 24);
        heap.property(module, "filename", file);
        heap.property(module, "exports", exports);
        (module, exports)
    };
    let (main, main_exports) = module(&mut heap, "/app/main.js");
    let (child, child_exports) = module(&mut heap, "/app/cache.js");
    let (report, report_exports) = module(&mut heap, "quarterly.pdf");
    let children = heap.object("Array", 16);
    heap.property(process, "mainModule", main);
    heap.property(main, "children", children);
    heap.element(children, 0, child);
    heap.property(process, "report", report);
    let values = [main_exports, child_exports, report_exports].map(|exports| {
        let value = heap.object("Map", 32);
        heap.property(exports, "cache", value);
        value
    });
    let environment = heap.object("Environment", 16);
    heap.property(process, "env", environment);
    let graph = open(&heap);
    assert_eq!(text(&graph, values[0]), "module /app/main.js → exports.cache : Map");
    assert_eq!(text(&graph, values[1]), "module /app/cache.js → exports.cache : Map");
    // A class of the program that is called so as well.
    assert_eq!(text(&graph, values[2]), "process.report.exports.cache : Map");
    assert_eq!(text(&graph, environment), "process.env : Environment");
    assert_eq!(text(&graph, process), "global.prepare → variable process : process");
}

#[test]
fn values_in_a_weak_map_are_one_step() {
    let mut heap = SnapshotBuilder::new();
    let tables = [(), ()].map(|()| heap.node("array", "", 64));
    let keys = heap.object("Array", 16);
    heap.property(heap.global(), "keys", keys);
    let mut values = Vec::new();
    let mut maps = Vec::new();
    for (place, table) in ["one", "two"].into_iter().zip(tables) {
        let map = heap.object("WeakMap", 32);
        heap.property(heap.global(), place, map);
        heap.internal(map, "table", table);
        maps.push(map);
    }
    for number in 0..7 {
        let (key, value) = (heap.object("Key", 8), heap.object("Info", 8));
        heap.element(keys, number, key);
        heap.weak_map_entry(tables[usize::from(number > 4)], key, value);
        values.push(at(value));
    }
    let graph = open(&heap);
    let merged = merged_paths(&graph, &values, 10);
    let steps: Vec<(&str, u64)> = merged
        .rows
        .iter()
        .filter(|row| row.item.class_name == "Info")
        .filter_map(|row| Some((row.item.edge.as_ref()?.text.as_str(), row.item.objects)))
        .collect();
    let name = |map: NodeRef| format!("value in WeakMap @{}", heap.id(map));
    let (one, two) = (name(maps[0]), name(maps[1]));
    assert_eq!(steps, [(one.as_str(), 5), (two.as_str(), 2)]);
}

/// A function that another one has called, as V8 noted there, and the object that its scope keeps.
fn noted_call(heap: &mut SnapshotBuilder) -> (NodeRef, NodeRef) {
    let (caller, called) = (heap.closure("write", 64), heap.closure("handler", 64));
    let cell = heap.node("hidden", "system / FeedbackCell", 24);
    let notes = heap.node("hidden", "system / FeedbackVector", 200);
    let (scope, sink) = (heap.object("system / Context", 32), heap.object("Sink", 100));
    heap.property(heap.global(), "write", caller);
    heap.internal(caller, "feedback_cell", cell);
    heap.internal(cell, "value", notes);
    heap.hidden(notes, 39, called);
    heap.internal(called, "context", scope);
    heap.context(scope, "sink", sink);
    (called, sink)
}

#[test]
fn a_path_goes_around_what_v8_noted_of_calls() {
    let mut heap = SnapshotBuilder::new();
    let (_, sink) = noted_call(&mut heap);
    let noted =
        "global.write → feedback_cell → value → {hidden 39} : handler() → variable sink : Sink";
    assert_eq!(text(&open(&heap), sink), noted);

    let (called, sink) = noted_call(&mut heap);
    let stack = heap.node("synthetic", "(Stack roots)", 0);
    heap.element(heap.gc_roots(), 2, stack);
    heap.element(stack, 1, called);
    assert_eq!(
        text(&open(&heap), sink),
        "(Stack roots) → [entry] : handler() → variable sink : Sink"
    );

    let (called, sink) = noted_call(&mut heap);
    let mut holder = heap.global();
    for field in ["app", "server", "router", "stack", "layer", "handle"] {
        let next = heap.object("Object", 16);
        heap.property(holder, field, next);
        holder = next;
    }
    heap.property(holder, "run", called);
    assert_eq!(
        text(&open(&heap), sink),
        "global.app.server.router.stack.layer.handle.run : handler() → variable sink : Sink"
    );
}

#[test]
fn a_value_in_a_weak_map_of_node_12_is_called_so() {
    let mut heap = SnapshotBuilder::new();
    let (key, value) = (heap.closure("memoized", 64), heap.object("Store", 32));
    heap.property(heap.global(), "profile", key);
    heap.internal(key, "9 / key memoized in WeakMap", value);
    assert_eq!(text(&open(&heap), value), "global.profile : memoized() → value in WeakMap : Store");
}
