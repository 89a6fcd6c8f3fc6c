//! How an object's memory went from snapshot to snapshot.

use heapglass_graph::{ClassRow, Graph, Ordinal};

use super::followed::Followed;

/// An object's figures in one snapshot; zeros where it is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Number of nodes that it retains, itself included.
    pub retained_count: u64,
    /// Bytes that it retains.
    pub retained_size: u64,
}

impl Figures {
    fn add(&mut self, other: Figures) {
        self.retained_count = self.retained_count.saturating_add(other.retained_count);
        self.retained_size = self.retained_size.saturating_add(other.retained_size);
    }
}

/// The figures in each snapshot of an object of the last one.
pub(super) fn series(snapshots: &[Graph], followed: &Followed, object: Ordinal) -> Vec<Figures> {
    let Some(last) = snapshots.last() else { return Vec::new() };
    snapshots
        .iter()
        .enumerate()
        .map(|(snapshot, graph)| match followed.at(last, snapshot, object) {
            Some(node) => Figures {
                retained_count: graph.retained_count(node).into(),
                retained_size: graph.retained_size(node),
            },
            None => Figures::default(),
        })
        .collect()
}

/// The number of objects of a class in each snapshot, with the bytes that `size` takes of its row.
pub(super) fn class_series(
    snapshots: &[Graph],
    class_key: &str,
    size: impl Fn(&ClassRow) -> u64,
) -> Vec<Figures> {
    let figures = |graph: &Graph| {
        let rows = &graph.overview().classes.rows;
        rows.iter().find(|row| row.class_key == class_key).map_or(Figures::default(), |row| {
            Figures { retained_count: row.count, retained_size: size(row) }
        })
    };
    snapshots.iter().map(figures).collect()
}

/// For each snapshot the sum of what was there already. Each part stands with the number of the snapshot that it dates from.
pub(super) fn series_by_date(
    snapshots: usize,
    parts: impl Iterator<Item = (usize, Figures)>,
) -> Vec<Figures> {
    let mut series = vec![Figures::default(); snapshots];
    for (date, part) in parts {
        if let Some(figures) = series.get_mut(date) {
            figures.add(part);
        }
    }
    let mut sum = Figures::default();
    for figures in &mut series {
        sum.add(*figures);
        *figures = sum;
    }
    series
}

/// What each interval added on average, in bytes.
pub(super) fn bytes_per_interval(series: &[Figures]) -> f64 {
    let grown = match series {
        [first, .., end] => end.retained_size.saturating_sub(first.retained_size),
        _ => 0,
    };
    grown as f64 / series.len().saturating_sub(1).max(1) as f64
}

/// How growth went over the snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trend {
    /// It did not grow, or grew once and stopped.
    Settled,
    /// It grew, but not in every interval alike.
    Uneven,
    /// It grew, and clearly less in the last interval than in the one before.
    Slowing,
    /// It grew in every interval, in the last one as before.
    Steady,
}

/// Growth in the last interval below this share of the mean before has levelled off.
const LEVELLED: f64 = 0.25;
/// Growth in all intervals within this factor of each other is steady.
const EVEN: f64 = 3.0;

/// Growth in the last interval below this share of that before slows down. Less would take an interval with a little
/// less work for the end of a leak: timers that happen to be under way when a snapshot is taken vary by a third.
const SLOWER: f64 = 0.5;

/// The same where what came in the last interval is less than [`LITTLE`] of what was there at first: what has filled up for
/// long and is nearly full gets less and less.
const NEARLY_FULL: f64 = 2.0 / 3.0;
const LITTLE: f64 = 0.25;

impl Trend {
    /// The trend beside the figures that it was found in: what grows more slowly in bytes and in objects slows down.
    pub(super) fn beside(self, series: &[Figures]) -> Trend {
        match self {
            Trend::Settled => Trend::Settled,
            _ if slows_down(series) => Trend::Slowing,
            trend => trend,
        }
    }
}

