//! `summary`: the classes, or the objects of a class.

use std::borrow::Cow;

use heapglass_analysis::{
    ClassSort, Filter, NodeSet, SummaryOptions, class_pattern, filtered_classes, find_classes,
    instances, instances_by_edges, nodes_passing, script_names, summarize,
};
use heapglass_graph::{ClassTable, Graph, NodeId, Wants};
use heapglass_report::wire::{
    ClassEntry, InstancesBody, SummaryBody, name_scripts, scripts_of_namesakes,
};

use super::limit;
use crate::answer::{Heading, answer, answer_with};
use crate::args::{ContextChoice, IdRange, OnlyFilter, SortColumn, SummaryArgs};
use crate::context::Context;
use crate::exit::ExitStatus;
use crate::open::Opened;

/// Rows on a page unless the user says otherwise.
const ROWS: usize = 30;

/// Writes DevTools' Summary view of each snapshot.
pub(crate) fn run(context: &Context, args: &SummaryArgs) -> anyhow::Result<ExitStatus> {
    let rows = match args.limit {
        Some(rows) => limit(rows),
        // Else it would be every object of the heap.
        None if args.sort == SortColumn::Edges && args.objects.is_none() => Some(ROWS),
        // A program that asks for JSON and gets only the first rows would not notice.
        None => (!context.settings.json).then_some(ROWS),
    };
    if args.sort == SortColumn::Edges {
        return answer(context, &args.files.files, Heading::ForSeveral, |opened| {
            by_edges(opened, args, rows)
        });
    }
    match &args.objects {
        Some(class) => answer(context, &args.files.files, Heading::ForSeveral, |opened| {
            objects(opened, args, class, rows)
        }),
        None => {
            // A page names the scripts of classes of one name, which takes the graph.
            let is_page = !context.settings.json;
            let needs_graph = is_page || !filters(args).is_empty();
            let wants = if needs_graph { Wants::Graph } else { Wants::Overview };
            answer_with(context, &args.files.files, Heading::ForSeveral, wants, |opened| {
                let mut body = classes(opened, args, rows)?;
                if is_page {
                    name_scripts_of(opened, &mut body.classes)?;
                }
                Ok(body)
            })
        }
    }
}

fn classes(
    opened: &Opened,
    args: &SummaryArgs,
    rows: Option<usize>,
) -> anyhow::Result<SummaryBody> {
    let pattern = args.filter.as_deref().map(class_pattern).transpose()?;
    let options = SummaryOptions { pattern, sort: sort(args.sort), limit: rows };
    Ok((&summarize(&selected(opened, args)?.0, &options)).into())
}

/// Names the scripts of classes that have the name of another.
fn name_scripts_of(opened: &Opened, classes: &mut [ClassEntry]) -> anyhow::Result<()> {
    let numbers = scripts_of_namesakes(classes.iter().map(ClassEntry::name_and_key));
    if !numbers.is_empty() {
        let graph = opened.graph_without_variables("naming scripts of")?;
        let names = script_names(&graph, &numbers);
        name_scripts(classes, |number| names.get(&number).cloned());
    }
    Ok(())
}

fn objects(
    opened: &Opened,
    args: &SummaryArgs,
    class: &str,
    rows: Option<usize>,
) -> anyhow::Result<InstancesBody> {
    let (table, nodes) = selected(opened, args)?;
    let found = find_classes(&table, class)?;
    let graph = opened.graph_without_variables("listing objects of")?;
    let nodes = of_matching_classes(&graph, nodes, args)?;
    let objects = instances(&graph, &found, nodes.as_ref(), rows);
    let mut body = InstancesBody::new(found.iter().map(|&class| table.row(class)), &objects);
    name_scripts_of(opened, &mut body.classes)?;
    Ok(body)
}

