//! How the program ends: exit codes, and what it says of bad input.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

mod support;

use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;

use support::{APP, decompressed, heapglass, run, said};

/// A file with this name and content in a directory of its own.
fn file(name: &str, content: &[u8]) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().expect("a directory");
    let path: PathBuf = dir.path().join(name);
    std::fs::write(&path, content).expect("written");
    let path = path.to_str().expect("a plain path").to_owned();
    (dir, path)
}

/// Runs with these arguments; the code and the first line of what was said must be these.
#[track_caller]
fn check(args: &[&str], code: i32, error: &str, hint: Option<&str>) {
    let said = run(args);
    let mut lines = said.stderr.lines();
    assert_eq!(said.code, code, "{}", said.stderr);
    assert_eq!(lines.next().unwrap_or_default(), error);
    assert_eq!(lines.next(), hint.map(|hint| format!("hint: {hint}")).as_deref());
    assert_eq!(said.stdout, "");
}

#[test]
fn wrong_usage_is_2() {
    for args in [
        &["summary"][..],
        &["--frobnicate", APP],
        &["object", APP],
        &["retainers", "@1"],
        &["object", APP, "@1", "@3"],
        &["paths", APP],
        &["paths", APP, "@1", "--class", "Map"],
        &["summary", APP, "--ids", "5"],
        &["summary", APP, "--filter", "("],
        &["summary", APP, "--sort", "edges", "--filter", "("],
        &["summary", APP, "--objects", "Session", "--filter", "("],
        &["export", APP, APP, "--format", "csv"],
        &["index", APP, APP, "--out", "x"],
        &["report", "-", "-"],
        &["--threads", "0", APP],
    ] {
        let said = run(args);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{args:?}");
        assert!(said.stderr.starts_with("error: "), "{args:?}: {}", said.stderr);
    }
    check(
        &["summary", APP, "--filter", "("],
        2,
        "error: fixtures/app-node22.heapsnapshot.zst: --filter is not a regular expression: unclosed group",
        Some("a backslash before it makes a sign stand for itself: \\( \\[ \\$"),
    );
    check(
        &["object", APP, "@2000000000001"],
        2,
        "error: fixtures/app-node22.heapsnapshot.zst: there is no object @2000000000001 in this snapshot",
        Some("ids are those of this snapshot, or of another one of the same process"),
    );
}

#[test]
fn help_and_version_are_0() {
    for args in [&["--help"][..], &["-h"], &["--version"], &["summary", "--help"]] {
        assert_eq!(run(args).code, 0);
    }
    assert!(run(&["--help"]).stdout.contains("130  interrupted by Ctrl-C; 143 by SIGTERM"));
}

#[test]
fn what_is_not_there_is_3() {
    let missing = "no such file or directory";
    check(
        &["a/b.heapsnapshot"],
        3,
        &format!("error: cannot open a/b.heapsnapshot: {missing}"),
        None,
    );
    check(
        &["sumary"],
        3,
        &format!("error: cannot open sumary: {missing}"),
        Some("there is no command of this name either: `heapglass --help` lists the commands"),
    );
    let said = run(&[APP, "summary"]);
    assert_eq!(said.code, 3);
    assert!(said.stderr.ends_with("hint: the command stands first: `heapglass summary FILE`\n"));
}

#[test]
fn what_is_no_snapshot_is_3() {
    let cases: [(&str, &[u8]); 8] = [
        ("empty.heapsnapshot", b""),
        ("page.html", b"<html></html>"),
        ("list.json", b"[1,2,3]"),
        ("other.json", b"{\"name\":\"heapglass\"}"),
        ("profile.cpuprofile", b"{\"nodes\":[],\"startTime\":1,\"endTime\":2}"),
        ("profile.heapprofile", b"{\"head\":{\"callFrame\":{}}}"),
        ("header.heapsnapshot", b"{\"snapshot\":{\"meta\":{\"node_fi"),
        ("broken.heapsnapshot.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00"),
    ];
    for (name, content) in cases {
        let (_dir, path) = file(name, content);
        let said = run(&[&path]);
        assert_eq!((said.code, said.stdout.as_str()), (3, ""), "{name}: {}", said.stderr);
        let lines: Vec<&str> = said.stderr.lines().collect();
        assert!(lines[0].starts_with("error: ") && lines[0].contains(&path), "{}", said.stderr);
        assert!(lines[1].starts_with("hint: ") && lines.len() == 2, "{}", said.stderr);
    }
}

