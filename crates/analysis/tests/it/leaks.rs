//! Series of small heaps of one process, and what is said of their growth.

use heapglass_analysis::{
    LeakKind, LeakOptions, LeakReport, LeakVerdict, SuspectOptions, leaks, suspects,
};
use heapglass_graph::Graph;
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::open;
use crate::support::{fill, function, lists_of, objects_in, table_of};

/// A heap in the middle of its life: a program with a `Map` in a variable, and ids as V8 gives them.
struct Heap {
    builder: SnapshotBuilder,
    sessions: NodeRef,
    table: NodeRef,
    next_index: u32,
}

impl Heap {
    fn new() -> Heap {
        let mut builder = SnapshotBuilder::new();
        let app = builder.object("App", 24);
        let sessions = builder.object("Map", 32);
        let table = builder.node("array", "", 64);
        builder.property(builder.global(), "app", app);
        builder.property(app, "sessions", sessions);
        builder.internal(sessions, "table", table);
        Heap { builder, sessions, table, next_index: 0 }
    }

    /// Adds an entry of `size` bytes with this id.
    fn entry(&mut self, class: &str, id: u64, size: u64) -> NodeRef {
        let entry = self.builder.object(class, size);
        self.builder.spec(entry).id = id;
        self.builder.element(self.table, self.next_index, entry);
        self.next_index += 1;
        entry
    }

    fn open(&self) -> Graph {
        open(&self.builder)
    }
}

/// Heaps whose map holds the ids that `held` gives for each snapshot.
pub(crate) fn series(held: &[Vec<u64>], size: u64) -> Vec<Graph> {
    held.iter()
        .map(|ids| {
            let mut heap = Heap::new();
            for &id in ids {
                heap.entry("Session", id, size);
            }
            heap.open()
        })
        .collect()
}

/// Odd ids of `count` objects, from the `first`th on.
pub(crate) fn ids(first: u64, count: u64) -> impl Iterator<Item = u64> {
    (first..first + count).map(|number| 1001 + 2 * number)
}

pub(crate) fn ask(snapshots: &[Graph]) -> LeakReport {
    leaks(snapshots, &LeakOptions::default())
}

#[test]
fn a_map_that_grows_in_every_interval_is_a_leak() {
    let report =
        ask(&series(&[ids(0, 50).collect(), ids(0, 100).collect(), ids(0, 150).collect()], 100));
    assert_eq!(report.verdict, LeakVerdict::Leak);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert_eq!((suspect.kind, suspect.class_name.as_str()), (LeakKind::GrowingMap, "Session"));
    assert_eq!((suspect.count_per_interval, suspect.bytes_per_interval), (50.0, 5000.0));
    assert_eq!(suspect.accumulation_point.class_name, "Map");
    assert!(suspect.line.contains("app.sessions"), "{}", suspect.line);
    assert!(suspect.line.ends_with("[100 × Session]"), "{}", suspect.line);
    assert_eq!(suspect.instance_count, 100);
}

#[test]
fn the_youngest_object_is_told_by_its_fields() {
    let sessions = |count: u64| {
        let mut heap = Heap::new();
        for number in 0..count {
            let session = heap.entry("Session", 10_001 + 6 * number, 64);
            let user = heap.builder.string(&format!("user {number}"), 24);
            let password = heap.builder.string("correct-horse-battery-staple", 40);
            let (run, address) =
                (heap.builder.closure("run", 32), heap.builder.object("Address", 32));
            heap.builder.spec(user).id = 10_003 + 6 * number;
            heap.builder.spec(address).id = 10_005 + 6 * number;
            let fields =
                [("address", address), ("run", run), ("user", user), ("password", password)];
            for (name, value) in fields {
                heap.builder.property(session, name, value);
            }
        }
        heap.open()
    };
    let report = ask(&[sessions(50), sessions(100), sessions(150)]);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    let fields: Vec<_> = suspect
        .telling_fields
        .iter()
        .map(|field| (field.name.as_str(), field.value.as_str()))
        .collect();
    let [user, password, address] = fields.as_slice() else { panic!("{fields:?}") };
    assert_eq!((*user, *address), (("user", "\"user 149\""), ("address", "Address")));
    assert!(password.0 == "password" && !password.1.contains("horse"), "{password:?}");
}

