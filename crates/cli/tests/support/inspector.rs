//! An inspector that answers what a capture asks, and breaks off where a test wants it to.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, accept};

/// How long a request may take to begin.
const PATIENCE: Duration = Duration::from_secs(10);

const SNAPSHOT: &str = r#"{"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count"],"node_types":[["object","string"],"string","number","number","number"],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["context","element","property"],"string_or_number","node"]},"node_count":1,"edge_count":0},"nodes":[0,0,1,8,0],"edges":[],"strings":["a"]}"#;

/// What comes of one snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// It is whole.
    Whole,
    /// The connection ends in the middle.
    HangsUp,
    /// Nothing is answered at all.
    Silent,
    /// It is whole, and of another process with the same number.
    Another,
}

/// Listens on a port for as long as the test runs, and does one act for each snapshot, over however many connections.
pub(crate) fn start(acts: &[Act]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let acts = acts.to_vec();
    std::thread::spawn(move || {
        let mut acts = acts.into_iter();
        for stream in listener.incoming().map_while(Result::ok) {
            match begin(&stream) {
                None => {}
                Some(begin) if &begin == b"GET /json" => list(stream, port),
                Some(_) => {
                    let _ = talk(stream, &mut acts);
                }
            }
        }
    });
    port
}

/// The first bytes of a request, which are left to be read; `None` if the connection ends before, or nothing comes.
fn begin(stream: &TcpStream) -> Option<[u8; 9]> {
    let (mut begin, began) = ([0; 9], Instant::now());
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    while began.elapsed() < PATIENCE {
        match stream.peek(&mut begin).ok()? {
            0 => return None,
            n if n == begin.len() => {
                stream.set_read_timeout(None).ok()?;
                return Some(begin);
            }
            // Less than that does not wait for the rest.
            _ => std::thread::yield_now(),
        }
    }
    None
}

fn list(mut stream: TcpStream, port: u16) {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request);
    let address = format!("ws://127.0.0.1:{port}/id");
    let body = json!([{ "type": "node", "webSocketDebuggerUrl": address }]).to_string();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}

/// Answers until the other side, or an act, ends it. Each act begins with the question who it is.
fn talk(stream: TcpStream, acts: &mut impl Iterator<Item = Act>) -> Option<()> {
    let mut act = acts.next()?;
    let mut socket = accept(stream).ok()?;
    let (mut clock, mut is_begun) = (1e9, false);
    while let Ok(message) = socket.read() {
        let Message::Text(text) = message else { continue };
        let request: Value = serde_json::from_str(&text).ok()?;
        let expression = request["params"]["expression"].as_str().unwrap_or_default();
        let asks_who = expression.contains("pid");
        if asks_who && is_begun {
            act = acts.next()?;
        }
        is_begun |= asks_who;
        if act == Act::Silent {
            continue;
        }
        let mut result = json!({});
        if request["method"] == "HeapProfiler.takeHeapSnapshot" {
            let half = SNAPSHOT.len() / 2;
            let pieces = [&SNAPSHOT[..half], &SNAPSHOT[half..]];
            let count = if act == Act::HangsUp { 1 } else { 2 };
            for piece in &pieces[..count] {
                let method = "HeapProfiler.addHeapSnapshotChunk";
                let chunk = json!({ "method": method, "params": { "chunk": piece } });
                socket.send(Message::text(chunk.to_string())).ok()?;
            }
            if act == Act::HangsUp {
                return None;
            }
        } else if asks_who {
            let heap = json!({ "used_heap_size": 1000, "heap_size_limit": 2000 });
            let started = if act == Act::Another { 20.0 } else { 10.0 };
            let who = json!({ "pid": 42, "version": "v22.0.0", "heap": heap, "started": started });
            result = json!({ "result": { "value": who.to_string() } });
        } else if expression.contains("performance.now") {
            clock += 1e9;
            result = json!({ "result": { "value": clock } });
        }
        let answer = json!({ "id": request["id"], "result": result });
        socket.send(Message::text(answer.to_string())).ok()?;
    }
    Some(())
}
