//! The dominator tree of the essential edges.
//!
//! Immediate dominators by Semi-NCA (L. Georgiadis, R. Tarjan, R. Werneck, "Finding Dominators in
//! Practice", 2006) over a preorder numbering; when the climbs of its last step grow past a bound,
//! by Lengauer and Tarjan's step instead, which keeps the whole near-linear. Which edges count,
//! and what becomes of nodes that nothing holds, follows DevTools'
//! `calculateDominatorsAndRetainedSizes`.
//!
//! Nothing here recurses: a list of ten million nodes is normal input.

use bytemuck::{Pod, Zeroable};
use heapglass_format::Result;
use heapglass_format::buffer::{Buffer, Scratch};

/// Predecessors in preorder numbers: those of the node with ordinal `v` are `from[first[v]..first[v + 1]]`
/// and its parent in the search tree.
#[derive(Debug)]
pub(super) struct Predecessors {
    pub(super) first: Buffer<u32>,
    pub(super) from: Buffer<u32>,
}

/// For each preorder number the number of its immediate dominator; 0 for the root.
///
/// `order` are the ordinals by preorder number, `parent` is the search tree, `reached` the number of
/// nodes the search reached: nodes numbered past it are held only by each other, and by decree of
/// DevTools the root dominates each of them. `last_step_bound` is how many climbs per node the last
/// step of Semi-NCA may take on average before it is abandoned.
///
/// Memory: 12 bytes a node beside the arguments.
pub(super) fn immediate_dominators(
    predecessors: &Predecessors,
    order: &[u32],
    parent: Buffer<u32>,
    reached: usize,
    last_step_bound: usize,
    scratch: &Scratch,
) -> Result<Buffer<u32>> {
    let semi = semidominators(predecessors, order, &parent, reached, scratch)?;
    let mut dominator = scratch.copy(&parent)?;
    let bound = last_step_bound.saturating_mul(reached);
    if !nearest_common_ancestors(&semi, &mut dominator, reached, bound) {
        lengauer_tarjan(&semi, &parent, reached, &mut dominator, scratch)?;
    }
    dominator[reached..].fill(0);
    scratch.give(semi);
    scratch.give(parent);
    Ok(dominator)
}

/// For each preorder number that of its semidominator.
fn semidominators(
    predecessors: &Predecessors,
    order: &[u32],
    parent: &[u32],
    reached: usize,
    scratch: &Scratch,
) -> Result<Buffer<u32>> {
    let mut links = scratch.take::<Link>(parent.len())?;
    let mut semi = scratch.take::<u32>(parent.len())?;
    {
        let (first, from) = (&*predecessors.first, &*predecessors.from);
        let semi = &mut *semi;
        let mut forest = Forest::new(parent, &mut links);
        for w in (1..reached).rev() {
            // The search tree's own edge counts as a predecessor: for orphans it stands for the
            // root.
            let mut least = parent[w];
            let node = order[w] as usize;
            for &v in &from[first[node] as usize..first[node + 1] as usize] {
                if (v as usize) < reached {
                    least = least.min(forest.least(v, w as u32));
                }
            }
            semi[w] = least;
            forest.links[w].label = least;
        }
    }
    scratch.give(links);
    Ok(semi)
}

/// A node of the forest. Both numbers are needed together, so they share a cache line.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Link {
    ancestor: u32,
    /// For linked nodes the least semidominator on the compressed path; for others the node.
    label: u32,
}

/// The forest of Lengauer and Tarjan with path compression. Nodes numbered above the one being
/// processed are linked to their parents.
struct Forest<'a> {
    links: &'a mut [Link],
    path: Vec<u32>,
}

