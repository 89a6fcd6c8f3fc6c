//! `statistics`: what kinds of things the heap consists of.

use heapglass_report::wire::StatisticsBody;

use crate::answer::{Heading, answer};
use crate::args::StatisticsArgs;
use crate::context::Context;
use crate::exit::ExitStatus;

/// Writes DevTools' Statistics view of each snapshot.
pub(crate) fn run(context: &Context, args: &StatisticsArgs) -> anyhow::Result<ExitStatus> {
    answer(context, &args.files.files, Heading::ForSeveral, |opened| {
        Ok(StatisticsBody { statistics: (&opened.snapshot.overview().statistics).into() })
    })
}
