//! Single objects that weigh much: down the dominator tree to where the weight scatters.

use std::cmp::Reverse;

use heapglass_graph::{ClassIndex, Graph, NodeType, Ordinal};

use super::runtime::TIMERS;
use crate::edge::internal;
use crate::roles::{is_nobody, is_program_object};
use crate::sums::saturating_sum;

/// What the nodes of a heap weigh: a number that no node has less of than the nodes it dominates
/// have together.
pub(crate) struct Weighing<'a> {
    graph: &'a Graph,
    weight: Box<dyn Fn(Ordinal) -> u64 + 'a>,
    /// Alike children from which on a node counts as their collection.
    collection: usize,
}

impl<'a> Weighing<'a> {
    /// By retained size, in bytes.
    pub(crate) fn by_retained_size(graph: &'a Graph) -> Weighing<'a> {
        Weighing::by(graph, |node| graph.retained_size(node))
    }

    /// By a number of one's own.
    pub(crate) fn by(graph: &'a Graph, weight: impl Fn(Ordinal) -> u64 + 'a) -> Weighing<'a> {
        Weighing { graph, weight: Box::new(weight), collection: 3 }
    }

    /// So many alike children make a collection, instead of three.
    pub(crate) fn with_collections_of(self, collection: usize) -> Weighing<'a> {
        Weighing { collection, ..self }
    }

    /// What a node weighs.
    pub(crate) fn of(&self, node: Ordinal) -> u64 {
        (self.weight)(node)
    }

    /// What the nodes that a node dominates weigh together. Cost: its children in the dominator tree.
    fn of_parts(&self, node: Ordinal) -> u64 {
        saturating_sum(self.graph.dominated(node).map(|part| self.of(part)))
    }

    fn of_all(&self, nodes: &[Ordinal]) -> u64 {
        saturating_sum(nodes.iter().map(|&node| self.of(node)))
    }
}

/// An object that weighs much, and the way down to where its memory is gathered.
pub(crate) struct Weighty {
    /// The topmost node.
    pub(crate) top: Ordinal,
    /// The nodes on the way down the dominator tree, `top` first.
    chain: Vec<Ordinal>,
    /// Parts that stand out themselves and are found for themselves.
    pub(crate) apart: Vec<Ordinal>,
    /// Whether the accumulation point is the first link of a list, or the root of a tree.
    pub(crate) is_list: bool,
    /// Whether it is the root of a tree.
    pub(crate) is_tree: bool,
}

impl Weighty {
    /// The node below which the size scatters.
    pub(crate) fn point(&self) -> Ordinal {
        self.chain.last().copied().unwrap_or(self.top)
    }

    /// What it weighs without the parts that are found for themselves.
    pub(crate) fn own_weight(&self, heap: &Weighing<'_>) -> u64 {
        heap.of(self.top).saturating_sub(heap.of_all(&self.apart))
    }

    /// Walks down while one child has nearly all of the memory that is not found for itself.
    fn walk_down(&mut self, heap: &Weighing<'_>, least: u64, big_drop_ratio: f64) {
        let graph = heap.graph;
        loop {
            let point = self.point();
            let mut own = heap.of(point);
            if self.apart.is_empty() {
                self.apart = parts_apart(heap, point, least, own as f64 * big_drop_ratio);
                if self.cut_at_tree(heap, least) {
                    return;
                }
                own = own.saturating_sub(heap.of_all(&self.apart));
            }
            let rest = graph.dominated(point).filter(|child| !self.apart.contains(child));
            let next = rest.max_by_key(|&child| (heap.of(child), Reverse(child)));
            let has_most = |child: Ordinal| heap.of(child) as f64 >= own as f64 * big_drop_ratio;
            let stores = stores_of(graph, point);
            // The slots of a store count with its object, and may weigh more than what is in them. Where they count
            // with the store, as in snapshots with `exposeInternals`, they alone make it no place of other objects.
            let is_store = |child: Ordinal| {
                stores.contains(&Some(child)) && heap.of_parts(child) >= (own / SMALL_STORE).max(1)
            };
            let goes_on = |&child: &Ordinal| has_most(child) || is_store(child);
            match next.filter(goes_on) {
                Some(child)
                    if heap.of(child) > 0 && self.chain.len() < graph.node_count() as usize =>
                {
                    self.chain.push(child);
                }
                _ => return,
            }
        }
    }

