//! `leaks` as a user sees it, on snapshots of a small program.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

mod support;

use std::path::Path;

use heapglass_testkit::SnapshotBuilder;
use insta::assert_snapshot;
use serde_json::Value;
use support::sessions::{program, renumbered, two_processes};
use support::{Said, heapglass, root, said};

fn snapshots() -> tempfile::TempDir {
    support::sessions::snapshots(10)
}

fn run_in(dir: &Path, columns: usize, args: &[&str]) -> Said {
    let mut command = heapglass(&[]);
    command.arg("leaks").args(args).current_dir(dir).env("COLUMNS", columns.to_string());
    said(command.output().expect("the program runs"))
}

fn schema() -> Value {
    let schema = root().join("docs/schema/leaks.schema.json");
    serde_json::from_str(&std::fs::read_to_string(schema).expect("a schema")).expect("JSON")
}

const ALL: [&str; 3] = ["1.heapsnapshot", "2.heapsnapshot", "3.heapsnapshot"];

#[test]
fn a_leak() {
    let dir = snapshots();
    let said = run_in(dir.path(), 100, &ALL);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
    assert_snapshot!(said.stdout);
}

#[test]
fn a_leak_in_40_columns() {
    let dir = snapshots();
    let said = run_in(dir.path(), 40, &ALL);
    assert!(said.stdout.lines().all(|line| line.chars().count() <= 40), "{}", said.stdout);
}

#[test]
fn of_one_snapshot_it_is_said_what_stands_out() {
    let dir = snapshots();
    let alone = run_in(dir.path(), 100, &ALL[2..]);
    assert_eq!((alone.code, alone.stderr.as_str()), (0, ""));
    assert_snapshot!(alone.stdout);
    let document: Value =
        serde_json::from_str(&run_in(dir.path(), 100, &[ALL[2], "--json"]).stdout).expect("JSON");
    assert_eq!(support::schema::violations(&schema(), &document), [""; 0]);
    assert_eq!(document["verdict"], "not_enough_data");
    assert_eq!(document["suspects"], Value::Array(Vec::new()));
    assert_eq!(
        document["standing_out"]["by_weight"][0]["accumulation"]["object"]["class_name"],
        "Map"
    );
}

#[test]
fn what_no_one_object_holds_is_told_by_the_figures_of_its_class() {
    let dir = tempfile::tempdir().expect("a directory");
    for (number, name) in (1..).zip(ALL) {
        let mut heap = SnapshotBuilder::new();
        let holders = [heap.object("Registry", 24), heap.object("Index", 24)];
        for (holder, name) in holders.into_iter().zip(["registry", "index"]) {
            heap.property(heap.global(), name, holder);
        }
        for at in 0..number * 100 {
            let order = heap.object("Order", 100);
            heap.spec(order).id = 10_001 + 2 * u64::from(at);
            for holder in holders {
                heap.element(holder, at, order);
            }
        }
        std::fs::write(dir.path().join(name), heap.to_bytes()).expect("written");
    }
    let page = run_in(dir.path(), 100, &ALL).stdout;
    let figures = "All of the class together retained 10.0 kB, then 20.0 kB, then 30.0 kB.";
    assert!(page.contains(figures), "{page}");
    assert!(!page.contains("Its holder"), "{page}");
}

/// The same program as one script of a bundler.
fn bundle(sessions: u64) -> Vec<u8> {
    let mut heap = SnapshotBuilder::new();
    let (run, cache) = (heap.closure("run", 64), heap.object("Map", 32));
    let shared = heap.node("code", "system / SharedFunctionInfo", 48);
    let script = heap.node("code", "/srv/dist/bundle.js", 64);
    let (store, table) = (heap.object("e", 64), heap.node("array", "", 64));
    heap.property(heap.global(), "run", run);
    heap.property(heap.global(), "store", store);
    heap.internal(run, "shared", shared);
    heap.internal(shared, "script", script);
    heap.property(store, "sessions", cache);
    heap.internal(cache, "table", table);
    heap.locate(run, 7, 0, 30);
    heap.locate(store, 7, 0, 1234);
    for at in 0..sessions {
        let session = heap.object("t", 120);
        heap.spec(session).id = 10_001 + 2 * at;
        heap.element(table, at as u32, session);
    }
    heap.to_bytes()
}

