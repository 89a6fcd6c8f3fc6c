//! What is rare: conditions that are waited for, names that fit several processes, ports that are taken, signals that
//! cannot be taken back, loops without an end.

use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use serde_json::Value;

use super::node::{Capture, Node, capture, rest};
use super::{Bench, Outcome};

const IDLE: &str = "setInterval(() => {}, 1000); console.log('ready');";

/// Grows by some megabytes a second, its heap and its resident memory alike.
const GROWS: &str = "const keep = []; console.log('ready');
setInterval(() => { if (keep.length < 2000) keep.push(new Array(25000).fill(keep.length)); }, 20);";

pub(super) fn conditions(bench: &Bench) -> Result<Outcome> {
    if !bench.newest {
        return Ok(Outcome::Skipped("tested with the newest version".to_owned()));
    }
    for (condition, why) in [
        ("rss>1MB", "the resident memory is at "),
        ("rss>+5MB/2s", "the resident memory grew by "),
        ("heap>+5MB/2s", "the heap grew by "),
    ] {
        let mut node = Node::start(bench, &["--inspect-port=PORT"], GROWS)?;
        let said = capture(bench, &node, &["--when", condition])?.ended(0).context(condition)?;
        ensure!(said.snapshot()["whole"] == true, "{condition}: {}", said.document);
        said.says(why)?;
        node.unharmed(&["a.heapsnapshot"]).context(condition)?;
    }
    // What does not hold is waited for, until somebody has enough of it.
    let mut node = Node::start(bench, &["--inspect-port=PORT"], IDLE)?;
    let mut running = Capture::start(bench, &node, &["--when", "rss>100GB"])?;
    rest(Duration::from_secs(3));
    ensure!(running.is_running()?, "it did not wait");
    running.signal(Signal::SIGINT)?;
    running.end()?.ended(130)?;
    node.unharmed(&[])?;
    Ok(Outcome::Passed)
}

/// A process whose heap is watched ends when it wants to, and not when the next look is due.
pub(super) fn watched_to_the_end(bench: &Bench) -> Result<Outcome> {
    let script = "setTimeout(() => { throw new Error('crash'); }, 4000); console.log('ready');";
    let mut node = Node::start(bench, &["--inspect-port=PORT"], script)?;
    // The next look is due after 15 s.
    let mut running = Capture::start(bench, &node, &["--when", "heap>+500MB/10m"])?;
    rest(Duration::from_secs(2));
    ensure!(running.is_running()? && node.listens(), "it is not watched");
    rest(Duration::from_secs(5));
    ensure!(!node.is_alive()?, "the process waits for whoever watches it");
    running.end()?.ended(4)?.says("the process has ended, or is about to")?;
    Ok(Outcome::Passed)
}

/// Somebody else who is connected is not cut off, and is told of.
pub(super) fn others(bench: &Bench) -> Result<Outcome> {
    let mut node = Node::start(bench, &["--inspect-port=PORT"], GROWS)?;
    let mut running = Capture::start(bench, &node, &[])?;
    let give_up = Instant::now() + Duration::from_secs(60);
    let other = loop {
        if let Ok(stream) = std::net::TcpStream::connect(("127.0.0.1", node.port)) {
            break stream;
        }
        ensure!(running.is_running()?, "the capture ended before somebody else came");
        ensure!(Instant::now() < give_up, "the inspector was not opened");
        rest(Duration::from_millis(1));
    };
    let said = running.end()?.ended(0)?;
    let left = said.document["left_behind"].to_string();
    ensure!(left.contains("somebody else uses it (connections: 1)"), "{left}");
    ensure!(node.listens(), "the inspector was closed");
    let said = capture(bench, &node, &["--close-inspector"])?.ended(4)?;
    said.says("somebody uses the inspector of process")?;
    said.says("--force closes it all the same")?;
    drop(other);
    capture(bench, &node, &["--close-inspector"])?.ended(0)?;
    node.wait_until_shut()?;
    ensure!(node.is_alive()?, "the process has ended");
    // One that the process's own options ask for is closed by force alone.
    let mut node = Node::start(bench, &["--inspect=127.0.0.1:PORT"], IDLE)?;
    capture(bench, &node, &["--close-inspector"])?.ended(4)?.says("ask for its inspector")?;
    ensure!(node.listens(), "it was closed");
    capture(bench, &node, &["--close-inspector", "--force"])?.ended(0)?;
    node.wait_until_shut()?;
    node.unharmed(&[])?;
    Ok(Outcome::Passed)
}

/// A name that fits two processes: both are listed, and none is touched.
pub(super) fn ambiguous(bench: &Bench) -> Result<Outcome> {
    let options = ["--max-old-space-size=317", "--inspect-port=PORT"];
    let mut nodes = [Node::start(bench, &options, IDLE)?, Node::start(bench, &options, IDLE)?];
    let folder = tempfile::tempdir()?;
    let output = Command::new(&bench.program)
        .args(["capture", "--name", "max-old-space-size=317"])
        .current_dir(folder.path())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(2) && output.stdout.is_empty(), "{said}");
    ensure!(said.contains("2 Node.js processes match"), "{said}");
    for node in &mut nodes {
        ensure!(said.contains(&format!("--pid {} ", node.pid())), "{said}");
        node.unharmed(&[])?;
    }
    ensure!(folder.path().read_dir()?.next().is_none(), "a file was made");
    Ok(Outcome::Passed)
}

