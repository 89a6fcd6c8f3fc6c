//! How an object's memory went from snapshot to snapshot.

use heapglass_graph::{Graph, IdIndex, NodeId};

/// An object's figures in one snapshot; zeros where it is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Number of nodes that it retains, itself included.
    pub retained_count: u64,
    /// Bytes that it retains.
    pub retained_size: u64,
}

/// The figures of the object with this id in each snapshot.
pub(super) fn series(snapshots: &[Graph], indexes: &[IdIndex], id: NodeId) -> Vec<Figures> {
    snapshots
        .iter()
        .zip(indexes)
        .map(|(graph, ids)| match ids.get(id) {
            Some(node) => Figures {
                retained_count: graph.retained_count(node).into(),
                retained_size: graph.retained_size(node),
            },
            None => Figures::default(),
        })
        .collect()
}

/// How growth went over the snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trend {
    /// It did not grow, or grew once and stopped.
    Settled,
    /// It grew, but not in every interval alike.
    Uneven,
    /// It grew in every interval, in the last one as before.
    Steady,
}

/// Growth in the last interval below this share of the mean before has levelled off.
const LEVELLED: f64 = 0.25;
/// Growth in all intervals within this factor of each other is steady.
const EVEN: f64 = 3.0;

/// The trend of a row of sizes.
pub(super) fn trend(sizes: &[u64]) -> Trend {
    let steps: Vec<f64> = sizes.windows(2).map(|pair| pair[1] as f64 - pair[0] as f64).collect();
    let Some((&last, before)) = steps.split_last() else { return Trend::Settled };
    if last <= 0.0 {
        return Trend::Settled;
    }
    if before.is_empty() {
        return Trend::Uneven;
    }
    let mean = before.iter().sum::<f64>() / before.len() as f64;
    if mean <= 0.0 || last < mean * LEVELLED {
        return Trend::Settled;
    }
    let (least, most) = steps
        .iter()
        .fold((f64::MAX, 0.0_f64), |(least, most), &step| (least.min(step), most.max(step)));
    if least > 0.0 && most <= least * EVEN { Trend::Steady } else { Trend::Uneven }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trends_are_told_apart() {
        assert_eq!(trend(&[100, 200, 300]), Trend::Steady);
        assert_eq!(trend(&[100, 250, 330]), Trend::Steady);
        assert_eq!(trend(&[100, 1000, 1010]), Trend::Settled);
        assert_eq!(trend(&[100, 400, 300]), Trend::Settled);
        assert_eq!(trend(&[100, 110, 400]), Trend::Uneven);
        assert_eq!(trend(&[100, 90, 200]), Trend::Settled);
        assert_eq!(trend(&[100, 200]), Trend::Uneven);
        assert_eq!(trend(&[100]), Trend::Settled);
    }
}
