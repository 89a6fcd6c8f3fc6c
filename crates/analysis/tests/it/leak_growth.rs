//! Growth that slows down, that is in few large objects, in many small ones, or in chains.

use heapglass_analysis::{LeakKind, LeakVerdict};
use heapglass_graph::Graph;
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::leaks::{ask, ids, series};
use crate::open;
use crate::support::{fill, lists_of, objects_in, table_of};

#[test]
fn what_slows_down_is_a_leak_only_probably() {
    let slower = series(&[ids(0, 50).collect(), ids(0, 150).collect(), ids(0, 190).collect()], 100);
    let report = ask(&slower);
    assert_eq!(report.verdict, LeakVerdict::Probable);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert!(suspect.slows_down && !suspect.is_certain(), "{suspect:?}");
    let even = series(&[ids(0, 50).collect(), ids(0, 150).collect(), ids(0, 225).collect()], 100);
    let report = ask(&even);
    assert_eq!((report.verdict, report.suspects[0].slows_down), (LeakVerdict::Leak, false));
}

/// A promise that so many wait for, each with `Promise.race`: the newest reaction holds the one before.
fn raced(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let shutdown = heap.object("Promise", 40);
    heap.property(heap.global(), "shutdown", shutdown);
    let (mut holder, mut name) = (shutdown, "reactions_or_result");
    for number in (0..count).rev() {
        let reaction = heap.node("hidden", "system / PromiseReaction", 40);
        let (race, result) = (heap.object("Promise", 40), heap.object("Rows", 24));
        for (node, at) in [(reaction, 0), (race, 2), (result, 4)] {
            heap.spec(node).id = 1001 + 6 * number + at;
        }
        heap.internal(holder, name, reaction);
        heap.internal(reaction, "promise", race);
        heap.internal(race, "reactions_or_result", result);
        (holder, name) = (reaction, "next");
    }
    open(&heap)
}

#[test]
fn reactions_of_a_promise_that_stays_pending_are_no_linked_list() {
    let report = ask(&[raced(100), raced(200), raced(300)]);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert_eq!(
        (suspect.kind, suspect.class_name.as_str()),
        (LeakKind::Promises, "Promise"),
        "{suspect:?}"
    );
    assert_eq!(suspect.accumulation_point.class_name, "Promise");
    let title = suspect.knowledge.map(|known| known.title.as_str());
    assert_eq!(title, Some("reactions to one promise that stays pending"));
    let plain = LeakKind::Promises.knowledge().map(|known| known.title.as_str());
    assert_eq!(plain, Some("promises that never settle"));
}

/// Promises of which each waits for the one before, as with `last = last.then(step)`.
fn chained(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let first = heap.object("Promise", 40);
    heap.property(heap.global(), "first", first);
    let mut holder = first;
    for number in 0..count {
        let reaction = heap.node("hidden", "system / PromiseReaction", 40);
        let next = heap.object("Promise", 40);
        for (node, at) in [(reaction, 0), (next, 2)] {
            heap.spec(node).id = 1001 + 4 * number + at;
        }
        heap.internal(holder, "reactions_or_result", reaction);
        heap.internal(reaction, "promise", next);
        holder = next;
    }
    open(&heap)
}

#[test]
fn promises_that_wait_for_each_other_are_not_reactions_of_one() {
    let report = ask(&[chained(100), chained(200), chained(300)]);
    let suspect = report.suspects.first().expect("what grows");
    assert_eq!((suspect.kind, suspect.knowledge), (LeakKind::Promises, suspect.kind.knowledge()));
}

/// A Map in a variable that holds 100 objects of a class for good.
fn hundred(heap: &mut SnapshotBuilder, class: &str) -> Vec<NodeRef> {
    let map = heap.object("Map", 32);
    heap.property(heap.global(), "all", map);
    let table = table_of(heap, map);
    objects_in(heap, table, class, 100)
}

/// Users whose lists get so many events each, which is little for one.
fn users(events: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let users = hundred(&mut heap, "User");
    let lists = lists_of(&mut heap, &users, "events");
    fill(&mut heap, &lists, ("AuditEvent", 100), events);
    open(&heap)
}

