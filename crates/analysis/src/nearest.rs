//! The nearest of many retainers.

use std::collections::BinaryHeap;

use heapglass_graph::{Graph, Ordinal};

/// The `count` nodes that hold `node` and have the smallest `key`, smallest first and each once;
/// those without key are left out. Says too whether these are all.
///
/// Cost: one step for each retainer; nothing is kept but the `count`, because `undefined` and its
/// like have millions.
pub(crate) fn nearest_holders(
    graph: &Graph,
    node: Ordinal,
    count: usize,
    key: impl Fn(Ordinal) -> Option<i64>,
) -> (Vec<(i64, Ordinal)>, bool) {
    let mut largest: BinaryHeap<(i64, Ordinal)> = BinaryHeap::new();
    let mut all = true;
    let mut previous = None;
    for holder in graph.each_retaining_node(node) {
        if previous.replace(holder) == Some(holder) {
            continue;
        }
        let Some(key) = key(holder) else { continue };
        if largest.len() < count {
            largest.push((key, holder));
            continue;
        }
        all = false;
        if largest.peek().is_some_and(|&most| (key, holder) < most) {
            largest.pop();
            largest.push((key, holder));
        }
    }
    let mut nearest = largest.into_sorted_vec();
    nearest.dedup();
    (nearest, all)
}
