//! From a file to an overview and a graph, through the index where there is one.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use heapglass_format::container::{Container, ContainerWriter};
use heapglass_format::source::Source;
use heapglass_format::{Error, Finding, Phase, Progress, Result};
use serde::{Deserialize, Serialize};

use crate::{ClassRow, ClassTable, Graph, Overview, SnapshotInfo, Statistics, build};

/// How to open a snapshot.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// Where this snapshot's index lies or shall lie; `None` to use none.
    pub index: Option<PathBuf>,
    /// Directory for the work file when there is no index path.
    pub temp_dir: PathBuf,
    /// Threads to use, at least 1.
    pub threads: usize,
    /// What will be asked.
    pub wants: Wants,
}

/// What a snapshot is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// Facts, statistics and classes alone. Without an index, columns that only the graph needs
    /// are not written then; asking for the graph all the same reads the snapshot once more.
    Overview,
    /// The graph as well.
    Graph,
}

/// An opened snapshot: the overview at hand, the graph on demand.
#[derive(Debug)]
pub struct Snapshot {
    container: Container,
    overview: Arc<Overview>,
    graph: OnceLock<Graph>,
    threads: usize,
    from_index: bool,
    index_problem: Option<String>,
    /// Why the index was made again after it was opened.
    damage: OnceLock<String>,
    /// What an index was made from, to make it again if its columns are damaged.
    origin: Option<(Source, OpenOptions)>,
}

/// Raised whenever a pass computes something else than before, so that older indexes are rebuilt.
const ENGINE: u32 = 4;

/// What an index says of itself.
#[derive(Debug, Serialize, Deserialize)]
struct Facts {
    engine: u32,
    /// Of which snapshot it is; `None` for one made from standard input.
    of: Option<Fingerprint>,
}

/// What tells a snapshot file from another one, and from itself after a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Fingerprint {
    bytes: u64,
    /// Seconds and nanoseconds of the last change of the contents.
    modified: [i64; 2],
    /// The same of any change: a program that sets `modified` back cannot set this.
    changed: [i64; 2],
    /// Device and number of the file: another one may have taken its name.
    file: [u64; 2],
    sample: u64,
}

/// The small results, as stored.
#[derive(Debug, Serialize, Deserialize)]
struct StoredOverview {
    info: SnapshotInfo,
    statistics: Statistics,
    findings: Vec<Finding>,
    classes: Vec<ClassRow>,
}

impl Snapshot {
    /// Opens `source`: from its index if that is whole and of this very file, else by reading the
    /// snapshot and writing the index. An index that cannot be written is no error, see
    /// [`Snapshot::index_problem`]. A source that is an index itself is opened as one.
    ///
    /// Cost: from an index, the classes; else linear in the file, see `build`.
    pub fn open(
        source: &Source,
        options: &OpenOptions,
        progress: &dyn Progress,
    ) -> Result<Snapshot> {
        if !source.is_stream() && is_index(source.path()) {
            return Snapshot::open_index(source.path());
        }
        if options.index.as_deref().is_some_and(|index| is_same_file(index, source.path())) {
            let options = OpenOptions { index: None, ..options.clone() };
            let mut snapshot = Snapshot::build(source, &options, progress)?;
            snapshot.index_problem = Some("the index would replace the snapshot".to_owned());
            return Ok(snapshot);
        }
        let mut problem = None;
        if let Some(index) = options.index.as_deref().filter(|index| index.exists()) {
            match Snapshot::open_index_of(index, source) {
                Ok(snapshot) => {
                    let origin = Some((source.clone(), options.clone()));
                    return Ok(Snapshot { threads: options.threads, origin, ..snapshot });
                }
                Err(error) => problem = Some(error.to_string()),
            }
        }
        let mut snapshot = Snapshot::build_anywhere(source, options, progress)?;
        snapshot.index_problem = snapshot.index_problem.or(problem);
        Ok(snapshot)
    }

    /// Builds beside the index, and where there is no room for that without one.
    fn build_anywhere(
        source: &Source,
        options: &OpenOptions,
        progress: &dyn Progress,
    ) -> Result<Snapshot> {
        match Snapshot::build(source, options, progress) {
            Err(full) if options.index.is_some() && !source.is_stream() && is_full(&full) => {
                let elsewhere = OpenOptions { index: None, ..options.clone() };
                // Where there is no room either, that is what the user has to make.
                let mut snapshot = Snapshot::build(source, &elsewhere, progress)?;
                snapshot.index_problem = Some(format!("no index was kept: {full}"));
                Ok(snapshot)
            }
            built => built,
        }
    }

