//! `statistics`: what kinds of things the heap consists of.

use heapglass_graph::Wants;
use heapglass_report::wire::StatisticsBody;

use crate::answer::{Heading, answer_with};
use crate::args::StatisticsArgs;
use crate::context::Context;
use crate::exit::ExitStatus;

/// Writes DevTools' Statistics view of each snapshot.
pub(crate) fn run(context: &Context, args: &StatisticsArgs) -> anyhow::Result<ExitStatus> {
    answer_with(context, &args.files.files, Heading::ForSeveral, Wants::Overview, |opened| {
        Ok(StatisticsBody { statistics: (&opened.snapshot.overview().statistics).into() })
    })
}