#[test]
fn credentials_in_fields_are_masked_before_they_are_shortened() {
    let key = "x8K2".repeat(22);
    let texts = [
        format!("mongodb://shop-orders:{key}==@shop-orders.mongo.cosmos.azure.com:10255/?ssl=true"),
        format!("clone failed\nghp_{}", "a1B2c3D4e5".repeat(4).get(..36).expect("ASCII")),
        "Basic dXNlcjpwYXNzd29yZC1vZi1zb21lYm9keQ==".to_owned(),
    ];
    for (name, text) in ["uri", "message", "authorization"].into_iter().zip(&texts) {
        let heaps = [50, 100, 150].map(|count| {
            let mut heap = Heap::new();
            for number in 0..count {
                let session = heap.entry("Session", 10_001 + 4 * number, 64);
                let value = heap.builder.string(text, 200);
                heap.builder.spec(value).id = 10_003 + 4 * number;
                heap.builder.property(session, name, value);
            }
            heap.open()
        });
        let report = ask(&heaps);
        let [field] = report.suspects[0].telling_fields.as_slice() else { panic!("{report:?}") };
        for secret in ["x8K2x8K2", "a1B2c3D4", "dXNlcjpw"] {
            assert!(!field.value.contains(secret), "{field:?}");
        }
    }
}

#[test]
fn the_order_in_which_snapshots_are_given_does_not_matter() {
    let mut snapshots =
        series(&[ids(0, 50).collect(), ids(0, 100).collect(), ids(0, 150).collect()], 100);
    let plain = ask(&snapshots);
    snapshots.rotate_left(1);
    let rotated = ask(&snapshots);
    assert_eq!((plain.order, rotated.order), (vec![0, 1, 2], vec![2, 0, 1]));
    assert_eq!(plain.totals, rotated.totals);
    let prints = |suspects: &[heapglass_analysis::LeakSuspect]| -> Vec<String> {
        suspects.iter().map(|suspect| suspect.fingerprint.clone()).collect()
    };
    assert_eq!(prints(&plain.suspects), prints(&rotated.suspects));
}

#[test]
fn what_levels_off_turns_over_or_shrinks_is_none() {
    let warm_up =
        series(&[ids(0, 50).collect(), ids(0, 200).collect(), ids(0, 200).collect()], 100);
    assert_eq!(ask(&warm_up).verdict, LeakVerdict::NoLeak);
    let levelling =
        series(&[ids(0, 50).collect(), ids(0, 400).collect(), ids(0, 420).collect()], 100);
    assert_eq!(ask(&levelling).verdict, LeakVerdict::NoLeak);
    let turning_over =
        series(&[ids(0, 100).collect(), ids(60, 100).collect(), ids(120, 101).collect()], 100);
    assert_eq!(ask(&turning_over).verdict, LeakVerdict::NoLeak);
    // Some of what is new stays in every process: that is how the order is known.
    let shrinking = series(
        &[
            ids(0, 300).collect(),
            ids(0, 200).chain(ids(300, 1)).collect(),
            ids(100, 90).chain(ids(300, 2)).collect(),
        ],
        100,
    );
    assert_eq!(ask(&shrinking).verdict, LeakVerdict::NoLeak);
}