#[test]
fn snapshots_with_other_ids_are_followed_by_places() {
    let dir = tempfile::tempdir().expect("a directory");
    // Texts under one id differ, as after an inspector has hung up.
    for (number, name) in (1..).zip(ALL) {
        std::fs::write(dir.path().join(name), renumbered(number * 100)).expect("written");
    }
    let said = run_in(dir.path(), 100, &[&["--json"][..], &ALL].concat());
    let document: Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(support::schema::violations(&schema(), &document), [""; 0]);
    assert_eq!(
        (&document["same_process"], &document["followed_by"]),
        (&false.into(), &"places".into())
    );
    assert_eq!(
        (&document["verdict"], &document["suspects"][0]["class_name"]),
        (&"probable".into(), &"Session".into())
    );
    let page = run_in(dir.path(), 100, &ALL).stdout;
    assert!(page.starts_with("There probably is a leak: one thing grew and may go on."), "{page}");
    assert!(page.contains("they were followed by their places"), "{page}");
}

#[test]
fn ids_that_hold_in_one_pod_say_nothing_of_another() {
    let dir = two_processes(true);
    let place = dir.path().join("heap-dumps/pod=shop-3/container=backend");
    std::fs::create_dir_all(&place).expect("made");
    for at in 1..=3 {
        let name = format!("heapdump-2025010{at}-143022.heapsnapshot");
        std::fs::write(place.join(name), renumbered(at * 100)).expect("written");
    }
    let said = run_in(dir.path(), 100, &["--json", "."]);
    let document: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let followed = |process: &Value| (process["followed_by"].clone(), process["verdict"].clone());
    let processes = document["processes"].as_array().expect("a list");
    let followed: Vec<_> = processes.iter().map(followed).collect();
    let [first, second, third] = followed.as_slice() else { panic!("{followed:?}") };
    assert_eq!(first, &("ids".into(), "leak".into()));
    assert_eq!(second, &("ids".into(), "no_leak".into()));
    assert_eq!(third, &("places".into(), "probable".into()));
    assert_eq!(document["findings"], Value::Array(Vec::new()));
}

#[test]
fn a_source_map_says_where_a_bundle_was_written() {
    let dir = tempfile::tempdir().expect("a directory");
    for (number, name) in (1..).zip(ALL) {
        std::fs::write(dir.path().join(name), bundle(number * 100)).expect("written");
    }
    let mut map = oxc_sourcemap::SourceMapBuilder::default();
    let app = map.add_source_and_content("../src/app.ts", "");
    let store = map.add_source_and_content("../node_modules/@shop/store/index.js", "");
    map.add_token(0, 0, 0, 0, Some(app), None);
    map.add_token(0, 1200, 41, 2, Some(store), None);
    map.add_token(0, 1300, 60, 0, Some(app), None);
    let maps = dir.path().join("maps/server");
    std::fs::create_dir_all(&maps).expect("made");
    std::fs::write(maps.join("bundle.js.map"), map.into_sourcemap().to_json_string())
        .expect("written");
    let plain = run_in(dir.path(), 100, &ALL);
    assert!(plain.stdout.contains("written in     /srv/dist/bundle.js:1:1235"), "{}", plain.stdout);
    for path in ["maps", "maps/server/bundle.js.map"] {
        let mapped = run_in(dir.path(), 100, &[&ALL[..], &["--source-map", path]].concat());
        assert_eq!((mapped.code, mapped.stderr.as_str()), (0, ""));
        let written = "written in     /srv/node_modules/@shop/store/index.js:42:3";
        assert!(mapped.stdout.contains(written), "{}", mapped.stdout);
        assert!(mapped.stdout.contains("package        @shop/store"), "{}", mapped.stdout);
    }
    let said = run_in(dir.path(), 100, &[&ALL[..], &["--source-map", "maps", "--json"]].concat());
    let document: Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(support::schema::violations(&schema(), &document), [""; 0]);
    let source = &document["suspects"][0]["source"];
    assert_eq!((&source["line"], &source["generated"]["column"]), (&42.into(), &1235.into()));
    std::fs::write(maps.join("other.js.map"), "no JSON").expect("written");
    let some = run_in(dir.path(), 100, &[&ALL[..], &["--source-map", "maps"]].concat());
    assert_eq!((some.code, some.stderr.lines().count()), (0, 1), "{}", some.stderr);
    assert!(some.stderr.contains("other.js.map"), "{}", some.stderr);
    let none = run_in(dir.path(), 100, &[&ALL[..], &["--source-map", "1.heapsnapshot"]].concat());
    assert_eq!((none.code, none.stdout.as_str()), (2, ""));
    assert!(none.stderr.contains("cannot read the source map 1.heapsnapshot"), "{}", none.stderr);
}

