//! Hashes that are looked up often.

/// Hashes, sorted, with the place where those with the same first bits begin: a hash is as likely as any other, so
/// each such part is short.
#[derive(Debug, Default)]
pub(crate) struct Prints {
    sorted: Vec<u64>,
    /// For each value of the first bits, and one more.
    starts: Vec<usize>,
    bits: u32,
    /// A bit for each value of some more of the first bits: whether any hash begins so. Most that are looked up do not, and
    /// this is small enough for the caches: the proof's lookups, with the hashing around them, took 1.4 s before and 0.9 s
    /// after at two million values (samples of `perf`, 2026-11-29).
    filter: Vec<u64>,
    filter_bits: u32,
}

impl Prints {
    /// Memory: 8 bytes for each, one or two for the places, two for the filter.
    pub(crate) fn new(mut prints: Vec<u64>) -> Prints {
        prints.sort_unstable();
        prints.dedup();
        let bits = (prints.len() / 8 + 1).ilog2();
        let mut starts = Vec::with_capacity((1 << bits) + 1);
        for first in 0..1u64 << bits {
            let from = starts.last().copied().unwrap_or(0);
            let rest = prints.get(from..).unwrap_or_default();
            let before = rest.iter().take_while(|print| first_bits(**print, bits) < first).count();
            starts.push(from + before);
        }
        starts.push(prints.len());
        let filter_bits = (16 * prints.len() + 64).ilog2();
        let mut filter = vec![0u64; (1usize << filter_bits).div_ceil(64)];
        for &print in &prints {
            let (word, bit) = filter_place(print, filter_bits);
            if let Some(word) = filter.get_mut(word) {
                *word |= 1 << bit;
            }
        }
        Prints { sorted: prints, starts, bits, filter, filter_bits }
    }

    /// The hashes alone.
    pub(crate) fn into_sorted(self) -> Vec<u64> {
        self.sorted
    }

    pub(crate) fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether it can be there; wrong for one in sixteen that are not. Cost: one access.
    #[inline]
    pub(crate) fn may_have(&self, print: u64) -> bool {
        let (word, bit) = filter_place(print, self.filter_bits);
        self.filter.get(word).is_some_and(|word| word >> bit & 1 == 1)
    }

    /// Cost: a few comparisons.
    pub(crate) fn has(&self, print: u64) -> bool {
        if !self.may_have(print) {
            return false;
        }
        let Ok(first) = usize::try_from(first_bits(print, self.bits)) else { return false };
        let (Some(&from), Some(&to)) = (self.starts.get(first), self.starts.get(first + 1)) else {
            return false;
        };
        self.sorted.get(from..to).unwrap_or_default().binary_search(&print).is_ok()
    }
}

/// The word of a filter and the bit in it.
fn filter_place(print: u64, bits: u32) -> (usize, u32) {
    let at = first_bits(print, bits);
    (usize::try_from(at >> 6).unwrap_or(usize::MAX), (at & 63) as u32)
}

fn first_bits(print: u64, bits: u32) -> u64 {
    print.checked_shr(64 - bits).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Prints;

    #[test]
    fn what_was_given_is_there_and_nothing_else() {
        for count in [0u64, 1, 7, 8, 500, 10_000] {
            let given = |at: u64| (at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let prints = Prints::new((0..count).chain(0..count).map(given).collect());
            assert_eq!(prints.len() as u64, count);
            assert!((0..count).all(|at| prints.has(given(at))));
            assert!((count..count + 1000).all(|at| !prints.has(given(at))));
        }
        let edges = Prints::new([0, 1, u64::MAX].repeat(20));
        assert!(edges.has(0) && edges.has(u64::MAX) && !edges.has(2));
    }
}