    /// Opens an index file by itself, without the snapshot it was made from.
    pub fn open_index(path: &Path) -> Result<Snapshot> {
        let container = Container::open(path)?;
        let facts = read_facts(&container)?;
        if facts.engine != ENGINE {
            let reason = format!("stale: made by engine {}, this is engine {ENGINE}", facts.engine);
            return Err(Error::Index { path: path.to_owned(), reason });
        }
        let overview = read_overview(&container)?;
        Ok(Snapshot {
            container,
            overview: Arc::new(overview),
            graph: OnceLock::new(),
            threads: 2,
            from_index: true,
            index_problem: None,
            damage: OnceLock::new(),
            origin: None,
        })
    }

    fn open_index_of(index: &Path, source: &Source) -> Result<Snapshot> {
        let snapshot = Snapshot::open_index(index)?;
        let facts = read_facts(&snapshot.container)?;
        if facts.of.is_none() || facts.of != fingerprint(source)? {
            let reason = "stale: the snapshot has changed since".to_owned();
            return Err(Error::Index { path: index.to_owned(), reason });
        }
        Ok(snapshot)
    }

    fn build(source: &Source, options: &OpenOptions, progress: &dyn Progress) -> Result<Snapshot> {
        let of = fingerprint(source)?;
        let index_dir = options.index.as_deref().and_then(Path::parent);
        let mut problem = None;
        let work_file = || match options.wants {
            Wants::Overview if !source.is_stream() => {
                ContainerWriter::create_for_passes(&options.temp_dir)
            }
            _ => ContainerWriter::create(&options.temp_dir),
        };
        let writer = match index_dir.map(ContainerWriter::create) {
            Some(Ok(writer)) => writer,
            Some(Err(error)) => {
                problem = Some(error.to_string());
                work_file()?
            }
            None => work_file()?,
        };
        let is_index = writer.is_index();
        let overview = build::build(source, &writer, options.threads, progress)?;
        let stored = StoredOverview {
            info: overview.info.clone(),
            statistics: overview.statistics,
            findings: overview.findings.clone(),
            classes: overview.classes.rows.clone(),
        };
        let not_json = |e: serde_json::Error| Error::io("write", writer.path(), e.into());
        writer.put("overview", &serde_json::to_vec(&stored).map_err(not_json)?)?;
        writer.seal(serde_json::to_value(Facts { engine: ENGINE, of }).map_err(not_json)?)?;
        progress.update(Phase::Write, 1, 1);
        let container = match options.index.as_deref().filter(|_| problem.is_none()) {
            Some(index) => {
                let (file, named) = writer.persist(index);
                problem = named.err().map(|error| error.to_string());
                Container::from_file(file, index)?
            }
            None => {
                let path = writer.path().to_owned();
                Container::from_file(writer.into_unnamed(), &path)?
            }
        };
        let overview = Arc::new(overview);
        let graph = OnceLock::new();
        if is_index {
            let _ = graph.set(Graph::from_container(&container, overview.clone())?);
        }
        Ok(Snapshot {
            container,
            overview,
            graph,
            threads: options.threads,
            from_index: false,
            index_problem: problem,
            damage: OnceLock::new(),
            origin: (!is_index).then(|| (source.clone(), options.clone())),
        })
    }

    /// Facts, statistics, classes, findings.
    pub fn overview(&self) -> &Overview {
        &self.overview
    }

    /// The graph. The first call on an index checks the sums of all columns; after that it is free. Where they are
    /// damaged, the snapshot is read again if it is still the same.
    ///
    /// Errors: the index is damaged and its snapshot is not at hand.
    pub fn graph(&self) -> Result<Graph> {
        self.graph_with(&())
    }

    /// The same with progress, for when the snapshot has to be read again.
    pub fn graph_with(&self, progress: &dyn Progress) -> Result<Graph> {
        if let Some(graph) = self.graph.get() {
            return Ok(graph.clone());
        }
        if !self.from_index {
            let again = self.read_again(progress)?;
            let graph = again.and_then(|again| again.graph.into_inner());
            let graph = graph.ok_or_else(|| Error::Index {
                path: self.container.path().to_owned(),
                reason: "not there: the snapshot changed while it was being read".to_owned(),
            })?;
            return Ok(self.graph.get_or_init(|| graph).clone());
        }
        let graph = match self.checked_graph() {
            Err(damage @ Error::Index { .. }) => {
                self.rebuilt_graph(&damage, progress)?.ok_or(damage)?
            }
            graph => graph?,
        };
        Ok(self.graph.get_or_init(|| graph).clone())
    }

    fn checked_graph(&self) -> Result<Graph> {
        self.container.verify(self.threads)?;
        Graph::from_container(&self.container, self.overview.clone())
    }

    /// The graph of the snapshot that the index was made from, unless it has changed since.
    fn rebuilt_graph(&self, damage: &Error, progress: &dyn Progress) -> Result<Option<Graph>> {
        let again = match self.read_again(progress) {
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            again => again.ok().flatten(),
        };
        if again.is_some() {
            let _ = self.damage.set(damage.to_string());
        }
        Ok(again.and_then(|again| again.graph.into_inner()))
    }

