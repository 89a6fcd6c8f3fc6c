//! `secrets` shows what was found, and never the credentials themselves unless it is told to.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

mod support;

use heapglass_testkit::SnapshotBuilder;
use serde_json::Value;
use support::{Said, heapglass, root, said};

/// Put together here, so that no scanner takes this source for a leak.
fn planted() -> [String; 3] {
    [
        format!("gh{}{}", "p_", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"),
        ["hunter2", "swordfish"].join("-"),
        format!(
            "eyJhbGciOiJIUzI1NiJ9.{}.{}",
            "eyJpc3MiOiJzc28iLCJleHAiOjE3OTAwMDAwMDB9", "c2lnbmF0dXJl"
        ),
    ]
}

fn snapshots() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let write = |name: &str, heap: &SnapshotBuilder| {
        std::fs::write(dir.path().join(name), heap.to_bytes()).expect("written");
    };
    let mut heap = SnapshotBuilder::new();
    let app = heap.object("App", 64);
    heap.property(heap.global(), "app", app);
    write("none.heapsnapshot", &heap);
    let [token, password, jwt] = planted();
    // A credential as a value, as the name of a property, and as part of a text.
    for (name, text) in [
        ("remote", token.clone()),
        ("password", password.clone()),
        ("url", format!("postgres://app:{password}@db/x")),
        ("header", format!("Bearer {jwt}")),
    ] {
        let string = heap.string(&text, 64);
        heap.property(app, name, string);
    }
    let session = heap.object("Session", 64);
    heap.property(app, &token, session);
    let inner = heap.string(&jwt, 64);
    heap.property(session, "value", inner);
    write("some.heapsnapshot", &heap);
    dir
}

fn ask(dir: &tempfile::TempDir, args: &[&str]) -> Said {
    let mut command = heapglass(&[]);
    command.arg("secrets").args(args).current_dir(dir.path());
    said(command.output().expect("the program runs"))
}

fn assert_masked(text: &str) {
    for value in planted() {
        assert!(!text.contains(&value), "a credential is in {text}");
    }
}

#[test]
fn nothing_shows_a_credential_unless_asked_to() {
    let dir = snapshots();
    let page = ask(&dir, &["some.heapsnapshot"]);
    assert_eq!((page.code, page.stderr.as_str()), (0, ""));
    assert!(page.stdout.starts_with("3 credentials in 5 strings: "), "{}", page.stdout);
    assert!(page.stdout.contains("expires 2026-09-21T14:13:20Z"), "{}", page.stdout);
    let json = ask(&dir, &["some.heapsnapshot", "--json", "--sarif", "out.sarif"]);
    let read = || std::fs::read_to_string(dir.path().join("out.sarif")).expect("written");
    for text in [&page.stdout, &json.stdout, &json.stderr, &read()] {
        assert_masked(text);
    }
    let sarif: Value = serde_json::from_str(&read()).expect("JSON");
    assert_eq!(sarif["runs"][0]["results"].as_array().map(Vec::len), Some(3));
    let shown = ask(&dir, &["some.heapsnapshot", "--show", "--sarif", "out.sarif"]);
    assert!(planted().iter().all(|value| shown.stdout.contains(value)), "{}", shown.stdout);
    assert_masked(&read());
}

#[test]
fn documents_fit_their_schema() {
    let dir = snapshots();
    let schema = root().join("docs/schema/secrets.schema.json");
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(schema).expect("a schema")).expect("JSON");
    for args in [["some.heapsnapshot", "--json"], ["none.heapsnapshot", "--json"]] {
        let document: Value = serde_json::from_str(&ask(&dir, &args).stdout).expect("JSON");
        assert_eq!(support::schema::violations(&schema, &document), [""; 0]);
    }
}

#[test]
fn ci_can_fail_on_credentials() {
    let dir = snapshots();
    assert_eq!(ask(&dir, &["some.heapsnapshot", "--fail"]).code, 1);
    let none = ask(&dir, &["none.heapsnapshot", "--fail"]);
    assert_eq!(none.code, 0);
    assert!(none.stdout.starts_with("No credential was found by "), "{}", none.stdout);
}

#[test]
fn ordinary_heaps_have_none() {
    for name in ["small-node12", "app-node22"] {
        let file = root().join(format!("fixtures/{name}.heapsnapshot.zst"));
        let mut command = heapglass(&[]);
        command.args(["secrets", "--json"]).arg(&file);
        let answer = said(command.output().expect("the program runs"));
        let document: Value = serde_json::from_str(&answer.stdout).expect("JSON");
        assert_eq!(document["secrets"].as_array().map(Vec::len), Some(0), "{document}");
    }
}
