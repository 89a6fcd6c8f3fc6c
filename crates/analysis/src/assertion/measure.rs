//! The figure that an assertion speaks of.

use heapglass_graph::{ClassIndex, ClassRow, Detachedness, Graph, Ordinal};

use super::{Figure, Subject};
use crate::attribution::{GroupFigure, group_figure};
use crate::{AttributeBy, NamePattern};

/// Takes a figure of a snapshot.
pub(super) fn measure(graph: &Graph, figure: Figure, subject: &Subject) -> u64 {
    match subject {
        Subject::Heap => of_heap(graph, figure),
        Subject::Class(pattern) => of_classes(graph, figure, pattern),
        Subject::Code(by, pattern) => of_groups(graph, *by, figure, pattern),
    }
}

/// The classes that a name stands for.
pub(super) fn classes<'a>(
    graph: &'a Graph,
    pattern: &'a NamePattern,
) -> impl Iterator<Item = (ClassIndex, &'a ClassRow)> {
    graph.overview().classes.shown().filter(|(_, row)| pattern.matches(&row.class_name))
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
            let is_detached = |node: &Ordinal| graph.detachedness(*node) == Detachedness::Detached;
            graph.nodes().filter(is_detached).count() as u64
        }
    }
}

fn of_classes(graph: &Graph, figure: Figure, pattern: &NamePattern) -> u64 {
    let mut rows = classes(graph, pattern);
    let sum = |of: fn(&ClassRow) -> u64| {
        classes(graph, pattern).fold(0u64, |sum, (_, row)| sum.saturating_add(of(row)))
    };
    match figure {
        Figure::Count => sum(|row| row.count),
        Figure::Shallow => sum(|row| row.shallow_size),
        Figure::Held | Figure::Saved => of_groups(graph, AttributeBy::Class, figure, pattern),
        _ => match (rows.next(), rows.next()) {
            (None, _) => 0,
            (Some((_, only)), None) => only.retained_size,
            _ => retained(graph, pattern),
        },
    }
}

fn of_groups(graph: &Graph, by: AttributeBy, figure: Figure, pattern: &NamePattern) -> u64 {
    let figure = match figure {
        Figure::Held => GroupFigure::Held,
        Figure::Saved => GroupFigure::Saved,
        _ => GroupFigure::Retained,
    };
    group_figure(graph, by, figure, |name| pattern.matches(name)).unwrap_or(0)
}

/// Bytes that all objects of some classes retain together, each byte once.
fn retained(graph: &Graph, pattern: &NamePattern) -> u64 {
    let mut wanted = vec![false; graph.overview().classes.rows.len()];
    for (class, _) in classes(graph, pattern) {
        if let Some(slot) = wanted.get_mut(class.index()) {
            *slot = true;
        }
    }
    let (mut sum, mut covered_until) = (0u64, 0usize);
    for (position, &ordinal) in graph.dominator_preorder().iter().enumerate() {
        let node = Ordinal(ordinal);
        let is_wanted = || wanted.get(graph.class(node).index()) == Some(&true);
        // Objects without a size are in no row of the Summary view.
        if position >= covered_until && is_wanted() && graph.shallow_size(node) > 0 {
            sum = sum.saturating_add(graph.retained_size(node));
            covered_until = position + graph.retained_count(node) as usize;
        }
    }
    sum
}
