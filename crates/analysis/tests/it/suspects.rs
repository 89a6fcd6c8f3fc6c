use heapglass_analysis::{
    ScriptSources, Suspect, SuspectKind, SuspectOptions, VerdictOptions, biggest_objects,
    merged_paths, suspects, verdict,
};
use heapglass_graph::Graph;
use heapglass_testkit::{NodeRef, SnapshotBuilder, random};

use crate::support::{function, table_of};
use crate::{at, open};

fn found(heap: &SnapshotBuilder) -> Vec<Suspect> {
    suspects(&open(heap), &SuspectOptions::default())
}

/// A heap of which nothing stands out: V8's own things, and many little ones of the program.
fn quiet() -> SnapshotBuilder {
    let mut heap = SnapshotBuilder::new();
    for number in 0..50 {
        let code = heap.node("code", "(code)", 1000);
        heap.element(heap.gc_roots(), number + 10, code);
        let object = heap.object(&format!("Class{}", number % 25), 100);
        heap.property(heap.global(), &format!("p{number}"), object);
    }
    heap
}

#[test]
fn nothing_stands_out_in_a_quiet_heap() {
    assert_eq!(found(&quiet()), []);
    assert_eq!(found(&SnapshotBuilder::new()), []);
    let told = verdict(&open(&quiet()), &VerdictOptions::default());
    assert_eq!((told.suspects.len(), told.explained_size), (0, 0));
    assert!(!told.biggest_objects.is_empty());
}

#[test]
fn texts_of_scripts_are_counted_once() {
    let mut heap = quiet();
    assert_eq!(verdict(&open(&heap), &VerdictOptions::default()).script_sources, None);
    let texts = [heap.string("let a = 1", 300), heap.string("let b = 2", 50)];
    let name = heap.string("/app/a.js", 40);
    for (number, text) in [(0, texts[0]), (1, texts[0]), (2, texts[1])] {
        let script = heap.node("code", "system / Script", 96);
        heap.element(heap.gc_roots(), 100 + number, script);
        heap.internal(script, "source", text);
        heap.internal(script, "name", name);
    }
    let sources = verdict(&open(&heap), &VerdictOptions::default()).script_sources;
    assert_eq!(sources, Some(ScriptSources { count: 3, size: 350 }));
}

#[test]
fn a_leaking_map_is_found_at_its_table() {
    let mut heap = quiet();
    let (app, cache, table) =
        (heap.object("Object", 16), heap.object("Map", 32), heap.node("array", "", 640));
    heap.property(heap.global(), "app", app);
    heap.property(app, "cache", cache);
    heap.internal(cache, "table", table);
    for number in 0..1234 {
        let session = heap.object("Session", 100);
        heap.internal(table, &(2051 + 3 * number).to_string(), session);
        heap.locate(session, 7, 1, 2);
    }
    let found = found(&heap);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].line, "global.app.cache : Map → table → [1234 × Session]");
    let SuspectKind::Object { object, accumulation } = &found[0].kind else { panic!("{found:?}") };
    assert_eq!((object.ordinal, accumulation.object.ordinal), (at(app), at(cache)));
    let scatter = &accumulation.scatter[0];
    assert_eq!(
        (scatter.count, scatter.retained_size, scatter.class_name.as_str()),
        (1234, 123_400, "Session")
    );
    assert_eq!(scatter.location.map(|place| place.script_id), Some(7));
    assert!(found[0].share > 0.6 && found[0].retained_size > 123_400);
}

#[test]
fn a_map_whose_slots_weigh_more_than_its_entries_is_one_owner() {
    let mut heap = quiet();
    let (store, map, table) =
        (heap.object("Store", 16), heap.object("Map", 32), heap.node("array", "", 150_000));
    heap.property(heap.global(), "store", store);
    heap.property(store, "byId", map);
    heap.internal(map, "table", table);
    let prototype = heap.object("Map", 32);
    heap.property(map, "__proto__", prototype);
    heap.property(heap.global(), "prototype", prototype);
    for number in 0..1000 {
        let token = heap.object("Token", 100);
        heap.internal(table, &(1027 + 3 * number).to_string(), token);
    }
    let found = found(&heap);
    let [suspect] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(suspect.line, "global.store.byId : Map → table → [1000 × Token]");
    assert_eq!(suspect.own_size, suspect.retained_size);
    let SuspectKind::Object { object, accumulation } = &suspect.kind else { panic!("{found:?}") };
    assert_eq!((object.ordinal, accumulation.object.ordinal), (at(store), at(map)));
    assert_eq!(accumulation.scatter[0].count, 1000);
}

