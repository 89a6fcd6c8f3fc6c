//! `report`: what uses the memory, in words.

use heapglass_analysis::{SummaryOptions, SuspectOptions, VerdictOptions, summarize, verdict};
use heapglass_graph::Snapshot;
use heapglass_report::wire::{AllocationsEntry, ReportBody};

use crate::answer::{Heading, answer};
use crate::args::ReportArgs;
use crate::context::Context;
use crate::exit::ExitStatus;
use crate::open::{Opened, graph};

/// Writes the verdict on each snapshot.
pub(crate) fn run(context: &Context, args: &ReportArgs) -> anyhow::Result<ExitStatus> {
    let question = |opened: &Opened| body(&opened.snapshot, args.top, args.threshold);
    answer(context, &args.files.files, Heading::Always, question)
}

/// The verdict on a snapshot: `top` classes and objects, owners of at least `threshold` per cent.
pub(crate) fn body(snapshot: &Snapshot, top: usize, threshold: f64) -> anyhow::Result<ReportBody> {
    let suspects = SuspectOptions { threshold: threshold / 100.0, ..SuspectOptions::default() };
    let options = VerdictOptions { suspects, objects: top };
    let rows = SummaryOptions { limit: Some(top), ..SummaryOptions::default() };
    let classes = summarize(&snapshot.overview().classes, &rows);
    let graph = graph(snapshot)?;
    let allocations = AllocationsEntry::new(&graph, top);
    Ok(ReportBody::new(&verdict(&graph, &options), &classes, allocations))
}
