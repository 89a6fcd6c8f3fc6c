//! `compare` as a user sees it, on two snapshots of a small program.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

mod support;

use std::ops::Range;
use std::path::Path;

use heapglass_testkit::SnapshotBuilder;
use insta::assert_snapshot;
use serde_json::Value;
use support::{Said, heapglass, root, said};

/// A program whose cache holds `sessions`, and whose log has grown to `log` bytes. `text` makes the
/// strings of one process differ from those of another.
fn program(sessions: Range<u32>, log: u64, text: &str) -> Vec<u8> {
    let mut heap = SnapshotBuilder::new();
    let app = heap.object("App", 64);
    let cache = heap.object("Map", 32);
    let lines = heap.object("Array", 16);
    let store = heap.node("array", "(object elements)", log);
    heap.property(heap.global(), "app", app);
    heap.property(app, "cache", cache);
    heap.property(app, "log", lines);
    heap.internal(lines, "elements", store);
    for at in sessions {
        let session = heap.object("Session", 120);
        let user = heap.string(&format!("{text} {at}"), 32);
        heap.spec(session).id = 10_001 + 4 * u64::from(at);
        heap.spec(user).id = 10_003 + 4 * u64::from(at);
        heap.locate(session, 7, 11, 4);
        heap.element(cache, at, session);
        heap.property(session, "user", user);
    }
    heap.to_bytes()
}

/// Two snapshots of one process, a third one, and one of another process.
fn snapshots() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let write = |name: &str, bytes: Vec<u8>| {
        std::fs::write(dir.path().join(name), bytes).expect("written");
    };
    write("before.heapsnapshot", program(0..50, 1_000, "user"));
    write("after.heapsnapshot", program(10..150, 250_000, "user"));
    write("later.heapsnapshot", program(20..400, 600_000, "user"));
    write("other.heapsnapshot", program(0..60, 2_000, "guest"));
    dir
}

fn run_in(dir: &Path, columns: usize, args: &[&str]) -> Said {
    let mut command = heapglass(&[]);
    command.arg("compare").args(args).current_dir(dir).env("COLUMNS", columns.to_string());
    said(command.output().expect("the program runs"))
}

fn page(args: &[&str]) -> String {
    let dir = snapshots();
    let said = run_in(dir.path(), 100, args);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{args:?}");
    said.stdout
}

const PAIR: [&str; 2] = ["before.heapsnapshot", "after.heapsnapshot"];

#[test]
fn two_snapshots() {
    assert_snapshot!(page(&PAIR));
}

#[test]
fn the_objects_of_a_class() {
    assert_snapshot!(page(&[PAIR[0], PAIR[1], "--objects", "Session", "--limit", "2"]));
}

#[test]
fn another_process() {
    assert_snapshot!(page(&[PAIR[0], "other.heapsnapshot"]));
}

#[test]
fn three_snapshots() {
    assert_snapshot!(page(&[PAIR[0], PAIR[1], "later.heapsnapshot"]));
}

#[test]
fn control_and_treatment() {
    assert_snapshot!(page(&[
        "--control",
        PAIR[0],
        "other.heapsnapshot",
        "--treatment",
        PAIR[0],
        PAIR[1],
    ]));
}

/// A program with two classes of one name that get more objects with each round, and jobs that are others in each.
fn connections(round: u32) -> Vec<u8> {
    let mut heap = SnapshotBuilder::new();
    for (number, script) in [(7, "/app/lib/http.js"), (8, "/app/lib/tcp.js")] {
        let open = heap.closure("open", 64);
        let shared = heap.node("code", "system / SharedFunctionInfo", 48);
        let code = heap.node("code", script, 100);
        heap.property(heap.global(), script, open);
        heap.internal(open, "shared", shared);
        heap.internal(shared, "script", code);
        heap.locate(open, number, 9, 2);
    }
    for (number, kind) in [(7, 0), (8, 1)] {
        for at in 0..10 * round {
            let connection = heap.object("Connection", 120);
            let peer = heap.string(&format!("peer {kind} {at}"), 32);
            heap.spec(connection).id = 10_001 + 8 * u64::from(at) + 4 * kind;
            heap.spec(peer).id = 10_003 + 8 * u64::from(at) + 4 * kind;
            heap.locate(connection, number, 3, 4);
            heap.property(heap.global(), &format!("connection {kind} {at}"), connection);
            heap.property(connection, "peer", peer);
        }
    }
    for at in 0..5 {
        let job = heap.object("Job", 40);
        heap.spec(job).id = 20_001 + 100 * u64::from(round) + 2 * at;
        heap.property(heap.global(), &format!("job {at}"), job);
    }
    heap.to_bytes()
}

