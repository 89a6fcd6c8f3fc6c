//! Series of heaps in which V8 numbered the objects anew, followed by their places.

use heapglass_analysis::{FollowedBy, LeakReport, LeakVerdict};
use heapglass_graph::Graph;
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::leaks::ask;
use crate::open;
use crate::support::{function, table_of};

/// A program of a file with two Maps: what is under these keys in the one, and under those in the other.
fn program(file: &str, kept: std::ops::Range<u32>, bounded: std::ops::Range<u32>) -> Graph {
    program_of(&[file], kept, bounded)
}

/// The same of several files.
fn program_of(files: &[&str], kept: std::ops::Range<u32>, bounded: std::ops::Range<u32>) -> Graph {
    let mut heap = SnapshotBuilder::new();
    for (number, file) in (7..).zip(files) {
        let run = function(&mut heap, number, file, "run");
        heap.property(heap.global(), &format!("run{number}"), run);
    }
    let app = heap.object("App", 24);
    heap.property(heap.global(), "app", app);
    let mut made: Vec<NodeRef> = Vec::new();
    for (name, class, keys) in [("kept", "Session", kept), ("bounded", "Entry", bounded)] {
        let map = heap.object("Map", 32);
        heap.property(app, name, map);
        let table = table_of(&mut heap, map);
        // Buckets come first, and are more in a larger table.
        let first = 3 + keys.len() as u32 / 2;
        for (at, key) in (0..).zip(keys) {
            let (text, value) =
                (heap.string(&format!("key {name} {key}"), 32), heap.object(class, 100));
            heap.internal(table, &(first + 3 * at).to_string(), text);
            heap.internal(table, &(first + 3 * at + 1).to_string(), value);
            made.extend([text, value]);
        }
    }
    // Numbered from the other end, so that no number says the same in two heaps of other sizes.
    for (at, node) in made.iter().rev().enumerate() {
        heap.spec(*node).id = 10_001 + 2 * at as u64;
    }
    open(&heap)
}

fn series(of: impl Fn(u32) -> Graph) -> LeakReport {
    ask(&[of(1), of(2), of(3)])
}

const FILE: &str = "/srv/app/main.js";

#[test]
fn what_a_map_gathers_is_found_without_ids() {
    let report = series(|at| program(FILE, 0..100 * at, 20 * at..20 * at + 100));
    assert!(!report.is_one_process && report.followed_by == Some(FollowedBy::Places));
    assert_eq!(report.verdict, LeakVerdict::Probable);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert_eq!(suspect.class_name, "Session");
    assert_eq!((suspect.count_per_interval, suspect.instance_count), (100.0, 200));
    assert!(suspect.line.contains("app.kept"), "{}", suspect.line);
    let sizes: Vec<u64> = suspect.series.iter().map(|at| at.retained_size).collect();
    let entries = |count: u64| 32 + 64 + count * 132;
    assert_eq!(sizes, [entries(100), entries(200), entries(300)]);
    assert!(!suspect.is_certain());
}

#[test]
fn what_turns_over_is_no_leak_without_ids() {
    let report = series(|at| program(FILE, 0..100, 40 * at..40 * at + 100));
    assert_eq!(report.followed_by, Some(FollowedBy::Places));
    assert_eq!((report.verdict, report.suspects.len()), (LeakVerdict::NoLeak, 0));
}

#[test]
fn of_two_programs_nothing_is_said() {
    let of = |at: u32| {
        let file = if at == 2 { "/srv/other/index.js" } else { FILE };
        program(file, 0..100 * at, 0..100)
    };
    let report = series(of);
    assert_eq!(report.followed_by, None);
    assert_eq!(report.verdict, LeakVerdict::NotEnoughData);
    assert!(report.suspects.is_empty());
}

/// Two services, with a file of their own each, and a package that both use.
#[test]
fn services_that_share_packages_are_two_programs() {
    let of = |at: u32| {
        let own = format!("/srv/{at}/main.js");
        program_of(&[&own, "/srv/node_modules/express/lib/application.js"], 0..100 * at, 0..100)
    };
    assert_eq!(series(of).followed_by, None);
}

#[test]
fn the_order_is_that_of_the_files() {
    let report = ask(&[3, 2, 1].map(|at| program(FILE, 0..100 * at, 0..100)));
    assert_eq!(report.order, [0, 1, 2]);
    assert_eq!(report.verdict, LeakVerdict::NoLeak);
}

#[test]
fn of_two_snapshots_places_do_not_tell_what_goes_on_from_before() {
    let report = ask(&[100, 300].map(|kept| program(FILE, 0..kept, 0..100)));
    assert_eq!(report.followed_by, Some(FollowedBy::Places));
    let first = report.suspects.first().map(|suspect| suspect.class_name.as_str());
    assert_eq!((report.verdict, first), (LeakVerdict::NotEnoughData, Some("Session")));
}
