//! `waste --kind unread-variables` on a real process that holds known amounts in variables that nothing reads.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::{heapglass, said};

/// What is waste: `lost…`, an array of 100,000 places each. What is none: `kept…`. The program is longer than what V8
/// writes of it, and none of its functions is running when the snapshot is taken.
const PROGRAM: &str = r"
const make = () => new Array(100000).fill(null);
const keep = globalThis.keep = {};
keep.classic = (() => { const lostOne = make(); const once = () => lostOne.length; once(); return () => 1; })();
keep.called = (() => { const lostTwo = make(); function once() { return lostTwo; } function twice() { return once(); }
    twice(); return function stays() { return 2; }; })();
keep.written = (() => { let lostThree; const set = (v) => { lostThree = v; }; set(make()); return set; })();
keep.shadow = (() => { const lostFour = make(); (() => lostFour)(); return (lostFour) => lostFour; })();
keep.method = (() => { const lostFive = make(); return { use() { return lostFive; }, other() { return 3; } }; })().other;

keep.reads = (() => { const keptOne = make(); return () => keptOne; })();
keep.within = (() => { const keptTwo = make(); return () => () => [() => keptTwo]; })();
keep.evals = (() => { const keptThree = make(); (() => keptThree)(); return (s) => eval(s); })();
keep.params = (() => { const keptFour = make(); return (a = () => keptFour) => { var keptFour; return a; }; })();
keep.field = (() => { const keptFive = make(); return class { f = keptFive; }; })();
keep.static = (() => { const keptSix = make(); return class { static m() { return keptSix; } }; })();
keep.getter = (() => { const keptSeven = make(); return { get g() { return keptSeven; } }; })();
keep.args = (function () { return () => arguments; })(make());
keep.self = (function () { return () => this; }).call(make());
keep.waits = (function* () { const keptEight = make(); (() => keptEight)(); yield 1; yield keptEight; })();
keep.waits.next();
(async () => { const keptNine = make(); (() => keptNine)(); await new Promise((r) => { keep.go = r; });
    return keptNine; })();
keep.block = (() => { let r; { const keptTen = make(); (() => keptTen)(); r = () => keptTen; } return r; })();
keep.made = new Function('a', 'return a');
keep.bound = (() => { const keptEleven = make(); return function () { return keptEleven; }.bind(null); })();
keep.catches = (() => { try { throw make(); } catch (keptTwelve) { return () => keptTwelve; } })();
keep.ready = (() => { const keptThirteen = make(); const server = require('net').createServer(() => keptThirteen);
    const once = () => server.listen(0).unref(); once(); return () => 'ready'; })();
require('./take.js');
";

/// Takes the snapshot from a scope of its own.
const TAKE: &str = "setTimeout(() => require('v8').writeHeapSnapshot(process.argv[2]), 10);";

fn waste(dir: &Path, more: &[&str]) -> Value {
    let mut arguments = vec!["waste", "a.heapsnapshot", "--json", "--limit", "0"];
    arguments.extend(["--kind", "unread-variables"]);
    arguments.extend(more);
    let answer = said(heapglass(&arguments).current_dir(dir).output().expect("the program runs"));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let document: Value = serde_json::from_str(&answer.stdout).expect("JSON");
    document["kinds"][0].clone()
}

/// Of what could not be judged the reasons with which the program is named, but for what is small: its own scope is held by
/// the stack, as the snapshot is taken from within.
fn reasons(entry: &Value) -> Vec<String> {
    let unjudged = entry["unjudged"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_of_program = |entry: &&Value| {
        let is_small = entry["held_size"].as_u64().is_some_and(|size| size < 10_000);
        entry["scripts"].to_string().contains("app.js") && !is_small
    };
    let of_program = unjudged.iter().filter(is_of_program);
    of_program.map(|entry| entry["reason"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn variables_that_no_living_function_reads_are_found_and_no_others() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    fs::write(dir.join("app.js"), PROGRAM).expect("written");
    fs::write(dir.join("take.js"), TAKE).expect("written");
    // HEAPGLASS_NODE is another Node.js than the one that is installed.
    let node = std::env::var_os("HEAPGLASS_NODE").unwrap_or_else(|| "node".into());
    let made = Command::new(node)
        .current_dir(dir)
        .args(["app.js", "a.heapsnapshot"])
        .output()
        .expect("Node.js is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

    let found = waste(dir, &["--sources", "."]);
    assert_eq!(reasons(&found), [""; 0], "{found:#}");
    let rows = found["rows"].as_array().expect("rows");
    let mut names: Vec<&str> = rows
        .iter()
        .filter(|row| row["saved_size"].as_u64().is_some_and(|size| size > 100_000))
        .map(|row| row["holder"]["edge"].as_str().expect("a variable"))
        .collect();
    names.sort_unstable();
    let lost = ["lostFive", "lostFour", "lostOne", "lostThree", "lostTwo"];
    assert_eq!(names, lost.map(|name| format!("variable {name}")), "{found:#}");
    for row in rows.iter().filter(|row| row["saved_size"].as_u64().is_some_and(|n| n > 100_000)) {
        // An array of 100,000 places of 8 bytes, and for `lostTwo` nothing more: its functions are gone or in other rows.
        let size = row["saved_size"].as_u64().expect("a number");
        assert!((800_000..801_000).contains(&size), "{row:#}");
        assert!(row["script"].as_str().is_some_and(|script| script.ends_with("app.js")));
    }

    // Without its source nothing is said of the program, and with that of another version neither.
    let without = waste(dir, &[]);
    assert_eq!((&without["saved_size"], reasons(&without)), (&0.into(), vec!["no_source".into()]));
    fs::create_dir(dir.join("other")).expect("made");
    fs::write(dir.join("other/app.js"), format!("// 2.0\n{PROGRAM}")).expect("written");
    let other = waste(dir, &["--sources", "other"]);
    assert_eq!((&other["saved_size"], reasons(&other)), (&0.into(), vec!["other_source".into()]));

    // Of other kinds no script is read.
    let arguments = ["waste", "a.heapsnapshot", "--kind", "spare-room", "--sources", "."];
    let refused = said(heapglass(&arguments).current_dir(dir).output().expect("the program runs"));
    assert_eq!(refused.code, 2, "{}", refused.stdout);
    assert!(refused.stderr.contains("--sources is for unread-variables"), "{}", refused.stderr);
}
