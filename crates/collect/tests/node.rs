//! Captures of real Node processes: the system's, in about a second each. Those of every version are run by
//! `cargo xtask capture`.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

mod support;

use std::sync::Mutex;
use std::time::Duration;

use heapglass_collect::capture::{Broken, Error, candidates};
use heapglass_collect::facts::{Runtime, Surroundings};
use heapglass_collect::place::Place;
use heapglass_collect::preflight::Forced;
use heapglass_collect::{
    Captured, Event, Failed, Local, Method, Options, Progress, Stop, Target, capture,
};
use support::node::{IDLE, Node, free_port, node};

async fn listens_on(pid: u32) -> Vec<u16> {
    Surroundings::new(&Local.surroundings(pid).await.unwrap(), None).own_ports.unwrap()
}

async fn take(process: &Node, options: &Options) -> Result<Captured, Box<Failed>> {
    capture(&Local, &Target::Process(process.pid()), options, &(), &Stop::never()).await
}

fn inspect_port() -> String {
    format!("--inspect-port={}", free_port())
}

#[tokio::test]
async fn an_inspector_that_was_shut_is_opened_and_shut_again() {
    let mut process = Node::start(&node(), &[&inspect_port()], IDLE);
    let captured = take(&process, &Options::new(process.out("a.heapsnapshot"))).await.unwrap();
    assert!(captured.is_whole(), "{captured:?}");
    assert_eq!(captured.method, Method::Inspector);
    assert_eq!(captured.left_behind, Vec::<String>::new());
    let taken = &captured.snapshots[0];
    assert!(taken.pause.is_some() && taken.pause <= Some(taken.duration), "{taken:?}");
    assert!(taken.written.checked.nodes > 40_000);
    assert_eq!(listens_on(process.pid()).await, Vec::<u16>::new());
    assert_eq!(process.files(), ["a.heapsnapshot"]);
    assert!(process.is_alive());
}

#[tokio::test]
async fn two_captures_take_turns() {
    let mut process = Node::start(&node(), &[&inspect_port()], IDLE);
    let [one, other] = ["a", "b"].map(|name| Options {
        patience: Duration::from_secs(60),
        ..Options::new(process.out(&format!("{name}.heapsnapshot")))
    });
    let (one, other) = tokio::join!(take(&process, &one), take(&process, &other));
    for captured in [one.unwrap(), other.unwrap()] {
        assert!(captured.is_whole(), "{captured:?}");
        assert_eq!(captured.left_behind, Vec::<String>::new());
    }
    assert_eq!(listens_on(process.pid()).await, Vec::<u16>::new());
    assert!(process.is_alive());
}

#[tokio::test]
async fn an_inspector_that_was_open_stays_open() {
    let port = free_port();
    let mut process = Node::start(&node(), &[&format!("--inspect={port}")], IDLE);
    let captured = take(&process, &Options::new(process.out("a.heapsnapshot.zst"))).await.unwrap();
    assert!(captured.is_whole(), "{captured:?}");
    assert_eq!(listens_on(process.pid()).await, [port]);
    let target = Target::Inspector { port, path: None };
    let options = Options::new(process.out("b.heapsnapshot"));
    let captured = capture(&Local, &target, &options, &(), &Stop::never()).await.unwrap();
    assert!(captured.is_whole());
    assert_eq!(captured.process.map(|found| found.pid), Some(process.pid()));
    assert!(process.is_alive());
}

#[tokio::test]
async fn a_dry_run_does_nothing() {
    let mut process = Node::start(&node(), &[&inspect_port()], IDLE);
    let options = Options { dry_run: true, ..Options::new(process.out("a.heapsnapshot")) };
    let captured = take(&process, &options).await.unwrap();
    assert!(captured.snapshots.is_empty() && captured.preflight.checks.len() >= 5);
    assert_eq!(listens_on(process.pid()).await, Vec::<u16>::new());
    assert_eq!(process.files(), Vec::<String>::new());
    assert!(process.is_alive());
}

const WORKERS: &str = "const { Worker, isMainThread } = require('worker_threads');
if (isMainThread) {
  let ready = 0;
  for (let i = 0; i < 2; i++) new Worker(__filename).on('message', () => { if (++ready === 2) console.log('ready'); });
} else {
  globalThis.kept = Array.from({ length: 1000 }, (_, i) => ({ i }));
  setInterval(() => {}, 1000);
  require('worker_threads').parentPort.postMessage(1);
}";

