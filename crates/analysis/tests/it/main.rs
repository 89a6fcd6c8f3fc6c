//! Questions to small heaps written by hand, and to random ones beside slow twins.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test that panics is a test that fails; what tests share is no interface"
)]

mod attribution;
mod attribution_by;
mod compare;
mod contexts;
mod falsified;
mod filters;
mod hubs;
mod leak_async_context;
mod leak_bookkeeping;
mod leak_growth;
mod leak_instances;
mod leak_kinds;
mod leak_owner;
mod leak_parts;
mod leak_places;
mod leak_shared;
mod leak_together;
mod leaks;
mod leaks_behind_node;
mod leaks_browser;
mod leaks_controlled;
mod leaks_native;
mod names;
mod objects;
mod oddities;
mod originals;
mod paths;
mod random;
mod react;
mod retainers;
mod rules;
mod secrets;
mod support;
mod suspects;
mod suspects_of_node;
mod texts;
mod trees;
mod unread;
mod waste;

use heapglass_graph::{Graph, NodeId, OpenOptions, Ordinal, Snapshot, Wants};
use heapglass_testkit::{NodeRef, SnapshotBuilder};

/// Opens a heap written by hand.
pub fn open(heap: &SnapshotBuilder) -> Graph {
    open_bytes(&heap.to_bytes())
}

/// The graph of a snapshot that no builder makes.
pub fn open_bytes(bytes: &[u8]) -> Graph {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.heapsnapshot");
    std::fs::write(&path, bytes).expect("written");
    let source = heapglass_format::source::Source::file(&path).expect("a source");
    let options = OpenOptions {
        index: None,
        temp_dir: folder.path().to_owned(),
        threads: 1,
        wants: Wants::Graph,
    };
    Snapshot::open(&source, &options, &()).expect("a snapshot").graph().expect("a graph")
}

/// The builder's node in the graph.
pub fn at(node: NodeRef) -> Ordinal {
    Ordinal(node.0)
}

/// The builder's id of a node.
pub fn id(heap: &SnapshotBuilder, node: NodeRef) -> NodeId {
    NodeId(heap.id(node))
}
