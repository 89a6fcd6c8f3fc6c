//! Where snapshots come from: files, compressed ones, standard input, must-gather directories, the
//! index.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use support::{APP, decompressed, heapglass, page, root, run, said};

#[test]
fn standard_input_is_read() {
    let file = fs::File::open(root().join(APP)).expect("the fixture");
    let output = heapglass(&["statistics", "-"]).stdin(Stdio::from(file)).output();
    let said = said(output.expect("the program runs"));
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
    assert_eq!(said.stdout, page(&["statistics", APP]));
}

#[test]
fn a_plain_file_is_read() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("plain.heapsnapshot");
    fs::write(&path, decompressed(APP)).expect("written");
    let plain = page(&["statistics", path.to_str().expect("a plain path")]);
    assert_eq!(plain, page(&["statistics", APP]));
}

/// A must-gather with a whole and a partial snapshot of two pods.
fn must_gather(dir: &Path) {
    let dumps = dir.join("quay-io-image/operator/backstage-crs/ns=shop/dev/deployment/heap-dumps");
    let place = |pod: &str, name: &str, content: &[u8]| {
        let place = dumps.join(format!("pod={pod}/container=backstage-backend"));
        fs::create_dir_all(&place).expect("made");
        fs::write(place.join("process-info.txt"), "node v22").expect("written");
        fs::write(place.join(name), content).expect("written");
    };
    let whole = decompressed("fixtures/small-node12.heapsnapshot.zst");
    let compressed = fs::read(root().join("fixtures/small-node12.heapsnapshot.zst"));
    place("backstage-1", "heapdump-20250105-143022.heapsnapshot.zst", &compressed.expect("read"));
    let cut = &whole[..whole.len() - 1000];
    place("backstage-2", "heapdump-20250105-143107.PARTIAL.heapsnapshot", cut);
    fs::write(dir.join("stray.heapsnapshot"), "not in the layout").expect("written");
}

#[test]
fn a_must_gather_names_pods_and_containers() {
    let dir = tempfile::tempdir().expect("a directory");
    must_gather(dir.path());
    let ask = |args: &[&str]| {
        let output = heapglass(args).current_dir(dir.path()).output();
        let said = said(output.expect("the program runs"));
        assert_eq!((said.code, said.stderr.as_str()), (0, ""));
        said.stdout
    };
    insta::assert_snapshot!(ask(&["statistics", "."]));

    let document = ask(&["statistics", ".", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&document).expect("JSON");
    let snapshots = document["snapshots"].as_array().expect("a list");
    assert_eq!(snapshots.len(), 2);
    let first = &snapshots[0]["snapshot"];
    assert_eq!((&first["namespace"], &first["pod"]), (&"shop".into(), &"backstage-1".into()));
    assert_eq!(first["container"], "backstage-backend");
    assert_eq!(first["taken_at"], "2025-01-05 14:30:22");
    assert_eq!(snapshots[1]["snapshot"]["partial"], true);
    assert_eq!(snapshots[1]["findings"][0]["kind"], "truncated");
}

#[test]
fn what_is_packed_in_another_way_is_to_be_unpacked() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("a.heapsnapshot.xz");
    fs::write(&path, b"\xfd7zXZ\0\0\x04 and so on").expect("written");
    let said = run(&["statistics", path.to_str().expect("a plain path")]);
    assert_eq!(said.code, 3);
    let hint = "hint: unpack it first: only gzip and zstd are read as they are\n";
    assert!(said.stderr.ends_with(hint), "{}", said.stderr);
}

#[test]
fn a_report_on_several_snapshots_ends_with_a_line_for_each() {
    let dir = tempfile::tempdir().expect("a directory");
    for name in ["a.heapsnapshot.zst", "b.heapsnapshot.zst"] {
        fs::copy(root().join(APP), dir.path().join(name)).expect("copied");
    }
    fs::write(dir.path().join("c.heapsnapshot"), "").expect("written");
    let output = heapglass(&["report", "."]).current_dir(dir.path()).output();
    let said = said(output.expect("the program runs"));
    assert_eq!(said.code, 3);
    let (_, lines) = said.stdout.split_once("All snapshots\n").expect("the lines");
    assert_eq!(lines.matches("Map of 1,234 × Session (19%)").count(), 2, "{lines}");
    let copy = "  2 has the counts and sizes of 1: it seems to be a copy of it.\n";
    assert!(lines.ends_with(&format!("{copy}  1 more could not be read.\n")), "{lines}");
}

#[test]
fn a_directory_is_searched_whatever_its_layout() {
    let dir = tempfile::tempdir().expect("a directory");
    let deep = dir.path().join("a/b/c");
    fs::create_dir_all(&deep).expect("made");
    let whole = decompressed("fixtures/small-node12.heapsnapshot.zst");
    fs::write(deep.join("x.HeapSnapshot.PARTIAL"), &whole).expect("written");
    fs::write(deep.join("x.heapsnapshot.csv"), "id").expect("written");
    let text = page(&["statistics", dir.path().to_str().expect("a plain path")]);
    assert!(text.contains("x.HeapSnapshot.PARTIAL\n"), "{text}");
    assert!(text.contains("marked this file PARTIAL, but it was read to its end"), "{text}");

    let place = dir.path().join("heap-dumps/pod=a/container=b");
    fs::create_dir_all(&place).expect("made");
    fs::write(place.join("1.heapsnapshot"), &whole).expect("written");
    fs::write(place.join("core.1"), "no snapshot").expect("written");
    let said = run(&["statistics", dir.path().to_str().expect("a plain path")]);
    assert_eq!(said.code, 0);
    assert!(said.stderr.starts_with("note: ") && said.stderr.contains("core.1: skipped"));
    assert!(said.stdout.contains("1.heapsnapshot") && !said.stdout.contains("PARTIAL"));
}

