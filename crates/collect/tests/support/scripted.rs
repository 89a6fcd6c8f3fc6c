//! A process without a process: alone at its place, and a test says what its inspector does.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use heapglass_collect::place::{
    Busy, Place, PlaceError, RawProcess, RawSurroundings, RemoteFile, Signal, Turn,
};
use heapglass_collect::{Event, Progress};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, Empty};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// A snapshot of one node.
pub(crate) const SMALL: &str = r#"{"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count"],"node_types":[["object"],"string","number","number","number"],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["context","element","property"],"string_or_number","node"]},"node_count":1,"edge_count":0},"nodes":[0,0,1,8,0],"edges":[],"strings":["a"]}"#;

/// The file that tells how often the kernel has killed for memory.
const KILLS: &str = "/sys/fs/cgroup/memory.events";

/// What an inspector does over its connections.
pub(crate) trait Script: Clone + Send + Sync + 'static {
    /// Talks over a connection until that is over; `number` is 0 for the first one.
    fn talk(&self, socket: Socket, state: &State, number: usize)
    -> impl Future<Output = ()> + Send;

    /// How many connections to it the kernel lists.
    fn connections(&self, state: &State) -> usize {
        state.connected.load(Ordering::SeqCst)
    }

    /// Whether what listens at its port is an inspector at all.
    fn is_inspector(&self) -> bool {
        true
    }
}

/// The process with the number 42, whose inspector is at port 9229 once it is open.
pub(crate) struct Scripted<S> {
    pub(crate) script: S,
    /// Whether the inspector was asked for on the command line.
    pub(crate) inspect: bool,
    /// How many looks at the process it takes until another one has its number.
    pub(crate) lives: usize,
    /// After a session has hung up nothing is reached until so many connections were tried, as while an API server is
    /// started anew.
    pub(crate) outage: AtomicUsize,
    pub(crate) state: Arc<State>,
}

/// What has become of the process.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Whether its inspector is open.
    pub(crate) is_open: AtomicBool,
    pub(crate) has_ended: AtomicBool,
    /// Whether another process has its number.
    pub(crate) is_replaced: AtomicBool,
    /// Whether a session was hung up on.
    pub(crate) hung_up: AtomicBool,
    /// Whether another capture has the turn.
    pub(crate) is_taken: AtomicBool,
    /// How often the turn was asked for.
    pub(crate) turns: AtomicUsize,
    /// Looks at it.
    looks: AtomicUsize,
    signals: AtomicUsize,
    sessions: AtomicUsize,
    /// Sessions that are not over.
    pub(crate) connected: AtomicUsize,
    /// Processes that the kernel has killed for memory in its group, as it tells once the snapshot is taken.
    pub(crate) killed: AtomicU64,
    /// Kilobytes of memory that it has more than at its beginning.
    pub(crate) grown: AtomicU64,
    /// Questions that only keep a connection busy.
    pub(crate) asked: AtomicUsize,
    /// Seconds of its clock, which goes on by one whenever it is asked for.
    clock: AtomicU64,
}

impl<S> Scripted<S> {
    /// A process whose inspector is open since it began.
    pub(crate) fn inspected(script: S) -> Scripted<S> {
        let place = Scripted { inspect: true, ..Scripted::shut(script) };
        place.state.is_open.store(true, Ordering::SeqCst);
        place
    }

    /// One whose inspector has to be opened.
    pub(crate) fn shut(script: S) -> Scripted<S> {
        Scripted {
            script,
            inspect: false,
            lives: usize::MAX,
            outage: AtomicUsize::new(0),
            state: Arc::default(),
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.state.is_open.load(Ordering::SeqCst)
    }

    /// An error while there is no way to the process.
    fn reach(&self) -> Result<(), PlaceError> {
        let hung_up = self.state.hung_up.load(Ordering::SeqCst);
        if !hung_up || self.outage.load(Ordering::SeqCst) == 0 {
            return Ok(());
        }
        let source = std::io::ErrorKind::ConnectionRefused.into();
        Err(PlaceError::Io { what: "to reach the place".to_owned(), source })
    }

    /// How many signals it got, and how many sessions there were.
    pub(crate) fn count(&self) -> (usize, usize) {
        let count = |of: &AtomicUsize| of.load(Ordering::SeqCst);
        (count(&self.state.signals), count(&self.state.sessions))
    }
}

impl<S: Script> Place for Scripted<S> {
    type Stream = DuplexStream;
    type File = Empty;

