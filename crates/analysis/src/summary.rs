//! DevTools' Summary view: classes, and the objects of a class.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use heapglass_graph::{ClassIndex, ClassRow, ClassTable, Graph, Ordinal};
use regex::{Regex, RegexBuilder};

use crate::object::is_context;
use crate::roles::is_program_object;
use crate::sums::saturating_sum;
use crate::{Error, NodeSet, ObjectSummary, Result, describe, tables};

/// What a table of classes is sorted by. Sizes and counts go down, distance and name go up; equal
/// rows stay in order of their class key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClassSort {
    /// Class name.
    Name,
    /// Number of instances.
    Count,
    /// Smallest distance.
    Distance,
    /// Sum of shallow sizes.
    ShallowSize,
    /// Retained size of the class.
    #[default]
    RetainedSize,
}

/// Which rows of a table of classes to give, and in which order.
#[derive(Debug, Clone, Default)]
pub struct SummaryOptions {
    /// Only classes whose name matches, see [`class_pattern`].
    pub pattern: Option<Regex>,
    /// The order.
    pub sort: ClassSort,
    /// At most this many rows; `None` for all.
    pub limit: Option<usize>,
}

/// A row of the Summary view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryRow {
    /// The class; for [`instances`].
    pub class: ClassIndex,
    /// DevTools' figures for it.
    pub row: ClassRow,
}

/// The Summary view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The rows, sorted and limited.
    pub rows: Vec<SummaryRow>,
    /// Number of matching classes, the ones beyond the limit included.
    pub class_count: u64,
    /// Number of objects in all matching classes.
    pub object_count: u64,
    /// Sum of shallow sizes in all matching classes, in bytes.
    pub shallow_size: u64,
}

/// A class filter as people type it: a regular expression that matches anywhere in a class name,
/// in upper or lower case alike (as DevTools' filter box).
pub fn class_pattern(text: &str) -> Result<Regex> {
    RegexBuilder::new(text)
        .case_insensitive(true)
        .build()
        .map_err(|error| Error::Pattern(error.to_string()))
}

/// Selects and sorts rows of `classes`: [`heapglass_graph::Overview::classes`] for the unfiltered
/// view, or the answer of [`filtered_classes`]. Needs no graph.
pub fn summarize(classes: &ClassTable, options: &SummaryOptions) -> Summary {
    let matches = |row: &ClassRow| {
        options.pattern.as_ref().is_none_or(|p| row.is_named(|name| p.is_match(name)))
    };
    let mut rows: Vec<(ClassIndex, &ClassRow)> =
        classes.shown().filter(|(_, row)| matches(row)).collect();
    let (class_count, object_count, shallow_size) = (
        rows.len() as u64,
        rows.iter().map(|(_, row)| row.count).sum(),
        saturating_sum(rows.iter().map(|(_, row)| row.shallow_size)),
    );
    rows.sort_by(|(_, a), (_, b)| {
        let order = match options.sort {
            ClassSort::Name => a.class_name.cmp(&b.class_name),
            ClassSort::Count => b.count.cmp(&a.count),
            ClassSort::Distance => shown_last(a).cmp(&shown_last(b)),
            ClassSort::ShallowSize => b.shallow_size.cmp(&a.shallow_size),
            ClassSort::RetainedSize => b.retained_size.cmp(&a.retained_size),
        };
        order.then_with(|| a.class_key.cmp(&b.class_key))
    });
    rows.truncate(options.limit.unwrap_or(usize::MAX));
    let rows =
        rows.into_iter().map(|(class, row)| SummaryRow { class, row: row.clone() }).collect();
    Summary { rows, class_count, object_count, shallow_size }
}

/// A distance to sort by: what DevTools shows as a dash comes last.
fn shown_last(row: &ClassRow) -> u32 {
    row.distance().shown().unwrap_or(u32::MAX)
}

