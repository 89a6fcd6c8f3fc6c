//! `report`: what uses the memory, in words.

use heapglass_analysis::{SummaryOptions, SuspectOptions, VerdictOptions, summarize, verdict};
use heapglass_graph::{Graph, Snapshot};
use heapglass_report::wire::{AllocationsEntry, ReportBody};

use crate::answer::{Heading, answer};
use crate::args::ReportArgs;
use crate::context::Context;
use crate::exit::ExitStatus;

/// Writes the verdict on each snapshot.
pub(crate) fn run(context: &Context, args: &ReportArgs) -> anyhow::Result<ExitStatus> {
    answer(context, &args.files.files, Heading::Always, |opened| {
        let graph = opened.graph("looking for what stands out in")?;
        Ok(body(&opened.snapshot, &graph, args.top, args.threshold))
    })
}

/// The verdict on a snapshot: `top` classes and objects, owners of at least `threshold` per cent.
pub(crate) fn body(snapshot: &Snapshot, graph: &Graph, top: usize, threshold: f64) -> ReportBody {
    let suspects = SuspectOptions { threshold: threshold / 100.0, ..SuspectOptions::default() };
    let options = VerdictOptions { suspects, objects: top };
    let rows = SummaryOptions { limit: Some(top), ..SummaryOptions::default() };
    let classes = summarize(&snapshot.overview().classes, &rows);
    let allocations = AllocationsEntry::new(graph, top);
    ReportBody::new(&verdict(graph, &options), &classes, allocations)
}
