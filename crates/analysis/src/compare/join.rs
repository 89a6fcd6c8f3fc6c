//! Objects of two snapshots of one process, joined by id within their class.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use heapglass_graph::{ClassLabel, FindingKind, Graph, IdIndex, Ordinal};
use rustc_hash::FxHashMap;

use super::growth::GrownObject;
use super::{ClassChange, ObjectChanges};
use crate::NodeSet;

/// Which objects are in both snapshots.
#[derive(Debug, Clone)]
pub(super) struct Join {
    /// For each node of the base its class, a position in the comparison's classes.
    pub(super) base_class: Vec<u32>,
    /// For each class of the newer snapshot the same.
    pub(super) newer_class: Vec<u32>,
    /// Nodes of the base that are in the newer one.
    pub(super) base_matched: NodeSet,
    /// Nodes of the newer one that are in the base.
    pub(super) newer_matched: NodeSet,
}

/// What a join gives.
pub(super) struct Joined {
    pub(super) classes: Vec<ClassChange>,
    pub(super) grown: Vec<GrownObject>,
    pub(super) join: Join,
}

/// Joins the objects with a shallow size above 0; the plain objects of `base` are named by the
/// definitions of `newer` for that.
///
/// Cost: one pass over the nodes of each. Where several nodes have one id, which no whole snapshot
/// has, the objects are sorted by class and id and merged, as DevTools does always.
pub(super) fn join(base: &Graph, newer: &Graph, ids: &IdIndex, grown: usize) -> Joined {
    let is_duplicate = |graph: &Graph| {
        graph.overview().findings.iter().any(|finding| finding.kind == FindingKind::DuplicateId)
    };
    let mut pass = Pass::new(base, newer, grown);
    if is_duplicate(base) || is_duplicate(newer) {
        pass.merge();
    } else {
        pass.look_up(ids);
    }
    pass.finish()
}

/// A join under way.
struct Pass<'a> {
    base: &'a Graph,
    newer: &'a Graph,
    rows: Vec<ClassChange>,
    changes: Vec<ObjectChanges>,
    join: Join,
    largest: BinaryHeap<Reverse<(u64, Reverse<Ordinal>, Ordinal)>>,
    grown: usize,
}

