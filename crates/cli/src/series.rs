//! Several snapshots that one question is about.

use std::path::{Path, PathBuf};

use heapglass_analysis::is_same_snapshot;
use heapglass_graph::{FindingKind, Graph, Wants};
use heapglass_report::text::counted;
use heapglass_report::wire::Failure as InputFailure;

use crate::context::Context;
use crate::exit::{ExitStatus, Failure};
use crate::inputs::{Input, Inputs};
use crate::open::{Opened, open};

/// Snapshots of one question, in the order of time as far as it is known.
pub(crate) struct Series {
    /// Each snapshot that could be opened, with its graph.
    pub(crate) opened: Vec<(Opened, Graph)>,
    /// [`ExitStatus::Unreadable`] if one could not be, which has been said.
    pub(crate) status: ExitStatus,
    /// Those that could not be.
    pub(crate) errors: Vec<InputFailure>,
}

/// Opens all snapshots in `paths`, at least `least` of them; `read` is the way of [`Opened`] to the graph of each. One that
/// cannot be read, is named twice, or is a copy of another, is left out with a word.
pub(crate) fn open_series(
    context: &Context,
    paths: &[PathBuf],
    least: usize,
    read: fn(&Opened, &'static str) -> Result<Graph, Failure>,
    verb: &'static str,
) -> anyhow::Result<Series> {
    let inputs = Inputs::find(paths, &context.messages)?;
    let mut series = Series { opened: Vec::new(), status: ExitStatus::Fine, errors: Vec::new() };
    let mut seen: Vec<PathBuf> = Vec::new();
    for input in in_order_of_time(context, inputs.items, &mut series)? {
        let file = input.path.canonicalize().unwrap_or_else(|_| input.path.clone());
        if seen.contains(&file) {
            let name = input.path.display();
            context.messages.note(&format!("{name} is named twice, and counts once"));
            continue;
        }
        seen.push(file);
        match open(context, &input, Wants::Graph)
            .and_then(|opened| Ok((read(&opened, verb)?, opened)))
        {
            Ok((graph, opened)) => series.add(opened, graph),
            Err(failure) if failure.status != ExitStatus::Unreadable => return Err(failure.into()),
            Err(failure) => series.left_out(context, &input.path, failure),
        }
    }
    let count = series.opened.len();
    if count < least {
        let text = match series.status {
            _ if least == 1 => "no snapshot could be read".to_owned(),
            ExitStatus::Fine => {
                let given = counted(count as u64, "snapshot was", "snapshots were");
                format!("{given} given, and at least {least} are needed")
            }
            _ => {
                let read = counted(count as u64, "snapshot", "snapshots");
                format!("{read} could be read, and at least {least} are needed")
            }
        };
        let status = series.status.worse(ExitStatus::Usage);
        let hint = "snapshots of one process, taken one after the other: `heapglass capture --snapshots 3`";
        return Err(Failure::new(status, text).hint(hint).into());
    }
    Ok(series)
}

impl Series {
    /// Adds a snapshot, if it is not one that is there under another name: that is no measurement.
    fn add(&mut self, opened: Opened, graph: Graph) {
        match self.opened.iter().find(|(_, other)| is_same_snapshot(other, &graph)) {
            Some((other, _)) => opened.note(&format!(
                "{} is a copy of {}, and left out: the same snapshot counts once",
                opened.entry.file, other.entry.file
            )),
            None => self.opened.push((opened, graph)),
        }
    }

    /// Says that an input cannot be read, and goes on without it.
    fn left_out(&mut self, context: &Context, path: &Path, failure: Failure) {
        context.messages.error(&failure);
        self.status = self.status.worse(failure.status);
        self.errors
            .push(InputFailure { file: path.display().to_string(), message: failure.message });
    }
}

/// Why the figures of a snapshot are not those of the whole heap.
pub(crate) fn incomplete(graph: &Graph) -> Option<String> {
    let lost = graph.overview().findings.iter().find(|finding| {
        matches!(
            finding.kind,
            FindingKind::Truncated | FindingKind::MissingSection | FindingKind::Malformed
        )
    })?;
    Some(format!("the snapshot is not complete: {}", lost.message))
}

/// The snapshots as they were given, or by their collector's clock where all have one and the user
/// named no order.
fn in_order_of_time(
    context: &Context,
    items: Vec<Result<Input, (PathBuf, Failure)>>,
    series: &mut Series,
) -> anyhow::Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for item in items {
        match item {
            Ok(input) => inputs.push(input),
            Err((_, failure)) if failure.status != ExitStatus::Unreadable => {
                return Err(failure.into());
            }
            Err((path, failure)) => series.left_out(context, &path, failure),
        }
    }
    if inputs.iter().all(|input| input.taken_at().is_some())
        && !inputs.is_sorted_by_key(|input| input.taken_at().map(str::to_owned))
    {
        inputs.sort_by_key(|input| input.taken_at().map(str::to_owned));
        context.messages.note("the snapshots are taken in the order of their names' times");
    }
    Ok(inputs)
}
