//! What a signal would do harm to: it is not sent, and the process is as before.

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use nix::sys::signal::Signal;

use super::node::{Node, capture, rest, signal};
use super::{Bench, Outcome};

const IDLE: &str = "setInterval(() => {}, 1000); console.log('ready');";

/// A process that may open three descriptors more: with SIGUSR1 Node.js would end for want of them.
pub(super) fn no_descriptors(bench: &Bench) -> Result<Outcome> {
    let mut node = Node::start(bench, &["--inspect-port=PORT"], IDLE)?;
    let open = std::fs::read_dir(format!("/proc/{}/fd", node.pid()))?.count();
    let limit = open + 3;
    let changed = Command::new("prlimit")
        .args(["--pid", &node.pid().to_string(), &format!("--nofile={limit}:{limit}")])
        .status();
    if !changed.is_ok_and(|status| status.success()) {
        return Ok(Outcome::Skipped("there is no prlimit".to_owned()));
    }
    for options in [&["--dry-run"][..], &["--force"], &["--when", "heap>1MB"]] {
        let said = capture(bench, &node, options)?.ended(4)?;
        let text = format!("{} {}", said.document, said.stderr);
        ensure!(text.contains("more descriptors of"), "{options:?}: {text}");
        node.unharmed(&[])?;
    }
    Ok(Outcome::Passed)
}

/// A stopped process would open its inspector when nobody waits for it any more.
pub(super) fn stopped(bench: &Bench) -> Result<Outcome> {
    let mut node = Node::start(bench, &["--inspect-port=PORT"], IDLE)?;
    signal(node.pid(), Signal::SIGSTOP)?;
    let said = capture(bench, &node, &[]);
    signal(node.pid(), Signal::SIGCONT)?;
    let said = said?.ended(4)?;
    ensure!(
        format!("{} {}", said.document, said.stderr).contains("it is stopped"),
        "{}",
        said.stderr
    );
    rest(Duration::from_millis(500));
    node.unharmed(&[])?;
    Ok(Outcome::Passed)
}

/// The permission model keeps the process from writing: with SIGUSR2 it would end.
pub(super) fn permission(bench: &Bench) -> Result<Outcome> {
    if !bench.newest {
        return Ok(Outcome::Skipped("tested with the newest version".to_owned()));
    }
    let options = ["--permission", "--allow-fs-read=*", "--heapsnapshot-signal=SIGUSR2"];
    let mut node = Node::start(bench, &options, IDLE)?;
    for options in [&["--force"][..], &[], &["--method", "sigusr2", "--force"]] {
        let said = capture(bench, &node, options)?.ended(4)?;
        ensure!(said.stderr.contains("the permission model forbids"), "{}", said.stderr);
        node.unharmed(&[])?;
    }
    Ok(Outcome::Passed)
}

/// The program itself has the port on which its inspector would open.
pub(super) fn own_port(bench: &Bench) -> Result<Outcome> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let script = format!(
        "require('http').createServer((_, answer) => {{ answer.statusCode = 404; answer.end(); }})
         .listen({port}, '127.0.0.1', () => console.log('ready'));"
    );
    let mut node = Node::start(bench, &[&format!("--inspect-port={port}")], &script)?;
    let said = capture(bench, &node, &[])?.ended(4)?;
    let expected = format!("the program itself has port {port}");
    ensure!(said.stderr.contains(&expected), "{}", said.stderr);
    ensure!(node.is_alive()?, "the process has ended");
    Ok(Outcome::Passed)
}
