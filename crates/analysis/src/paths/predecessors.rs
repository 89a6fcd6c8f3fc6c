//! Ways back to the roots.

use heapglass_graph::{Distance, Edge, EdgeType, Graph, NodeType, Ordinal};

use super::ties::{Tie, Ties, start_of_name};
use super::{best_edge, holds};

/// Shortest paths to some targets: trees, as every node on them has one predecessor. The nodes
/// are numbered as they are met.
pub(super) struct Predecessors {
    ways: Vec<Way>,
    /// For each node ordinal its number and 1, or 0 for nodes on no path.
    number: Vec<u32>,
    ties: Ties,
}

/// How a node is reached.
struct Way {
    node: Ordinal,
    /// The edge by which it is reached; `None` on top of a path, and where there is none.
    edge: Option<Edge>,
    /// The node whose edges are to be looked through next.
    candidate: Option<Ordinal>,
    /// Candidates that turned out to hold it by weak edges only.
    failed: usize,
    is_top: bool,
}

/// Nodes of one holder that are looked for one by one, rather than in one pass over its edges.
const FEW: usize = 4;
/// Retainers that are looked through for a better predecessor than the first.
const PATIENCE: usize = 100_000;
/// Nearer retainers among which texts decide between equals.
const EQUALS: usize = 1000;

impl Predecessors {
    /// Finds the ways to `targets`. Cost: the retainers of all nodes on the ways, and the
    /// out-edges of those nodes, each once; and a few million edges at most where names decide between equals.
    pub(super) fn of(graph: &Graph, targets: &[Ordinal]) -> Predecessors {
        let mut found = Predecessors {
            ways: Vec::new(),
            number: vec![0; graph.node_count() as usize],
            ties: Ties::default(),
        };
        for &target in targets {
            found.meet(target);
        }
        let mut open: Vec<usize> = (0..found.ways.len()).collect();
        while !open.is_empty() {
            let mut by_holder: Vec<(Ordinal, usize)> = Vec::new();
            for way in open.drain(..) {
                by_holder.extend(found.choose(graph, way).map(|holder| (holder, way)));
            }
            by_holder.sort_unstable();
            for held in by_holder.chunk_by(|a, b| a.0 == b.0) {
                found.reach(graph, held);
                for &(holder, way) in held {
                    match found.ways.get_mut(way) {
                        Some(way) if way.edge.is_some() => open.extend(found.meet(holder)),
                        Some(unreached) => {
                            unreached.failed += 1;
                            open.push(way);
                        }
                        None => {}
                    }
                }
            }
        }
        found
    }

    /// Gives a node a number; `None` if it has one.
    fn meet(&mut self, node: Ordinal) -> Option<usize> {
        let slot = self.number.get_mut(node.index()).filter(|slot| **slot == 0)?;
        let number = self.ways.len();
        *slot = number as u32 + 1;
        self.ways.push(Way { node, edge: None, candidate: None, failed: 0, is_top: false });
        Some(number)
    }

    /// Chooses the node whose edges shall be looked through for a way.
    fn choose(&mut self, graph: &Graph, way: usize) -> Option<Ordinal> {
        let way = self.ways.get_mut(way)?;
        way.is_top = is_top(graph, way.node);
        way.candidate = match way.is_top {
            true => None,
            false => candidate(graph, way.node, way.failed, &mut self.ties),
        };
        if way.candidate.is_none() && graph.distance(way.node) != Distance::NONE {
            // The search for distances came here by an edge from the root back into the graph.
            way.is_top = true;
        }
        way.candidate
    }

    /// Looks for the edges from a holder to the nodes that chose it.
    fn reach(&mut self, graph: &Graph, held: &[(Ordinal, usize)]) {
        let Some(&(holder, _)) = held.first() else { return };
        if held.len() <= FEW {
            for &(_, way) in held {
                if let Some(way) = self.ways.get_mut(way) {
                    way.edge = best_edge(graph, holder, way.node);
                }
            }
            return;
        }
        for edge in graph.edges(holder).filter(|&edge| holds(edge)) {
            let way = self.number(edge.to).and_then(|number| self.ways.get_mut(number));
            if let Some(way) = way.filter(|way| way.candidate == Some(holder))
                && way.edge.is_none_or(|best| rank(edge.edge_type) < rank(best.edge_type))
            {
                way.edge = Some(edge);
            }
        }
    }

    /// Number of nodes on the paths.
    pub(super) fn len(&self) -> usize {
        self.ways.len()
    }