#[tokio::test]
async fn workers_have_files_of_their_own() {
    let mut process = Node::start(&node(), &[&inspect_port()], WORKERS);
    let options = Options { workers: true, ..Options::new(process.out("a.heapsnapshot")) };
    let captured = take(&process, &options).await.unwrap();
    assert!(captured.is_whole() && captured.snapshots.len() == 3, "{captured:?}");
    let files = process.files();
    assert_eq!(files.len(), 3, "{files:?}");
    assert!(files.iter().filter(|name| name.starts_with("a-worker-")).count() == 2, "{files:?}");
    assert!(captured.snapshots.iter().all(|taken| taken.pause.is_some()));
    assert!(process.is_alive());
}

#[tokio::test]
async fn a_blocked_event_loop_is_left_alone() {
    let blocked = "console.log('ready'); setTimeout(() => \
        require('child_process').execSync('sleep 20'), 50);";
    let port = free_port();
    let mut process = Node::start(&node(), &[&format!("--inspect={port}")], blocked);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let patience = Duration::from_millis(500);
    let options = Options { patience, ..Options::new(process.out("a.heapsnapshot")) };
    let failed = take(&process, &options).await.unwrap_err();
    assert!(matches!(failed.error, Error::Blocked { .. }), "{}", failed.error);
    assert_eq!(process.files(), Vec::<String>::new());
    assert!(process.is_alive());
}

/// Does something as soon as bytes arrive.
struct AtFirstByte<F>(Mutex<Option<F>>);

impl<F: FnOnce() + Send> Progress for AtFirstByte<F> {
    fn event(&self, event: Event) {
        if let Event::Building { .. } | Event::Received(_) = event
            && let Some(act) = self.0.lock().unwrap().take()
        {
            act();
        }
    }
}

const LARGER: &str =
    "const keep = []; for (let i = 0; i < 400000; i++) keep.push({ i, s: 's' + i });
setInterval(() => keep.length, 1000); console.log('ready');";

#[tokio::test]
async fn a_process_that_dies_leaves_what_arrived() {
    let process = Node::start(&node(), &[&inspect_port()], LARGER);
    let pid = rustix::process::Pid::from_raw(process.pid() as i32).unwrap();
    let kill = AtFirstByte(Mutex::new(Some(move || {
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    })));
    let options = Options::new(process.out("a.heapsnapshot"));
    let target = Target::Process(process.pid());
    let captured = capture(&Local, &target, &options, &kill, &Stop::never()).await.unwrap();
    let taken = &captured.snapshots[0];
    assert!(matches!(taken.broken, Some(Broken::Ended)), "{taken:?}");
    assert_eq!(captured.left_behind, Vec::<String>::new());
    assert!(process.files().iter().all(|name| name.contains("PARTIAL")), "{:?}", process.files());
}

#[tokio::test]
async fn after_an_interrupt_the_inspector_is_shut() {
    let mut process = Node::start(&node(), &[&inspect_port()], LARGER);
    let (handle, stop) = Stop::pair();
    let interrupt = AtFirstByte(Mutex::new(Some(move || {
        handle.send(true).unwrap();
    })));
    let options = Options::new(process.out("a.heapsnapshot"));
    let target = Target::Process(process.pid());
    let captured = capture(&Local, &target, &options, &interrupt, &stop).await.unwrap();
    assert!(matches!(captured.snapshots[0].broken, Some(Broken::Interrupted)));
    assert_eq!(captured.left_behind, Vec::<String>::new());
    assert_eq!(listens_on(process.pid()).await, Vec::<u16>::new());
    assert!(process.files().iter().all(|name| name.contains("PARTIAL")), "{:?}", process.files());
    assert!(process.is_alive());
}

#[tokio::test]
async fn a_signal_that_is_caught_writes_a_file() {
    let mut process = Node::start(&node(), &["--heapsnapshot-signal=SIGUSR2"], IDLE);
    // What lies there from another time is left alone.
    let other = format!("Heap.20200101.000000.{}.0.001.heapsnapshot", process.pid());
    std::fs::write(process.out(&other), "{}").unwrap();
    let options =
        Options { method: Method::Sigusr2, ..Options::new(process.out("a.heapsnapshot")) };
    let captured = take(&process, &options).await.unwrap();
    assert!(captured.is_whole(), "{captured:?}");
    assert_eq!(captured.left_behind, Vec::<String>::new());
    assert_eq!(process.files(), [other, "a.heapsnapshot".to_owned()]);
    assert!(process.is_alive());
}

