//! `heapglass capture`, as far as it needs no process: the rest is `cargo xtask capture`.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

mod support;

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
        &["capture", "--name", "("],
        &["capture", "--inspect", "wss://a:1/b"],
        &["capture", "--pid", "1", "--when", "heap<5"],
        &["capture", "--pid", "1", "--interval", "soon"],
        &["capture", "--pid", "1", "--method", "magic"],
        &["capture", "--pid", "1", "--out", "."],
        &["capture", "--pid", "1", "--report", "--json"],
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
