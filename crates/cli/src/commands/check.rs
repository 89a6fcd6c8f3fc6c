//! `check`: what a heap is expected to be, and whether it is so.

mod leaks;

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use heapglass_analysis::{Assertion, Judged, Measures, is_one_process, matching};
use heapglass_graph::Graph;
use heapglass_report::wire::{CheckDocument, CheckEntry, CheckKindEntry, FindingEntry};

use crate::args::CheckArgs;
use crate::budget::{Budget, NamedRule};
use crate::context::Context;
use crate::exit::{ExitStatus, Failure};
use crate::hints;
use crate::open::Opened;
use crate::series::{Series, incomplete, open_series};
use leaks::{LeakChecks, check_leaks};

/// Objects to show of those that break a rule.
const SHOWN: usize = 5;

/// Holds the snapshots against what is expected.
pub(crate) fn run(context: &Context, args: &CheckArgs) -> anyhow::Result<ExitStatus> {
    let mut budget = Budget { assertions: args.assertions.clone(), ..Budget::default() };
    for path in &args.budget {
        budget.extend(Budget::read(path)?);
    }
    if args.no_leak {
        budget.leaks.get_or_insert_default();
    }
    if budget.assertions.is_empty() && budget.rules.is_empty() && budget.leaks.is_none() {
        let hint = "give --assert, --budget or --no-leak; `heapglass check --help` has examples";
        return Err(Failure::usage("there is nothing to check").hint(hint).into());
    }
    let Series { mut opened, status, errors } =
        open_series(context, &args.files.files, 1, Opened::graph, "checking")?;
    in_order_of_ids(&mut opened);
    let snapshots = Snapshots::of(&opened);
    let mut checks = Vec::new();
    for assertion in &budget.assertions {
        snapshots.assert(assertion, &mut checks);
    }
    for rule in &budget.rules {
        snapshots.apply(rule, &mut checks);
    }
    let mut findings = findings(&opened);
    if let Some(policy) = &budget.leaks {
        let LeakChecks { checks: of_processes, left_out } = check_leaks(&opened, policy);
        checks.extend(of_processes);
        findings.extend(left_out);
    }
    let entries = opened.iter().map(|(snapshot, _)| snapshot.entry.clone()).collect();
    let document = CheckDocument::new(entries, checks, findings, errors);
    drop(opened);
    write(context, args, &document)?;
    Ok(if document.passed { status } else { status.worse(ExitStatus::Failed) })
}

/// Within a process ids only rise, and say which snapshot came first.
fn in_order_of_ids(opened: &mut [(Opened, Graph)]) {
    let graphs: Vec<&Graph> = opened.iter().map(|(_, graph)| graph).collect();
    if is_one_process(&graphs) {
        opened.sort_by_key(|(_, graph)| graph.overview().info.max_js_object_id);
    }
}

fn findings(opened: &[(Opened, Graph)]) -> Vec<FindingEntry> {
    let of = |(snapshot, graph): &(Opened, Graph)| {
        let file = snapshot.entry.file.clone();
        let findings: Vec<FindingEntry> =
            graph.overview().findings.iter().map(FindingEntry::from).collect();
        findings.into_iter().map(move |finding| FindingEntry {
            message: format!("{file}: {}", finding.message),
            ..finding
        })
    };
    opened.iter().flat_map(of).collect()
}

/// The snapshots of a check, in the order of time as far as it is known.
struct Snapshots<'a> {
    graphs: Vec<&'a Graph>,
    /// What the assertions share, for each graph.
    measures: Vec<Measures<'a>>,
    files: Vec<&'a str>,
}

impl<'a> Snapshots<'a> {
    fn of(opened: &'a [(Opened, Graph)]) -> Snapshots<'a> {
        Snapshots {
            graphs: opened.iter().map(|(_, graph)| graph).collect(),
            measures: opened.iter().map(|(_, graph)| Measures::of(graph)).collect(),
            files: opened.iter().map(|(snapshot, _)| snapshot.entry.file.as_str()).collect(),
        }
    }

    fn assert(&self, assertion: &Assertion, checks: &mut Vec<CheckEntry>) {
        let unknown = |file: Option<&str>, reason: String| {
            CheckEntry::not_judged(&assertion.text, CheckKindEntry::Assertion, file, reason)
        };
        let is_named = self.measures.iter().any(|measures| assertion.has_subject(measures));
        let entry = |judged: heapglass_analysis::Result<Judged>, file: Option<&str>| match judged {
            Ok(judged) => CheckEntry::assertion(assertion, judged, file, is_named),
            Err(error) => unknown(file, error.to_string()),
        };
        if !assertion.growth {
            for ((graph, measures), file) in self.graphs.iter().zip(&self.measures).zip(&self.files)
            {
                checks.push(match incomplete(graph) {
                    Some(reason) => unknown(Some(file), reason),
                    None => entry(assertion.judge(measures), Some(file)),
                });
            }
            return;
        }
        let incomplete = || {
            let ends = [self.graphs.first(), self.graphs.last()];
            ends.into_iter().flatten().find_map(|graph| incomplete(graph))
        };
        checks.push(match self.measures.as_slice() {
            [first, .., last] => match incomplete() {
                Some(reason) => unknown(None, reason),
                None => entry(assertion.judge_growth(first, last), None),
            },
            _ => unknown(None, "growth needs two snapshots, and there is one".to_owned()),
        });
    }

    fn apply(&self, named: &NamedRule, checks: &mut Vec<CheckEntry>) {
        let unknown = |file: Option<&str>, reason: String| {
            CheckEntry::not_judged(&named.name, CheckKindEntry::Rule, file, reason)
        };
        let judge = |graphs: &[&Graph], file: Option<&str>| match graphs
            .iter()
            .find_map(|graph| incomplete(graph))
        {
            Some(reason) => unknown(file, reason),
            None => {
                let matches = matching(graphs, &named.rule, SHOWN);
                CheckEntry::rule(&named.name, named.at_most, &matches, file)
            }
        };
        if !named.rule.survived {
            for (graph, file) in self.graphs.iter().zip(&self.files) {
                checks.push(judge(&[graph], Some(file)));
            }
        } else if self.graphs.len() < 2 {
            let reason = "what survived is seen in two snapshots or more, and there is one";
            checks.push(unknown(None, reason.to_owned()));
        } else if !is_one_process(&self.graphs) {
            let reason =
                "the snapshots are not of one process, and objects can be followed within one only";
            checks.push(unknown(None, reason.to_owned()));
        } else {
            checks.push(judge(&self.graphs, None));
        }
    }
}

fn write(context: &Context, args: &CheckArgs, document: &CheckDocument) -> anyhow::Result<()> {
    if let Some(path) = &args.junit {
        let write = |file: &mut dyn Write| document.write_junit(file);
        save(path, File::create(path), write)?;
    }
    if let Some(path) = &args.markdown {
        // GitHub's summary of a job is a file that each step adds to.
        let file = OpenOptions::new().create(true).append(true).open(path);
        save(path, file, |file| document.write_markdown(file))?;
    }
    let mut out = BufWriter::new(io::stdout().lock());
    if context.settings.json {
        serde_json::to_writer_pretty(&mut out, document)?;
        writeln!(out)?;
    } else {
        document.write_text(args.verbose, &context.settings.look, &mut out)?;
    }
    out.flush()?;
    Ok(())
}

fn save(
    path: &Path,
    file: io::Result<File>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let written = || -> io::Result<()> {
        let mut out = BufWriter::new(file?);
        write(&mut out)?;
        out.flush()
    };
    written().map_err(|error| Failure::usage(hints::cannot("write", path, &error)))
}
