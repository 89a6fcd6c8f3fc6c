//! Captures of an inspector that misbehaves.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

mod support;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use heapglass_collect::capture::{Broken, Error, Taken};
use heapglass_collect::inspector::InspectorError;
use heapglass_collect::preflight::Forced;
use heapglass_collect::sink::Booked;
use heapglass_collect::wire::CaptureDocument;
use heapglass_collect::{
    Captured, Event, Failed, Method, Options, Progress, Stop, Target, capture,
};
use serde_json::{Value, json};
use support::scripted::{Notes, SMALL, Script, Scripted, Socket, State, chunk, who};

/// What it does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Answers nothing at all.
    Silent,
    /// Stops in the middle, and keeps the connection.
    Stalls,
    /// Answers questions, and never gets to the snapshot.
    PutsOff,
    /// Hangs up in the middle.
    HangsUp,
    /// Says that all went well after half of it.
    Truncates,
    /// Says no.
    Refuses,
    /// Is another process.
    Another,
    /// Is a process with the same number in another container.
    Neighbour,
    /// Is no inspector.
    Website,
    /// Does not tell of its worker threads.
    NoWorkers,
}

/// A worker thread of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worker {
    Small,
    /// V8 needs more for it than there is.
    Large,
    /// Does not answer.
    Busy,
    /// Knows nothing but how much it uses, which is little.
    Strange,
}

/// An inspector with this fault, of a process with these threads.
#[derive(Clone)]
struct Faulty {
    fault: Fault,
    workers: Vec<Worker>,
}

impl Faulty {
    /// Of a process without worker threads.
    fn new(fault: Fault) -> Faulty {
        Faulty { fault, workers: Vec::new() }
    }
}

impl Script for Faulty {
    async fn talk(&self, mut socket: Socket, state: &State, _: usize) {
        while let Some(request) = socket.hear().await {
            if self.fault == Fault::Silent {
                continue;
            }
            let answers = if request["method"] == "NodeWorker.sendMessageToWorker" {
                self.pass_on(&request, state)
            } else {
                self.answer(&request, None, state)
            };
            for answer in answers {
                socket.say(&answer).await;
            }
            let taking = request["method"] == "HeapProfiler.takeHeapSnapshot";
            if taking && self.fault == Fault::HangsUp {
                state.hung_up.store(true, Ordering::SeqCst);
                return;
            }
            if taking && self.fault == Fault::Stalls {
                std::future::pending::<()>().await;
            }
        }
    }

    /// None: one that stalls would never notice that it was hung up on, and look like somebody else's.
    fn connections(&self, _: &State) -> usize {
        0
    }

    fn is_inspector(&self) -> bool {
        self.fault != Fault::Website
    }
}

impl Faulty {
    /// The answers to what a worker thread was asked.
    fn pass_on(&self, envelope: &Value, state: &State) -> Vec<Value> {
        let session = envelope["params"]["sessionId"].as_str().unwrap();
        let worker = self.workers[session.parse::<usize>().unwrap()];
        let inner = envelope["params"]["message"].as_str().unwrap();
        let mut answers = vec![json!({ "id": envelope["id"], "result": {} })];
        if worker != Worker::Busy {
            let inner = self.answer(&serde_json::from_str(inner).unwrap(), Some(worker), state);
            answers.extend(inner.iter().map(|answer| {
                let params = json!({ "sessionId": session, "message": answer.to_string() });
                json!({ "method": "NodeWorker.receivedMessageFromWorker", "params": params })
            }));
        }
        answers
    }