    /// The snapshot read once more, with all columns; `None` if it is another one now.
    fn read_again(&self, progress: &dyn Progress) -> Result<Option<Snapshot>> {
        let Some((source, options)) = self.origin.as_ref() else { return Ok(None) };
        // The directory for work files may have been one for the opening alone.
        let temp_dir = options.temp_dir.ancestors().find(|dir| dir.is_dir());
        let temp_dir = temp_dir.unwrap_or(&options.temp_dir).to_owned();
        let options = OpenOptions { temp_dir, wants: Wants::Graph, ..options.clone() };
        let again = Snapshot::build_anywhere(source, &options, progress)?;
        Ok(Some(again).filter(|again| again.overview.info == self.overview.info))
    }

    /// Whether the snapshot came out of an existing index.
    pub fn from_index(&self) -> bool {
        self.from_index
    }

    /// Why an existing index was not used, or a new one not kept, in words.
    pub fn index_problem(&self) -> Option<&str> {
        self.index_problem.as_deref()
    }

    /// Why [`Snapshot::graph`] read the snapshot again instead of its index, in words.
    pub fn damage(&self) -> Option<&str> {
        self.damage.get().map(String::as_str)
    }
}

/// Whether a directory had no room for the work file.
fn is_full(error: &Error) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match error {
        Error::Io { action, source, .. } => {
            *action != "read"
                && matches!(
                    source.kind(),
                    StorageFull | QuotaExceeded | FileTooLarge | ReadOnlyFilesystem
                )
        }
        _ => false,
    }
}

/// Whether the file starts like an index.
pub fn is_index(path: &Path) -> bool {
    let mut magic = [0; 8];
    File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok()
        && Container::is_magic(&magic)
}

/// Whether both names lead to one file, by whatever links.
fn is_same_file(a: &Path, b: &Path) -> bool {
    match (a.metadata(), b.metadata()) {
        (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
        _ => false,
    }
}

fn read_facts(container: &Container) -> Result<Facts> {
    serde_json::from_value(container.facts().clone()).map_err(|e| Error::Index {
        path: container.path().to_owned(),
        reason: format!("foreign: {e}"),
    })
}

fn read_overview(container: &Container) -> Result<Overview> {
    let stored: StoredOverview =
        serde_json::from_slice(&container.small("overview")?).map_err(|e| Error::Index {
            path: container.path().to_owned(),
            reason: format!("damaged: overview: {e}"),
        })?;
    Ok(Overview {
        info: stored.info,
        statistics: stored.statistics,
        classes: ClassTable { rows: stored.classes },
        findings: stored.findings,
    })
}

/// Blocks of the file that are hashed: an unchanged time stamp over changed contents is rare, and
/// reading the whole file would cost what the index saves.
const SAMPLES: u64 = 32;
const SAMPLE_BYTES: u64 = 1 << 14;

/// `None` for what is no plain file.
fn fingerprint(source: &Source) -> Result<Option<Fingerprint>> {
    if source.is_stream() {
        return Ok(None);
    }
    let path = source.path();
    let io = |e| Error::io("read", path, e);
    let mut file = File::open(path).map_err(|e| Error::io("open", path, e))?;
    let metadata = file.metadata().map_err(io)?;
    if !metadata.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    for sample in 0..SAMPLES {
        let last = metadata.len().saturating_sub(SAMPLE_BYTES);
        file.seek(SeekFrom::Start(last / (SAMPLES - 1) * sample)).map_err(io)?;
        file.by_ref().take(SAMPLE_BYTES).read_to_end(&mut bytes).map_err(io)?;
    }
    file.seek(SeekFrom::Start(metadata.len().saturating_sub(SAMPLE_BYTES))).map_err(io)?;
    file.by_ref().take(SAMPLE_BYTES).read_to_end(&mut bytes).map_err(io)?;
    Ok(Some(Fingerprint {
        bytes: metadata.len(),
        modified: [metadata.mtime(), metadata.mtime_nsec()],
        changed: [metadata.ctime(), metadata.ctime_nsec()],
        file: [metadata.dev(), metadata.ino()],
        sample: heapglass_format::container::checksum(&bytes),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lack_of_room_makes_do_without_an_index() {
        let error = |action: &'static str, number: i32| {
            Error::io(action, Path::new("index"), std::io::Error::from_raw_os_error(number))
        };
        // ENOSPC, EDQUOT and EFBIG on Linux; EACCES.
        assert!(is_full(&error("write", 28)));
        assert!(is_full(&error("write", 122)));
        assert!(is_full(&error("write", 27)));
        assert!(!is_full(&error("write", 13)));
        assert!(!is_full(&error("read", 28)), "the snapshot itself");
        assert!(!is_full(&Error::Cancelled));
    }
}
