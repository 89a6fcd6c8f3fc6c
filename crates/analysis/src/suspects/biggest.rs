//! The objects that retain most.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use heapglass_graph::{Graph, Ordinal};

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
    found.into_iter().map(|node| describe(graph, node)).collect()
}