/// The Summary view of the nodes in `filter` only, one row for each class of the graph in the
/// graph's order (rows with count 0 are those that no node is left of). Cost: two passes over the
/// nodes.
///
/// Source: `HeapSnapshot.buildAggregates` and `calculateClassesRetainedSize`.
pub fn filtered_classes(graph: &Graph, filter: &NodeSet) -> ClassTable {
    let mut rows: Vec<ClassRow> = graph
        .overview()
        .classes
        .rows
        .iter()
        .map(|row| ClassRow {
            class_key: row.class_key.clone(),
            class_name: row.class_name.clone(),
            original_name: row.original_name.clone(),
            count: 0,
            distance: i32::MAX,
            shallow_size: 0,
            retained_size: 0,
        })
        .collect();
    let (classes, distances) = (graph.classes(), graph.distances());
    let order = graph.dominator_preorder();
    // For each class the end of the last counted instance's subtree: what comes before it in
    // preorder lies inside that instance.
    let mut covered_until = vec![0usize; rows.len()];
    for (position, &ordinal) in order.iter().enumerate() {
        let node = Ordinal(ordinal);
        let shallow_size = graph.shallow_size(node);
        if shallow_size == 0 || !filter.contains(node) {
            continue;
        }
        let (Some(&class), Some(&distance)) =
            (classes.get(node.index()), distances.get(node.index()))
        else {
            continue;
        };
        let class = class as usize;
        let (Some(row), Some(covered)) = (rows.get_mut(class), covered_until.get_mut(class)) else {
            continue;
        };
        row.distance = row.distance.min(distance);
        row.count += 1;
        row.shallow_size = row.shallow_size.saturating_add(shallow_size);
        if position >= *covered {
            row.retained_size = row.retained_size.saturating_add(graph.retained_size(node));
            *covered = position + graph.retained_count(node) as usize;
        }
    }
    ClassTable { rows }
}

/// The classes that are called so, as a person names them: those with this exact class key, or else those with this exact
/// name, or else those that were written with this name before a bundler moved them, or else those whose name is equal
/// but for case. An error if there is none. Cost: four looks at every class at most.
pub fn find_classes(classes: &ClassTable, name: &str) -> Result<Vec<ClassIndex>> {
    called(|| classes.shown().map(|(class, row)| (class, ClassNames::from(row))), name)
}

/// The names that a class goes by.
#[derive(Clone, Copy)]
pub(crate) struct ClassNames<'a> {
    pub(crate) key: &'a str,
    pub(crate) name: &'a str,
    pub(crate) original: Option<&'a str>,
}

impl<'a> From<&'a ClassRow> for ClassNames<'a> {
    fn from(row: &'a ClassRow) -> ClassNames<'a> {
        ClassNames {
            key: &row.class_key,
            name: &row.class_name,
            original: row.original_name.as_deref(),
        }
    }
}

