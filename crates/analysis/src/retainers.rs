//! Who holds an object: the Retainers pane.

use heapglass_graph::{Distance, Edge, EdgeType, Graph, Ordinal};
use rustc_hash::FxHashSet;

use crate::nearest::nearest_holders;
use crate::row::{Children, Shown, grow};
use crate::weak_map::WeakMapPairs;
use crate::{EdgeLabel, NodeSet, ObjectSummary, Row, describe, distances_without, edge_label};

/// How much of the retainer tree to give.
#[derive(Debug, Clone)]
pub struct RetainerOptions {
    /// Levels of which every row is opened, at least 1.
    pub depth: u32,
    /// Levels to which, beyond `depth`, the nearest retainer of the first row is followed until it
    /// has distance 1 (DevTools: 20).
    pub follow_nearest: u32,
    /// At most this many retainers of each node; `None` for all.
    pub limit: Option<usize>,
    /// Show weak edges too.
    pub weak: bool,
    /// Show edges from the synthetic root too.
    pub root: bool,
    /// DevTools' "ignore this retainer": distances are those of a heap where no path enters these.
    pub ignore: Vec<Ordinal>,
    /// At most this many rows altogether.
    pub max_rows: usize,
}

impl Default for RetainerOptions {
    fn default() -> Self {
        RetainerOptions {
            depth: 1,
            follow_nearest: 20,
            limit: Some(100),
            weak: false,
            root: false,
            ignore: Vec::new(),
            max_rows: 100_000,
        }
    }
}

/// A row of the retainer tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Retainer {
    /// The edge from this object to the one above it.
    pub edge: EdgeLabel,
    /// The holder. Its `distance` is the plain one.
    pub object: ObjectSummary,
    /// The holder's distance as this view counts it; `None` if it cannot be reached without the
    /// ignored nodes, or is ignored itself.
    pub distance: Option<Distance>,
    /// Whether ignoring nodes made the holder unreachable, or its edge useless: that of a WeakMap
    /// entry whose other edge cannot be reached.
    pub unreachable: bool,
    /// Whether the object stands above itself in the tree; then it is not opened again.
    pub cycle: bool,
    /// Whether the user asked to ignore it; then it is not opened.
    pub ignored: bool,
}

/// The Retainers pane of one object. Retainers that are not shown are counted with the edges that
/// the view hides.
#[derive(Debug, Clone, PartialEq)]
pub struct Retainers {
    /// The tree in preorder; retainers of one object stand nearest first (distance, then the
    /// order of DevTools), unreachable and ignored ones last.
    pub rows: Vec<Row<Retainer>>,
    /// Retainers of the object itself that are not in `rows`.
    pub hidden: u64,
    /// The object's own distance in this view.
    pub distance: Option<Distance>,
    /// Whether ignoring nodes made the object itself unreachable.
    pub unreachable: bool,
}

/// The retainers of `node`. Cost: the out-edges of the retainers of the opened nodes; with
/// ignored nodes one pass over all edges more.
///
/// Source: `JSHeapSnapshot.retainingEdgesFilter`, `ignoreNodeInRetainersView`.
pub fn retainers(graph: &Graph, node: Ordinal, options: &RetainerOptions) -> Retainers {
    let view = View::of(graph, options);
    let all = options.limit.unwrap_or(usize::MAX);
    let top = view.first_retainers(&[node], all, true);
    let tree = grow(top, options.max_rows, |below| {
        let path: Vec<Ordinal> =
            std::iter::once(node).chain(below.iter().map(|key| key.node)).collect();
        let on_chain = below.iter().all(|key| key.is_nearest);
        let beyond = below.len() >= options.depth as usize;
        view.first_retainers(&path, if beyond { 1 } else { all }, on_chain)
    });
    Retainers {
        rows: tree.rows,
        hidden: tree.hidden,
        distance: view.distance(node),
        unreachable: view.lost(node),
    }
}

/// What the children of a row are found by.
struct Key {
    node: Ordinal,
    /// Whether it is the first retainer of the object below it.
    is_nearest: bool,
}

/// The heap as this view shows it.
struct View<'a> {
    graph: &'a Graph,
    options: &'a RetainerOptions,
    ignoring: Option<Ignoring>,
}

/// What is needed when nodes are ignored.
struct Ignoring {
    distances: Vec<i32>,
    pairs: WeakMapPairs,
}

/// Sorts what cannot be reached behind everything else.
const UNREACHABLE: i64 = 200_000_000;

