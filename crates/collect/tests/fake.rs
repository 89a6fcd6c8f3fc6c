//! Captures of an inspector that misbehaves.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use heapglass_collect::capture::{Broken, Error, Taken};
use heapglass_collect::inspector::InspectorError;
use heapglass_collect::place::{
    Place, PlaceError, RawProcess, RawSurroundings, RemoteFile, Signal,
};
use heapglass_collect::sink::Booked;
use heapglass_collect::{Captured, Failed, Options, Stop, Target, capture};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
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
}

struct Fake {
    fault: Fault,
    connections: AtomicUsize,
}

impl Place for Fake {
    type Stream = DuplexStream;
    type File = tokio::io::Empty;

    fn name(&self) -> String {
        "a test".to_owned()
    }

    async fn processes(&self) -> Result<Vec<RawProcess>, PlaceError> {
        Ok(vec![RawProcess {
            pid: 42,
            comm: "node\n".to_owned(),
            exe: "/usr/bin/node".to_owned(),
            cmdline: b"node\0--inspect\0app.js\0".to_vec(),
            status: "VmRSS:\t1000 kB\nVmHWM:\t1000 kB\nSigCgt:\t0000000000000200\n".to_owned(),
            ..RawProcess::default()
        }])
    }

    async fn surroundings(&self, _: u32) -> Result<RawSurroundings, PlaceError> {
        let sockets = " 0: 0100007F:240D 00000000:0000 0A 0:0 0:0 0 0 0 111 1\n".to_owned();
        let descriptors = "socket:[111]\n".to_owned();
        Ok(RawSurroundings { sockets, descriptors, ..RawSurroundings::default() })
    }

    async fn signal(&self, _: u32, _: Signal) -> Result<(), PlaceError> {
        panic!("no signal is needed");
    }

    async fn connect(&self, port: u16) -> Result<DuplexStream, PlaceError> {
        assert_eq!(port, 9229);
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let fault = self.fault;
        // The first connection asks for the targets, the second talks.
        if self.connections.fetch_add(1, Ordering::Relaxed) == 0 {
            tokio::spawn(list_targets(theirs, fault));
        } else {
            tokio::spawn(talk(theirs, fault));
        }
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

async fn list_targets(mut stream: DuplexStream, fault: Fault) {
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

async fn talk(stream: DuplexStream, fault: Fault) {
    let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
    let mut clock = 1e9;
    while let Some(Ok(Message::Text(text))) = socket.next().await {
        let request: Value = serde_json::from_str(&text).unwrap();
        if fault == Fault::Silent {
            continue;
        }
        let expression = request["params"]["expression"].as_str().unwrap_or_default();
        let mut answers = Vec::new();
        let result = match request["method"].as_str().unwrap() {
            "Runtime.evaluate" if expression.contains("hrtime") => {
                clock += 1e9;
                json!({ "result": { "value": clock } })
            }
            "Runtime.evaluate" => {
                let pid = if fault == Fault::Another { 43 } else { 42 };
                let heap = json!({ "used_heap_size": 1000, "heap_size_limit": 10_000 });
                let who = json!({ "pid": pid, "version": "v22.0.0", "heap": heap });
                json!({ "result": { "value": who.to_string() } })
            }
            "HeapProfiler.takeHeapSnapshot" => {
                let half = SMALL.len() / 2;
                let pieces = match fault {
                    Fault::None => vec![&SMALL[..half], &SMALL[half..]],
                    Fault::Refuses => vec![],
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
        let taking = request["method"] == "HeapProfiler.takeHeapSnapshot";
        let id = &request["id"];
        answers.push(match fault {
            Fault::Refuses if taking => json!({ "id": id, "error": { "message": "no memory" } }),
            _ => json!({ "id": id, "result": result }),
        });
        if taking && matches!(fault, Fault::Stalls | Fault::HangsUp) {
            answers.pop();
        }
        for answer in answers {
            let _ = socket.send(Message::text(answer.to_string())).await;
        }
        if taking && fault == Fault::HangsUp {
            return;
        }
        if taking && fault == Fault::Stalls {
            std::future::pending::<()>().await;
        }
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
    let place = Fake { fault, connections: AtomicUsize::new(0) };
    let options = Options {
        booked,
        timeout: Duration::from_millis(300),
        patience: Duration::from_millis(300),
        ..Options::new(directory.join("a.heapsnapshot"))
    };
    capture(&place, &Target::Process(42), &options, &(), &Stop::never()).await
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
    let place = Fake { fault: Fault::Website, connections: AtomicUsize::new(0) };
    let target = Target::Inspector { port: 9229, path: None };
    let failed =
        capture(&place, &target, &Options::new("x"), &(), &Stop::never()).await.unwrap_err();
    let not = |error: &Error| matches!(error, Error::Inspector(InspectorError::NotAnInspector(_)));
    assert!(not(&failed.error), "{}", failed.error);
}