    /// The answers of one thread.
    fn answer(&self, request: &Value, worker: Option<Worker>, state: &State) -> Vec<Value> {
        let fault = if worker.is_some() { Fault::None } else { self.fault };
        let (id, method) = (&request["id"], request["method"].as_str().unwrap());
        let mut answers = match method {
            "NodeWorker.enable" => self.workers_told_of(),
            "HeapProfiler.takeHeapSnapshot" => {
                let (first, second) = SMALL.split_at(SMALL.len() / 2);
                match fault {
                    Fault::None | Fault::NoWorkers => vec![chunk(first), chunk(second)],
                    Fault::Refuses | Fault::PutsOff => vec![],
                    _ => vec![chunk(first)],
                }
            }
            _ => vec![],
        };
        let result = state.result(request, &who_is(fault, worker));
        let taking = method == "HeapProfiler.takeHeapSnapshot";
        let refuses = (fault == Fault::Refuses && taking)
            || (fault == Fault::NoWorkers && method == "NodeWorker.enable");
        if refuses {
            answers.push(json!({ "id": id, "error": { "message": "no memory" } }));
        } else if !(taking && matches!(fault, Fault::Stalls | Fault::HangsUp | Fault::PutsOff)) {
            answers.push(json!({ "id": id, "result": result }));
        }
        answers
    }

    /// What is told of each worker thread.
    fn workers_told_of(&self) -> Vec<Value> {
        let told = self.workers.iter().enumerate().map(|(session, kind)| {
            let session = session.to_string();
            let info = json!({ "workerId": session, "url": format!("{kind:?}.js") });
            let params = json!({ "sessionId": session, "workerInfo": info });
            json!({ "method": "NodeWorker.attachedToWorker", "params": params })
        });
        told.collect()
    }
}

/// What a thread says of itself.
fn who_is(fault: Fault, worker: Option<Worker>) -> Value {
    let mut who = who();
    if fault == Fault::Another {
        who["pid"] = json!(43);
    }
    if fault == Fault::Neighbour {
        who["born"] = json!(99);
    }
    match worker {
        Some(Worker::Large) => {
            let used = 10_000_000_000_u64;
            who["heap"] = json!({ "used_heap_size": used, "heap_size_limit": used * 2 });
        }
        Some(Worker::Strange) => who["heap"] = Value::Null,
        _ => {}
    }
    who
}

/// A process whose inspector is open, with this fault.
fn inspected(fault: Fault) -> Scripted<Faulty> {
    Scripted::inspected(Faulty::new(fault))
}

/// One whose inspector has to be opened.
fn shut(fault: Fault) -> Scripted<Faulty> {
    Scripted::shut(Faulty::new(fault))
}

async fn run(fault: Fault, directory: &Path) -> Result<Captured, Box<Failed>> {
    run_beside(fault, directory, Booked::default()).await
}

async fn run_beside(
    fault: Fault,
    directory: &Path,
    booked: Booked,
) -> Result<Captured, Box<Failed>> {
    let options = Options { booked, ..quick(directory) };
    capture(&inspected(fault), &Target::Process(42), &options, &(), &Stop::never()).await
}

