//! `report`: what uses the memory, in words.

use std::path::Path;

use heapglass_analysis::{
    AttributionOptions, SummaryOptions, SummaryRow, SuspectOptions, VerdictOptions, attribution,
    script_names, summarize, verdict,
};
use heapglass_graph::Graph;
use heapglass_report::wire::{
    AllocationsEntry, ClassEntry, ReportBody, name_scripts, scripts_of_namesakes,
};

use super::grouping;
use crate::answer::{Heading, answer};
use crate::args::ReportArgs;
use crate::context::Context;
use crate::exit::ExitStatus;
use crate::hints;
use crate::resident::resident;

/// Writes the verdict on each snapshot.
pub(crate) fn run(context: &Context, args: &ReportArgs) -> anyhow::Result<ExitStatus> {
    if let Some(failure) = hints::mistyped_command(&args.files.files) {
        return Err(failure.into());
    }
    answer(context, &args.files.files, Heading::Always, |opened| {
        let graph = opened.graph("looking for what stands out in")?;
        let memory = resident(Path::new(&opened.entry.file), args.rss);
        let body = body(&graph, args.top, args.threshold).of_process(memory.as_ref());
        let Some(by) = args.by else { return Ok(body) };
        let by = grouping(by, &[&graph])?;
        let options = AttributionOptions { by, limit: Some(args.top) };
        Ok(body.attributed(&attribution(&graph, &options), by))
    })
}

/// Whether V8's own objects are a row only because one of them holds the program: where native contexts hold the global
/// object, as in Node.js 26, what `(system)` retains is nearly the whole heap, and says nothing.
/// Cost: a pass over the nodes, if V8's own objects retain most of the heap.
fn is_whole_program(graph: &Graph, row: &SummaryRow) -> bool {
    row.row.class_name == "(system)"
        && row.row.retained_size > graph.overview().statistics.total / 2
        && graph.nodes().any(|node| {
            graph.class(node) == row.class
                && graph.retained_size(node) > row.row.retained_size / 2
                && graph.raw_name(node).starts_with("system / NativeContext")
        })
}

/// The verdict on a snapshot: `top` classes and objects, owners of at least `threshold` per cent.
pub(crate) fn body(graph: &Graph, top: usize, threshold: f64) -> ReportBody {
    let suspects = SuspectOptions { threshold: threshold / 100.0, ..SuspectOptions::default() };
    let options = VerdictOptions { suspects, objects: top };
    let rows = SummaryOptions { limit: Some(top.saturating_add(1)), ..SummaryOptions::default() };
    let mut classes = summarize(&graph.overview().classes, &rows);
    classes.rows.retain(|row| !is_whole_program(graph, row));
    classes.rows.truncate(top);
    let allocations = AllocationsEntry::new(graph, top);
    let mut body = ReportBody::new(&verdict(graph, &options), &classes, allocations);
    let numbers = scripts_of_namesakes(body.classes.iter().map(ClassEntry::name_and_key));
    let names = script_names(graph, &numbers);
    name_scripts(&mut body.classes, |number| names.get(&number).cloned());
    body
}
