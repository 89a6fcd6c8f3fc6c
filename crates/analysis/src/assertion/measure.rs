//! The figure that an assertion speaks of.

use heapglass_graph::{ClassIndex, ClassRow, Graph};

use super::{Figure, Measures, Subject};
use crate::attribution::GroupFigure;
use crate::covered::retained_together;
use crate::roles::is_detached_dom_node;
use crate::sums::saturating_sum;
use crate::{AttributeBy, Error, NamePattern, Result};

/// Takes a figure of a snapshot. An error if the snapshot has what is meant, but not this figure of it.
pub(super) fn measure(measures: &Measures<'_>, figure: Figure, subject: &Subject) -> Result<u64> {
    Ok(match subject {
        Subject::Heap => of_heap(measures.graph, figure),
        Subject::Class(pattern) => match figure {
            Figure::Held | Figure::Saved => of_class_groups(measures, figure, pattern)?,
            _ => of_classes(measures.graph, figure, pattern),
        },
        Subject::Code(by, pattern) => of_groups(measures, *by, figure, pattern).unwrap_or(0),
    })
}

/// The classes that a name stands for.
pub(super) fn classes<'a>(
    graph: &'a Graph,
    pattern: &'a NamePattern,
) -> impl Iterator<Item = (ClassIndex, &'a ClassRow)> {
    graph.overview().classes.shown().filter(|(_, row)| row.is_named(|name| pattern.matches(name)))
}

fn of_heap(graph: &Graph, figure: Figure) -> u64 {
    let overview = graph.overview();
    let statistics = &overview.statistics;
    match figure {
        Figure::Total
        | Figure::Count
        | Figure::Shallow
        | Figure::Retained
        | Figure::Held
        | Figure::Saved => overview.info.total_size,
        Figure::Nodes => u64::from(overview.info.node_count),
        Figure::Edges => u64::from(overview.info.edge_count),
        Figure::Code => statistics.code,
        Figure::Strings => statistics.strings,
        Figure::JsArrays => statistics.js_arrays,
        Figure::TypedArrays => statistics.typed_arrays,
        Figure::System => statistics.system,
        Figure::Detached => {
            graph.nodes().filter(|&node| is_detached_dom_node(graph, node)).count() as u64
        }
    }
}

fn of_classes(graph: &Graph, figure: Figure, pattern: &NamePattern) -> u64 {
    let mut rows = classes(graph, pattern);
    let sum =
        |of: fn(&ClassRow) -> u64| saturating_sum(classes(graph, pattern).map(|(_, row)| of(row)));
    match figure {
        Figure::Count => sum(|row| row.count),
        Figure::Shallow => sum(|row| row.shallow_size),
        _ => match (rows.next(), rows.next()) {
            (None, _) => 0,
            (Some((_, only)), None) => only.retained_size,
            _ => retained(graph, pattern),
        },
    }
}

/// What objects hold by their class. Not every class has objects that hold something: no group is not 0 bytes.
fn of_class_groups(measures: &Measures<'_>, figure: Figure, pattern: &NamePattern) -> Result<u64> {
    match of_groups(measures, AttributeBy::Class, figure, pattern) {
        Some(size) => Ok(size),
        None if classes(measures.graph, pattern).next().is_none() => Ok(0),
        None => Err(Error::NoGroup { figure: figure.name(), class: pattern.to_string() }),
    }
}

/// A figure of all groups with such a name; `None` if there are none.
fn of_groups(
    measures: &Measures<'_>,
    by: AttributeBy,
    figure: Figure,
    pattern: &NamePattern,
) -> Option<u64> {
    let figure = match figure {
        Figure::Held => GroupFigure::Held,
        Figure::Saved => GroupFigure::Saved,
        _ => GroupFigure::Retained,
    };
    let matches = |name: &str| pattern.matches(name);
    measures.groups(by).figure(measures.graph, figure, || measures.flow(), matches)
}

/// Bytes that all objects of some classes retain together, each byte once.
fn retained(graph: &Graph, pattern: &NamePattern) -> u64 {
    let mut wanted = vec![false; graph.overview().classes.rows.len()];
    for (class, _) in classes(graph, pattern) {
        if let Some(slot) = wanted.get_mut(class.index()) {
            *slot = true;
        }
    }
    // Objects without a size are in no row of the Summary view.
    retained_together(graph, |node| {
        wanted.get(graph.class(node).index()) == Some(&true) && graph.shallow_size(node) > 0
    })
}
