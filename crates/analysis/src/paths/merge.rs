//! Shortest paths to many objects, put together.

use std::cmp::Reverse;

use heapglass_graph::{ClassIndex, Edge, EdgeName, EdgeType, Graph, Ordinal};
use rustc_hash::FxHashMap;

use super::around::{PATIENCE, says_nothing_of_program, way_around};
use super::predecessors::Predecessors;
use super::text::path_text;
use crate::edge::{have_same_text, text_of, weak_table_of};
use crate::proxy::{is_proxy, is_to_target, name_of_proxies};
use crate::roles::is_program_object;
use crate::row::{Children, Shown, grow};
use crate::strings::is_number;
use crate::{EdgeLabel, NodeSet, ObjectSummary, Row, describe, edge_label, name_with_original};

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
    /// Topmost branches that are not in `rows`.
    pub hidden: u64,
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
    merged(&Forest::of(graph, targets), limit)
}

/// The way to many objects, of which at most `most` are looked at.
pub(crate) struct CommonWay {
    /// As [`MergedPaths::common`]; where not all were looked at, counts in it are estimates and
    /// say so.
    pub(crate) line: String,
    /// As [`MergedPaths::gathered_at`].
    pub(crate) gathered_at: Option<ObjectSummary>,
    /// Number of targets that are reached through it.
    pub(crate) gathered: u64,
    /// Whether that number is an estimate.
    pub(crate) is_estimate: bool,
}

/// The way that most of `targets` share, told by the program's way where it has one. Cost: the retainers on the paths, and
/// half a million edges at most.
pub(crate) fn common_way(graph: &Graph, targets: &[Ordinal], most: usize) -> CommonWay {
    let stride = targets.len().div_ceil(most.max(1)).max(1);
    let looked_at: Vec<Ordinal> = targets.iter().copied().step_by(stride).collect();
    let forest =
        Forest { stride: stride as u64, goes_around: true, ..Forest::of(graph, &looked_at) };
    let merged = merged(&forest, 1);
    let (all, of) = (targets.len() as u64, (looked_at.len() as u64).max(1));
    CommonWay {
        line: merged.common,
        gathered_at: merged.gathered_at,
        gathered: (u128::from(merged.gathered) * u128::from(all) / u128::from(of)) as u64,
        is_estimate: stride > 1,
    }
}

fn merged(forest: &Forest<'_>, limit: usize) -> MergedPaths {
    let graph = forest.graph;
    let tree = grow(forest.children(None, limit), MAX_ROWS, |path| match path.last() {
        Some(branch) if !branch.is_target => forest.children(Some(branch), limit),
        _ => Children { shown: Vec::new(), hidden: 0 },
    });
    let (common, single) = forest.common();
    let gathered_at = single.map(|node| forest.owner_of(node));
    MergedPaths {
        rows: tree.rows,
        hidden: tree.hidden,
        common,
        gathered: gathered_at
            .and_then(|node| forest.ways.number(node))
            .map_or(0, |number| forest.weight(number).targets),
        gathered_at: gathered_at.map(|node| describe(graph, node)),
        targets: forest.targets.len(),
        unreachable: forest.targets.len()
            - forest.tops.iter().map(|&top| forest.weight(top).targets).sum::<u64>(),
    }
}

/// The shortest paths to all targets, from the roots down. Nodes go by their number on the paths.
struct Forest<'a> {
    graph: &'a Graph,
    targets: NodeSet,
    ways: Predecessors,
    tops: Vec<usize>,
    /// For each number where the numbers of the nodes below it start in `below`, and one more.
    first_below: Vec<u32>,
    below: Vec<u32>,
    weights: Vec<Weight>,
    /// One of so many targets is among these.
    stride: u64,
    /// Whether the way that most share goes around lists of native objects and constants of compiled code.
    goes_around: bool,
}

/// What is reached through a node.
#[derive(Clone, Copy, Default)]
struct Weight {
    targets: u64,
    retained_size: u64,
}

impl Weight {
    fn add(&mut self, other: Weight) {
        self.targets += other.targets;
        self.retained_size = self.retained_size.saturating_add(other.retained_size);
    }
}

/// Nodes that stand at the same step.
struct Branch {
    numbers: Vec<usize>,
    edge: Option<Edge>,
    /// Whether the edges to all of them have the same text.
    has_one_text: bool,
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
    /// Values in the WeakMap whose table has this id.
    WeakMap(u64),
}