/// Options that wait for nothing longer than a test may take.
fn quick(directory: &Path) -> Options {
    Options {
        timeout: Duration::from_millis(300),
        patience: Duration::from_millis(300),
        ..Options::new(directory.join("a.heapsnapshot"))
    }
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

async fn partial(fault: Fault) -> Taken {
    let directory = tempfile::tempdir().unwrap();
    let mut captured = run(fault, directory.path()).await.unwrap();
    assert!(!captured.is_whole());
    assert_eq!(names(directory.path()), ["a.PARTIAL.heapsnapshot"], "{fault:?}");
    captured.snapshots.remove(0)
}

async fn error(fault: Fault) -> Error {
    let directory = tempfile::tempdir().unwrap();
    let failed = run(fault, directory.path()).await.unwrap_err();
    assert_eq!(names(directory.path()), Vec::<String>::new(), "{fault:?}");
    failed.error
}

#[tokio::test]
async fn a_good_one_is_whole() {
    let directory = tempfile::tempdir().unwrap();
    let captured = run(Fault::None, directory.path()).await.unwrap();
    assert!(captured.is_whole(), "{captured:?}");
    assert_eq!(names(directory.path()), ["a.heapsnapshot"]);
    assert_eq!(captured.snapshots[0].written.checked.nodes, 1);
    assert!(captured.snapshots[0].pause.is_some());
}

#[tokio::test]
async fn what_others_will_write_is_not_free() {
    let directory = tempfile::tempdir().unwrap();
    let booked = Booked::default();
    let other = Path::new("other.heapsnapshot");
    booked.book(other, u64::MAX);
    let failed = run_beside(Fault::None, directory.path(), booked.clone()).await.unwrap_err();
    assert!(matches!(failed.error, Error::Refused(_)), "{}", failed.error);
    booked.book(other, 1);
    let captured = run_beside(Fault::None, directory.path(), booked.clone()).await.unwrap();
    assert!(captured.is_whole());
    // What is written is booked no more.
    assert_eq!(booked.by_others(other), 0);
}

#[tokio::test]
async fn a_stalled_stream_is_partial() {
    assert!(matches!(partial(Fault::Stalls).await.broken, Some(Broken::TimedOut(_))));
}

#[tokio::test]
async fn no_signal_is_sent_where_none_may_be() {
    let directory = tempfile::tempdir().unwrap();
    for method in [Method::Auto, Method::Inspector, Method::Sigusr2] {
        let options = Options { no_signal: true, method, ..quick(directory.path()) };
        let (shut, target) = (shut(Fault::None), Target::Process(42));
        let result = capture(&shut, &target, &options, &(), &Stop::never()).await;
        let is_hinted = |hint: String| hint.contains("without --no-signal");
        let is_told = |error: &Error| {
            let is_hinted = method == Method::Sigusr2 || error.hint().is_some_and(is_hinted);
            is_hinted && error.to_string().contains("may be sent")
        };
        assert!(
            result.is_err_and(|failed| is_told(&failed.error)) && !shut.is_open(),
            "{method:?}"
        );
    }
    let options = Options { no_signal: true, ..quick(directory.path()) };
    let (open, target) = (inspected(Fault::None), Target::Process(42));
    assert!(capture(&open, &target, &options, &(), &Stop::never()).await.unwrap().is_whole());
}

#[tokio::test]
async fn a_look_at_a_shut_inspector_says_that_it_sees_no_worker_threads() {
    let directory = tempfile::tempdir().unwrap();
    for workers in [false, true] {
        let (shut, target, notes) = (shut(Fault::None), Target::Process(42), Notes::default());
        let options = Options { dry_run: true, workers, ..quick(directory.path()) };
        let looked = capture(&shut, &target, &options, &notes, &Stop::never()).await.unwrap();
        assert!(looked.workers.is_empty() && !shut.is_open());
        assert_eq!(notes.all().contains("the worker threads are looked at only"), workers);
    }
}

#[tokio::test]
async fn who_else_was_killed_for_memory_meanwhile_is_told() {
    for killed in [0, 1, 2] {
        let directory = tempfile::tempdir().unwrap();
        let (place, target) = (inspected(Fault::None), Target::Process(42));
        place.state.killed.store(killed, Ordering::SeqCst);
        let options = quick(directory.path());
        let captured = capture(&place, &target, &options, &(), &Stop::never()).await.unwrap();
        assert!(captured.is_whole());
        assert_eq!(CaptureDocument::new(&captured).killed_for_memory, killed);
        let said = captured.harm().unwrap_or_default();
        let expected = ["", "another process of the control group", "2 other processes"];
        let expected = expected[usize::try_from(killed).unwrap()];
        assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{said}");
    }
}

#[tokio::test]
async fn who_forces_everything_does_not_wait_for_a_turn_and_takes_one() {
    let directory = tempfile::tempdir().unwrap();
    let (place, target) = (inspected(Fault::None), Target::Process(42));
    place.state.is_taken.store(true, Ordering::SeqCst);
    let patience = Duration::ZERO;
    let waits = Options { patience, ..quick(directory.path()) };
    let failed = capture(&place, &target, &waits, &(), &Stop::never()).await.unwrap_err();
    assert!(matches!(failed.error, Error::UnderWay { pid: 42, .. }), "{}", failed.error);
    assert!(failed.error.to_string().contains("(process 7: another)"), "{}", failed.error);
    assert_eq!(place.count(), (0, 0), "it was left alone");
    let asked = place.state.turns.load(Ordering::SeqCst);
    let forced = Options { force: Forced::All, ..quick(directory.path()) };
    let captured = capture(&place, &target, &forced, &(), &Stop::never()).await.unwrap();
    assert!(captured.is_whole());
    assert_eq!(place.state.turns.load(Ordering::SeqCst), asked + 1, "others wait for it");
}

/// V8 from Node.js 22 on answers in the middle of a computation, and takes the snapshot only in the event loop.
#[tokio::test]
async fn a_snapshot_that_is_put_off_is_not_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options { timeout: Duration::from_secs(60), ..quick(directory.path()) };
    let (place, target) = (shut(Fault::PutsOff), Target::Process(42));
    let captured = capture(&place, &target, &options, &(), &Stop::never()).await.unwrap();
    let broken = captured.snapshots[0].broken.as_ref().unwrap();
    assert!(matches!(broken, Broken::PutOff(_)), "{broken:?}");
    // `gather` says the same, and has no such option.
    assert!(!broken.to_string().contains("--patience"), "{broken}");
    assert!(broken.hint().is_some_and(|hint| hint.contains("--patience")));
    assert_eq!(names(directory.path()), Vec::<String>::new());
    assert!(!place.is_open() && captured.left_behind.is_empty());
}

