//! Ways around what holds objects without the program's doing. Code that V8 has optimised holds the objects it works on as
//! constants, functions that ran have notes of what was called from where, Node.js has lists of all its native objects and of all
//! timers, and V8 one of all strings whose text is outside of its heap; a way through them is often the shortest. What the
//! program wrote down is a way through variables and properties.

use std::collections::VecDeque;

use heapglass_graph::{Distance, Edge, EdgeType, Graph, NodeType, Ordinal};
use rustc_hash::FxHashMap;

use super::best_edge;
use super::predecessors::{holder_rank, is_top};
use super::ties::by_text;
use crate::roles::{TIMERS, is_list_of_natives, is_list_of_timers};

/// Edges that are looked at for a way around; of each node that is met 40 bytes are kept.
pub(super) const PATIENCE: usize = 500_000;

/// Whether compiled code holds an object on this way as a constant, a function's notes hold one, a list of native objects
/// or of external strings holds one of those, or a timer leads to what is no timer and not what that calls.
pub(super) fn says_nothing_of_program(graph: &Graph, edges: &[Edge]) -> bool {
    let is_without = |edge: &Edge| is_held_without_program(graph, edge.from, edge.to);
    edges.iter().any(is_without)
        || goes_through_notes(graph, edges)
        || goes_through_timer(graph, edges)
}

/// Whether a way leads on from what a timer of Node's lists calls: of what a session, a queue or a cache has a timer for each of
/// its entries, any one of these leads to all.
fn goes_through_timer(graph: &Graph, edges: &[Edge]) -> bool {
    let is_timer =
        |node: Ordinal| is_list_of_timers(graph, node) || TIMERS.contains(&graph.class_name(node));
    edges.last().is_some_and(|last| !is_timer(last.from) && !is_timer(last.to))
        && edges.iter().any(|edge| is_list_of_timers(graph, edge.from))
}

/// Whether a way goes through what V8 noted while a function ran: which functions it called, and what it made of literals.
/// Up to Node 16 what was called is alive by that.
pub(super) fn goes_through_notes(graph: &Graph, edges: &[Edge]) -> bool {
    edges.iter().any(|&edge| is_to_notes(graph, edge))
}

/// Whether an edge leads from a function to what V8 noted while it ran.
fn is_to_notes(graph: &Graph, edge: Edge) -> bool {
    edge.edge_type == EdgeType::Internal
        && graph.node_type(edge.from) == NodeType::Closure
        && graph.edge_name(edge) == "feedback_cell"
}

/// Whether `from`, which holds `to`, is compiled code with a constant, or a list of native objects or of external strings.
pub(super) fn is_held_without_program(graph: &Graph, from: Ordinal, to: Ordinal) -> bool {
    let is_list = || is_list_of_natives(graph, from) && !is_list_of_natives(graph, to);
    let is_constant = || {
        graph.node_type(from) == NodeType::Code
            && !matches!(graph.node_type(to), NodeType::Code | NodeType::Closure)
    };
    is_constant() || is_list() || is_list_of_strings(graph, from)
}

/// Whether a node is V8's list of the strings whose text is outside of its heap. It keeps none of them alive, though
/// snapshots do not write its edges as weak.
fn is_list_of_strings(graph: &Graph, node: Ordinal) -> bool {
    graph.node_type(node) == NodeType::Synthetic && graph.raw_name(node) == "(External strings)"
}

/// The shortest way to `node` on which none of them holds anything, from a user root if one leads there; `None` if there is
/// none, or none that is found soon enough. Cost: the edges of what holds the nodes that are nearer, at most `patience`,
/// from which they are taken.
pub(super) fn way_around(graph: &Graph, node: Ordinal, patience: &mut usize) -> Option<Vec<Edge>> {
    let is_users = graph.distance(node).0 < Distance::SYSTEM.0;
    let farthest = if is_users { Distance::SYSTEM.0 } else { i32::MAX };
    way_within(graph, node, farthest, patience)
}

/// The same from any root, as the stack.
pub(super) fn way_from_any_root(
    graph: &Graph,
    node: Ordinal,
    patience: &mut usize,
) -> Option<Vec<Edge>> {
    way_within(graph, node, i32::MAX, patience)
}

/// The same through nodes nearer than `farthest` alone.
fn way_within(
    graph: &Graph,
    node: Ordinal,
    farthest: i32,
    patience: &mut usize,
) -> Option<Vec<Edge>> {
    let mut onward: FxHashMap<Ordinal, Edge> = FxHashMap::default();
    let mut open = VecDeque::from([node]);
    while let Some(at) = open.pop_front() {
        if at != node && is_top(graph, at) {
            let next = |edge: &Edge| onward.get(&edge.to).copied();
            return Some(std::iter::successors(onward.get(&at).copied(), next).collect());
        }
        let mut holders: Vec<Ordinal> = Vec::new();
        for from in graph.each_retaining_node(at) {
            *patience = patience.checked_sub(1)?;
            let is_new = from != node && !onward.contains_key(&from);
            let is_near = (0..farthest).contains(&graph.distance(from).0);
            let is_passed = || {
                graph.node_type(from) == NodeType::Code
                    || is_list_of_natives(graph, from)
                    || is_list_of_timers(graph, from)
                    || is_list_of_strings(graph, from)
            };
            if is_new && is_near && !is_passed() {
                holders.push(from);
            }
        }
        holders.sort_unstable();
        holders.dedup();
        let mut edges: Vec<Edge> = Vec::with_capacity(holders.len());
        for from in holders {
            *patience = patience.checked_sub(graph.edge_range(from).len())?;
            edges.extend(best_edge(graph, from, at).filter(|&edge| !is_to_notes(graph, edge)));
        }
        let rank = |edge: &Edge| holder_rank(graph, edge.from);
        edges.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| by_text(graph, a, b)));
        for edge in edges {
            onward.insert(edge.from, edge);
            open.push_back(edge.from);
        }
    }
    None
}
