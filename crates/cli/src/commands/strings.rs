//! `strings`: the texts of a heap.

use heapglass_analysis::{TextOptions, TextSort, class_pattern, texts};
use heapglass_report::wire::StringsBody;

use super::limit;
use crate::answer::{Heading, answer};
use crate::args::{StringsArgs, TextColumn};
use crate::context::Context;
use crate::exit::ExitStatus;

/// Writes the texts of each snapshot, and what holds them.
pub(crate) fn run(context: &Context, args: &StringsArgs) -> anyhow::Result<ExitStatus> {
    let column =
        args.sort.unwrap_or(if args.duplicates { TextColumn::Wasted } else { TextColumn::Size });
    let options = TextOptions {
        pattern: args.filter.as_deref().map(class_pattern).transpose()?,
        duplicates: args.duplicates,
        sort: match column {
            TextColumn::Size => TextSort::Size,
            TextColumn::Wasted => TextSort::Wasted,
            TextColumn::Count => TextSort::Count,
        },
        limit: limit(args.limit),
    };
    answer(context, &args.files.files, Heading::ForSeveral, |opened| {
        let graph = opened.graph("reading the strings of")?;
        Ok(StringsBody::from(&texts(&graph, &options)))
    })
}
