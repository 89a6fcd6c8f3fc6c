//! Which text each short replacement stands for.

use std::hash::Hasher;

use rustc_hash::{FxHashMap, FxHasher};

/// Replacements that were given out, as 48 bits of a hash, each with 40 bits of the print of its original: 11 bytes, so that
/// millions of names of users fit into a capture's memory. What is hashed is letters of a keyed hash already, which nobody
/// can choose; of two that meet by chance one gets other letters.
#[derive(Debug, Default)]
pub(crate) struct Given(FxHashMap<[u8; 6], [u8; 5]>);

impl Given {
    /// So many may come. Pages of the table that none falls into are not touched.
    pub(crate) fn make_room(&mut self, count: usize) {
        self.0.reserve(count);
    }

    /// Remembers that `made` stands for the text with this print, unless it stands for another one already.
    pub(crate) fn is_free(&mut self, made: &[u8], original: u64) -> bool {
        let original = some_of(original);
        *self.0.entry(key(made)).or_insert(original) == original
    }

    /// Whether a text, with this print, stands for another one.
    pub(crate) fn stands_for_another(&self, text: &[u8], print: u64) -> bool {
        self.0.get(&key(text)).is_some_and(|original| *original != some_of(print))
    }
}

fn key(text: &[u8]) -> [u8; 6] {
    let mut hasher = FxHasher::default();
    hasher.write(text);
    let [a, b, c, d, e, f, ..] = hasher.finish().to_be_bytes();
    [a, b, c, d, e, f]
}

fn some_of(print: u64) -> [u8; 5] {
    let [.., a, b, c, d, e] = print.to_le_bytes();
    [a, b, c, d, e]
}

#[cfg(test)]
mod tests {
    use super::Given;

    #[test]
    fn what_was_given_is_known_and_nothing_else() {
        let mut given = Given::default();
        let print = |number: u64| (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for number in 0..50_000u64 {
            assert!(given.is_free(format!("text{number}").as_bytes(), print(number)), "{number}");
        }
        for number in 0..50_000u64 {
            let text = format!("text{number}");
            assert!(given.is_free(text.as_bytes(), print(number)));
            assert!(!given.is_free(text.as_bytes(), print(number + 1)));
            assert!(given.stands_for_another(text.as_bytes(), print(number + 1)));
            assert!(!given.stands_for_another(text.as_bytes(), print(number)));
            assert!(!given.stands_for_another(format!("other{number}").as_bytes(), print(number)));
        }
    }
}
