//! From an input to an open snapshot, by way of the cache.

use std::path::{Path, PathBuf};

use heapglass_format::source::Source;
use heapglass_graph::{OpenOptions, Progress, Snapshot};
use heapglass_report::wire::SnapshotEntry;

use crate::cache::Cache;
use crate::context::Context;
use crate::exit::{ExitStatus, Failure};
use crate::hints;
use crate::inputs::Input;
use crate::progress::Bar;
use crate::timings::Timings;

/// An open snapshot.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) snapshot: Snapshot,
    /// Its name and counts, as documents begin.
    pub(crate) entry: SnapshotEntry,
}

/// Opens a snapshot, with its index in the cache where there is one.
pub(crate) fn open(context: &Context, input: &Input) -> Result<Opened, Failure> {
    let kept = kept_index(context, input);
    let index = kept.as_ref().map(|(_, path)| path.clone());
    let snapshot = open_with_index(context, input, index)?;
    if let Some((cache, path)) = kept {
        // A cache that cannot be kept in order costs time, not the answer.
        let _ = cache.used(&path);
    }
    let mut entry = SnapshotEntry::new(input.path.display().to_string(), snapshot.overview());
    input.describe(&mut entry);
    Ok(Opened { snapshot, entry })
}

/// Opens a snapshot with this index, or with none.
pub(crate) fn open_with_index(
    context: &Context,
    input: &Input,
    index: Option<PathBuf>,
) -> Result<Snapshot, Failure> {
    let interrupted = |failure: Failure| match context.interrupt.asked() {
        Some(status) => Failure { status, ..failure },
        None => failure,
    };
    let source = if input.is_stdin() { Ok(Source::stdin()) } else { Source::file(&input.path) };
    let source = source.map_err(hints::opening)?;
    // Where there is no room for a directory, the engine says so if it needs any.
    let shared = &context.settings.temp_dir;
    let work_dir = tempfile::Builder::new().prefix("heapglass-").tempdir_in(shared).ok();
    let options = OpenOptions {
        index,
        temp_dir: work_dir.as_ref().map_or(shared.as_path(), |dir| dir.path()).to_owned(),
        threads: context.settings.threads,
    };
    let bar =
        Bar::new(short_name(&input.path), context.settings.progress, context.interrupt.clone());
    let timings = context.settings.timings.then(|| Timings::new(&bar));
    let progress = timings.as_ref().map_or(&bar as &dyn Progress, |timings| timings);
    let cleans_up = context.interrupt.cleans_up(work_dir.as_ref());
    let snapshot = Snapshot::open(&source, &options, progress)
        .map_err(|error| interrupted(hints::opening(error)));
    if let Some(timings) = timings {
        context.messages.raw(&timings.finish());
    }
    drop(bar);
    // The directory first: once nothing cleans up, an interrupt ends the program at once.
    drop(work_dir);
    drop(cleans_up);
    let snapshot = snapshot?;
    if let Some(problem) = snapshot.index_problem() {
        context.messages.note(problem);
    }
    Ok(snapshot)
}

impl Opened {
    /// The graph of the snapshot.
    pub(crate) fn graph(&self) -> Result<heapglass_graph::Graph, Failure> {
        graph(&self.snapshot)
    }
}

/// The graph of a snapshot.
pub(crate) fn graph(snapshot: &Snapshot) -> Result<heapglass_graph::Graph, Failure> {
    snapshot.graph().map_err(|error| {
        let failure = hints::opening(error);
        Failure { status: ExitStatus::Unreadable, ..failure }
    })
}

/// The cache and the place of the input's index in it.
fn kept_index(context: &Context, input: &Input) -> Option<(Cache, PathBuf)> {
    if input.is_stdin() {
        return None;
    }
    let cache = Cache::open(context.settings.cache.as_ref()?).ok().filter(Cache::keeps_anything)?;
    let path = cache.index_of(&input.path).ok()?;
    Some((cache, path))
}

fn short_name(path: &Path) -> String {
    match path.file_name() {
        Some(name) if name != "-" => name.to_string_lossy().into_owned(),
        _ => "standard input".to_owned(),
    }
}