#[test]
fn what_grows_in_many_small_holders_is_named_and_not_the_map_above() {
    let report = ask(&[users(1), users(3), users(5)]);
    assert_eq!(report.verdict, LeakVerdict::Leak);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    let what = (suspect.kind, suspect.class_name.as_str(), suspect.instance_count);
    assert_eq!(what, (LeakKind::GrowingArray, "AuditEvent", 400));
    assert_eq!(suspect.accumulation_point.class_name, "Map");
    let place = (suspect.places, suspect.place_name.as_deref());
    assert_eq!(place, (100, Some("User.events : Array")));
}

/// Users whose lists of numbers weigh so much each: numbers are in no snapshot.
fn times(size: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let users = hundred(&mut heap, "User");
    for list in lists_of(&mut heap, &users, "times") {
        let store = heap.node("array", "(object elements)", size);
        heap.internal(list, "elements", store);
    }
    open(&heap)
}

#[test]
fn a_map_of_as_many_entries_as_before_leaks_if_its_values_grow() {
    let report = ask(&[times(100), times(400), times(700)]);
    assert_eq!(report.verdict, LeakVerdict::Leak, "{:?}", report.suspects);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    let place = (suspect.places, suspect.place_name.as_deref());
    assert_eq!(place, (100, Some("User.times : Array")));
}

/// Tenants with a Map each, which gets so many sessions: enough to stand out alone.
fn tenants(sessions: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let tenants = hundred(&mut heap, "Map").into_iter();
    let tables: Vec<NodeRef> = tenants.map(|tenant| table_of(&mut heap, tenant)).collect();
    fill(&mut heap, &tables, ("Session", 400), sessions);
    open(&heap)
}

#[test]
fn holders_are_one_leak_however_many_they_are() {
    let report = ask(&[tenants(5), tenants(10), tenants(15)]);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    let what = (suspect.kind, suspect.class_name.as_str(), suspect.instance_count);
    assert_eq!(what, (LeakKind::GrowingMap, "Session", 1000));
    assert_eq!((suspect.places, suspect.place_name.as_deref()), (100, Some("Map")));
    assert_eq!(suspect.line, "global.all : Map → [1000 × Session]");
}

/// A Map with a list for each number, of so many entries, beside something large that stays.
fn buckets(entries: &[u64], beside: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let (map, table) = (heap.object("Map", 32), heap.node("array", "", 64));
    let large = heap.object("Model", beside);
    heap.property(heap.global(), "buckets", map);
    heap.internal(map, "table", table);
    heap.internal(map, "model", large);
    let mut id = 1001;
    for (at, &count) in (0..).zip(entries) {
        let bucket = heap.object("Array", 16);
        heap.spec(bucket).id = id;
        heap.element(table, at, bucket);
        for number in 0..count {
            // Plain, so that they are no class of their own that could be named as growing.
            let entry = heap.object("Object", 100);
            id += 2;
            heap.spec(entry).id = id;
            heap.element(bucket, number as u32, entry);
        }
        id += 2;
    }
    open(&heap)
}

/// The verdict on buckets of these sizes, one more in each snapshot.
fn verdict_on(entries: &[u64], beside: u64) -> LeakVerdict {
    let heaps: Vec<Graph> = (1..=entries.len()).map(|to| buckets(&entries[..to], beside)).collect();
    ask(&heaps).verdict
}

#[test]
fn even_growth_in_few_large_objects_is_a_leak_from_four_snapshots_on() {
    // Three lists may be a window that is not full yet.
    assert_eq!(verdict_on(&[200, 200, 200], 16), LeakVerdict::Probable);
    assert_eq!(verdict_on(&[200, 200, 200, 200], 16), LeakVerdict::Leak);
    // Too little, not even, or little beside what is there.
    assert_eq!(verdict_on(&[100, 100, 100], 16), LeakVerdict::NoLeak);
    assert_eq!(verdict_on(&[200, 800, 220], 16), LeakVerdict::NoLeak);
    assert_eq!(verdict_on(&[200, 200, 200], 1_000_000), LeakVerdict::NoLeak);
}

/// A Map that holds so many sessions from the `first`th on, and whose table grows with them.
fn table_of_sessions(first: u64, count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    hundred(&mut heap, "Route");
    let (map, table) = (heap.object("Map", 32), heap.node("array", "", 16 * count));
    heap.property(heap.global(), "sessions", map);
    heap.internal(map, "table", table);
    for (at, id) in (0..).zip(ids(first, count)) {
        let session = heap.object("Session", 100);
        heap.spec(session).id = id;
        heap.element(table, at, session);
    }
    open(&heap)
}

