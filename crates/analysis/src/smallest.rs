//! The smallest of many.

/// Keeps the smallest `count` of what it is given; of equal ones any.
///
/// Cost: constant time each, and twice the memory of what is kept. Most are only held against the largest that is kept:
/// of a million nothing is sorted but the `count`.
pub(crate) struct Smallest<T> {
    count: usize,
    kept: Vec<T>,
    /// What is not below this is not among the smallest; known once `count` others are.
    bound: Option<T>,
    all: bool,
}

/// Items that are gathered before the smallest are chosen, at least.
const AT_LEAST: usize = 64;

impl<T: Ord + Copy> Smallest<T> {
    pub(crate) fn of(count: usize) -> Smallest<T> {
        Smallest { count, kept: Vec::new(), bound: None, all: true }
    }

    #[inline]
    pub(crate) fn push(&mut self, item: T) {
        if self.bound.is_some_and(|bound| item >= bound) {
            return;
        }
        self.kept.push(item);
        if self.kept.len() >= self.count.saturating_mul(2).max(AT_LEAST) {
            self.choose();
        }
    }

    /// Takes over what another one was given.
    pub(crate) fn append(&mut self, other: Smallest<T>) {
        self.all &= other.all;
        other.kept.into_iter().for_each(|item| self.push(item));
    }

    /// The smallest, in order, and whether nothing else was given.
    pub(crate) fn into_sorted(mut self) -> (Vec<T>, bool) {
        self.choose();
        self.kept.sort_unstable();
        (self.kept, self.all)
    }

    fn choose(&mut self) {
        if self.kept.len() <= self.count {
            return;
        }
        self.all = false;
        if let Some(last) = self.count.checked_sub(1) {
            self.bound = Some(*self.kept.select_nth_unstable(last).1);
        }
        self.kept.truncate(self.count);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn they_are_those_of_sorting_all(
            items in proptest::collection::vec(0u32..300, 0..600),
            count in prop_oneof![0usize..100, Just(usize::MAX)],
            cut in 0usize..600,
        ) {
            let (one, other) = items.split_at(cut.min(items.len()));
            let mut smallest = Smallest::of(count);
            one.iter().for_each(|&item| smallest.push(item));
            let mut rest = Smallest::of(count);
            other.iter().for_each(|&item| rest.push(item));
            smallest.append(rest);
            let mut sorted = items.clone();
            sorted.sort_unstable();
            sorted.truncate(count);
            let all = items.len() <= count;
            prop_assert_eq!(smallest.into_sorted(), (sorted, all));
        }
    }
}
