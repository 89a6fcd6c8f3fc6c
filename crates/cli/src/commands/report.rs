//! `report`: what uses the memory, in words.

use heapglass_analysis::{SummaryOptions, SuspectOptions, VerdictOptions, summarize, verdict};
use heapglass_report::wire::{AllocationsEntry, ReportBody};

use crate::answer::{Heading, answer};
use crate::args::ReportArgs;
use crate::context::Context;
use crate::exit::ExitStatus;

/// Writes the verdict on each snapshot.
pub(crate) fn run(context: &Context, args: &ReportArgs) -> anyhow::Result<ExitStatus> {
    let suspects =
        SuspectOptions { threshold: args.threshold / 100.0, ..SuspectOptions::default() };
    let options = VerdictOptions { suspects, objects: args.top };
    let rows = SummaryOptions { limit: Some(args.top), ..SummaryOptions::default() };
    answer(context, &args.files.files, Heading::Always, |opened| {
        let classes = summarize(&opened.snapshot.overview().classes, &rows);
        let graph = opened.graph("looking for what stands out in")?;
        let allocations = AllocationsEntry::new(&graph, args.top);
        Ok(ReportBody::new(&verdict(&graph, &options), &classes, allocations))
    })
}