#[tokio::test]
async fn a_lost_connection_is_partial() {
    assert!(matches!(partial(Fault::HangsUp).await.broken, Some(Broken::Lost(_))));
}

#[tokio::test]
async fn half_a_snapshot_is_not_believed() {
    assert!(matches!(partial(Fault::Truncates).await.broken, Some(Broken::Damaged(_))));
}

#[tokio::test]
async fn a_refusal_leaves_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let captured = run(Fault::Refuses, directory.path()).await.unwrap();
    let taken = &captured.snapshots[0];
    assert!(matches!(&taken.broken, Some(Broken::Refused(why)) if why == "no memory"));
    assert_eq!(taken.written.path, None);
    assert_eq!(names(directory.path()), Vec::<String>::new());
}

#[tokio::test]
async fn nothing_is_taken_of_another_process() {
    let error = error(Fault::Another).await;
    assert!(matches!(error, Error::WrongProcess { found: 43, wanted: 42, .. }), "{error}");
    let error = self::error(Fault::Neighbour).await;
    assert!(matches!(error, Error::OtherContainer { port: 9229, pid: 42 }), "{error}");
}

#[tokio::test]
async fn nothing_is_asked_of_a_process_that_does_not_answer() {
    let error = error(Fault::Silent).await;
    assert!(matches!(error, Error::Blocked { .. }), "{error}");
}

#[tokio::test]
async fn a_web_server_is_no_inspector() {
    let place = inspected(Fault::Website);
    let target = Target::Inspector { port: 9229, path: None };
    let failed =
        capture(&place, &target, &Options::new("x"), &(), &Stop::never()).await.unwrap_err();
    let not = |error: &Error| matches!(error, Error::Inspector(InspectorError::NotAnInspector(_)));
    assert!(not(&failed.error), "{}", failed.error);
}

