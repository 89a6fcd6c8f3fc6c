//! `compare`: what is new, what is gone, and what grew.

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};

use clap::ValueEnum;
use heapglass_analysis::{
    ChangeSort, ClassChange, CompareOptions, Comparison, GrowthSort, LeakOptions, Matching,
    attribution_series, changed_objects, class_pattern, compare, controlled_growth,
    controlled_leaks, find_changes, is_one_process, script_names, select_changes, select_growth,
    select_series, series,
};
use heapglass_graph::Graph;
use heapglass_report::text::{ComparisonPage, heading};
use heapglass_report::wire::{
    ClassChangeEntry, ClassSeriesEntry, CompareBody, CompareCodeBody, CompareControlBody,
    CompareObjectsBody, CompareSeriesBody, ComparisonDocument, ControlledGrowthEntry,
    scripts_of_namesakes,
};
use serde::Serialize;

use super::{grouping, limit};
use crate::args::{CompareArgs, CompareColumn, MatchBy};
use crate::context::Context;
use crate::exit::{ExitStatus, Failure};
use crate::hints;
use crate::open::Opened;
use crate::series::{Series, open_series};

/// Rows on a page unless the user says otherwise.
const ROWS: usize = 30;

/// Holds the snapshots against each other.
pub(crate) fn run(context: &Context, args: &CompareArgs) -> anyhow::Result<ExitStatus> {
    let ran = match args.control.is_empty() {
        true => files(context, args),
        false => control(context, args),
    };
    ran.map_err(|error| match error.downcast::<Failure>() {
        Ok(failure) => failure.into(),
        Err(error) if error.is::<heapglass_analysis::Error>() => hints::question(&error).into(),
        Err(error) => error,
    })
}

fn rows(context: &Context, args: &CompareArgs) -> Option<usize> {
    match args.limit {
        Some(rows) => limit(rows),
        None => (!context.settings.json).then_some(ROWS),
    }
}

fn files(context: &Context, args: &CompareArgs) -> anyhow::Result<ExitStatus> {
    let pattern = args.filter.as_deref().map(class_pattern).transpose()?;
    let rows = rows(context, args);
    let is_page = !context.settings.json;
    // Of more than two snapshots classes alone are told.
    let read = match args.by {
        None if args.files.len() > 2 => Opened::graph_without_variables,
        _ => Opened::graph,
    };
    if args.by.is_none() && args.files.len() > 2 {
        // Known before hours of reading; directories are judged when it is known what is in them.
        growth_sort(args.sort, "more than two snapshots")?;
    }
    let mut snapshots = open_series(context, &args.files, 2, read, "comparing")?;
    let graphs: Vec<&Graph> = snapshots.opened.iter().map(|(_, graph)| graph).collect();
    if let Some(by) = args.by {
        let by = grouping(by, &graphs)?;
        let growth = attribution_series(&graphs, by);
        let matches = |name: &str| pattern.as_ref().is_none_or(|p| p.is_match(name));
        let body = CompareCodeBody::new(&growth, by, matches, rows);
        return write(context, &mut snapshots, body);
    }
    let [base, newer] = *graphs.as_slice() else {
        if args.objects.is_some() {
            let text = format!("--objects compares two snapshots, not {}", graphs.len());
            return Err(Failure::usage(text).into());
        }
        let one_process = one_process(args, &graphs);
        let sort = growth_sort(args.sort, "more than two snapshots")?;
        let classes = select_series(series(&graphs, one_process), pattern.as_ref(), sort);
        let mut body = CompareSeriesBody::new(one_process, &classes, rows);
        if one_process && is_page {
            let shown = body.classes.iter().map(ClassSeriesEntry::name_and_key);
            body.script_names = script_names_of(&graphs, shown);
        }
        return write(context, &mut snapshots, body);
    };
    let comparison = compare(
        base,
        newer,
        &CompareOptions { matching: matching(args.matching), grown: args.top },
    );
    if let Some(class) = &args.objects {
        let mut body = objects(base, newer, &comparison, class, rows)?;
        if is_page {
            let shown = body.classes.iter().map(ClassChangeEntry::name_and_key);
            body.script_names = script_names_of(&graphs, shown);
        }
        return write(context, &mut snapshots, body);
    }
    let sort = ChangeSort::from(args.sort);
    let mut selected = select_changes(&comparison.classes, pattern.as_ref(), sort, rows);
    if is_page && args.limit.is_none() && sort == ChangeSort::Growth {
        without_turnover(&mut selected.rows);
    }
    let mut body = CompareBody::new(&comparison, &selected);
    if comparison.by_ids && is_page {
        let shown = body.classes.iter().map(ClassChangeEntry::name_and_key);
        body.script_names = script_names_of(&graphs, shown);
    }
    write(context, &mut snapshots, body)
}

/// Leaves out classes that have as many objects of the same size as before, only others, unless there is nothing else.
fn without_turnover(rows: &mut Vec<ClassChange>) {
    let is_net = |row: &ClassChange| row.growth() != 0 || row.count_delta() != 0;
    if rows.iter().any(is_net) {
        rows.retain(is_net);
    }
}