    fn name(&self) -> String {
        "a test".to_owned()
    }

    async fn processes(&self) -> Result<Vec<RawProcess>, PlaceError> {
        self.reach()?;
        let looks = self.state.looks.fetch_add(1, Ordering::SeqCst);
        if self.state.has_ended.load(Ordering::SeqCst) {
            return Ok(Vec::new());
        }
        let is_replaced = looks >= self.lives || self.state.is_replaced.load(Ordering::SeqCst);
        let resident = 1000 + self.state.grown.load(Ordering::SeqCst);
        let option = if self.inspect { "--inspect" } else { "--verbose" };
        Ok(vec![RawProcess {
            pid: 42,
            comm: "node\n".to_owned(),
            exe: "/usr/bin/node".to_owned(),
            cmdline: format!("node\0{option}\0app.js\0").into_bytes(),
            status: format!(
                "VmRSS:\t{resident} kB\nVmHWM:\t{resident} kB\nSigCgt:\t0000000000000200\n"
            ),
            started: Some(if is_replaced { 200 } else { 100 }),
            ..RawProcess::default()
        }])
    }

    async fn surroundings(&self, _: u32) -> Result<RawSurroundings, PlaceError> {
        self.reach()?;
        let mut sockets = String::new();
        if self.is_open() {
            sockets.push_str(" 0: 0100007F:240D 00000000:0000 0A 0:0 0:0 0 0 0 111 1\n");
            for _ in 0..self.script.connections(&self.state) {
                sockets.push_str(" 1: 0100007F:240D 0100007F:9A4C 01 0:0 0:0 0 0 0 112 1\n");
            }
        }
        Ok(RawSurroundings {
            meminfo: "MemTotal: 2000000 kB\nMemAvailable: 1000000 kB\n".to_owned(),
            sockets,
            descriptors: "socket:[111]\n".to_owned(),
            cgroup: vec![(KILLS.to_owned(), "oom_kill 0\n".to_owned())],
            ..RawSurroundings::default()
        })
    }

    async fn group_file(&self, _: u32, path: &str) -> Option<String> {
        let killed = self.state.killed.load(Ordering::SeqCst);
        (path == KILLS).then(|| format!("oom_kill {killed}\n"))
    }

    /// Of a process that has ended nobody waits for anybody.
    fn turn(&self, _: u32) -> Result<Turn, Busy> {
        self.state.turns.fetch_add(1, Ordering::SeqCst);
        let is_free = !self.state.is_taken.load(Ordering::SeqCst);
        if is_free || self.state.has_ended.load(Ordering::SeqCst) {
            return Ok(Turn::default());
        }
        Err(Busy { by: Some("process 7: another".to_owned()) })
    }

    async fn signal(&self, _: u32, _: Option<u64>, signal: Signal) -> Result<(), PlaceError> {
        assert!(!self.inspect && signal == Signal::Usr1, "no {signal:?} is needed");
        self.state.signals.fetch_add(1, Ordering::SeqCst);
        self.state.is_open.store(true, Ordering::SeqCst);
        Ok(())
    }

    async fn connect(&self, port: u16) -> Result<DuplexStream, PlaceError> {
        assert_eq!(port, 9229);
        if let Err(error) = self.reach() {
            self.outage.fetch_sub(1, Ordering::SeqCst);
            return Err(error);
        }
        if !self.is_open() {
            let source = std::io::ErrorKind::ConnectionRefused.into();
            return Err(PlaceError::Io { what: "to connect".to_owned(), source });
        }
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        tokio::spawn(serve(theirs, self.script.clone(), self.state.clone()));
        Ok(ours)
    }

    async fn list(&self, _: &str) -> Result<Vec<RemoteFile>, PlaceError> {
        Ok(Vec::new())
    }

    async fn open(&self, _: &str, _: u64) -> Result<Empty, PlaceError> {
        Ok(tokio::io::empty())
    }

