//! Series of snapshots: objects have one id in all of them, and the process may end in between.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::node::{Capture, Node, capture, rest};
use super::{Bench, Outcome};

/// Keeps more and more objects with texts of their own.
const LEAKS: &str = "const cache = globalThis.cache = new Map(); let n = 0;
setInterval(() => {
  for (let i = 0; i < 100; i++, n++) cache.set('key-' + n, { n, text: 'value-' + n + '-' + Math.random() });
}, 20);
console.log('ready');";

const FILES: [&str; 3] = ["a-1.heapsnapshot", "a-2.heapsnapshot", "a-3.heapsnapshot"];

/// What leaks is followed through a series by the ids.
pub(super) fn leaks(bench: &Bench) -> Result<Outcome> {
    let mut node = Node::start(bench, &["--inspect-port=PORT"], LEAKS)?;
    let said = capture(bench, &node, &["--snapshots", "3", "--interval", "2s"])?.ended(0)?;
    ensure!(!said.stderr.contains("other ids"), "more than one session: {}", said.stderr);
    node.unharmed(&FILES)?;
    let mut command = Command::new(&bench.program);
    command.args(["leaks", "--json", "--no-index"]).args(FILES.map(|name| node.out(name)));
    let output = command.output()?;
    let answer: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    ensure!(answer["same_process"] == true, "of several processes: {}", answer["text"]);
    let suspects = answer["suspects"].as_array().context("no suspects")?;
    ensure!(!suspects.is_empty(), "nothing leaks: {}", answer["text"]);
    Ok(Outcome::Passed)
}

/// A process ends between two snapshots when it wants to, and not when the next one is due.
pub(super) fn ended_between(bench: &Bench) -> Result<Outcome> {
    let script = "setTimeout(() => { throw new Error('crash'); }, 6000); console.log('ready');";
    let mut node = Node::start(bench, &["--inspect-port=PORT"], script)?;
    let options = ["--snapshots", "3", "--interval", "10m"];
    let mut running = Capture::start(bench, &node, &options)?;
    rest(Duration::from_secs(4));
    ensure!(running.is_running()? && node.listens(), "the session is not kept");
    rest(Duration::from_secs(5));
    ensure!(!node.is_alive()?, "the process waits for the next snapshot");
    running.end()?.ended(4)?.says("the process ended, and the series with it: 1 of 3")?;
    ensure!(node.files()? == FILES[..1], "files: {:?}", node.files()?);
    Ok(Outcome::Passed)
}