/// Its inspector says the same number before and after, as in a container that was restarted.
#[tokio::test]
async fn another_process_with_the_same_number_is_told_by_when_it_began() {
    let directory = tempfile::tempdir().unwrap();
    let options = quick(directory.path());
    let take = async |place: &Scripted<Faulty>, options: &Options| {
        capture(place, &Target::Process(42), options, &(), &Stop::never()).await
    };
    // It was restarted between the look and the question.
    let place = Scripted { lives: 1, ..inspected(Fault::None) };
    let failed = take(&place, &options).await.unwrap_err();
    assert!(matches!(failed.error, Error::Replaced), "{}", failed.error);
    assert!(place.is_open(), "its own inspector is left as it is");
    // While the snapshot is taken: the connection is lost, and its number is there again.
    let place = Scripted { lives: 3, ..inspected(Fault::HangsUp) };
    let captured = take(&place, &options).await.unwrap();
    assert!(matches!(captured.snapshots[0].broken, Some(Broken::Ended)), "{captured:?}");
    // Between two snapshots.
    let place = inspected(Fault::None);
    let first = take(&place, &options).await.unwrap();
    let again = |born| Options { born, ..Options::new(directory.path().join("b.heapsnapshot")) };
    assert!(take(&place, &again(first.birth())).await.unwrap().is_whole());
    let place = Scripted { lives: 0, ..inspected(Fault::None) };
    let again = Options { out: directory.path().join("c.heapsnapshot"), ..again(first.birth()) };
    let failed = take(&place, &again).await.unwrap_err();
    assert!(matches!(failed.error, Error::Replaced), "{}", failed.error);
}

/// Asks to stop as soon as bytes arrive.
struct StopsAtFirstByte(Arc<tokio::sync::watch::Sender<bool>>);

impl Progress for StopsAtFirstByte {
    fn event(&self, event: Event) {
        if let Event::Received(_) = event {
            self.0.send(true).unwrap();
        }
    }
}

/// Takes a snapshot, and looks at the inspector afterwards.
async fn leaves_the_inspector(place: Scripted<Faulty>, interrupted: bool) {
    let what = format!("{:?}, interrupted: {interrupted}, {}", place.script.fault, place.inspect);
    let directory = tempfile::tempdir().unwrap();
    let options = quick(directory.path());
    let (handle, stop) = Stop::pair();
    let (stops, target) = (StopsAtFirstByte(handle), Target::Process(42));
    let watches: &dyn Progress = if interrupted { &stops } else { &() };
    let result = capture(&place, &target, &options, watches, &stop).await;
    let whole = result.as_ref().is_ok_and(Captured::is_whole);
    assert!(!whole || place.script.fault == Fault::None, "{what}");
    let left = match &result {
        Ok(captured) => &captured.left_behind,
        Err(failed) => &failed.left_behind,
    };
    assert_eq!(left, &Vec::<String>::new(), "{what}");
    assert_eq!(place.is_open(), place.inspect, "{what}");
}

#[tokio::test]
async fn the_inspector_is_left_as_it_was() {
    let faults = [
        Fault::None,
        Fault::Refuses,
        Fault::HangsUp,
        Fault::Stalls,
        Fault::PutsOff,
        Fault::Truncates,
        Fault::Another,
        Fault::Neighbour,
    ];
    let all = faults.into_iter().flat_map(|fault| {
        [false, true].into_iter().flat_map(move |interrupted| {
            [shut(fault), inspected(fault)].map(|place| leaves_the_inspector(place, interrupted))
        })
    });
    futures_util::future::join_all(all).await;
}

/// The way to the process is interrupted, and with it the snapshot. The process knows nothing of that: its inspector would
/// stay open.
#[tokio::test]
async fn the_inspector_is_closed_once_the_way_is_back() {
    let outage = AtomicUsize::new(2);
    leaves_the_inspector(Scripted { outage, ..shut(Fault::HangsUp) }, false).await;
}

/// Has the process replaced as soon as bytes arrive.
struct ReplacedAtFirstByte(Arc<State>);

impl Progress for ReplacedAtFirstByte {
    fn event(&self, event: Event) {
        if let Event::Received(_) = event {
            self.0.is_replaced.store(true, Ordering::SeqCst);
        }
    }
}

