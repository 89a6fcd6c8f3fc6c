//! `leaks` as a user sees it, on snapshots of a small program.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

mod support;

use std::path::Path;

use insta::assert_snapshot;
use serde_json::Value;
use support::sessions::program;
use support::{Said, heapglass, root, said};

fn snapshots() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(dir.path().join(name), bytes).expect("written");
    };
    write("1.heapsnapshot", &program(100, "user"));
    write("2.heapsnapshot", &program(200, "user"));
    write("3.heapsnapshot", &program(300, "user"));
    write("other.heapsnapshot", &program(300, "guest"));
    let whole = program(400, "user");
    write("cut.heapsnapshot", &whole[..whole.len() / 10]);
    write("none.heapsnapshot", b"hello");
    dir
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
fn two_snapshots_are_not_enough() {
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
    let other = run_in(dir.path(), 100, &[ALL[0], ALL[1], "other.heapsnapshot"]);
    assert!(other.stdout.starts_with("Nothing can be said"), "{}", other.stdout);
    let cut = run_in(dir.path(), 100, &[ALL[0], ALL[1], "cut.heapsnapshot"]);
    assert!(cut.stdout.contains("cut.heapsnapshot"), "{}", cut.stdout);
}