#[test]
fn two_snapshots_tell_a_leak_probably_if_it_goes_on_from_before() {
    let report = ask(&series(&[ids(0, 50).collect(), ids(0, 100).collect()], 100));
    assert_eq!(report.verdict, LeakVerdict::Probable);
    assert_eq!(report.suspects.len(), 1);
    assert!(report.is_one_process);
    let filled_since = ask(&series(&[ids(0, 0).collect(), ids(0, 100).collect()], 100));
    assert_eq!(
        (filled_since.verdict, filled_since.suspects.len()),
        (LeakVerdict::NotEnoughData, 1)
    );
    let half_gone = ask(&series(&[ids(0, 100).collect(), ids(50, 150).collect()], 100));
    assert_eq!((half_gone.verdict, half_gone.suspects.len()), (LeakVerdict::NotEnoughData, 1));
    let turned_over = ask(&series(&[ids(0, 150).collect(), ids(150, 250).collect()], 100));
    assert_eq!(turned_over.verdict, LeakVerdict::NoLeak, "{:?}", turned_over.suspects);
    let same = ask(&series(&[ids(0, 50).collect(), ids(0, 50).collect()], 100));
    assert_eq!(same.verdict, LeakVerdict::NoLeak);
}

/// A program with so many sessions, and with a table of countries if it has been loaded.
fn beside_a_table(count: u64, countries: u64) -> Graph {
    let mut heap = Heap::new();
    let table = heap.builder.object("Array", 32);
    heap.builder.property(heap.builder.global(), "countries", table);
    for id in ids(0, count) {
        heap.entry("Session", id, 100);
    }
    for (at, id) in (0..).zip(ids(5_000, countries)) {
        let country = heap.builder.object("Country", 500);
        heap.builder.spec(country).id = id;
        heap.builder.element(table, at, country);
    }
    heap.open()
}

#[test]
fn of_two_snapshots_what_goes_on_from_before_comes_first() {
    let report = ask(&[beside_a_table(100, 0), beside_a_table(200, 300)]);
    let classes: Vec<&str> =
        report.suspects.iter().map(|suspect| suspect.class_name.as_str()).collect();
    assert_eq!(classes, ["Session", "Country"]);
    // Most of what the heap gained is the table.
    assert_eq!(report.verdict, LeakVerdict::NotEnoughData);
}

/// An application with many routes, and with a log once something has been written to it.
fn log_beside_routes(entries: u32) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let app = heap.object("App", 32);
    heap.property(heap.global(), "app", app);
    for number in 0..150 {
        let route = heap.object("Route", 64);
        heap.property(app, &format!("route{number}"), route);
    }
    if entries > 0 {
        let log = heap.object("Array", 32);
        heap.spec(log).id = 50_001;
        heap.property(app, "log", log);
        for at in 0..entries {
            let entry = heap.object("Entry", 100);
            heap.spec(entry).id = 50_003 + 2 * u64::from(at);
            heap.element(log, at, entry);
        }
    }
    open(&heap)
}

#[test]
fn what_was_made_between_two_snapshots_has_not_turned_over() {
    let report = ask(&[log_beside_routes(0), log_beside_routes(200)]);
    let classes: Vec<&str> =
        report.suspects.iter().map(|suspect| suspect.class_name.as_str()).collect();
    assert_eq!((report.verdict, classes), (LeakVerdict::NotEnoughData, vec!["Entry"]));
}

#[test]
fn snapshots_of_two_processes_say_nothing_of_growth() {
    let texts = |words: &str| {
        let mut heap = Heap::new();
        for number in 0..200 {
            let text = heap.builder.string(&format!("{words} {number}"), 24);
            heap.builder.element(heap.sessions, number, text);
        }
        heap.open()
    };
    let report = ask(&[texts("one"), texts("another")]);
    assert_eq!((report.is_one_process, report.verdict), (false, LeakVerdict::NotEnoughData));
    assert!(ask(&[texts("one"), texts("one")]).is_one_process);
}

/// An application with a list of changes, the newest first, and with a large table if it has been loaded.
fn changes_beside_a_table(changes: std::ops::Range<u64>, countries: u32) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let app = heap.object("App", 32);
    heap.property(heap.global(), "app", app);
    let table = heap.object("Array", 32);
    heap.property(app, "countries", table);
    let (mut holder, mut field) = (app, "last");
    for number in changes.rev() {
        let change = heap.object("Change", 100);
        heap.spec(change).id = 1001 + 20 * number;
        heap.property(holder, field, change);
        (holder, field) = (change, "previous");
    }
    // They come with the second hundred of changes.
    for at in 0..countries {
        let country = heap.object("Country", 1000);
        heap.spec(country).id = 3003 + 4 * u64::from(at);
        heap.element(table, at, country);
    }
    open(&heap)
}

