//! Integers of rows, many bytes at once.
//!
//! A call for each number, and a turn for each digit, took twice as long (2026-11-30, redacting 1.1 GB).

/// Bytes of the longest field: digits of 64 bits, and a comma or a line end.
pub(crate) const LONGEST_FIELD: usize = 24;

/// The integer that begins at `at`, and how many digits it has; of more than 19 digits the value says nothing, and there may be
/// more of them.
///
/// Eight digits at once, as in Langdale and Lemire's parsing of numbers (simdjson): they are added up by pairs.
#[inline(always)]
pub(crate) fn integer(bytes: &[u8], at: usize) -> (u64, usize) {
    let (mut value, mut digits) = (0u64, 0);
    loop {
        let eight = bytes.get(at + digits..).and_then(<[u8]>::first_chunk);
        let Some(eight) = eight.map(|eight| u64::from_le_bytes(*eight)) else {
            return (value, digits);
        };
        let apart = eight ^ 0x3030_3030_3030_3030;
        let odd = (apart.wrapping_add(0x7676_7676_7676_7676) | apart) & 0x8080_8080_8080_8080;
        let count = odd.trailing_zeros() / 8;
        if count == 0 {
            return (value, digits);
        }
        // The digits to the end, with zeros before them.
        let aligned = apart << (64 - 8 * count);
        let pairs = (aligned.wrapping_mul(10) + (aligned >> 8)) & 0x00ff_00ff_00ff_00ff;
        let fours = (pairs.wrapping_mul(100) + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
        let all = fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff;
        if digits == 0 {
            value = all;
        } else {
            value = value.wrapping_mul(10u64.pow(count)).wrapping_add(all);
        }
        digits += count as usize;
        if count < 8 || digits > 2 * 8 + 7 {
            return (value, digits);
        }
    }
}

/// Rows that are put together before they go out.
pub(crate) struct Rows<'a> {
    out: &'a mut Vec<u8>,
    made: [u8; Rows::SIZE],
    length: usize,
}

impl<'a> Rows<'a> {
    /// Bytes that are copied at once, whether they are wanted or not.
    pub(crate) const AT_ONCE: usize = 32;
    const SIZE: usize = 1 << 13;
    /// So much may be made of one row.
    const OF_A_ROW: usize = crate::table::WIDEST_ROW * LONGEST_FIELD + 2 * Rows::AT_ONCE;

    pub(crate) fn new(out: &'a mut Vec<u8>) -> Rows<'a> {
        Rows { out, made: [0; Rows::SIZE], length: 0 }
    }

    #[inline(always)]
    pub(crate) fn byte(&mut self, byte: u8) {
        if let Some(to) = self.made.get_mut(self.length) {
            *to = byte;
            self.length += 1;
        }
    }

    /// Copies `bytes[from..to]`. At least [`Rows::AT_ONCE`] bytes follow in `bytes`.
    #[inline(always)]
    pub(crate) fn copy(&mut self, bytes: &[u8], mut from: usize, to: usize) {
        while from < to {
            let some = bytes.get(from..).and_then(<[u8]>::first_chunk::<{ Rows::AT_ONCE }>);
            let room = self.made.get_mut(self.length..);
            let room = room.and_then(<[u8]>::first_chunk_mut::<{ Rows::AT_ONCE }>);
            let (Some(some), Some(room)) = (some, room) else { return };
            *room = *some;
            let wanted = (to - from).min(Rows::AT_ONCE);
            self.length += wanted;
            from += wanted;
        }
    }

    /// Appends a number.
    #[inline(always)]
    pub(crate) fn number(&mut self, value: u64) {
        if value >= 100_000_000 {
            return self.large(value);
        }
        // Halves, then pairs, then digits, all at once: the first digit in the lowest byte.
        let halves = (value / 10_000) | ((value % 10_000) << 32);
        let hundreds = (halves.wrapping_mul(10_486) >> 20) & 0x0000_007f_0000_007f;
        let pairs = hundreds | ((halves - 100 * hundreds) << 16);
        let tens = (pairs.wrapping_mul(103) >> 10) & 0x000f_000f_000f_000f;
        let digits = tens | ((pairs - 10 * tens) << 8);
        let zeros = (digits.trailing_zeros() / 8).min(7);
        let text = (digits | 0x3030_3030_3030_3030) >> (8 * zeros);
        let room = self.made.get_mut(self.length..).and_then(<[u8]>::first_chunk_mut);
        if let Some(room) = room {
            *room = text.to_le_bytes();
            self.length += 8 - zeros as usize;
        }
    }

    #[cold]
    fn large(&mut self, value: u64) {
        let mut buffer = itoa::Buffer::new();
        buffer.format(value).bytes().for_each(|byte| self.byte(byte));
    }

    /// After a row: what is full goes out.
    #[inline(always)]
    pub(crate) fn room(&mut self) {
        if self.length > Rows::SIZE - Rows::OF_A_ROW {
            self.pour();
        }
    }

    fn pour(&mut self) {
        self.out.extend_from_slice(self.made.get(..self.length).unwrap_or_default());
        self.length = 0;
    }

    /// All goes out.
    pub(crate) fn end(mut self) {
        self.pour();
    }
}

#[cfg(test)]
mod tests {
    use super::{Rows, integer};

    /// Numbers of every length, around every power of ten and of two.
    fn numbers() -> impl Iterator<Item = u64> {
        let around = |at: u64| (0..3).filter_map(move |by| at.checked_add(by)?.checked_sub(1));
        let tens = (0..20).map(|exponent| 10u64.pow(exponent));
        let twos = (0..64).map(|exponent| 1u64 << exponent);
        let nines = (1..20u32).map(|digits| u64::MAX.to_string()[..digits as usize].parse());
        tens.chain(twos).flat_map(around).chain(nines.flatten()).chain([0, 12_345_678, 90_807_060])
    }

    #[test]
    fn numbers_are_read_as_they_stand_there() {
        for number in numbers().filter(|number| *number < 10u64.pow(19)) {
            for after in [",", "\n,", "]", " ", ":", "/"] {
                let text = format!("7,{number}{after}123456789");
                let digits = number.to_string().len();
                assert_eq!(integer(text.as_bytes(), 2), (number, digits), "{text}");
            }
        }
        assert_eq!(integer(b",12345678", 0).1, 0);
        assert_eq!(integer(b"\xb91234567890", 0).1, 0);
        assert!(integer("1".repeat(40).as_bytes(), 0).1 > 19);
    }

    #[test]
    fn numbers_are_written_as_they_are() {
        for number in numbers() {
            let mut out = Vec::new();
            let mut rows = Rows::new(&mut out);
            rows.number(number);
            rows.end();
            assert_eq!(String::from_utf8_lossy(&out), number.to_string());
        }
    }

    #[test]
    fn bytes_are_copied_and_no_more() {
        let bytes: Vec<u8> = (0..200).collect();
        for (from, to) in [(0, 0), (3, 4), (0, 32), (5, 70), (100, 168)] {
            let mut out = Vec::new();
            let mut rows = Rows::new(&mut out);
            rows.copy(&bytes, from, to);
            rows.byte(b'x');
            rows.end();
            assert_eq!(out.split_last(), Some((&b'x', &bytes[from..to])));
        }
    }
}
