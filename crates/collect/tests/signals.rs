//! Signals to processes of which not everything is known.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use heapglass_collect::capture::{Birth, Broken, Error, wait};
use heapglass_collect::place::{
    Place, PlaceError, RawProcess, RawSurroundings, RemoteFile, Signal,
};
use heapglass_collect::preflight::{Forced, Outcome};
use heapglass_collect::{
    Captured, Event, Failed, Method, Options, Progress, Stop, Target, capture,
};
use tokio::io::{DuplexStream, Empty};

/// A process that only notes which signals it gets.
struct Noting {
    process: RawProcess,
    /// Where it may write; others may not be asked for.
    writable: Vec<(&'static str, bool)>,
    got: Mutex<Vec<Signal>>,
    /// Where what lies there may not be seen.
    hidden: Vec<&'static str>,
    /// What has its number when it is looked at again.
    later: Option<RawProcess>,
    looked: AtomicUsize,
    /// `/proc/net/tcp`.
    sockets: &'static str,
    /// Whether it is there no more once it got a signal.
    ends: bool,
    /// Files of its control group.
    cgroup: Vec<(String, String)>,
    /// The look into a directory from which on its snapshot is there.
    writes_at: usize,
    listed: AtomicUsize,
    removed: Mutex<Vec<String>>,
}

impl Place for Noting {
    type Stream = DuplexStream;
    type File = Empty;

    fn name(&self) -> String {
        "a test".to_owned()
    }

    async fn processes(&self) -> Result<Vec<RawProcess>, PlaceError> {
        if self.ends && !self.got.lock().unwrap().is_empty() {
            return Ok(Vec::new());
        }
        let later = self.looked.fetch_add(1, Ordering::Relaxed) > 0;
        let process = self.later.as_ref().filter(|_| later).unwrap_or(&self.process);
        Ok(vec![process.clone()])
    }

    async fn surroundings(&self, _: u32) -> Result<RawSurroundings, PlaceError> {
        Ok(RawSurroundings {
            descriptors: "/dev/null\n".to_owned(),
            sockets: self.sockets.to_owned(),
            cgroup: self.cgroup.clone(),
            ..RawSurroundings::default()
        })
    }

    async fn signal(&self, _: u32, started: Option<u64>, signal: Signal) -> Result<(), PlaceError> {
        assert_eq!(started, self.process.started, "the one that was looked at is meant");
        self.got.lock().unwrap().push(signal);
        Ok(())
    }

    async fn connect(&self, port: u16) -> Result<DuplexStream, PlaceError> {
        Err(impossible(&port.to_string()))
    }

    async fn list(&self, directory: &str) -> Result<Vec<RemoteFile>, PlaceError> {
        if self.hidden.contains(&directory) {
            return Err(impossible(directory));
        }
        let is_there = self.listed.fetch_add(1, Ordering::Relaxed) >= self.writes_at;
        let path = format!("{directory}/{SNAPSHOT}");
        Ok(is_there.then_some(RemoteFile { path, size: 1, modified: 0 }).into_iter().collect())
    }

    async fn open(&self, path: &str, _: u64) -> Result<Empty, PlaceError> {
        Err(impossible(path))
    }

    async fn writable(&self, _: u32, directory: &str) -> Result<bool, PlaceError> {
        let found = self.writable.iter().find(|(path, _)| *path == directory);
        found.map(|(_, writable)| *writable).ok_or_else(|| impossible(directory))
    }