#[test]
fn the_prototype_is_no_content() {
    for class in ["Map", "Array", "Registry"] {
        let mut heap = quiet();
        let (outer, prototype) = (heap.object(class, 16), heap.object(class, 16));
        heap.property(heap.global(), "outer", outer);
        heap.property(heap.global(), "prototype", prototype);
        heap.property(outer, "__proto__", prototype);
        let holder = if class == "Map" { heap.node("array", "", 64) } else { outer };
        if class == "Map" {
            heap.internal(outer, "table", holder);
        }
        for number in 0..100u32 {
            let inner = heap.object(class, 1000);
            heap.property(inner, "__proto__", prototype);
            if class == "Map" {
                heap.internal(holder, &(131 + 3 * number).to_string(), inner);
            } else {
                heap.element(holder, number, inner);
            }
        }
        let (scatter, _) = largest(&heap);
        let counts = (scatter.count, scatter.exclusive_count, scatter.is_direct);
        assert_eq!((&*scatter.class_name, counts), (class, (100, 100, true)));
    }
}

#[test]
fn what_a_collection_holds_besides_is_no_entry() {
    let mut heap = quiet();
    let (map, table) = (heap.object("Map", 16), heap.node("array", "", 64));
    let meta = heap.object("Entry", 50);
    heap.property(heap.global(), "map", map);
    heap.internal(map, "table", table);
    heap.property(map, "meta", meta);
    for number in 0..100 {
        let entry = heap.object("Entry", 1000);
        heap.internal(table, &(131 + 3 * number).to_string(), entry);
    }
    let (scatter, _) = largest(&heap);
    assert_eq!((scatter.count, scatter.exclusive_count), (100, 100));
}

/// So many proxies of objects of a class in a list.
fn proxies_in(heap: &mut SnapshotBuilder, list: NodeRef, class: &str, count: u32) {
    for number in 0..count {
        let proxy = heap.node("hidden", "system / JSProxy", 32);
        let target = heap.object(class, 1000);
        heap.element(list, number, proxy);
        heap.hidden(proxy, 1, target);
    }
}

#[test]
fn proxies_are_called_by_what_they_stand_for() {
    let mut heap = quiet();
    let list = heap.object("Array", 16);
    heap.property(heap.global(), "models", list);
    proxies_in(&mut heap, list, "Model", 100);
    let (scatter, line) = largest(&heap);
    assert_eq!((&*scatter.class_name, scatter.count), ("Proxy of Model", 100));
    assert_eq!(line, "global.models : Array → [100 × Proxy of Model]");

    // Something else of V8's own, or targets of two classes.
    let mut other = heap.clone();
    let hidden = other.node("hidden", "system / Other", 32);
    other.element(list, 1000, hidden);
    assert_eq!(largest(&other).0.class_name, "(system)");
    let more = heap.node("hidden", "system / JSProxy", 32);
    let view = heap.object("View", 1000);
    heap.element(list, 1000, more);
    heap.hidden(more, 1, view);
    assert_eq!(largest(&heap).0.class_name, "Proxy");
}

#[test]
fn the_way_goes_from_proxies_to_their_targets() {
    let mut heap = quiet();
    let list = heap.object("Array", 16);
    heap.property(heap.global(), "models", list);
    proxies_in(&mut heap, list, "Model", 100);
    let graph = open(&heap);
    let models: Vec<_> = graph.nodes().filter(|&node| graph.class_name(node) == "Model").collect();
    let common = merged_paths(&graph, &models, 1).common;
    assert_eq!(common, "global.models : Array → [100 × Proxy] → target → [100 × Model]");
}

#[test]
fn the_branches_of_a_tree_are_no_suspects_of_their_own() {
    let mut heap = quiet();
    let root = heap.object("Branch", 100);
    heap.property(heap.global(), "index", root);
    let mut open = vec![root];
    for _ in 0..8 {
        let mut next = Vec::new();
        for parent in open {
            for side in ["left", "right"] {
                let node = heap.object("Branch", 100);
                heap.property(parent, side, node);
                next.push(node);
            }
        }
        open = next;
    }
    let found = found(&heap);
    let [suspect] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(suspect.line, "global.index : Branch → [510 × Branch]");
}

