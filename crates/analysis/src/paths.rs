//! What keeps an object alive: shortest paths from the roots.

mod around;
mod merge;
mod module;
mod own_part;
mod predecessors;
mod program_way;
mod text;
mod ties;

use heapglass_graph::{Edge, EdgeType, Graph, Ordinal};

pub(crate) use merge::{CommonWay, common_way};
pub use merge::{MergedPaths, PathBranch, merged_paths};
pub(crate) use own_part::own_part_text;
pub(crate) use program_way::{Budget, GatheredAround, gathered_around};
pub use program_way::{ProgramWay, program_path, program_way};
pub(crate) use text::path_text;

use crate::nearest::nearest_holders;
use crate::{EdgeLabel, ObjectSummary, describe, edge_label};
use around::{goes_through_notes, says_nothing_of_program, way_around, way_from_any_root};
use predecessors::Predecessors;

/// Steps that a [`RootPath`] has at most. Longer ones lose their middle.
const MAX_STEPS: usize = 1000;

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
    /// Steps left out in the middle of very long paths, after the first 500 of `steps`.
    pub omitted: u64,
    /// The path as one line: `global.app.routes.cache : Map → table → [3] → Session`.
    pub text: String,
}

/// The shortest path to `node`. Where it leads through compiled code that holds an object as a constant, through what V8
/// noted of the calls of a function, through its list of external strings or through Node's lists of native objects and of
/// timers, it is the shortest one around them, if there is one. `None` for nodes that only weak edges lead to, or nothing
/// at all.
///
/// Cost: the retainers of the nodes on the path, and half a million edges at most that are looked at for a way around.
pub fn path_to(graph: &Graph, node: Ordinal) -> Option<RootPath> {
    Some(root_path(graph, &way_to(graph, node)?, node))
}

/// The edges of [`path_to`], at the same cost.
pub(crate) fn way_to(graph: &Graph, node: Ordinal) -> Option<Vec<Edge>> {
    let ways = Predecessors::of(graph, &[node]);
    let edges = ways.edges_to(node)?;
    if !says_nothing_of_program(graph, &edges) {
        return Some(edges);
    }
    let mut patience = around::PATIENCE;
    // Of a function that only notes and a stack hold, the stack says more.
    let from_any_root = |patience: &mut usize| {
        let is_noted = goes_through_notes(graph, &edges);
        if is_noted { way_from_any_root(graph, node, patience) } else { None }
    };
    let around = way_around(graph, node, &mut patience).or_else(|| from_any_root(&mut patience));
    Some(around.unwrap_or(edges))
}

/// Where a path ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PathEnd {
    /// At a node.
    Node(Ordinal),
    /// At the node that an edge leads to, by way of that edge.
    Edge(Edge),
}

impl PathEnd {
    /// The node to which the way is looked for.
    fn node(self) -> Ordinal {
        match self {
            PathEnd::Node(node) => node,
            PathEnd::Edge(edge) => edge.from,
        }
    }
}

/// The edges of the shortest paths to these nodes. Cost: the retainers of the nodes on the paths, each once.
pub(crate) fn shortest_ways(graph: &Graph, nodes: &[Ordinal]) -> Vec<Option<Vec<Edge>>> {
    let ways = Predecessors::of(graph, nodes);
    nodes.iter().map(|&node| ways.edges_to(node)).collect()
}

/// The edges of the shortest paths to `ends` and the paths in words, each the shortest. Cost: that of [`shortest_ways`].
pub(crate) fn paths_in_words(graph: &Graph, ends: &[PathEnd]) -> Vec<Option<(Vec<Edge>, String)>> {
    let nodes: Vec<Ordinal> = ends.iter().map(|end| end.node()).collect();
    let path = |(end, way): (&PathEnd, Option<Vec<Edge>>)| {
        let mut edges = way?;
        if let PathEnd::Edge(edge) = *end {
            edges.push(edge);
        }
        let first = edges.first().map_or(end.node(), |edge| edge.from);
        let text = path_text(graph, first, &edges);
        Some((edges, text))
    };
    ends.iter().zip(shortest_ways(graph, &nodes)).map(path).collect()
}

