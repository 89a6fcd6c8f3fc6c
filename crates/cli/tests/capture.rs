//! `heapglass capture`, as far as it needs no process: the rest is `cargo xtask capture`.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

#[path = "support/inspector.rs"]
mod inspector;
mod support;

use inspector::Act;
use support::run;

#[test]
fn a_process_has_to_be_named() {
    let said = run(&["capture"]);
    assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{}", said.stderr);
    assert!(said.stderr.contains("error: which process? give --pid, --name or --inspect\n"));
    let said = run(&["capture", "--name", "no process is called so 4711"]);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("error: no Node.js process matches"), "{}", said.stderr);
}

#[test]
fn wrong_usage_is_2() {
    for args in [
        &["capture", "--pid", "x"][..],
        &["capture", "--pid", "1", "--name", "a"],
        &["capture", "--pid", "1", "--method", "sigusr2", "--no-signal"],
        &["capture", "--name", "("],
        &["capture", "--inspect", "wss://a:1/b"],
        &["capture", "--pid", "1", "--when", "heap<5"],
        &["capture", "--pid", "1", "--interval", "soon"],
        &["capture", "--pid", "1", "--method", "magic"],
        &["capture", "--pid", "1", "--out", "."],
        &["capture", "--pid", "1", "--out", "-"],
        &["capture", "--pid", "1", "--report", "--json"],
        &["capture", "--pid", "1", "--key", "key"],
    ] {
        let said = run(args);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{args:?}: {}", said.stderr);
        assert!(said.stderr.starts_with("error: "), "{args:?}: {}", said.stderr);
    }
}

#[test]
fn a_process_that_is_not_there_is_4() {
    // No system has so many processes.
    let said = run(&["capture", "--pid", "4294967295"]);
    assert_eq!((said.code, said.stdout.as_str()), (4, ""), "{}", said.stderr);
    // Also where it was to be watched first, a document says so.
    for more in [&["--json"][..], &["--json", "--when", "rss>1MB"]] {
        let said = run(&[&["capture", "--pid", "4294967295"], more].concat());
        assert_eq!(said.code, 4, "{}", said.stderr);
        assert!(said.stdout.contains("\"outcome\":\"failed\""), "{more:?}: {}", said.stdout);
    }
}

#[test]
fn an_inspector_that_is_not_there_is_4() {
    // Nobody listens on the port that was just given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port")
        .port();
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("a.heapsnapshot");
    let out = out.to_str().expect("a plain path");
    let said = run(&["capture", "--inspect", &port.to_string(), "--out", out]);
    assert_eq!(said.code, 4, "{}", said.stderr);
    let said = run(&["capture", "--inspect", &port.to_string(), "--out", "no/such/dir/a"]);
    assert_eq!(said.code, 2, "{}", said.stderr);
}

/// Takes a series of three without a pause between, and gives back what it said and the files.
fn series(acts: &[Act]) -> (support::Said, Vec<String>) {
    // Whoever never answers is waited for; the others answer at once, however busy the machine is.
    let patience = if acts.contains(&Act::Silent) { "2s" } else { "10s" };
    series_with(acts, &["--patience", patience], "/tmp")
}

/// The same with more arguments, and another directory for temporary files.
fn series_with(acts: &[Act], more: &[&str], temporary: &str) -> (support::Said, Vec<String>) {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("a.heapsnapshot").display().to_string();
    let port = inspector::start(acts).to_string();
    let args =
        ["capture", "--inspect", &port, "--out", &out, "--snapshots", "3", "--interval", "1ms"];
    let mut command = support::heapglass(&[&args, more].concat());
    let output = command.env("TMPDIR", temporary).output().expect("the program runs");
    let said = support::said(output);
    let entries = std::fs::read_dir(dir.path()).expect("files");
    let mut files: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().display().to_string()).collect();
    files.sort();
    (said, files)
}

#[test]
fn a_snapshot_that_breaks_costs_a_series_only_itself() {
    let (said, files) = series(&[Act::Whole, Act::HangsUp, Act::Whole]);
    assert_eq!(said.code, 4, "{}", said.stderr);
    assert_eq!(files, ["a-1.heapsnapshot", "a-2.PARTIAL.heapsnapshot", "a-3.heapsnapshot"]);
    assert!(said.stderr.contains("error: the snapshot is not whole: "), "{}", said.stderr);
    let missing = "note: 1 of 3 snapshots are missing or not whole\n";
    assert!(said.stderr.ends_with(missing), "{}", said.stderr);
    assert_eq!(said.stderr.matches("other ids").count(), 1, "{}", said.stderr);
    // The first one too.
    let (said, files) = series(&[Act::HangsUp, Act::Whole, Act::Whole]);
    assert_eq!((said.code, files.len()), (4, 3), "{}", said.stderr);
    let (said, files) = series(&[Act::Whole, Act::Whole, Act::Whole]);
    assert_eq!((said.code, files.len()), (0, 3), "{}", said.stderr);
    assert!(!said.stderr.contains("other ids"), "{}", said.stderr);
}