#[test]
fn parts_that_stand_out_are_told_apart() {
    let mut heap = quiet();
    let app = heap.object("Object", 16);
    heap.property(heap.global(), "app", app);
    for (name, class, each) in [("users", "User", 300), ("logs", "Log", 200)] {
        let list = heap.object("Array", 16);
        heap.property(app, name, list);
        for number in 0..100 {
            let entry = heap.object(class, each);
            heap.element(list, number, entry);
        }
    }
    let lines: Vec<String> = found(&heap).into_iter().map(|suspect| suspect.line).collect();
    assert_eq!(
        lines,
        ["global.app.users : Array → [100 × User]", "global.app.logs : Array → [100 × Log]"]
    );
}

#[test]
fn a_list_is_found_at_its_first_link() {
    let mut heap = random::linked_list(2000);
    let other = heap.object("Other", 8000);
    heap.property(heap.global(), "other", other);
    let found = found(&heap);
    assert_eq!(found[0].line, "global.next : Link → [1999 × Link]");
    assert_eq!(found[0].retained_size, 32_000);
    assert_eq!(found[1].retained_size, 8000);
}

#[test]
fn many_small_owners_are_one_group() {
    let mut heap = quiet();
    for number in 0..200 {
        let request = heap.object("Request", 50);
        let body = heap.object("Body", 400);
        heap.property(heap.global(), &format!("request{number}"), request);
        heap.property(request, "body", body);
    }
    let found = found(&heap);
    assert_eq!(found.len(), 1, "the bodies are the requests'");
    let SuspectKind::Group { class_name, count, gathered, .. } = &found[0].kind else {
        panic!("{found:?}")
    };
    assert_eq!((class_name.as_str(), *count, *gathered), ("Request", 200, 0));
    assert_eq!(found[0].retained_size, 90_000);
    assert_eq!(found[0].share, 90_000.0 / 145_000.0);
}

#[test]
fn a_group_is_traced_to_what_gathers_it() {
    let mut heap = quiet();
    let (pool, mut log) = (heap.object("Pool", 10), heap.object("Log", 10));
    heap.property(heap.global(), "pool", pool);
    heap.property(heap.global(), "log", log);
    for _ in 0..3 {
        let next = heap.object("Log", 10);
        heap.property(log, "inner", next);
        log = next;
    }
    for number in 0..100 {
        let socket = heap.object("Socket", 100);
        // With two holders it is dominated by neither.
        heap.element(pool, number, socket);
        heap.element(log, number, socket);
    }
    let found = found(&heap);
    let SuspectKind::Group { count, gathered, accumulation, also_held_by, .. } = &found[0].kind
    else {
        panic!("{found:?}")
    };
    assert_eq!((found.len(), *count, *gathered), (1, 100, 100));
    assert_eq!(accumulation.as_ref().map(|point| point.object.ordinal), Some(at(pool)));
    let other = also_held_by.as_ref().expect("another holder");
    assert_eq!((other.object.ordinal, other.held_as.as_deref()), (at(log), Some(".inner in Log")));
    assert_eq!(found[0].line, "global.pool : Pool → [100 × Socket]");
}

/// Objects of a class written in this script, kept by timers that both a list and a queue hold. Gives the list.
fn kept_by_timers(heap: &mut SnapshotBuilder, script: &str) -> NodeRef {
    let (lists, mut queue) = (heap.object("Object", 10), heap.object("Log", 10));
    heap.property(heap.global(), "lists", lists);
    heap.property(heap.global(), "queue", queue);
    for _ in 0..3 {
        let next = heap.object("Log", 10);
        heap.property(queue, "inner", next);
        queue = next;
    }
    for (number, script, class) in [(1, "node:internal/timers", "TimersList"), (2, script, "Conn")]
    {
        let constructor = function(heap, number, script, class);
        heap.property(heap.global(), class, constructor);
    }
    for number in 0..200 {
        let (timers, timer, conn) =
            (heap.object("TimersList", 50), heap.object("Timeout", 50), heap.object("Conn", 400));
        heap.element(lists, number, timers);
        heap.element(queue, number, timers);
        heap.property(timers, "_idleNext", timer);
        heap.property(timer, "conn", conn);
        for (node, script) in [(timers, 1), (timer, 1), (conn, 2)] {
            heap.locate(node, script, 9, 2);
        }
    }
    lists
}