#[test]
fn a_directory_without_snapshots_is_3() {
    let (dir, _) = file("notes.txt", b"nothing here");
    let path = dir.path().to_str().expect("a plain path");
    let said = run(&[path]);
    assert_eq!(said.code, 3);
    assert!(said.stderr.contains("no heap snapshot in this directory\nhint: "), "{}", said.stderr);
}

#[test]
fn one_bad_input_does_not_stop_the_others() {
    let said = run(&["statistics", "missing.heapsnapshot", APP]);
    assert_eq!(said.code, 3);
    assert!(said.stdout.contains("app-node22") && said.stdout.contains("5.2 MB"));
    assert!(said.stderr.starts_with("error: cannot open missing.heapsnapshot"));

    let said = run(&["statistics", "missing.heapsnapshot", APP, "--json"]);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(said.code, 3);
    assert_eq!(document["snapshots"].as_array().map(Vec::len), Some(1));
    assert_eq!(document["errors"][0]["file"], "missing.heapsnapshot");
}

#[test]
fn a_snapshot_that_is_cut_off_is_read_as_far_as_it_goes() {
    let whole = decompressed(APP);
    let (_dir, path) = file("cut.heapsnapshot", &whole[..whole.len() - 100_000]);
    let said = run(&[&path]);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
    assert!(said.stdout.contains("! This snapshot is not complete."), "{}", said.stdout);
    assert!(said.stdout.contains("the file ends inside `strings`"), "{}", said.stdout);
    assert!(said.stdout.contains("5.2 MB"));
}

#[test]
fn a_cut_inside_the_edges_forbids_a_verdict() {
    let whole = decompressed(APP);
    let at = |section: &[u8]| {
        whole.windows(section.len()).position(|part| part == section).expect("the section")
    };
    let (nodes, edges) = (at(b"\"nodes\":"), at(b"\"edges\":"));
    let verdict = |end: usize| {
        let (_dir, path) = file("cut.heapsnapshot", &whole[..end]);
        let document: serde_json::Value =
            serde_json::from_str(&run(&[&path, "--json"]).stdout).expect("JSON");
        document["verdict"]["text"].to_string()
    };
    let text = verdict(edges + 2000);
    assert!(text.contains("of the edges were read") && !text.contains("Nothing"), "{text}");
    let text = verdict(nodes + 2000);
    assert!(text.contains("no figure about retention can be trusted"), "{text}");
}

#[test]
fn a_reader_that_goes_away_is_0() {
    for args in [&["export", APP, "--format", "csv"][..], &["summary", APP, "--json"]] {
        let mut child = heapglass(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        drop(child.stdout.take());
        let said = said(child.wait_with_output().expect("it ends"));
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{args:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_said() {
    if let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") {
        let output = heapglass(&["export", APP, "--format", "csv"]).stdout(full).output();
        let said = said(output.expect("the program runs"));
        assert_eq!(said.code, 2);
        assert!(said.stderr.contains("o space left on device"), "{}", said.stderr);
    }
}

/// Starts the program so that it waits for its input, sends a signal, and gives its end.
#[cfg(unix)]
fn signalled(signal: &str) -> support::Said {
    let work = tempfile::tempdir().expect("a directory");
    let mut child = heapglass(&["-"])
        .env("TMPDIR", work.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    // More than the pipe holds: when it is written, the program is reading, and so listening.
    let whole = decompressed(APP);
    stdin.write_all(&whole[..whole.len() / 2]).expect("the program reads");
    let kill = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(kill.expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    drop(stdin);
    let left = work.path().read_dir().expect("the directory").count();
    assert_eq!(left, 0, "files are left behind");
    said(output)
}

#[cfg(unix)]
#[test]
fn ctrl_c_is_130_and_sigterm_143() {
    assert_eq!(signalled("-INT").code, 130);
    assert_eq!(signalled("-QUIT").code, 131);
    assert_eq!(signalled("-TERM").code, 143);
}
