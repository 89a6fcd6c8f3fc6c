//! Integers 64 bytes at a time.
//!
//! Separators are found by comparing whole vectors and taking the sign bits; each number is the
//! eight bytes before its end, masked by its length and summed with three multiplications. There
//! is no branch per digit or per length to mispredict.

#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_min_epu8, _mm256_movemask_epi8,
    _mm256_set1_epi8, _mm256_sub_epi8,
};

use super::Integers;

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

/// Bytes taken at a time.
const BLOCK: usize = 64;
/// Longest number read here; longer ones may not fit 64 bits.
const LONGEST: usize = 16;

#[target_feature(enable = "avx2")]
fn blocks(run: &[u8], out: &mut Integers) -> usize {
    let mut start = 0; // of the number being read
    let mut before = Before::default();
    for (number, block) in run.as_chunks::<BLOCK>().0.iter().enumerate() {
        let base = number * BLOCK;
        let masks = Masks::of(block);
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

/// Where the plain loop goes on when the bytes before `checked` have been read. If they end with
/// a line end, the comma after it was taken for granted: then the last number is given back.
fn resume(run: &[u8], start: usize, checked: usize, out: &mut Integers) -> usize {
    if start <= checked {
        return start;
    }
    let line_end = checked - 1;
    let digits = run[..line_end].iter().rev().take_while(|b| b.is_ascii_digit()).count();
    out.truncate(out.len.saturating_sub(1));
    line_end - digits
}

/// What the bytes of a block are, a bit each.
struct Masks {
    digits: u64,
    commas: u64,
    line_ends: u64,
}

impl Masks {
    #[target_feature(enable = "avx2")]
    fn of(block: &[u8; BLOCK]) -> Masks {
        let (low, high) = block.split_at(BLOCK / 2);
        let (low, high) = (load(low), load(high));
        let both = |low: i32, high: i32| u64::from(low as u32) | u64::from(high as u32) << 32;
        Masks {
            digits: both(digits(low), digits(high)),
            commas: both(equal(low, b','), equal(high, b',')),
            line_ends: both(equal(low, b'\n'), equal(high, b'\n')),
        }
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

/// The last byte of the block before, in bit 0.
#[derive(Default)]
struct Before {
    digit: u64,
    line_end: u64,
    /// The last byte was a line end after a digit.
    line_end_after_digit: u64,
}

impl Before {
    /// Where numbers end in a block: at the byte after the last digit. `None` if the block is not
    /// what V8 writes.
    #[inline(always)]
    fn next(&mut self, masks: &Masks) -> Option<u64> {
        let Masks { digits, commas, line_ends } = *masks;
        let after_digit = digits << 1 | self.digit;
        let after_line_end = line_ends << 1 | self.line_end;
        let good_line_ends = line_ends & after_digit;
        let after_good_line_end = good_line_ends << 1 | self.line_end_after_digit;
        let plain = digits | commas | line_ends == !0
            && line_ends == good_line_ends
            && commas & !(after_digit | after_good_line_end) == 0
            && after_line_end & !commas == 0;
        self.digit = digits >> 63;
        self.line_end = line_ends >> 63;
        self.line_end_after_digit = good_line_ends >> 63;
        plain.then_some(!digits & after_digit)
    }
}

/// The number in `run[start..end]`, all digits, of any length up to [`LONGEST`].
fn number_before(run: &[u8], start: usize, end: usize) -> Option<u64> {
    let digits = run.get(start..end)?;
    if digits.is_empty() || digits.len() > LONGEST {
        return None;
    }
    let (high, low) = digits.split_at(digits.len().saturating_sub(8));
    Some(
        few_digits(run, start, start + high.len()) * 100_000_000
            + few_digits(run, end - low.len(), end),
    )
}

/// The number of up to eight digits in `run[start..end]`; 0 if there are none.
#[inline(always)]
fn few_digits(run: &[u8], start: usize, end: usize) -> u64 {
    match run.first_chunk_before(end) {
        Some(digits) if end > start => eight_digits(digits, end - start),
        _ => first_number(&run[start..end]),
    }
}

/// A number so near the front of the run that eight bytes before its end are not there.
#[cold]
fn first_number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'))
}

/// The eight bytes before a place.
trait ChunkBefore {
    fn first_chunk_before(&self, end: usize) -> Option<u64>;
}

impl ChunkBefore for [u8] {
    #[inline(always)]
    fn first_chunk_before(&self, end: usize) -> Option<u64> {
        let bytes = self.get(..end)?.last_chunk::<8>()?;
        Some(u64::from_le_bytes(*bytes))
    }
}

/// Value of the last `length` (1 to 8) of eight digits, the first in the lowest byte.
#[inline(always)]
fn eight_digits(bytes: u64, length: usize) -> u64 {
    let kept = (bytes & 0x0f0f_0f0f_0f0f_0f0f) & (!0u64 << (64 - 8 * length));
    let pairs = (kept.wrapping_mul(10).wrapping_add(kept >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100).wrapping_add(pairs >> 16)) & 0x0000_ffff_0000_ffff;
    (fours.wrapping_mul(10_000).wrapping_add(fours >> 32)) & 0xffff_ffff
}