/// As in a container that was restarted while there was no way to it.
#[tokio::test]
async fn the_inspector_of_another_process_is_not_closed_when_the_way_is_back() {
    let directory = tempfile::tempdir().unwrap();
    let place = Scripted { outage: AtomicUsize::new(1), ..shut(Fault::HangsUp) };
    let (replaced, target) = (ReplacedAtFirstByte(place.state.clone()), Target::Process(42));
    let options = quick(directory.path());
    let captured = capture(&place, &target, &options, &replaced, &Stop::never()).await.unwrap();
    assert!(!captured.is_whole() && captured.left_behind.is_empty(), "{captured:?}");
    assert!(place.is_open(), "it is not ours");
}

async fn with_workers(
    place: &Scripted<Faulty>,
    force: Forced,
    directory: &Path,
) -> (Captured, Vec<(Option<String>, String)>) {
    let options = Options { workers: true, force, ..quick(directory) };
    let captured = capture(place, &Target::Process(42), &options, &(), &Stop::never()).await;
    let captured = captured.unwrap();
    let missing = captured.missing.iter().map(|missing| {
        (missing.worker.as_ref().map(|worker| worker.url.clone()), missing.error.to_string())
    });
    let missing = missing.collect();
    (captured, missing)
}

#[tokio::test]
async fn a_worker_that_is_not_safe_is_refused_and_the_others_are_taken() {
    let workers = vec![Worker::Large, Worker::Busy, Worker::Strange, Worker::Small];
    let place = Scripted::shut(Faulty { fault: Fault::None, workers });
    let directory = tempfile::tempdir().unwrap();
    let (captured, missing) = with_workers(&place, Forced::Nothing, directory.path()).await;
    let taken: Vec<_> = captured.snapshots.iter().map(|taken| taken.worker.as_ref()).collect();
    let taken: Vec<_> = taken.iter().map(|worker| worker.map(|it| it.url.as_str())).collect();
    assert_eq!(taken, [None, Some("Strange.js"), Some("Small.js")]);
    assert!(captured.snapshots.iter().all(Taken::is_whole) && !captured.is_whole());
    let of: Vec<_> = missing.iter().map(|(worker, _)| worker.as_deref().unwrap()).collect();
    assert_eq!(of, ["Large.js", "Busy.js"]);
    assert!(missing[0].1.starts_with("not safe: V8 will need"), "{missing:?}");
    assert!(missing[1].1.starts_with("it does not answer"), "{missing:?}");
    assert!(!place.is_open() && captured.left_behind.is_empty());
    let document = CaptureDocument::new(&captured);
    assert_eq!(document.outcome, "partial");
    assert!(document.error.unwrap().contains("worker 0 (Large.js) was not taken: not safe"));
    let refused: Vec<_> = document.missing.iter().map(|it| it.refused).collect();
    assert_eq!((refused, document.workers.len()), (vec![true, false], 3));
}

#[tokio::test]
async fn a_worker_that_is_not_safe_can_be_forced() {
    let place = Scripted::inspected(Faulty { fault: Fault::None, workers: vec![Worker::Large] });
    let directory = tempfile::tempdir().unwrap();
    let (captured, missing) = with_workers(&place, Forced::All, directory.path()).await;
    assert!(captured.is_whole() && missing.is_empty(), "{missing:?}");
    assert_eq!(captured.snapshots.len(), 2);
}

#[tokio::test]
async fn workers_that_cannot_be_listed_do_not_cost_the_main_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    let place = shut(Fault::NoWorkers);
    let (captured, missing) = with_workers(&place, Forced::Nothing, directory.path()).await;
    assert!(captured.snapshots[0].is_whole() && !captured.is_whole());
    assert_eq!(names(directory.path()), ["a.heapsnapshot"]);
    assert!(matches!(&missing[..], [(None, why)] if why.contains("no memory")), "{missing:?}");
    assert!(!place.is_open());
}
