//! What `redact` writes has the same figures and none of the data.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]
#![allow(clippy::disallowed_methods, reason = "another process is waited for")]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use heapglass_format::pack::Packer;
use heapglass_format::source::Source;
use heapglass_testkit::SnapshotBuilder;
use serde_json::Value;
use support::{APP, Said, heapglass, root, said};

fn redact(dir: &Path, args: &[&str]) -> Said {
    let mut command = heapglass(&[]);
    command.current_dir(dir).arg("redact").args(args);
    said(command.output().expect("the program runs"))
}

fn json(answer: &Said) -> Value {
    serde_json::from_str(&answer.stdout).expect("JSON")
}

/// A heap with a value in each kind of place, and what should be gone.
fn heap() -> (SnapshotBuilder, [&'static str; 6]) {
    let mut heap = SnapshotBuilder::new();
    let app = heap.object("App", 64);
    heap.property(heap.global(), "app", app);
    for (name, text) in [("user", "Trillian McMillan"), ("alice@example.com", "sequoia17blue")] {
        let string = heap.string(text, 40);
        heap.property(app, name, string);
    }
    let session = heap.object("Session", 64);
    heap.property(app, "7f3a9c21d0e4", session);
    let pattern = heap.node("regexp", "^zaphod.*$", 50);
    heap.property(session, "pattern", pattern);
    let number = heap.string("123456789", 0);
    heap.internal(session, "value", number);
    let gone = [
        "Trillian McMillan",
        "alice@example.com",
        "sequoia17blue",
        "7f3a9c21d0e4",
        "zaphod",
        "123456789",
    ];
    (heap, gone)
}

/// Each node's figures, without its name.
fn figures(dir: &Path, file: &str) -> Vec<String> {
    let mut command = heapglass(&["export", "--format", "ndjson"]);
    let answer = said(command.current_dir(dir).arg(file).output().expect("the program runs"));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let row = |line: &str| {
        let mut row: Value = serde_json::from_str(line).expect("JSON");
        let row = row.as_object_mut().expect("an object");
        row.remove("name");
        // The class of a plain object is put together from its properties, some of which are data.
        if row["class_name"].as_str().is_some_and(|name| name.starts_with('{')) {
            row.remove("class_name");
        }
        serde_json::to_string(row).expect("JSON")
    };
    answer.stdout.lines().map(row).collect()
}

#[test]
fn one_key_gives_the_same_letters_in_every_run() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("a.heapsnapshot"), heap().0.to_bytes()).expect("written");
    let made = |out: &str, key: &[&str]| {
        let answer = redact(dir.path(), &[&["a.heapsnapshot", out], key].concat());
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        fs::read(dir.path().join(out)).expect("a snapshot")
    };
    let first = made("b.heapsnapshot", &["--key", "key"]);
    let metadata = fs::metadata(dir.path().join("key")).expect("a key");
    assert_eq!((metadata.len(), metadata.permissions().mode() & 0o777), (32, 0o600));
    assert_eq!(made("c.heapsnapshot", &["--key", "key"]), first);
    assert_ne!(made("d.heapsnapshot", &["--key", "other"]), first);
    assert_ne!(made("e.heapsnapshot", &[]), first);
    fs::write(dir.path().join("short"), b"secret").expect("written");
    let answer = redact(dir.path(), &["a.heapsnapshot", "f.heapsnapshot", "--key", "short"]);
    assert_eq!(answer.code, 2, "{}", answer.stderr);
    assert!(answer.stderr.contains("holds no key, which has 32 bytes"), "{}", answer.stderr);
    // With the key texts can be guessed: it is not shared, and nothing takes its place.
    for (arguments, said) in [
        (
            ["a.heapsnapshot", "b.heapsnapshot", "--force", "--key", "b.heapsnapshot"].as_slice(),
            "key cannot be OUT",
        ),
        (
            &["a.heapsnapshot", "g.heapsnapshot", "--map", "key", "--force", "--key", "key"],
            "same file",
        ),
    ] {
        let answer = redact(dir.path(), arguments);
        assert_eq!(answer.code, 2, "{}", answer.stderr);
        assert!(answer.stderr.contains(said), "{}", answer.stderr);
    }
    assert!(!dir.path().join("f.heapsnapshot").exists());
}