#[test]
fn a_list_is_found_though_its_holder_gained_much_else_once() {
    let of = changes_beside_a_table;
    let report = ask(&[of(0..100, 0), of(0..200, 300), of(0..300, 300)]);
    assert_eq!(report.verdict, LeakVerdict::Leak);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert_eq!((suspect.kind, suspect.class_name.as_str()), (LeakKind::LinkedList, "Change"));
    assert!(suspect.figures_of_class);
    let bounded = ask(&[of(0..300, 0), of(100..400, 300), of(200..500, 300)]);
    assert_eq!(bounded.verdict, LeakVerdict::NoLeak, "{:?}", bounded.suspects);
}

#[test]
fn a_list_is_held_by_what_holds_its_first_link() {
    let list = |length: u64| {
        let mut heap = SnapshotBuilder::new();
        let journal = heap.object("Journal", 24);
        heap.property(heap.global(), "journal", journal);
        let mut holder = journal;
        for number in (0..length).rev() {
            let link = heap.object("Link", 64);
            heap.spec(link).id = 1001 + 2 * number;
            heap.property(holder, "next", link);
            holder = link;
        }
        open(&heap)
    };
    let report = ask(&[list(100), list(200), list(300)]);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert_eq!((suspect.kind, suspect.class_name.as_str()), (LeakKind::LinkedList, "Link"));
    assert_eq!(suspect.accumulation_point.class_name, "Journal");
    assert_eq!(suspect.instance_count, 200);
}

/// A search tree with this many keys, each inserted below the older ones; neighbours come in one interval.
fn tree(keys: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let index = heap.object("Index", 24);
    heap.property(heap.global(), "index", index);
    let mut nodes = Vec::new();
    for number in 0..keys {
        let node = heap.object("Branch", 400);
        heap.spec(node).id = 1001 + 2 * number;
        match number.checked_sub(1) {
            // As in a heap that is an array: the parent of the n-th is the one at half of its place.
            Some(before) => {
                let side = if before % 2 == 0 { "left" } else { "right" };
                heap.property(nodes[before as usize / 2], side, node);
            }
            None => heap.property(index, "root", node),
        }
        nodes.push(node);
    }
    open(&heap)
}

#[test]
fn a_tree_is_one_leak_and_not_one_for_each_branch() {
    let report = ask(&[tree(100), tree(200), tree(300)]);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert_eq!((suspect.kind, suspect.class_name.as_str()), (LeakKind::Tree, "Branch"));
    assert!(suspect.line.contains("index.root"), "{}", suspect.line);
    assert_eq!((suspect.instance_count, suspect.bytes_per_interval), (200, 40_000.0));
}

#[test]
fn caches_that_hold_caches_are_no_tree() {
    let caches = |entries: u64| {
        let mut heap = SnapshotBuilder::new();
        let root = heap.object("Cache", 24);
        heap.property(heap.global(), "caches", root);
        let tables = ["sessions", "users"].map(|name| {
            let (cache, map) = (heap.object("Cache", 24), heap.object("Map", 32));
            heap.property(root, name, cache);
            heap.property(cache, "entries", map);
            table_of(&mut heap, map)
        });
        fill(&mut heap, &tables, ("Entry", 100), entries);
        open(&heap)
    };
    let report = ask(&[caches(50), caches(100), caches(150)]);
    let lines: Vec<&str> = report.suspects.iter().map(|suspect| suspect.line.as_str()).collect();
    let [users, sessions] = ["users", "sessions"]
        .map(|name| lines.iter().any(|line| line.contains(&format!("caches.{name}.entries"))));
    assert!(users && sessions && lines.len() == 2, "{lines:?}");
}

