//! What keeps an object alive: shortest paths from the roots.

use heapglass_graph::{Graph, Ordinal};

use crate::{EdgeLabel, ObjectSummary, Row};

/// One object on a path.
#[derive(Debug, Clone, PartialEq)]
pub struct PathStep {
    /// The edge from the step before; `None` on the first.
    pub edge: Option<EdgeLabel>,
    /// The object.
    pub object: ObjectSummary,
}

/// A path from a root (a user root if it can be reached from one, else a child of `(GC roots)`)
/// to an object.
#[derive(Debug, Clone, PartialEq)]
pub struct RootPath {
    /// The steps, the root first and the object last.
    pub steps: Vec<PathStep>,
    /// The path as one line: `global.app.routes.cache : Map → table → [3] → Session`.
    pub text: String,
}

/// The shortest path to `node`; `None` for nodes that only weak edges or nothing at all leads to.
/// Cost: the retainers of the nodes on the path.
pub fn path_to(graph: &Graph, node: Ordinal) -> Option<RootPath> {
    let _ = (graph, node);
    unimplemented!()
}

/// Up to `count` different paths to `node`, shortest first, that enter it (or the first object on
/// the way that several nodes hold) by different retainers.
pub fn paths_to(graph: &Graph, node: Ordinal, count: usize) -> Vec<RootPath> {
    let _ = (graph, node, count);
    unimplemented!()
}

/// A branch of merged paths: objects that are reached by the same names through the same classes.
#[derive(Debug, Clone, PartialEq)]
pub struct PathBranch {
    /// The edge that leads here, element numbers and map positions taken out; `None` on top.
    pub edge: Option<EdgeLabel>,
    /// Class of the objects at this step.
    pub class_name: String,
    /// Number of different objects at this step.
    pub objects: u64,
    /// One of them.
    pub example: ObjectSummary,
    /// Number of targets that are reached through here.
    pub targets: u64,
    /// Sum of the retained sizes of those targets, without counting one inside another twice.
    pub retained_size: u64,
    /// Whether targets themselves stand here.
    pub is_target: bool,
}

/// Shortest paths to many objects, put together.
#[derive(Debug, Clone, PartialEq)]
pub struct MergedPaths {
    /// The tree in preorder, the branch with the most retained bytes first.
    pub rows: Vec<Row<PathBranch>>,
    /// The way that most of the targets share, as one line; empty if they share nothing.
    pub common: String,
    /// Number of targets.
    pub targets: u64,
    /// Number of targets without a path from any root.
    pub unreachable: u64,
}

/// Merges the shortest paths to `targets` (of a class: [`crate::instances`]), up to `limit`
/// branches below each. Cost: the retainers of all nodes on the paths, each once.
pub fn merged_paths(graph: &Graph, targets: &[Ordinal], limit: usize) -> MergedPaths {
    let _ = (graph, targets, limit);
    unimplemented!()
}
