//! A series of snapshots over one connection, of a process that ends or hangs up meanwhile.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

mod support;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use heapglass_collect::capture::{Error, Kept, Rest, capture_next};
use heapglass_collect::{Captured, Failed, Options, Stop, Target};
use serde_json::json;
use support::scripted::{Notes, SMALL, Script, Scripted, Socket, State, chunk, who};
use tokio::io::DuplexStream;
use tokio::time::{Instant, timeout};

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

/// The inspector of a process with this fate.
#[derive(Clone)]
struct Fated {
    fate: Fate,
    /// Snapshots that were taken.
    taken: Arc<AtomicUsize>,
}

impl Script for Fated {
    async fn talk(&self, mut socket: Socket, state: &State, number: usize) {
        let (fate, mut is_told) = (self.fate, false);
        loop {
            let is_due = number == 0 && self.taken.load(Ordering::SeqCst) > 0;
            let happens = is_due && fate != Fate::Stays;
            let patience = Duration::from_millis(if happens { 100 } else { 60_000 });
            let request = match timeout(patience, socket.hear()).await {
                Ok(Some(request)) => request,
                Ok(None) => return,
                Err(_) => break,
            };
            let result = state.result(&request, &who());
            if request["method"] == "HeapProfiler.takeHeapSnapshot" {
                state.grown.store(200_000, Ordering::SeqCst);
                socket.say(&chunk(SMALL)).await;
                self.taken.fetch_add(1, Ordering::SeqCst);
            }
            is_told |= request["method"] == "NodeRuntime.notifyWhenWaitingForDisconnect";
            socket.say(&json!({ "id": request["id"], "result": result })).await;
        }
        if fate == Fate::Ends {
            assert!(is_told, "nobody wants to hear of the end");
            socket.say(&json!({ "method": "NodeRuntime.waitingForDisconnect" })).await;
            socket.outlast().await;
        }
        if fate != Fate::HangsUp {
            state.is_open.store(false, Ordering::SeqCst);
            state.has_ended.store(true, Ordering::SeqCst);
        }
    }
}

/// A process, and what is kept of it.
struct Series {
    place: Scripted<Fated>,
    notes: Notes,
    kept: Kept<DuplexStream>,
    directory: tempfile::TempDir,
}

impl Series {
    fn new(fate: Fate) -> Series {
        Series {
            place: Scripted::shut(Fated { fate, taken: Arc::default() }),
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
        // What the first one left is there for the others.
        let left = "besides the 205 MB that it has from earlier snapshots";
        let is_counted = captured.preflight.checks.iter().any(|check| check.found.contains(left));
        assert_eq!(is_counted, name != "1", "{:?}", captured.preflight.checks);
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

/// Another capture is under way when the series ends.
#[tokio::test]
async fn a_process_that_ends_does_not_wait_for_our_turn() {
    let mut series = Series::new(Fate::Ends);
    assert!(series.take("1", true).await.unwrap().is_whole());
    series.place.state.is_taken.store(true, Ordering::SeqCst);
    let closing = Options { patience: Duration::from_secs(9), ..options(series.directory.path()) };
    let released = series.kept.release(&series.place, &closing, &series.notes);
    assert_eq!(timeout(Duration::from_secs(4), released).await.unwrap(), None);
    assert!(series.place.state.has_ended.load(Ordering::SeqCst));
}

#[tokio::test]
async fn the_last_turn_is_not_waited_for_longer_than_cleaning_up_may_take() {
    let mut series = Series::new(Fate::Stays);
    assert!(series.take("1", true).await.unwrap().is_whole());
    series.place.state.is_taken.store(true, Ordering::SeqCst);
    let closing =
        Options { patience: Duration::from_secs(600), ..options(series.directory.path()) };
    tokio::time::pause();
    let began = Instant::now();
    assert_eq!(series.kept.release(&series.place, &closing, &series.notes).await, None);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert!(!series.place.is_open());
}