impl<'a> Forest<'a> {
    fn new(parent: &[u32], links: &'a mut [Link]) -> Forest<'a> {
        for ((link, &ancestor), label) in links.iter_mut().zip(parent).zip(0..) {
            *link = Link { ancestor, label };
        }
        Forest { links, path: Vec::new() }
    }

    /// The least semidominator on the linked path above `v`, where all above `w` are linked.
    #[inline(always)]
    fn least(&mut self, v: u32, w: u32) -> u32 {
        if v <= w {
            return v;
        }
        let link = self.links[v as usize];
        if link.ancestor <= w {
            return link.label;
        }
        self.compress(v, w)
    }

    /// Shortens the path above `v`; returns `v`'s new label.
    fn compress(&mut self, v: u32, w: u32) -> u32 {
        let links = &mut *self.links;
        let mut top = v;
        while links[top as usize].ancestor > w {
            self.path.push(top);
            top = links[top as usize].ancestor;
        }
        let mut above = links[top as usize];
        while let Some(below) = self.path.pop() {
            let link = &mut links[below as usize];
            link.label = link.label.min(above.label);
            link.ancestor = above.ancestor;
            above = *link;
        }
        above.label
    }
}

/// Semi-NCA's last step: the dominator of `w` is the nearest common ancestor, in the dominator
/// tree so far, of its parent and its semidominator. False if it takes more than `bound` climbs.
fn nearest_common_ancestors(
    semi: &[u32],
    dominator: &mut [u32],
    reached: usize,
    bound: usize,
) -> bool {
    let mut climbs = 0usize;
    for w in 1..reached {
        let mut candidate = dominator[w];
        while candidate > semi[w] {
            candidate = dominator[candidate as usize];
            climbs += 1;
        }
        dominator[w] = candidate;
        if climbs > bound {
            return false;
        }
    }
    true
}

/// Lengauer and Tarjan's last step, with buckets as linked lists.
///
/// For each `v` in the bucket of its semidominator `s`, at the time `s`'s children are linked:
/// let `u` be the node with the least semidominator on the path from `v` up to below `s`; if
/// `semi[u] == s` then `s` dominates `v`, else `v` has the dominator that `u` has.
fn lengauer_tarjan(
    semi: &[u32],
    parent: &[u32],
    reached: usize,
    dominator: &mut [u32],
    scratch: &Scratch,
) -> Result<()> {
    const NONE: u32 = u32::MAX;
    let mut links = scratch.take::<Link>(parent.len())?;
    let mut forest = ArgumentForest(Forest::new(parent, &mut links));
    let mut bucket = scratch.filled(parent.len(), NONE)?;
    let mut next = scratch.filled(parent.len(), NONE)?;
    for w in (1..reached).rev() {
        let s = semi[w] as usize;
        next[w] = std::mem::replace(&mut bucket[s], w as u32);
        let p = parent[w];
        let mut v = std::mem::replace(&mut bucket[p as usize], NONE);
        while v != NONE {
            let u = forest.argument(v, w as u32 - 1, semi);
            dominator[v as usize] = if semi[u as usize] < semi[v as usize] { u } else { p };
            v = next[v as usize];
        }
    }
    for w in 1..reached {
        if dominator[w] != semi[w] {
            dominator[w] = dominator[dominator[w] as usize];
        }
    }
    Ok(())
}

/// As [`Forest`], but labels are nodes: it answers which one has the least semidominator.
struct ArgumentForest<'a>(Forest<'a>);

impl ArgumentForest<'_> {
    /// The node with the least semidominator on the path from `v` up; all above `w` are linked.
    fn argument(&mut self, v: u32, w: u32, semi: &[u32]) -> u32 {
        let Forest { links, path } = &mut self.0;
        let mut top = v;
        while links[top as usize].ancestor > w {
            path.push(top);
            top = links[top as usize].ancestor;
        }
        let mut above = links[top as usize];
        while let Some(below) = path.pop() {
            let link = &mut links[below as usize];
            if semi[above.label as usize] < semi[link.label as usize] {
                link.label = above.label;
            }
            link.ancestor = above.ancestor;
            above = *link;
        }
        above.label
    }
}

#[cfg(test)]
mod tests;
