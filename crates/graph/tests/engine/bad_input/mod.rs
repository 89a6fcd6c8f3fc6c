//! Damaged, wrong and lying files: a clear error, or right figures with a finding; never a panic,
//! never memory for a number that stands in the file.

mod cut;
mod damage;
mod limits;
mod sections;
mod sources;
mod syntax;
mod values;

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use heapglass_graph::{Error, Finding, FindingKind, Ordinal, Snapshot};
use heapglass_testkit::SnapshotBuilder;

use crate::common::{Folder, everything};

/// A heap whose figures do not depend on names, so that they stand before `strings` arrives.
fn heap() -> SnapshotBuilder {
    heap_with(12)
}

fn heap_with(entries: u32) -> SnapshotBuilder {
    let mut heap = SnapshotBuilder::new();
    let cache = heap.object("Cache", 40);
    let store = heap.node("array", "(object elements)", 160);
    heap.property(heap.global(), "cache", cache);
    heap.internal(cache, "elements", store);
    for at in 0..entries {
        let entry = heap.object("Entry", u64::from(at) + 10);
        let text = heap.string(&format!("text {at}"), 24);
        heap.element(store, at, entry);
        heap.property(entry, "text", text);
        heap.weak(text, "owner", entry);
    }
    heap.locate(cache, 5, 6, 7);
    heap
}

fn kinds(snapshot: &Snapshot) -> Vec<FindingKind> {
    snapshot.overview().findings.iter().map(|finding| finding.kind).collect()
}

fn finding(snapshot: &Snapshot, kind: FindingKind) -> Option<Finding> {
    snapshot.overview().findings.iter().find(|finding| finding.kind == kind).cloned()
}

/// Sizes, distances and dominators of all nodes.
fn figures(snapshot: &Snapshot) -> Vec<(u64, u64, i32, Ordinal)> {
    let graph = snapshot.graph().unwrap();
    let figures = |node| {
        let (shallow, retained) = (graph.shallow_size(node), graph.retained_size(node));
        (shallow, retained, graph.distance(node).0, graph.dominator(node))
    };
    graph.nodes().map(figures).collect()
}

/// An error says which file, and something more.
fn is_clear(error: &Error, path: &Path) {
    let message = error.to_string();
    let path = path.display().to_string();
    assert!(message.contains(&path) && message.len() > path.len() + 10, "{message}");
}

/// Opens damaged bytes and looks at everything that comes out.
fn touch(folder: &Folder, bytes: &[u8], threads: usize) -> Result<Snapshot, Error> {
    let result = folder.open(bytes, threads);
    match &result {
        Ok(snapshot) => assert_ne!(everything(snapshot), ""),
        Err(error) => is_clear(error, &folder.path().join("snapshot")),
    }
    assert_eq!(folder.files(), ["snapshot"], "a work file is left");
    result
}

/// The offset behind the first place where a text says this.
fn after(text: &str, what: &str) -> usize {
    text.find(what).unwrap() + what.len()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The offset and message of the syntax error that these bytes are.
fn syntax_error(bytes: &[u8], threads: usize) -> (u64, String) {
    match Folder::new().open(bytes, threads) {
        Err(Error::Syntax { offset, message, .. }) => (offset, message),
        other => panic!("no syntax error but {:?}", other.map(|s| kinds(&s))),
    }
}
