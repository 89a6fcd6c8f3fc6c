//! Which object of one snapshot is which of another one where ids do not say so: by their places in the heap.
//!
//! V8 numbers objects anew when an inspector session has ended, and in each process. What has not moved is reached in both
//! snapshots by the same names.

use std::hash::Hasher;

use heapglass_graph::{Edge, EdgeName, EdgeType, Graph, NodeType, Ordinal, StringIndex};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use crate::package::package_folder;
use crate::source::{Scripts, is_own_code_of_runtime};

/// No node, or a string that is not known yet.
pub(crate) const NONE: u32 = u32::MAX;
/// V8's tables with fewer edges are matched by the numbers of their slots alone.
const FEW: usize = 8;
/// Bytes of a text that tell it from others.
const HASHED: usize = 256;

/// For each node of `newer` the node of `base` in the same place, [`NONE`] where there is none. No two have the same.
///
/// Both heaps are walked from their roots at once, breadth first: an edge leads to the same object if it has the same type and
/// name at the same object, and the objects have the same type and name (a string: the same text). Slots of V8's tables move
/// when a table grows; in those a string is looked for by its text, and what follows it is its value.
///
/// Cost: the edges of both, each once; four bytes for each node and string of `newer`, and what waits.
pub(crate) fn align(base: &Graph, newer: &Graph) -> Vec<u32> {
    let mut aligning = Aligning {
        base,
        newer,
        places: vec![NONE; newer.node_count() as usize],
        taken: vec![false; base.node_count() as usize],
        names: vec![NONE; newer.strings().len()],
        open: Vec::new(),
    };
    aligning.pair(base.root(), newer.root());
    let mut next = 0;
    let (mut before, mut after) = (Vec::new(), Vec::new());
    // A queue that keeps what was in it: as long as the nodes that were matched.
    while let Some(&(old, new)) = aligning.open.get(next) {
        next += 1;
        before.clear();
        after.clear();
        before.extend(base.edges(Ordinal(old)).filter(is_strong));
        after.extend(newer.edges(Ordinal(new)).filter(is_strong));
        let is_table = newer.node_type(Ordinal(new)) == NodeType::Array;
        if is_table && before.len().min(after.len()) >= FEW {
            aligning.slots(&before, &after);
        } else {
            aligning.fields(&before, &after);
        }
    }
    aligning.places
}

/// Whether two snapshots are of one program, going by the files that its functions are written in: half of the files of
/// the one that has fewer are in the other, too. Files of packages count only where no others are known, because services
/// share them. Where a snapshot names no files, nothing is known, and the answer is no.
pub fn is_one_program(a: &Graph, b: &Graph) -> bool {
    let (mut a, mut b) = (files(a), files(b));
    let is_own = |name: &String| package_folder(name).is_none();
    if a.iter().chain(&b).any(is_own) {
        a.retain(is_own);
        b.retain(is_own);
    }
    let common = a.intersection(&b).count();
    common > 0 && 2 * common >= a.len().min(b.len())
}

fn files(graph: &Graph) -> FxHashSet<String> {
    let scripts = Scripts::of(graph);
    let is_file = |name: &&str| name.contains(['/', '\\']) && !is_own_code_of_runtime(name);
    scripts.names().filter(is_file).map(str::to_owned).collect()
}

fn is_strong(edge: &Edge) -> bool {
    edge.edge_type != EdgeType::Weak
}

struct Aligning<'a> {
    base: &'a Graph,
    newer: &'a Graph,
    places: Vec<u32>,
    /// For each node of `base` whether it has a counterpart.
    taken: Vec<bool>,
    /// For each string of `newer` the equal one of `base`, once they were compared.
    names: Vec<u32>,
    open: Vec<(u32, u32)>,
}

