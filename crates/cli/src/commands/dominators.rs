//! `dominators`: who retains the memory.

use heapglass_analysis::{DominatorOptions, dominators};
use heapglass_report::wire::DominatorsBody;

use super::{limit, target};
use crate::answer::{Heading, answer};
use crate::args::DominatorsArgs;
use crate::context::Context;
use crate::exit::ExitStatus;

/// Writes the dominator tree of each snapshot.
pub(crate) fn run(context: &Context, args: &DominatorsArgs) -> anyhow::Result<ExitStatus> {
    let options = DominatorOptions {
        depth: args.depth,
        limit: limit(args.limit),
        min_share: args.min_share / 100.0,
        ..DominatorOptions::default()
    };
    answer(context, &args.files.files, Heading::ForSeveral, |opened| {
        let graph = opened.graph_without_variables("opening the tree of")?;
        let start = target::node_or_root(&graph, args.from)?;
        Ok(DominatorsBody::new(graph.id(start).0, &dominators(&graph, start, &options)))
    })
}
