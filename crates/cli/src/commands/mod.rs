//! The commands, one file each.

mod cache;
mod capture;
mod check;
mod compare;
mod containment;
mod dominators;
mod export;
mod gather;
mod generate;
mod index;
mod leaks;
mod object;
mod paths;
mod redact;
mod report;
mod retainers;
mod secrets;
mod shell;
mod statistics;
mod strings;
mod summary;
mod target;
mod waste;

use heapglass_analysis::AttributeBy;
use heapglass_graph::Graph;

use crate::args::{Cli, Command, Grouping};
use crate::context::Context;
use crate::exit::{ExitStatus, Failure};

/// Runs what the command line asks for.
pub(crate) fn run(context: &Context, cli: &Cli) -> anyhow::Result<ExitStatus> {
    let Some(command) = &cli.command else { return report::run(context, &cli.report) };
    if let Some(misplaced) = cli.report.files.files.first() {
        let text = format!("{} stands before the command", misplaced.display());
        return Err(Failure::usage(text).hint("write `heapglass COMMAND FILE`").into());
    }
    match command {
        Command::Report(args) => report::run(context, args),
        Command::Summary(args) => summary::run(context, args),
        Command::Compare(args) => compare::run(context, args),
        Command::Statistics(args) => statistics::run(context, args),
        Command::Containment(args) => containment::run(context, args),
        Command::Dominators(args) => dominators::run(context, args),
        Command::Object(args) => object::run(context, args),
        Command::Retainers(args) => retainers::run(context, args),
        Command::Paths(args) => paths::run(context, args),
        Command::Strings(args) => strings::run(context, args),
        Command::Waste(args) => waste::run(context, args),
        Command::Leaks(args) => leaks::run(context, args),
        Command::Check(args) => check::run(context, args),
        Command::Redact(args) => redact::run(context, args),
        Command::Secrets(args) => secrets::run(context, args),
        Command::Export(args) => export::run(context, args),
        Command::Index(args) => index::run(context, args),
        Command::Cache(args) => cache::run(context, args),
        Command::Capture(args) => capture::run(context, args),
        Command::Gather(args) => gather::run(context, args),
        Command::Completions { shell } => shell::completions(*shell),
        Command::Man { out } => shell::man(out.as_deref()),
        Command::Generate { dir } => generate::run(dir),
    }
}

/// What memory is grouped by, as it is typed. Fails where the snapshot cannot know.
fn grouping(by: Grouping, graphs: &[&Graph]) -> Result<AttributeBy, Failure> {
    Ok(match by {
        Grouping::Package => AttributeBy::Package,
        Grouping::File => AttributeBy::File,
        Grouping::Plugin => AttributeBy::Plugin,
        Grouping::Class => AttributeBy::Class,
        Grouping::Context => AttributeBy::Context,
        Grouping::Component => AttributeBy::Component,
        Grouping::Function => {
            if graphs.iter().any(|graph| graph.overview().info.trace_function_count == 0) {
                let text = "who allocated what is in recordings with stacks only";
                let hint = "record with DevTools' \"Allocations on timeline\" and stacks, or over the inspector with \
                            HeapProfiler.startTrackingHeapObjects and trackAllocations";
                return Err(Failure::usage(text).hint(hint));
            }
            AttributeBy::Function
        }
    })
}

/// A limit as it is typed: 0 stands for none.
fn limit(rows: usize) -> Option<usize> {
    (rows > 0).then_some(rows)
}