    /// A tree's memory is gathered at its root, not in the branches that are heavy enough for themselves. Says whether
    /// the point is a branch of a tree.
    fn cut_at_tree(&mut self, heap: &Weighing<'_>, least: u64) -> bool {
        let graph = heap.graph;
        let class = graph.class(self.point());
        if self.apart.is_empty() || is_everywhere(graph.class_name(self.point())) {
            return false;
        }
        let leads = |&part: &Ordinal| leads_to(heap, part, class, least, LONGEST_LINK - 1);
        let is_tree =
            self.apart.iter().all(leads) && levels_of(heap, self.point(), class) >= LEVELS;
        if is_tree {
            let root = self.chain.iter().position(|&node| graph.class(node) == class);
            self.chain.truncate(root.map_or(usize::MAX, |root| root + 1));
            self.apart.clear();
            (self.is_list, self.is_tree) = (true, true);
        }
        is_tree
    }

    /// A list's memory is gathered at its first link, not at the one where the rest of the list
    /// gets small.
    fn cut_at_list(&mut self, graph: &Graph) {
        if let Some(first) = first_link(graph, &self.chain) {
            self.chain.truncate(first + 1);
            self.apart.clear();
            self.is_list = true;
        }
    }

    /// The object that people know the topmost node by; it stands out itself. By which timer Node.js keeps the function that
    /// has the memory says less than the function.
    pub(crate) fn named_top(&self, heap: &Weighing<'_>, least: u64) -> Ordinal {
        let stands_out = |node: &Ordinal| heap.of(*node) >= least;
        let heavy = || {
            let heavy = self.chain.iter().copied().take_while(stands_out);
            heavy.filter(|&node| is_program_object(heap.graph, node))
        };
        let is_timer = |node: &Ordinal| TIMERS.contains(&heap.graph.class_name(*node));
        heavy().find(|node| !is_timer(node)).or_else(|| heavy().next()).unwrap_or(self.top)
    }

    /// The object that people know the accumulation point by: the Map, not its table.
    pub(crate) fn named_point(&self, graph: &Graph) -> Ordinal {
        self.lowest(|node| is_program_object(graph, node)).unwrap_or_else(|| self.point())
    }

    /// The last node on the way down for which `holds` holds.
    pub(crate) fn lowest(&self, holds: impl Fn(Ordinal) -> bool) -> Option<Ordinal> {
        self.chain.iter().rev().copied().find(|&node| holds(node))
    }
}

/// Objects that each weigh at least `least` without the others: the dominator tree is walked down
/// through owners that stand for nobody, and split where several parts stand out.
/// Cost: the children of the nodes that weigh `least`.
///
/// Source: Eclipse MAT's `FindLeaksQuery`; the splitting is our own, because a JavaScript program
/// hangs on one global object.
pub(crate) fn weighty_objects(
    heap: &Weighing<'_>,
    least: u64,
    big_drop_ratio: f64,
) -> Vec<Weighty> {
    let graph = heap.graph;
    let mut found = Vec::new();
    let mut open = vec![graph.root()];
    // An index made by hand may have a tree that goes round in a circle.
    let mut patience = graph.node_count();
    while let Some(top) = open.pop()
        && patience > 0
    {
        patience -= 1;
        if is_nobody(graph, top) {
            open.extend(heavy_children(heap, top, least));
            continue;
        }
        let mut weighty =
            Weighty { top, chain: vec![top], apart: Vec::new(), is_list: false, is_tree: false };
        weighty.walk_down(heap, least, big_drop_ratio);
        if !weighty.is_list {
            weighty.cut_at_list(graph);
        }
        open.extend(&weighty.apart);
        if weighty.own_weight(heap) >= least {
            found.push(weighty);
        }
    }
    found
}

