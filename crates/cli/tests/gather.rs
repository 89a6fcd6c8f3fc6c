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

/// The hint of a server that is slow names it.
#[test]
fn capture_heeds_the_time_for_a_question_too() {
    let mut command = heapglass(&["capture", "--pod", "shop/web"]);
    command.env("KUBECONFIG", "/nonexistent/config").env("CMD_TIMEOUT", "0");
    let said = said(command.output().expect("the program runs"));
    assert_eq!(said.code, 2, "{}", said.stderr);
    assert!(said.stderr.contains("CMD_TIMEOUT"), "{}", said.stderr);
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

/// A kubeconfig whose only context, `lab`, has its server at this port.
fn kubeconfig(port: u16) -> tempfile::NamedTempFile {
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: lab\nclusters:\n- name: c\n  cluster:\n    \
         server: http://127.0.0.1:{port}\nusers:\n- name: u\n  user: {{}}\ncontexts:\n- name: lab\n  \
         context:\n    cluster: c\n    user: u\n"
    );
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), text).expect("written");
    file
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let config = kubeconfig(port);
    for args in [&["gather"][..], &["capture", "--pod", "shop/web"]] {
        let mut command = heapglass(args);
        command.env("KUBECONFIG", config.path());
        let said = said(command.output().expect("the program runs"));
        assert_eq!(said.code, 4, "{args:?}: {}", said.stderr);
        let named = format!("context lab cannot be reached at http://127.0.0.1:{port}");
        assert!(said.stderr.contains(&named), "{args:?}: {}", said.stderr);
        assert!(said.stderr.contains("hint: see whether the server runs"), "{}", said.stderr);
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_does_not_wait_for_a_server_that_is_silent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let config = kubeconfig(listener.local_addr().expect("an address").port());
    for args in [&["gather"][..], &["capture", "--pod", "shop/web"]] {
        let mut command = heapglass(args);
        command.env("KUBECONFIG", config.path());
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let child = command.spawn().expect("the program runs");
        // It is connected, and has no answer.
        let _silent = listener.accept().expect("it connects");
        let began = std::time::Instant::now();
        let kill =
            std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(kill.expect("kill runs").success());
        let said = said(child.wait_with_output().expect("it ends"));
        assert_eq!(said.code, 130, "{args:?}: {}", said.stderr);
        assert!(began.elapsed().as_secs() < 10, "{args:?}: {:?}", began.elapsed());
    }
}