/// Ten shards in one array, each with a list of its own that takes so many items.
fn shards(items: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let shards = heap.object("Array", 16);
    heap.property(heap.global(), "shards", shards);
    let shards = objects_in(&mut heap, shards, "Shard", 10);
    let lists = lists_of(&mut heap, &shards, "items");
    fill(&mut heap, &lists, ("Item", 100), items);
    open(&heap)
}

#[test]
fn places_that_differ_in_their_index_are_one_leak() {
    let report = ask(&[shards(50), shards(100), shards(150)]);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert_eq!((suspect.kind, suspect.places), (LeakKind::GrowingArray, 10));
    assert_eq!(suspect.line, "global.shards : Array → [1000 × Item]");
    assert_eq!((suspect.count_per_interval, suspect.bytes_per_interval), (500.0, 50_000.0));
    assert_eq!(suspect.series[2].retained_size - suspect.series[0].retained_size, 100_000);
}

/// Three rooms in an object, by name, each with a list of its own that takes so many members.
fn rooms(members: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let table = heap.object("Object", 24);
    heap.property(heap.global(), "rooms", table);
    let rooms = ["lobby", "kitchen", "garden"].map(|name| {
        let room = heap.object("Room", 32);
        heap.property(table, name, room);
        room
    });
    let lists = lists_of(&mut heap, &rooms, "members");
    fill(&mut heap, &lists, ("Member", 100), members);
    open(&heap)
}

#[test]
fn places_that_differ_in_the_name_of_a_part_are_one_leak() {
    let report = ask(&[rooms(50), rooms(100), rooms(150)]);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert_eq!((suspect.kind, suspect.places), (LeakKind::GrowingArray, 3));
    assert_eq!(suspect.count_per_interval, 150.0);
}

/// A search index: for each word a dictionary of the documents that have it. Some words are in every document.
fn index_of_words(documents: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let index = heap.object("Object", 24);
    heap.property(heap.global(), "index", index);
    let word = |heap: &mut SnapshotBuilder, id: u64, name: &str| {
        let entries = heap.object("Object", 24);
        heap.spec(entries).id = id;
        heap.property(index, name, entries);
        entries
    };
    let common = ["order", "number", "total"].map(|name| word(&mut heap, 0, name));
    for (at, entries) in (0..).zip(common) {
        heap.spec(entries).id = 101 + 2 * at;
    }
    for document in 0..documents {
        let rare = word(&mut heap, 1001 + 10 * document, &format!("word{document}"));
        for (at, entries) in (1..).zip(common.into_iter().chain([rare])) {
            let hit = heap.object("Hit", 48);
            heap.spec(hit).id = 1001 + 10 * document + 2 * at;
            heap.property(entries, &format!("doc{document}"), hit);
        }
    }
    open(&heap)
}

#[test]
fn places_that_differ_in_the_key_of_a_dictionary_are_one_leak() {
    let report = ask(&[index_of_words(100), index_of_words(200), index_of_words(300)]);
    let lines: Vec<_> =
        report.suspects.iter().map(|suspect| (suspect.places, suspect.line.as_str())).collect();
    let [(3, common), (1, rare)] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(*common, "global.index : Object → [600 × Hit]");
    assert_eq!(*rare, "global.index : Object → [200 × Object]");
}

/// An application whose client of Redis has commands waiting in a Denque, and a timer for each.
fn commands(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let run = function(&mut heap, 1, "/app/main.js", "run");
    let redis = "/app/node_modules/ioredis/lib/redis.js";
    let constructor = function(&mut heap, 2, redis, "Redis");
    let denque = function(&mut heap, 3, "/app/node_modules/denque/index.js", "Denque");
    let (client, queue) = (heap.object("Redis", 100), heap.object("Denque", 50));
    let (list, timers) = (heap.object("Array", 16), heap.object("TimersList", 16));
    for (name, object) in
        [("run", run), ("new", constructor), ("queues", denque), ("timers", timers)]
    {
        heap.property(heap.global(), name, object);
    }
    heap.locate(client, 2, 30, 4);
    heap.locate(queue, 3, 5, 10);
    heap.property(run, "client", client);
    heap.property(client, "offlineQueue", queue);
    heap.property(queue, "_list", list);
    for number in 0..count {
        let (command, timeout) = (heap.object("Command", 200), heap.object("Timeout", 80));
        let expire = function(&mut heap, 2, redis, "expire");
        for (node, at) in [(command, 0), (timeout, 2), (expire, 4)] {
            heap.spec(node).id = 10_001 + 6 * number + at;
        }
        heap.element(list, number as u32, command);
        heap.element(timers, number as u32, timeout);
        heap.property(timeout, "_onTimeout", expire);
    }
    open(&heap)
}