/// Another process has the port on which the inspector would open: a look says so as well as a capture.
pub(super) fn port_taken(bench: &Bench) -> Result<Outcome> {
    let mut node = Node::start(bench, &["--inspect-port=PORT"], IDLE)?;
    let taken = TcpListener::bind(("127.0.0.1", node.port))?;
    for options in [&["--dry-run"][..], &[]] {
        let said = capture(bench, &node, options)?.ended(4)?;
        let text = format!("{} {}", said.document, said.stderr);
        ensure!(text.contains(&format!("another process has port {}", node.port)), "{text}");
    }
    drop(taken);
    node.unharmed(&[])?;
    // A file that is there already is found by both, too.
    std::fs::write(node.out("a.heapsnapshot"), "")?;
    for options in [&["--dry-run"][..], &[]] {
        capture(bench, &node, options)?.ended(2)?;
    }
    node.unharmed(&["a.heapsnapshot"])?;
    Ok(Outcome::Passed)
}

/// Computes until there is a file `go`, and says that it lives when it does not.
const LOOPS: &str = "const fs = require('fs');
setInterval(() => console.log('tick ' + Date.now()), 100);
setTimeout(() => { while (!fs.existsSync('go')); console.log('back'); }, 100);
console.log('ready');";

/// In a loop without an end V8 may be interrupted, and may not be asked for a snapshot. Whatever comes of it, it comes
/// while the loop runs, and the process is as before when the loop is over.
pub(super) fn endless_loop(bench: &Bench) -> Result<Outcome> {
    let mut node = Node::start(bench, &["--inspect-port=PORT"], LOOPS)?;
    rest(Duration::from_millis(500));
    let said = capture(bench, &node, &["--patience", "1s", "--timeout", "3s"])?;
    ensure!(node.is_alive()?, "the process has ended: {}", said.stderr);
    let is_whole = said.code == 0;
    let said = if is_whole { said } else { said.ended(4)? };
    std::fs::write(node.out("go"), "")?;
    node.wait_for("back")?;
    std::fs::remove_file(node.out("go"))?;
    // What could not be closed was said, and is closed by what was said to do it.
    rest(Duration::from_millis(500));
    let left = said.document["left_behind"].as_array().is_some_and(|left| !left.is_empty());
    if left && node.listens() {
        capture(bench, &node, &["--close-inspector"])?.ended(0)?;
    }
    node.wait_until_shut()?;
    ensure!(node.is_alive()?, "the process has ended");
    let files = node.files()?;
    let named = files.iter().any(|name| name == "a.heapsnapshot");
    ensure!(named == is_whole && files.iter().all(|name| !name.ends_with(".part")), "{files:?}");
    Ok(Outcome::Passed)
}

/// Keeps enough to write for seconds, and says that it lives when it does not.
const WRITES_LONG: &str =
    "const keep = []; for (let i = 0; i < 300000; i++) keep.push({ i, s: 's' + i });
setInterval(() => { keep.length; console.log('tick ' + Date.now()); }, 100); console.log('ready');";

/// Ctrl-C while the process writes its file, and before it gets to that.
pub(super) fn signal_interrupted(bench: &Bench) -> Result<Outcome> {
    for (is_busy, script) in [(false, WRITES_LONG), (true, LOOPS)] {
        let options = ["--heapsnapshot-signal=SIGUSR2", "--inspect-port=PORT"];
        let mut node = Node::start(bench, &options, script)?;
        rest(Duration::from_millis(500));
        let mut running = Capture::start(bench, &node, &["--method", "sigusr2"])?;
        if is_busy {
            running.wait_for_part(&node.out("a.heapsnapshot"), 0)?;
            rest(Duration::from_secs(1));
            ensure!(written(&node)?.is_empty(), "it was not busy");
            running.signal(Signal::SIGINT)?;
            rest(Duration::from_millis(500));
            std::fs::write(node.out("go"), "")?;
        } else {
            wait_for_file(&node, &mut running)?;
            running.signal(Signal::SIGINT)?;
        }
        let said = running.end()?.ended(130)?;
        ensure!(said.document["left_behind"] == Value::Array(vec![]), "{}", said.document);
        ensure!(said.snapshot()["whole"] == false, "{}", said.document);
        // The process goes on, and what it wrote is gone.
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
        loop {
            let line = node.wait_for("tick ")?;
            if line.trim_start_matches("tick ").parse::<f64>()? > now as f64 {
                break;
            }
        }
        ensure!(node.is_alive()?, "the process has ended");
        ensure!(written(&node)?.is_empty(), "files: {:?}", node.files()?);
    }
    Ok(Outcome::Passed)
}

/// The snapshots that the process wrote itself.
fn written(node: &Node) -> Result<Vec<String>> {
    let mut files = node.files()?;
    files.retain(|name| name.starts_with("Heap."));
    Ok(files)
}

fn wait_for_file(node: &Node, running: &mut Capture) -> Result<()> {
    let give_up = Instant::now() + Duration::from_secs(60);
    while written(node)?.is_empty() {
        ensure!(running.is_running()?, "the capture ended before it was disturbed");
        ensure!(Instant::now() < give_up, "no file");
        rest(Duration::from_millis(5));
    }
    Ok(())
}
