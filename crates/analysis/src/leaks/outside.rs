//! Memory outside the heap that grows while the heap does not.

use super::series::{Trend, trend};

/// Growth below this, in bytes for each interval, is the system's and the allocator's.
const LEAST: u64 = 1 << 20;
/// Share of what there was first that each interval has to add.
const SHARE: f64 = 0.01;
/// The heap is level if it grows by less than one in so many bytes of what grows outside.
const LEVEL: u64 = 4;

/// By how many bytes `outside` grows for each interval, if it does so steadily over three snapshots or more while `heap`
/// stays level; both have a size for each snapshot, in the order of time.
///
/// ```
/// use heapglass_analysis::outside_growth;
///
/// let heap = [50 << 20, 51 << 20, 50 << 20];
/// assert_eq!(outside_growth(&heap, &[200 << 20, 260 << 20, 320 << 20]), Some(60.0 * 1048576.0));
/// assert_eq!(outside_growth(&heap, &[200 << 20, 260 << 20, 261 << 20]), None);
/// ```
pub fn outside_growth(heap: &[u64], outside: &[u64]) -> Option<f64> {
    let ([first, .., last], [first_of_heap, .., last_of_heap]) = (outside, heap) else {
        return None;
    };
    if heap.len() != outside.len() || outside.len() < 3 || trend(outside) != Trend::Steady {
        return None;
    }
    let least = LEAST.max((*first as f64 * SHARE) as u64);
    let adds_always = outside
        .windows(2)
        .all(|pair| matches!(pair, [before, after] if after.saturating_sub(*before) >= least));
    let grown = last.saturating_sub(*first);
    let is_level = last_of_heap.saturating_sub(*first_of_heap) < grown / LEVEL;
    (adds_always && is_level).then(|| grown as f64 / (outside.len() - 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1 << 20;

    #[test]
    fn outside_grows_only_beside_a_level_heap() {
        let outside = [200 * MB, 240 * MB, 280 * MB];
        assert_eq!(outside_growth(&[50 * MB, 52 * MB, 55 * MB], &outside), Some(40.0 * MB as f64));
        // The heap is what grows.
        assert_eq!(outside_growth(&[50 * MB, 80 * MB, 110 * MB], &outside), None);
        // Two snapshots cannot tell.
        assert_eq!(outside_growth(&[50 * MB; 2], &outside[..2]), None);
        assert_eq!(outside_growth(&[50 * MB; 2], &outside), None);
        // Little, and little beside what there was.
        assert_eq!(outside_growth(&[MB; 3], &[10 * MB, 10 * MB + 1000, 10 * MB + 2000]), None);
        assert_eq!(outside_growth(&[MB; 3], &[1000 * MB, 1005 * MB, 1010 * MB]), None);
        // It came and went.
        assert_eq!(outside_growth(&[MB; 3], &[200 * MB, 280 * MB, 240 * MB]), None);
    }
}
