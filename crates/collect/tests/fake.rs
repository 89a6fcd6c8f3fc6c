//! Captures of an inspector that misbehaves.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use heapglass_collect::capture::{Broken, Error, Taken};
use heapglass_collect::inspector::InspectorError;
use heapglass_collect::place::{
    Place, PlaceError, RawProcess, RawSurroundings, RemoteFile, Signal,
};
use heapglass_collect::preflight::Forced;
use heapglass_collect::sink::Booked;
use heapglass_collect::wire::CaptureDocument;
use heapglass_collect::{
    Captured, Event, Failed, Method, Options, Progress, Stop, Target, capture,
};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio_tungstenite::tungstenite::Message;

const SMALL: &str = r#"{"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count"],"node_types":[["object"],"string","number","number","number"],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["context","element","property"],"string_or_number","node"]},"node_count":1,"edge_count":0},"nodes":[0,0,1,8,0],"edges":[],"strings":["a"]}"#;

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

struct Fake {
    fault: Fault,
    workers: Vec<Worker>,
    /// Whether the inspector was asked for on the command line.
    inspect: bool,
    /// How many looks at the process it takes until another one has its number.
    lives: usize,
    looks: AtomicUsize,
    open: Arc<AtomicBool>,
}

impl Fake {
    /// A process whose inspector is open.
    fn new(fault: Fault) -> Fake {
        Fake {
            fault,
            workers: Vec::new(),
            inspect: true,
            lives: usize::MAX,
            looks: AtomicUsize::new(0),
            open: Arc::new(AtomicBool::new(true)),
        }
    }

    /// One whose inspector has to be opened.
    fn shut(fault: Fault) -> Fake {
        Fake { inspect: false, open: Arc::default(), ..Fake::new(fault) }
    }

    fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }
}

impl Place for Fake {
    type Stream = DuplexStream;
    type File = tokio::io::Empty;

    fn name(&self) -> String {
        "a test".to_owned()
    }

    async fn processes(&self) -> Result<Vec<RawProcess>, PlaceError> {
        let option = if self.inspect { "--inspect" } else { "--verbose" };
        let looks = self.looks.fetch_add(1, Ordering::SeqCst);
        Ok(vec![RawProcess {
            pid: 42,
            comm: "node\n".to_owned(),
            exe: "/usr/bin/node".to_owned(),
            cmdline: format!("node\0{option}\0app.js\0").into_bytes(),
            status: "VmRSS:\t1000 kB\nVmHWM:\t1000 kB\nSigCgt:\t0000000000000200\n".to_owned(),
            started: Some(if looks < self.lives { 100 } else { 200 }),
            ..RawProcess::default()
        }])
    }

    async fn surroundings(&self, _: u32) -> Result<RawSurroundings, PlaceError> {
        let listens = " 0: 0100007F:240D 00000000:0000 0A 0:0 0:0 0 0 0 111 1\n";
        Ok(RawSurroundings {
            meminfo: "MemTotal: 2000000 kB\nMemAvailable: 1000000 kB\n".to_owned(),
            sockets: if self.is_open() { listens.to_owned() } else { String::new() },
            descriptors: "socket:[111]\n".to_owned(),
            ..RawSurroundings::default()
        })
    }

    async fn signal(&self, _: u32, _: Option<u64>, signal: Signal) -> Result<(), PlaceError> {
        assert!(!self.inspect && signal == Signal::Usr1, "no {signal:?} is needed");
        self.open.store(true, Ordering::SeqCst);
        Ok(())
    }

    async fn connect(&self, port: u16) -> Result<DuplexStream, PlaceError> {
        assert_eq!(port, 9229);
        if !self.is_open() {
            let source = std::io::ErrorKind::ConnectionRefused.into();
            return Err(PlaceError::Io { what: "to connect".to_owned(), source });
        }
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let (fault, workers, open) = (self.fault, self.workers.clone(), self.open.clone());
        tokio::spawn(async move {
            let mut stream = BufReader::new(theirs);
            let asks = stream.fill_buf().await.unwrap_or_default();
            if asks.starts_with(b"GET /json") {
                list_targets(stream, fault).await;
            } else {
                talk(stream, Inspector { fault, workers, open, clock: 1e9 }).await;
            }
        });
        Ok(ours)
    }

    async fn list(&self, _: &str) -> Result<Vec<RemoteFile>, PlaceError> {
        Ok(Vec::new())
    }

    async fn open(&self, _: &str, _: u64) -> Result<tokio::io::Empty, PlaceError> {
        Ok(tokio::io::empty())
    }

    async fn writable(&self, _: u32, _: &str) -> Result<bool, PlaceError> {
        Ok(true)
    }

    async fn remove(&self, _: &str) -> Result<(), PlaceError> {
        Ok(())
    }
}

