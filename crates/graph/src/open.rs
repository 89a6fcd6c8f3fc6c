//! From a file to an overview and a graph.

use std::path::{Path, PathBuf};

use heapglass_format::source::Source;
use heapglass_format::{Progress, Result};

use crate::{Graph, Overview};

/// How to open a snapshot.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// Where this snapshot's index lies or shall lie; `None` to use none.
    pub index: Option<PathBuf>,
    /// Directory for the work file when there is no index path.
    pub temp_dir: PathBuf,
    /// Threads to use, at least 1.
    pub threads: usize,
}

/// An opened snapshot: the overview at hand, the graph on demand.
#[derive(Debug)]
pub struct Snapshot {}

impl Snapshot {
    /// Opens `source`: from its index if that is whole and of this very file, else by reading the
    /// snapshot and writing the index (best effort: an index that cannot be written is reported
    /// by [`Snapshot::index_problem`], not an error).
    pub fn open(_source: &Source, _options: &OpenOptions, _progress: &dyn Progress) -> Result<Snapshot> {
        unimplemented!()
    }

    /// Opens an index file by itself, without the snapshot it was made from.
    pub fn open_index(_path: &Path) -> Result<Snapshot> {
        unimplemented!()
    }

    /// Facts, statistics, classes.
    pub fn overview(&self) -> &Overview {
        unimplemented!()
    }

    /// The graph. The first call checks the sums of all columns (0.1 s for a 1 GB snapshot);
    /// after that it is free.
    pub fn graph(&self) -> Result<Graph> {
        unimplemented!()
    }

    /// Whether the snapshot came out of an existing index.
    pub fn from_index(&self) -> bool {
        unimplemented!()
    }

    /// Why an existing index was not used, or a new one not kept, in words.
    pub fn index_problem(&self) -> Option<&str> {
        unimplemented!()
    }
}
