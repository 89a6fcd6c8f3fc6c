//! What can happen while a snapshot is taken. After each the process has to be as it was before.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use serde_json::Value;

use super::node::{Capture, Node, capture, rest, signal};
use super::{Bench, Outcome, edges, guide, harm, series};
use crate::workspace;

type Case = fn(&Bench) -> Result<Outcome>;

pub(crate) const ALL: &[(&str, Case)] = &[
    ("inspector shut, under load", shut),
    ("inspector open on another port", open),
    ("another title", title),
    ("SIGUSR1 disabled", disabled),
    ("SIGUSR2 caught", caught),
    ("SIGUSR2 not caught", not_caught),
    ("children of a cluster", cluster),
    ("worker threads", workers),
    ("event loop blocked", blocked),
    ("killed in the middle", killed),
    ("interrupted", interrupted),
    ("slow reader", slow),
    ("disk full", full),
    ("report as it arrives", report),
    ("redacted as it arrives", redacted),
    ("not enough memory", memory),
    ("conditions that are waited for", edges::conditions),
    ("watched until it ends", edges::watched_to_the_end),
    ("a series of a leak", series::leaks),
    ("ended between two snapshots", series::ended_between),
    ("others at the inspector", edges::others),
    ("a name of several processes", edges::ambiguous),
    ("inspector's port taken", edges::port_taken),
    ("a loop without an end", edges::endless_loop),
    ("SIGUSR2 interrupted", edges::signal_interrupted),
    ("no descriptors left", harm::no_descriptors),
    ("stopped", harm::stopped),
    ("permission model", harm::permission),
    ("inspector's port taken by the program", harm::own_port),
    ("memory of the collector", collector),
    ("the commands of docs/capture.md", guide::check),
];

/// Objects to write, and work to do meanwhile.
const LOAD: &str = "const keep = []; for (let i = 0; i < 20000; i++) keep.push({ i, s: 's' + i });
setInterval(() => { for (let i = 0; i < 1e5; i++) JSON.stringify({ i }); }, 20); console.log('ready');";

/// Enough to be disturbed in the middle.
const LARGER: &str =
    "const keep = []; for (let i = 0; i < 120000; i++) keep.push({ i, s: 's' + i });
setInterval(() => keep.length, 1000); console.log('ready');";

fn whole(said: &Value) -> Result<()> {
    ensure!(said["whole"] == true, "not whole: {said}");
    ensure!(said["pause"].as_f64().is_some_and(|pause| pause > 0.0), "no pause: {said}");
    ensure!(said["node_count"].as_u64().is_some_and(|nodes| nodes > 10_000), "{said}");
    Ok(())
}

fn shut(bench: &Bench) -> Result<Outcome> {
    let mut node = Node::start(bench, &["--inspect-port=PORT"], LOAD)?;
    let said = capture(bench, &node, &[])?.ended(0)?;
    whole(said.snapshot())?;
    node.unharmed(&["a.heapsnapshot"])?;
    // The engine has to agree with the check that was made on arrival.
    let mut command = Command::new(&bench.program);
    command.args(["statistics", "--json", "--no-index"]).arg(node.out("a.heapsnapshot"));
    let document: Value = serde_json::from_str(&workspace::output(&mut command)?)?;
    ensure!(document["findings"] == Value::Array(vec![]), "{document}");
    ensure!(document["snapshot"]["node_count"] == said.snapshot()["node_count"], "{document}");
    Ok(Outcome::Passed)
}

fn open(bench: &Bench) -> Result<Outcome> {
    let mut node = Node::start(bench, &["--inspect=127.0.0.1:PORT"], LOAD)?;
    let options = ["--compress", "--expose-internals", "--numeric-values"];
    let said = capture(bench, &node, &options)?.ended(0)?;
    whole(said.snapshot())?;
    ensure!(node.listens(), "an inspector that was open was closed");
    ensure!(node.is_alive()?, "the process has ended");
    ensure!(node.files()? == ["a.heapsnapshot.zst"], "{:?}", node.files()?);
    Ok(Outcome::Passed)
}