async fn list_targets(mut stream: BufReader<DuplexStream>, fault: Fault) {
    let mut request = vec![0; 4096];
    let _ = stream.read(&mut request).await;
    let (status, body) = match fault {
        Fault::Website => ("404 Not Found", "<html>".to_owned()),
        _ => {
            let target =
                json!([{ "type": "node", "webSocketDebuggerUrl": "ws://127.0.0.1:9229/id" }]);
            ("200 OK", target.to_string())
        }
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
}

struct Inspector {
    fault: Fault,
    workers: Vec<Worker>,
    open: Arc<AtomicBool>,
    clock: f64,
}

async fn talk(stream: BufReader<DuplexStream>, mut inspector: Inspector) {
    let fault = inspector.fault;
    let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { return };
    while let Some(Ok(Message::Text(text))) = socket.next().await {
        let request: Value = serde_json::from_str(&text).unwrap();
        if fault == Fault::Silent {
            continue;
        }
        let answers = if request["method"] == "NodeWorker.sendMessageToWorker" {
            inspector.pass_on(&request)
        } else {
            inspector.answer(&request, None)
        };
        for answer in answers {
            let _ = socket.send(Message::text(answer.to_string())).await;
        }
        let taking = request["method"] == "HeapProfiler.takeHeapSnapshot";
        if taking && fault == Fault::HangsUp {
            return;
        }
        if taking && fault == Fault::Stalls {
            std::future::pending::<()>().await;
        }
    }
}

impl Inspector {
    /// The answers to what a worker thread was asked.
    fn pass_on(&mut self, envelope: &Value) -> Vec<Value> {
        let session = envelope["params"]["sessionId"].as_str().unwrap();
        let worker = self.workers[session.parse::<usize>().unwrap()];
        let inner = envelope["params"]["message"].as_str().unwrap();
        let mut answers = vec![json!({ "id": envelope["id"], "result": {} })];
        if worker != Worker::Busy {
            let inner = self.answer(&serde_json::from_str(inner).unwrap(), Some(worker));
            answers.extend(inner.iter().map(|answer| {
                let params = json!({ "sessionId": session, "message": answer.to_string() });
                json!({ "method": "NodeWorker.receivedMessageFromWorker", "params": params })
            }));
        }
        answers
    }

    /// The answers of one thread.
    fn answer(&mut self, request: &Value, worker: Option<Worker>) -> Vec<Value> {
        let expression = request["params"]["expression"].as_str().unwrap_or_default();
        let fault = if worker.is_some() { Fault::None } else { self.fault };
        let mut answers = Vec::new();
        let result = match request["method"].as_str().unwrap() {
            "Runtime.evaluate" if expression.contains("performance.now") => {
                self.clock += 1e9;
                json!({ "result": { "value": self.clock } })
            }
            "Runtime.evaluate" if expression.contains("_debugEnd") => {
                self.open.store(false, Ordering::SeqCst);
                json!({ "result": { "value": true } })
            }
            "Runtime.evaluate" => {
                let pid = if fault == Fault::Another { 43 } else { 42 };
                let used = if worker == Some(Worker::Large) { 10_000_000_000u64 } else { 1000 };
                let heap = json!({ "used_heap_size": used, "heap_size_limit": used * 2 });
                let heap = if worker == Some(Worker::Strange) { Value::Null } else { heap };
                let who = json!({ "pid": pid, "version": "v22.0.0", "heap": heap });
                json!({ "result": { "value": who.to_string() } })
            }
            "Runtime.getHeapUsage" => json!({ "usedSize": 2000, "totalSize": 4000 }),
            "NodeWorker.enable" => {
                for (session, kind) in self.workers.iter().enumerate() {
                    let session = session.to_string();
                    let info = json!({ "workerId": session, "url": format!("{kind:?}.js") });
                    let params = json!({ "sessionId": session, "workerInfo": info });
                    let method = "NodeWorker.attachedToWorker";
                    answers.push(json!({ "method": method, "params": params }));
                }
                json!({})
            }
            "HeapProfiler.takeHeapSnapshot" => {
                let half = SMALL.len() / 2;
                let pieces = match fault {
                    Fault::None | Fault::NoWorkers => vec![&SMALL[..half], &SMALL[half..]],
                    Fault::Refuses | Fault::PutsOff => vec![],
                    _ => vec![&SMALL[..half]],
                };
                for piece in pieces {
                    let method = "HeapProfiler.addHeapSnapshotChunk";
                    answers.push(json!({ "method": method, "params": { "chunk": piece } }));
                }
                json!({})
            }
            _ => json!({}),
        };
        let (id, method) = (&request["id"], &request["method"]);
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
}

async fn run(fault: Fault, directory: &std::path::Path) -> Result<Captured, Box<Failed>> {
    run_beside(fault, directory, Booked::default()).await
}

async fn run_beside(
    fault: Fault,
    directory: &std::path::Path,
    booked: Booked,
) -> Result<Captured, Box<Failed>> {
    let options = Options { booked, ..quick(directory) };
    capture(&Fake::new(fault), &Target::Process(42), &options, &(), &Stop::never()).await
}

/// Options that wait for nothing longer than a test may take.
fn quick(directory: &std::path::Path) -> Options {
    Options {
        timeout: Duration::from_millis(300),
        patience: Duration::from_millis(300),
        ..Options::new(directory.join("a.heapsnapshot"))
    }
}

fn names(directory: &std::path::Path) -> Vec<String> {
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
    let other = std::path::Path::new("other.heapsnapshot");
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
        let (shut, target) = (Fake::shut(Fault::None), Target::Process(42));
        let result = capture(&shut, &target, &options, &(), &Stop::never()).await;
        let is_told = |error: &Error| error.to_string().contains("may be sent");
        assert!(
            result.is_err_and(|failed| is_told(&failed.error)) && !shut.is_open(),
            "{method:?}"
        );
    }
    let options = Options { no_signal: true, ..quick(directory.path()) };
    let (open, target) = (Fake::new(Fault::None), Target::Process(42));
    assert!(capture(&open, &target, &options, &(), &Stop::never()).await.unwrap().is_whole());
}

/// V8 from Node.js 22 on answers in the middle of a computation, and takes the snapshot only in the event loop.
#[tokio::test]
async fn a_snapshot_that_is_put_off_is_not_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let patience = Duration::from_millis(50);
    let options = Options { patience, timeout: Duration::from_secs(60), ..quick(directory.path()) };
    let (place, target) = (Fake::shut(Fault::PutsOff), Target::Process(42));
    let captured = capture(&place, &target, &options, &(), &Stop::never()).await.unwrap();
    let broken = &captured.snapshots[0].broken;
    assert!(matches!(broken, Some(Broken::PutOff(_))), "{broken:?}");
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
}

