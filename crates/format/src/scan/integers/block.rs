//! What V8's runs of integers look like, 64 bytes at a time: a bit for each byte says what it is.

use super::Integers;

/// Bytes taken at a time.
pub(super) const BLOCK: usize = 64;
/// Longest number read by blocks; longer ones may not fit 64 bits.
pub(super) const LONGEST: usize = 16;

/// What the bytes of a block are, a bit each.
pub(super) struct Masks {
    pub(super) digits: u64,
    pub(super) commas: u64,
    pub(super) line_ends: u64,
}

/// The last byte of the block before, in bit 0.
#[derive(Default)]
pub(super) struct Before {
    pub(super) digit: u64,
    pub(super) line_end: u64,
    /// The last byte was a line end after a digit.
    line_end_after_digit: u64,
}

impl Before {
    /// Where numbers end in a block: at the byte after the last digit. `None` if the block is not
    /// what V8 writes.
    #[inline(always)]
    pub(super) fn next(&mut self, masks: &Masks) -> Option<u64> {
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

/// Where the plain loop goes on when the bytes before `checked` have been read. If they end with
/// a line end, the comma after it was taken for granted: then the last number is given back.
pub(super) fn resume(run: &[u8], start: usize, checked: usize, out: &mut Integers) -> usize {
    if start <= checked {
        return start;
    }
    let line_end = checked - 1;
    let digits = run[..line_end].iter().rev().take_while(|b| b.is_ascii_digit()).count();
    out.truncate(out.len.saturating_sub(1));
    line_end - digits
}

/// The number in `run[start..end]`, all digits, of any length up to [`LONGEST`].
pub(super) fn number_before(run: &[u8], start: usize, end: usize) -> Option<u64> {
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
pub(super) trait ChunkBefore {
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
pub(super) fn eight_digits(bytes: u64, length: usize) -> u64 {
    let kept = (bytes & 0x0f0f_0f0f_0f0f_0f0f) & (!0u64 << (64 - 8 * length));
    let pairs = (kept.wrapping_mul(10).wrapping_add(kept >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100).wrapping_add(pairs >> 16)) & 0x0000_ffff_0000_ffff;
    (fours.wrapping_mul(10_000).wrapping_add(fours >> 32)) & 0xffff_ffff
}
