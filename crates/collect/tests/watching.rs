//! Watching the heap of a process that ends, hangs up, or is watched by others too.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that panics is a test that fails"
)]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use heapglass_collect::capture::{Error, Waited, close_inspector, wait};
use heapglass_collect::place::{
    Place, PlaceError, RawProcess, RawSurroundings, RemoteFile, Signal,
};
use heapglass_collect::preflight::Forced;
use heapglass_collect::{Event, Failed, Options, Progress, Stop, Target};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio_tungstenite::tungstenite::Message;

/// What becomes of its connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// They are kept.
    Stays,
    /// It is about to end, waits until everybody has hung up, and ends.
    Ends,
    /// The first connection is lost, and the inspector is shut with it.
    IsShut,
}

#[derive(Debug, Default)]
struct State {
    is_open: AtomicBool,
    has_ended: AtomicBool,
    signals: AtomicUsize,
    sessions: AtomicUsize,
}

struct Fake {
    fate: Fate,
    /// Connections of others.
    others: usize,
    /// Whether the inspector was asked for on the command line.
    inspect: bool,
    state: Arc<State>,
}

impl Fake {
    fn new(fate: Fate) -> Fake {
        Fake { fate, others: 0, inspect: false, state: Arc::default() }
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
        let option = if self.inspect { "--inspect" } else { "--verbose" };
        Ok(vec![RawProcess {
            pid: 42,
            comm: "node\n".to_owned(),
            exe: "/usr/bin/node".to_owned(),
            cmdline: format!("node\0{option}\0app.js\0").into_bytes(),
            status: "VmRSS:\t1000 kB\nSigCgt:\t0000000000000200\n".to_owned(),
            started: Some(100),
            ..RawProcess::default()
        }])
    }

