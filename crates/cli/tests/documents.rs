//! `--json`: the documents fit their schemas, have the promised names, and the generated files are
//! current.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

mod support;

use serde_json::Value;
use support::{APP, heapglass, json, page, root, run, said};

fn schema(name: &str) -> Value {
    let path = root().join(format!("docs/schema/{name}.schema.json"));
    serde_json::from_str(&std::fs::read_to_string(path).expect("a schema")).expect("JSON")
}

/// Runs a command and holds its document against the schema called `name`.
fn check(name: &str, args: &[&str]) -> Value {
    let document = json(args);
    assert_eq!(support::schema::violations(&schema(name), &document), [""; 0], "{args:?}");
    assert_eq!(document["schema_version"], 1);
    document
}

/// The id of an object of this class.
fn id_of(class: &str) -> String {
    let document = json(&["summary", APP, "--objects", class, "--limit", "1"]);
    format!("@{}", document["objects"][0]["id"])
}

#[test]
fn documents_fit_their_schemas() {
    check("report", &["report", APP]);
    check("summary", &["summary", APP]);
    check("summary-objects", &["summary", APP, "--objects", "Session"]);
    check("statistics", &["statistics", APP]);
    check("containment", &["containment", APP, "--depth", "2"]);
    check("dominators", &["dominators", APP]);
    let session = id_of("Session");
    check("object", &["object", APP, &session, "--internals"]);
    check("object", &["object", APP, &id_of("Function")]);
    check("object", &["object", APP, &id_of("(string)")]);
    check("object", &["object", APP, &id_of("Map")]);
    check("retainers", &["retainers", APP, &session, "--depth", "2"]);
    check("paths", &["paths", APP, &session]);
    check("paths-class", &["paths", APP, "--class", "Session"]);
    check("strings", &["strings", APP, "--limit", "3"]);
    check("waste", &["waste", APP]);
}

#[test]
fn objects_by_edges_are_limited_and_filtered() {
    let ask = |more: &[&str]| {
        let document =
            check("summary-objects", &[&["summary", APP, "--sort", "edges"], more].concat());
        let objects = document["objects"].as_array().expect("a list");
        let class = |object: &Value| object["class_name"].as_str().expect("a class").to_owned();
        (objects.iter().map(class).collect::<Vec<_>>(), document["object_count"].as_u64())
    };
    let (shown, count) = ask(&[]);
    assert_eq!(shown.len(), 30);
    let (all, _) = ask(&["--limit", "0"]);
    assert!(count == Some(all.len() as u64) && all.len() > 30);
    let (sessions, count) = ask(&["--filter", "^session$"]);
    assert!(!sessions.is_empty() && sessions.iter().all(|class| class == "Session"));
    let (same, _) = ask(&["--objects", "Session"]);
    assert_eq!(count, Some(same.len() as u64));
    assert_eq!(ask(&["--objects", "Session", "--filter", "^Map$"]).1, Some(0));
}

#[test]
fn a_recording_says_where_objects_were_allocated() {
    let record = "fixtures/record-node20.heaptimeline.zst";
    let report = check("report", &["report", record]);
    let functions = report["allocations"]["functions"].as_array().expect("a list");
    assert!(functions.iter().any(|function| function["live_count"].as_u64() > Some(0)));
    assert!(page(&[record]).contains("This is a recording of allocations: "));

    let rows = page(&["export", record, "--format", "ndjson"]);
    let object = |id: &Value| check("object", &["object", record, &format!("@{id}")]);
    let found = rows
        .lines()
        .map(|row| serde_json::from_str::<Value>(row).expect("JSON"))
        .filter(|row| row["class_name"] == "Object" || row["class_name"] == "Array")
        .take(40)
        .map(|row| object(&row["id"]))
        .find(|document| document["object"]["allocation_stack"] != Value::Array(Vec::new()));
    let found = found.map(|document| format!("@{}", document["id"]));
    if let Some(id) = found {
        assert!(page(&["object", record, &id]).contains("\nAllocated at\n"));
    }
}

#[test]
fn documents_about_files_fit_their_schemas() {
    let dir = tempfile::tempdir().expect("a directory");
    let index = dir.path().join("x.index");
    check("index", &["index", APP, "--out", index.to_str().expect("a plain path")]);
    let ask = |args: &[&str]| {
        let output = heapglass(args).env("HEAPGLASS_CACHE_DIR", dir.path()).output();
        serde_json::from_str::<Value>(&said(output.expect("it runs")).stdout).expect("JSON")
    };
    for (name, args) in
        [("cache", &["cache", "--json"][..]), ("cache-clear", &["cache", "clear", "--json"])]
    {
        assert_eq!(support::schema::violations(&schema(name), &ask(args)), [""; 0], "{name}");
    }
    let small = "fixtures/small-node12.heapsnapshot.zst";
    for row in page(&["export", small, "--format", "ndjson"]).lines().take(1000) {
        let row: Value = serde_json::from_str(row).expect("JSON");
        assert_eq!(support::schema::violations(&schema("export-row"), &row), [""; 0], "{row}");
    }
}

#[test]
fn several_snapshots_are_a_list_of_documents() {
    let one = check("statistics", &["statistics", APP]);
    let several = check("statistics", &["statistics", APP, APP]);
    assert_eq!(several["snapshots"], Value::from(vec![one.clone(), one]));
    assert_eq!(several["errors"], Value::Array(Vec::new()));
}

#[test]
fn a_schema_is_not_satisfied_by_anything() {
    let mut document = json(&["summary", APP, "--limit", "1"]);
    document["classes"][0]["count"] = "many".into();
    assert_ne!(support::schema::violations(&schema("summary"), &document), [""; 0]);
}

#[test]
fn the_names_are_the_promised_ones() {
    let document = json(&["report", APP]);
    let names = |value: &Value| -> Vec<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    let snapshot = ["edge_count", "file", "node_count", "total_size"];
    assert_eq!(names(&document["snapshot"]), snapshot);
    let statistics = [
        "code",
        "js_arrays",
        "other_js",
        "other_native",
        "strings",
        "system",
        "total",
        "typed_arrays",
    ];
    assert_eq!(names(&document["statistics"]), statistics);
    let class = ["class_key", "class_name", "count", "distance", "retained_size", "shallow_size"];
    assert_eq!(names(&document["classes"][0]), class);
    assert!(document["findings"].is_array());
    let session = id_of("Session");
    assert!(json(&["retainers", APP, &session])["retainers"][0]["id"].is_u64());
    assert!(json(&["paths", APP, &session])["paths"][0]["steps"].is_array());
    assert_eq!(format!("@{}", json(&["object", APP, &session])["id"]), session);
}

#[test]
fn what_is_made_from_the_code_is_current() {
    let dir = tempfile::tempdir().expect("a directory");
    assert_eq!(run(&["__generate", dir.path().to_str().expect("a plain path")]).code, 0);
    let read = |path: &std::path::Path| std::fs::read_to_string(path).unwrap_or_default();
    let mut files = vec!["docs/cli.md".into()];
    for entry in dir.path().join("docs/schema").read_dir().expect("the schemas") {
        files.push(format!("docs/schema/{}", entry.expect("a file").file_name().display()));
    }
    for file in files {
        let fresh = read(&dir.path().join(&file)) == read(&root().join(&file));
        assert!(fresh, "{file} is not current: run `cargo xtask generate`");
    }
}