    /// The number of a node on a path.
    pub(super) fn number(&self, node: Ordinal) -> Option<usize> {
        (*self.number.get(node.index())? as usize).checked_sub(1)
    }

    /// The node of a number.
    pub(super) fn node(&self, number: usize) -> Option<Ordinal> {
        self.ways.get(number).map(|way| way.node)
    }

    /// The edge by which a node is reached; `None` on top of a path.
    pub(super) fn edge_to(&self, number: usize) -> Option<Edge> {
        self.ways.get(number)?.edge
    }

    /// Whether a node is the start of a path.
    pub(super) fn is_top(&self, number: usize) -> bool {
        self.ways.get(number).is_some_and(|way| way.is_top)
    }

    /// The edges from the root of a path down to `node`; `None` if no root leads there.
    pub(super) fn edges_to(&self, node: Ordinal) -> Option<Vec<Edge>> {
        let mut edges = Vec::new();
        let mut at = self.number(node)?;
        while let Some(edge) = self.edge_to(at) {
            edges.push(edge);
            at = self.number(edge.from)?;
        }
        edges.reverse();
        self.is_top(at).then_some(edges)
    }
}

/// Whether paths start at this node: a user root, or a child of the root.
pub(super) fn is_top(graph: &Graph, node: Ordinal) -> bool {
    node == graph.root() || [1, Distance::SYSTEM.0 + 1].contains(&graph.distance(node).0)
}

/// The node that holds `node` on a shortest path; the next one if `skip` were looked through in vain. Objects come before
/// V8's inner nodes, because their edges have names that say something; among equals texts decide.
fn candidate(graph: &Graph, node: Ordinal, skip: usize, ties: &mut Ties) -> Option<Ordinal> {
    let distance = graph.distance(node);
    if distance == Distance::NONE {
        return None;
    }
    let nearer =
        graph.each_retaining_node(node).filter(|&from| graph.distance(from).0 == distance.0 - 1);
    // Right below the roots the global object says more than any other root.
    let is_second = distance.0 == 2;
    let rank = |from: Ordinal| (holder_rank(graph, from), is_second && !is_global(graph, from));
    let Some(failed) = skip.checked_sub(1) else {
        let mut best: Option<((u8, bool), Ordinal, Option<Tie<'_>>)> = None;
        for (met, from) in nearer.take(PATIENCE).enumerate() {
            let own = rank(from);
            match &mut best {
                Some((known, ..)) if *known < own => {}
                Some((known, chosen, tie)) if *known == own => {
                    if *chosen != from && met < EQUALS {
                        let least = tie.get_or_insert_with(|| ties.tie(graph, *chosen, node));
                        let other = ties.tie(graph, from, node);
                        if other < *least {
                            (*chosen, *least) = (from, other);
                        }
                    }
                }
                _ => best = Some((own, from, None)),
            }
            // Some nodes have millions of retainers; the best of the first objects is as good as any.
            if met >= EQUALS && matches!(best, Some(((0, false), ..))) {
                break;
            }
        }
        return best.map(|(_, from, _)| from);
    };
    let mut all: Vec<Ordinal> = nearer.collect();
    all.sort_unstable_by_key(|&from| (rank(from), from));
    all.dedup();
    // What came first may stand anywhere here, and is tried again.
    all.get(failed).copied()
}

/// How little an edge of this type says to people.
pub(super) fn rank(edge_type: EdgeType) -> u8 {
    match edge_type {
        EdgeType::Property => 0,
        EdgeType::Element | EdgeType::Context => 1,
        EdgeType::Internal => 2,
        EdgeType::Shortcut => 3,
        _ => 4,
    }
}

/// How little it says to people that this node holds something: handle scopes, extensions and the
/// table of external strings say nothing of the program.
pub(super) fn holder_rank(graph: &Graph, node: Ordinal) -> u8 {
    match graph.node_type(node) {
        NodeType::Object | NodeType::Closure => 0,
        NodeType::Native => 1,
        NodeType::Array => 2,
        NodeType::Synthetic => match start_of_name(graph, node) {
            b"(Handle scope)" | b"(Extensions)" | b"(External strings)" => 5,
            _ => 4,
        },
        _ => 3,
    }
}

/// Whether a node is called like a global object.
fn is_global(graph: &Graph, node: Ordinal) -> bool {
    if graph.node_type(node) != NodeType::Object {
        return false;
    }
    let name = String::from_utf8_lossy(start_of_name(graph, node));
    ["global", "Window", "DedicatedWorkerGlobalScope"].iter().any(|known| {
        name.strip_prefix(known).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    })
}
