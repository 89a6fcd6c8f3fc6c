//! What leaks in a treatment and not in its control.

use heapglass_analysis::{LeakOptions, controlled_leaks, leaks};
use heapglass_graph::Graph;
use heapglass_testkit::SnapshotBuilder;

use crate::open;

/// A program with so many requests and sessions in arrays; `text` tells its strings from those of another process.
fn program(requests: u64, sessions: u64, text: &str) -> Graph {
    let mut heap = SnapshotBuilder::new();
    for (class, first_id, count) in [("Request", 10_001, requests), ("Session", 10_003, sessions)] {
        let list = heap.object("Array", 16);
        heap.property(heap.global(), &class.to_lowercase(), list);
        for number in 0..count {
            let object = heap.object(class, 500);
            heap.spec(object).id = first_id + 4 * number;
            heap.element(list, number as u32, object);
        }
    }
    for number in 0..10 {
        let name = heap.string(&format!("{text} {number}"), 24);
        heap.spec(name).id = 5001 + 2 * number;
        heap.property(heap.global(), &format!("name{number}"), name);
    }
    open(&heap)
}

fn pair(from: (u64, u64), to: (u64, u64)) -> [Graph; 2] {
    [program(from.0, from.1, "a"), program(to.0, to.1, "a")]
}

#[test]
fn what_grows_in_the_control_too_is_left_out() {
    let options = LeakOptions::default();
    let treatment = pair((50, 50), (150, 150));
    assert_eq!(leaks(&treatment, &options).suspects.len(), 2);
    let control = pair((50, 50), (180, 50));
    let found = controlled_leaks(&control, &treatment, &options).expect("two processes");
    let [only] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(only.class_name, "Session");
    assert!(only.line.starts_with("global.session"), "{}", only.line);
    // Nothing grows in a control that stands still, so that all is beyond it.
    let still = pair((50, 50), (50, 50));
    assert_eq!(controlled_leaks(&still, &treatment, &options).map(|all| all.len()), Some(2));
    let one = LeakOptions { limit: 1, ..options };
    assert_eq!(controlled_leaks(&still, &treatment, &one).map(|all| all.len()), Some(1));
}

#[test]
fn both_sides_have_to_be_two_snapshots_of_one_process() {
    let options = LeakOptions::default();
    let whole = pair((50, 50), (150, 150));
    let apart = [program(50, 50, "a"), program(150, 150, "b")];
    assert!(controlled_leaks(&apart, &whole, &options).is_none());
    assert!(controlled_leaks(&whole, &apart, &options).is_none());
    assert!(controlled_leaks(&whole[..1], &whole, &options).is_none());
}