    async fn surroundings(&self, _: u32) -> Result<RawSurroundings, PlaceError> {
        let mut sockets = String::new();
        if self.is_open() {
            sockets.push_str(" 0: 0100007F:240D 00000000:0000 0A 0:0 0:0 0 0 0 111 1\n");
            let ours = self.state.sessions.load(Ordering::SeqCst).min(1);
            for _ in 0..ours + self.others {
                sockets.push_str(" 1: 0100007F:240D 0100007F:9A4C 01 0:0 0:0 0 0 0 112 1\n");
            }
        }
        let descriptors = "socket:[111]\n".to_owned();
        Ok(RawSurroundings { sockets, descriptors, ..RawSurroundings::default() })
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
                talk(stream, fate, &state).await;
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
    while let Some(Ok(Message::Text(text))) = socket.next().await {
        let request: Value = serde_json::from_str(&text).unwrap();
        let expression = request["params"]["expression"].as_str().unwrap_or_default();
        let result = match request["method"].as_str().unwrap() {
            "Runtime.evaluate" if expression.contains("_debugEnd") => {
                state.is_open.store(false, Ordering::SeqCst);
                json!({ "result": { "value": true } })
            }
            "Runtime.evaluate" => {
                let heap = json!({ "used_heap_size": 1000, "heap_size_limit": 2000 });
                let who = json!({ "pid": 42, "version": "v22.0.0", "heap": heap });
                json!({ "result": { "value": who.to_string() } })
            }
            _ => json!({}),
        };
        let answer = json!({ "id": request["id"], "result": result });
        let _ = socket.send(Message::text(answer.to_string())).await;
        if request["method"] != "NodeRuntime.notifyWhenWaitingForDisconnect" {
            continue;
        }
        match fate {
            Fate::Ends => {
                let ending = json!({ "method": "NodeRuntime.waitingForDisconnect" });
                let _ = socket.send(Message::text(ending.to_string())).await;
                while let Some(Ok(_)) = socket.next().await {}
                state.is_open.store(false, Ordering::SeqCst);
                state.has_ended.store(true, Ordering::SeqCst);
            }
            Fate::IsShut if is_first => {
                state.is_open.store(false, Ordering::SeqCst);
                return;
            }
            _ => {}
        }
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

fn options() -> Options {
    Options { patience: Duration::from_millis(300), ..Options::new("x") }
}

/// Waits for a condition, a second at most.
async fn watch(place: &Fake, condition: &str, notes: &Notes) -> Result<Waited, Box<Failed>> {
    let (options, target, stop) = (options(), Target::Process(42), Stop::never());
    let condition = condition.parse().unwrap();
    let waits = wait(place, &target, condition, &options, notes, &stop);
    tokio::time::timeout(Duration::from_secs(1), waits).await.expect("it ends in time")
}

#[tokio::test]
async fn a_process_that_ends_does_not_wait_for_the_next_look() {
    for inspect in [false, true] {
        let place = Fake { inspect, ..Fake::new(Fate::Ends) };
        place.state.is_open.store(inspect, Ordering::SeqCst);
        // The next look is due after 30 s.
        let failed = watch(&place, "heap>+1GB/1h", &Notes::default()).await.unwrap_err();
        assert!(matches!(failed.error, Error::Ended), "{}", failed.error);
        assert_eq!(failed.left_behind, Vec::<String>::new());
        // It ends a moment after we have hung up.
        let ended = async {
            while !place.state.has_ended.load(Ordering::SeqCst) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(1), ended).await.expect("nobody holds it");
    }
}

#[tokio::test]
async fn a_watch_outlives_the_inspector() {
    let (place, notes) = (Fake::new(Fate::IsShut), Notes::default());
    let failed = {
        let (handle, stop) = Stop::pair();
        let (options, target) = (options(), Target::Process(42));
        // Looked at every 0.1 s, and never true.
        let condition = "heap>+1GB/4s".parse().unwrap();
        let waits = wait(&place, &target, condition, &options, &notes, &stop);
        let again = async {
            while place.count().1 < 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            handle.send(true).unwrap();
        };
        let both = async { tokio::join!(waits, again).0 };
        tokio::time::timeout(Duration::from_secs(5), both).await.unwrap().unwrap_err()
    };
    assert!(matches!(failed.error, Error::Interrupted), "{}", failed.error);
    assert_eq!(place.count(), (2, 2), "opened again, and connected to");
    assert!(notes.all().contains("and is made again"), "{}", notes.all());
    assert!(!place.is_open() && failed.left_behind.is_empty(), "{:?}", failed.left_behind);
}

async fn close(place: &Fake, force: Forced) -> Result<bool, Box<Failed>> {
    place.state.is_open.store(true, Ordering::SeqCst);
    close_inspector(place, 42, &Options { force, ..options() }, &()).await
}

#[tokio::test(start_paused = true)]
async fn an_inspector_that_is_wanted_is_closed_by_force_alone() {
    for (inspect, others) in [(true, 0), (false, 1), (false, 0)] {
        let place = Fake { inspect, others, ..Fake::new(Fate::Stays) };
        let is_wanted = inspect || others > 0;
        let closed = close(&place, Forced::Nothing).await;
        assert_eq!(place.is_open(), is_wanted, "{inspect} {others}");
        match closed {
            Ok(closed) => assert!(closed && !is_wanted),
            Err(failed) => assert!(matches!(failed.error, Error::Refused(_)) && is_wanted),
        }
        assert!(close(&place, Forced::All).await.unwrap() && !place.is_open());
    }
}

#[tokio::test(start_paused = true)]
async fn what_we_opened_is_left_to_others_who_use_it() {
    for others in [0, 2] {
        let (place, notes) = (Fake { others, ..Fake::new(Fate::Stays) }, Notes::default());
        let (options, target) = (options(), Target::Process(42));
        let condition = "heap>500".parse().unwrap();
        wait(&place, &target, condition, &options, &notes, &Stop::never()).await.unwrap();
        assert_eq!(place.is_open(), others > 0, "{}", notes.all());
        let is_told = notes.all().contains("somebody else uses it (connections: 2)");
        assert_eq!(is_told, others > 0, "{}", notes.all());
    }
}
