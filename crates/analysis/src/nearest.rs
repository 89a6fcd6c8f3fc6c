//! The nearest of many retainers.

use heapglass_graph::{Graph, Ordinal, Retaining};

use crate::halves::{LARGE, on_both};
use crate::smallest::Smallest;

/// The `count` nodes that hold `node` and have the smallest `key`, smallest first and each once, and a few less where some
/// of them hold it by several edges; those without key are left out. Says too whether these are all.
///
/// Cost: a call of `key` for each retainer; nothing else is kept of those that are not among the `count`, because
/// `undefined` and its like have millions.
pub(crate) fn nearest_holders(
    graph: &Graph,
    node: Ordinal,
    count: usize,
    key: impl Fn(Ordinal) -> Option<i64> + Sync,
) -> (Vec<(i64, Ordinal)>, bool) {
    let nearest = |holders: Retaining<'_>| {
        let mut nearest = Smallest::of(count);
        let mut previous = None;
        holders.iter().for_each(|holder| {
            if previous.replace(holder) != Some(holder)
                && let Some(key) = key(holder)
            {
                nearest.push((key, holder));
            }
        });
        nearest
    };
    let holders = graph.retaining(node);
    let smallest = if holders.most() < LARGE {
        nearest(holders)
    } else {
        let [mut smallest, others] = on_both(holders.halves(), nearest);
        smallest.append(others);
        smallest
    };
    let (mut nearest, all) = smallest.into_sorted();
    nearest.dedup();
    (nearest, all)
}
