//! Objects that are in both snapshots and hold more now.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use heapglass_graph::{Graph, IdIndex, NodeType, Ordinal};

use super::difference;
use crate::apart::Apart;
use crate::object::is_context;
use crate::roles::{is_nobody, owner_of_part};
use crate::{NodeSet, ObjectSummary, describe, held_as};

/// A part with this share of an object's growth is the better answer than the object.
const NEARLY_ALL: f64 = 0.7;

/// An object that is in both snapshots.
#[derive(Debug, Clone, PartialEq)]
pub struct GrownObject {
    /// As it is in the newer one.
    pub object: ObjectSummary,
    /// What holds it, see [`held_as`].
    pub held_as: Option<String>,
    /// Its shallow size before, in bytes.
    pub base_shallow_size: u64,
    /// Its retained size before, in bytes.
    pub base_retained_size: u64,
}

impl GrownObject {
    /// Cost: as that of [`held_as`].
    pub(super) fn new(base: &Graph, before: Ordinal, newer: &Graph, node: Ordinal) -> GrownObject {
        GrownObject {
            object: describe(newer, node),
            held_as: held_as(newer, node),
            base_shallow_size: base.shallow_size(before),
            base_retained_size: base.retained_size(before),
        }
    }

    /// By how much its own size grew, in bytes.
    pub fn shallow_growth(&self) -> i64 {
        difference(self.object.shallow_size, self.base_shallow_size)
    }

    /// By how much its retained size grew, in bytes.
    pub fn retained_growth(&self) -> i64 {
        difference(self.object.retained_size, self.base_retained_size)
    }
}

/// The objects in both snapshots whose retained size grew most, at most `count`, none inside another.
///
/// A walk down the dominator tree of `newer`, where it grew most first: roots, objects that owe
/// nearly all their growth to one older part of theirs, and functions and scopes that owe it to
/// several hand on to their parts; what is new between them, as the table of a Map that had to be made
/// larger, is passed through. Cost: one look at each node that is passed, at most all of them, and a
/// path for each that is told; memory: the nodes that wait, and a bit for each node.
pub(super) fn retained(
    base: &Graph,
    newer: &Graph,
    ids: &IdIndex,
    count: usize,
) -> Vec<GrownObject> {
    let mut walk = Walk { base, newer, ids, met: NodeSet::empty(newer.node_count()) };
    walk.met.insert(newer.root());
    let mut found: Vec<(Ordinal, Ordinal)> = Vec::new();
    let mut named = Apart::default();
    let mut open: BinaryHeap<(u64, Reverse<Ordinal>)> = BinaryHeap::new();
    open.push((u64::MAX, Reverse(newer.root())));
    let mut parts = Vec::new();
    while found.len() < count
        && let Some((growth, Reverse(node))) = open.pop()
    {
        walk.parts(node, &mut parts);
        let most = growth as f64 * NEARLY_ALL;
        let growths = parts.iter().map(|&(growth, _)| growth as f64);
        // The variables of a function have nothing to do with each other: whoever holds all of them says little.
        let is_of_function = newer.node_type(node) == NodeType::Closure || is_context(newer, node);
        let handed_on = match is_of_function {
            true => growths.sum::<f64>(),
            false => growths.fold(0.0, f64::max),
        };
        let hands_on = handed_on >= most;
        if node == newer.root() || is_nobody(newer, node) || hands_on {
            open.extend(parts.iter().map(|&(growth, part)| (growth, Reverse(part))));
            continue;
        }
        let owner = owner_of_part(newer, node, |at| walk.before(at).is_some());
        if let Some(before) = walk.before(owner)
            && named.insert(newer, owner)
        {
            found.push((before, owner));
        }
    }
    let grown = found.into_iter().map(|(before, node)| GrownObject::new(base, before, newer, node));
    let mut grown: Vec<GrownObject> = grown.filter(|object| object.retained_growth() > 0).collect();
    grown.sort_by_key(|grown| (Reverse(grown.retained_growth()), grown.object.ordinal));
    grown
}

struct Walk<'a> {
    base: &'a Graph,
    newer: &'a Graph,
    ids: &'a IdIndex,
    /// Nodes that were met: an index made by hand may have a tree that goes round in a circle.
    met: NodeSet,
}

impl Walk<'_> {
    /// The same object in the older snapshot.
    fn before(&self, node: Ordinal) -> Option<Ordinal> {
        let before = self.ids.get(self.newer.id(node))?;
        (self.base.node_type(before) == self.newer.node_type(node)).then_some(before)
    }

    /// The nearest older objects below `node` that grew, and by how much.
    fn parts(&mut self, node: Ordinal, parts: &mut Vec<(u64, Ordinal)>) {
        parts.clear();
        let mut open = vec![node];
        while let Some(above) = open.pop() {
            let newer = self.newer;
            for child in newer.dominated(above) {
                if !self.met.insert(child) {
                    continue;
                }
                match self.before(child) {
                    Some(before) => {
                        let old = self.base.retained_size(before);
                        let growth = newer.retained_size(child).saturating_sub(old);
                        if growth > 0 {
                            parts.push((growth, child));
                        }
                    }
                    None => open.push(child),
                }
            }
        }
    }
}
