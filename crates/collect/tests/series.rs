//! A series of snapshots over one connection, of a process that ends or hangs up meanwhile.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use heapglass_collect::capture::{Error, Kept, Rest, capture_next};
use heapglass_collect::place::{
    Place, PlaceError, RawProcess, RawSurroundings, RemoteFile, Signal,
};
use heapglass_collect::{Captured, Event, Failed, Options, Progress, Stop, Target};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;

const SMALL: &str = r#"{"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count"],"node_types":[["object"],"string","number","number","number"],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["context","element","property"],"string_or_number","node"]},"node_count":1,"edge_count":0},"nodes":[0,0,1,8,0],"edges":[],"strings":["a"]}"#;

/// What becomes of it a moment after the first snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It goes on.
    Stays,
    /// It is about to end, waits until everybody has hung up, and ends.
    Ends,
    /// The connection is lost.
    HangsUp,
    /// It is killed.
    IsKilled,
}

#[derive(Debug, Default)]
struct State {
    is_open: AtomicBool,
    has_ended: AtomicBool,
    signals: AtomicUsize,
    sessions: AtomicUsize,
    /// Sessions that are not over.
    connected: AtomicUsize,
    /// Snapshots that were taken.
    taken: AtomicUsize,
    /// Questions that only keep a connection busy.
    asked: AtomicUsize,
}

struct Fake {
    fate: Fate,
    state: Arc<State>,
}

impl Fake {
    fn new(fate: Fate) -> Fake {
        Fake { fate, state: Arc::default() }
    }

    fn is_open(&self) -> bool {
        self.state.is_open.load(Ordering::SeqCst)
    }

    fn count(&self) -> (usize, usize) {
        let count = |of: &AtomicUsize| of.load(Ordering::SeqCst);
        (count(&self.state.signals), count(&self.state.sessions))
    }
}

impl Place for Fake {
    type Stream = DuplexStream;
    type File = tokio::io::Empty;

    fn name(&self) -> String {
        "a test".to_owned()
    }

    async fn processes(&self) -> Result<Vec<RawProcess>, PlaceError> {
        if self.state.has_ended.load(Ordering::SeqCst) {
            return Ok(Vec::new());
        }
        Ok(vec![RawProcess {
            pid: 42,
            comm: "node\n".to_owned(),
            exe: "/usr/bin/node".to_owned(),
            cmdline: b"node\0app.js\0".to_vec(),
            status: "VmRSS:\t1000 kB\nSigCgt:\t0000000000000200\n".to_owned(),
            started: Some(100),
            ..RawProcess::default()
        }])
    }

    async fn surroundings(&self, _: u32) -> Result<RawSurroundings, PlaceError> {
        let mut sockets = String::new();
        if self.is_open() {
            sockets.push_str(" 0: 0100007F:240D 00000000:0000 0A 0:0 0:0 0 0 0 111 1\n");
            for _ in 0..self.state.connected.load(Ordering::SeqCst) {
                sockets.push_str(" 1: 0100007F:240D 0100007F:9A4C 01 0:0 0:0 0 0 0 112 1\n");
            }
        }
        let descriptors = "socket:[111]\n".to_owned();
        let meminfo = "MemTotal: 2000000 kB\nMemAvailable: 1000000 kB\n".to_owned();
        Ok(RawSurroundings { meminfo, sockets, descriptors, ..RawSurroundings::default() })
    }

    async fn signal(&self, _: u32, _: Option<u64>, _: Signal) -> Result<(), PlaceError> {
        self.state.signals.fetch_add(1, Ordering::SeqCst);
        self.state.is_open.store(true, Ordering::SeqCst);
        Ok(())
    }

