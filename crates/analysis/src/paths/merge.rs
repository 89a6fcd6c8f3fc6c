//! Shortest paths to many objects, put together.

use std::cmp::Reverse;

use heapglass_graph::{ClassIndex, Edge, EdgeName, EdgeType, Graph, Ordinal};
use rustc_hash::FxHashMap;

use super::predecessors::{Predecessors, is_top};
use super::text::path_text;
use crate::roles::is_program_object;
use crate::row::{Children, Shown, grow};
use crate::{EdgeLabel, NodeSet, ObjectSummary, Row, describe, edge_label};

/// Rows that merged paths have at most.
const MAX_ROWS: usize = 10_000;
/// The way that most share goes on while one branch holds this share of the targets. Eclipse MAT
/// takes the same (`group_suspects_accumulation_ratio`).
const MOST: f64 = 0.8;

/// A branch of merged paths: objects that are reached by the same names through the same classes.
#[derive(Debug, Clone, PartialEq)]
pub struct PathBranch {
    /// The edge that leads here, `[*]` for elements and entries of maps; `None` on top.
    pub edge: Option<EdgeLabel>,
    /// Class of the objects at this step.
    pub class_name: String,
    /// Number of different objects at this step.
    pub objects: u64,
    /// The one through which most bytes are reached.
    pub example: ObjectSummary,
    /// Number of targets that are reached through here.
    pub targets: u64,
    /// Sum of the retained sizes of those targets, without counting one inside another twice.
    pub retained_size: u64,
    /// Whether targets themselves stand here. Targets that are reached through them are counted
    /// here and have no rows of their own.
    pub is_target: bool,
}

/// Shortest paths to many objects, put together.
#[derive(Debug, Clone, PartialEq)]
pub struct MergedPaths {
    /// The tree in preorder, the branch with the most retained bytes first.
    pub rows: Vec<Row<PathBranch>>,
    /// The way that most of the targets share, as one line:
    /// `global.app.routes.cache : Map → table → [1234 × Session]`; empty if they share nothing.
    pub common: String,
    /// The last single object that most of the targets are reached through.
    pub gathered_at: Option<ObjectSummary>,
    /// Number of targets that are reached through it.
    pub gathered: u64,
    /// Number of targets.
    pub targets: u64,
    /// Number of targets without a path from any root.
    pub unreachable: u64,
}

/// Merges the shortest paths to `targets` (of a class: [`crate::instances`]), up to `limit`
/// branches below each. Cost: the retainers of all nodes on the paths, each once.
pub fn merged_paths(graph: &Graph, targets: &[Ordinal], limit: usize) -> MergedPaths {
    let forest = Forest::of(graph, targets);
    let rows = grow(forest.children(None, limit), MAX_ROWS, |path| match path.last() {
        Some(branch) if !branch.is_target => forest.children(Some(branch), limit),
        _ => Children { shown: Vec::new(), hidden: 0 },
    });
    let (common, single) = forest.common();
    let gathered_at = single.map(|node| forest.owner_of(node));
    MergedPaths {
        rows,
        common,
        gathered: gathered_at.map_or(0, |node| forest.weight(node).targets),
        gathered_at: gathered_at.map(|node| describe(graph, node)),
        targets: forest.targets.len(),
        unreachable: forest.targets.len()
            - forest.tops.iter().map(|&top| forest.weight(top).targets).sum::<u64>(),
    }
}

/// The shortest paths to all targets: trees, as every node on them has one predecessor.
struct Forest<'a> {
    graph: &'a Graph,
    targets: NodeSet,
    ways: Predecessors,
    tops: Vec<Ordinal>,
    below: FxHashMap<Ordinal, Vec<Ordinal>>,
    weights: FxHashMap<Ordinal, Weight>,
}

/// What is reached through a node.
#[derive(Clone, Copy, Default)]
struct Weight {
    targets: u64,
    retained_size: u64,
}

/// Nodes that stand at the same step.
struct Branch {
    nodes: Vec<Ordinal>,
    edge: Option<Edge>,
    weight: Weight,
    is_target: bool,
}

