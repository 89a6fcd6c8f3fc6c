//! The objects that retain most.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use heapglass_graph::{Graph, Ordinal};

use super::walk::first_link;
use crate::apart::Apart;
use crate::roles::{is_nobody, is_program_object};
use crate::{NodeSet, ObjectSummary, describe};

/// A child with this share of its parent is the better answer than the parent.
const NEARLY_ALL: f64 = 0.7;
/// Dominators to look through for the object that a part belongs to.
const MAX_OWNERS: usize = 8;

/// The `count` objects that retain most, largest first, roots left out. Without `nested` none of
/// them lies inside another: of owners that only hand on their memory to one part of theirs, that
/// part is named. Cost: one pass over the nodes.
pub fn biggest_objects(graph: &Graph, count: usize, nested: bool) -> Vec<ObjectSummary> {
    let nodes = if nested { biggest_nested(graph, count) } else { biggest_apart(graph, count) };
    nodes.into_iter().map(|node| describe(graph, node)).collect()
}

fn biggest_nested(graph: &Graph, count: usize) -> Vec<Ordinal> {
    let mut largest: BinaryHeap<Reverse<(u64, Reverse<Ordinal>)>> = BinaryHeap::new();
    for node in graph.nodes() {
        let key = Reverse((graph.retained_size(node), Reverse(node)));
        let is_larger = largest.len() < count || largest.peek().is_some_and(|least| key < *least);
        if is_larger && is_program_object(graph, node) {
            largest.push(key);
            if largest.len() > count {
                largest.pop();
            }
        }
    }
    largest.into_sorted_vec().into_iter().map(|Reverse((_, Reverse(node)))| node).collect()
}

fn biggest_apart(graph: &Graph, count: usize) -> Vec<Ordinal> {
    let mut found = Vec::new();
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
            let owner = owner_of(graph, node);
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
    found
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

/// The object that a part, as a Map's table, belongs to; itself if there is none.
fn owner_of(graph: &Graph, node: Ordinal) -> Ordinal {
    let mut at = node;
    for _ in 0..MAX_OWNERS {
        if is_program_object(graph, at) {
            return at;
        }
        if is_nobody(graph, at) && at != node {
            break;
        }
        at = graph.dominator(at);
    }
    node
}
