//! `paths`: what keeps an object, or the objects of a class, alive.

use heapglass_analysis::{
    describe, find_classes, merged_paths, paths_to, program_path, program_way,
};
use heapglass_report::wire::{MergedPathsBody, PathsBody};

use super::target;
use crate::answer::{Heading, answer};
use crate::args::PathsArgs;
use crate::context::Context;
use crate::exit::{ExitStatus, Failure};
use crate::open::Opened;

/// Writes the paths in each snapshot.
pub(crate) fn run(context: &Context, args: &PathsArgs) -> anyhow::Result<ExitStatus> {
    let (files, id) = target::split(&args.target.values)?;
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    match (id, &args.class) {
        (Some(id), None) => {
            answer(context, &files, Heading::ForSeveral, |opened| to_object(opened, id, limit))
        }
        (None, Some(class)) => {
            answer(context, &files, Heading::ForSeveral, |opened| to_class(opened, class, limit))
        }
        (Some(_), Some(_)) => Err(Failure::usage("an object or a class, not both").into()),
        (None, None) => Err(Failure::usage("paths to what?")
            .hint("give an object's @id, or --class CLASS")
            .into()),
    }
}

fn to_object(opened: &Opened, id: u64, limit: usize) -> anyhow::Result<PathsBody> {
    let graph = opened.graph("finding paths in")?;
    let node = target::node(&graph, id)?;
    let paths = paths_to(&graph, node, limit);
    let program = program_path(&graph, node, &paths);
    Ok(PathsBody::new(&describe(&graph, node), &paths, program.as_ref()))
}

fn to_class(opened: &Opened, class: &str, limit: usize) -> anyhow::Result<MergedPathsBody> {
    let graph = opened.graph("finding paths in")?;
    let classes = find_classes(&graph.overview().classes, class)?;
    let targets: Vec<_> = graph
        .nodes()
        .filter(|&node| graph.shallow_size(node) > 0 && classes.contains(&graph.class(node)))
        .collect();
    let merged = merged_paths(&graph, &targets, limit);
    let program = program_way(&graph, &targets);
    let classes = classes.iter().map(|&class| graph.class_row(class));
    Ok(MergedPathsBody::new(classes, &merged, program.as_ref()))
}
