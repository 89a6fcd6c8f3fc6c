//! What is a part of another leak, what Node.js keeps of each file that it loads, and what finalizers wait for.

use heapglass_analysis::{LeakKind, LeakReport, LeakVerdict};
use heapglass_graph::Graph;
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::leaks::ask;
use crate::open;

/// Modules of CommonJS in the loader's table, each of the file that `file` names.
fn modules(count: u64, file: fn(u64) -> String) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let (loader, cache) = (heap.object("Loader", 24), heap.object("Object", 24));
    heap.property(heap.global(), "loader", loader);
    heap.property(loader, "_cache", cache);
    for number in 0..count {
        let module = heap.object("Module", 400);
        let name = heap.string(&file(number), 40);
        heap.spec(module).id = 1001 + 4 * number;
        heap.spec(name).id = 1003 + 4 * number;
        heap.property(cache, &format!("module {number}"), module);
        heap.property(module, "filename", name);
    }
    open(&heap)
}

#[test]
fn modules_that_are_loaded_for_the_first_time_are_no_leak() {
    let ask = |counts: [u64; 3], file: fn(u64) -> String| {
        ask(&counts.map(|count| modules(count, file))).verdict
    };
    let own = |number: u64| format!("/srv/app/lib/{number}.js");
    assert_eq!(ask([50, 100, 150], own), LeakVerdict::NoLeak);
    // A script for each request.
    assert_eq!(ask([300, 600, 900], own), LeakVerdict::Leak);
    let same = |_| "/srv/app/config.js".to_owned();
    assert_eq!(ask([50, 100, 150], same), LeakVerdict::Leak);
    let in_turn = |number: u64| format!("/srv/app/routes/{}.js", number % 20);
    assert_eq!(ask([50, 100, 150], in_turn), LeakVerdict::Leak);
    let with_query = |number: u64| format!("/srv/app/config.js?t={number}");
    assert_eq!(ask([50, 100, 150], with_query), LeakVerdict::Leak);
}

/// Addresses that begin so in a table of this name.
fn addresses(count: u64, start: &str, table: &str) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let dictionary = heap.object("Object", 24);
    heap.property(heap.global(), table, dictionary);
    for number in 0..count {
        let path = heap.string(&format!("{start}{number}"), 100);
        heap.spec(path).id = 1001 + 2 * number;
        heap.property(dictionary, &format!("path {number}"), path);
    }
    open(&heap)
}

#[test]
fn tables_of_the_loader_are_known_by_their_names() {
    let verdict =
        |start, table| ask(&[50, 100, 150].map(|count| addresses(count, start, table))).verdict;
    assert_eq!(verdict("/srv/app/lib/", "relativeResolveCache"), LeakVerdict::NoLeak);
    assert_eq!(verdict("/srv/app/lib/", "paths"), LeakVerdict::Leak);
    // What is written into the address itself has no end.
    assert_eq!(
        verdict("data:text/javascript,export default ", "relativeResolveCache"),
        LeakVerdict::Leak
    );
}

/// An emitter with so many listeners of two events.
fn emitter(of_data: u64, of_end: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let (bus, events) = (heap.object("Bus", 24), heap.object("Object", 24));
    heap.property(heap.global(), "bus", bus);
    heap.property(bus, "_events", events);
    for (event, first_id, count) in [("data", 10_001, of_data), ("end", 10_003, of_end)] {
        let list = heap.object("Array", 16);
        heap.spec(list).id = first_id - 1000;
        heap.property(events, event, list);
        for number in 0..count {
            let listener = heap.closure(&format!("on{event}"), 200);
            heap.spec(listener).id = first_id + 4 * number;
            heap.element(list, number as u32, listener);
        }
    }
    open(&heap)
}

fn kinds(report: &LeakReport) -> Vec<LeakKind> {
    report.suspects.iter().map(|suspect| suspect.kind).collect()
}

#[test]
fn lists_of_one_emitter_that_grow_together_are_one_leak() {
    let together = ask(&[emitter(50, 50), emitter(150, 150), emitter(250, 250)]);
    assert_eq!(kinds(&together), [LeakKind::Listeners]);
    let bytes = together.suspects[0].bytes_per_interval;
    assert!((40_000.0..45_000.0).contains(&bytes), "{:?}", together.suspects);
    let apart = ask(&[emitter(50, 50), emitter(150, 110), emitter(250, 170)]);
    assert_eq!(kinds(&apart), [LeakKind::Listeners, LeakKind::Listeners]);
}

/// Tenants whose users have sessions, in Maps in a Map: most get few each, one gets many.
fn tenants(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let all = heap.object("Map", 32);
    heap.property(heap.global(), "tenants", all);
    let users: Vec<NodeRef> = (0..40)
        .map(|number| {
            let user = heap.object("Map", 32);
            heap.element(all, number, user);
            user
        })
        .collect();
    for number in 0..count {
        let session = heap.object("Session", 400);
        heap.spec(session).id = 10_001 + 2 * number;
        let user = if number % 3 == 0 { 0 } else { number as usize % users.len() };
        heap.element(users[user], number as u32, session);
    }
    open(&heap)
}

#[test]
fn no_two_suspects_are_at_one_object_under_one_fingerprint() {
    let report = ask(&[tenants(900), tenants(1800), tenants(2700)]);
    assert_eq!(report.verdict, LeakVerdict::Leak);
    let mut places: Vec<_> = report
        .suspects
        .iter()
        .map(|suspect| (suspect.accumulation_point.id, suspect.fingerprint.clone()))
        .collect();
    places.sort();
    places.dedup();
    assert_eq!(places.len(), report.suspects.len());
}

/// A registry whose held values are still there: the newest entry holds the one before.
fn registry(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let registry = heap.object("FinalizationRegistry", 40);
    heap.property(heap.global(), "registry", registry);
    let (mut holder, mut name) = (registry, "active_cells");
    for number in (0..count).rev() {
        let cell = heap.node("hidden", "system / WeakCell", 64);
        let held = heap.object("Held", 40);
        heap.spec(cell).id = 1001 + 4 * number;
        heap.spec(held).id = 1003 + 4 * number;
        heap.internal(holder, name, cell);
        heap.internal(cell, "holdings", held);
        (holder, name) = (cell, "next");
    }
    open(&heap)
}

#[test]
fn entries_of_a_registry_of_finalizers_are_no_linked_list() {
    let report = ask(&[registry(100), registry(200), registry(300)]);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert_eq!((suspect.kind, suspect.class_name.as_str()), (LeakKind::GrowingWeakMap, "Held"));
    let title = suspect.knowledge.map(|known| known.title.as_str()).unwrap_or_default();
    assert!(title.starts_with("a FinalizationRegistry"), "{title}");
    assert!(suspect.line.starts_with("global.registry : FinalizationRegistry"), "{}", suspect.line);
}
