//! Files that a process writes on SIGUSR2, as they grow. The clock stands still but for what is waited for.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

mod support;

use std::io::Cursor;
use std::sync::Mutex;
use std::time::Duration;

use heapglass_collect::capture::{Broken, Captured};
use heapglass_collect::place::{
    Place, PlaceError, RawProcess, RawSurroundings, RemoteFile, Signal,
};
use heapglass_collect::{Method, Options, Stop, Target, capture};
use support::scripted::SMALL;
use tokio::io::DuplexStream;

const PATH: &str = "/app/Heap.20260101.120000.42.0.001.heapsnapshot";

/// A process that writes a file, a piece for each time that somebody reads it.
struct Writing {
    pieces: Vec<&'static str>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    signalled: bool,
    reads: usize,
    removed: bool,
}

impl Writing {
    fn new(pieces: &[&'static str]) -> Writing {
        Writing { pieces: pieces.to_vec(), state: Mutex::default() }
    }
}

impl Place for Writing {
    type Stream = DuplexStream;
    type File = Cursor<Vec<u8>>;

    fn name(&self) -> String {
        "a test".to_owned()
    }

    async fn processes(&self) -> Result<Vec<RawProcess>, PlaceError> {
        Ok(vec![RawProcess {
            pid: 42,
            comm: "node\n".to_owned(),
            exe: "/opt/node-v22.1.0/bin/node".to_owned(),
            cmdline: b"node\0--heapsnapshot-signal=SIGUSR2\0app.js\0".to_vec(),
            status: "VmRSS:\t1000 kB\nRssAnon:\t1000 kB\nSigCgt:\t0000000000000a00\n".to_owned(),
            cwd: "/app".to_owned(),
            ..RawProcess::default()
        }])
    }

    async fn surroundings(&self, _: u32) -> Result<RawSurroundings, PlaceError> {
        Ok(RawSurroundings::default())
    }

    async fn signal(&self, _: u32, _: Option<u64>, signal: Signal) -> Result<(), PlaceError> {
        assert_eq!(signal, Signal::Usr2);
        self.state.lock().unwrap().signalled = true;
        Ok(())
    }

    async fn connect(&self, port: u16) -> Result<DuplexStream, PlaceError> {
        let (what, why) = (format!("to connect to {port}"), "it is a test".to_owned());
        Err(PlaceError::Impossible { what, why })
    }

    async fn list(&self, _: &str) -> Result<Vec<RemoteFile>, PlaceError> {
        let file = RemoteFile { path: PATH.to_owned(), size: 0, modified: 0 };
        Ok(if self.state.lock().unwrap().signalled { vec![file] } else { Vec::new() })
    }

    async fn open(&self, _: &str, from: u64) -> Result<Cursor<Vec<u8>>, PlaceError> {
        let mut state = self.state.lock().unwrap();
        state.reads += 1;
        let there: String = self.pieces.iter().take(state.reads).copied().collect();
        Ok(Cursor::new(there.as_bytes()[from as usize..].to_vec()))
    }

    async fn writable(&self, _: u32, _: &str) -> Result<bool, PlaceError> {
        Ok(true)
    }

    async fn remove(&self, _: &str) -> Result<(), PlaceError> {
        self.state.lock().unwrap().removed = true;
        Ok(())
    }
}

/// What came of it, how long it took, and the bytes that are here.
async fn follow(place: &Writing) -> (Captured, Duration, String) {
    let directory = tempfile::tempdir().unwrap();
    let options = Options {
        method: Method::Sigusr2,
        timeout: Duration::from_secs(600),
        ..Options::new(directory.path().join("a.heapsnapshot"))
    };
    let began = tokio::time::Instant::now();
    let captured = capture(place, &Target::Process(42), &options, &(), &Stop::never()).await;
    let captured = captured.unwrap();
    let path = captured.snapshots[0].written.path.clone().unwrap();
    assert_eq!(path.to_str().unwrap().contains("PARTIAL"), !captured.is_whole());
    (captured, began.elapsed(), std::fs::read_to_string(path).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_file_that_grows_is_read_to_its_last_brace() {
    let (first, second) = SMALL.split_at(100);
    // V8 may be silent for minutes in between.
    let mut pieces = vec![first];
    pieces.extend([""; 100]);
    pieces.push(second);
    let place = Writing::new(&pieces);
    let (captured, _, text) = follow(&place).await;
    assert!(captured.is_whole() && text == SMALL, "{captured:?}");
    assert!(place.state.lock().unwrap().removed);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_no_snapshot_is_not_waited_for_once_it_grows_no_more() {
    // Nothing of it is one; a list has a word in it; more goes on behind the end of a section.
    let broken: &[&[&'static str]] = &[
        &["Out of memory", "", "", ", says the program\n"],
        &[r#"{"snapshot":{"meta":{}},"nodes":[1,"#, "", "x", "2,3"],
        &[r#"{"strings":["a"] "#, "", "[", "]}"],
    ];
    for pieces in broken {
        let place = Writing::new(pieces);
        let (captured, took, text) = follow(&place).await;
        let broken = &captured.snapshots[0].broken;
        let Some(Broken::Damaged(why)) = broken else { panic!("{broken:?}") };
        assert!(why.contains("at byte") || why.contains("snapshot"), "{why}");
        assert!(took < Duration::from_secs(10), "{took:?}");
        assert_eq!(text, pieces.concat(), "what came later is here too");
        assert!(place.state.lock().unwrap().removed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_only_stops_growing_is_waited_for() {
    let (captured, took, _) = follow(&Writing::new(&[&SMALL[..100]])).await;
    let broken = &captured.snapshots[0].broken;
    assert!(matches!(broken, Some(Broken::TimedOut(600))), "{broken:?}");
    assert!(took >= Duration::from_secs(600), "{took:?}");
}