/// What makes nodes stand at the same step.
#[derive(PartialEq, Eq, Hash)]
struct SameStep {
    edge: Option<(u8, Option<EdgeKey>)>,
    class: ClassIndex,
    is_target: bool,
}

#[derive(PartialEq, Eq, Hash)]
enum EdgeKey {
    Index(u32),
    String(u32),
}

impl<'a> Forest<'a> {
    fn of(graph: &'a Graph, targets: &[Ordinal]) -> Forest<'a> {
        let ways = Predecessors::of(graph, targets);
        let mut set = NodeSet::empty(graph.node_count());
        for &target in targets {
            set.insert(target);
        }
        let mut weights: FxHashMap<Ordinal, Weight> = FxHashMap::default();
        for (target, retained_size) in own_bytes(graph, &set) {
            weights.insert(target, Weight { targets: 1, retained_size });
        }
        let mut nodes: Vec<Ordinal> = ways.nodes().chain(set.iter()).collect();
        nodes.sort_unstable_by_key(|&node| (Reverse(graph.distance(node)), node));
        nodes.dedup();
        let mut below: FxHashMap<Ordinal, Vec<Ordinal>> = FxHashMap::default();
        // Farthest first, so that each node's weight is complete when it is passed on.
        for &node in &nodes {
            if let Some(edge) = ways.edge_to(node) {
                below.entry(edge.from).or_default().push(node);
                let weight = weights.get(&node).copied().unwrap_or_default();
                let above = weights.entry(edge.from).or_default();
                above.targets += weight.targets;
                above.retained_size += weight.retained_size;
            }
        }
        let mut tops: Vec<Ordinal> = below
            .keys()
            .copied()
            .chain(set.iter())
            .filter(|&node| ways.edge_to(node).is_none() && is_top(graph, node))
            .collect();
        tops.sort_unstable();
        tops.dedup();
        Forest { graph, targets: set, ways, tops, below, weights }
    }

    fn weight(&self, node: Ordinal) -> Weight {
        self.weights.get(&node).copied().unwrap_or_default()
    }

    /// The branches below a branch, or the topmost ones, most bytes first.
    fn branches(&self, above: Option<&Branch>) -> Vec<Branch> {
        let nodes: Vec<Ordinal> = match above {
            None => self.tops.clone(),
            Some(branch) => branch
                .nodes
                .iter()
                .filter_map(|node| self.below.get(node))
                .flatten()
                .copied()
                .collect(),
        };
        let mut branches: FxHashMap<SameStep, Branch> = FxHashMap::default();
        for node in nodes {
            let edge = self.ways.edge_to(node);
            let is_target = self.targets.contains(node);
            let key = SameStep {
                edge: edge.map(|edge| self.key(edge)),
                class: self.graph.class(node),
                is_target,
            };
            let branch = branches.entry(key).or_insert_with(|| Branch {
                nodes: Vec::new(),
                edge,
                weight: Weight::default(),
                is_target,
            });
            branch.nodes.push(node);
            branch.weight.targets += self.weight(node).targets;
            branch.weight.retained_size += self.weight(node).retained_size;
        }
        let mut branches: Vec<Branch> = branches.into_values().collect();
        branches.sort_by_key(|branch| {
            (
                Reverse((branch.weight.retained_size, branch.weight.targets)),
                branch.nodes.first().copied(),
            )
        });
        branches
    }

    /// Elements and entries of tables are alike, whatever their number.
    fn key(&self, edge: Edge) -> (u8, Option<EdgeKey>) {
        let name = (!is_numbered(self.graph, edge)).then_some(match edge.name {
            EdgeName::Index(index) => EdgeKey::Index(index),
            EdgeName::String(index) => EdgeKey::String(index.0),
        });
        (edge.edge_type.code(), name)
    }

    fn children(&self, above: Option<&Branch>, limit: usize) -> Children<Branch, PathBranch> {
        let mut branches = self.branches(above);
        let hidden = branches.len().saturating_sub(limit) as u64;
        branches.truncate(limit);
        let shown = branches.into_iter().map(|branch| Shown {
            item: self.row(&branch),
            open: true,
            children: 0,
            key: branch,
        });
        Children { shown: shown.collect(), hidden }
    }

    fn row(&self, branch: &Branch) -> PathBranch {
        let example = self.heaviest(branch);
        PathBranch {
            edge: branch.edge.map(|edge| step_label(self.graph, edge)),
            class_name: self.graph.class_name(example).to_owned(),
            objects: branch.nodes.len() as u64,
            example: describe(self.graph, example),
            targets: branch.weight.targets,
            retained_size: branch.weight.retained_size,
            is_target: branch.is_target,
        }
    }

    fn heaviest(&self, branch: &Branch) -> Ordinal {
        let heaviest = branch
            .nodes
            .iter()
            .max_by_key(|&&node| (self.weight(node).retained_size, Reverse(node)));
        heaviest.copied().unwrap_or(self.graph.root())
    }

    /// The way that most targets share, in words, and the last single object on it.
    fn common(&self) -> (String, Option<Ordinal>) {
        let least = self.targets.len() as f64 * MOST;
        let mut single = None;
        let mut rest = String::new();
        let mut above: Option<Branch> = None;
        while above.as_ref().is_none_or(|branch| !branch.is_target) {
            let next = self
                .branches(above.as_ref())
                .into_iter()
                .max_by_key(|branch| branch.weight.targets);
            let Some(branch) = next.filter(|branch| branch.weight.targets as f64 >= least) else {
                break;
            };
            match (branch.nodes.as_slice(), rest.is_empty()) {
                ([only], true) => single = Some(*only),
                _ => rest.push_str(&self.group_text(&branch)),
            }
            above = Some(branch);
        }
        let Some(single) = single else { return (String::new(), None) };
        let edges = self.ways.edges_to(self.graph, single).unwrap_or_default();
        let first = edges.first().map_or(single, |edge| edge.from);
        (path_text(self.graph, first, &edges) + &rest, Some(single))
    }

    /// The object that a node on a path belongs to: the Map, not its table.
    fn owner_of(&self, node: Ordinal) -> Ordinal {
        let mut at = node;
        while !is_program_object(self.graph, at) {
            match self.ways.edge_to(at) {
                Some(edge) => at = edge.from,
                None => return node,
            }
        }
        at
    }

    /// A step to several objects.
    fn group_text(&self, branch: &Branch) -> String {
        match branch.edge {
            Some(edge) if edge.edge_type == EdgeType::Property => edge_label(self.graph, edge).text,
            _ => format!(
                " → [{} × {}]",
                branch.nodes.len(),
                self.graph.class_name(self.heaviest(branch))
            ),
        }
    }
}

/// For each target its retained size, or 0 if it lies inside another target.
fn own_bytes(graph: &Graph, targets: &NodeSet) -> Vec<(Ordinal, u64)> {
    let mut covered_until = 0;
    let mut bytes = Vec::new();
    for (position, node) in graph.dominator_preorder().iter().map(|&node| Ordinal(node)).enumerate()
    {
        if !targets.contains(node) {
            continue;
        }
        let is_outermost = position >= covered_until;
        if is_outermost {
            covered_until = position + graph.retained_count(node) as usize;
        }
        bytes.push((node, if is_outermost { graph.retained_size(node) } else { 0 }));
    }
    bytes
}

/// Whether an edge is one of many that differ in a number only.
fn is_numbered(graph: &Graph, edge: Edge) -> bool {
    match (edge.edge_type, edge.name) {
        (EdgeType::Element, _) => true,
        (EdgeType::Internal, EdgeName::String(index)) => graph
            .strings()
            .get(index.0)
            .is_some_and(|name| name.first().is_some_and(u8::is_ascii_digit)),
        _ => false,
    }
}

fn step_label(graph: &Graph, edge: Edge) -> EdgeLabel {
    let label = edge_label(graph, edge);
    if is_numbered(graph, edge) {
        EdgeLabel { name: "*".to_owned(), text: "[*]".to_owned(), ..label }
    } else {
        label
    }
}