    async fn connect(&self, _: u16) -> Result<DuplexStream, PlaceError> {
        if !self.is_open() {
            let source = std::io::ErrorKind::ConnectionRefused.into();
            return Err(PlaceError::Io { what: "to connect".to_owned(), source });
        }
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let (fate, state) = (self.fate, self.state.clone());
        tokio::spawn(async move {
            let mut stream = BufReader::new(theirs);
            let asks = stream.fill_buf().await.unwrap_or_default();
            if asks.starts_with(b"GET /json") {
                list_targets(stream).await;
            } else {
                state.connected.fetch_add(1, Ordering::SeqCst);
                talk(stream, fate, &state).await;
                state.connected.fetch_sub(1, Ordering::SeqCst);
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

async fn list_targets(mut stream: BufReader<DuplexStream>) {
    let mut request = vec![0; 4096];
    let _ = stream.read(&mut request).await;
    let target = json!([{ "type": "node", "webSocketDebuggerUrl": "ws://127.0.0.1:9229/id" }]);
    let body = target.to_string();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
}

async fn talk(stream: BufReader<DuplexStream>, fate: Fate, state: &State) {
    let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { return };
    let is_first = state.sessions.fetch_add(1, Ordering::SeqCst) == 0;
    let (mut clock, mut is_told) = (1e9, false);
    loop {
        let happens = is_first && fate != Fate::Stays && state.taken.load(Ordering::SeqCst) > 0;
        let patience = Duration::from_millis(if happens { 100 } else { 60_000 });
        let message = match timeout(patience, socket.next()).await {
            Ok(Some(Ok(Message::Text(text)))) => text,
            Ok(_) => return,
            Err(_) => break,
        };
        let request: Value = serde_json::from_str(&message).unwrap();
        let expression = request["params"]["expression"].as_str().unwrap_or_default();
        let result = match request["method"].as_str().unwrap() {
            "Runtime.evaluate" if expression.contains("performance.now") => {
                clock += 1e9;
                json!({ "result": { "value": clock } })
            }
            "Runtime.evaluate" if expression.contains("_debugEnd") => {
                state.is_open.store(false, Ordering::SeqCst);
                json!({ "result": { "value": true } })
            }
            "Runtime.evaluate" => {
                let heap = json!({ "used_heap_size": 1000, "heap_size_limit": 2000 });
                let who = json!({ "pid": 42, "version": "v22.0.0", "heap": heap });
                json!({ "result": { "value": who.to_string() } })
            }
            "HeapProfiler.takeHeapSnapshot" => {
                let method = "HeapProfiler.addHeapSnapshotChunk";
                let chunk = json!({ "method": method, "params": { "chunk": SMALL } });
                let _ = socket.send(Message::text(chunk.to_string())).await;
                state.taken.fetch_add(1, Ordering::SeqCst);
                json!({})
            }
            "NodeRuntime.notifyWhenWaitingForDisconnect" => {
                is_told = true;
                json!({})
            }
            "Runtime.getIsolateId" => {
                state.asked.fetch_add(1, Ordering::SeqCst);
                json!({ "id": "1" })
            }
            _ => json!({}),
        };
        let answer = json!({ "id": request["id"], "result": result });
        let _ = socket.send(Message::text(answer.to_string())).await;
    }
    if fate == Fate::Ends {
        assert!(is_told, "nobody wants to hear of the end");
        let ending = json!({ "method": "NodeRuntime.waitingForDisconnect" });
        let _ = socket.send(Message::text(ending.to_string())).await;
        while let Some(Ok(_)) = socket.next().await {}
    }
    if fate != Fate::HangsUp {
        state.is_open.store(false, Ordering::SeqCst);
        state.has_ended.store(true, Ordering::SeqCst);
    }
}

/// What was told of.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Progress for Notes {
    fn event(&self, event: Event) {
        if let Event::Note(text) | Event::Undone(text) = event {
            self.0.lock().unwrap().push(text);
        }
    }
}

impl Notes {
    fn all(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}

/// A process, and what is kept of it.
struct Series {
    place: Fake,
    notes: Notes,
    kept: Kept<DuplexStream>,
    directory: tempfile::TempDir,
}

impl Series {
    fn new(fate: Fate) -> Series {
        Series {
            place: Fake::new(fate),
            notes: Notes::default(),
            kept: Kept::default(),
            directory: tempfile::tempdir().unwrap(),
        }
    }

    async fn take(&mut self, name: &str, goes_on: bool) -> Result<Captured, Box<Failed>> {
        self.kept.set_goes_on(goes_on);
        let (options, target) = (options(&self.directory.path().join(name)), Target::Process(42));
        let stop = Stop::never();
        capture_next(&self.place, &target, &options, &self.notes, &stop, &mut self.kept).await
    }

    async fn rest(&mut self, stop: &Stop, milliseconds: u64) -> Rest {
        let until = Instant::now() + Duration::from_millis(milliseconds);
        let options = options(self.directory.path());
        self.kept.rest(&self.place, &options, &self.notes, stop, until).await
    }

    async fn release(&mut self) -> Option<String> {
        let options = options(self.directory.path());
        self.kept.release(&self.place, &options, &self.notes).await
    }
}

fn options(out: &Path) -> Options {
    Options {
        patience: Duration::from_millis(300),
        timeout: Duration::from_secs(5),
        ..Options::new(out)
    }
}

#[tokio::test]
async fn a_series_is_one_session() {
    let mut series = Series::new(Fate::Stays);
    for (name, goes_on) in [("1", true), ("2", true), ("3", false)] {
        let captured = series.take(name, goes_on).await.unwrap();
        assert!(captured.is_whole() && captured.left_behind.is_empty(), "{captured:?}");
        assert_eq!(series.place.is_open(), goes_on, "it is closed after the last, and not before");
        if goes_on {
            assert_eq!(series.rest(&Stop::never(), 20).await, Rest::Over);
        }
    }
    assert_eq!(series.place.count(), (1, 1), "opened once, and connected to once");
    assert!(!series.notes.all().contains("other ids"), "{}", series.notes.all());
    assert_eq!(series.release().await, None, "nothing is kept");
}

#[tokio::test]
async fn a_process_that_ends_does_not_wait_for_the_next_snapshot() {
    for fate in [Fate::Ends, Fate::IsKilled] {
        let mut series = Series::new(fate);
        assert!(series.take("1", true).await.unwrap().is_whole());
        let rest = timeout(Duration::from_secs(3), series.rest(&Stop::never(), 60_000)).await;
        assert_eq!(rest.unwrap(), Rest::Ended, "{fate:?}");
        // It ends a moment after we have hung up.
        let ended = async {
            while !series.place.state.has_ended.load(Ordering::SeqCst) {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(1), ended).await.unwrap();
        assert!(!series.notes.all().contains("made again"), "{}", series.notes.all());
        assert_eq!(series.release().await, None);
    }
}

#[tokio::test]
async fn a_process_ends_also_while_nobody_waits_for_the_next() {
    let mut series = Series::new(Fate::Ends);
    assert!(series.take("1", true).await.unwrap().is_whole());
    // Whoever took it does something else for a while.
    let ended = async {
        while !series.place.state.has_ended.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(2), ended).await.unwrap();
    let failed = series.take("2", false).await.unwrap_err();
    assert!(matches!(failed.error, Error::NoProcess(..) | Error::Replaced), "{}", failed.error);
    assert_eq!((failed.left_behind.len(), series.release().await), (0, None));
}

#[tokio::test]
async fn a_lost_connection_is_made_again() {
    let mut series = Series::new(Fate::HangsUp);
    assert!(series.take("1", true).await.unwrap().is_whole());
    assert_eq!(series.rest(&Stop::never(), 400).await, Rest::Over);
    assert!(series.notes.all().contains("is made again for the next"), "{}", series.notes.all());
    assert!(series.take("2", false).await.unwrap().is_whole());
    assert_eq!(series.place.count(), (1, 2), "the inspector was open still");
    assert!(series.notes.all().contains("other ids"), "{}", series.notes.all());
    assert!(!series.place.is_open(), "what we opened is closed over the second connection");
}

#[tokio::test]
async fn a_connection_that_is_kept_is_not_silent() {
    let mut series = Series::new(Fate::Stays);
    assert!(series.take("1", true).await.unwrap().is_whole());
    tokio::time::pause();
    assert_eq!(series.rest(&Stop::never(), 100_000).await, Rest::Over);
    assert_eq!(series.place.state.asked.load(Ordering::SeqCst), 3, "each 30 s");
    tokio::time::resume();
    assert_eq!(series.release().await, None);
    assert!(!series.place.is_open());
}

#[tokio::test]
async fn what_was_opened_is_closed_however_a_series_ends() {
    for fate in [Fate::Stays, Fate::HangsUp] {
        let mut series = Series::new(fate);
        assert!(series.take("1", true).await.unwrap().is_whole());
        if fate == Fate::HangsUp {
            assert_eq!(series.rest(&Stop::never(), 400).await, Rest::Over);
        }
        let (handle, stop) = Stop::pair();
        handle.send(true).unwrap();
        assert_eq!(series.rest(&stop, 60_000).await, Rest::Stopped);
        assert!(series.place.is_open());
        assert_eq!(series.release().await, None);
        assert!(!series.place.is_open(), "{fate:?}");
    }
}