/// Where in a way down the dominator tree a list begins; `None` without one. Links may have nodes between them, so that
/// nodes some steps apart are compared. Cost: a look at the way for each length of a link.
pub(super) fn first_link(graph: &Graph, way: &[Ordinal]) -> Option<usize> {
    (1..=LONGEST_LINK).find_map(|period| {
        let mut run = 0;
        let pairs = way.iter().zip(way.iter().skip(period));
        let alike = pairs.map(|(node, later)| graph.class(*node) == graph.class(*later));
        let end = alike.enumerate().find_map(|(at, is_alike)| {
            run = if is_alike { run + 1 } else { 0 };
            (run == LIST).then_some(at)
        });
        end.map(|at| at + 1 - LIST)
    })
}

/// A store of less than one in so many of its object's bytes is not where they are gathered.
const SMALL_STORE: u64 = 200;
/// Nodes of one class, each below the other, from which on they may be a tree: a cache that holds another is none.
const LEVELS: usize = 4;
/// Nodes that a link of a list consists of at most: an object, its method, the method's variables.
const LONGEST_LINK: usize = 4;
/// Alike nodes, each below the other, from which on they count as a list.
const LIST: usize = 16;

/// Where an object keeps its entries and elements: parts of it, and no owners. Cost: a look through its edges.
fn stores_of(graph: &Graph, object: Ordinal) -> [Option<Ordinal>; 2] {
    let is_object = graph.node_type(object) == NodeType::Object;
    ["table", "elements"].map(|name| {
        let store = internal(graph, object, name).filter(|_| is_object)?;
        (graph.node_type(store) == NodeType::Array).then_some(store)
    })
}

/// Whether objects of this class hold each other without being of one structure.
pub(crate) fn is_everywhere(class_name: &str) -> bool {
    matches!(class_name, "Object" | "Array" | "Map" | "Set" | "Function" | "Promise")
        || class_name.starts_with(['(', '<'])
        || class_name.starts_with("system / ")
}

/// Nodes of a class on the way down from one of them by the heaviest parts, at most [`LEVELS`].
fn levels_of(heap: &Weighing<'_>, top: Ordinal, class: ClassIndex) -> usize {
    let heaviest = |node: &Ordinal| {
        let children = heap.graph.dominated(*node);
        children.max_by_key(|&child| (heap.of(child), Reverse(child)))
    };
    let way = std::iter::successors(Some(top), heaviest).take(LEVELS * LONGEST_LINK);
    way.filter(|&node| heap.graph.class(node) == class).take(LEVELS).count()
}

/// Whether a node is of a class, or its heavy parts are, or theirs.
fn leads_to(
    heap: &Weighing<'_>,
    node: Ordinal,
    class: ClassIndex,
    least: u64,
    steps: usize,
) -> bool {
    if heap.graph.class(node) == class {
        return true;
    }
    let heavy = if steps > 0 { heavy_children(heap, node, least) } else { Vec::new() };
    !heavy.is_empty() && heavy.iter().all(|&part| leads_to(heap, part, class, least, steps - 1))
}

/// Children of a node that stand out: those of at least `least` bytes, unless there is one that
/// has nearly all or they are a collection. Its own store is none.
fn parts_apart(heap: &Weighing<'_>, node: Ordinal, least: u64, enough: f64) -> Vec<Ordinal> {
    let graph = heap.graph;
    let mut heavy = heavy_children(heap, node, least);
    let stores = stores_of(graph, node);
    heavy.retain(|&child| !stores.contains(&Some(child)));
    let is_one = match heavy.as_slice() {
        [] => true,
        [one] => heap.of(*one) as f64 >= enough,
        [first, rest @ ..] => {
            rest.len() + 1 >= heap.collection
                && rest.iter().all(|&child| graph.class(child) == graph.class(*first))
        }
    };
    if is_one { Vec::new() } else { heavy }
}

fn heavy_children(heap: &Weighing<'_>, node: Ordinal, least: u64) -> Vec<Ordinal> {
    heap.graph.dominated(node).filter(|&child| heap.of(child) >= least).collect()
}
