//! `gather` where there is no cluster: how it is called, and how it ends.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

mod support;

use support::{heapglass, said};

/// Without a cluster to be found.
fn gather(args: &[&str], variables: &[(&str, &str)]) -> support::Said {
    let mut command = heapglass(&[]);
    command.arg("gather").args(args).env("KUBECONFIG", "/nonexistent/config");
    command.envs(variables.iter().copied());
    said(command.output().expect("the program runs"))
}

#[test]
fn without_a_cluster_nothing_is_collected() {
    let said = gather(&["--with-heap-dumps"], &[]);
    assert_eq!(said.code, 4, "{}", said.stderr);
    assert!(said.stderr.contains("no cluster to ask"), "{}", said.stderr);
    assert!(said.stderr.contains("hint: set KUBECONFIG"), "{}", said.stderr);
    assert_eq!(said.stdout, "");
}

#[test]
fn both_forms_of_options_and_foreign_switches() {
    // What is wrong with the usage ends with 2; these end for want of a cluster.
    for args in [
        &["--with-heap-dumps", "--heap-dump-method", "sigusr2", "--namespaces", "a,b"][..],
        &[
            "--with-heap-dumps",
            "--heap-dump-method=inspector",
            "--namespaces=a,b",
            "--heap-dump-instances=x",
        ],
        &["--without-orchestrator", "--without-route", "--with-heap-dumps", "--cluster-info"],
    ] {
        let said = gather(args, &[]);
        assert_eq!(said.code, 4, "{args:?}: {}", said.stderr);
    }
    let said = gather(&["--without-route"], &[]);
    assert!(said.stderr.contains("--without-route is ignored"), "{}", said.stderr);
}

#[test]
fn wrong_values_are_wrong_usage() {
    for args in [
        &["--heap-dump-method", "magic"][..],
        &["--heap-dump-method"],
        &["--parallel", "0"],
        &["--nonsense"],
    ] {
        assert_eq!(gather(args, &[]).code, 2, "{args:?}");
    }
    for (name, value) in [
        ("HEAP_DUMP_TIMEOUT", "soon"),
        ("CMD_TIMEOUT", "0"),
        ("RHDH_HEAP_DUMP_METHOD", "magic"),
        ("MUST_GATHER_SINCE", "lately"),
        ("MUST_GATHER_SINCE_TIME", "yesterday"),
    ] {
        let said = gather(&["--with-heap-dumps"], &[(name, value)]);
        assert_eq!(said.code, 2, "{name}: {}", said.stderr);
        assert!(said.stderr.contains(name), "{}", said.stderr);
    }
}

/// A must-gather image is called with options of other versions.
#[cfg(unix)]
#[test]
fn as_an_image_it_warns_of_what_it_does_not_know_and_goes_on() {
    let folder = tempfile::tempdir().expect("a directory");
    let name = folder.path().join("gather");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_heapglass"), &name).expect("a link");
    let mut command = std::process::Command::new(&name);
    command.args(["--with-heap-dumps", "--nonsense", "5"]).env("KUBECONFIG", "/nonexistent/config");
    let said = said(command.output().expect("the program runs"));
    assert_eq!(said.code, 4, "{}", said.stderr);
    assert!(
        said.stderr.contains("warning: --nonsense is not known and ignored"),
        "{}",
        said.stderr
    );
}
