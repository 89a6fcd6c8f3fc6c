//! DevTools' Summary view: classes, and the objects of a class.

use heapglass_graph::{ClassIndex, ClassRow, ClassTable, Graph};
use regex::Regex;

use crate::{NodeSet, ObjectSummary, Result};

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
    let _ = text;
    unimplemented!()
}

/// Selects and sorts rows of `classes`: [`heapglass_graph::Overview::classes`] for the unfiltered
/// view, or the answer of [`filtered_classes`]. Needs no graph.
pub fn summarize(classes: &ClassTable, options: &SummaryOptions) -> Summary {
    let _ = (classes, options);
    unimplemented!()
}

/// The Summary view of the nodes in `filter` only, one row for each class of the graph in the
/// graph's order (rows with count 0 are those that no node is left of). Cost: two passes over the
/// nodes.
///
/// Source: `HeapSnapshot.buildAggregates` and `calculateClassesRetainedSize`.
pub fn filtered_classes(graph: &Graph, filter: &NodeSet) -> ClassTable {
    let _ = (graph, filter);
    unimplemented!()
}

/// Classes by their exact class key, or else all classes with this exact name, or else all whose
/// name is equal but for case. An error if there is none.
pub fn find_classes(classes: &ClassTable, name: &str) -> Result<Vec<ClassIndex>> {
    let _ = (classes, name);
    unimplemented!()
}

/// Objects of some classes.
#[derive(Debug, Clone, PartialEq)]
pub struct Instances {
    /// The objects with the largest retained sizes, largest first.
    pub objects: Vec<ObjectSummary>,
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
    let _ = (graph, classes, filter, limit);
    unimplemented!()
}
