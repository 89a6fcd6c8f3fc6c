//! `leaks`: what goes on growing over several snapshots, and who holds it; of one snapshot what stands out.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use heapglass_analysis::{LeakOptions, SuspectOptions, leak_groups, leaks, oddities, suspects};
use heapglass_graph::Graph;
use heapglass_report::wire::{
    Failure as InputFailure, FindingEntry, LeakProcessesDocument, LeaksDocument, LeaksOutput,
    ResidentMemory, SnapshotEntry,
};

use super::{grouping, limit};
use crate::args::LeaksArgs;
use crate::context::Context;
use crate::exit::{ExitStatus, Failure};
use crate::open::Opened;
use crate::processes::processes;
use crate::resident::resident;
use crate::series::{Series, incomplete, open_series};

/// A snapshot with its graph.
type Measured = (Opened, Graph);

/// Writes the verdict on a series of snapshots, or on those of each process.
pub(crate) fn run(context: &Context, args: &LeaksArgs) -> anyhow::Result<ExitStatus> {
    if !args.rss.is_empty() && args.rss.len() != args.files.len() {
        let (sizes, files) = (args.rss.len(), args.files.len());
        let text = format!("--rss takes one size for each FILE: {sizes} for {files}");
        return Err(Failure::usage(text).into());
    }
    let Series { opened, status, errors } =
        open_series(context, &args.files, 1, Opened::graph, "looking for what grows in")?;
    let (opened, left_out) = complete_ones(opened)?;
    let output = answer(&opened, args, left_out, errors)?;
    drop(opened);
    let mut out = BufWriter::new(io::stdout().lock());
    if context.settings.json {
        serde_json::to_writer_pretty(&mut out, &output)?;
        writeln!(out)?;
    } else {
        output.write_text(&context.settings.look, &mut out)?;
    }
    out.flush()?;
    Ok(status)
}

/// The snapshots that growth can be seen in, and why the others are left out. One alone shows none, and stays.
fn complete_ones(opened: Vec<Measured>) -> Result<(Vec<Measured>, Vec<FindingEntry>), Failure> {
    let mut left_out = Vec::new();
    if opened.len() < 2 {
        return Ok((opened, left_out));
    }
    let mut complete = Vec::new();
    for (snapshot, graph) in opened {
        match incomplete(&graph) {
            Some(reason) => left_out.push(FindingEntry::left_out(&snapshot.entry.file, &reason)),
            None => complete.push((snapshot, graph)),
        }
    }
    if complete.is_empty() {
        let reasons: Vec<&str> = left_out.iter().map(|entry| entry.message.as_str()).collect();
        let text = format!("no snapshot is complete: {}", reasons.join("; "));
        let hint = "`heapglass leaks FILE` of one alone says what stands out in what could be read";
        return Err(Failure::unreadable(text).hint(hint));
    }
    Ok((complete, left_out))
}

fn answer(
    opened: &[Measured],
    args: &LeaksArgs,
    mut left_out: Vec<FindingEntry>,
    errors: Vec<InputFailure>,
) -> anyhow::Result<LeaksOutput> {
    let members = |process: Vec<usize>| -> Vec<&Measured> {
        process.into_iter().filter_map(|at| opened.get(at)).collect()
    };
    let (followed, alone): (Vec<_>, Vec<_>) =
        processes(opened).into_iter().map(members).partition(|process| process.len() > 1);
    if !followed.is_empty() {
        left_out.extend(alone.iter().flatten().map(|(snapshot, _)| {
            FindingEntry::left_out(&snapshot.entry.file, "the only one of its process")
        }));
    }
    Ok(match followed.as_slice() {
        // One snapshot, or several of which each is of another process.
        [] => {
            let all: Vec<&Measured> = opened.iter().collect();
            LeaksOutput::One(Box::new(of_process(&all, args, left_out, errors)?))
        }
        [process] => LeaksOutput::One(Box::new(of_process(process, args, left_out, errors)?)),
        several => {
            let documents = several
                .iter()
                .map(|process| of_process(process, args, Vec::new(), Vec::new()))
                .collect::<anyhow::Result<Vec<_>>>()?;
            LeaksOutput::Processes(LeakProcessesDocument::new(documents, left_out, errors))
        }
    })
}

/// The answer about these snapshots, with what is to be said of others in front of their own findings.
fn of_process(
    process: &[&Measured],
    args: &LeaksArgs,
    mut findings: Vec<FindingEntry>,
    errors: Vec<InputFailure>,
) -> anyhow::Result<LeaksDocument> {
    for (snapshot, graph) in process {
        findings.extend(graph.overview().findings.iter().map(|finding| {
            let entry = FindingEntry::from(finding);
            FindingEntry { message: format!("{}: {}", snapshot.entry.file, entry.message), ..entry }
        }));
    }
    let entries = process.iter().map(|(snapshot, _)| snapshot.entry.clone()).collect();
    match process {
        [_] if args.by.is_some() => {
            let mut text =
                "one snapshot shows no growth, so nothing that grows can be anybody's".to_owned();
            for left_out in findings.iter().filter(|finding| finding.is_left_out()) {
                text.push_str("; ");
                text.push_str(&left_out.message);
            }
            Err(Failure::usage(text)
                .hint("`heapglass report FILE --by …` says who holds what")
                .into())
        }
        [(snapshot, graph)] => {
            let top = limit(args.top).unwrap_or(usize::MAX);
            let options = SuspectOptions { limit: top, ..SuspectOptions::default() };
            let found = (suspects(graph, &options), oddities(graph, top));
            let entry = snapshot.entry.clone();
            Ok(LeaksDocument::of_one(&found.0, &found.1, entry, findings, errors))
        }
        several => of_several(several, args, entries, findings, errors),
    }
}

fn of_several(
    process: &[&Measured],
    args: &LeaksArgs,
    entries: Vec<SnapshotEntry>,
    findings: Vec<FindingEntry>,
    errors: Vec<InputFailure>,
) -> anyhow::Result<LeaksDocument> {
    let graphs: Vec<Graph> = process.iter().map(|(_, graph)| graph.clone()).collect();
    let by = args.by.map(|by| grouping(by, &graphs.iter().collect::<Vec<_>>())).transpose()?;
    let options = LeakOptions {
        least_bytes: args.least,
        limit: limit(args.top).unwrap_or(usize::MAX),
        ..LeakOptions::default()
    };
    let report = leaks(&graphs, &options);
    let document = LeaksDocument::new(&report, entries, findings, errors);
    let document = document.beside_resident(&report, &resident_memory(process, args));
    Ok(match by {
        Some(by) => document.grouped(&leak_groups(&graphs, &report, by), by),
        None => document,
    })
}

/// The resident memory of the process at each snapshot; none if it is not known of all.
fn resident_memory(process: &[&Measured], args: &LeaksArgs) -> Vec<ResidentMemory> {
    let of = |(snapshot, _): &&Measured| {
        let file = Path::new(&snapshot.entry.file);
        let asked = args.files.iter().position(|named| named.as_path() == file);
        resident(file, asked.and_then(|at| args.rss.get(at)).copied())
    };
    process.iter().map(of).collect::<Option<Vec<_>>>().unwrap_or_default()
}