#[test]
fn times_in_the_names_give_what_grows_in_an_hour() {
    let dir = snapshots();
    let names = ["20250105-143022", "20250105-150022", "20250105-153022"]
        .map(|time| format!("heapdump-{time}.heapsnapshot"));
    for (from, to) in ALL.iter().zip(&names) {
        std::fs::rename(dir.path().join(from), dir.path().join(to)).expect("renamed");
    }
    let files: Vec<&str> = names.iter().map(String::as_str).collect();
    let said = run_in(dir.path(), 100, &[&files[..], &["--json"]].concat());
    let document: Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(document["hours"], 1.0);
    let suspect = &document["suspects"][0];
    assert_eq!(suspect["per_hour"]["count"], 200.0);
    let for_interval = suspect["bytes_per_interval"].as_f64().expect("a number");
    assert_eq!(suspect["per_hour"]["bytes"], 2.0 * for_interval);
    let page = run_in(dir.path(), 100, &files).stdout;
    assert!(page.contains("It grows by 30.4 kB an hour."), "{page}");
}

#[test]
fn two_snapshots_tell_a_leak_probably() {
    let dir = snapshots();
    assert_snapshot!(run_in(dir.path(), 100, &ALL[1..]).stdout);
}

#[test]
fn the_document_fits_its_schema() {
    let dir = snapshots();
    let said = run_in(dir.path(), 100, &[ALL[2], ALL[0], ALL[1], "--json"]);
    let document: Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(support::schema::violations(&schema(), &document), [""; 0]);
    assert_eq!((&document["verdict"], &document["reordered"]), (&"leak".into(), &true.into()));
    let files: Vec<&str> =
        (0..3).map(|at| document["snapshots"][at]["file"].as_str().expect("a file")).collect();
    assert_eq!(files, ALL);
    let suspect = &document["suspects"][0];
    assert_eq!((&suspect["kind"], &suspect["rank"]), (&"growing_map".into(), &1.into()));
    assert_eq!(suspect["count_per_interval"], 100.0);
    assert_eq!(suspect["source"]["line"], 12);
}

#[test]
fn a_copy_is_no_measurement() {
    let dir = snapshots();
    let third = program(300, "user");
    std::fs::write(dir.path().join("copy.heapsnapshot"), &third).expect("written");
    let packed = zstd::encode_all(third.as_slice(), 1).expect("packed");
    std::fs::write(dir.path().join("packed.heapsnapshot.zst"), packed).expect("written");
    let alone = run_in(dir.path(), 100, &ALL);
    for copy in ["copy.heapsnapshot", "packed.heapsnapshot.zst"] {
        let with_copy = run_in(dir.path(), 100, &[ALL[0], ALL[1], ALL[2], copy]);
        assert_eq!((with_copy.code, &with_copy.stdout), (0, &alone.stdout));
        let note = format!("{copy} is a copy of {}, and left out", ALL[2]);
        assert!(with_copy.stderr.contains(&note), "{}", with_copy.stderr);
    }
    let two = run_in(dir.path(), 100, &[ALL[1], ALL[2], "copy.heapsnapshot"]);
    assert!(two.stdout.starts_with("There probably is a leak"), "{}", two.stdout);
    let one = run_in(dir.path(), 100, &[ALL[2], "copy.heapsnapshot", "--json"]);
    let document: Value = serde_json::from_str(&one.stdout).expect("JSON");
    assert_eq!(document["verdict"], "not_enough_data");
    assert_eq!(document["snapshots"].as_array().map(Vec::len), Some(1));
}