/// As with `| head`, which ends after some lines.
#[test]
fn a_series_goes_on_where_nobody_reads_what_is_said() {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("a.heapsnapshot").display().to_string();
    let port = inspector::start(&[Act::Whole, Act::Whole, Act::Whole]).to_string();
    let args =
        ["capture", "--inspect", &port, "--out", &out, "--snapshots", "3", "--interval", "1ms"];
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = support::heapglass(&args).stdout(writer).output().expect("the program runs");
    let said = support::said(output);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert_eq!(std::fs::read_dir(dir.path()).expect("files").count(), 3);
}

#[test]
fn a_process_that_is_busy_costs_a_series_one_snapshot() {
    let (said, files) = series(&[Act::Whole, Act::Silent, Act::Whole]);
    assert_eq!(said.code, 4, "{}", said.stderr);
    assert_eq!(files, ["a-1.heapsnapshot", "a-3.heapsnapshot"], "{}", said.stderr);
}

#[test]
fn a_process_that_is_busy_at_the_first_snapshot_ends_the_series() {
    let (said, files) = series(&[Act::Silent, Act::Whole, Act::Whole]);
    assert_eq!((said.code, files.len()), (4, 0), "{}", said.stderr);
    assert_eq!(said.stderr.matches("error: ").count(), 1, "{}", said.stderr);
}

#[test]
fn a_series_is_of_one_process() {
    let (said, files) = series(&[Act::Whole, Act::Another, Act::Another]);
    assert_eq!(
        (said.code, &files[..]),
        (4, &["a-1.heapsnapshot".to_owned()][..]),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("error: it is another process than before"), "{}", said.stderr);
    let end = "error: the process ended, and the series with it: 1 of 3 snapshots are whole\n";
    assert!(said.stderr.ends_with(end), "{}", said.stderr);
}

#[test]
fn a_redacted_series_has_one_key() {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("a.heapsnapshot");
    let key = dir.path().join("key");
    let ids = |more: &[&str]| {
        let port = inspector::start(&[Act::Whole, Act::Whole]).to_string();
        let out = out.to_str().expect("a plain path");
        let args = ["capture", "--inspect", &port, "--out", out, "--snapshots", "2"];
        let rest = ["--interval", "1ms", "--patience", "10s", "--redact"];
        let said = run(&[&args[..], &rest, more].concat());
        assert_eq!(said.code, 0, "{}", said.stderr);
        ["a-1", "a-2"].map(|name| {
            let path = dir.path().join(name).with_extension("heapsnapshot");
            let text = std::fs::read_to_string(&path).expect("a snapshot");
            std::fs::remove_file(path).expect("a file");
            let (_, behind) = text.split_once("\"key_id\":\"").expect("an id of the key");
            behind.chars().take(16).collect::<String>()
        })
    };
    let [first, second] = ids(&[]);
    assert_eq!(first, second);
    let key = key.to_str().expect("a plain path");
    let [named, _] = ids(&["--key", key]);
    let [again, _] = ids(&["--key", key]);
    assert_eq!(named, again);
    assert_ne!(named, first);
    let second = dir.path().join("a-2.heapsnapshot");
    let [out, numbered] = [&out, &second].map(|path| path.to_str().expect("a plain path"));
    for (count, key) in [("1", out), ("2", numbered)] {
        let args = ["capture", "--inspect", "1", "--out", out, "--snapshots", count];
        let said = run(&[&args[..], &["--redact", "--key", key]].concat());
        assert_eq!(said.code, 2, "{}", said.stderr);
        assert!(said.stderr.contains("the key cannot be "), "{}", said.stderr);
    }
    assert!(!second.exists(), "no key was made");
}

#[test]
fn a_report_that_fails_costs_a_series_nothing_else() {
    // The engine has nowhere to work.
    let args = ["--patience", "10s", "--report"];
    let acts = [Act::Whole, Act::Whole, Act::Whole];
    let (said, files) = series_with(&acts, &args, "/no/such/directory");
    assert_eq!((said.code, files.len()), (4, 3), "{}", said.stderr);
    let error = "error: the snapshot is whole, and there is no report of it: ";
    assert_eq!(said.stderr.matches(error).count(), 3, "{}", said.stderr);
}