/// The file has nothing of what the program put together at run time, and its own names.
fn redacted(bench: &Bench) -> Result<Outcome> {
    let script = format!(
        "class Account {{ constructor(owner) {{ this.owner = owner; }} }}
globalThis.accounts = new Map(); const owner = ['zaphod', 'beeblebrox'].join('-') + process.pid;
accounts.set(owner, new Account(Buffer.from(owner).toString('latin1'))); {LOAD}"
    );
    let mut node = Node::start(bench, &["--inspect-port=PORT"], &script)?;
    let said = capture(bench, &node, &["--redact"])?.ended(0)?;
    whole(said.snapshot())?;
    node.unharmed(&["a.heapsnapshot"])?;
    let text = std::fs::read_to_string(node.out("a.heapsnapshot"))?;
    ensure!(text.contains("heapglass_redacted"), "it has no mark");
    ensure!(!text.contains("zaphod-beeblebrox"), "a value is in it");
    ensure!(text.contains("\"Account\"") && text.contains("\"owner\""), "names have gone");
    Ok(Outcome::Passed)
}

fn title(bench: &Bench) -> Result<Outcome> {
    let script = format!("process.title = 'sh -c something'; {LOAD}");
    let mut node = Node::start(bench, &["--inspect=PORT"], &script)?;
    // Its options are overwritten: only its sockets tell where the inspector is, or SIGUSR1 does.
    let said = capture(bench, &node, &[])?;
    if said.code == 0 {
        whole(said.snapshot())?;
        ensure!(node.is_alive()?, "the process has ended");
        return Ok(Outcome::Passed);
    }
    anyhow::bail!("{}", said.stderr)
}

fn disabled(bench: &Bench) -> Result<Outcome> {
    let knows = Command::new(&bench.node).args(["--disable-sigusr1", "-e", "0"]).output()?;
    if !knows.status.success() {
        return Ok(Outcome::Skipped("this version has no --disable-sigusr1".to_owned()));
    }
    let mut node = Node::start(bench, &["--disable-sigusr1", "--inspect-port=PORT"], LOAD)?;
    capture(bench, &node, &["--dry-run"])?.ended(4)?;
    capture(bench, &node, &[])?.ended(4)?.says("--disable-sigusr1")?;
    node.unharmed(&[])?;
    Ok(Outcome::Passed)
}

fn caught(bench: &Bench) -> Result<Outcome> {
    let options = ["--heapsnapshot-signal=SIGUSR2", "--inspect-port=PORT"];
    let mut node = Node::start(bench, &options, LOAD)?;
    let said = capture(bench, &node, &["--method", "sigusr2"])?.ended(0)?;
    let snapshot = said.snapshot();
    ensure!(snapshot["whole"] == true, "{}", said.document);
    // Nobody could ask for the time: bounds, and no more than the whole of it.
    let [least, most, all] =
        ["pause_least", "pause_most", "duration"].map(|it| snapshot[it].as_f64());
    ensure!(snapshot["pause"].is_null() && least.is_some() && least <= most, "{}", said.document);
    ensure!(most > Some(0.0) && most <= all, "{}", said.document);
    node.unharmed(&["a.heapsnapshot"])?;
    Ok(Outcome::Passed)
}

fn not_caught(bench: &Bench) -> Result<Outcome> {
    let mut node = Node::start(bench, &["--inspect-port=PORT"], LOAD)?;
    let options = ["--method", "sigusr2", "--force"];
    capture(bench, &node, &options)?.ended(4)?.says("does not catch SIGUSR2")?;
    node.unharmed(&[])?;
    Ok(Outcome::Passed)
}

const CLUSTER: &str = "const cluster = require('cluster');
if (cluster.isMaster) {
  let ready = 0;
  for (let i = 0; i < 2; i++) {
    const child = cluster.fork();
    child.on('message', () => { console.log('child ' + child.process.pid); if (++ready === 2) console.log('ready'); });
    child.on('exit', () => { console.log('child ended'); process.exit(1); });
  }
} else {
  globalThis.keep = Array.from({ length: 20000 }, (_, i) => ({ i }));
  require('http').createServer(() => {}).listen(0, () => process.send('up'));
}";

fn cluster(bench: &Bench) -> Result<Outcome> {
    let mut node = Node::start(bench, &["--inspect-port=PORT"], CLUSTER)?;
    let list = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", node.pid()))?;
    let child: u32 = list.split_whitespace().next().context("no children")?.parse()?;
    let said =
        Capture::start_into(bench, child, &node.out("a.heapsnapshot"), &[])?.end()?.ended(0)?;
    whole(said.snapshot())?;
    ensure!(said.document["process"]["pid"] == child, "{}", said.document);
    ensure!(said.document["left_behind"] == Value::Array(vec![]), "{}", said.document);
    // A child that ends takes its parent with it here.
    ensure!(node.is_alive()?, "a process of the cluster has ended");
    Ok(Outcome::Passed)
}

