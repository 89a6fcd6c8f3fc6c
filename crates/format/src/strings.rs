//! The string table: bytes and offsets, decoded on demand.

use std::borrow::Cow;

use crate::column::Column;

/// Strings of a snapshot as WTF-8 bytes (UTF-8 in which lone surrogates keep their three bytes,
/// so that JavaScript's lengths and order can be told exactly).
///
/// The file's strings come first, then the derived ones.
#[derive(Debug, Clone)]
pub struct StringTable {
    /// All strings of the file, one after the other.
    pub bytes: Column<u8>,
    /// For each string its start in `bytes`, and one more: the end.
    pub starts: Column<u64>,
    /// The derived strings, one after the other.
    pub derived_bytes: Column<u8>,
    /// For each derived string its start in `derived_bytes`, and one more: the end.
    pub derived_starts: Column<u64>,
}

impl StringTable {
    /// Number of strings, derived ones included.
    pub fn len(&self) -> usize {
        self.file_len() + self.derived_starts.len().saturating_sub(1)
    }

    /// Whether there is no string.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of the file's own strings.
    pub fn file_len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The WTF-8 bytes of a string; `None` if there is no such string.
    pub fn get(&self, index: u32) -> Option<&[u8]> {
        let index = index as usize;
        let (bytes, starts, at) = match index.checked_sub(self.file_len()) {
            None => (&*self.bytes, &*self.starts, index),
            Some(at) => (&*self.derived_bytes, &*self.derived_starts, at),
        };
        let start = *starts.get(at)? as usize;
        let end = *starts.get(at + 1)? as usize;
        bytes.get(start..end)
    }

    /// The table as slices, for loops over many strings.
    pub fn texts(&self) -> Texts<'_> {
        Texts {
            bytes: &self.bytes,
            starts: &self.starts,
            derived_bytes: &self.derived_bytes,
            derived_starts: &self.derived_starts,
        }
    }

    /// The string as text; lone surrogates read as U+FFFD, a missing string as empty.
    pub fn lossy(&self, index: u32) -> Cow<'_, str> {
        lossy(self.get(index).unwrap_or_default())
    }
}

/// A [`StringTable`] as slices: looking at a column costs checks that a loop over a million strings does once.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a> {
    bytes: &'a [u8],
    starts: &'a [u64],
    derived_bytes: &'a [u8],
    derived_starts: &'a [u64],
}

impl<'a> Texts<'a> {
    /// The WTF-8 bytes of a string; `None` if there is no such string.
    #[inline]
    pub fn get(&self, index: u32) -> Option<&'a [u8]> {
        let (bytes, start, end) = self.place(index)?;
        bytes.get(start..end)
    }

    /// The number that a string is in decimal digits, see [`decimal`].
    #[inline(always)]
    pub fn decimal(&self, index: u32) -> Option<u32> {
        let (bytes, start, end) = self.place(index)?;
        let text = bytes.get(start..end)?;
        // Eight bytes are read at once, those before the text included.
        let word: Option<[u8; 8]> =
            end.checked_sub(8).and_then(|from| bytes.get(from..end)?.try_into().ok());
        match word {
            Some(word) if (1..=8).contains(&text.len()) => {
                eight_digits(u64::from_le_bytes(word), text.len())
            }
            _ => decimal(text),
        }
    }

    /// Length in bytes of each string, the derived ones last.
    pub fn lengths(&self) -> impl Iterator<Item = u64> + 'a {
        let lengths = |starts: &'a [u64]| {
            starts.windows(2).map(|ends| match *ends {
                [start, end] => end.saturating_sub(start),
                _ => 0,
            })
        };
        lengths(self.starts).chain(lengths(self.derived_starts))
    }

    #[inline(always)]
    fn place(&self, index: u32) -> Option<(&'a [u8], usize, usize)> {
        let index = index as usize;
        let (bytes, starts, at) = match index.checked_sub(self.starts.len().saturating_sub(1)) {
            None => (self.bytes, self.starts, index),
            Some(at) => (self.derived_bytes, self.derived_starts, at),
        };
        let (&start, &end) = (starts.get(at)?, starts.get(at.checked_add(1)?)?);
        Some((bytes, start as usize, end as usize))
    }
}

/// A number in decimal digits and nothing else, without a check for UTF-8 first; `None` if it is not below 2^32.
pub fn decimal(text: &[u8]) -> Option<u32> {
    let (first, rest) = text.split_first()?;
    let digit = |byte: u8| Some(u32::from(byte.wrapping_sub(b'0'))).filter(|&digit| digit < 10);
    rest.iter()
        .try_fold(digit(*first)?, |number, &byte| number.checked_mul(10)?.checked_add(digit(byte)?))
}