#[test]
fn objects_that_are_tables_stay_so() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut heap = SnapshotBuilder::new();
    let shape = heap.node("object shape", "system / Map", 72);
    let (slow, table) = (heap.object("Slow", 24), heap.node("array", "(object properties)", 256));
    heap.property(heap.global(), "slow", slow);
    heap.internal(slow, "map", shape);
    heap.internal(slow, "properties", table);
    for (slot, name) in [(12, "first"), (18, "second")] {
        let (key, value) = (heap.string(name, 24), heap.object("Value", 16));
        heap.property(slow, name, value);
        heap.internal(table, &slot.to_string(), key);
        heap.internal(table, &(slot + 1).to_string(), value);
    }
    fs::write(dir.path().join("a.heapsnapshot"), heap.to_bytes()).expect("written");
    let wasted = |file: &str| {
        let mut command = heapglass(&["waste", "--kind", "dictionary-objects", "--json"]);
        let answer = said(command.current_dir(dir.path()).arg(file).output().expect("it runs"));
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        let kind = json(&answer)["kinds"][0].clone();
        (kind["object_count"].as_u64(), kind["saved_size"].as_u64())
    };
    assert_eq!(wasted("a.heapsnapshot"), (Some(1), Some(256 - (16 + 2 * 8))));
    for policy in ["strict", "structure", "secrets"] {
        let out = format!("{policy}.heapsnapshot");
        let answer = redact(dir.path(), &["a.heapsnapshot", &out, "--policy", policy]);
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        assert_eq!(wasted(&out), wasted("a.heapsnapshot"), "{policy}");
    }
}

