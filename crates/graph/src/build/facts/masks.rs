//! Which of 64 edges have a type, as bits: eight types are compared at once in a word.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Types of up to 64 neighbouring edges.
pub(super) struct Kinds {
    words: [u64; 8],
    /// A bit for each edge that is there.
    there: u64,
}

impl Kinds {
    /// The first 64 of `kinds`, or fewer.
    #[inline(always)]
    pub(super) fn new(kinds: &[u8]) -> Kinds {
        let mut bytes = [0; 64];
        let count = kinds.len().min(64);
        bytes[..count].copy_from_slice(&kinds[..count]);
        let (chunks, _) = bytes.as_chunks::<8>();
        let mut words = [0; 8];
        for (word, chunk) in words.iter_mut().zip(chunks) {
            *word = u64::from_le_bytes(*chunk);
        }
        Kinds { words, there: if count == 64 { !0 } else { (1 << count) - 1 } }
    }

    /// A bit for each edge that is there.
    pub(super) fn there(&self) -> u64 {
        self.there
    }

    /// A bit for each edge of the type with this code.
    #[inline(always)]
    pub(super) fn equal(&self, code: u8) -> u64 {
        let wanted = ONES * u64::from(code);
        let mut mask = 0;
        for (at, &word) in (0u32..).zip(&self.words) {
            let differs = word ^ wanted;
            // The high bit of each byte is set where the byte is not zero; no carry leaves a byte.
            let nonzero = ((differs & !HIGH) + !HIGH) | differs;
            let zero = !nonzero & HIGH;
            // Gathers the eight high bits in the top byte.
            mask |= ((zero >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (at * 8);
        }
        mask & self.there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_say_where_a_type_is() {
        let kinds: Vec<u8> = (0..200u32).map(|i| (i * i % 11) as u8 + (i % 3 * 90) as u8).collect();
        for start in 0..kinds.len() {
            let some = &kinds[start..];
            let masks = Kinds::new(some);
            for code in [0, 1, 3, 6, 8, 90, 127, 128, 180, 255] {
                let expected = some.iter().take(64).enumerate();
                let expected =
                    expected.fold(0u64, |mask, (at, &kind)| mask | u64::from(kind == code) << at);
                assert_eq!(masks.equal(code), expected, "type {code} from {start} on");
            }
            assert_eq!(masks.there().count_ones() as usize, some.len().min(64));
        }
    }
}
