//! Growth that slows down, that is in few large objects, in many small ones, or in chains.

use heapglass_analysis::{LeakKind, LeakVerdict};
use heapglass_graph::Graph;
use heapglass_testkit::SnapshotBuilder;

use crate::leaks::{ask, ids, series};
use crate::open;

#[test]
fn what_slows_down_is_a_leak_only_probably() {
    let slower = series(&[ids(0, 50).collect(), ids(0, 150).collect(), ids(0, 200).collect()], 100);
    let report = ask(&slower);
    assert_eq!(report.verdict, LeakVerdict::Probable);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert!(suspect.slows_down && !suspect.is_certain(), "{suspect:?}");
    let even = series(&[ids(0, 50).collect(), ids(0, 150).collect(), ids(0, 225).collect()], 100);
    let report = ask(&even);
    assert_eq!((report.verdict, report.suspects[0].slows_down), (LeakVerdict::Leak, false));
}

/// A promise that so many wait for, each with `Promise.race`: the newest reaction holds the one before.
fn raced(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let shutdown = heap.object("Promise", 40);
    heap.property(heap.global(), "shutdown", shutdown);
    let (mut holder, mut name) = (shutdown, "reactions_or_result");
    for number in (0..count).rev() {
        let reaction = heap.node("hidden", "system / PromiseReaction", 40);
        let (race, result) = (heap.object("Promise", 40), heap.object("Rows", 24));
        for (node, at) in [(reaction, 0), (race, 2), (result, 4)] {
            heap.spec(node).id = 1001 + 6 * number + at;
        }
        heap.internal(holder, name, reaction);
        heap.internal(reaction, "promise", race);
        heap.internal(race, "reactions_or_result", result);
        (holder, name) = (reaction, "next");
    }
    open(&heap)
}

#[test]
fn reactions_of_a_promise_that_stays_pending_are_no_linked_list() {
    let report = ask(&[raced(100), raced(200), raced(300)]);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert_eq!((suspect.kind, suspect.class_name.as_str()), (LeakKind::Promises, "Promise"));
    assert_eq!(suspect.accumulation_point.class_name, "Promise");
    let title = suspect.knowledge.map(|known| known.title.as_str());
    assert_eq!(title, Some("reactions to one promise that stays pending"));
    let plain = LeakKind::Promises.knowledge().map(|known| known.title.as_str());
    assert_eq!(plain, Some("promises that never settle"));
}