impl Aligning<'_> {
    /// Makes two nodes counterparts, if they are alike and neither has one.
    fn pair(&mut self, old: Ordinal, new: Ordinal) {
        if self.places.get(new.index()).is_none_or(|&place| place != NONE)
            || self.taken.get(old.index()).is_none_or(|&taken| taken)
            || !self.are_alike(old, new)
        {
            return;
        }
        if let Some(place) = self.places.get_mut(new.index()) {
            *place = old.0;
        }
        if let Some(taken) = self.taken.get_mut(old.index()) {
            *taken = true;
        }
        self.open.push((old.0, new.0));
    }

    fn are_alike(&mut self, old: Ordinal, new: Ordinal) -> bool {
        let kind = self.newer.node_type(new);
        self.base.node_type(old) == kind
            && (kind == NodeType::Number
                || self.is_same_name(self.base.name_index(old), self.newer.name_index(new)))
    }

    fn is_same_name(&mut self, old: StringIndex, new: StringIndex) -> bool {
        let Some(known) = self.names.get_mut(new.0 as usize) else { return false };
        if *known != NONE {
            return *known == old.0;
        }
        let text = self.newer.strings().get(new.0);
        let is_same = text.is_some() && text == self.base.strings().get(old.0);
        if is_same {
            *known = old.0;
        }
        is_same
    }

    fn is_same_edge(&mut self, old: &Edge, new: &Edge) -> bool {
        old.edge_type == new.edge_type
            && match (old.name, new.name) {
                (EdgeName::Index(old), EdgeName::Index(new)) => old == new,
                (EdgeName::String(old), EdgeName::String(new)) => self.is_same_name(old, new),
                _ => false,
            }
    }

    /// Fields by their names: V8 writes those of objects of one shape in one order, others are looked for.
    fn fields(&mut self, before: &[Edge], after: &[Edge]) {
        let mut missed = Vec::new();
        for (at, new) in after.iter().enumerate() {
            match before.get(at) {
                Some(old) if self.is_same_edge(old, new) => self.pair(old.to, new.to),
                _ => missed.push(new),
            }
        }
        if missed.is_empty() {
            return;
        }
        let mut by_name: FxHashMap<u64, &Edge> = FxHashMap::default();
        for old in before {
            by_name.entry(hash_of(self.base, old)).or_insert(old);
        }
        for new in missed {
            if let Some(&old) = by_name.get(&hash_of(self.newer, new))
                && self.is_same_edge(old, new)
            {
                self.pair(old.to, new.to);
            }
        }
    }

    /// Slots of a table: a string is found by its text, and those after it follow the same distance away.
    fn slots(&mut self, before: &[Edge], after: &[Edge]) {
        let mut by_text: FxHashMap<u64, usize> = FxHashMap::default();
        for (at, old) in before.iter().enumerate() {
            if self.base.node_type(old.to) == NodeType::String {
                by_text.entry(hash_of_text(self.base, self.base.name_index(old.to))).or_insert(at);
            }
        }
        let mut away = 0;
        for (at, new) in after.iter().enumerate() {
            if self.newer.node_type(new.to) == NodeType::String {
                let hash = hash_of_text(self.newer, self.newer.name_index(new.to));
                if let Some(&found) = by_text.get(&hash)
                    && let Some(old) = before.get(found)
                    && self.are_alike(old.to, new.to)
                {
                    away = found as isize - at as isize;
                }
            }
            if let Some(old) = at.checked_add_signed(away).and_then(|at| before.get(at)) {
                self.pair(old.to, new.to);
            }
        }
    }
}

fn hash_of(graph: &Graph, edge: &Edge) -> u64 {
    let name = match edge.name {
        EdgeName::Index(index) => u64::from(index),
        EdgeName::String(index) => hash_of_text(graph, index),
    };
    let mut hasher = FxHasher::default();
    hasher.write_u8(edge.edge_type.code());
    hasher.write_u64(name);
    hasher.finish()
}

fn hash_of_text(graph: &Graph, index: StringIndex) -> u64 {
    let mut hasher = FxHasher::default();
    // A crafted file may have millions of edges to one text of megabytes; what has the same hash is compared whole.
    let text = graph.strings().get(index.0).unwrap_or_default();
    hasher.write_usize(text.len());
    hasher.write(text.get(..HASHED).unwrap_or(text));
    hasher.finish()
}