#[test]
fn what_has_the_same_counts_is_no_copy() {
    let dir = snapshots();
    // Of another process: as many objects, and texts of the same length.
    std::fs::write(dir.path().join("same.heapsnapshot"), program(300, "abcd")).expect("written");
    let said = run_in(dir.path(), 100, &[ALL[2], "same.heapsnapshot"]);
    assert!(!said.stderr.contains("copy"), "{}", said.stderr);
    assert!(said.stdout.starts_with("Nothing can be said"), "{}", said.stdout);
}

#[test]
fn what_cannot_be_used_is_said_and_the_rest_is_done() {
    let dir = snapshots();
    let twice = run_in(dir.path(), 100, &[ALL[0], ALL[0], ALL[1], ALL[2]]);
    assert_eq!(twice.code, 0);
    assert!(twice.stderr.contains("named twice"), "{}", twice.stderr);
    let with_none = run_in(dir.path(), 100, &[ALL[0], ALL[1], ALL[2], "none.heapsnapshot"]);
    assert_eq!(with_none.code, 3);
    assert!(with_none.stdout.starts_with("There is a leak"), "{}", with_none.stdout);
    let missing = run_in(dir.path(), 100, &["missing.heapsnapshot"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (3, ""));
    assert!(missing.stderr.contains("error: no snapshot could be read"), "{}", missing.stderr);
    let other = run_in(dir.path(), 100, &[ALL[0], "other.heapsnapshot"]);
    assert!(other.stdout.starts_with("Nothing can be said"), "{}", other.stdout);
    for (file, reason) in [
        ("other.heapsnapshot", "the only one of its process"),
        ("cut.heapsnapshot", "the snapshot is not complete"),
    ] {
        let said = run_in(dir.path(), 100, &[ALL[0], file, ALL[1], ALL[2]]);
        assert_eq!((said.code, said.stderr.as_str()), (0, ""));
        let left_out = format!("{file}: left out: {reason}");
        assert!(said.stdout.starts_with("! Some snapshots were left out."), "{}", said.stdout);
        assert!(said.stdout.contains(&left_out), "{}", said.stdout);
        assert!(said.stdout.contains("\nThere is a leak"), "{}", said.stdout);
    }
    let rest = run_in(dir.path(), 100, &[ALL[0], "cut.heapsnapshot", "--json"]);
    let document: Value = serde_json::from_str(&rest.stdout).expect("JSON");
    assert_eq!(support::schema::violations(&schema(), &document), [""; 0]);
    assert_eq!(document["findings"][0]["kind"], "left_out");
    assert_eq!(document["snapshots"].as_array().map(Vec::len), Some(1));
    let whole = program(400, "user");
    std::fs::write(dir.path().join("cut-2.heapsnapshot"), &whole[..whole.len() / 5])
        .expect("written");
    let none = run_in(dir.path(), 100, &["cut.heapsnapshot", "cut-2.heapsnapshot"]);
    assert_eq!((none.code, none.stdout.as_str()), (3, ""));
    assert!(none.stderr.contains("error: no snapshot is complete"), "{}", none.stderr);
}

#[test]
fn each_process_has_its_verdict() {
    for in_pods in [true, false] {
        let dir = two_processes(in_pods);
        let page = run_in(dir.path(), 100, &["."]);
        assert_eq!(page.code, 0, "{}", page.stderr);
        let (leak, none) = page.stdout.split_once("\n\n\n").expect("two pages");
        assert!(leak.starts_with("Of 2 processes 1 leaks, 1 does not leak.\n\n"), "{leak}");
        assert!(leak.contains("shop-1") && leak.contains("\n\nThere is a leak"), "{leak}");
        assert!(none.contains("shop-2") && none.contains("\n\nNo leak"), "{none}");
        assert_eq!(page.stdout.contains("pod shop-2 · container backend"), in_pods);
        let said = run_in(dir.path(), 100, &[".", "--json"]);
        let document: Value = serde_json::from_str(&said.stdout).expect("JSON");
        assert_eq!(support::schema::violations(&schema(), &document), [""; 0]);
        assert_eq!(document["verdict"], "leak");
        let verdicts: Vec<_> = (0..2).map(|at| &document["processes"][at]["verdict"]).collect();
        assert_eq!(verdicts, ["leak", "no_leak"]);
    }
}

#[test]
fn what_grows_in_several_processes_is_told_of_all() {
    let dir = tempfile::tempdir().expect("a directory");
    for (pod, text) in [("shop-1", "user"), ("shop-2", "guest")] {
        for at in 0..3_u32 {
            let file = dir.path().join(format!("{pod}-{at}.heapsnapshot"));
            std::fs::write(file, program(100 + 100 * at, text)).expect("written");
        }
    }
    let page = run_in(dir.path(), 100, &["."]).stdout.replace('\n', " ");
    let said = "Of 2 processes 2 leak. The same grows in all 2: Session, a Map that only grows (fingerprint ";
    assert!(page.starts_with(said), "{page}");
    let json = run_in(dir.path(), 100, &[".", "--json"]).stdout;
    let document: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(support::schema::violations(&schema(), &document), [""; 0]);
    let shared = &document["shared"][0];
    assert_eq!(shared["processes"], serde_json::json!([0, 1]));
    assert_eq!(shared["fingerprint"], document["processes"][1]["suspects"][0]["fingerprint"]);
}

#[test]
fn memory_that_grows_beside_a_level_heap_is_told_and_is_no_leak_of_the_heap() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut files = Vec::new();
    for at in 0..3_u32 {
        let place = dir.path().join(at.to_string());
        std::fs::create_dir_all(&place).expect("made");
        std::fs::write(place.join("a.heapsnapshot"), program(100 + at, "user")).expect("written");
        let status = format!("Process Status:\nVmRSS:\t  {} kB\n", 204_800 + at * 61_440);
        std::fs::write(place.join("process-info.txt"), status).expect("written");
        files.push(format!("{at}/a.heapsnapshot"));
    }
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let page = run_in(dir.path(), 100, &files).stdout.replace('\n', " ");
    assert!(page.starts_with("No leak in the heap"), "{page}");
    assert!(page.contains("The heap does not grow, resident memory does"), "{page}");
    let ask = |rss: &[&str]| -> Value {
        let said = run_in(dir.path(), 100, &[&files[..], rss, &["--json"][..]].concat());
        serde_json::from_str(&said.stdout).expect("JSON")
    };
    let beside = ask(&[]);
    assert_eq!(support::schema::violations(&schema(), &beside), [""; 0]);
    assert_eq!(beside["verdict"], "no_leak");
    assert_eq!(beside["suspects"], Value::Array(Vec::new()));
    assert_eq!(beside["outside_growth"]["source"], "process-info.txt");
    assert_eq!(beside["outside_growth"]["bytes_per_interval"], f64::from(60 << 20));
    // What the user says comes before what is written down.
    assert_eq!(ask(&["--rss", "200MiB,200MiB,200MiB"]).get("outside_growth"), None);
    let asked = ask(&["--rss", "200MiB,240MiB,280MiB"]);
    assert_eq!(asked["outside_growth"]["source"], "--rss");
    assert_eq!(asked["outside_growth"]["bytes_per_interval"], f64::from(40 << 20));
    let few = run_in(dir.path(), 100, &[&files[..], &["--rss", "200MiB"][..]].concat());
    assert_eq!(few.code, 2, "{}", few.stderr);
    assert!(few.stderr.contains("one size for each FILE: 1 for 3"), "{}", few.stderr);
}
