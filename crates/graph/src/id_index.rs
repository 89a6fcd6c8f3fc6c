//! From V8's ids to nodes, for questions to several snapshots of one process.

use crate::{Graph, NodeId, Ordinal};

/// Ids per node up to which a table with a slot for every id is used. V8 gives ids in steps of two,
/// and those of dead objects are not used again: real heaps have 2 to 4.
const DENSE: u64 = 16;

/// For each id the node of one snapshot that has it. Where several nodes have one id, which no
/// whole snapshot has, the first counts.
///
/// Memory: four bytes for each id up to the largest, at most 64 for each node.
#[derive(Debug, Clone)]
pub struct IdIndex {
    kind: Kind,
    largest: u64,
}

#[derive(Debug, Clone)]
enum Kind {
    /// For each id the ordinal, `NONE` for those of no node.
    Dense(Vec<u32>),
    /// Id and ordinal, ascending.
    Sparse(Vec<(u64, u32)>),
}

const NONE: u32 = u32::MAX;

impl IdIndex {
    /// The index of a graph. Cost: one pass over the ids, and a sort where they are far apart.
    pub fn of(graph: &Graph) -> IdIndex {
        let largest = graph.nodes().map(|node| graph.id(node).0).max().unwrap_or(0);
        let room = u64::from(graph.node_count()).saturating_mul(DENSE);
        IdIndex::with_room(graph, largest, room)
    }

    fn with_room(graph: &Graph, largest: u64, room: u64) -> IdIndex {
        let ids = graph.nodes().map(|node| (graph.id(node).0, node.0));
        if largest >= room {
            let mut pairs: Vec<(u64, u32)> = ids.collect();
            pairs.sort_unstable();
            pairs.dedup_by_key(|pair| pair.0);
            return IdIndex { kind: Kind::Sparse(pairs), largest };
        }
        let mut slots = vec![NONE; largest as usize + 1];
        for (id, node) in ids {
            if let Some(slot) = slots.get_mut(id as usize).filter(|slot| **slot == NONE) {
                *slot = node;
            }
        }
        IdIndex { kind: Kind::Dense(slots), largest }
    }

    /// The node with this id. Constant time, or a binary search where ids are far apart.
    pub fn get(&self, id: NodeId) -> Option<Ordinal> {
        match &self.kind {
            Kind::Dense(slots) => {
                let slot = slots.get(usize::try_from(id.0).ok()?)?;
                (*slot != NONE).then_some(Ordinal(*slot))
            }
            Kind::Sparse(pairs) => {
                let at = pairs.binary_search_by_key(&id.0, |pair| pair.0).ok()?;
                pairs.get(at).map(|pair| Ordinal(pair.1))
            }
        }
    }

    /// The largest id; 0 for a heap without nodes.
    pub fn largest(&self) -> NodeId {
        NodeId(self.largest)
    }
}