/// Whether growth slows down, in bytes and in objects: bytes alone jump where a store is doubled, and are even again after.
pub(super) fn slows_down(series: &[Figures]) -> bool {
    let is_slower = |of: fn(&Figures) -> u64| {
        let row: Vec<u64> = series.iter().map(of).collect();
        let first = row.first().copied().unwrap_or_default() as f64;
        match steps(&row).as_slice() {
            [.., before, last] => {
                let is_little = *last < first * LITTLE;
                let slower = if is_little { NEARLY_FULL } else { SLOWER };
                *last > 0.0 && *last < before * slower
            }
            _ => false,
        }
    };
    is_slower(|figures| figures.retained_size) && is_slower(|figures| figures.retained_count)
}

/// Whether every interval added at least `least`, in objects and in bytes, and this share of the bytes that were there.
pub(super) fn always_adds(series: &[Figures], least: Figures, share: f64) -> bool {
    series.windows(2).all(|pair| {
        let [before, after] = pair else { return false };
        let count = after.retained_count.saturating_sub(before.retained_count);
        let size = after.retained_size.saturating_sub(before.retained_size);
        count >= least.retained_count
            && size >= least.retained_size
            && size as f64 >= before.retained_size as f64 * share
    })
}

/// What each interval added.
fn steps(sizes: &[u64]) -> Vec<f64> {
    sizes.windows(2).map(|pair| pair[1] as f64 - pair[0] as f64).collect()
}

/// The trend of a row of sizes.
pub(super) fn trend(sizes: &[u64]) -> Trend {
    let steps = steps(sizes);
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

    fn of(rows: &[(u64, u64)]) -> Vec<Figures> {
        let figures = |&(retained_count, retained_size)| Figures { retained_count, retained_size };
        rows.iter().map(figures).collect()
    }

    #[test]
    fn growth_that_slows_down_is_told_from_a_store_that_was_doubled() {
        assert!(slows_down(&of(&[(10, 1000), (30, 3000), (38, 3800)])));
        assert!(!slows_down(&of(&[(10, 1000), (30, 3000), (45, 4500)])));
        // The objects go on as before.
        assert!(!slows_down(&of(&[(10, 1000), (20, 4000), (30, 5000)])));
        assert!(!slows_down(&of(&[(10, 1000), (30, 3000), (50, 5000), (62, 6200)])));
        assert!(slows_down(&of(&[(10, 1000), (30, 3000), (50, 5000), (58, 5800)])));
        assert!(!slows_down(&of(&[(10, 1000), (30, 3000)])));
    }

    #[test]
    fn what_is_nearly_full_slows_down_earlier() {
        assert!(slows_down(&of(&[(100, 10_000), (123, 12_300), (137, 13_700)])));
        // It grows as before, as far as so few tell.
        assert!(!slows_down(&of(&[(100, 10_000), (123, 12_300), (140, 14_000)])));
        // Little was there before.
        assert!(!slows_down(&of(&[(30, 3000), (53, 5300), (67, 6700)])));
    }

    #[test]
    fn what_is_added_counts_in_every_interval() {
        let least = Figures { retained_count: 10, retained_size: 1000 };
        assert!(always_adds(&of(&[(0, 0), (10, 1000), (20, 2000)]), least, 0.1));
        assert!(!always_adds(&of(&[(0, 0), (10, 1000), (19, 2000)]), least, 0.1));
        assert!(!always_adds(&of(&[(0, 0), (10, 999), (20, 2000)]), least, 0.1));
        assert!(!always_adds(&of(&[(0, 20_000), (10, 21_000), (20, 22_000)]), least, 0.1));
    }

    #[test]
    fn what_has_settled_does_not_slow_down() {
        let series = of(&[(10, 1000), (100, 10_000), (101, 10_100)]);
        assert_eq!(trend(&[1000, 10_000, 10_100]).beside(&series), Trend::Settled);
        let series = of(&[(10, 1000), (30, 3000), (38, 3800)]);
        assert_eq!(trend(&[1000, 3000, 3800]).beside(&series), Trend::Slowing);
    }
}
