//! `report`: what uses the memory, in words.

use std::path::Path;

use heapglass_analysis::{
    AttributionOptions, SummaryOptions, SuspectOptions, VerdictOptions, attribution, script_names,
    summarize, verdict,
};
use heapglass_graph::Graph;
use heapglass_report::wire::{AllocationsEntry, ReportBody, name_scripts, scripts_of_namesakes};

use super::grouping;
use crate::answer::{Heading, answer};
use crate::args::ReportArgs;
use crate::context::Context;
use crate::exit::ExitStatus;
use crate::resident::resident;

/// Writes the verdict on each snapshot.
pub(crate) fn run(context: &Context, args: &ReportArgs) -> anyhow::Result<ExitStatus> {
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

/// The verdict on a snapshot: `top` classes and objects, owners of at least `threshold` per cent.
pub(crate) fn body(graph: &Graph, top: usize, threshold: f64) -> ReportBody {
    let suspects = SuspectOptions { threshold: threshold / 100.0, ..SuspectOptions::default() };
    let options = VerdictOptions { suspects, objects: top };
    let rows = SummaryOptions { limit: Some(top), ..SummaryOptions::default() };
    let classes = summarize(&graph.overview().classes, &rows);
    let allocations = AllocationsEntry::new(graph, top);
    let mut body = ReportBody::new(&verdict(graph, &options), &classes, allocations);
    let numbers = scripts_of_namesakes(&body.classes);
    let names = script_names(graph, &numbers);
    name_scripts(&mut body.classes, |number| names.get(&number).cloned());
    body
}
