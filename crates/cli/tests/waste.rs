//! `waste` on a real process that wastes known amounts.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

mod support;

use std::fs;
use std::process::Command;

use serde_json::Value;
use support::{heapglass, said};

/// 1,000 sessions with an empty Map, Set, array and object each and a fraction; 100 Maps with room for 128 entries of
/// which 2 are left, by an iterator that keeps V8 from making them smaller; 500 objects after `delete`; 200 arrays with
/// one element far out; 200 with one of 1,000; 100 slices of 20 kB; 50 joined strings of 200 pieces; 300 times one text;
/// 400 objects of 4 different values; and, which must not be found, as many with numbers that differ, and Maps of
/// numbers.
const PROGRAM: &str = r"
class Session { constructor(i) { this.tags = new Set(); this.meta = new Map(); this.items = []; this.extra = {};
    this.score = i + 0.5; } }
class Slow { constructor(i) { this.a = 'a' + i; this.b = 'b' + i; this.c = 'c' + i; delete this.a; this.d = 'd' + i; } }
class Point { constructor(i) { this.x = i; this.y = 2; this.name = 'point'; } }
const make = (n, f) => Array.from({ length: n }, (_, i) => f(i));
globalThis.sessions = make(1000, (i) => { const s = new Session(i); s.score += 0.25; return s; });
globalThis.maps = make(100, (i) => { const m = new Map(make(100, (k) => ['k' + k, { k }]));
    for (let k = 0; k < 60; k++) m.delete('k' + k); return m; });
globalThis.slow = make(500, (i) => new Slow(i));
globalThis.far = make(200, (i) => { const a = []; a[100000 + i] = 'far ' + i; return a; });
globalThis.gaps = make(200, (i) => { const a = new Array(1000); a[999] = 'last ' + i; return a; });
globalThis.slices = make(100, (i) => Buffer.alloc(20000, 'text ' + i).toString().slice(100, 130));
globalThis.joined = make(50, (i) => { let t = ''; for (let k = 0; k < 200; k++) t += 'part ' + k + ' of ' + i; return t; });
globalThis.copies = make(300, () => Buffer.alloc(48, 'again ').toString());
globalThis.same = make(400, (i) => ({ kind: 'point', unit: 'px', label: 'L' + (i % 4) }));
globalThis.points = make(400, (i) => new Point(i));
globalThis.numbers = make(100, () => new Map(make(100, (k) => [k, k])));
setTimeout(() => require('v8').writeHeapSnapshot(process.argv[2]), 10);
";

#[test]
fn known_waste_of_every_kind_is_found() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("app.js"), PROGRAM).expect("written");
    // HEAPGLASS_NODE is another Node.js than the one that is installed.
    let node = std::env::var_os("HEAPGLASS_NODE").unwrap_or_else(|| "node".into());
    let made = Command::new(node)
        .current_dir(dir.path())
        .args(["app.js", "a.heapsnapshot"])
        .output()
        .expect("Node.js is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut command = heapglass(&["waste", "a.heapsnapshot", "--json", "--limit", "0"]);
    let answer = said(command.current_dir(dir.path()).output().expect("the program runs"));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let document: Value = serde_json::from_str(&answer.stdout).expect("JSON");
    let kinds = document["kinds"].as_array().expect("kinds");
    let rows = |kind: &str| {
        let entry = kinds.iter().find(|entry| entry["kind"] == kind);
        entry.and_then(|entry| entry["rows"].as_array()).unwrap_or_else(|| panic!("no {kind}"))
    };
    // The row of a kind that is held so; objects and bytes.
    let figures = |kind: &str, path: &str, holder: &str| {
        let row = rows(kind).iter().find(|row| {
            row["path"].as_str().is_some_and(|text| text.starts_with(path))
                && row["holder"]["edge"] == holder
        });
        let row = row.unwrap_or_else(|| panic!("{kind} at {path} by {holder}: {:?}", rows(kind)));
        let number = |name: &str| row[name].as_u64().expect("a number");
        (number("object_count"), number("saved_size"))
    };
    for (holder, bytes) in [(".meta", 184), (".tags", 152), (".items", 32), (".extra", 56)] {
        let found = figures("empty_collections", "global.sessions[", holder);
        assert_eq!(found, (1000, 1000 * bytes), "{holder}");
    }
    // Room for 128 entries is 3,624 bytes, for 64 it is 1,832.
    assert_eq!(figures("spare_room", "global.maps[", "[…]"), (100, 100 * (3624 - 1832)));
    let (objects, bytes) = figures("dictionary_objects", "global.slow[", "[…]");
    // Eight entries of three slots and a header of five to eight, in place of three slots.
    assert!(objects == 500 && (500 * 200..=500 * 240).contains(&bytes), "{objects}, {bytes}");
    // One row for both kinds of arrays: a table of four or more entries for one, and 999 empty slots.
    let (objects, bytes) = figures("sparse_arrays", "global.", "[…]");
    assert!(objects == 400 && (200 * 8000..=200 * 8200).contains(&bytes), "{objects}, {bytes}");
    let (objects, bytes) = figures("sliced_strings", "global.slices[", "[…]");
    assert!(objects == 100 && (100 * 20_000..=100 * 20_040).contains(&bytes), "{objects}, {bytes}");
    // Each `t +=` is one joint or more, as V8 likes; a few of Node's own lists hold joined strings as well.
    let (objects, bytes) = figures("joined_strings", "global.joined[", "[…]");
    assert!((50..60).contains(&objects), "{objects}");
    assert!((50 * 199 * 32..50 * 600 * 32).contains(&bytes), "{bytes}");
    let (objects, bytes) = figures("duplicate_strings", "global.copies[", "[…]");
    assert_eq!((objects, bytes), (300, 299 * 64));
    let (objects, bytes) = figures("identical_objects", "global.same[", "[…]");
    assert_eq!((objects, bytes), (396, 396 * 48));
    for kind in ["identical_objects", "empty_collections", "spare_room"] {
        let wrong = rows(kind).iter().find(|row| {
            let path = row["path"].as_str().unwrap_or_default();
            path.starts_with("global.points[") || path.starts_with("global.numbers[")
        });
        assert_eq!(wrong, None, "{kind}");
    }
}