/// The names of the scripts of classes that have the name of another one among them, by their numbers, which are the same in
/// all snapshots of one process. Cost: a pass over the functions of each snapshot, if there are such classes.
fn script_names_of<'a>(
    graphs: &[&Graph],
    classes: impl Iterator<Item = (&'a str, &'a str)> + Clone,
) -> HashMap<u32, String> {
    let numbers = scripts_of_namesakes(classes);
    let mut names = HashMap::new();
    if !numbers.is_empty() {
        for graph in graphs {
            names.extend(script_names(graph, &numbers));
        }
    }
    names
}

fn objects(
    base: &Graph,
    newer: &Graph,
    comparison: &Comparison,
    class: &str,
    rows: Option<usize>,
) -> anyhow::Result<CompareObjectsBody> {
    let found = find_changes(&comparison.classes, class)?;
    let objects = changed_objects(base, newer, comparison, &found, rows).ok_or_else(|| {
        let text = "the snapshots are of two processes, in which no object is known to be new or deleted";
        Failure::usage(text).hint("`heapglass summary FILE --objects CLASS` lists the objects of one; --match ids takes both for one process all the same")
    })?;
    let classes = found.iter().filter_map(|&class| comparison.classes.get(class));
    Ok(CompareObjectsBody::new(comparison, classes, &objects))
}

fn control(context: &Context, args: &CompareArgs) -> anyhow::Result<ExitStatus> {
    let pattern = args.filter.as_deref().map(class_pattern).transpose()?;
    let sort = growth_sort(args.sort, "a control and a treatment")?;
    let mut snapshots = open_series(context, &args.control, 2, Opened::graph, "comparing")?;
    let of_control = snapshots.opened.len();
    let treatment = open_series(context, &args.treatment, 2, Opened::graph, "comparing")?;
    snapshots.opened.extend(treatment.opened);
    snapshots.status = snapshots.status.worse(treatment.status);
    let graphs: Vec<Graph> = snapshots.opened.iter().map(|(_, graph)| graph.clone()).collect();
    let all: Vec<&Graph> = graphs.iter().collect();
    let one_process = one_process(args, &all);
    let (control, treatment) = all.split_at(of_control);
    let growth = controlled_growth(control, treatment, one_process);
    let classes = select_growth(growth, pattern.as_ref(), sort);
    let options = LeakOptions { limit: usize::MAX, ..LeakOptions::default() };
    let (control, treatment) = graphs.split_at(of_control);
    let mut suspects = controlled_leaks(control, treatment, &options);
    if let Some(suspects) = &mut suspects {
        let matches = |name: &str| pattern.as_ref().is_none_or(|p| p.is_match(name));
        suspects.retain(|suspect| {
            matches(&suspect.class_name)
                || suspect.original_class_name.as_deref().is_some_and(matches)
        });
        suspects.truncate(limit(args.top).unwrap_or(usize::MAX));
    }
    let rows = rows(context, args);
    let suspects = suspects.as_deref();
    let body = CompareControlBody::new(one_process, of_control, &classes, rows, suspects);
    let script_names = match one_process && !context.settings.json {
        true => script_names_of(&all, body.classes.iter().map(ControlledGrowthEntry::name_and_key)),
        false => HashMap::new(),
    };
    let body = CompareControlBody { is_filtered: pattern.is_some(), script_names, ..body };
    write(context, &mut snapshots, body)
}

fn one_process(args: &CompareArgs, graphs: &[&Graph]) -> bool {
    match args.matching {
        MatchBy::Auto => is_one_process(graphs),
        MatchBy::Ids => true,
        MatchBy::Classes => false,
    }
}

/// Writes the answer, with the snapshots' names above the page.
fn write<B: ComparisonPage + Serialize>(
    context: &Context,
    snapshots: &mut Series,
    body: B,
) -> anyhow::Result<ExitStatus> {
    for (opened, _) in &mut snapshots.opened {
        opened.hide_bar();
    }
    let entries = snapshots
        .opened
        .iter()
        .map(|(opened, _)| (&opened.entry, opened.snapshot.overview().findings.as_slice()));
    let document = ComparisonDocument::new(entries, body);
    let mut out = BufWriter::new(io::stdout().lock());
    if context.settings.json {
        serde_json::to_writer_pretty(&mut out, &document)?;
        writeln!(out)?;
    } else {
        let look = &context.settings.look;
        for snapshot in &document.snapshots {
            heading(snapshot, look, &mut out)?;
        }
        writeln!(out)?;
        document.write_text(look, &mut out)?;
    }
    out.flush()?;
    Ok(snapshots.status)
}

fn matching(by: MatchBy) -> Matching {
    match by {
        MatchBy::Auto => Matching::Detect,
        MatchBy::Ids => Matching::Ids,
        MatchBy::Classes => Matching::Classes,
    }
}

/// What rows are sorted by of which the number of objects and their sizes alone are known.
fn growth_sort(column: CompareColumn, compared: &str) -> Result<GrowthSort, Failure> {
    ChangeSort::from(column).by_growth().ok_or_else(|| {
        let name = column.to_possible_value().map(|value| value.get_name().to_owned());
        let name = name.unwrap_or_default();
        Failure::usage(format!("--sort {name} is a column of two snapshots, not of {compared}"))
            .hint("their columns are growth, name, delta and size-delta")
    })
}