#[test]
fn a_variable_of_a_module_is_written_in_its_file() {
    let module = |count: u64, class_script: u32| {
        let mut heap = SnapshotBuilder::new();
        let run = function(&mut heap, 1, "file:///app/main.mjs", "run");
        let other = function(&mut heap, 2, "file:///app/record.mjs", "Record");
        let (top, scope) =
            (heap.object("Generator", 64), heap.node("object", "system / Context", 32));
        let history = heap.object("Array", 16);
        for (name, object) in [("run", run), ("other", other), ("module", top)] {
            heap.property(heap.global(), name, object);
        }
        heap.locate(top, 1, 0, 0);
        heap.internal(top, "context", scope);
        heap.context(scope, "history", history);
        for number in 0..count {
            let record = heap.object("Record", 100);
            heap.spec(record).id = 10_001 + 2 * number;
            heap.locate(record, class_script, 4, 8);
            heap.element(history, number as u32, record);
        }
        open(&heap)
    };
    let ask = |script| ask(&[module(50, script), module(100, script), module(150, script)]);
    let place = |report: LeakReport| {
        let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
        (suspect.script.clone(), suspect.location.map(|at| at.line))
    };
    let file = Some("file:///app/main.mjs".to_owned());
    // The class is written in the same file, or in another.
    assert_eq!(place(ask(1)), (file.clone(), Some(4)));
    assert_eq!(place(ask(2)), (file.clone(), None));
    // One snapshot has the module's beginning, as DevTools shows it.
    let found = suspects(&module(150, 2), &SuspectOptions::default());
    let suspect = found.first().expect("what retains most");
    assert_eq!((&suspect.script, suspect.location.map(|at| at.line)), (&file, Some(0)));
}

#[test]
fn what_is_in_a_container_is_its_users_and_a_timer_is_its_callbacks() {
    let report = ask(&[commands(50), commands(100), commands(150)]);
    let of = |kind: LeakKind| {
        let found = report.suspects.iter().find(|suspect| suspect.kind == kind);
        found.unwrap_or_else(|| panic!("{kind:?} is not in {:?}", report.suspects))
    };
    let queue = of(LeakKind::GrowingArray);
    assert_eq!((queue.package.as_deref(), queue.class_name.as_str()), (Some("ioredis"), "Command"));
    assert_eq!(queue.used_by, ["(application)"]);
    assert_eq!(queue.location.map(|at| (at.line, at.column)), Some((30, 4)));
    let timers = of(LeakKind::Timers);
    assert_eq!(timers.package.as_deref(), Some("ioredis"));
    assert_eq!(timers.location.map(|at| (at.line, at.column)), Some((9, 2)));
}

#[test]
fn a_store_that_grows_without_new_objects_is_seen() {
    let numbers = |bytes: u64| {
        let mut heap = SnapshotBuilder::new();
        let latencies = heap.object("Array", 16);
        let store = heap.node("array", "", bytes);
        heap.spec(store).id = 1001 + 2 * bytes;
        heap.property(heap.global(), "latencies", latencies);
        heap.internal(latencies, "elements", store);
        open(&heap)
    };
    let report = ask(&[numbers(10_000), numbers(20_000), numbers(30_000)]);
    assert_eq!(report.verdict, LeakVerdict::Leak);
    let kinds: Vec<LeakKind> = report.suspects.iter().map(|suspect| suspect.kind).collect();
    assert_eq!(kinds, [LeakKind::GrowingArray]);
    assert_eq!(report.suspects[0].bytes_per_interval, 10_000.0);
}

