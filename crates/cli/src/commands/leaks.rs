//! `leaks`: what goes on growing over several snapshots, and who holds it; of one snapshot what stands out.

use std::io::{self, BufWriter, Write};

use heapglass_analysis::{LeakOptions, SuspectOptions, leak_groups, leaks, oddities, suspects};
use heapglass_graph::Graph;
use heapglass_report::wire::{FindingEntry, LeaksDocument, SnapshotEntry};

use super::{grouping, limit};
use crate::args::LeaksArgs;
use crate::context::Context;
use crate::exit::{ExitStatus, Failure};
use crate::open::Opened;
use crate::series::{Series, open_series};

/// Writes the verdict on a series of snapshots.
pub(crate) fn run(context: &Context, args: &LeaksArgs) -> anyhow::Result<ExitStatus> {
    let Series { opened, status, errors } =
        open_series(context, &args.files, 1, Opened::graph, "looking for what grows in")?;
    let mut findings = Vec::new();
    for (snapshot, graph) in &opened {
        findings.extend(graph.overview().findings.iter().map(|finding| {
            let entry = FindingEntry::from(finding);
            FindingEntry { message: format!("{}: {}", snapshot.entry.file, entry.message), ..entry }
        }));
    }
    let entries = opened.iter().map(|(snapshot, _)| snapshot.entry.clone()).collect();
    let document = match opened.as_slice() {
        [_] if args.by.is_some() => {
            let text = "one snapshot shows no growth, so nothing that grows can be anybody's";
            return Err(Failure::usage(text)
                .hint("`heapglass report FILE --by …` says who holds what")
                .into());
        }
        [(snapshot, graph)] => {
            let top = limit(args.top).unwrap_or(usize::MAX);
            let options = SuspectOptions { limit: top, ..SuspectOptions::default() };
            let found = (suspects(graph, &options), oddities(graph, top));
            LeaksDocument::of_one(&found.0, &found.1, snapshot.entry.clone(), findings, errors)
        }
        several => of_several(several, args, entries, findings, errors)?,
    };
    drop(opened);
    let mut out = BufWriter::new(io::stdout().lock());
    if context.settings.json {
        serde_json::to_writer_pretty(&mut out, &document)?;
        writeln!(out)?;
    } else {
        document.write_text(&context.settings.look, &mut out)?;
    }
    out.flush()?;
    Ok(status)
}

fn of_several(
    opened: &[(Opened, Graph)],
    args: &LeaksArgs,
    entries: Vec<SnapshotEntry>,
    findings: Vec<FindingEntry>,
    errors: Vec<heapglass_report::wire::Failure>,
) -> anyhow::Result<LeaksDocument> {
    let graphs: Vec<Graph> = opened.iter().map(|(_, graph)| graph.clone()).collect();
    let by = args.by.map(|by| grouping(by, &graphs.iter().collect::<Vec<_>>())).transpose()?;
    let options = LeakOptions {
        least_bytes: args.least,
        limit: limit(args.top).unwrap_or(usize::MAX),
        ..LeakOptions::default()
    };
    let report = leaks(&graphs, &options);
    let document = LeaksDocument::new(&report, entries, findings, errors);
    Ok(match by {
        Some(by) => document.grouped(&leak_groups(&graphs, &report, by), by),
        None => document,
    })
}
