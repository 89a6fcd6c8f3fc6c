//! `strings`: the texts of a heap.

use heapglass_analysis::{TextOptions, TextSort, class_pattern, texts};
use heapglass_report::wire::StringsBody;

use super::limit;
use crate::answer::{Heading, answer};
use crate::args::StringsArgs;
use crate::context::Context;
use crate::exit::ExitStatus;

/// Writes the texts of each snapshot, and what holds them.
pub(crate) fn run(context: &Context, args: &StringsArgs) -> anyhow::Result<ExitStatus> {
    let usual = if args.duplicates { TextSort::Wasted } else { TextSort::Size };
    let options = TextOptions {
        pattern: args.filter.as_deref().map(class_pattern).transpose()?,
        duplicates: args.duplicates,
        sort: args.sort.map_or(usual, TextSort::from),
        limit: limit(args.limit),
    };
    answer(context, &args.files.files, Heading::ForSeveral, |opened| {
        let graph = opened.graph("reading the strings of")?;
        Ok(StringsBody::from(&texts(&graph, &options)))
    })
}
