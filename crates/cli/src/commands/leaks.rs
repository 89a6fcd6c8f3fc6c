//! `leaks`: what goes on growing over several snapshots, and who holds it.

use std::io::{self, BufWriter, Write};

use heapglass_analysis::{LeakOptions, leaks};
use heapglass_report::wire::{FindingEntry, LeaksDocument};

use crate::args::LeaksArgs;
use crate::context::Context;
use crate::exit::ExitStatus;
use crate::series::{Series, open_series};

/// Writes the verdict on a series of snapshots.
pub(crate) fn run(context: &Context, args: &LeaksArgs) -> anyhow::Result<ExitStatus> {
    let Series { opened, status, errors } =
        open_series(context, &args.files, 2, "looking for what grows in")?;
    let graphs: Vec<_> = opened.iter().map(|(_, graph)| graph.clone()).collect();
    let options =
        LeakOptions { least_bytes: args.least, limit: args.top, ..LeakOptions::default() };
    let report = leaks(&graphs, &options);
    let mut findings = Vec::new();
    for (snapshot, graph) in &opened {
        findings.extend(graph.overview().findings.iter().map(|finding| {
            let entry = FindingEntry::from(finding);
            FindingEntry { message: format!("{}: {}", snapshot.entry.file, entry.message), ..entry }
        }));
    }
    let entries = opened.iter().map(|(snapshot, _)| snapshot.entry.clone()).collect();
    let document = LeaksDocument::new(&report, entries, findings, errors);
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
