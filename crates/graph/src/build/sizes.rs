//! Sizes that nearly always fit 32 bits, while they are being computed.

use std::collections::BTreeMap;

use heapglass_format::buffer::Buffer;
use heapglass_format::column::WideColumn;

/// For each node ordinal a size in bytes; see [`WideColumn`] for how it is stored.
#[derive(Debug)]
pub(super) struct Sizes {
    low: Buffer<u32>,
    wide: BTreeMap<u32, u64>,
}

impl Sizes {
    pub(super) fn new(low: Buffer<u32>, wide: &[[u64; 2]]) -> Sizes {
        Sizes { low, wide: wide.iter().map(|&[node, size]| (node as u32, size)).collect() }
    }

    #[inline(always)]
    pub(super) fn get(&self, node: u32) -> u64 {
        match self.low[node as usize] {
            WideColumn::ESCAPE => self.wide.get(&node).copied().unwrap_or(u64::from(u32::MAX)),
            low => u64::from(low),
        }
    }

    #[inline(always)]
    pub(super) fn set(&mut self, node: u32, size: u64) {
        let slot = &mut self.low[node as usize];
        let was_wide = *slot == WideColumn::ESCAPE;
        match u32::try_from(size) {
            Ok(low) if low != WideColumn::ESCAPE => {
                *slot = low;
                if was_wide {
                    self.wide.remove(&node);
                }
            }
            _ => {
                *slot = WideColumn::ESCAPE;
                self.wide.insert(node, size);
            }
        }
    }

    /// The sum of all, `u64::MAX` if that does not fit.
    pub(super) fn total(&self) -> u64 {
        let fits = self.low.iter().filter(|&&low| low != WideColumn::ESCAPE);
        let narrow: u64 = fits.map(|&low| u64::from(low)).sum();
        self.wide.values().fold(narrow, |sum, &size| sum.saturating_add(size))
    }

    /// Whether all and `more` bytes together do not fit 64 bits.
    pub(super) fn overflow_with(&self, more: u64) -> bool {
        let large = self.wide.values().fold(u128::from(more), |sum, &size| sum + u128::from(size));
        let fits = |sum: u128| sum <= u128::from(u64::MAX);
        // Of a heap that is not damaged this tells without a look at its nodes.
        let most = self.low.len() as u128 * u128::from(u32::MAX);
        if fits(large + most) {
            return false;
        }
        let small = self.low.iter().filter(|&&low| low != WideColumn::ESCAPE);
        !fits(large + small.map(|&low| u128::from(low)).sum::<u128>())
    }

    pub(super) fn low(&self) -> &[u32] {
        &self.low
    }

    /// `(node, size)` of those that do not fit, ascending.
    pub(super) fn wide(&self) -> Vec<[u64; 2]> {
        self.wide.iter().map(|(&node, &size)| [u64::from(node), size]).collect()
    }
}