impl<'a> Forest<'a> {
    fn of(graph: &'a Graph, targets: &[Ordinal]) -> Forest<'a> {
        let ways = Predecessors::of(graph, targets);
        let mut set = NodeSet::empty(graph.node_count());
        for &target in targets {
            set.insert(target);
        }
        let weights = weights(graph, &ways, &set);
        let (first_below, below) = below(&ways);
        let tops = (0..ways.len()).filter(|&number| ways.is_top(number)).collect();
        Forest {
            graph,
            targets: set,
            ways,
            tops,
            first_below,
            below,
            weights,
            stride: 1,
            goes_around: false,
        }
    }

    fn weight(&self, number: usize) -> Weight {
        self.weights.get(number).copied().unwrap_or_default()
    }

    fn node(&self, number: usize) -> Ordinal {
        self.ways.node(number).unwrap_or(self.graph.root())
    }

    /// The nodes right below a node.
    fn below(&self, number: usize) -> impl Iterator<Item = usize> + '_ {
        let ends = self.first_below.get(number..number + 2);
        let range = ends.map_or(0..0, |ends| ends[0] as usize..ends[1] as usize);
        self.below.get(range).unwrap_or_default().iter().map(|&number| number as usize)
    }

    /// The branches below a branch, or the topmost ones, most bytes first.
    fn branches(&self, above: Option<&Branch>) -> Vec<Branch> {
        let mut branches: FxHashMap<SameStep, Branch> = FxHashMap::default();
        let mut add = |number: usize| {
            let edge = self.ways.edge_to(number);
            let node = self.node(number);
            let is_target = self.targets.contains(node);
            let key = SameStep {
                edge: edge.map(|edge| self.key(edge)),
                class: self.graph.class(node),
                is_target,
            };
            let branch = branches.entry(key).or_insert_with(|| Branch {
                numbers: Vec::new(),
                edge,
                has_one_text: true,
                weight: Weight::default(),
                is_target,
            });
            branch.has_one_text &= match (branch.edge, edge) {
                (Some(first), Some(Edge { name: EdgeName::String(name), edge_type, from, .. })) => {
                    have_same_text(self.graph, (edge_type, name), first.from, from)
                }
                _ => true,
            };
            branch.numbers.push(number);
            branch.weight.add(self.weight(number));
        };
        match above {
            None => self.tops.iter().for_each(|&top| add(top)),
            Some(branch) => {
                branch.numbers.iter().flat_map(|&number| self.below(number)).for_each(add);
            }
        }
        let mut branches: Vec<Branch> = branches.into_values().collect();
        branches.sort_by_key(|branch| {
            let first = branch.numbers.first().map(|&number| self.node(number));
            (Reverse((branch.weight.retained_size, branch.weight.targets)), first)
        });
        branches
    }

    /// Elements and entries of tables are alike, whatever their number, and so are those of a WeakMap.
    fn key(&self, edge: Edge) -> (u8, Option<EdgeKey>) {
        let of_weak_map = || weak_table(self.graph, edge).map(EdgeKey::WeakMap);
        let name = (!is_numbered(self.graph, edge)).then(|| match edge.name {
            EdgeName::Index(index) => EdgeKey::Index(index),
            EdgeName::String(index) => of_weak_map().unwrap_or(EdgeKey::String(index.0)),
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
            edge: branch.edge.map(|edge| step_label(self.graph, edge, branch.has_one_text)),
            class_name: self.graph.class_name(example).to_owned(),
            objects: branch.numbers.len() as u64,
            example: describe(self.graph, example),
            targets: branch.weight.targets,
            retained_size: branch.weight.retained_size,
            is_target: branch.is_target,
        }
    }

    fn heaviest(&self, branch: &Branch) -> Ordinal {
        let weight = |number: usize| self.weight(number).retained_size;
        let heaviest =
            branch.numbers.iter().copied().max_by_key(|&at| (weight(at), Reverse(self.node(at))));
        heaviest.map_or(self.graph.root(), |number| self.node(number))
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
            match (branch.numbers.as_slice(), rest.is_empty()) {
                ([only], true) => single = self.ways.node(*only),
                _ => rest.push_str(&self.group_text(&branch)),
            }
            above = Some(branch);
        }
        let Some(single) = single else { return (String::new(), None) };
        let mut edges = self.ways.edges_to(single).unwrap_or_default();
        let mut patience = PATIENCE;
        if self.goes_around
            && says_nothing_of_program(self.graph, &edges)
            && let Some(around) = way_around(self.graph, single, &mut patience)
        {
            edges = around;
        }
        let first = edges.first().map_or(single, |edge| edge.from);
        (path_text(self.graph, first, &edges) + &rest, Some(single))
    }

    /// The object that a node on a path belongs to: the Map, not its table.
    fn owner_of(&self, node: Ordinal) -> Ordinal {
        let mut at = node;
        while !is_program_object(self.graph, at) {
            match self.ways.number(at).and_then(|number| self.ways.edge_to(number)) {
                Some(edge) => at = edge.from,
                None => return node,
            }
        }
        at
    }

