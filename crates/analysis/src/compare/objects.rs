//! The objects behind a row of a comparison.

use heapglass_graph::Graph;

use super::Comparison;
use crate::Instances;
use crate::summary::largest_of;

/// New and deleted objects of some classes.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedObjects {
    /// Those that only the newer snapshot has.
    pub added: Instances,
    /// Those that only the older one has.
    pub deleted: Instances,
}

/// The new and deleted objects of `classes` (positions in [`Comparison::classes`]), each list with the
/// largest retained sizes first, at most `limit`. `None` for snapshots of two processes, where no
/// object is known to be another one. Cost: a pass over the nodes of both.
pub fn changed_objects(
    base: &Graph,
    newer: &Graph,
    comparison: &Comparison,
    classes: &[usize],
    limit: Option<usize>,
) -> Option<ChangedObjects> {
    let join = comparison.join.as_ref()?;
    let mut wanted = vec![false; comparison.classes.len()];
    for &class in classes {
        if let Some(slot) = wanted.get_mut(class) {
            *slot = true;
        }
    }
    let is_wanted = |class: u32| wanted.get(class as usize) == Some(&true);
    let added = newer.nodes().zip(newer.classes()).filter(|&(node, &class)| {
        let class = join.newer_class.get(class as usize);
        class.is_some_and(|&class| is_wanted(class))
            && newer.shallow_size(node) > 0
            && !join.newer_matched.contains(node)
    });
    let deleted = base.nodes().zip(&join.base_class).filter(|&(node, &class)| {
        is_wanted(class) && base.shallow_size(node) > 0 && !join.base_matched.contains(node)
    });
    Some(ChangedObjects {
        added: largest_of(newer, added.map(|(node, _)| node), limit),
        deleted: largest_of(base, deleted.map(|(node, _)| node), limit),
    })
}