/// The last `len` of eight characters, 1 to 8, as a number; the last character is the highest byte.
#[inline(always)]
fn eight_digits(word: u64, len: usize) -> Option<u32> {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    const HIGH_HALVES: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    let before = 64 - 8 * len as u32;
    // What stands before the text reads as zeros.
    let mask = u64::MAX << before;
    let word = word & mask | ZEROS & !mask;
    // A byte is a digit if its high half is 3, and still is with 6 added to it.
    let sixes = word.wrapping_add(0x0606_0606_0606_0606);
    if word & HIGH_HALVES != ZEROS || sixes & HIGH_HALVES != ZEROS {
        return None;
    }
    // Neighbours are put together: digits, then pairs, then fours.
    let pairs = (word & 0x0f0f_0f0f_0f0f_0f0f).wrapping_mul(2561) >> 8;
    let fours = (pairs & 0x00ff_00ff_00ff_00ff).wrapping_mul(6_553_601) >> 16;
    let number = (fours & 0x0000_ffff_0000_ffff).wrapping_mul(42_949_672_960_001) >> 32;
    Some(number as u32)
}

/// WTF-8 as text: each lone surrogate (three bytes) reads as one U+FFFD.
pub fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            let mut text = String::with_capacity(bytes.len());
            let mut rest = bytes;
            while let Err(error) = std::str::from_utf8(rest) {
                let (good, bad) = rest.split_at(error.valid_up_to());
                text.push_str(&String::from_utf8_lossy(good));
                text.push('\u{fffd}');
                // A surrogate in WTF-8 is ED A0..BF xx, which str::from_utf8 rejects at its
                // first byte; anything else cannot occur in a table and is skipped byte by byte.
                let skip = if bad.len() >= 3 && bad[0] == 0xed { 3 } else { 1 };
                rest = &bad[skip..];
            }
            text.push_str(&String::from_utf8_lossy(rest));
            Cow::Owned(text)
        }
    }
}

/// Length of WTF-8 in UTF-16 units: JavaScript's `length`.
pub fn utf16_units(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count()
        + bytes.iter().filter(|&&byte| byte >= 0xf0).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_javascript() {
        for text in ["", "a", "été", "aé€\u{1f600}!"] {
            assert_eq!(utf16_units(text.as_bytes()), text.encode_utf16().count(), "{text}");
        }
        assert_eq!(utf16_units(&[0xed, 0xa0, 0xbd]), 1, "a lone surrogate");
    }

    fn table(strings: &[Vec<u8>]) -> (Vec<u8>, Vec<u64>) {
        let mut starts = vec![0];
        for text in strings {
            starts.push(starts.last().unwrap() + text.len() as u64);
        }
        (strings.concat(), starts)
    }

    #[test]
    fn numbers_are_digits_alone() {
        let texts = [
            "0",
            "007",
            "4294967295",
            "4294967296",
            "",
            "1a",
            "-1",
            " 1",
            "1:",
            "1/",
            "99999999",
            "100000000",
            "12345678",
            "\u{fa}12",
            "0\u{ff}",
            "1\0",
            "::::::::",
            "9999999?",
        ];
        let strings: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
        let (bytes, starts) = table(&strings);
        let texts = Texts {
            bytes: &bytes,
            starts: &starts,
            derived_bytes: &bytes,
            derived_starts: &starts,
        };
        let count = strings.len() as u32;
        for (text, index) in strings.iter().zip(0..) {
            let number = std::str::from_utf8(text)
                .ok()
                .filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|text| text.parse().ok());
            assert_eq!(decimal(text), number, "{text:?}");
            for index in [index, index + count] {
                assert_eq!(texts.decimal(index), number, "{text:?}");
                assert_eq!(texts.get(index), Some(text.as_slice()));
            }
        }
        assert_eq!((texts.get(2 * count), texts.decimal(u32::MAX)), (None, None));
        let lengths: Vec<u64> = strings.iter().map(|text| text.len() as u64).collect();
        assert_eq!(texts.lengths().collect::<Vec<u64>>(), [lengths.clone(), lengths].concat());
    }

    #[test]
    fn every_byte_beside_a_digit_is_seen() {
        for byte in 0..=u8::MAX {
            for at in 0..8 {
                let mut word = *b"12345678";
                word[at] = byte;
                let number = decimal(&word);
                assert_eq!(eight_digits(u64::from_le_bytes(word), 8), number, "{word:?}");
                let last = decimal(&word[4..]);
                assert_eq!(eight_digits(u64::from_le_bytes(word), 4), last, "{word:?}");
            }
        }
    }
}