    /// What the objects of a branch are called if they are proxies. What those on the way stand for is the next step.
    fn name_of_proxies(&self, branch: &Branch, example: Ordinal) -> Option<String> {
        if !is_proxy(self.graph, example) {
            return None;
        }
        let nodes = branch.numbers.iter().map(|&number| self.node(number));
        let name = name_of_proxies(self.graph, nodes)?;
        Some(if branch.is_target { name } else { "Proxy".to_owned() })
    }

    /// A step to several objects.
    fn group_text(&self, branch: &Branch) -> String {
        match branch.edge {
            Some(edge) if edge.edge_type == EdgeType::Property => edge_label(self.graph, edge).text,
            _ => {
                let count = branch.numbers.len() as u64;
                // Holders may all be met though only some of what they hold was looked at.
                let about = if self.stride > 1 { "about " } else { "" };
                let count = if branch.is_target { count * self.stride } else { count };
                let example = self.heaviest(branch);
                let original = self.graph.original_class_name(example);
                let class = name_with_original(self.graph.class_name(example), original);
                let class = self.name_of_proxies(branch, example).unwrap_or(class);
                let way = match branch.edge {
                    Some(edge) if is_to_target(self.graph, edge) => " → target",
                    Some(edge) if weak_table(self.graph, edge).is_some() => " → value in WeakMap",
                    _ => "",
                };
                format!("{way} → [{about}{count} × {class}]")
            }
        }
    }
}

/// For each node on a path what is reached through it.
fn weights(graph: &Graph, ways: &Predecessors, targets: &NodeSet) -> Vec<Weight> {
    let mut weights = vec![Weight::default(); ways.len()];
    for (target, retained_size) in own_bytes(graph, targets) {
        if let Some(weight) = ways.number(target).and_then(|number| weights.get_mut(number)) {
            weight.add(Weight { targets: 1, retained_size });
        }
    }
    // Farthest first, so that each node's weight is complete when it is passed on.
    let distance = |number: &usize| ways.node(*number).map(|node| graph.distance(node));
    let mut farthest: Vec<usize> = (0..ways.len()).collect();
    farthest.sort_unstable_by_key(|number| Reverse(distance(number)));
    for number in farthest {
        let above = ways.edge_to(number).and_then(|edge| ways.number(edge.from));
        if let (Some(above), Some(&weight)) = (above, weights.get(number))
            && let Some(above) = weights.get_mut(above)
        {
            above.add(weight);
        }
    }
    weights
}

/// For each node on a path the nodes right below it: where they start, and they themselves.
fn below(ways: &Predecessors) -> (Vec<u32>, Vec<u32>) {
    let above = |number: usize| ways.edge_to(number).and_then(|edge| ways.number(edge.from));
    let mut pairs: Vec<(u32, u32)> =
        (0..ways.len()).filter_map(|number| Some((above(number)? as u32, number as u32))).collect();
    pairs.sort_unstable();
    let mut first_below = Vec::with_capacity(ways.len() + 1);
    for (at, &(above, _)) in pairs.iter().enumerate() {
        while first_below.len() <= above as usize {
            first_below.push(at as u32);
        }
    }
    first_below.resize(ways.len() + 1, pairs.len() as u32);
    (first_below, pairs.into_iter().map(|(_, number)| number).collect())
}

/// For each target its retained size, or 0 if it lies inside another target.
fn own_bytes(graph: &Graph, targets: &NodeSet) -> Vec<(Ordinal, u64)> {
    let mut covered_until = 0;
    let mut bytes = Vec::new();
    for (position, &node) in graph.dominator_preorder().iter().enumerate() {
        let node = Ordinal(node);
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
        (EdgeType::Internal, EdgeName::String(index)) => {
            graph.strings().get(index.0).is_some_and(is_number)
        }
        _ => false,
    }
}

/// The id of the table of the WeakMap that an edge leads to a value in.
fn weak_table(graph: &Graph, edge: Edge) -> Option<u64> {
    let is_internal = edge.edge_type == EdgeType::Internal;
    let name = is_internal.then(|| graph.edge_name(edge))?;
    weak_table_of(&name)?.parse().ok()
}

/// The label of one or several edges.
fn step_label(graph: &Graph, edge: Edge, has_one_text: bool) -> EdgeLabel {
    let label = edge_label(graph, edge);
    if is_numbered(graph, edge) {
        EdgeLabel { name: "*".to_owned(), text: "[*]".to_owned(), ..label }
    } else if weak_table(graph, edge).is_some() {
        // The name tells one pair of many.
        EdgeLabel { name: label.text.clone(), ..label }
    } else if has_one_text {
        label
    } else {
        EdgeLabel { text: text_of(edge.edge_type, &label.name), ..label }
    }
}