/// Up to `count` different paths to `node`, shortest first, that enter it (or the first object on
/// the way that several nodes hold) by different retainers.
pub fn paths_to(graph: &Graph, node: Ordinal, count: usize) -> Vec<RootPath> {
    // Most objects hang on a single one; what holds that one is what makes the difference.
    let mut tail: Vec<Edge> = Vec::new();
    let mut at = node;
    let holders = loop {
        let holders = holders_of(graph, at, count.saturating_mul(4).max(2));
        match holders.as_slice() {
            [only]
                if only.from != graph.root()
                    && tail.len() < MAX_STEPS
                    && graph.distance(at).0 > 1 =>
            {
                tail.push(*only);
                at = only.from;
            }
            _ => break holders,
        }
    };
    let sources: Vec<Ordinal> = holders.iter().map(|edge| edge.from).collect();
    let ways = Predecessors::of(graph, &sources);
    let mut paths: Vec<RootPath> = Vec::new();
    let mut taken: Vec<Ordinal> = Vec::new();
    for holder in holders {
        // An array's elements lie in a store of the array's own: that is no second way.
        if taken.iter().any(|&taken| graph.dominates(taken, holder.from)) {
            continue;
        }
        let Some(mut edges) = ways.edges_to(holder.from) else { continue };
        // A holder that is itself reached through the object is no way to it.
        if edges.iter().any(|edge| edge.to == at || edge.from == at) {
            continue;
        }
        edges.push(holder);
        edges.extend(tail.iter().rev());
        taken.push(holder.from);
        paths.push(root_path(graph, &edges, node));
        if paths.len() == count {
            break;
        }
    }
    if paths.is_empty() && count > 0 {
        paths.extend(path_to(graph, node));
    }
    paths
}

/// One edge from each of the nearest nodes that hold `node`, nearest first. Cost: a step for each
/// retainer, and the out-edges of those that are looked at.
fn holders_of(graph: &Graph, node: Ordinal, count: usize) -> Vec<Edge> {
    let key = |from: Ordinal| {
        let is_way = from != node && graph.distance(from).0 >= 0 && !graph.dominates(node, from);
        let rank = || i64::from(predecessors::holder_rank(graph, from));
        is_way.then(|| i64::from(graph.distance(from).0) * 8 + rank())
    };
    let mut looked_at = count.saturating_mul(2);
    loop {
        let (nearest, all) = nearest_holders(graph, node, looked_at, key);
        let edges: Vec<Edge> = nearest
            .iter()
            .filter_map(|&(_, from)| best_edge(graph, from, node))
            .take(count)
            .collect();
        if all || edges.len() == count {
            return edges;
        }
        looked_at = looked_at.saturating_mul(8);
    }
}

/// The edge from `from` to `to` that says most to people; `None` if all are weak.
fn best_edge(graph: &Graph, from: Ordinal, to: Ordinal) -> Option<Edge> {
    graph
        .edges_between(from, to)
        .filter(|&edge| holds(edge))
        .min_by_key(|edge| predecessors::rank(edge.edge_type))
}

/// Whether an edge keeps its target alive.
pub(crate) fn holds(edge: Edge) -> bool {
    !matches!(edge.edge_type, EdgeType::Weak | EdgeType::Invisible)
}

/// A path from its edges; `node` is its end, and the whole of it if there is no edge.
fn root_path(graph: &Graph, edges: &[Edge], node: Ordinal) -> RootPath {
    let first = edges.first().map_or(node, |edge| edge.from);
    let mut steps = vec![PathStep { edge: None, object: describe(graph, first) }];
    let omitted = edges.len().saturating_sub(MAX_STEPS - 1);
    let (head, rest) = edges.split_at(edges.len().min(MAX_STEPS / 2 - 1));
    let tail = rest.get(omitted..).unwrap_or_default();
    steps.extend(head.iter().chain(tail).map(|&edge| PathStep {
        edge: Some(edge_label(graph, edge)),
        object: describe(graph, edge.to),
    }));
    RootPath { steps, omitted: omitted as u64, text: path_text(graph, first, edges) }
}