#[test]
fn objects_of_the_program_are_told_in_place_of_nodes_timers() {
    let mut heap = quiet();
    let lists = kept_by_timers(&mut heap, "/app/conn.js");
    let found = found(&heap);
    let [suspect] = found.as_slice() else { panic!("{found:?}") };
    let SuspectKind::Group { class_name, count, gathered, accumulation, .. } = &suspect.kind else {
        panic!("{found:?}")
    };
    assert_eq!((class_name.as_str(), *count, *gathered), ("Conn", 200, 200));
    assert_eq!((suspect.retained_size, suspect.own_size), (80_000, 80_000));
    let label = accumulation.as_ref().map(|at| at.object.label.clone());
    assert_eq!(label, Some(format!("the timers of Node.js @{}", heap.id(lists))));
}

#[test]
fn objects_of_node_that_keep_nothing_of_the_program_are_told_themselves() {
    let mut heap = quiet();
    kept_by_timers(&mut heap, "node:net");
    let found = found(&heap);
    let [suspect] = found.as_slice() else { panic!("{found:?}") };
    let SuspectKind::Group { class_name, .. } = &suspect.kind else { panic!("{found:?}") };
    assert_eq!((class_name.as_str(), suspect.retained_size), ("TimersList", 100_000));
}

#[test]
fn nodes_list_of_its_own_modules_is_no_owner() {
    for (script, owners) in [("node:internal/bootstrap/realm", 0), ("/app/registry.js", 1)] {
        let mut heap = quiet();
        let class = function(&mut heap, 1, script, "BuiltinModule");
        let map = heap.object("Map", 32);
        heap.property(heap.global(), "registry", class);
        heap.property(class, "map", map);
        let table = table_of(&mut heap, map);
        for number in 0..100u32 {
            let module = heap.object("BuiltinModule", 1000);
            heap.internal(table, &(131 + 3 * number).to_string(), module);
            heap.locate(module, 1, 9, 2);
        }
        assert_eq!(found(&heap).len(), owners, "{script}");
    }
}

#[test]
fn v8s_own_tables_are_nobodys() {
    let mut heap = quiet();
    let strings = heap.node("array", "", 500_000);
    heap.internal(heap.gc_roots(), "string_table", strings);
    assert_eq!(found(&heap), []);
}

/// A small application with a cache of ten entries.
fn app_with_cache(heap: &mut SnapshotBuilder) -> NodeRef {
    let (app, cache) = (heap.object("App", 10), heap.object("Cache", 10));
    heap.property(heap.global(), "app", app);
    heap.property(app, "cache", cache);
    for number in 0..10 {
        let entry = heap.object("Entry", 100);
        heap.element(cache, number, entry);
    }
    app
}

fn names_of_biggest(graph: &Graph) -> Vec<String> {
    biggest_objects(graph, 3).into_iter().map(|object| object.class_name).collect()
}

#[test]
fn the_biggest_objects_are_not_inside_each_other() {
    let mut heap = SnapshotBuilder::new();
    app_with_cache(&mut heap);
    let small = heap.object("Small", 50);
    heap.property(heap.global(), "small", small);
    let graph = open(&heap);
    assert_eq!(names_of_biggest(&graph), ["Cache", "Small"]);
}

#[test]
fn a_list_is_one_of_the_biggest_objects() {
    let mut heap = random::linked_list(2000);
    let other = heap.object("Other", 8000);
    heap.property(heap.global(), "other", other);
    let graph = open(&heap);
    let found: Vec<(String, u64)> = biggest_objects(&graph, 2)
        .into_iter()
        .map(|object| (object.class_name, object.retained_size))
        .collect();
    assert_eq!(found, [("Link".to_owned(), 32_000), ("Other".to_owned(), 8000)]);
}

#[test]
fn the_owner_of_a_small_part_is_not_named_beside_the_large_one_that_it_holds() {
    let mut heap = SnapshotBuilder::new();
    let app = app_with_cache(&mut heap);
    // Nobody knows a number by itself: it is its owner's.
    let number = heap.node("number", "heap number", 200);
    heap.property(app, "size", number);
    let graph = open(&heap);
    assert_eq!(names_of_biggest(&graph), ["Cache"]);
}

/// The first part and the line of the largest suspect.
fn largest(heap: &SnapshotBuilder) -> (heapglass_analysis::Scatter, String) {
    let found = found(heap);
    let SuspectKind::Object { accumulation, .. } = &found[0].kind else { panic!("{found:?}") };
    (accumulation.scatter[0].clone(), found[0].line.clone())
}

