//! Which object of an earlier snapshot an object of the last one was.

use heapglass_graph::{Graph, IdIndex, Ordinal};

use crate::align::{NONE, align};

/// How objects are followed from snapshot to snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowedBy {
    /// V8's ids, which are the same in all snapshots of one process.
    Ids,
    /// Their places in the heap, since the ids were given anew: what has only moved may look new.
    Places,
}

/// The objects of the last snapshot in those before it.
pub(super) enum Followed {
    /// An index for each snapshot.
    Ids(Vec<IdIndex>),
    /// For each snapshot but the last, for each node of the last the node there.
    Places(Vec<Vec<u32>>),
}

impl Followed {
    /// By their places. Cost: an alignment of each snapshot with the next one; four bytes for each node of the last and
    /// each earlier snapshot.
    pub(super) fn by_places(snapshots: &[Graph]) -> Followed {
        let Some((last, earlier)) = snapshots.split_last() else {
            return Followed::Places(Vec::new());
        };
        let mut places: Vec<Vec<u32>> = Vec::new();
        // From the last one back: snapshots that follow each other are most alike.
        let mut so_far: Vec<u32> = last.nodes().map(|node| node.0).collect();
        let mut newer = last;
        for graph in earlier.iter().rev() {
            let step = align(graph, newer);
            let before = |&at: &u32| step.get(at as usize).copied().unwrap_or(NONE);
            so_far = so_far.iter().map(before).collect();
            places.push(so_far.clone());
            newer = graph;
        }
        places.reverse();
        Followed::Places(places)
    }

    /// The node of a snapshot that was `node` of the last one.
    pub(super) fn at(&self, last: &Graph, snapshot: usize, node: Ordinal) -> Option<Ordinal> {
        match self {
            Followed::Ids(indexes) => indexes.get(snapshot)?.get(last.id(node)),
            Followed::Places(places) => match places.get(snapshot) {
                Some(places) => {
                    let place = *places.get(node.index())?;
                    (place != NONE).then_some(Ordinal(place))
                }
                None => (snapshot == places.len()).then_some(node),
            },
        }
    }
}
