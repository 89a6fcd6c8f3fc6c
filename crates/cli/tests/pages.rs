//! The pages as a user sees them, on the snapshot of an application that leaks.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

mod support;

use heapglass_testkit::SnapshotBuilder;
use insta::assert_snapshot;
use support::{APP, heapglass, json, page, said};

/// The id of the first object of this class.
fn id_of(class: &str) -> String {
    let document = json(&["summary", APP, "--objects", class, "--limit", "1"]);
    format!("@{}", document["objects"][0]["id"])
}

#[test]
fn report() {
    assert_snapshot!(page(&[APP]));
}

#[test]
fn report_in_80_columns_with_exact_sizes() {
    let output = heapglass(&["report", APP, "--bytes", "--top", "5"]).env("COLUMNS", "80").output();
    let text = said(output.expect("the program runs")).stdout;
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert_snapshot!(text);
}

#[test]
fn report_in_colour() {
    let text = page(&["report", APP, "--top", "2", "--color", "always"]);
    assert_snapshot!(text.replace('\u{1b}', "␛"));
}

#[test]
fn biggest_classes_leave_out_what_stands_for_the_whole_program() {
    // As Node.js 26 writes it: a native context holds the global object.
    let mut heap = SnapshotBuilder::empty();
    let (root, gc_roots) = (heap.node("synthetic", "", 0), heap.node("synthetic", "(GC roots)", 0));
    let context = heap.node("hidden", "system / NativeContext", 100);
    let (global, cache) = (heap.object("global", 100), heap.object("Cache", 10_000));
    heap.edge(root, "element", "1", gc_roots);
    heap.edge(root, "element", "2", context);
    heap.element(gc_roots, 1, context);
    heap.internal(context, "global_object", global);
    heap.property(global, "cache", cache);
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("node26.heapsnapshot");
    std::fs::write(&file, heap.to_bytes()).expect("written");
    let file = file.to_str().expect("a path in UTF-8");
    let classes = |command: &str| {
        let classes = json(&[command, file])["classes"].as_array().expect("classes").clone();
        classes.iter().map(|class| class["class_name"].to_string()).collect::<Vec<_>>()
    };
    assert!(classes("summary").contains(&"\"(system)\"".to_owned()));
    let reported = classes("report");
    assert!(!reported.contains(&"\"(system)\"".to_owned()), "{reported:?}");
    assert!(reported.contains(&"\"Cache\"".to_owned()), "{reported:?}");
}

#[test]
fn summary() {
    assert_snapshot!(page(&["summary", APP, "--limit", "12"]));
}

#[test]
fn summary_filtered_and_sorted() {
    assert_snapshot!(page(&["summary", APP, "--filter", "^s", "--sort", "count"]));
}

#[test]
fn summary_of_a_class() {
    assert_snapshot!(page(&["summary", APP, "--objects", "Session", "--limit", "3"]));
}

#[test]
fn report_by_file() {
    let text = page(&["report", APP, "--by", "file", "--top", "4"]);
    let section = text.find("Files that hold most").expect("the section");
    assert_snapshot!(&text[section..]);
}

#[test]
fn report_with_resident_memory() {
    let text = page(&["report", APP, "--rss", "80MB", "--top", "1"]);
    let section = text.find("What the process had in memory").expect("the section");
    assert_snapshot!(&text[section..]);
}

#[test]
fn strings() {
    assert_snapshot!(page(&["strings", APP, "--limit", "3"]));
}

#[test]
fn strings_that_are_there_twice() {
    let args = ["strings", APP, "--duplicates", "--filter", "^[a-z ]+$", "--limit", "4"];
    assert_snapshot!(page(&args));
}

#[test]
fn strings_with_exact_sizes() {
    let text = page(&["strings", APP, "--duplicates", "--bytes", "--limit", "2"]);
    assert!(text.contains(" bytes"), "{text}");
    assert!(!text.contains(" kB") && !text.contains(" MB"), "{text}");
}

#[test]
fn waste() {
    let kinds = "empty-collections,dictionary-objects,sliced-strings";
    assert_snapshot!(page(&["waste", APP, "--limit", "1", "--kind", kinds]));
}

#[test]
fn waste_with_exact_sizes() {
    let text = page(&["waste", APP, "--bytes"]);
    assert!(text.contains(" bytes"), "{text}");
    assert!(!text.contains(" kB") && !text.contains(" MB"), "{text}");
}

#[test]
fn statistics() {
    assert_snapshot!(page(&["statistics", APP]));
}

#[test]
fn containment() {
    assert_snapshot!(page(&["containment", APP, "--depth", "2", "--limit", "4"]));
}

#[test]
fn dominators() {
    assert_snapshot!(page(&["dominators", APP, "--min-share", "3"]));
}

#[test]
fn object() {
    assert_snapshot!(page(&["object", APP, &id_of("Session")]));
}

#[test]
fn object_of_a_map() {
    assert_snapshot!(page(&["object", APP, &id_of("Map"), "--limit", "3"]));
}

#[test]
fn retainers() {
    assert_snapshot!(page(&["retainers", APP, &id_of("Session")]));
}

#[test]
fn retainers_ignoring_one() {
    let cache = &id_of("Map")[1..].to_owned();
    assert_snapshot!(page(&["retainers", &id_of("Session"), APP, "--ignore", cache]));
}

#[test]
fn paths() {
    assert_snapshot!(page(&["paths", APP, &id_of("Session"), "--limit", "1"]));
}

#[test]
fn paths_to_a_class() {
    assert_snapshot!(page(&["paths", APP, "--class", "Session"]));
}

/// The lines of a page that are wider than the terminal it is written for.
fn too_wide(args: &[&str], columns: usize) -> Vec<String> {
    let output = heapglass(args).env("COLUMNS", columns.to_string()).output();
    let said = said(output.expect("the program runs"));
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{args:?}");
    // Files and places in them are never cut: people copy them.
    let is_copied = |line: &str| line.contains('/');
    let lines = said.stdout.lines().filter(|line| line.chars().count() > columns);
    lines.filter(|line| !is_copied(line)).map(str::to_owned).collect()
}

#[test]
fn pages_fit_narrow_and_wide_terminals() {
    let (session, list) = (id_of("Session"), id_of("Map"));
    let pages: [&[&str]; 13] = [
        &["report", APP],
        &["summary", APP],
        &["summary", APP, "--objects", "Session"],
        &["statistics", APP],
        &["containment", APP, "--depth", "4", "--limit", "4"],
        &["dominators", APP, "--min-share", "0.1", "--depth", "40"],
        &["object", APP, &session],
        &["object", APP, &list, "--internals"],
        &["retainers", APP, &session],
        &["retainers", APP, &list, "--depth", "3"],
        &["paths", APP, &session],
        &["paths", APP, &list],
        &["paths", APP, "--class", "Session"],
    ];
    for args in pages {
        for columns in [40, 60, 80, 200] {
            assert_eq!(too_wide(args, columns), [""; 0], "{args:?} in {columns} columns");
        }
    }
}
