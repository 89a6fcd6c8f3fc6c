//! How tests open snapshots.

use std::path::{Path, PathBuf};

use heapglass_format::source::Source;
use heapglass_graph::{Error, Graph, OpenOptions, Ordinal, Snapshot, Wants};
use heapglass_testkit::{NodeRef, SnapshotBuilder};
use proptest::test_runner::Config as ProptestConfig;

/// A directory of its own for each test.
pub(crate) struct Folder {
    dir: tempfile::TempDir,
}

impl Folder {
    pub(crate) fn new() -> Folder {
        Folder { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Names of the files in it, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Options for work in this directory, without an index.
    pub(crate) fn options(&self, threads: usize) -> OpenOptions {
        OpenOptions { index: None, temp_dir: self.path().to_owned(), threads, wants: Wants::Graph }
    }

    pub(crate) fn open(&self, bytes: &[u8], threads: usize) -> Result<Snapshot, Error> {
        let path = self.write("snapshot", bytes);
        open(&path, &self.options(threads))
    }
}

pub(crate) fn open(path: &Path, options: &OpenOptions) -> Result<Snapshot, Error> {
    Snapshot::open(&Source::file(path)?, options, &())
}

/// The graph of a snapshot given as bytes, read by two threads.
pub(crate) fn graph_of(bytes: &[u8]) -> Graph {
    Folder::new().open(bytes, 2).unwrap().graph().unwrap()
}

pub(crate) fn graph(heap: &SnapshotBuilder) -> Graph {
    graph_of(&heap.to_bytes())
}

pub(crate) fn ordinal(node: NodeRef) -> Ordinal {
    Ordinal(node.0)
}

/// Everything that an opened snapshot says of its heap, to compare two openings as a whole.
pub(crate) fn everything(snapshot: &Snapshot) -> String {
    let graph = snapshot.graph().unwrap();
    let mut text = format!(
        "{:?}\n{:?}\n{:?}\n{:?}\n",
        snapshot.overview().info,
        snapshot.overview().statistics,
        snapshot.overview().classes,
        snapshot.overview().findings
    );
    for node in graph.nodes() {
        let edges: Vec<_> = graph.edges(node).map(|e| (e, graph.edge_name(e))).collect();
        text += &format!(
            "{node:?} {} {:?} {:?} {:?} {} {} {:?} {:?} {:?} {:?} {:?} {edges:?} {:?}\n",
            graph.node_type_name(node),
            graph.id(node),
            graph.raw_name(node),
            graph.distance(node),
            graph.shallow_size(node),
            graph.retained_size(node),
            graph.dominator(node),
            graph.detachedness(node),
            graph.class(node),
            graph.location(node),
            graph.retained_count(node),
            graph.retaining_nodes(node).collect::<Vec<_>>(),
        );
    }
    text
}

/// So many cases, and no file of failed ones: what fails once becomes a test of its own.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}