#[test]
fn objects_that_two_hold_are_found_by_their_class() {
    let heap = |count: u64| {
        let mut heap = SnapshotBuilder::new();
        let holders = [heap.object("Registry", 24), heap.object("Index", 24)];
        for holder in holders {
            heap.property(heap.global(), "holder", holder);
        }
        for number in 0..count {
            let order = heap.object("Order", 64);
            heap.spec(order).id = 1001 + 2 * number;
            for holder in holders {
                heap.element(holder, number as u32, order);
            }
        }
        open(&heap)
    };
    let report = ask(&[heap(100), heap(200), heap(300)]);
    assert_eq!(report.verdict, LeakVerdict::Leak);
    assert_eq!(report.suspects[0].class_name, "Order");
    assert_eq!(report.suspects[0].instance_count, 200);
    // Neither of the two holds them, so that the figures are those of the class.
    assert!(report.suspects[0].figures_of_class);
}

/// Pollers of which each has a timer that was set in the last interval; two tables hold the timers' lists, as in Node.js.
fn pollers(snapshot: u64, count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let tables = [heap.object("Queue", 24), heap.object("Table", 24)];
    for table in tables {
        heap.property(heap.global(), "timers", table);
    }
    for list in 0..5 {
        let timers = heap.object("TimersList", 64);
        heap.spec(timers).id = 100_001 * snapshot + 2 * list;
        for table in tables {
            heap.element(table, list as u32, timers);
        }
        for number in (0..count).filter(|number| number % 5 == list) {
            let (timeout, poller) = (heap.object("Timeout", 64), heap.object("Poller", 64));
            heap.spec(timeout).id = 100_001 * snapshot + 100 + 2 * number;
            heap.spec(poller).id = 1001 + 100_000 * (number / 100) + 2 * number;
            heap.element(timers, number as u32, timeout);
            heap.property(timeout, "_onTimeout", poller);
        }
    }
    open(&heap)
}

#[test]
fn timers_that_are_set_anew_are_as_old_as_what_they_call() {
    let report = ask(&[pollers(1, 100), pollers(2, 200), pollers(3, 300)]);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert_eq!((suspect.kind, suspect.class_name.as_str()), (LeakKind::Timers, "Timeout"));
    assert_eq!(suspect.count_per_interval, 100.0);
    let report = ask(&[pollers(1, 100), pollers(2, 100), pollers(3, 100)]);
    assert!(report.suspects.is_empty(), "{:?}", report.suspects);
}

#[test]
fn symbols_of_the_registry_are_known() {
    let heap = |count: u64| {
        let mut heap = SnapshotBuilder::new();
        let table = heap.node("array", "", 64);
        heap.internal(heap.gc_roots(), "public_symbol_table", table);
        for number in 0..count {
            let symbol = heap.node("symbol", "session", 24);
            heap.spec(symbol).id = 1001 + 2 * number;
            heap.internal(table, &number.to_string(), symbol);
        }
        open(&heap)
    };
    let report = ask(&[heap(100), heap(200), heap(300)]);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert_eq!((suspect.kind, suspect.instance_count), (LeakKind::RegisteredSymbols, 200));
}

#[test]
fn empty_and_odd_series_have_an_answer() {
    let empty = open(&SnapshotBuilder::new());
    for snapshots in [vec![], vec![empty.clone()], vec![empty.clone(), empty.clone(), empty]] {
        let report = ask(&snapshots);
        assert!(report.suspects.is_empty());
    }
}

#[test]
fn sizes_that_no_heap_has_do_not_overflow() {
    let size = u64::MAX / 4;
    let snapshots =
        series(&[ids(0, 50).collect(), ids(0, 100).collect(), ids(0, 150).collect()], size);
    let report = ask(&snapshots);
    assert_eq!(report.totals.len(), 3);
    assert!(report.suspects.iter().all(|suspect| suspect.instance_count == 100));
}