#[test]
fn one_more_of_a_class_does_not_make_all_of_them_held_indirectly() {
    let mut heap = quiet();
    let (list, common) = (heap.object("Array", 16), heap.object("Handler", 100));
    heap.property(heap.global(), "handlers", list);
    for number in 0..500 {
        let handler = heap.object("Handler", 100);
        heap.element(list, number, handler);
        heap.property(handler, "next", common);
    }
    let (scatter, line) = largest(&heap);
    assert_eq!((scatter.count, scatter.exclusive_count, scatter.is_direct), (500, 500, true));
    assert_eq!(scatter.retained_size, 50_000);
    assert_eq!(line, "global.handlers : Array → [500 × Handler]");
}

#[test]
fn what_is_held_indirectly_has_a_way() {
    let mut heap = quiet();
    let (program, files) = (heap.object("Program", 16), heap.object("Array", 16));
    heap.property(heap.global(), "program", program);
    heap.property(program, "files", files);
    // Every node hangs below two files, and so below none of them alone.
    let all: Vec<_> = (0..40).map(|_| heap.object("File", 100)).collect();
    for (number, &file) in (0..).zip(&all) {
        heap.element(files, number, file);
    }
    for number in 0..2000u32 {
        let node = heap.object("Node", 100);
        heap.element(all[number as usize % 40], number, node);
        heap.element(all[(number as usize + 7) % 40], number, node);
    }
    let (scatter, line) = largest(&heap);
    assert_eq!((scatter.class_name.as_str(), scatter.is_direct), ("Node", false));
    assert_eq!((scatter.count, scatter.exclusive_count), (2000, 2000));
    let (start, end) = (
        line.starts_with("global.program.files : Array → ["),
        line.ends_with(" × File] → [2000 × Node]"),
    );
    assert!(start && end, "{line}");
}

#[test]
fn only_what_is_held_directly_is_counted_as_held_alone() {
    let mut heap = quiet();
    let cache = heap.object("Cache", 16);
    heap.property(heap.global(), "cache", cache);
    let (left, right) = (heap.object("Left", 8), heap.object("Right", 8));
    heap.property(cache, "left", left);
    heap.property(cache, "right", right);
    for number in 0..500 {
        let entry = heap.object("Entry", 1000);
        heap.element(cache, number, entry);
        if number < 100 {
            // Others hold these too.
            heap.property(heap.global(), &format!("entry{number}"), entry);
        }
    }
    // Held by two parts of the cache: it dominates them, and does not hold them.
    for number in 0..50 {
        let entry = heap.object("Entry", 1000);
        heap.property(left, &format!("e{number}"), entry);
        heap.property(right, &format!("e{number}"), entry);
    }
    let (scatter, _) = largest(&heap);
    assert_eq!((scatter.class_name.as_str(), scatter.is_direct), ("Entry", true));
    assert_eq!((scatter.count, scatter.exclusive_count), (500, 400));
}

#[test]
fn counts_of_large_groups_are_exact() {
    let mut heap = quiet();
    let holder = heap.object("Registry", 16);
    let table = heap.node("array", "", 64);
    heap.property(heap.global(), "registry", holder);
    heap.property(heap.global(), "again", holder);
    heap.internal(holder, "elements", table);
    let count = 12_345u32;
    for number in 0..count {
        let item = heap.object("Item", 100);
        heap.element(table, number, item);
        heap.property(heap.global(), &format!("item{number}"), item);
    }
    let found = found(&heap);
    let SuspectKind::Group { count: members, is_estimate, .. } = &found[0].kind else {
        panic!("{found:?}")
    };
    assert_eq!((*members, *is_estimate), (u64::from(count), false));
}

#[test]
fn what_is_in_another_suspect_is_no_ones_own() {
    let mut heap = quiet();
    let (app, list) = (heap.object("App", 16), heap.object("Holder", 16));
    let big = heap.string("big", 300_000);
    heap.property(heap.global(), "app", app);
    heap.property(app, "list", list);
    heap.property(app, "big", big);
    for number in 0..100 {
        let entry = heap.object("Entry", 4000);
        heap.element(list, number, entry);
    }
    let found = found(&heap);
    let sizes: Vec<(u64, u64)> =
        found.iter().map(|suspect| (suspect.retained_size, suspect.own_size)).collect();
    let own: u64 = found.iter().map(|suspect| suspect.own_size).sum();
    let largest = sizes.iter().map(|&(retained, _)| retained).max().unwrap_or(0);
    assert!(own >= largest && sizes.iter().all(|&(retained, own)| own <= retained), "{sizes:?}");
    let total = open(&heap).overview().info.total_size;
    assert!(own <= total, "{own} of {total}");
}