pub(super) const WORKERS: &str = "const { Worker, isMainThread, parentPort } = require('worker_threads');
if (isMainThread) {
  let ready = 0;
  for (let i = 0; i < 2; i++) new Worker(__filename).on('message', () => { if (++ready === 2) console.log('ready'); });
} else {
  globalThis.keep = Array.from({ length: 1000 }, (_, i) => ({ i }));
  setInterval(() => {}, 1000);
  parentPort.postMessage(1);
}";

fn workers(bench: &Bench) -> Result<Outcome> {
    let mut node = Node::start(bench, &["--inspect-port=PORT"], WORKERS)?;
    let said = capture(bench, &node, &["--workers"])?.ended(0)?;
    let snapshots = said.document["snapshots"].as_array().context("no snapshots")?;
    ensure!(snapshots.len() == 3, "{} snapshots of 3 threads", snapshots.len());
    for snapshot in snapshots {
        whole(snapshot)?;
    }
    ensure!(node.files()?.len() == 3, "{:?}", node.files()?);
    ensure!(node.is_alive()?, "the process has ended: {}", said.document);
    ensure!(!node.listens(), "the inspector is still open: {}", said.document);
    Ok(Outcome::Passed)
}

/// Stands still in a system call, where V8 cannot interrupt it.
const BLOCKED: &str = "console.log('ready');
setTimeout(() => { require('child_process').execSync('sleep 4'); console.log('back'); }, 100);
setInterval(() => {}, 1000);";

fn blocked(bench: &Bench) -> Result<Outcome> {
    let mut node = Node::start(bench, &["--inspect-port=PORT"], BLOCKED)?;
    rest(Duration::from_millis(400));
    let said = capture(bench, &node, &["--patience", "1s"])?.ended(4)?;
    ensure!(said.document["snapshots"] == Value::Array(vec![]), "{}", said.document);
    ensure!(node.files()?.is_empty(), "{:?}", node.files()?);
    node.wait_for("back")?;
    // What was asked of it while it could not answer must not leave its inspector open.
    let close = ["--close-inspector"];
    let said = capture(bench, &node, &close)?;
    ensure!(said.code == 0, "{}", said.stderr);
    node.wait_until_shut()?;
    ensure!(node.is_alive()?, "the process has ended");
    Ok(Outcome::Passed)
}

fn killed(bench: &Bench) -> Result<Outcome> {
    let node = Node::start(bench, &["--inspect-port=PORT"], LARGER)?;
    let mut running = Capture::start(bench, &node, &[])?;
    running.wait_for_bytes(&node.out("a.heapsnapshot"))?;
    signal(node.pid(), Signal::SIGKILL)?;
    let said = running.end()?.ended(4)?;
    ensure!(said.snapshot()["whole"] == false, "{}", said.document);
    said.says("the process ended while it was taken")?;
    ensure!(node.files()? == ["a.PARTIAL.heapsnapshot"], "{:?}", node.files()?);
    Ok(Outcome::Passed)
}

fn interrupted(bench: &Bench) -> Result<Outcome> {
    let mut signals = vec![(Signal::SIGINT, 130), (Signal::SIGTERM, 143), (Signal::SIGQUIT, 131)];
    // Below `nohup` it is ignored, as it should be.
    let status = std::fs::read_to_string("/proc/self/status")?;
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    if ignored.is_some_and(|mask| mask.trim().ends_with(['0', '2', '4', '6', '8', 'a', 'c', 'e'])) {
        signals.push((Signal::SIGHUP, 129));
    }
    for (sent, code) in signals {
        let mut node = Node::start(bench, &["--inspect-port=PORT"], LARGER)?;
        let mut running = Capture::start(bench, &node, &[])?;
        running.wait_for_bytes(&node.out("a.heapsnapshot"))?;
        running.signal(sent)?;
        running.end()?.ended(code)?;
        node.unharmed(&["a.PARTIAL.heapsnapshot"])?;
    }
    Ok(Outcome::Passed)
}

/// A collector that does not run for a while must not lose anything.
fn slow(bench: &Bench) -> Result<Outcome> {
    let mut node = Node::start(bench, &["--inspect-port=PORT"], LARGER)?;
    let mut running = Capture::start(bench, &node, &[])?;
    running.wait_for_bytes(&node.out("a.heapsnapshot"))?;
    running.signal(Signal::SIGSTOP)?;
    rest(Duration::from_secs(2));
    running.signal(Signal::SIGCONT)?;
    let said = running.end()?.ended(0)?;
    whole(said.snapshot())?;
    node.unharmed(&["a.heapsnapshot"])?;
    Ok(Outcome::Passed)
}

