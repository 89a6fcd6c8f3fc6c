//! Captures of real Node processes.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

mod support;

use heapglass_collect::facts::Surroundings;
use heapglass_collect::place::Place;
use heapglass_collect::{Local, Method, Options, Stop, Target, capture};
use support::{IDLE, Node, free_port, node};

async fn listens_on(pid: u32) -> Vec<u16> {
    Surroundings::new(&Local.surroundings(pid).await.unwrap()).own_ports.unwrap()
}

#[tokio::test]
async fn an_inspector_that_was_shut_is_opened_and_shut_again() {
    let port = format!("--inspect-port={}", free_port());
    let mut process = Node::start(&node(), &[&port], IDLE);
    let options = Options::new(process.out("a.heapsnapshot"));
    let captured =
        capture(&Local, &Target::Process(process.pid()), &options, &(), &Stop::never()).await.unwrap();
    assert!(captured.is_whole(), "{captured:?}");
    assert_eq!(captured.method, Method::Inspector);
    assert_eq!(captured.left_behind, Vec::<String>::new());
    let taken = &captured.snapshots[0];
    assert!(taken.pause.is_some() && taken.pause <= Some(taken.duration), "{taken:?}");
    assert!(taken.written.checked.nodes > 40_000);
    assert_eq!(listens_on(process.pid()).await, Vec::<u16>::new());
    assert_eq!(process.files(), ["a.heapsnapshot"]);
    assert!(process.is_alive());
}