#[test]
fn values_go_and_figures_stay() {
    let dir = tempfile::tempdir().expect("a directory");
    let (heap, gone) = heap();
    fs::write(dir.path().join("a.heapsnapshot"), heap.to_bytes()).expect("written");
    let answer = redact(dir.path(), &["a.heapsnapshot", "b.heapsnapshot", "--json"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let made = fs::read_to_string(dir.path().join("b.heapsnapshot")).expect("a snapshot");
    for text in gone {
        assert!(!made.contains(text), "{text} is in the result");
        assert!(!answer.stdout.contains(text), "{text} is in the answer");
    }
    for text in ["App", "Session", "user", "pattern", "heapglass_redacted"] {
        assert!(made.contains(text), "{text} has gone");
    }
    assert_eq!(figures(dir.path(), "a.heapsnapshot"), figures(dir.path(), "b.heapsnapshot"));
    let document = json(&answer);
    let snapshot = &document["files"][0]["snapshot"];
    assert!(snapshot["values_looked_for"].as_u64() >= Some(4), "{document}");
}

#[test]
fn a_real_heap_keeps_every_figure() {
    let dir = tempfile::tempdir().expect("a directory");
    let app = root().join(APP);
    let app = app.to_str().expect("UTF-8");
    for policy in ["strict", "structure"] {
        let name = format!("{policy}.heapsnapshot.zst");
        let answer = redact(dir.path(), &[app, &name, "--policy", policy]);
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        assert_eq!(figures(dir.path(), app), figures(dir.path(), &name), "{policy}");
    }
}

/// What lies outside V8's heap in a browser has long types of C++ for names.
#[test]
fn a_page_keeps_its_classes() {
    let dir = tempfile::tempdir().expect("a directory");
    let page = root().join("fixtures/page-chromium.heapsnapshot.zst");
    let page = page.to_str().expect("UTF-8");
    let answer = redact(dir.path(), &[page, "b.heapsnapshot.zst"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert_eq!(figures(dir.path(), page), figures(dir.path(), "b.heapsnapshot.zst"));
}

/// Figures, class names and what leaks are the same without the names of the program's own properties.
#[test]
fn structure_keeps_every_figure_and_no_name_of_the_program() {
    let dir = tempfile::tempdir().expect("a directory");
    let (mut heap, gone) = heap();
    let session = heap.object("Session", 64);
    heap.property(heap.global(), "salaryBands", session);
    heap.property(session, "headers", heap.global());
    fs::write(dir.path().join("a.heapsnapshot"), heap.to_bytes()).expect("written");
    let answer = redact(
        dir.path(),
        &["a.heapsnapshot", "b.heapsnapshot", "--policy", "structure", "--json"],
    );
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let made = fs::read_to_string(dir.path().join("b.heapsnapshot")).expect("a snapshot");
    for text in gone.iter().chain(&["salaryBands"]) {
        assert!(!made.contains(text), "{text} is in the result");
    }
    for text in ["Session", "headers", "\"policy\":\"structure\""] {
        assert!(made.contains(text), "{text} has gone");
    }
    assert_eq!(figures(dir.path(), "a.heapsnapshot"), figures(dir.path(), "b.heapsnapshot"));
    let document = json(&answer);
    let coverage = document["files"][0]["snapshot"]["coverage"].as_array().expect("rows").clone();
    let row = coverage.iter().find(|row| row["kind"] == "property_names").expect("a row");
    assert!(row["replaced"].as_u64() >= Some(2) && row["kept"].as_u64() >= Some(1), "{row}");
    assert!(row["why"].as_str().is_some_and(|why| why.contains("npm packages")), "{row}");
}

#[test]
fn the_map_says_what_stands_for_what() {
    let dir = tempfile::tempdir().expect("a directory");
    let (heap, _) = heap();
    fs::write(dir.path().join("a.heapsnapshot"), heap.to_bytes()).expect("written");
    redact(dir.path(), &["a.heapsnapshot", "b.heapsnapshot", "--map", "map.jsonl"]);
    let map = fs::read_to_string(dir.path().join("map.jsonl")).expect("a map");
    let row = map.lines().find(|row| row.contains("sequoia17blue")).expect("a row");
    let row: Value = serde_json::from_str(row).expect("JSON");
    let made = fs::read_to_string(dir.path().join("b.heapsnapshot")).expect("a snapshot");
    assert!(made.contains(row["redacted"].as_str().expect("a text")));
    assert_eq!(row["redacted"].as_str().map(str::len), Some("sequoia17blue".len()));
}

#[test]
fn a_log_alone_is_told_where_logs_are_redacted() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("a.log"), "ready\n").expect("written");
    let answer = redact(dir.path(), &["a.log", "out.log"]);
    assert_eq!(answer.code, 3);
    assert!(answer.stderr.contains("`heapglass redact DIR OUT`"), "{}", answer.stderr);
}

#[test]
fn what_is_cut_off_gives_no_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let whole = heap().0.to_bytes();
    for share in 1..8 {
        let half = whole.get(..whole.len() * share / 8).expect("a part");
        fs::write(dir.path().join("a.heapsnapshot"), half).expect("written");
        let answer = redact(dir.path(), &["a.heapsnapshot", "b.heapsnapshot"]);
        assert_eq!(answer.code, 3, "{}", answer.stderr);
        let files = fs::read_dir(dir.path()).expect("a directory").count();
        assert_eq!(files, 1, "nothing is left beside the original");
    }
}

#[test]
fn files_that_are_there_stay() {
    let dir = tempfile::tempdir().expect("a directory");
    let (heap, _) = heap();
    fs::write(dir.path().join("a.heapsnapshot"), heap.to_bytes()).expect("written");
    fs::write(dir.path().join("b.heapsnapshot"), "mine").expect("written");
    for (output, more) in
        [("a.heapsnapshot", "--force"), ("b.heapsnapshot", "--json"), (".", "--force")]
    {
        assert_eq!(redact(dir.path(), &["a.heapsnapshot", output, more]).code, 2, "{output}");
    }
    assert_eq!(fs::read(dir.path().join("a.heapsnapshot")).expect("a file"), heap.to_bytes());
    assert_eq!(fs::read_to_string(dir.path().join("b.heapsnapshot")).expect("a file"), "mine");
    assert_eq!(redact(dir.path(), &["a.heapsnapshot", "b.heapsnapshot", "--force"]).code, 0);
}

#[test]
fn credentials_alone_go_if_asked() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut heap = SnapshotBuilder::new();
    let token = format!("gh{}{}", "p_", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let string = heap.string(&format!("the token is {token} today"), 64);
    heap.property(heap.global(), "text", string);
    fs::write(dir.path().join("a.heapsnapshot"), heap.to_bytes()).expect("written");
    let answer = redact(dir.path(), &["a.heapsnapshot", "b.heapsnapshot", "--policy", "secrets"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let made = fs::read_to_string(dir.path().join("b.heapsnapshot")).expect("a snapshot");
    assert!(!made.contains(&token) && made.contains("the token is ") && made.contains(" today"));
    assert_eq!(figures(dir.path(), "a.heapsnapshot"), figures(dir.path(), "b.heapsnapshot"));
}

/// The name comes after the value in a file, and may be that of another value.
#[test]
fn credentials_that_only_their_name_tells_go_as_well() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut heap = SnapshotBuilder::new();
    let options = heap.object("Options", 64);
    heap.property(heap.global(), "options", options);
    let closure = heap.closure("connect", 64);
    heap.property(options, "connect", closure);
    let (password, token) = ("zaphod-42-tricia", "q7RkX2mVb9TzLw4Hs8Dn");
    for (name, text) in [("password", password), ("host", "trillian.example"), ("login", password)]
    {
        let string = heap.string(text, 32);
        heap.property(options, name, string);
    }
    let string = heap.string(token, 32);
    heap.context(closure, "authToken", string);
    // The same word is a name elsewhere, and stays there.
    heap.property(options, token, closure);
    fs::write(dir.path().join("a.heapsnapshot"), heap.to_bytes()).expect("written");
    let answer = redact(dir.path(), &["a.heapsnapshot", "b.heapsnapshot", "--policy", "secrets"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let made = fs::read_to_string(dir.path().join("b.heapsnapshot")).expect("a snapshot");
    assert!(!made.contains(password) && made.contains("trillian.example"));
    assert_eq!(made.matches(token).count(), 1);
    assert_eq!(figures(dir.path(), "a.heapsnapshot"), figures(dir.path(), "b.heapsnapshot"));
}

#[test]
fn a_directory_is_redacted_file_by_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let deep = dir.path().join("in/heap-dumps/pod=x/container=y");
    fs::create_dir_all(&deep).expect("made");
    let (heap, gone) = heap();
    fs::write(deep.join("heapdump-1.heapsnapshot"), heap.to_bytes()).expect("written");
    let password = ["hunter2", "swordfish"].join("-");
    fs::write(deep.join("app.log"), format!("start\nconnect postgres://app:{password}@db/x\n"))
        .expect("written");
    fs::write(dir.path().join("in/core.bin"), b"\0\x01\x02").expect("written");
    let answer = redact(dir.path(), &["in", "out", "--json"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let out = dir.path().join("out/heap-dumps/pod=x/container=y");
    let made = fs::read_to_string(out.join("heapdump-1.heapsnapshot")).expect("a snapshot");
    assert!(gone.iter().all(|text| !made.contains(text)));
    let log = fs::read_to_string(out.join("app.log")).expect("a log");
    assert!(log.starts_with("start\n") && !log.contains(&password), "{log}");
    assert!(!dir.path().join("out/core.bin").exists());
    let report =
        fs::read_to_string(dir.path().join("out/redaction-report.json")).expect("a report");
    assert!(report.contains("core.bin") && !report.contains(&password));
    assert_eq!(redact(dir.path(), &["in", "in/inside"]).code, 2);
}

#[test]
fn compressed_logs_of_a_directory_lose_their_credentials_too() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::create_dir_all(dir.path().join("in")).expect("made");
    for name in ["a.log.gz", "a.log.zst"] {
        let path = dir.path().join("in").join(name);
        let file = fs::File::create(&path).expect("made");
        let mut packer = Packer::for_name(&path, file).expect("a packer");
        packer.write_all(b"ready\r\nDB_PASSWORD=sequoia17blue\r\n").expect("written");
        packer.finish().expect("ended");
    }
    fs::write(dir.path().join("in/plain.gz"), "token: sequoia17blue\n").expect("written");
    fs::write(dir.path().join("in/broken.gz"), b"\x1f\x8b\x08\0\0\0\0\0\0\x03junk")
        .expect("written");
    let answer = redact(dir.path(), &["in", "out", "--json"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    for (name, text) in [
        ("a.log.gz", "ready\r\nDB_PASSWORD=[REDACTED:named]\r\n"),
        ("a.log.zst", "ready\r\nDB_PASSWORD=[REDACTED:named]\r\n"),
        ("plain.gz", "token: [REDACTED:named]\n"),
    ] {
        let source = Source::file(&dir.path().join("out").join(name)).expect("a file");
        let mut got = String::new();
        source.reader().expect("a reader").read_to_string(&mut got).expect("a text");
        assert_eq!(got, text, "{name}");
    }
    assert!(!dir.path().join("out/broken.gz").exists());
}

/// The program of `oracle/programs` under the Node.js that is installed; `docs/redact.md` has all versions.
#[test]
fn nothing_planted_in_a_real_process_survives() {
    let dir = tempfile::tempdir().expect("a directory");
    let home = dir.path().join("home/zaphod.b");
    fs::create_dir_all(&home).expect("made");
    let program = home.join("private.mjs");
    fs::copy(root().join("oracle/programs/private.mjs"), &program).expect("copied");
    let file = dir.path().join("a.heapsnapshot");
    let node =
        Command::new("node").arg(&program).arg(&file).output().expect("Node.js is installed");
    assert!(node.status.success(), "{}", String::from_utf8_lossy(&node.stderr));
    let answer = redact(dir.path(), &["a.heapsnapshot", "b.heapsnapshot"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let original = fs::read_to_string(&file).expect("a snapshot");
    let made = fs::read_to_string(dir.path().join("b.heapsnapshot")).expect("a snapshot");
    let planted = String::from_utf8(node.stdout).expect("UTF-8");
    let planted: Vec<&str> = planted.lines().chain(["zaphod.b"]).collect();
    let there = planted.iter().filter(|text| original.contains(**text)).count();
    assert!(there * 10 > planted.len() * 9, "{there} of {} are in the heap", planted.len());
    let survivors: Vec<_> = planted.iter().filter(|text| made.contains(**text)).collect();
    assert!(survivors.is_empty(), "{survivors:?}");
    assert_eq!(figures(dir.path(), "a.heapsnapshot"), figures(dir.path(), "b.heapsnapshot"));
}

/// Names that a collector leaves, and none that says anything.
#[test]
fn a_snapshot_of_any_name_in_a_directory_is_redacted() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::create_dir_all(dir.path().join("in")).expect("made");
    let (heap, gone) = heap();
    let bytes = heap.to_bytes();
    let names = [
        "a.heapsnapshot.PARTIAL",
        "a.heapsnapshot.1",
        "A.HeapSnapshot",
        ".a.heapsnapshot.4711.part",
        ".a.4711.part",
        "a.json",
        "notes.txt",
    ];
    for name in names {
        fs::write(dir.path().join("in").join(name), &bytes).expect("written");
    }
    // With blanks before it, as other tools write; and cut off.
    let spaced = String::from_utf8(bytes.clone()).expect("ASCII").replacen('{', "\n { ", 1);
    fs::write(dir.path().join("in/spaced.json"), spaced).expect("written");
    let half = bytes.get(..bytes.len() - 40).expect("a part");
    fs::write(dir.path().join("in/cut.txt"), half).expect("written");
    fs::write(dir.path().join("in/marked.txt"), [b"\xef\xbb\xbf", half].concat()).expect("written");
    fs::write(dir.path().join("in/a.heapsnapshot.csv"), "id,name\n1,sequoia17blue\n")
        .expect("written");
    let answer = redact(dir.path(), &["in", "out", "--json"]);
    assert_eq!(answer.code, 3, "{}", answer.stderr);
    let document = json(&answer);
    assert_eq!(document["errors"].as_array().map(Vec::len), Some(2), "{document}");
    for name in names.iter().chain(&["spaced.json"]) {
        let made = fs::read_to_string(dir.path().join("out").join(name)).expect("a snapshot");
        assert!(made.contains("heapglass_redacted"), "{name}");
        assert!(gone.iter().all(|text| !made.contains(text)), "{name}");
    }
    for name in ["cut.txt", "marked.txt", "a.heapsnapshot.csv"] {
        assert!(!dir.path().join("out").join(name).exists(), "{name}");
    }
    assert!(document.to_string().contains("a.heapsnapshot.csv"), "{document}");
}

/// Copies of what goes, under names that say nothing.
#[test]
fn texts_of_a_snapshot_beside_it_are_left_out() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::create_dir_all(dir.path().join("in")).expect("made");
    let mut heap = SnapshotBuilder::new();
    let app = heap.object("App", 64);
    heap.property(heap.global(), "app", app);
    let texts: Vec<String> = (0..30).map(|at| format!("guest number {at} of the house")).collect();
    for (at, text) in (0u32..).zip(&texts) {
        let string = heap.string(text, 40);
        heap.element(app, at, string);
    }
    let write = |name: &str, text: &[u8]| {
        fs::write(dir.path().join("in").join(name), text).expect("written");
    };
    write("z.heapsnapshot", &heap.to_bytes());
    redact(dir.path(), &["in/z.heapsnapshot", "other", "--map", "in/map.txt"]);
    for (name, args) in [
        ("nodes.txt", &["export", "--format", "csv"][..]),
        ("rows.txt", &["export", "--format", "ndjson"]),
        ("answer.txt", &["strings", "--json"]),
    ] {
        let mut command = heapglass(args);
        let answer = command.current_dir(dir.path()).arg("in/z.heapsnapshot").output();
        write(name, &answer.expect("the program runs").stdout);
    }
    let lines = |around: fn(&String) -> String| texts.iter().map(around).collect::<String>();
    write("tail", lines(|text| format!("\"{text}\",\n")).as_bytes());
    write("list.yaml", lines(|text| format!("- {text}\n")).as_bytes());
    write("dump.json", lines(|text| format!("{{\"a\":1,\"b\":\"{text}\"}}\n")).as_bytes());
    write("app.log", b"start of the application\nlistening on port 7007\n");
    let answer = redact(dir.path(), &["in", "out", "--json"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let mut there: Vec<String> = fs::read_dir(dir.path().join("out"))
        .expect("a directory")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    there.sort();
    assert_eq!(there, ["app.log", "redaction-report.json", "z.heapsnapshot"]);
    let document = json(&answer);
    assert_eq!(document["left_out"].as_array().map(Vec::len), Some(7), "{document}");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_replaced() {
    use std::os::unix::fs::FileTypeExt;

    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("a.heapsnapshot"), heap().0.to_bytes()).expect("written");
    let pipe = dir.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
    assert!(made.success());
    for args in [
        &["redact", "a.heapsnapshot", "pipe", "--force"][..],
        &["redact", "a.heapsnapshot", "b.heapsnapshot", "--map", "pipe", "--force"],
        &["index", "a.heapsnapshot", "--out", "pipe", "--force"],
    ] {
        let answer = heapglass(args).current_dir(dir.path()).output().expect("the program runs");
        let answer = said(answer);
        assert_eq!(answer.code, 2, "{args:?}: {}", answer.stderr);
        assert!(answer.stderr.contains("pipe is no plain file"), "{}", answer.stderr);
        assert!(pipe.metadata().expect("it is there").file_type().is_fifo(), "{args:?}");
    }
    assert!(!dir.path().join("b.heapsnapshot").exists());
}

#[test]
fn the_shared_report_does_not_say_where_files_lie_nor_what_they_were_called() {
    let dir = tempfile::tempdir().expect("a directory");
    let home = dir.path().join("in/ada@example.org");
    fs::create_dir_all(&home).expect("made");
    let bytes = heap().0.to_bytes();
    fs::write(home.join("a.heapsnapshot"), &bytes).expect("written");
    fs::write(home.join("b.heapsnapshot"), bytes.get(..bytes.len() / 2).expect("a half"))
        .expect("written");
    fs::write(home.join("app.log"), "start\n").expect("written");
    fs::write(home.join("core"), [0]).expect("written");
    let input = dir.path().join("in").display().to_string();
    let output = dir.path().join("out").display().to_string();
    assert_eq!(redact(dir.path(), &[&input, &output, "--map", "map"]).code, 3);
    let report =
        fs::read_to_string(dir.path().join("out/redaction-report.json")).expect("a report");
    let place = dir.path().display().to_string();
    assert!(!report.contains(&place) && !report.contains("ada@"), "{report}");
    for file in ["a.heapsnapshot", "b.heapsnapshot", "app.log", "core"] {
        assert!(report.contains(&format!("\"REDACTED-email-address/{file}\"")), "{report}");
    }
    assert!(dir.path().join("out/REDACTED-email-address/app.log").exists());
    assert!(!dir.path().join("out/ada@example.org").exists());
    let map = fs::read_to_string(dir.path().join("map")).expect("a map");
    assert!(map.contains(r#"{"original":"ada@example.org","redacted":"REDACTED-email-address"}"#));
}

#[test]
fn the_map_replaces_nothing_that_is_read_or_shared() {
    let dir = tempfile::tempdir().expect("a directory");
    let bytes = heap().0.to_bytes();
    fs::create_dir_all(dir.path().join("in")).expect("made");
    for name in ["m", "in/a.heapsnapshot"] {
        fs::write(dir.path().join(name), &bytes).expect("written");
    }
    for args in [
        ["m", "out", "m"],
        ["m", "out", "./in/../m"],
        ["m", "out", "out"],
        ["in", "shared", "in/a.heapsnapshot"],
        ["in", "shared", "in/map.jsonl"],
        ["in", "shared", "shared/map.jsonl"],
        ["in", "shared", "shared"],
    ] {
        let [input, output, map] = args;
        let answer = redact(dir.path(), &[input, output, "--map", map, "--force"]);
        assert_eq!(answer.code, 2, "{args:?}: {}", answer.stderr);
        assert!(answer.stderr.contains("the map"), "{}", answer.stderr);
    }
    assert_eq!(fs::read(dir.path().join("m")).expect("a file"), bytes);
    assert_eq!(fs::read(dir.path().join("in/a.heapsnapshot")).expect("a file"), bytes);
    assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 2, "nothing is new");
}

#[cfg(unix)]
#[test]
fn a_map_that_replaces_a_file_is_private_too() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("a.heapsnapshot"), heap().0.to_bytes()).expect("written");
    let map = dir.path().join("map.jsonl");
    fs::write(&map, "mine").expect("written");
    fs::set_permissions(&map, fs::Permissions::from_mode(0o644)).expect("set");
    let args = ["a.heapsnapshot", "b.heapsnapshot", "--map", "map.jsonl"];
    assert_eq!(redact(dir.path(), &args).code, 2);
    assert_eq!(fs::read_to_string(&map).expect("a file"), "mine");
    assert_eq!(redact(dir.path(), &[&args[..], &["--force"]].concat()).code, 0);
    assert!(fs::read_to_string(&map).expect("a map").contains("sequoia17blue"));
    let mode = fs::metadata(&map).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 3, "nothing else is left");
}

/// `redact - b.heapsnapshot` that was given these bytes and waits for more.
fn waiting(dir: &Path, bytes: &[u8]) -> Child {
    let mut command = heapglass(&[]);
    command.current_dir(dir).args(["redact", "-", "b.heapsnapshot", "--map", "map.jsonl"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program runs");
    // It may end before it has taken all.
    let _ = child.stdin.as_mut().expect("a pipe").write_all(bytes);
    child
}

/// The exit code, which comes while standard input is open.
fn ended(child: &mut Child) -> Option<i32> {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(30) {
        if let Some(status) = child.try_wait().expect("it is waited for") {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("it is ended");
    None
}

#[test]
fn an_error_does_not_wait_for_more_input() {
    let dir = tempfile::tempdir().expect("a directory");
    // More than is read at once, and less than twice that.
    let mut child = waiting(dir.path(), &vec![b'['; 3 << 19]);
    assert_eq!(ended(&mut child), Some(3));
    assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 0);
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_nothing_behind() {
    let dir = tempfile::tempdir().expect("a directory");
    let bytes = heap().0.to_bytes();
    let mut child = waiting(dir.path(), bytes.get(..100).expect("a part"));
    let started = Instant::now();
    let files = || fs::read_dir(dir.path()).expect("a directory").count();
    while files() < 2 && started.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(files(), 2, "a result and a map are being written");
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill runs").success());
    assert_eq!(ended(&mut child), Some(130));
    assert_eq!(files(), 0);
}