#[test]
fn what_turns_over_is_no_leak_though_its_table_grows() {
    let ends = [(0, 200), (200, 400), (600, 600)].map(|(at, count)| table_of_sessions(at, count));
    let report = ask(&ends);
    assert_eq!(report.verdict, LeakVerdict::NoLeak, "{:?}", report.suspects);
    let stays = [200, 400, 600].map(|count| table_of_sessions(0, count));
    assert_eq!(ask(&stays).verdict, LeakVerdict::Leak);
}

/// An application with three tables, of which so many are filled.
fn filled(tables: usize) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let app = heap.object("App", 32);
    heap.property(heap.global(), "app", app);
    let lists = ["routes", "texts", "users"].map(|name| {
        let list = heap.object("Array", 16);
        heap.property(app, name, list);
        list
    });
    let classes = ["Route", "Text", "User"];
    let mut id = 10_001;
    for (list, class) in lists.into_iter().zip(classes).take(tables) {
        for at in 0..100 {
            let entry = heap.object(class, 1_000);
            heap.spec(entry).id = id;
            heap.element(list, at, entry);
            id += 2;
        }
    }
    open(&heap)
}

#[test]
fn tables_that_are_filled_one_after_another_are_no_growth_of_what_holds_them() {
    assert_eq!(ask(&[filled(0), filled(1), filled(2)]).verdict, LeakVerdict::NoLeak);
    assert_eq!(ask(&[filled(0), filled(1), filled(2), filled(3)]).verdict, LeakVerdict::NoLeak);
}

/// A function that runs more and more often: V8 compiles it again, and its lists of what it has seen grow a little.
fn hot(code: u64, seen: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let function = heap.closure("Worker", 64);
    let (compiled, feedback) =
        (heap.node("code", "(compiled code)", code), heap.node("array", "", seen));
    heap.property(heap.global(), "Worker", function);
    heap.internal(function, "code", compiled);
    heap.internal(function, "feedback", feedback);
    open(&heap)
}

#[test]
fn a_function_that_gains_code_is_no_leak() {
    let report = ask(&[hot(10_000, 2000), hot(20_000, 4000), hot(40_000, 6000)]);
    assert_eq!(report.verdict, LeakVerdict::NoLeak, "{:?}", report.suspects);
    // What it gathers itself is one.
    let report = ask(&[hot(10_000, 20_000), hot(10_000, 40_000), hot(10_000, 60_000)]);
    assert_eq!(report.verdict, LeakVerdict::Leak);
}

/// So many small objects in a Map with a table of this size.
fn in_table(count: u64, size: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let map = heap.object("Map", 32);
    heap.property(heap.global(), "map", map);
    let table = table_of(&mut heap, map);
    heap.spec(table).self_size = size;
    for number in 0..count {
        let entry = heap.object("Entry", 40);
        heap.spec(entry).id = 10_001 + 2 * number;
        heap.element(table, number as u32, entry);
    }
    open(&heap)
}

#[test]
fn objects_that_come_evenly_are_a_leak_though_their_table_is_doubled() {
    let doubled = ask(&[in_table(50, 1024), in_table(100, 6144), in_table(150, 6144)]);
    assert_eq!(doubled.verdict, LeakVerdict::Leak);
    let uneven = ask(&[in_table(50, 1024), in_table(60, 1024), in_table(150, 8192)]);
    assert_eq!(uneven.verdict, LeakVerdict::Probable);
}

/// A list of listeners, the newest first, of which each keeps another emitter with a list of its own.
fn nested_lists(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let signal = heap.object("Signal", 40);
    heap.property(heap.global(), "signal", signal);
    let mut holder = signal;
    for number in (0..count).rev() {
        let (link, other) = (heap.object("Listener", 64), heap.object("Emitter", 64));
        let inner = heap.object("Listener", 64);
        for (node, at) in [(link, 0), (other, 2), (inner, 4)] {
            heap.spec(node).id = 10_001 + 6 * number + at;
        }
        heap.property(holder, "next", link);
        heap.property(link, "other", other);
        heap.property(other, "first", inner);
        holder = link;
    }
    open(&heap)
}

#[test]
fn only_the_links_of_a_list_are_counted() {
    let report = ask(&[100, 200, 300].map(nested_lists));
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert_eq!((suspect.class_name.as_str(), suspect.instance_count), ("Listener", 200));
}
