//! A bit for each node or edge.

use heapglass_format::Result;
use heapglass_format::buffer::Buffer;

/// A fixed number of bits, all 0 at first. 12 million take 1.5 MB and stay in the second-level
/// cache, where a byte or a number for each would not.
#[derive(Debug)]
pub(crate) struct Bits {
    words: Buffer<u64>,
}

impl Bits {
    pub(crate) fn new(len: usize) -> Result<Bits> {
        Ok(Bits { words: Buffer::zeroed(len.div_ceil(64))? })
    }

    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }
}

/// The bit at `at`.
#[inline(always)]
pub(crate) fn get(words: &[u64], at: u32) -> bool {
    words[(at / 64) as usize] >> (at % 64) & 1 == 1
}

/// Sets the bit at `at`; returns whether it was set before.
#[inline(always)]
pub(crate) fn set(words: &mut [u64], at: u32) -> bool {
    let word = &mut words[(at / 64) as usize];
    let mask = 1 << (at % 64);
    let before = *word & mask != 0;
    *word |= mask;
    before
}

/// The set bits in ascending order.
pub(crate) fn ones(words: &[u64]) -> impl Iterator<Item = u32> + '_ {
    (0u32..).zip(words).flat_map(|(at, &word)| {
        let mut left = word;
        std::iter::from_fn(move || {
            (left != 0).then(|| {
                let bit = left.trailing_zeros();
                left &= left - 1;
                at * 64 + bit
            })
        })
    })
}