#[test]
fn classes_of_one_name_are_told_by_their_files_and_those_that_turn_over_are_left_out() {
    let dir = tempfile::tempdir().expect("a directory");
    let files = ["1.heapsnapshot", "2.heapsnapshot", "3.heapsnapshot"];
    for (round, file) in (1..).zip(files) {
        std::fs::write(dir.path().join(file), connections(round)).expect("written");
    }
    let questions: [&[&str]; 3] =
        [&files[..2], &files, &[files[0], files[1], "--objects", "Connection"]];
    for args in questions {
        let text = run_in(dir.path(), 160, args).stdout;
        assert!(text.contains("http.js:4:5") && text.contains("tcp.js:4:5"), "{text}");
    }
    let text = run_in(dir.path(), 120, &files[..2]).stdout;
    assert!(!text.contains("Job"), "{text}");
    assert!(text.contains("of 4 classes that changed. --limit 0 shows every class."), "{text}");
    let text = run_in(dir.path(), 120, &[files[0], files[1], "--limit", "0"]).stdout;
    let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
    assert!(place("Job") > place("(string)"), "{text}");
}

#[test]
fn pages_fit_narrow_and_wide_terminals() {
    let dir = snapshots();
    let (a, b, c) = (PAIR[0], PAIR[1], "later.heapsnapshot");
    let questions: [&[&str]; 5] = [
        &[a, b],
        &[a, "other.heapsnapshot"],
        &[a, b, "--objects", "Session"],
        &[a, b, c],
        &["--control", a, b, "--treatment", a, c],
    ];
    for args in questions {
        for columns in [40, 60, 80, 200] {
            let text = run_in(dir.path(), columns, args).stdout;
            let wide = text.lines().find(|line| line.chars().count() > columns);
            assert_eq!(wide, None, "{args:?} in {columns} columns");
        }
    }
}

#[test]
fn documents_fit_their_schemas() {
    let dir = snapshots();
    let (a, b, c) = (PAIR[0], PAIR[1], "later.heapsnapshot");
    let questions: [(&str, &[&str]); 5] = [
        ("compare", &[a, b]),
        ("compare", &[a, "other.heapsnapshot"]),
        ("compare-objects", &[a, b, "--objects", "Session"]),
        ("compare-series", &[a, b, c]),
        ("compare-control", &["--control", a, b, "--treatment", a, c]),
    ];
    for (name, args) in questions {
        let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
        let text = run_in(dir.path(), 100, &args).stdout;
        let document: Value = serde_json::from_str(&text).expect("JSON");
        let path = root().join(format!("docs/schema/{name}.schema.json"));
        let schema = std::fs::read_to_string(path).expect("a schema");
        let schema: Value = serde_json::from_str(&schema).expect("JSON");
        assert_eq!(support::schema::violations(&schema, &document), [""; 0], "{args:?}");
        assert_eq!(document["schema_version"], 1);
    }
}

#[test]
fn rows_add_up() {
    let dir = snapshots();
    let text = run_in(dir.path(), 100, &[PAIR[0], PAIR[1], "--json"]).stdout;
    let sums = serde_json::from_str::<Value>(&text).expect("JSON")["reconciliation"].clone();
    let number = |field: &str| sums[field].as_i64().expect("a number");
    let explained = number("new_size") - number("deleted_size") + number("grown_size")
        - number("shrunk_size")
        + number("extra_native_delta");
    assert_eq!((explained, number("rest")), (number("total_delta"), 0));
}

#[test]
fn classes_of_several_snapshots_are_sorted_by_what_was_asked_for() {
    let (a, b, c) = (PAIR[0], PAIR[1], "later.heapsnapshot");
    let several: [&[&str]; 2] = [&[a, b, c], &["--control", a, b, "--treatment", a, c]];
    for files in several {
        for (column, first) in [("growth", "Array"), ("name", "(string)"), ("delta", "Session")] {
            let args = [files, &["--sort", column, "--limit", "1"]].concat();
            let text = page(&args);
            // Whatever is shown, the sentence is on all.
            assert!(text.contains("Array grew most"), "{args:?}: {text}");
            let mut rows = text.lines().skip_while(|line| !line.starts_with("Class "));
            let row = rows.nth(1).unwrap_or_default();
            assert!(row.starts_with(first), "{args:?}: {text}");
        }
    }
}

#[test]
fn what_grew_most_is_said_whatever_is_shown() {
    for (other, most) in
        [(PAIR[1], "Array, by 249.0 kB"), ("other.heapsnapshot", "Session, by 1.2 kB")]
    {
        for sort in ["growth", "name", "delta"] {
            for limit in ["1", "0"] {
                let text = page(&[PAIR[0], other, "--sort", sort, "--limit", limit]);
                let said = format!("The class that grew most is {most}");
                assert!(text.contains(&said), "{sort} {limit}: {text}");
            }
        }
        // Of what a filter leaves out nothing is said.
        let text = page(&[PAIR[0], other, "--sort", "name", "--limit", "1", "--filter", "string"]);
        assert!(text.contains("The class that grew most is (string)"), "{text}");
    }
}

#[test]
fn the_wrong_order_is_said() {
    let text = page(&[PAIR[1], PAIR[0]]);
    let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
    assert!(place("The first snapshot was taken after the second") < place("The heap "), "{text}");
    // From 250,000 bytes of log to 1,000.
    assert!(place("The heap shrank") < place("The class that shrank most is Array, by 249.0 kB."));
}