    async fn writable(&self, _: u32, _: &str) -> Result<bool, PlaceError> {
        Ok(true)
    }

    async fn remove(&self, _: &str) -> Result<(), PlaceError> {
        Ok(())
    }
}

async fn serve<S: Script>(stream: DuplexStream, script: S, state: Arc<State>) {
    let mut stream = BufReader::new(stream);
    let asks = stream.fill_buf().await.unwrap_or_default();
    if asks.starts_with(b"GET /json") {
        list_targets(stream, script.is_inspector()).await;
        return;
    }
    state.connected.fetch_add(1, Ordering::SeqCst);
    if let Ok(socket) = tokio_tungstenite::accept_async(stream).await {
        let number = state.sessions.fetch_add(1, Ordering::SeqCst);
        script.talk(Socket(socket), &state, number).await;
    }
    state.connected.fetch_sub(1, Ordering::SeqCst);
}

async fn list_targets(mut stream: BufReader<DuplexStream>, is_inspector: bool) {
    let mut request = vec![0; 4096];
    let _ = stream.read(&mut request).await;
    let target = json!([{ "type": "node", "webSocketDebuggerUrl": "ws://127.0.0.1:9229/id" }]);
    let (status, body) = match is_inspector {
        true => ("200 OK", target.to_string()),
        false => ("404 Not Found", "<html>".to_owned()),
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
}

/// The inspector's end of a connection.
pub(crate) struct Socket(WebSocketStream<BufReader<DuplexStream>>);

impl Socket {
    /// The next request; `None` when nobody is there any more.
    pub(crate) async fn hear(&mut self) -> Option<Value> {
        match self.0.next().await {
            Some(Ok(Message::Text(text))) => Some(serde_json::from_str(&text).unwrap()),
            _ => None,
        }
    }

    /// Says something, whether somebody hears it or not.
    pub(crate) async fn say(&mut self, message: &Value) {
        let _ = self.0.send(Message::text(message.to_string())).await;
    }

    /// Waits until whoever is connected has hung up.
    pub(crate) async fn outlast(&mut self) {
        while let Some(Ok(_)) = self.0.next().await {}
    }
}

impl State {
    /// The result of a request, as a process gives it that has nothing to hide; `who` is what it says of itself.
    pub(crate) fn result(&self, request: &Value, who: &Value) -> Value {
        let expression = request["params"]["expression"].as_str().unwrap_or_default();
        match request["method"].as_str().unwrap() {
            "Runtime.evaluate" if expression.contains("performance.now") => {
                let seconds = self.clock.fetch_add(1, Ordering::SeqCst) + 1;
                json!({ "result": { "value": seconds as f64 * 1e9 } })
            }
            "Runtime.evaluate" if expression.contains("_debugEnd") => {
                self.is_open.store(false, Ordering::SeqCst);
                json!({ "result": { "value": true } })
            }
            "Runtime.evaluate" => json!({ "result": { "value": who.to_string() } }),
            "Runtime.getHeapUsage" => json!({ "usedSize": 2000, "totalSize": 4000 }),
            "Runtime.getIsolateId" => {
                self.asked.fetch_add(1, Ordering::SeqCst);
                json!({ "id": "1" })
            }
            _ => json!({}),
        }
    }
}

/// What a process says of itself whose heap is small.
pub(crate) fn who() -> Value {
    let heap = json!({ "used_heap_size": 1000, "heap_size_limit": 2000 });
    json!({ "pid": 42, "version": "v22.0.0", "heap": heap })
}

/// A piece of a snapshot, as it is told.
pub(crate) fn chunk(piece: &str) -> Value {
    json!({ "method": "HeapProfiler.addHeapSnapshotChunk", "params": { "chunk": piece } })
}

/// What a capture told of, beside its progress.
#[derive(Default)]
pub(crate) struct Notes(Mutex<Vec<String>>);

impl Progress for Notes {
    fn event(&self, event: Event) {
        if let Event::Note(text) | Event::Undone(text) = event {
            self.0.lock().unwrap().push(text);
        }
    }
}

impl Notes {
    pub(crate) fn all(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}
