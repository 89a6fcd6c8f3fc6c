//! What the program prints is what DevTools' own engine says of the same file.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

mod support;

use std::collections::BTreeMap;

use serde_json::Value;
use support::{decompressed, fixture, json, page, root};

const FIXTURES: [&str; 5] = [
    "app-node22.heapsnapshot",
    "page-chromium.heapsnapshot",
    "record-node20.heaptimeline",
    "small-node12.heapsnapshot",
    "small-node26-internals-numeric.heapsnapshot",
];

fn gold(name: &str) -> Value {
    let path = root().join(format!("fixtures/gold/{name}.summary.json"));
    serde_json::from_str(&std::fs::read_to_string(path).expect("gold")).expect("JSON")
}

/// The rows of a class table by their key. Where DevTools' engine has two rows with one key, of
/// which its view loses one (see docs/differences.md), they are put together.
fn by_key(classes: &Value) -> BTreeMap<&str, Value> {
    let mut rows: BTreeMap<&str, Value> = BTreeMap::new();
    for class in classes.as_array().expect("a table") {
        let key = class["class_key"].as_str().expect("a key");
        match rows.get_mut(key) {
            None => _ = rows.insert(key, class.clone()),
            Some(row) => add(row, class),
        }
    }
    rows
}

fn add(row: &mut Value, other: &Value) {
    for sum in ["count", "shallow_size", "retained_size"] {
        row[sum] = (row[sum].as_u64().expect("a sum") + other[sum].as_u64().expect("a sum")).into();
    }
    row["distance"] = row["distance"].as_u64().min(other["distance"].as_u64()).into();
}

#[test]
fn totals_and_statistics() {
    for name in FIXTURES {
        let (ours, gold) = (json(&["statistics", &fixture(name)]), gold(name));
        assert_eq!(ours["statistics"], gold["statistics"], "{name}");
        for count in ["node_count", "edge_count", "total_size"] {
            assert_eq!(ours["snapshot"][count], gold["snapshot"][count], "{name}: {count}");
        }
    }
}

#[test]
fn classes() {
    for name in FIXTURES {
        let ours = json(&["summary", &fixture(name)]);
        assert_eq!(by_key(&ours["classes"]), by_key(&gold(name)["classes"]), "{name}");
    }
}

#[test]
fn classes_behind_each_filter() {
    let filters = [
        ("duplicated-strings", "duplicatedStrings"),
        ("detached-dom", "objectsRetainedByDetachedDomNodes"),
        ("contexts", "objectsRetainedByContexts"),
        ("console", "objectsRetainedByConsole"),
        ("event-handlers", "objectsRetainedByEventHandlers"),
    ];
    for name in FIXTURES {
        let gold = gold(name);
        for (ours, theirs) in filters {
            let document = json(&["summary", &fixture(name), "--only", ours]);
            let expected = &gold["filters"][theirs];
            assert_eq!(by_key(&document["classes"]), by_key(expected), "{name}: {ours}");
        }
    }
}

#[test]
fn every_node() {
    for name in ["small-node12.heapsnapshot", "page-chromium.heapsnapshot"] {
        let gold = decompressed(&format!("fixtures/gold/{name}.nodes.csv.zst"));
        let ours = page(&["export", &fixture(name), "--format", "csv"]);
        let same = ours.as_bytes() == gold;
        assert!(same, "the nodes of {name} are not DevTools'");
    }
}

#[test]
fn both_exports_hold_the_same() {
    let file = fixture("small-node12.heapsnapshot");
    let csv = page(&["export", &file, "--format", "csv"]);
    let lines = page(&["export", &file, "--format", "ndjson"]);
    let columns: Vec<&str> = csv.lines().next().expect("a header").split(',').collect();
    let nodes: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(nodes.len(), 28_525);
    for node in &nodes {
        assert_eq!(node.as_object().expect("an object").len(), columns.len());
        assert!(columns.iter().all(|column| node.get(*column).is_some()));
    }
    let sum = |column: &str| nodes.iter().filter_map(|node| node[column].as_u64()).sum::<u64>();
    assert_eq!(sum("shallow_size"), 2_008_695);
}