#[test]
fn errors_say_what_to_do() {
    let dir = snapshots();
    let check = |args: &[&str], code: i32, words: &str| {
        let said = run_in(dir.path(), 100, args);
        assert_eq!(said.code, code, "{args:?}: {}", said.stderr);
        assert!(said.stderr.contains(words), "{args:?}: {}", said.stderr);
    };
    let (a, b) = (PAIR[0], PAIR[1]);
    check(&[a], 2, "error: 1 snapshot was given, and at least 2 are needed");
    check(&[a, a], 2, "is named twice");
    let copy = "copy.heapsnapshot";
    std::fs::copy(dir.path().join(a), dir.path().join(copy)).expect("copied");
    check(&[a, copy], 2, "copy.heapsnapshot is a copy of before.heapsnapshot");
    check(&[a, copy], 2, "error: 1 snapshot was given, and at least 2 are needed");
    check(
        &[a, "missing.heapsnapshot"],
        3,
        "error: 1 snapshot could be read, and at least 2 are needed",
    );
    check(&[a, b, "--objects", "Nobody"], 2, "there is no class \"Nobody\"");
    check(&[a, b, "--filter", "("], 2, "--filter is not a regular expression");
    check(&[a, "other.heapsnapshot", "--objects", "Session"], 2, "of two processes");
    check(&[a, b, "later.heapsnapshot", "--objects", "Session"], 2, "--objects compares two");
    check(&[a, b, "--objects", "Session", "--sort", "name"], 2, "cannot be used with");
    check(&["--control", a, b], 2, "--treatment");
    let c = "later.heapsnapshot";
    check(&[a, b, c, "--sort", "new"], 2, "--sort new is a column of two snapshots, not of more");
    let four = ["--control", a, b, "--treatment", a, c, "--sort", "grown"];
    check(&four, 2, "--sort grown is a column of two snapshots, not of a control and a treatment");
}

#[test]
fn what_leaks_in_the_treatment_alone_is_told_with_who_holds_it() {
    let dir = snapshots();
    std::fs::write(dir.path().join("calm.heapsnapshot"), program(0..52, 1_000, "user"))
        .expect("written");
    let [calm, leaking] = ["calm.heapsnapshot", PAIR[1]];
    let ask = |control: &str, treatment: &str, more: &[&str]| {
        let four = ["--control", PAIR[0], control, "--treatment", PAIR[0], treatment];
        let said = run_in(dir.path(), 100, &[&four[..], more].concat());
        assert_eq!(said.code, 0, "{}", said.stderr);
        said.stdout
    };
    let page = ask(calm, leaking, &[]);
    let (_, beyond) =
        page.split_once("What grows in the treatment and not in the control").expect("a section");
    assert!(beyond.contains("global.app.cache : Map") && beyond.contains("Session"), "{beyond}");
    let suspects = |text: &str| -> Value {
        serde_json::from_str::<Value>(text).expect("JSON")["suspects"].take()
    };
    let named = |suspects: &Value| -> Vec<String> {
        let all = suspects.as_array().expect("a list").iter();
        all.map(|suspect| suspect["class_name"].as_str().expect("a name").to_owned()).collect()
    };
    let found = suspects(&ask(calm, leaking, &["--json", "--filter", "^Session$"]));
    assert_eq!(named(&found), ["Session"]);
    // Of what does not match nothing is said, not that it does not grow.
    let page = ask(calm, leaking, &["--filter", "^Config$"]);
    assert!(page.contains("what others gather is"), "{page}");
    assert!(named(&suspects(&ask(leaking, leaking, &["--json"]))).is_empty());
    assert_eq!(suspects(&ask("other.heapsnapshot", leaking, &["--json"])), Value::Null);
}

#[test]
fn either_side_may_have_more_than_two() {
    let dir = snapshots();
    let middle = dir.path().join("middle.heapsnapshot");
    std::fs::write(middle, program(0..51, 1_000, "user")).expect("written");
    std::fs::write(dir.path().join("calm.heapsnapshot"), program(0..52, 1_000, "user"))
        .expect("written");
    let args = ["--control", PAIR[0], "middle.heapsnapshot", "calm.heapsnapshot", "--treatment"];
    let args = [&args[..], &PAIR, &["later.heapsnapshot", "--json"]].concat();
    let said = run_in(dir.path(), 100, &args);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let document: Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(document["control_count"], 3);
    assert_eq!(document["snapshots"].as_array().map(Vec::len), Some(6));
    let classes = document["classes"].as_array().expect("a list");
    let session = classes.iter().find(|class| class["class_name"] == "Session").expect("a row");
    let deltas = (&session["control_count_delta"], &session["treatment_count_delta"]);
    assert_eq!(deltas, (&2.into(), &330.into()));
    // Three of the treatment tell growth from warming up, two do not.
    let mut suspects = document["suspects"].as_array().expect("a list").iter();
    let held = suspects
        .find(|suspect| suspect["class_name"] == "Session")
        .unwrap_or_else(|| panic!("{}", document["suspects"]));
    assert!(held["confidence"].as_f64().expect("a number") > 0.5, "{held}");
}
