//! `object`: one object in readable form.

use heapglass_analysis::{ObjectOptions, object};
use heapglass_report::wire::ObjectBody;

use super::{limit, target};
use crate::answer::{Heading, answer};
use crate::args::ObjectArgs;
use crate::context::Context;
use crate::exit::ExitStatus;

/// Writes the object in each snapshot.
pub(crate) fn run(context: &Context, args: &ObjectArgs) -> anyhow::Result<ExitStatus> {
    let (files, id) = target::split_with_id(&args.target.values)?;
    let options = ObjectOptions { limit: limit(args.limit), internals: args.internals };
    answer(context, &files, Heading::ForSeveral, |opened| {
        let graph = opened.graph("describing an object of")?;
        let node = target::node(&graph, id)?;
        Ok(ObjectBody::new(&object(&graph, node, &options), &graph.allocation_stack(node)))
    })
}
