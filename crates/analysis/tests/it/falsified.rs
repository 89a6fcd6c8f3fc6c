//! Indexes that somebody wrote by hand: wrong numbers with right sums. What they say is wrong in any case, but every
//! question to them ends.

use heapglass_analysis::{CompareOptions, Matching, biggest_objects, compare};
use heapglass_format::container::checksum;
use heapglass_format::source::Source;
use heapglass_graph::{Graph, OpenOptions, Snapshot, Wants};
use heapglass_testkit::SnapshotBuilder;
use serde_json::Value;

use crate::open;

/// A list, with ids from `first_id` on.
fn list(first_id: u64) -> SnapshotBuilder {
    let mut heap = SnapshotBuilder::new();
    let mut above = heap.global();
    heap.spec(above).id = first_id;
    for number in 1..9 {
        let link = heap.object("Link", 100);
        heap.spec(link).id = first_id + 2 * number;
        heap.property(above, "next", link);
        above = link;
    }
    heap
}

/// The graph of an index in which one section is all zeros.
fn with_zeros(heap: &SnapshotBuilder, section: &str) -> Graph {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, index) = (folder.path().join("test.heapsnapshot"), folder.path().join("test.index"));
    std::fs::write(&path, heap.to_bytes()).expect("written");
    let options = OpenOptions {
        index: Some(index.clone()),
        temp_dir: folder.path().to_owned(),
        threads: 1,
        wants: Wants::Graph,
    };
    let source = Source::file(&path).expect("a source");
    Snapshot::open(&source, &options, &()).expect("a snapshot");
    let mut bytes = std::fs::read(&index).expect("an index");
    let number =
        |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes")) as usize;
    let (start, length) = (number(16), number(24));
    let mut toc: Value = serde_json::from_slice(&bytes[start..start + length]).expect("contents");
    let entries = toc["sections"].as_array_mut().expect("sections");
    let entry = entries.iter_mut().find(|entry| entry["name"] == section).expect("the section");
    let field = |key: &str| entry[key].as_u64().expect("a number") as usize;
    let range = field("offset")..field("offset") + field("bytes");
    bytes[range.clone()].fill(0);
    entry["xxh3"] = checksum(&bytes[range]).into();
    let toc = serde_json::to_vec(&toc).expect("contents");
    let header = [(16, bytes.len() as u64), (24, toc.len() as u64), (32, checksum(&toc))];
    bytes.extend_from_slice(&toc);
    for (at, number) in header {
        bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
    }
    std::fs::write(&index, &bytes).expect("written");
    Snapshot::open_index(&index).expect("an index").graph().expect("right sums")
}

#[test]
fn a_walk_down_a_tree_that_goes_round_in_a_circle_ends() {
    let base = open(&list(1001));
    for section in ["tree_position", "tree_order"] {
        let wrong = with_zeros(&list(101), section);
        let nodes = wrong.node_count() as usize;
        assert!(biggest_objects(&wrong, usize::MAX).len() <= nodes, "{section}");
        let options = CompareOptions { matching: Matching::Ids, grown: usize::MAX };
        assert!(compare(&base, &wrong, &options).grown.len() <= nodes, "{section}");
    }
}