#[test]
fn a_collector_that_failed_is_pointed_out() {
    let dir = tempfile::tempdir().expect("a directory");
    let place = dir.path().join("heap-dumps/pod=a/container=b");
    fs::create_dir_all(&place).expect("made");
    fs::write(place.join("collection-failed.txt"), "why").expect("written");
    let said = run(&[dir.path().to_str().expect("a plain path")]);
    assert_eq!(said.code, 3);
    assert!(
        said.stderr.contains("hint: the collector failed, and says why in "),
        "{}",
        said.stderr
    );
}

#[test]
fn the_second_opening_uses_the_index() {
    let dir = tempfile::tempdir().expect("a directory");
    let cache = dir.path().join("cache");
    let snapshot = dir.path().join("a.heapsnapshot");
    fs::write(&snapshot, decompressed("fixtures/small-node12.heapsnapshot.zst")).expect("written");
    let snapshot = snapshot.to_str().expect("a plain path");
    let ask = |args: &[&str]| {
        let output = heapglass(args)
            .env("HEAPGLASS_CACHE_DIR", &cache)
            .env("HEAPGLASS_CACHE_MAX", "100MB")
            .output();
        let said = said(output.expect("the program runs"));
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{args:?}");
        said.stdout
    };
    let indexes = || fs::read_dir(&cache).map_or(0, Iterator::count);

    let first = ask(&["summary", snapshot, "--no-index"]);
    assert_eq!(indexes(), 0);
    assert_eq!(ask(&["summary", snapshot]), first);
    assert_eq!(indexes(), 1);
    assert_eq!(ask(&["summary", snapshot]), first);
    assert_eq!(indexes(), 1);
    assert!(ask(&["cache"]).contains("a.heapsnapshot-"));
    assert!(ask(&["cache", "clear"]).starts_with("removed 1 index, "));
    assert_eq!(indexes(), 0);
}

#[test]
fn an_index_can_be_made_and_opened_by_itself() {
    let dir = tempfile::tempdir().expect("a directory");
    let index = dir.path().join("heap.index");
    let index = index.to_str().expect("a plain path");
    assert!(page(&["index", APP, "--out", index]).starts_with(index));
    assert_eq!(page(&["summary", index]), page(&["summary", APP]));
}

#[test]
fn export_writes_files() {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("nodes.csv");
    let small = "fixtures/small-node12.heapsnapshot.zst";
    page(&["export", small, "--format", "csv", "--out", out.to_str().expect("a plain path")]);
    let text = fs::read_to_string(&out).expect("written");
    assert_eq!(text, page(&["export", small, "--format", "csv"]));

    let path = dir.path().to_str().expect("a plain path");
    page(&["export", small, small, "--format", "ndjson", "--out", path]);
    assert!(dir.path().join("2-small-node12.heapsnapshot.zst.ndjson").is_file());
}

#[test]
fn an_index_replaces_no_other_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = |name: &str| dir.path().join(name).to_str().expect("a plain path").to_owned();
    let (out, notes) = (path("made.index"), path("notes.txt"));
    std::fs::write(&notes, "mine").expect("written");
    let index = |out: &str, more: &[&str]| run(&[&["index", APP, "--out", out], more].concat());
    assert_eq!(index(&out, &[]).code, 0);
    assert_eq!(index(&out, &[]).code, 0, "an index may be made anew");
    let refused = index(&notes, &[]);
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
    assert!(
        refused.stderr.contains("is there already and is no index\nhint: "),
        "{}",
        refused.stderr
    );
    assert_eq!(std::fs::read_to_string(&notes).expect("left alone"), "mine");
    let nowhere = index(&path("missing/made.index"), &[]);
    assert_eq!(nowhere.code, 2);
    assert!(nowhere.stderr.starts_with("error: there is no directory "), "{}", nowhere.stderr);
    assert_eq!(index(&notes, &["--force"]).code, 0);
    assert!(page(&["statistics", &notes]).contains("5.2 MB"));
}

#[test]
fn a_damaged_index_is_said_and_made_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let snapshot = dir.path().join("app.heapsnapshot");
    std::fs::write(&snapshot, decompressed(APP)).expect("written");
    let cache = dir.path().join("cache");
    let ask = || {
        let output = heapglass(&["dominators", snapshot.to_str().expect("a plain path")])
            .env("HEAPGLASS_CACHE_DIR", &cache)
            .env("HEAPGLASS_CACHE_MAX", "1GB")
            .output();
        said(output.expect("the program runs"))
    };
    let first = ask();
    assert_eq!((first.code, first.stderr.as_str()), (0, ""));
    let mut entries = std::fs::read_dir(&cache).expect("the cache");
    let index = entries.next().expect("an index").expect("readable").path();
    let mut bytes = std::fs::read(&index).expect("the index");
    let at = bytes.windows(7).position(|part| part == b"Session").expect("a string");
    bytes[at] = b'X';
    std::fs::write(&index, &bytes).expect("damaged");
    let again = ask();
    assert_eq!((again.code, again.stdout.as_str()), (0, first.stdout.as_str()));
    assert!(again.stderr.starts_with("note: ") && again.stderr.lines().count() == 1);
    assert!(again.stderr.ends_with("; the snapshot was read again\n"), "{}", again.stderr);
    assert_eq!(ask().stderr, "", "it is whole again");
}
