//! What the heap does not explain of a process's memory, on a real process.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

mod support;

use std::fs;
use std::process::Command;

use serde_json::Value;
use support::{heapglass, said};

/// 64 MB in a buffer, 16 MB in numbers, and what the system says of the process, as a collector writes it.
const PROGRAM: &str = r"
globalThis.buffer = Buffer.alloc(64e6, 1);
globalThis.numbers = new Array(2e6).fill(0.5);
setTimeout(() => {
    const status = require('fs').readFileSync('/proc/self/status', 'utf8');
    require('fs').writeFileSync('process-info.txt', '=== Process Information ===\nPID: 1\n\nProcess Status:\n' + status);
    require('v8').writeHeapSnapshot('a.heapsnapshot');
}, 10);
";

#[test]
fn what_process_info_says_is_split_by_what_the_heap_explains() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("app.js"), PROGRAM).expect("written");
    let made = Command::new("node").current_dir(dir.path()).arg("app.js").output();
    assert!(made.expect("Node.js is installed").status.success());
    let ask = |args: &[&str]| -> Value {
        let answer = said(heapglass(args).current_dir(dir.path()).output().expect("it runs"));
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        serde_json::from_str(&answer.stdout).expect("JSON")
    };
    let document = ask(&["report", "a.heapsnapshot", "--json"]);
    let process = &document["process"];
    let number = |name: &str| process[name].as_i64().expect("a number");
    let status = fs::read_to_string(dir.path().join("process-info.txt")).expect("written");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    let resident: i64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    assert_eq!(number("resident_size"), resident * 1024);
    assert!(number("external_size") >= 64_000_000, "{process}");
    assert!(number("heap_size") >= 16_000_000, "{process}");
    // Node.js' program alone is tens of megabytes.
    assert!(number("unexplained_size") > 10_000_000, "{process}");
    assert!((1..number("resident_size")).contains(&number("mapped_size")), "{process}");
    let parts = ["heap_size", "code_size", "external_size", "unexplained_size"];
    assert_eq!(parts.iter().map(|part| number(part)).sum::<i64>(), number("resident_size"));
    assert_eq!(process["source"], "process-info.txt");

    // What the user says comes first, and what is less than the heap is not explained away.
    let document = ask(&["report", "a.heapsnapshot", "--json", "--rss", "50MB"]);
    assert_eq!(document["process"]["source"], "--rss");
    assert_eq!(document["process"]["mapped_size"], Value::Null);
    assert!(document["process"]["unexplained_size"].as_i64().expect("a number") < 0);

    fs::remove_file(dir.path().join("process-info.txt")).expect("removed");
    assert_eq!(ask(&["report", "a.heapsnapshot", "--json"]).get("process"), None);
}