fn by_edges(
    opened: &Opened,
    args: &SummaryArgs,
    rows: Option<usize>,
) -> anyhow::Result<InstancesBody> {
    let (table, nodes) = selected(opened, args)?;
    let graph = opened.graph_without_variables("counting edges in")?;
    let found = args.objects.as_deref().map(|class| find_classes(&table, class)).transpose()?;
    let nodes = of_matching_classes(&graph, nodes, args)?;
    let objects = instances_by_edges(&graph, found.as_deref(), nodes.as_ref(), rows);
    let classes = found.iter().flatten().map(|&class| table.row(class));
    Ok(InstancesBody::new(classes, &objects))
}

/// The classes after the filters, and the nodes that pass them; no nodes where there is no filter.
fn selected<'a>(
    opened: &'a Opened,
    args: &SummaryArgs,
) -> anyhow::Result<(Cow<'a, ClassTable>, Option<NodeSet>)> {
    let filters = filters(args);
    if filters.is_empty() && opened.has_source_maps() {
        let graph = opened.graph_without_variables("summing up")?;
        return Ok((Cow::Owned(graph.overview().classes.clone()), None));
    }
    if filters.is_empty() {
        return Ok((Cow::Borrowed(&opened.snapshot.overview().classes), None));
    }
    let graph = opened.graph_without_variables("filtering")?;
    let nodes = passing_all(&graph, &filters)?;
    Ok((Cow::Owned(filtered_classes(&graph, &nodes)), Some(nodes)))
}

/// Of the nodes that pass the other filters those of classes that --filter names, where objects are listed.
fn of_matching_classes(
    graph: &Graph,
    nodes: Option<NodeSet>,
    args: &SummaryArgs,
) -> anyhow::Result<Option<NodeSet>> {
    let Some(filter) = &args.filter else { return Ok(nodes) };
    let pattern = class_pattern(filter)?;
    let rows = &graph.overview().classes.rows;
    let is_wanted: Vec<bool> =
        rows.iter().map(|row| row.is_named(|name| pattern.is_match(name))).collect();
    Ok(Some(NodeSet::from_fn(graph.node_count(), |node| {
        is_wanted.get(graph.class(node).index()) == Some(&true)
            && nodes.as_ref().is_none_or(|nodes| nodes.contains(node))
    })))
}

fn passing_all(graph: &Graph, filters: &[Filter]) -> heapglass_analysis::Result<NodeSet> {
    let sets = filters
        .iter()
        .map(|&filter| nodes_passing(graph, filter))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(NodeSet::from_fn(graph.node_count(), |node| sets.iter().all(|set| set.contains(node))))
}

fn filters(args: &SummaryArgs) -> Vec<Filter> {
    let only = args.only.map(|only| match only {
        OnlyFilter::DuplicatedStrings => Filter::DuplicatedStrings,
        OnlyFilter::DetachedDom => Filter::RetainedByDetachedDomNodes,
        OnlyFilter::Contexts => Filter::RetainedByContexts,
        OnlyFilter::Console => Filter::RetainedByConsole,
        OnlyFilter::EventHandlers => Filter::RetainedByEventHandlers,
        OnlyFilter::UnmountedFibers => Filter::UnmountedFibers,
    });
    let context = args.native_context.map(|choice| match choice {
        ContextChoice::Id(id) => Filter::NativeContext(NodeId(id)),
        ContextChoice::Shared => Filter::SharedNativeContext,
        ContextChoice::None => Filter::NoNativeContext,
    });
    let ids = args.ids.map(|IdRange { min, max }| Filter::IdRange { min, max });
    [only, context, ids].into_iter().flatten().collect()
}

fn sort(column: SortColumn) -> ClassSort {
    match column {
        SortColumn::Name => ClassSort::Name,
        SortColumn::Count => ClassSort::Count,
        SortColumn::Distance => ClassSort::Distance,
        SortColumn::Shallow => ClassSort::ShallowSize,
        // Sorts objects, not classes.
        SortColumn::Retained | SortColumn::Edges => ClassSort::RetainedSize,
    }
}
