//! Which text each short replacement stands for.

use std::hash::Hasher;

use rustc_hash::FxHasher;

/// Replacements that were given out, as 48 bits of a hash, each with 40 bits of the print of its original. What is hashed is
/// letters of a keyed hash already, which nobody can choose; of two that meet by chance one gets other letters.
///
/// A plain table that is at most seven eighths full, as large as what may come asks for and not the next power of two: a
/// `HashMap` took 49 MB for 2.3 million texts that may come (2026-11-30), of a capture's 64 MB and what the table of strings needs.
#[derive(Debug, Default)]
pub(crate) struct Given {
    slots: Vec<Slot>,
    used: usize,
}

/// The key, then the original; no key is zero.
type Slot = [u8; 11];
const EMPTY: Slot = [0; 11];
const AT_LEAST: usize = 64;

impl Given {
    /// So many may come. Pages of the table that none falls into are not touched.
    pub(crate) fn make_room(&mut self, count: usize) {
        let slots = count.saturating_add(count / 7).saturating_add(AT_LEAST);
        if slots > self.slots.len() {
            self.resize(slots);
        }
    }

    /// Remembers that `made` stands for the text with this print, unless it stands for another one already.
    pub(crate) fn is_free(&mut self, made: &[u8], original: u64) -> bool {
        if self.used >= self.slots.len() / 8 * 7 {
            self.resize(self.slots.len().saturating_mul(2).max(AT_LEAST));
        }
        let (key, original) = (key(made), some_of(original));
        let Some(slot) = self.place(key).and_then(|at| self.slots.get_mut(at)) else { return true };
        if *slot == EMPTY {
            *slot = joined(key, original);
            self.used += 1;
        }
        slot.ends_with(&original)
    }

    /// Whether a text, with this print, stands for another one.
    pub(crate) fn stands_for_another(&self, text: &[u8], print: u64) -> bool {
        let slot = self.place(key(text)).and_then(|at| self.slots.get(at));
        slot.is_some_and(|slot| *slot != EMPTY && !slot.ends_with(&some_of(print)))
    }

    /// The slot with this key, or the empty one where it belongs; `None` if there is no slot at all.
    fn place(&self, key: [u8; 6]) -> Option<usize> {
        let [a, b, c, d, e, f] = key;
        let number = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
        let first = (u128::from(number) * self.slots.len() as u128) >> 48;
        let (before, after) = self.slots.split_at_checked(usize::try_from(first).ok()?)?;
        let is_it = |slot: &Slot| *slot == EMPTY || slot.starts_with(&key);
        let behind = after.iter().position(is_it).map(|at| before.len() + at);
        behind.or_else(|| before.iter().position(is_it))
    }

    fn resize(&mut self, slots: usize) {
        let old = std::mem::replace(&mut self.slots, vec![EMPTY; slots]);
        for slot in old.into_iter().filter(|slot| *slot != EMPTY) {
            let [a, b, c, d, e, f, ..] = slot;
            let place = self.place([a, b, c, d, e, f]);
            if let Some(empty) = place.and_then(|at| self.slots.get_mut(at)) {
                *empty = slot;
            }
        }
    }
}

fn key(text: &[u8]) -> [u8; 6] {
    let mut hasher = FxHasher::default();
    hasher.write(text);
    let [a, b, c, d, e, f, ..] = hasher.finish().to_be_bytes();
    [a, b, c, d, e, f | 1]
}

fn some_of(print: u64) -> [u8; 5] {
    let [.., a, b, c, d, e] = print.to_le_bytes();
    [a, b, c, d, e]
}

fn joined(key: [u8; 6], original: [u8; 5]) -> Slot {
    let ([a, b, c, d, e, f], [g, h, i, j, k]) = (key, original);
    [a, b, c, d, e, f, g, h, i, j, k]
}

#[cfg(test)]
mod tests {
    use super::Given;

    #[test]
    fn what_was_given_is_known_and_nothing_else() {
        for room in [0, 1000, 50_000] {
            let mut given = Given::default();
            given.make_room(room);
            let print = |number: u64| (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            assert!(!given.stands_for_another(b"text0", print(7)));
            for number in 0..50_000u64 {
                let text = format!("text{number}");
                assert!(given.is_free(text.as_bytes(), print(number)), "{number}");
            }
            for number in 0..50_000u64 {
                let text = format!("text{number}");
                assert!(given.is_free(text.as_bytes(), print(number)));
                assert!(!given.is_free(text.as_bytes(), print(number + 1)));
                assert!(given.stands_for_another(text.as_bytes(), print(number + 1)));
                assert!(!given.stands_for_another(text.as_bytes(), print(number)));
                let other = format!("other{number}");
                assert!(!given.stands_for_another(other.as_bytes(), print(number)));
            }
        }
    }

    #[test]
    fn the_room_asked_for_is_enough_and_no_more_than_a_seventh_over() {
        let mut given = Given::default();
        given.make_room(7_000);
        let slots = given.slots.len();
        for number in 0..7_000u64 {
            given.is_free(&number.to_le_bytes(), number);
        }
        assert_eq!(given.slots.len(), slots);
        assert!(slots <= 8_000 + super::AT_LEAST, "{slots}");
    }
}
