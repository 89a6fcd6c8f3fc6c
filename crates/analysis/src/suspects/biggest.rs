//! The objects that retain most.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use heapglass_graph::{Graph, Ordinal};

use super::walk::first_link;
use crate::apart::Apart;
use crate::roles::{is_nobody, owner_of_part};
use crate::{NodeSet, ObjectSummary, describe};

/// A child with this share of its parent is the better answer than the parent.
const NEARLY_ALL: f64 = 0.7;

/// The `count` objects that retain most, largest first, roots left out. None of them lies inside another: of owners that
/// only hand on their memory to one part of theirs, that part is named. Cost: one walk down the dominator tree, as far as
/// needed.
pub fn biggest_objects(graph: &Graph, count: usize) -> Vec<ObjectSummary> {
    let mut found: Vec<Ordinal> = Vec::new();
    let mut named = Apart::default();
    // An index made by hand may have a tree that goes round in a circle.
    let mut met = NodeSet::empty(graph.node_count());
    met.insert(graph.root());
    let mut open: BinaryHeap<(u64, Reverse<Ordinal>)> = BinaryHeap::new();
    open.push((graph.retained_size(graph.root()), Reverse(graph.root())));
    while found.len() < count
        && let Some((_, Reverse(node))) = open.pop()
    {
        if is_nobody(graph, node) {
            let children = graph.dominated(node).filter(|&child| met.insert(child));
            open.extend(children.map(|child| (graph.retained_size(child), Reverse(child))));
            continue;
        }
        let way = way_handed_on(graph, node, &mut met);
        // What hands its memory on from link to link is a list: its first link is named, not the last, which has nothing.
        let is_link = |&at: &usize| way.get(at).is_some_and(|&node| !is_nobody(graph, node));
        let list = first_link(graph, &way).and_then(|first| (first..way.len()).find(is_link));
        let end = list.unwrap_or(way.len().saturating_sub(1));
        if end == 0 {
            let owner = owner_of_part(graph, node, |_| true);
            // The owner of a small part may hold a large one that was named already.
            if named.insert(graph, owner) {
                found.push(owner);
            }
            continue;
        }
        let (handing_on, rest) = way.split_at(end);
        for &node in handing_on {
            let children = graph.dominated(node).filter(|&child| met.insert(child));
            open.extend(children.map(|child| (graph.retained_size(child), Reverse(child))));
        }
        open.extend(rest.first().map(|&node| (graph.retained_size(node), Reverse(node))));
    }
    found.sort_by_key(|&node| (Reverse(graph.retained_size(node)), node));
    found.into_iter().map(|node| describe(graph, node)).collect()
}

/// The way from a node down to where no child has nearly all of its parent, the node first; what was met before is left out.
/// Cost: the children of the nodes on the way.
fn way_handed_on(graph: &Graph, top: Ordinal, met: &mut NodeSet) -> Vec<Ordinal> {
    let mut way = vec![top];
    let mut at = top;
    loop {
        let most = graph.retained_size(at) as f64 * NEARLY_ALL;
        let next = graph.dominated(at).find(|&child| graph.retained_size(child) as f64 >= most);
        match next.filter(|&child| met.insert(child)) {
            Some(child) => way.push(child),
            None => return way,
        }
        at = way.last().copied().unwrap_or(top);
    }
}
