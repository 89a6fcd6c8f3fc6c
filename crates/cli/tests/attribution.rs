//! `report --by package` and `compare --by package` on a real process whose packages hold known amounts.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::{heapglass, root, said, schema};

/// Lists of 1,000 doubles, 8 kB each: 1,000 held by a CommonJS module, 500 by an ES module, 250 by objects of a class
/// of the application that hang in a global.
const FILES: [(&str, &str); 5] = [
    (
        "node_modules/alpha/index.js",
        "const cache = new Map();
         exports.fill = (n) => { for (let i = 0; i < n; i++) cache.set(i, new Array(1000).fill(i + 0.5)); };
         exports.read = (i) => cache.get(i);",
    ),
    ("node_modules/@scope/beta/package.json", r#"{"type":"module","exports":"./index.js"}"#),
    (
        "node_modules/@scope/beta/index.js",
        "const list = [];
         export function add(n) { for (let i = 0; i < n; i++) list.push(new Array(1000).fill(i + 0.5)); }
         export function last() { return list.at(-1); }",
    ),
    ("package.json", "{}"),
    (
        "app.mjs",
        "import { fill } from 'alpha';
         import { add } from '@scope/beta';
         import { writeHeapSnapshot } from 'node:v8';
         class Session { constructor(i) { this.values = new Array(1000).fill(i + 0.5); } }
         fill(1000);
         add(500);
         globalThis.sessions = Array.from({ length: 250 }, (_, i) => new Session(i));
         writeHeapSnapshot(process.argv[2]);
         add(700);
         writeHeapSnapshot(process.argv[3]);
         add(700);
         writeHeapSnapshot(process.argv[4]);",
    ),
];

fn lay_out(dir: &Path) {
    for (path, text) in FILES {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
}

/// Runs the application, which leaves `a.heapsnapshot`, and `b.heapsnapshot` and `c.heapsnapshot` with 700 more lists of
/// `@scope/beta` each.
fn snapshots() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    lay_out(dir.path());
    // HEAPGLASS_NODE is another Node.js than the one that is installed.
    let node = std::env::var_os("HEAPGLASS_NODE").unwrap_or_else(|| "node".into());
    let made = Command::new(node)
        .current_dir(dir.path())
        .args(["app.mjs", "a.heapsnapshot", "b.heapsnapshot", "c.heapsnapshot"])
        .output()
        .expect("Node.js is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    dir
}

fn ask(dir: &Path, args: &[&str]) -> String {
    let answer = said(heapglass(args).current_dir(dir).output().expect("the program runs"));
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    answer.stdout
}

fn json(dir: &Path, args: &[&str]) -> Value {
    serde_json::from_str(&ask(dir, args)).expect("JSON")
}

/// Checks that the groups and the rest are the heap, and returns the groups.
fn groups_of(dir: &Path, file: &str, by: &str) -> Vec<Value> {
    let args = ["report", file, "--by", by, "--top", "100000", "--json"];
    let document = json(dir, &args);
    let found = &document["attribution"];
    let groups = found["groups"].as_array().expect("groups").clone();
    let size = |of: &Value| of.as_u64().expect("a size");
    let held: u64 = groups.iter().map(|group| size(&group["held_size"])).sum();
    let total = size(&document["snapshot"]["total_size"]);
    assert_eq!(held + size(&found["unattributed_size"]), total, "by {by}");
    assert_eq!(found["by"], by);
    groups
}

#[test]
fn classes_and_contexts_and_plugins_hold_what_they_hold() {
    let dir = snapshots();
    let classes = groups_of(dir.path(), "a.heapsnapshot", "class");
    let sessions = classes.iter().find(|group| group["name"] == "Session").expect("sessions");
    assert_eq!(sessions["seed_count"], 250);
    let [held, saved] =
        ["held_size", "saved_size"].map(|figure| sessions[figure].as_u64().expect("a size"));
    assert!((250 * 8000..250 * 8400).contains(&held), "sessions hold {held}");
    assert!((250 * 8000..250 * 8400).contains(&saved), "sessions save {saved}");
    let contexts = groups_of(dir.path(), "a.heapsnapshot", "context");
    assert!(contexts.iter().any(|group| {
        let name = group["name"].as_str().expect("a name");
        name.starts_with("system / NativeContext") && name.contains('@')
    }));
    let page = ask(dir.path(), &["report", "a.heapsnapshot", "--by", "file"]);
    let (_, files) = page.split_once("Files that hold most").expect("a section");
    assert!(files.contains("  alpha/index.js ") && !files.contains("node_modules/"), "{files}");
    let plugins = groups_of(dir.path(), "a.heapsnapshot", "plugin");
    let names: Vec<&str> = plugins.iter().filter_map(|group| group["name"].as_str()).collect();
    assert!(names.contains(&"(other packages)") && names.contains(&"(application)"), "{names:?}");
    let pair = ["compare", "a.heapsnapshot", "b.heapsnapshot", "--by", "plugin", "--json"];
    let document = json(dir.path(), &pair);
    assert_eq!(document["groups"][0]["name"], "(other packages)");
}

#[test]
fn leaks_are_their_packages() {
    let dir = snapshots();
    let series = ["leaks", "a.heapsnapshot", "b.heapsnapshot", "c.heapsnapshot"];
    for (by, name) in [("package", "@scope/beta"), ("file", "beta/index.js")] {
        let document = json(dir.path(), &[&series[..], &["--by", by, "--json"]].concat());
        assert_eq!(document["groups"]["by"], by);
        let first = &document["groups"]["groups"][0];
        assert!(first["name"].as_str().is_some_and(|is| is.ends_with(name)), "{first}");
        assert_eq!(first["suspects"][0], 1);
        let growth = first["bytes_per_interval"].as_f64().expect("bytes");
        assert!((700.0 * 8000.0..700.0 * 8400.0).contains(&growth), "{growth}");
        let held = first["held_sizes"].as_array().expect("sizes");
        let held: Vec<u64> = held.iter().filter_map(Value::as_u64).collect();
        assert!(held[2] - held[0] >= 1400 * 8000, "{held:?}");
        let schema = fs::read_to_string(root().join("docs/schema/leaks.schema.json"));
        let schema: Value = serde_json::from_str(&schema.expect("a schema")).expect("JSON");
        assert_eq!(schema::violations(&schema, &document), [""; 0]);
    }
    let page = ask(dir.path(), &[&series[..], &["--by", "package"]].concat());
    assert!(page.contains("Whose it is") && page.contains("@scope/beta"), "{page}");
    let bounded = ["check", "a.heapsnapshot", "--assert"];
    ask(dir.path(), &[&bounded[..], &["held(package alpha) <= 8.5 MB"]].concat());
    let failed = heapglass(&[&bounded[..], &["held(package alpha) <= 7.5 MB"]].concat())
        .current_dir(dir.path())
        .output();
    let failed = said(failed.expect("the program runs"));
    assert_eq!(failed.code, 1);
    assert!(failed.stdout.contains("at most 7.5 MB is allowed"), "{}", failed.stdout);
    let one = said(
        heapglass(&["leaks", "a.heapsnapshot", "--by", "package"])
            .current_dir(dir.path())
            .output()
            .expect("the program runs"),
    );
    assert_eq!(one.code, 2);
}

#[test]
fn functions_hold_what_they_allocated() {
    let record = root().join("fixtures/record-node20.heaptimeline.zst");
    let record = record.to_str().expect("a path");
    let dir = tempfile::tempdir().expect("a directory");
    let groups = groups_of(dir.path(), record, "function");
    let document = json(dir.path(), &["report", record, "--top", "100000", "--json"]);
    let functions = document["allocations"]["functions"].as_array().expect("functions");
    let live = |of: &Value, size: &str| of[size].as_u64().expect("a size");
    let sum: u64 = functions.iter().map(|function| live(function, "live_size")).sum();
    let held: u64 = groups.iter().map(|group| live(group, "held_size")).sum();
    assert_eq!(held, sum);
    let plain =
        said(heapglass(&["report", support::APP, "--by", "function"]).output().expect("ran"));
    assert_eq!(plain.code, 2);
    assert!(plain.stderr.contains("recordings with stacks"), "{}", plain.stderr);
}

#[test]
fn packages_hold_what_their_modules_hold_and_what_more_they_hold_is_said() {
    let dir = snapshots();
    let document = json(dir.path(), &["report", "a.heapsnapshot", "--by", "package", "--json"]);
    let groups = document["attribution"]["groups"].as_array().expect("groups");
    for (name, lists) in [("alpha", 1000), ("@scope/beta", 500), ("(application)", 250)] {
        let group = groups.iter().find(|group| group["name"] == name);
        let group = group.unwrap_or_else(|| panic!("{name} is not in {groups:?}"));
        // What else a module is made of is less than a twentieth.
        let (least, most) = (lists * 8000, lists * 8400);
        let [held, retained, saved] = ["held_size", "retained_size", "saved_size"]
            .map(|figure| group[figure].as_u64().expect("a size"));
        assert!((least..most).contains(&held), "{name} holds {held}");
        // What imports a module retains it in some versions of Node.js.
        assert!(held <= retained && retained <= saved, "{name}: {held}, {retained}, {saved}");
        if name != "(application)" {
            assert!(saved < most, "{name} saves {saved}");
        }
    }
    let pair = ["compare", "a.heapsnapshot", "b.heapsnapshot", "--by", "package"];
    let document = json(dir.path(), &[&pair[..], &["--json"]].concat());
    let first = &document["groups"][0];
    assert_eq!(first["name"], "@scope/beta");
    let growth = first["size_delta"].as_i64().expect("a growth");
    assert!((700 * 8000..700 * 8400).contains(&growth), "grew by {growth}");
    let schema = fs::read_to_string(root().join("docs/schema/compare-code.schema.json"));
    let schema: Value = serde_json::from_str(&schema.expect("a schema")).expect("JSON");
    assert_eq!(schema::violations(&schema, &document), [""; 0]);
    let filtered = json(dir.path(), &[&pair[..], &["--filter", "^alpha$", "--json"]].concat());
    assert_eq!(filtered["group_count"], 1);
    let page = ask(dir.path(), &[&pair[..], &["--limit", "2"]].concat());
    for text in ["@scope/beta holds 5.", "(no code alone)", "2 of ", "Holds 2"] {
        assert!(page.contains(text), "{text} is not in\n{page}");
    }
}
