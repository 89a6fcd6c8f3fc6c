//! The objects that retain most.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use heapglass_graph::{Graph, Ordinal};

use crate::apart::Apart;
use crate::roles::{is_nobody, is_program_object, owner_of_part};
use crate::{NodeSet, ObjectSummary, describe};

/// A child with this share of its parent is the better answer than the parent.
const NEARLY_ALL: f64 = 0.7;

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
        && let Some((retained_size, Reverse(node))) = open.pop()
    {
        let most = retained_size as f64 * NEARLY_ALL;
        let hands_on =
            || graph.dominated(node).any(|child| graph.retained_size(child) as f64 >= most);
        if is_nobody(graph, node) || hands_on() {
            let children = graph.dominated(node).filter(|&child| met.insert(child));
            open.extend(children.map(|child| (graph.retained_size(child), Reverse(child))));
        } else {
            let owner = owner_of_part(graph, node, |_| true);
            // The owner of a small part may hold a large one that was named already.
            if named.insert(graph, owner) {
                found.push(owner);
            }
        }
    }
    found.sort_by_key(|&node| (Reverse(graph.retained_size(node)), node));
    found
}