#[tokio::test]
async fn a_signal_that_is_not_caught_is_not_sent() {
    let mut process = Node::start(&node(), &[], IDLE);
    let options = Options {
        method: Method::Sigusr2,
        force: Forced::All,
        ..Options::new(process.out("a.heapsnapshot"))
    };
    let failed = take(&process, &options).await.unwrap_err();
    assert!(matches!(failed.error, Error::NoSignal(_)), "{}", failed.error);
    assert!(process.is_alive());
}

/// Ends on SIGUSR2, as programs under a process manager do.
const ENDS_ON_USR2: &str = "process.on('SIGUSR2', () => process.exit(7));
setInterval(() => {}, 1000); console.log('ready');";

#[tokio::test]
async fn a_signal_that_the_program_catches_itself_is_not_sent() {
    // Its port is taken, so that the inspector cannot be opened.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = format!("--inspect-port={}", taken.local_addr().unwrap().port());
    let mut process = Node::start(&node(), &[&port], ENDS_ON_USR2);
    let (never, always) = (Forced::Nothing, Forced::All);
    for (method, force) in
        [(Method::Auto, never.clone()), (Method::Auto, always), (Method::Sigusr2, never)]
    {
        let options =
            Options { method, force: force.clone(), ..Options::new(process.out("a.heapsnapshot")) };
        let failed = take(&process, &options).await.unwrap_err();
        assert!(matches!(failed.error, Error::Shut { .. } | Error::NoSignal(_)), "{failed:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(process.is_alive(), "{method:?}, forced: {force:?}");
    }
    assert_eq!(process.files(), Vec::<String>::new());
}

#[tokio::test]
async fn auto_takes_the_signal_that_is_known_to_write() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = format!("--inspect-port={}", taken.local_addr().unwrap().port());
    let env = [("NODE_OPTIONS", "--heapsnapshot-signal=SIGUSR2")];
    let mut process = Node::start_with(&node(), &[&port], IDLE, &env);
    let captured = take(&process, &Options::new(process.out("a.heapsnapshot"))).await.unwrap();
    assert!(captured.is_whole() && captured.method == Method::Sigusr2, "{captured:?}");
    assert!(process.is_alive());
}

#[tokio::test]
async fn this_machine_looks_once_more_before_it_signals() {
    use heapglass_collect::place::{PlaceError, Signal};
    let mut process = Node::start(&node(), &[], IDLE);
    let result = Local.signal(process.pid(), None, Signal::Usr2).await;
    assert!(matches!(result, Err(PlaceError::Impossible { .. })), "{result:?}");
    // One with its number that began at another time.
    let result = Local.signal(process.pid(), Some(1), Signal::Usr1).await;
    assert!(matches!(result, Err(PlaceError::Gone { .. })), "{result:?}");
    let mut other = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let result = Local.signal(other.id(), None, Signal::Usr1).await;
    assert!(matches!(result, Err(PlaceError::Impossible { .. })), "{result:?}");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(process.is_alive() && other.try_wait().unwrap().is_none());
    other.kill().unwrap();
    other.wait().unwrap();
    let result = Local.signal(other.id(), None, Signal::Usr1).await;
    assert!(matches!(result, Err(PlaceError::Gone { .. })), "{result:?}");
}

#[tokio::test]
async fn a_shell_that_starts_node_is_no_node() {
    let script = "console.log('ready'); setInterval(() => {}, 1000)";
    let command = format!("node -e \"{script}\"; true");
    let mut shell = std::process::Command::new("sh")
        .args(["-c", &command])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let found = loop {
        let all = candidates(&Local).await.unwrap();
        let child = all.into_iter().find(|process| process.status.parent == Some(shell.id()));
        if let Some(child) = child {
            break child;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(found.runtime, Runtime::Node);
    let all = candidates(&Local).await.unwrap();
    assert!(all.iter().all(|process| process.pid != shell.id()));
    // Even by its own number a shell is refused.
    let target = Target::Process(shell.id());
    let failed =
        capture(&Local, &target, &Options::new("x"), &(), &Stop::never()).await.unwrap_err();
    assert!(matches!(failed.error, Error::NotNode { .. }), "{}", failed.error);
    let child = rustix::process::Pid::from_raw(found.pid as i32).unwrap();
    rustix::process::kill_process(child, rustix::process::Signal::KILL).unwrap();
    assert!(shell.wait().is_ok());
}
