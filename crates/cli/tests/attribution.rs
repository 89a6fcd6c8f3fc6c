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
         writeHeapSnapshot(process.argv[3]);",
    ),
];

fn lay_out(dir: &Path) {
    for (path, text) in FILES {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
}

/// Runs the application, which leaves `a.heapsnapshot`, and `b.heapsnapshot` with 700 more lists of `@scope/beta`.
fn snapshots() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    lay_out(dir.path());
    // HEAPGLASS_NODE is another Node.js than the one that is installed.
    let node = std::env::var_os("HEAPGLASS_NODE").unwrap_or_else(|| "node".into());
    let made = Command::new(node)
        .current_dir(dir.path())
        .args(["app.mjs", "a.heapsnapshot", "b.heapsnapshot"])
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
