//! From an input to an open snapshot, by way of the cache.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use heapglass_analysis::{SourceMaps, with_original_code, with_originals};
use heapglass_format::source::Source;
use heapglass_graph::{Graph, OpenOptions, Progress, Snapshot, Wants};
use heapglass_report::wire::SnapshotEntry;

use crate::cache::Cache;
use crate::context::Context;
use crate::exit::{ExitStatus, Failure};
use crate::hints;
use crate::inputs::Input;
use crate::interrupt::Interrupt;
use crate::messages::Messages;
use crate::progress::Bar;
use crate::source_maps::MapFiles;
use crate::timings::Timings;

/// An open snapshot.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) snapshot: Snapshot,
    /// Its name and counts, as documents begin.
    pub(crate) entry: SnapshotEntry,
    bar: Bar,
    interrupt: Interrupt,
    messages: Messages,
    source_maps: Arc<MapFiles>,
}

/// Opens a snapshot, with its index in the cache where there is one.
pub(crate) fn open(context: &Context, input: &Input, wants: Wants) -> Result<Opened, Failure> {
    let kept = kept_index(context, input);
    let index = kept.as_ref().map(|(_, path)| path.clone());
    let bar = bar(context, input);
    let snapshot = open_showing(context, input, index, wants, &bar)?;
    if let Some((cache, path)) = kept {
        // A cache that cannot be kept in order costs time, not the answer.
        let _ = cache.used(&path);
    }
    let mut entry = SnapshotEntry::new(input.path.display().to_string(), snapshot.overview());
    input.describe(&mut entry);
    let (interrupt, messages) = (context.interrupt.clone(), context.messages.clone());
    let source_maps = Arc::clone(&context.source_maps);
    Ok(Opened { snapshot, entry, bar, interrupt, messages, source_maps })
}

fn bar(context: &Context, input: &Input) -> Bar {
    Bar::new(short_name(&input.path), context.settings.progress, context.interrupt.clone())
}

/// Opens a snapshot with this index, or with none.
pub(crate) fn open_with_index(
    context: &Context,
    input: &Input,
    index: Option<PathBuf>,
) -> Result<Snapshot, Failure> {
    open_showing(context, input, index, Wants::Graph, &bar(context, input))
}

fn open_showing(
    context: &Context,
    input: &Input,
    index: Option<PathBuf>,
    wants: Wants,
    bar: &Bar,
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
        wants,
    };
    let timings = context.settings.timings.then(|| Timings::new(bar));
    let progress = timings.as_ref().map_or(bar as &dyn Progress, |timings| timings);
    let cleans_up = context.interrupt.cleans_up(work_dir.as_ref());
    let snapshot = Snapshot::open(&source, &options, progress)
        .map_err(|error| interrupted(hints::opening(error)));
    if let Some(timings) = timings {
        context.messages.raw(&timings.finish());
    }
    // The directory first: once nothing cleans up, an interrupt ends the program at once.
    drop(work_dir);
    drop(cleans_up);
    let snapshot = snapshot?;
    if let Some(problem) = snapshot.index_problem() {
        bar.aside(|| context.messages.note(without_number(problem)));
    }
    Ok(snapshot)
}

impl Opened {
    /// The graph of the snapshot, to do with it what `verb` says: `finding paths in`.
    pub(crate) fn graph(&self, verb: &'static str) -> Result<Graph, Failure> {
        self.read(verb, with_originals)
    }

    /// The same for an answer that tells of no edge, no path and no code that holds something: it needs no variable's
    /// original name, for which bundles are parsed.
    pub(crate) fn graph_without_variables(&self, verb: &'static str) -> Result<Graph, Failure> {
        self.read(verb, with_original_code)
    }

    fn read(&self, verb: &'static str, apply: Apply) -> Result<Graph, Failure> {
        if self.snapshot.from_index() && self.snapshot.damage().is_none() {
            self.bar.doing("checking the index of");
            self.bar.begin_again();
        }
        let cleans_up = self.interrupt.cleans_up(None);
        let known = self.snapshot.damage().is_some();
        let graph = self.snapshot.graph_with(&self.bar);
        drop(cleans_up);
        if let Some(damage) = self.snapshot.damage().filter(|_| !known) {
            self.note(&format!("{}; the snapshot was read again", without_number(damage)));
        }
        let graph = graph.map_err(|error| match self.interrupt.asked() {
            Some(status) => Failure { status, ..hints::opening(error) },
            None => Failure { status: ExitStatus::Unreadable, ..hints::opening(error) },
        })?;
        let graph = self.as_written(graph, apply);
        self.bar.doing(verb);
        Ok(graph)
    }

    /// The graph with what the user's source maps say of its code.
    fn as_written(&self, graph: Graph, apply: Apply) -> Graph {
        if !self.source_maps.is_empty() {
            self.bar.doing("applying source maps to");
        }
        as_written(graph, &self.source_maps, apply, &self.entry.file, |text| self.note(text))
    }

    /// Whether source maps change what names are shown, which only a graph knows.
    pub(crate) fn has_source_maps(&self) -> bool {
        !self.source_maps.is_empty()
    }

    /// Tells the user something, beside the progress bar.
    pub(crate) fn note(&self, text: &str) {
        self.bar.aside(|| self.messages.note(text));
    }

    /// Takes the progress bar away, for answers that are written bit by bit.
    pub(crate) fn hide_bar(&mut self) {
        self.bar.finish();
    }
}

/// How source maps are applied to a graph.
type Apply = fn(&Graph, &dyn SourceMaps) -> Graph;

/// The graph of a snapshot with what source maps say of its code; `note` tells the user that they say nothing, and of
/// which scripts they cannot say all.
pub(crate) fn as_written(
    graph: Graph,
    maps: &MapFiles,
    apply: Apply,
    snapshot: &str,
    note: impl Fn(&str),
) -> Graph {
    if maps.is_empty() {
        return graph;
    }
    let graph = apply(&graph, maps);
    if graph.originals().is_none_or(|originals| originals.places.is_empty()) {
        note(&format!(
            "{snapshot}: none of the source maps is of a script in it; a map goes by the name of its script"
        ));
    }
    maps.untold_problems().for_each(|problem| note(&problem));
    graph
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

/// A sentence with a system's answer at its end, without the number that only programs need.
pub(crate) fn without_number(text: &str) -> &str {
    text.split(" (os error").next().unwrap_or(text)
}

fn short_name(path: &Path) -> String {
    match path.file_name() {
        Some(name) if name != "-" => name.to_string_lossy().into_owned(),
        _ => "standard input".to_owned(),
    }
}
