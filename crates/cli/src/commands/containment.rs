//! `containment`: what an object holds.

use heapglass_analysis::{ContainmentOptions, containment, describe};
use heapglass_report::wire::ContainmentBody;

use super::{limit, target};
use crate::answer::{Heading, answer};
use crate::args::ContainmentArgs;
use crate::context::Context;
use crate::exit::ExitStatus;

/// Writes DevTools' Containment view of each snapshot.
pub(crate) fn run(context: &Context, args: &ContainmentArgs) -> anyhow::Result<ExitStatus> {
    let options = ContainmentOptions {
        depth: args.depth,
        limit: limit(args.limit),
        by_retained_size: args.by_size,
        ..ContainmentOptions::default()
    };
    answer(context, &args.files.files, Heading::ForSeveral, |opened| {
        let graph = opened.graph("opening the tree of")?;
        let start = target::node_or_root(&graph, args.from)?;
        Ok(ContainmentBody::new(&describe(&graph, start), &containment(&graph, start, &options)))
    })
}