/// What of `classes` is called so, by the rules of [`find_classes`].
pub(crate) fn called<'a, C, I>(classes: impl Fn() -> I, name: &str) -> Result<Vec<C>>
where
    I: Iterator<Item = (C, ClassNames<'a>)>,
{
    let lower = name.to_lowercase();
    let rules: [&dyn Fn(ClassNames<'_>) -> bool; 4] = [
        &|class| class.key == name,
        &|class| class.name == name,
        &|class| class.original == Some(name),
        &|class| class.name.to_lowercase() == lower,
    ];
    for rule in rules {
        let called = classes().filter(|(_, names)| rule(*names));
        let found: Vec<C> = called.map(|(class, _)| class).collect();
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Err(Error::NoSuchClass(name.to_owned()))
}

/// Objects of some classes.
#[derive(Debug, Clone, PartialEq)]
pub struct Instances {
    /// The objects with the largest retained sizes, largest first; or those with the most edges.
    pub objects: Vec<ObjectSummary>,
    /// For each of them the number of edges that lead out, if they are sorted by that.
    pub edge_counts: Option<Vec<u64>>,
    /// Number of all instances that pass.
    pub count: u64,
    /// Sum of the shallow sizes of all of them, in bytes.
    pub shallow_size: u64,
}

/// The objects of `classes` with a shallow size above 0 (and in `filter`), largest retained size
/// first, equal ones in the file's order; at most `limit`. Cost: one pass over the class column.
pub fn instances(
    graph: &Graph,
    classes: &[ClassIndex],
    filter: Option<&NodeSet>,
    limit: Option<usize>,
) -> Instances {
    let nodes = instances_of(graph, classes);
    let passing = nodes.filter(|&node| filter.is_none_or(|set| set.contains(node)));
    largest_of(graph, passing, limit)
}

/// Of `nodes` those with the largest retained sizes, at most `limit`, and the sums over all.
pub(crate) fn largest_of(
    graph: &Graph,
    nodes: impl Iterator<Item = Ordinal>,
    limit: Option<usize>,
) -> Instances {
    most_of(graph, nodes, |node| graph.retained_size(node), limit).0
}

/// The objects of a program with most edges that lead out: of Maps and Sets those of their tables, which have the
/// entries. Of `classes`, or of all; and in `filter`. Cost: one pass over the nodes.
pub fn instances_by_edges(
    graph: &Graph,
    classes: Option<&[ClassIndex]>,
    filter: Option<&NodeSet>,
    limit: Option<usize>,
) -> Instances {
    let passes = |&node: &Ordinal| filter.is_none_or(|set| set.contains(node));
    let edges = |node| edge_count(graph, node);
    let (mut found, counts) = match classes {
        Some(classes) => most_of(graph, instances_of(graph, classes).filter(passes), edges, limit),
        None => {
            let is_object = |&node: &Ordinal| {
                graph.shallow_size(node) > 0
                    && (is_program_object(graph, node) || is_context(graph, node))
            };
            most_of(graph, graph.nodes().filter(passes).filter(is_object), edges, limit)
        }
    };
    found.edge_counts = Some(counts);
    found
}

fn edge_count(graph: &Graph, node: Ordinal) -> u64 {
    let from = tables::table_of(graph, node).map_or(node, |(table, _)| table);
    graph.edge_range(from).len() as u64
}

/// Of `nodes` those with the largest `key`, at most `limit`, with their keys, and the sums over all.
fn most_of(
    graph: &Graph,
    nodes: impl Iterator<Item = Ordinal>,
    key: impl Fn(Ordinal) -> u64,
    limit: Option<usize>,
) -> (Instances, Vec<u64>) {
    let limit = limit.unwrap_or(usize::MAX);
    let (mut count, mut shallow_size) = (0u64, 0u64);
    // The largest so far; the smallest of them on top.
    let mut largest: BinaryHeap<Reverse<(u64, Reverse<Ordinal>)>> = BinaryHeap::new();
    for node in nodes {
        count += 1;
        shallow_size = shallow_size.saturating_add(graph.shallow_size(node));
        largest.push(Reverse((key(node), Reverse(node))));
        if largest.len() > limit {
            largest.pop();
        }
    }
    let (objects, keys) = largest
        .into_sorted_vec()
        .into_iter()
        .map(|Reverse((key, Reverse(node)))| (describe(graph, node), key))
        .unzip();
    (Instances { objects, edge_counts: None, count, shallow_size }, keys)
}

/// The objects of `classes` with a shallow size above 0, in the file's order.
pub(crate) fn instances_of(graph: &Graph, classes: &[ClassIndex]) -> impl Iterator<Item = Ordinal> {
    let mut wanted = vec![false; graph.overview().classes.rows.len()];
    for class in classes {
        if let Some(slot) = wanted.get_mut(class.index()) {
            *slot = true;
        }
    }
    graph
        .nodes()
        .zip(graph.classes())
        .filter(move |&(node, &class)| {
            wanted.get(class as usize) == Some(&true) && graph.shallow_size(node) > 0
        })
        .map(|(node, _)| node)
}
