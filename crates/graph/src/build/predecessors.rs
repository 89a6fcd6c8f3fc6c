//! Who points to whom, in preorder numbers.

use heapglass_format::Result;
use heapglass_format::buffer::{Buffer, Scratch};
use heapglass_format::container::ContainerWriter;

use super::bits::{Bits, get, ones};
use super::dominators::Predecessors;

/// Essential predecessors of all nodes, and the edges that are not essential.
pub(super) struct Retainers {
    /// Essential ones, as the dominator pass wants them.
    pub(super) essential: Predecessors,
    /// `[target, source]` ordinals of every other edge, ascending.
    pub(super) others: Vec<[u32; 2]>,
}

impl Retainers {
    /// Those of the nodes in `among` (a bit for each ordinal) that exactly one edge leads to.
    pub(super) fn with_one_edge(&self, among: &[u64], number: &[u32]) -> Vec<u32> {
        let first = &self.essential.first;
        let mut others = self.others.iter().map(|pair| pair[0]).peekable();
        let has_one_edge = |node: &u32| {
            while others.next_if(|target| target < node).is_some() {}
            let mut count = 0;
            while others.next_if_eq(node).is_some() {
                count += 1;
            }
            let at = number[*node as usize] as usize;
            count + first[at + 1] - first[at] == 1
        };
        ones(among).filter(has_one_edge).collect()
    }
}

/// Sorts the edges by target, by counting. The targets are streamed from the work file twice, so
/// that they need not lie in memory beside the result.
///
/// Cost: two random accesses an edge. Memory: 4 bytes an essential edge, 8 any other one, 8 a
/// node.
pub(super) fn sort_by_target(
    writer: &ContainerWriter,
    first_edge: &[u32],
    root: u32,
    essential: &[u64],
    number: &[u32],
    page_owned: &Bits,
    scratch: &Scratch,
) -> Result<Retainers> {
    let walk = Walk { writer, first_edge, root, essential, page_owned };
    let nodes = number.len();
    let mut first = scratch.filled(nodes + 1, 0u32)?;
    let mut other_count = 0usize;
    walk.edges(|_, target, is_essential| match is_essential {
        true => first[number[target as usize] as usize] += 1,
        false => other_count += 1,
    })?;
    // From counts to ends; filling from the back turns ends into starts.
    let mut end = 0;
    for slot in first.iter_mut() {
        end += *slot;
        *slot = end;
    }
    let mut from = scratch.take::<u32>(end as usize)?;
    let mut others = Vec::with_capacity(other_count);
    walk.edges(|source, target, is_essential| match is_essential {
        true => {
            let slot = &mut first[number[target as usize] as usize];
            *slot -= 1;
            from[*slot as usize] = number[source as usize];
        }
        false => others.push([target, source]),
    })?;
    others.sort_unstable();
    Ok(Retainers {
        essential: Predecessors { first, from },
        others,
    })
}

struct Walk<'a> {
    writer: &'a ContainerWriter,
    first_edge: &'a [u32],
    root: u32,
    essential: &'a [u64],
    page_owned: &'a Bits,
}

impl Walk<'_> {
    /// Calls `visit` with source, target and whether the edge is essential, for every edge.
    #[inline(always)]
    fn edges(&self, mut visit: impl FnMut(u32, u32, bool)) -> Result<()> {
        let page = self.page_owned.words();
        let mut targets = self.writer.read_back("edge_to")?;
        let (mut edge, mut node) = (0usize, 0usize);
        let last = self.first_edge[self.first_edge.len() - 1] as usize;
        while let Some(block) = targets.next::<u32>()? {
            let block = &block[..block.len().min(last - edge)];
            let mut at = 0;
            while at < block.len() {
                while self.first_edge[node + 1] as usize <= edge {
                    node += 1;
                }
                let source = node as u32;
                let anywhere = source == self.root || get(page, source);
                let count = (self.first_edge[node + 1] as usize - edge).min(block.len() - at);
                for &target in &block[at..at + count] {
                    let is_essential =
                        get(self.essential, edge as u32) && (anywhere || !get(page, target));
                    visit(source, target, is_essential);
                    edge += 1;
                }
                at += count;
            }
        }
        Ok(())
    }
}