fn full(bench: &Bench) -> Result<Outcome> {
    if !bench.newest {
        return Ok(Outcome::Skipped("tested with the newest version".to_owned()));
    }
    let Some(disk) = SmallDisk::mount() else {
        return Ok(Outcome::Skipped("a small file system can be mounted by root alone".to_owned()));
    };
    let mut node = Node::start(bench, &["--inspect-port=PORT"], LARGER)?;
    let out = disk.path().join("a.heapsnapshot");
    // Refused before anything is paused …
    let said = Capture::start_into(bench, node.pid(), &out, &[])?.end()?.ended(4)?;
    ensure!(said.document["outcome"] == "refused", "{}", said.document);
    node.unharmed(&[])?;
    // … and noticed on the way.
    let said = Capture::start_into(bench, node.pid(), &out, &["--force"])?.end()?.ended(4)?;
    ensure!(said.snapshot()["whole"] == false, "{}", said.document);
    node.unharmed(&[])?;
    Ok(Outcome::Passed)
}

/// A file system of 80 MB in memory.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<SmallDisk> {
        let folder = tempfile::tempdir().ok()?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=80m", "tmpfs"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then(|| SmallDisk(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).output();
    }
}

fn report(bench: &Bench) -> Result<Outcome> {
    let mut node = Node::start(bench, &["--inspect-port=PORT"], LOAD)?;
    let mut command = Command::new(&bench.program);
    command.args(["capture", "--report", "--pid", &node.pid().to_string(), "--out"]);
    let text = workspace::output(command.arg(node.out("a.heapsnapshot")))?;
    ensure!(text.starts_with("captured ") && text.contains("What the heap consists of"), "{text}");
    node.unharmed(&["a.heapsnapshot"])?;
    Ok(Outcome::Passed)
}

/// In a group whose limit leaves less than V8 needs, nothing is done.
fn memory(bench: &Bench) -> Result<Outcome> {
    let Some(group) = Group::make() else {
        return Ok(Outcome::Skipped("no control group can be made here".to_owned()));
    };
    let mut node = Node::start(bench, &["--inspect-port=PORT"], LARGER)?;
    group.take(node.pid(), 40 << 20)?;
    let said = capture(bench, &node, &[])?.ended(4)?;
    ensure!(said.document["outcome"] == "refused", "{}", said.document);
    said.says("not safe")?;
    node.unharmed(&[])?;
    Ok(Outcome::Passed)
}

/// A control group of memory.
struct Group(std::path::PathBuf);

impl Group {
    fn make() -> Option<Group> {
        let name = format!("heapglass-test-{}", std::process::id());
        ["/sys/fs/cgroup", "/sys/fs/cgroup/memory"].into_iter().find_map(|root| {
            let group = Path::new(root).join(&name);
            std::fs::create_dir(&group).ok()?;
            let group = Group(group);
            group.limit_file().map(|_| group)
        })
    }

    fn limit_file(&self) -> Option<std::path::PathBuf> {
        let files = ["memory.max", "memory.limit_in_bytes"].map(|name| self.0.join(name));
        files.into_iter().find(|file| file.exists())
    }

    /// Takes a process in, and leaves it so much room.
    fn take(&self, pid: u32, room: u64) -> Result<()> {
        std::fs::write(self.0.join("cgroup.procs"), pid.to_string())?;
        // Memory that a process has before stays where it was counted.
        let file = self.limit_file().context("no limit")?;
        std::fs::write(file, room.to_string())?;
        Ok(())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir(&self.0);
    }
}

/// A large snapshot must not make the collector large.
fn collector(bench: &Bench) -> Result<Outcome> {
    if !bench.newest {
        return Ok(Outcome::Skipped("tested with the newest version".to_owned()));
    }
    let script = "const keep = []; for (let i = 0; i < 1500000; i++) keep.push({ i, s: 's' + i });
setInterval(() => keep.length, 1000); console.log('ready');";
    let mut node = Node::start(bench, &["--inspect-port=PORT"], script)?;
    let mut running = Capture::start(bench, &node, &["--compress"])?;
    let mut peak = 0;
    while running.is_running()? {
        peak = running.peak_memory().unwrap_or_default().max(peak);
        rest(Duration::from_millis(20));
    }
    let said = running.end()?.ended(0)?;
    whole(said.snapshot())?;
    ensure!(peak < 64 << 20, "the collector took {peak} bytes");
    node.unharmed(&["a.heapsnapshot.zst"])?;
    Ok(Outcome::Passed)
}