#[tokio::test]
async fn nothing_is_asked_of_a_process_that_does_not_answer() {
    let error = error(Fault::Silent).await;
    assert!(matches!(error, Error::Blocked { .. }), "{error}");
}

#[tokio::test]
async fn a_web_server_is_no_inspector() {
    let place = Fake::new(Fault::Website);
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
    let take = async |place: &Fake, options: &Options| {
        capture(place, &Target::Process(42), options, &(), &Stop::never()).await
    };
    // It was restarted between the look and the question.
    let place = Fake { lives: 1, ..Fake::new(Fault::None) };
    let failed = take(&place, &options).await.unwrap_err();
    assert!(matches!(failed.error, Error::Replaced), "{}", failed.error);
    assert!(place.is_open(), "its own inspector is left as it is");
    // While the snapshot is taken: the connection is lost, and its number is there again.
    let place = Fake { lives: 3, ..Fake::new(Fault::HangsUp) };
    let captured = take(&place, &options).await.unwrap();
    assert!(matches!(captured.snapshots[0].broken, Some(Broken::Ended)), "{captured:?}");
    // Between two snapshots.
    let place = Fake::new(Fault::None);
    let first = take(&place, &options).await.unwrap();
    let again = |born| Options { born, ..Options::new(directory.path().join("b.heapsnapshot")) };
    assert!(take(&place, &again(first.birth())).await.unwrap().is_whole());
    let place = Fake { lives: 0, ..Fake::new(Fault::None) };
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
async fn leaves_the_inspector(place: Fake, interrupted: bool) {
    let what = format!("{:?}, interrupted: {interrupted}, {}", place.fault, place.inspect);
    let directory = tempfile::tempdir().unwrap();
    let options = quick(directory.path());
    let (handle, stop) = Stop::pair();
    let (stops, target) = (StopsAtFirstByte(handle), Target::Process(42));
    let watches: &dyn Progress = if interrupted { &stops } else { &() };
    let result = capture(&place, &target, &options, watches, &stop).await;
    let whole = result.as_ref().is_ok_and(Captured::is_whole);
    assert!(!whole || place.fault == Fault::None, "{what}");
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
    ];
    let all = faults.into_iter().flat_map(|fault| {
        [false, true].into_iter().flat_map(move |interrupted| {
            [Fake::shut(fault), Fake::new(fault)]
                .map(|place| leaves_the_inspector(place, interrupted))
        })
    });
    futures_util::future::join_all(all).await;
}

async fn with_workers(
    place: &Fake,
    force: Forced,
    directory: &std::path::Path,
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
    let place = Fake { workers, ..Fake::shut(Fault::None) };
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
    let place = Fake { workers: vec![Worker::Large], ..Fake::new(Fault::None) };
    let directory = tempfile::tempdir().unwrap();
    let (captured, missing) = with_workers(&place, Forced::All, directory.path()).await;
    assert!(captured.is_whole() && missing.is_empty(), "{missing:?}");
    assert_eq!(captured.snapshots.len(), 2);
}

#[tokio::test]
async fn workers_that_cannot_be_listed_do_not_cost_the_main_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    let place = Fake::shut(Fault::NoWorkers);
    let (captured, missing) = with_workers(&place, Forced::Nothing, directory.path()).await;
    assert!(captured.snapshots[0].is_whole() && !captured.is_whole());
    assert_eq!(names(directory.path()), ["a.heapsnapshot"]);
    assert!(matches!(&missing[..], [(None, why)] if why.contains("no memory")), "{missing:?}");
    assert!(!place.is_open());
}