impl<'a> View<'a> {
    fn of(graph: &'a Graph, options: &'a RetainerOptions) -> View<'a> {
        let ignoring = (!options.ignore.is_empty()).then(|| {
            let mut ignored = NodeSet::empty(graph.node_count());
            for &node in &options.ignore {
                ignored.insert(node);
            }
            Ignoring {
                distances: distances_without(graph, &ignored),
                pairs: WeakMapPairs::of(graph),
            }
        });
        View { graph, options, ignoring }
    }

    fn distance(&self, node: Ordinal) -> Option<Distance> {
        let distance = match &self.ignoring {
            Some(ignoring) => {
                ignoring.distances.get(node.index()).map_or(Distance::NONE, |&d| Distance(d))
            }
            None => self.graph.distance(node),
        };
        (distance != Distance::NONE).then_some(distance)
    }

    /// Whether ignoring nodes made this one unreachable.
    fn lost(&self, node: Ordinal) -> bool {
        self.distance(node).is_none() && self.graph.distance(node) != Distance::NONE
    }

    fn sort_key(&self, node: Ordinal) -> i64 {
        // A root stays reachable when it is ignored: searches begin there.
        match self.distance(node).filter(|_| !self.options.ignore.contains(&node)) {
            Some(distance) => i64::from(distance.0),
            None => UNREACHABLE + i64::from(self.graph.distance(node).0.max(0)),
        }
    }

    fn shows(&self, edge: Edge) -> bool {
        (self.options.root || edge.from != self.graph.root())
            && (self.options.weak || edge.edge_type != EdgeType::Weak)
            && edge.edge_type != EdgeType::Invisible
    }

    /// The nearest `limit` retainers of the last node of `path`; with `on_chain` the nearest of
    /// them is followed further.
    fn first_retainers(
        &self,
        path: &[Ordinal],
        limit: usize,
        on_chain: bool,
    ) -> Children<Key, Retainer> {
        let Some(&node) = path.last() else { return Children { shown: Vec::new(), hidden: 0 } };
        let (edges, total) = match &self.ignoring {
            Some(ignoring) => self.all_edges(node, ignoring, limit),
            None => self.nearest_edges(node, limit),
        };
        let hidden = total.saturating_sub(edges.len() as u64);
        let mut shown: Vec<Shown<Key, Retainer>> = Vec::new();
        for (edge, is_dead) in edges {
            let cycle = path.contains(&edge.from);
            let ignored = self.options.ignore.contains(&edge.from);
            let distance = self.distance(edge.from).filter(|_| !is_dead && !ignored);
            let is_nearest = shown.is_empty() && !ignored;
            let may_follow = on_chain
                && is_nearest
                && path.len() < self.options.follow_nearest as usize
                && distance.is_some_and(|distance| distance.0 > 1);
            shown.push(Shown {
                open: !cycle
                    && !ignored
                    && (path.len() < self.options.depth as usize || may_follow),
                children: self.graph.retainer_count(edge.from),
                key: Key { node: edge.from, is_nearest },
                item: Retainer {
                    edge: edge_label(self.graph, edge),
                    object: describe(self.graph, edge.from),
                    distance,
                    unreachable: !ignored && (is_dead || self.lost(edge.from)),
                    cycle,
                    ignored,
                },
            });
        }
        Children { shown, hidden }
    }

    /// The nearest `limit` edges, and the number of all. Objects with millions of retainers are
    /// ordinary, so that only the retainers that will be shown are looked into.
    fn nearest_edges(&self, node: Ordinal, limit: usize) -> (Vec<(Edge, bool)>, u64) {
        let total = self.graph.retainer_count(node);
        // The same order as `sort_key` where nothing is ignored, from the column itself.
        let distances = self.graph.distances();
        let key = |holder: Ordinal| {
            let distance = distances.get(holder.index()).copied().map(Distance);
            let known = distance.filter(|&distance| distance != Distance::NONE);
            Some(known.map_or(UNREACHABLE, |distance| i64::from(distance.0)))
        };
        let mut looked_at = limit.saturating_mul(2);
        loop {
            let (nearest, all) = nearest_holders(self.graph, node, looked_at, key);
            let mut edges = Vec::new();
            let mut not_shown = 0;
            for (_, holder) in nearest {
                for edge in self.graph.edges_between(holder, node) {
                    if self.shows(edge) {
                        edges.push((edge, false));
                    } else {
                        not_shown += 1;
                    }
                }
                if edges.len() >= limit {
                    break;
                }
            }
            if all || edges.len() >= limit {
                edges.truncate(limit);
                return (edges, total.saturating_sub(not_shown));
            }
            looked_at = looked_at.saturating_mul(8);
        }
    }

    /// The same when nodes are ignored; says of each edge whether it keeps nothing alive, because
    /// the other edge of its WeakMap entry cannot be reached.
    fn all_edges(
        &self,
        node: Ordinal,
        ignoring: &Ignoring,
        limit: usize,
    ) -> (Vec<(Edge, bool)>, u64) {
        let pair = |edge: &Edge| match edge.edge_type {
            EdgeType::Internal => ignoring.pairs.pair(edge.name),
            _ => None,
        };
        let dead: FxHashSet<u32> = self
            .graph
            .retainers(node)
            .filter(|edge| self.distance(edge.from).is_none())
            .filter_map(|edge| pair(&edge))
            .collect();
        let mut edges: Vec<(Edge, bool)> = self
            .graph
            .retainers(node)
            .filter(|&edge| self.shows(edge))
            .map(|edge| (edge, pair(&edge).is_some_and(|pair| dead.contains(&pair))))
            .collect();
        let total = edges.len() as u64;
        edges.sort_by_key(
            |&(edge, is_dead)| if is_dead { UNREACHABLE } else { self.sort_key(edge.from) },
        );
        edges.truncate(limit);
        (edges, total)
    }
}
