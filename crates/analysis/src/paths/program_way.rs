//! What the program holds objects by that Node's lists of native objects, or compiled code, hold on a shorter way.

use heapglass_graph::{Edge, Graph, Ordinal};
use rustc_hash::FxHashMap;

use super::around::{PATIENCE, is_held_without_program, way_around};
use super::predecessors::Predecessors;
use super::{RootPath, path_to, root_path};
use crate::roles::{is_list_of_natives, is_program_object};
use crate::{ObjectSummary, describe, name_with_original};

/// Objects to which a way around is looked for. Beyond, counts are estimates, and say so.
const SAMPLE: usize = 100;

/// The way by which a program holds most of some objects.
#[derive(Debug, Clone, PartialEq)]
pub struct ProgramWay {
    /// The way as one line, with what it leads to at its end: `global.app.open : Array → [40 × Compressor]`.
    pub line: String,
    /// The object of the program that gathers them.
    pub gathered_at: ObjectSummary,
    /// Number of the objects that are reached through it.
    pub gathered: u64,
    /// Whether that number, and the one in `line`, are estimates: of very many objects only some are looked at.
    pub is_estimate: bool,
}

/// The way by which a program holds most of `targets`, where Node's lists of native objects hold the first of them on a
/// shorter one; `None` where they do not, or no such way is found soon enough. Cost: the retainers on the way to one
/// target, and two million edges at most, however many there are.
pub fn program_way(graph: &Graph, targets: &[Ordinal]) -> Option<ProgramWay> {
    ProgramWay::of(graph, targets, &mut Budget::default())
}

/// A way to `node` that the program wrote down, if none of `paths`, which are the shortest, is one. Cost: half a million
/// edges at most.
pub fn program_path(graph: &Graph, node: Ordinal, paths: &[RootPath]) -> Option<RootPath> {
    let is_programs = |path: &RootPath| {
        let is_held = |from: Ordinal, to| is_held_without_program(graph, from, to);
        let mut pairs = path.steps.windows(2);
        !pairs.any(
            |pair| matches!(pair, [from, to] if is_held(from.object.ordinal, to.object.ordinal)),
        )
    };
    if paths.is_empty() || paths.iter().any(is_programs) {
        return None;
    }
    let mut patience = PATIENCE;
    let edges = way_around(graph, node, &mut patience)?;
    Some(root_path(graph, &edges, node))
}

/// Edges that may be looked at for ways around, for one question.
pub(crate) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Budget(PATIENCE.saturating_mul(4))
    }
}

impl ProgramWay {
    /// As [`program_way`], within a budget that several such questions share.
    pub(crate) fn of(
        graph: &Graph,
        targets: &[Ordinal],
        budget: &mut Budget,
    ) -> Option<ProgramWay> {
        let stride = targets.len().div_ceil(SAMPLE).max(1);
        let sample: Vec<Ordinal> = targets.iter().copied().step_by(stride).collect();
        let around = gathered_around(graph, &sample, budget)?;
        let of_all = |part: usize| {
            (part as u128 * targets.len() as u128 / sample.len().max(1) as u128) as u64
        };
        let gathered = of_all(around.held.len());
        let line = match targets {
            [only] => path_to(graph, *only)?.text,
            _ => {
                let mut line = path_to(graph, around.point)?.text;
                line.push_str(&around.held_in_words(graph, stride > 1, of_all));
                line
            }
        };
        let gathered_at = describe(graph, around.point);
        Some(ProgramWay { line, gathered_at, gathered, is_estimate: stride > 1 })
    }
}

/// The object that gathers most of some objects which Node's lists of native objects hold as well.
pub(crate) struct GatheredAround {
    /// The nearest one that ways around the lists lead through.
    pub(crate) point: Ordinal,
    /// For each of the objects to which such a way was found, the object below the point through which it is reached.
    pub(crate) held: Vec<Ordinal>,
}

/// What gathers most of `nodes`, if the shortest way to the first leads through such a list, and another does not. Cost:
/// the edges of `budget` at most.
pub(crate) fn gathered_around(
    graph: &Graph,
    nodes: &[Ordinal],
    budget: &mut Budget,
) -> Option<GatheredAround> {
    let &first = nodes.first()?;
    let shortest = Predecessors::of(graph, &[first]).edges_to(first)?;
    if !shortest.iter().any(|edge| is_list_of_natives(graph, edge.from)) {
        return None;
    }
    let way = |&node: &Ordinal| way_around(graph, node, &mut budget.0).unwrap_or_default();
    let ways: Vec<Vec<Edge>> = nodes.iter().map(way).collect();
    let mut passed: FxHashMap<Ordinal, usize> = FxHashMap::default();
    for edge in ways.iter().flatten() {
        *passed.entry(edge.from).or_default() += 1;
    }
    // Of most of all objects, not of the ways that were found.
    let is_most = |node: Ordinal| {
        passed
            .get(&node)
            .is_some_and(|&times| times.saturating_mul(5) >= nodes.len().saturating_mul(4))
    };
    let is_point = |edge: &&Edge| is_most(edge.from) && is_program_object(graph, edge.from);
    let point = ways.iter().find_map(|way| way.iter().rev().find(is_point))?.from;
    let held = ways.iter().filter_map(|way| {
        let below = way.iter().skip_while(|edge| edge.from != point).map(|edge| edge.to);
        let mut objects = below.filter(|&below| is_program_object(graph, below));
        objects.next()
    });
    Some(GatheredAround { point, held: held.collect() })
}

impl GatheredAround {
    /// ` → [40 × Compressor]`: what the point holds, if it is of one class. Of a sample it is told only where each object
    /// has a holder of its own, since else their number says nothing of that of all.
    fn held_in_words(
        &self,
        graph: &Graph,
        is_sample: bool,
        of_all: impl Fn(usize) -> u64,
    ) -> String {
        let mut held = self.held.clone();
        held.sort_unstable();
        held.dedup();
        let Some(&example) = held.first() else { return String::new() };
        let class = graph.class(example);
        let is_one_class = held.iter().all(|&node| graph.class(node) == class);
        if !is_one_class || is_sample && held.len() < self.held.len() {
            return String::new();
        }
        let original = graph.original_class_name(example);
        let class = name_with_original(graph.class_name(example), original);
        let about = if is_sample { "about " } else { "" };
        let count = if is_sample { of_all(held.len()) } else { held.len() as u64 };
        format!(" → [{about}{count} × {class}]")
    }
}