impl<'a> Pass<'a> {
    fn new(base: &'a Graph, newer: &'a Graph, grown: usize) -> Pass<'a> {
        let read = base.read_as(&newer.interfaces());
        let mut table = Table::default();
        let of_base: Vec<u32> = read.classes.iter().map(|class| table.number(class)).collect();
        let newer_class = newer.overview().classes.rows.iter().map(|row| {
            table.number(&ClassLabel {
                class_key: row.class_key.clone(),
                class_name: row.class_name.clone(),
            })
        });
        let newer_class: Vec<u32> = newer_class.collect();
        let mut base_class = read.class;
        for class in &mut base_class {
            *class = of_base.get(*class as usize).copied().unwrap_or(u32::MAX);
        }
        let changes = vec![ObjectChanges::default(); table.rows.len()];
        let join = Join {
            base_class,
            newer_class,
            base_matched: NodeSet::empty(base.node_count()),
            newer_matched: NodeSet::empty(newer.node_count()),
        };
        let largest = BinaryHeap::new();
        Pass { base, newer, rows: table.rows, changes, join, largest, grown }
    }

    /// Looks each object of the newer snapshot up in the base.
    fn look_up(&mut self, ids: &IdIndex) {
        let (base, newer) = (self.base, self.newer);
        for (node, class) in newer.nodes().zip(newer.classes()) {
            if newer.shallow_size(node) == 0 {
                continue;
            }
            let Some(&class) = self.join.newer_class.get(*class as usize) else { continue };
            let before = ids.get(newer.id(node)).filter(|&before| {
                self.join.base_class.get(before.index()) == Some(&class)
                    && base.shallow_size(before) > 0
            });
            match before {
                Some(before) => self.matched(before, node, class),
                None => self.new_object(node, class),
            }
        }
        for node in base.nodes() {
            if base.shallow_size(node) > 0 && !self.join.base_matched.contains(node) {
                self.deleted_object(node);
            }
        }
    }

    /// Sorts the objects of both by class and id, and merges the two lists.
    fn merge(&mut self) {
        let (base, newer) = (self.base, self.newer);
        let key = |graph: &Graph, node: Ordinal, class: u32| (class, graph.id(node).0, node);
        let mut before: Vec<(u32, u64, Ordinal)> = base
            .nodes()
            .zip(&self.join.base_class)
            .filter(|&(node, _)| base.shallow_size(node) > 0)
            .map(|(node, &class)| key(base, node, class))
            .collect();
        let mut after: Vec<(u32, u64, Ordinal)> = newer
            .nodes()
            .zip(newer.classes())
            .filter(|&(node, _)| newer.shallow_size(node) > 0)
            .filter_map(|(node, &class)| {
                let class = self.join.newer_class.get(class as usize)?;
                Some(key(newer, node, *class))
            })
            .collect();
        before.sort_unstable();
        after.sort_unstable();
        let (mut before, mut after) = (before.into_iter().peekable(), after.into_iter().peekable());
        loop {
            let order = match (before.peek(), after.peek()) {
                (None, None) => break,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(a), Some(b)) => (a.0, a.1).cmp(&(b.0, b.1)),
            };
            let old = if order.is_le() { before.next() } else { None };
            let new = if order.is_ge() { after.next() } else { None };
            match (old, new) {
                (Some((class, _, old)), Some((_, _, new))) => self.matched(old, new, class),
                (Some((_, _, old)), None) => self.deleted_object(old),
                (None, Some((class, _, new))) => self.new_object(new, class),
                (None, None) => {}
            }
        }
    }

    fn matched(&mut self, before: Ordinal, node: Ordinal, class: u32) {
        let (old, size) = (self.base.shallow_size(before), self.newer.shallow_size(node));
        self.join.base_matched.insert(before);
        self.join.newer_matched.insert(node);
        self.count(class, (1, old), (1, size));
        let Some(changes) = self.changes.get_mut(class as usize) else { return };
        if size > old {
            changes.grown_count += 1;
            changes.grown_size = changes.grown_size.saturating_add(size - old);
            self.largest.push(Reverse((size - old, Reverse(node), before)));
            if self.largest.len() > self.grown {
                self.largest.pop();
            }
        } else if size < old {
            changes.shrunk_count += 1;
            changes.shrunk_size = changes.shrunk_size.saturating_add(old - size);
        }
    }

    fn new_object(&mut self, node: Ordinal, class: u32) {
        let size = self.newer.shallow_size(node);
        self.count(class, (0, 0), (1, size));
        if let Some(changes) = self.changes.get_mut(class as usize) {
            changes.new_count += 1;
            changes.allocated_size = changes.allocated_size.saturating_add(size);
        }
    }

    fn deleted_object(&mut self, node: Ordinal) {
        let Some(&class) = self.join.base_class.get(node.index()) else { return };
        let size = self.base.shallow_size(node);
        self.count(class, (1, size), (0, 0));
        if let Some(changes) = self.changes.get_mut(class as usize) {
            changes.deleted_count += 1;
            changes.freed_size = changes.freed_size.saturating_add(size);
        }
    }

    fn count(&mut self, class: u32, before: (u64, u64), after: (u64, u64)) {
        if let Some(row) = self.rows.get_mut(class as usize) {
            row.base_count += before.0;
            row.base_size = row.base_size.saturating_add(before.1);
            row.count += after.0;
            row.size = row.size.saturating_add(after.1);
        }
    }

    fn finish(self) -> Joined {
        let Pass { base, newer, mut rows, changes, mut join, largest, .. } = self;
        for (row, changes) in rows.iter_mut().zip(changes) {
            row.objects = Some(changes);
        }
        let rows = sort_rows(rows, &mut join);
        let largest = largest.into_sorted_vec().into_iter();
        let grown = largest
            .map(|Reverse((_, Reverse(node), before))| GrownObject::new(base, before, newer, node));
        Joined { classes: rows, grown: grown.collect(), join }
    }
}

/// Puts the rows in the order of their keys, and leaves out those that no object has.
fn sort_rows(rows: Vec<ClassChange>, join: &mut Join) -> Vec<ClassChange> {
    let mut order: Vec<(u32, ClassChange)> =
        (0u32..).zip(rows).filter(|(_, row)| row.count > 0 || row.base_count > 0).collect();
    order.sort_by(|(_, a), (_, b)| a.class_key.cmp(&b.class_key));
    let mut moved: FxHashMap<u32, u32> = FxHashMap::default();
    moved.extend(order.iter().zip(0u32..).map(|((from, _), to)| (*from, to)));
    let none = u32::MAX;
    for class in join.base_class.iter_mut().chain(&mut join.newer_class) {
        *class = moved.get(class).copied().unwrap_or(none);
    }
    order.into_iter().map(|(_, row)| row).collect()
}

/// The classes of both snapshots, by key.
#[derive(Default)]
struct Table {
    rows: Vec<ClassChange>,
    by_key: FxHashMap<String, u32>,
}

impl Table {
    fn number(&mut self, class: &ClassLabel) -> u32 {
        let next = self.rows.len() as u32;
        let number = *self.by_key.entry(class.class_key.clone()).or_insert(next);
        if number == next {
            self.rows.push(ClassChange {
                class_key: class.class_key.clone(),
                class_name: class.class_name.clone(),
                ..ClassChange::default()
            });
        }
        number
    }
}
