//! Single objects that retain much: down the dominator tree to where the size scatters.

use std::cmp::Reverse;

use heapglass_graph::{Graph, Ordinal};

use crate::roles::{is_nobody, is_program_object};

/// An object that retains much, and the way down to where its memory is gathered.
pub(super) struct Weighty {
    /// The topmost node.
    pub(super) top: Ordinal,
    /// The nodes on the way down the dominator tree, `top` first.
    chain: Vec<Ordinal>,
    /// Parts that stand out themselves and are found for themselves.
    pub(super) apart: Vec<Ordinal>,
    /// Whether the accumulation point is the first link of a list.
    pub(super) is_list: bool,
}

impl Weighty {
    /// The node below which the size scatters.
    pub(super) fn point(&self) -> Ordinal {
        self.chain.last().copied().unwrap_or(self.top)
    }

    /// What it retains without the parts that are found for themselves, in bytes.
    pub(super) fn own_bytes(&self, graph: &Graph) -> u64 {
        graph.retained_size(self.top).saturating_sub(bytes_of(graph, &self.apart))
    }

    /// Walks down while one child has nearly all of the memory that is not found for itself.
    fn walk_down(&mut self, graph: &Graph, least: u64, big_drop_ratio: f64) {
        loop {
            let point = self.point();
            let mut own = graph.retained_size(point);
            if self.apart.is_empty() {
                self.apart = parts_apart(graph, point, least, own as f64 * big_drop_ratio);
                own = own.saturating_sub(bytes_of(graph, &self.apart));
            }
            let rest = graph.dominated(point).filter(|child| !self.apart.contains(child));
            let next = rest.max_by_key(|&child| (graph.retained_size(child), Reverse(child)));
            let goes_on =
                |child: &Ordinal| graph.retained_size(*child) as f64 >= own as f64 * big_drop_ratio;
            match next.filter(goes_on) {
                Some(child)
                    if graph.retained_size(child) > 0
                        && self.chain.len() < graph.node_count() as usize =>
                {
                    self.chain.push(child);
                }
                _ => return,
            }
        }
    }

    /// A list's memory is gathered at its first link, not at the one where the rest of the list
    /// gets small. Links may have a node between them, so that every other one is compared.
    fn cut_at_list(&mut self, graph: &Graph) {
        let alike = |pair: &[Ordinal]| match pair {
            [first, _, third] => graph.class(*first) == graph.class(*third),
            _ => false,
        };
        let mut run = 0;
        for (at, window) in self.chain.windows(3).enumerate() {
            run = if alike(window) { run + 1 } else { 0 };
            if run == LIST {
                self.chain.truncate(at + 2 - LIST);
                self.apart.clear();
                self.is_list = true;
                return;
            }
        }
    }

    /// The object that people know the topmost node by; it stands out itself.
    pub(super) fn named_top(&self, graph: &Graph, least: u64) -> Ordinal {
        let stands_out = |node: &&Ordinal| graph.retained_size(**node) >= least;
        let mut heavy = self.chain.iter().take_while(stands_out);
        heavy.find(|&&node| is_program_object(graph, node)).copied().unwrap_or(self.top)
    }

    /// The object that people know the accumulation point by: the Map, not its table.
    pub(super) fn named_point(&self, graph: &Graph) -> Ordinal {
        let named = self.chain.iter().rev().find(|&&node| is_program_object(graph, node));
        named.copied().unwrap_or_else(|| self.point())
    }
}

/// Objects that each retain at least `least` bytes without the others: the dominator tree is
/// walked down through owners that stand for nobody, and split where several parts stand out.
/// Cost: the children of the nodes that retain `least`.
///
/// Source: Eclipse MAT's `FindLeaksQuery`; the splitting is our own, because a JavaScript program
/// hangs on one global object.
pub(super) fn weighty_objects(graph: &Graph, least: u64, big_drop_ratio: f64) -> Vec<Weighty> {
    let mut found = Vec::new();
    let mut open = vec![graph.root()];
    // An index made by hand may have a tree that goes round in a circle.
    let mut patience = graph.node_count();
    while let Some(top) = open.pop()
        && patience > 0
    {
        patience -= 1;
        if is_nobody(graph, top) {
            open.extend(heavy_children(graph, top, least));
            continue;
        }
        let mut weighty = Weighty { top, chain: vec![top], apart: Vec::new(), is_list: false };
        weighty.walk_down(graph, least, big_drop_ratio);
        weighty.cut_at_list(graph);
        open.extend(&weighty.apart);
        if weighty.own_bytes(graph) >= least {
            found.push(weighty);
        }
    }
    found
}

/// Alike children from which on a node counts as their collection.
const COLLECTION: usize = 3;
/// Alike nodes, each below the other, from which on they count as a list.
const LIST: usize = 16;

/// Children of a node that stand out: those of at least `least` bytes, unless there is one that
/// has nearly all or they are a collection.
fn parts_apart(graph: &Graph, node: Ordinal, least: u64, enough: f64) -> Vec<Ordinal> {
    let heavy = heavy_children(graph, node, least);
    let is_one = match heavy.as_slice() {
        [] => true,
        [one] => graph.retained_size(*one) as f64 >= enough,
        [first, rest @ ..] => {
            rest.len() + 1 >= COLLECTION
                && rest.iter().all(|&child| graph.class(child) == graph.class(*first))
        }
    };
    if is_one { Vec::new() } else { heavy }
}

fn heavy_children(graph: &Graph, node: Ordinal, least: u64) -> Vec<Ordinal> {
    graph.dominated(node).filter(|&child| graph.retained_size(child) >= least).collect()
}

fn bytes_of(graph: &Graph, nodes: &[Ordinal]) -> u64 {
    nodes.iter().map(|&node| graph.retained_size(node)).sum()
}
