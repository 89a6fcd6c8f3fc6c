//! Integers 64 bytes at a time.
//!
//! Separators are found by comparing whole vectors and taking the sign bits; each number is the
//! eight bytes before its end, masked by its length and summed with three multiplications. There
//! is no branch per digit or per length to mispredict.

#![expect(unsafe_code, reason = "vector instructions are intrinsics")]

use std::arch::x86_64::{
    __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_min_epu8, _mm256_movemask_epi8,
    _mm256_set1_epi8, _mm256_sub_epi8,
};

use super::Integers;
use super::block::{BLOCK, Before, ChunkBefore, Masks, eight_digits, number_before, resume};

/// Whether this processor has AVX2.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx2")
}

/// Reads numbers from the start of `run` as long as they are what V8 writes: digits, one comma,
/// perhaps one line end before it. Returns where the plain loop goes on: at the start of
/// a number, or at 0.
///
/// Panics if the processor lacks AVX2; ask [`is_available`].
pub(super) fn parse(run: &[u8], out: &mut Integers) -> usize {
    assert!(is_available(), "AVX2 is not there");
    // SAFETY: the assertion above has made sure of the feature that the function needs.
    unsafe { blocks(run, out) }
}

#[target_feature(enable = "avx2")]
fn blocks(run: &[u8], out: &mut Integers) -> usize {
    let mut start = 0; // of the number being read
    let mut before = Before::default();
    for (number, block) in run.as_chunks::<BLOCK>().0.iter().enumerate() {
        let base = number * BLOCK;
        let masks = masks(block);
        let Some(ends) = before.next(&masks) else { return resume(run, start, base, out) };
        let mut left = ends;
        while left != 0 {
            let bit = left.trailing_zeros();
            let end = base + bit as usize;
            left &= left - 1;
            let length = end.wrapping_sub(start);
            match run.first_chunk_before(end) {
                // Up to eight digits, by far the most: the value fits 32 bits for sure.
                Some(digits) if length.wrapping_sub(1) < 8 => {
                    out.push_small(eight_digits(digits, length) as u32);
                }
                _ => match number_before(run, start, end) {
                    Some(value) => out.push(value),
                    None => return start,
                },
            }
            // A line end is followed by its comma; `Before::next` sees to that.
            start = end + 1 + (masks.line_ends >> bit & 1) as usize;
        }
    }
    resume(run, start, run.len() / BLOCK * BLOCK, out)
}

/// What the bytes of a block are.
#[target_feature(enable = "avx2")]
fn masks(block: &[u8; BLOCK]) -> Masks {
    let (low, high) = block.split_at(BLOCK / 2);
    let (low, high) = (load(low), load(high));
    let both = |low: i32, high: i32| u64::from(low as u32) | u64::from(high as u32) << 32;
    Masks {
        digits: both(digits(low), digits(high)),
        commas: both(equal(low, b','), equal(high, b',')),
        line_ends: both(equal(low, b'\n'), equal(high, b'\n')),
    }
}

#[target_feature(enable = "avx2")]
fn load(bytes: &[u8]) -> __m256i {
    assert!(bytes.len() >= 32);
    // SAFETY: 32 bytes are there, as just asserted, and the load needs no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
fn digits(bytes: __m256i) -> i32 {
    let value = _mm256_sub_epi8(bytes, _mm256_set1_epi8(b'0' as i8));
    let capped = _mm256_min_epu8(value, _mm256_set1_epi8(9));
    _mm256_movemask_epi8(_mm256_cmpeq_epi8(value, capped))
}

#[target_feature(enable = "avx2")]
fn equal(bytes: __m256i, byte: u8) -> i32 {
    _mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte as i8)))
}