    async fn remove(&self, path: &str) -> Result<(), PlaceError> {
        self.removed.lock().unwrap().push(path.to_owned());
        Ok(())
    }
}

fn impossible(what: &str) -> PlaceError {
    PlaceError::Impossible { what: what.to_owned(), why: "it is a test".to_owned() }
}

/// A process that catches both signals, with these options.
fn process(exe: &str, options: &[&str]) -> Noting {
    let mut cmdline = exe.as_bytes().to_vec();
    for option in options {
        cmdline.push(0);
        cmdline.extend(option.as_bytes());
    }
    cmdline.extend(b"\0app.js\0");
    let process = RawProcess {
        pid: 42,
        comm: "node\n".to_owned(),
        exe: exe.to_owned(),
        cmdline,
        status: "VmRSS:\t1000 kB\nRssAnon:\t1000 kB\nSigCgt:\t0000000000000a00\n".to_owned(),
        cwd: "/app".to_owned(),
        ..RawProcess::default()
    };
    let writable = vec![("/app", true), ("/tmp", true)];
    Noting {
        process,
        writable,
        got: Mutex::default(),
        hidden: Vec::new(),
        later: None,
        looked: AtomicUsize::new(0),
        sockets: "",
        ends: false,
        cgroup: Vec::new(),
        writes_at: usize::MAX,
        listed: AtomicUsize::new(0),
        removed: Mutex::default(),
    }
}

async fn run(place: &Noting, method: Method) -> Result<Captured, Box<Failed>> {
    run_with(place, method, |_| {}).await
}

async fn run_with(
    place: &Noting,
    method: Method,
    change: impl FnOnce(&mut Options),
) -> Result<Captured, Box<Failed>> {
    let directory = tempfile::tempdir().unwrap();
    let mut options = Options {
        method,
        timeout: Duration::from_millis(100),
        patience: Duration::from_millis(100),
        ..Options::new(directory.path().join("a.heapsnapshot"))
    };
    change(&mut options);
    capture(place, &Target::Process(42), &options, &(), &Stop::never()).await
}

fn got(place: &Noting) -> Vec<Signal> {
    place.got.lock().unwrap().clone()
}

const WRITES: &str = "--heapsnapshot-signal=SIGUSR2";
const SNAPSHOT: &str = "Heap.20250101.000000.42.0.001.heapsnapshot";

/// A look says what a capture would do, also where the inspector cannot be opened.
#[tokio::test]
async fn a_dry_run_comes_to_the_same_verdict() {
    // Another process listens at port 9229.
    let sockets = " 0: 0100007F:240D 00000000:0000 0A 0:0 0:0 0 0 0 111 1\n";
    for (options, method, by_signal) in [
        (&[] as &[&str], Method::Inspector, false),
        (&[], Method::Auto, false),
        (&[WRITES], Method::Inspector, false),
        (&[WRITES], Method::Auto, true),
    ] {
        let place = || Noting { sockets, ..process("/opt/node-v22.1.0/bin/node", options) };
        let (looks, takes) = (place(), place());
        let looked = run_with(&looks, method, |options| options.dry_run = true).await.unwrap();
        let taken = run(&takes, method).await;
        assert_eq!(got(&looks), [], "{options:?} {method:?}");
        assert!(looked.snapshots.is_empty());
        if by_signal {
            assert_eq!(got(&takes), [Signal::Usr2]);
            assert_eq!(looked.method, Method::Sigusr2);
            assert!(looked.outcome() < Outcome::Unsafe, "{looked:?}");
        } else {
            assert!(matches!(taken.unwrap_err().error, Error::Shut { .. }));
            assert_eq!(got(&takes), []);
            assert_eq!(looked.outcome(), Outcome::Unsafe, "{looked:?}");
        }
    }
}

/// What is said of a process, and how it is made so.
type Harm<'a> = (&'a str, &'a dyn Fn(&mut Noting));

/// Whatever is forced: it would end, or open its inspector when nobody closes it any more.
#[tokio::test]
async fn a_process_that_a_signal_would_harm_gets_none() {
    let few = "Max open files            16                   16                   files\n";
    let stopped = "State:\tT (stopped)\nSigCgt:\t0000000000000a00\n";
    let harmed: [Harm<'_>; 2] = [
        ("more descriptors", &|place: &mut Noting| place.process.limits = few.to_owned()),
        ("it is stopped", &|place: &mut Noting| place.process.status = stopped.to_owned()),
    ];
    for (why, change) in harmed {
        for method in [Method::Auto, Method::Inspector, Method::Sigusr2] {
            let mut place = process("/opt/node-v22.1.0/bin/node", &[WRITES]);
            change(&mut place);
            let failed = run_with(&place, method, |options| options.force = Forced::All).await;
            let said = failed.unwrap_err().error.to_string();
            assert!(said.contains(why), "{method:?}: {said}");
            assert_eq!(got(&place), [], "{method:?}");
        }
    }
}

/// Without threads the inspector cannot open; the other signal needs none.
#[tokio::test]
async fn without_threads_left_the_other_signal_is_tried() {
    let mut place = process("/opt/node-v22.1.0/bin/node", &[WRITES]);
    let file = |name: &str, text: &str| (format!("/sys/fs/cgroup/{name}"), format!("{text}\n"));
    place.cgroup = vec![file("pids.max", "20"), file("pids.current", "19")];
    let failed = run(&place, Method::Inspector).await.unwrap_err();
    assert!(matches!(failed.error, Error::Shut { .. }), "{}", failed.error);
    assert_eq!(got(&place), []);
    let _ = run(&place, Method::Auto).await;
    assert_eq!(got(&place), [Signal::Usr2]);
}

#[tokio::test]
async fn the_permission_model_forbids_the_signal_whatever_is_forced() {
    for (allowed, sent) in [
        (None, false),
        (Some("--allow-fs-write=/data"), false),
        (Some("--allow-fs-write=/app"), true),
    ] {
        let options: Vec<&str> = ["--permission", WRITES].into_iter().chain(allowed).collect();
        let mut place = process("/opt/node-v26.1.0/bin/node", &options);
        place.process.status = "RssAnon:\t1000 kB\nSigCgt:\t0000000000000800\n".to_owned();
        for method in [Method::Auto, Method::Sigusr2] {
            place.got = Mutex::default();
            let result = run_with(&place, method, |options| options.force = Forced::All).await;
            assert_eq!(!got(&place).is_empty(), sent, "{allowed:?} {method:?}: {result:?}");
        }
    }
}

/// Its own handler ends it, or it had nothing left to open the inspector with.
#[tokio::test]
async fn a_process_that_ends_on_the_signal_is_said_to_have() {
    let mut place = process("/usr/bin/node", &[]);
    place.ends = true;
    let failed = run(&place, Method::Inspector).await.unwrap_err();
    assert!(matches!(failed.error, Error::EndedOnSignal(42)), "{}", failed.error);
    assert_eq!(got(&place), [Signal::Usr1]);
    assert_eq!(failed.left_behind, Vec::<String>::new());
}

/// It would be waited for without an end.
#[tokio::test]
async fn a_share_of_no_limit_is_not_waited_for() {
    let place = process("/usr/bin/node", &[]);
    let options = Options::new("a.heapsnapshot");
    let condition = "rss>90%".parse().unwrap();
    let target = Target::Process(42);
    let never = Stop::never();
    let waited = wait(&place, &target, condition, &options, &(), &never);
    let failed = tokio::time::timeout(Duration::from_secs(5), waited).await.unwrap().unwrap_err();
    assert!(matches!(failed.error, Error::NoLimit(42)), "{}", failed.error);
    assert_eq!(got(&place), []);
}

/// Asks to stop once the signal is sent.
struct StopsAfterSignal(Arc<tokio::sync::watch::Sender<bool>>);

impl Progress for StopsAfterSignal {
    fn event(&self, event: Event) {
        if let Event::Signalled(_) = event {
            self.0.send(true).unwrap();
        }
    }
}

/// A signal cannot be taken back: its file is waited for, for a while, and removed.
#[tokio::test]
async fn what_a_signal_writes_after_an_interrupt_is_removed() {
    // The looks before the signal and before the interrupt find nothing.
    for (writes_at, expected) in [(4, Some("/app/")), (usize::MAX, None)] {
        let place = Noting { writes_at, ..process("/opt/node-v22.1.0/bin/node", &[WRITES]) };
        let directory = tempfile::tempdir().unwrap();
        let options = Options {
            method: Method::Sigusr2,
            patience: Duration::from_millis(800),
            ..Options::new(directory.path().join("a.heapsnapshot"))
        };
        let (handle, stop) = Stop::pair();
        let target = Target::Process(42);
        let progress = StopsAfterSignal(handle);
        let captured = capture(&place, &target, &options, &progress, &stop).await.unwrap();
        assert_eq!(got(&place), [Signal::Usr2]);
        assert!(matches!(captured.snapshots[0].broken, Some(Broken::Interrupted)));
        let removed = place.removed.lock().unwrap().clone();
        let wanted: Vec<String> =
            expected.map(|at| format!("{at}{SNAPSHOT}")).into_iter().collect();
        assert_eq!(removed, wanted);
        match expected {
            Some(_) => assert_eq!(captured.left_behind, Vec::<String>::new()),
            None => assert!(
                captured.left_behind[0].contains("/app/Heap.*.42.*.heapsnapshot"),
                "{:?}",
                captured.left_behind
            ),
        }
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}

/// Whoever stops while the way to a process is looked for has nothing done to it.
#[tokio::test]
async fn after_an_interrupt_no_signal_is_sent() {
    for method in [Method::Auto, Method::Inspector, Method::Sigusr2] {
        let place = process("/opt/node-v22.1.0/bin/node", &[WRITES]);
        let directory = tempfile::tempdir().unwrap();
        let options = Options { method, ..Options::new(directory.path().join("a.heapsnapshot")) };
        let (handle, stop) = Stop::pair();
        handle.send(true).unwrap();
        let result = capture(&place, &Target::Process(42), &options, &(), &stop).await;
        assert!(matches!(result.unwrap_err().error, Error::Interrupted), "{method:?}");
        assert_eq!(got(&place), [], "{method:?}");
    }
}

#[tokio::test]
async fn where_an_old_version_would_write_has_to_be_writable() {
    // Up to version 19 the process writes where it is, and ends if it may not.
    for (exe, cwd, sent) in [
        ("/usr/bin/node", vec![("/tmp", true), ("/app", false)], false),
        ("/opt/node-v18.20.8/bin/node", vec![("/tmp", true), ("/app", false)], false),
        ("/opt/node-v22.1.0/bin/node", vec![("/tmp", true), ("/app", false)], true),
        ("/usr/bin/node", vec![("/tmp", true), ("/app", true)], true),
        ("/usr/bin/node", vec![("/tmp", true)], false),
        ("/opt/node-v22.1.0/bin/node", vec![], false),
    ] {
        let mut place = process(exe, &[WRITES, "--diagnostic-dir=/tmp"]);
        place.writable = cwd;
        let result = run(&place, Method::Sigusr2).await;
        assert_eq!(got(&place).len(), usize::from(sent), "{exe} {:?}: {result:?}", place.writable);
        if !sent {
            let error = result.unwrap_err().error;
            assert!(matches!(error, Error::Refused(_)), "{error}");
        }
    }
    let mut place = process("/usr/bin/node", &[WRITES, "--diagnostic-dir=/tmp"]);
    place.process.cwd = String::new();
    let error = run(&place, Method::Sigusr2).await.unwrap_err().error;
    assert!(matches!(error, Error::Refused(_)) && got(&place).is_empty(), "{error}");
}

#[tokio::test]
async fn only_what_is_surely_node_gets_signals() {
    // All of them catch both; none is asked to open what Node.js would.
    for (exe, comm, option) in [
        ("/usr/bin/deno", "deno", "run"),
        ("/usr/bin/bun", "bun", "run"),
        ("/srv/packed", "MainThread", "--verbose"),
        ("/usr/bin/python3", "node", "--verbose"),
        ("/usr/bin/node", "node", "--disable-sigusr1"),
    ] {
        for method in [Method::Auto, Method::Inspector, Method::Sigusr2] {
            for force in [Forced::Nothing, Forced::All] {
                let mut place = process(exe, &[option]);
                place.process.comm = format!("{comm}\n");
                if option == "--disable-sigusr1"
                    && method == Method::Sigusr2
                    && force == Forced::All
                {
                    continue;
                }
                let failed =
                    run_with(&place, method, |options| options.force = force.clone()).await;
                let hint = failed.unwrap_err().error.hint().unwrap_or_default();
                let is_node = exe.ends_with("node");
                assert!(is_node || !hint.contains("--heapsnapshot-signal"), "{exe}: {hint}");
                assert_eq!(got(&place), [], "{exe} {method:?}, forced: {force:?}");
                if method != Method::Sigusr2 {
                    let failed = run_with(&place, method, |options| options.no_signal = true).await;
                    let hint = failed.unwrap_err().error.hint().unwrap_or_default();
                    assert_eq!(hint.contains("--no-signal"), is_node, "{exe}: {hint}");
                }
            }
        }
    }
    let place = process("/usr/bin/node", &[]);
    assert!(run(&place, Method::Inspector).await.is_err());
    assert_eq!(got(&place), [Signal::Usr1]);
}

#[tokio::test]
async fn no_signal_without_knowing_which_files_are_old() {
    let new = "/opt/node-v22.1.0/bin/node";
    for (exe, hidden, sent) in [
        (new, "/tmp", false),
        (new, "/app", true),
        ("/usr/bin/node", "/app", false),
        (new, "/data", true),
    ] {
        let mut place = process(exe, &[WRITES, "--diagnostic-dir=/tmp"]);
        place.hidden = vec![hidden];
        let result = run_with(&place, Method::Sigusr2, |options| {
            options.remote_dirs = vec!["/data".to_owned()];
        })
        .await;
        assert_eq!(got(&place).len(), usize::from(sent), "{exe} {hidden}: {result:?}");
    }
}

#[tokio::test]
async fn another_process_with_the_same_number_gets_no_signal() {
    let first = || process("/usr/bin/node", &[WRITES]);
    let second = |exe: &str, options: &[&str]| process(exe, options).process;
    let mut uncaught = first().process;
    uncaught.status = "SigCgt:\t0000000000000200\n".to_owned();
    let restarted = RawProcess { started: Some(2), ..first().process };
    for (later, sent) in [
        (second("/usr/bin/node", &[WRITES]), true),
        (second("/usr/bin/node", &[]), false),
        (second("/usr/bin/node", &[WRITES, "--diagnostic-dir=/tmp"]), false),
        (second("/opt/node", &[WRITES]), false),
        (second("/usr/bin/python3", &[WRITES]), false),
        (uncaught, false),
        (restarted, false),
    ] {
        let mut place = Noting { later: Some(later), ..first() };
        place.process.started = Some(1);
        let result = run(&place, Method::Sigusr2).await;
        assert_eq!(got(&place).len(), usize::from(sent), "{:?}: {result:?}", place.later);
    }
}

/// Also where the later one would not get the signal for another reason.
#[tokio::test]
async fn a_process_that_was_replaced_is_said_to_be() {
    let first = |options: &[&str]| {
        let mut place = process("/usr/bin/node", options);
        place.process.started = Some(1);
        place
    };
    let uncaught = "SigCgt:\t0000000000000000\n".to_owned();
    for (method, options) in [(Method::Sigusr2, &[WRITES][..]), (Method::Inspector, &[])] {
        let restarted = RawProcess { started: Some(2), ..first(options).process };
        for later in [RawProcess { status: uncaught.clone(), ..restarted.clone() }, restarted] {
            let place = Noting { later: Some(later), ..first(options) };
            let failed = run(&place, method).await.unwrap_err();
            assert!(matches!(failed.error, Error::Replaced), "{method:?}: {}", failed.error);
            assert_eq!(got(&place), [], "{method:?}");
            assert_eq!(failed.left_behind, Vec::<String>::new(), "{method:?}");
        }
    }
    // One that was known before, and is not seen at all: a container that was restarted shows no process at first.
    let born = Birth { kernel: Some(1), ..Birth::default() };
    let mut place = first(&[]);
    place.process.pid = 43;
    let failed = run_with(&place, Method::Auto, |options| options.born = born).await.unwrap_err();
    assert!(matches!(failed.error, Error::Replaced), "{}", failed.error);
    let failed = run(&place, Method::Auto).await.unwrap_err();
    assert!(matches!(failed.error, Error::NoProcess(42, _)), "{}", failed.error);
}
