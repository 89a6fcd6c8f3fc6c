//! Watching the heap of a process that ends, hangs up, or is watched by others too.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that panics is a test that fails"
)]

mod support;

use std::sync::atomic::Ordering;
use std::time::Duration;

use heapglass_collect::capture::{Error, Waited, close_inspector, wait};
use heapglass_collect::preflight::Forced;
use heapglass_collect::{Failed, Options, Stop, Target};
use serde_json::json;
use support::scripted::{Notes, Script, Scripted, Socket, State, who};

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

/// The inspector of a process with this fate.
#[derive(Clone)]
struct Watched {
    fate: Fate,
    /// Connections of others.
    others: usize,
}

impl Script for Watched {
    async fn talk(&self, mut socket: Socket, state: &State, number: usize) {
        while let Some(request) = socket.hear().await {
            let result = state.result(&request, &who());
            socket.say(&json!({ "id": request["id"], "result": result })).await;
            if request["method"] != "NodeRuntime.notifyWhenWaitingForDisconnect" {
                continue;
            }
            match self.fate {
                Fate::Ends => {
                    socket.say(&json!({ "method": "NodeRuntime.waitingForDisconnect" })).await;
                    socket.outlast().await;
                    state.is_open.store(false, Ordering::SeqCst);
                    state.has_ended.store(true, Ordering::SeqCst);
                }
                Fate::IsShut if number == 0 => {
                    state.is_open.store(false, Ordering::SeqCst);
                    return;
                }
                _ => {}
            }
        }
    }

    fn connections(&self, state: &State) -> usize {
        state.connected.load(Ordering::SeqCst) + self.others
    }
}

fn options() -> Options {
    Options { patience: Duration::from_millis(300), ..Options::new("x") }
}

/// Waits for a condition, a second at most.
async fn watch(
    place: &Scripted<Watched>,
    condition: &str,
    notes: &Notes,
) -> Result<Waited, Box<Failed>> {
    let (options, target, stop) = (options(), Target::Process(42), Stop::never());
    let condition = condition.parse().unwrap();
    let waits = wait(place, &target, condition, &options, notes, &stop);
    tokio::time::timeout(Duration::from_secs(1), waits).await.expect("it ends in time")
}

#[tokio::test]
async fn a_process_that_ends_does_not_wait_for_the_next_look() {
    for inspect in [false, true] {
        let script = Watched { fate: Fate::Ends, others: 0 };
        let place = if inspect { Scripted::inspected(script) } else { Scripted::shut(script) };
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
    let place = Scripted::shut(Watched { fate: Fate::IsShut, others: 0 });
    let notes = Notes::default();
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

async fn close(place: &Scripted<Watched>, force: Forced) -> Result<bool, Box<Failed>> {
    place.state.is_open.store(true, Ordering::SeqCst);
    close_inspector(place, 42, &Options { force, ..options() }, &()).await
}

#[tokio::test(start_paused = true)]
async fn an_inspector_that_is_wanted_is_closed_by_force_alone() {
    for (inspect, others) in [(true, 0), (false, 1), (false, 0)] {
        let script = Watched { fate: Fate::Stays, others };
        let place = Scripted { inspect, ..Scripted::shut(script) };
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
        let place = Scripted::shut(Watched { fate: Fate::Stays, others });
        let notes = Notes::default();
        let (options, target) = (options(), Target::Process(42));
        let condition = "heap>500".parse().unwrap();
        wait(&place, &target, condition, &options, &notes, &Stop::never()).await.unwrap();
        assert_eq!(place.is_open(), others > 0, "{}", notes.all());
        let is_told = notes.all().contains("somebody else uses it (connections: 2)");
        assert_eq!(is_told, others > 0, "{}", notes.all());
    }
}
