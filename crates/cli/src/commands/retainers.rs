//! `retainers`: who holds an object.

use heapglass_analysis::{RetainerOptions, describe, retainers};
use heapglass_report::wire::RetainersBody;

use super::{limit, target};
use crate::answer::{Heading, answer};
use crate::args::RetainersArgs;
use crate::context::Context;
use crate::exit::ExitStatus;

/// Writes DevTools' Retainers pane of the object in each snapshot.
pub(crate) fn run(context: &Context, args: &RetainersArgs) -> anyhow::Result<ExitStatus> {
    let (files, id) = target::split_with_id(&args.target.values)?;
    answer(context, &files, Heading::ForSeveral, |opened| {
        let graph = opened.graph("finding who holds it in")?;
        let node = target::node(&graph, id)?;
        let ignore =
            args.ignore.iter().map(|&id| target::node(&graph, id)).collect::<Result<_, _>>()?;
        let options = RetainerOptions {
            depth: args.depth,
            limit: limit(args.limit),
            weak: args.weak,
            ignore,
            ..RetainerOptions::default()
        };
        Ok(RetainersBody::new(&describe(&graph, node), &retainers(&graph, node, &options)))
    })
}
