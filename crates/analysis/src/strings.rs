//! Questions to the string table that whole-heap passes ask once, up front.

use heapglass_graph::{EdgeName, Graph, StringIndex};

/// A set of string indexes, one bit each: "is this name one of those?" in constant time.
#[derive(Debug, Clone)]
pub(crate) struct StringSet {
    words: Vec<u64>,
    empty: bool,
}

impl StringSet {
    /// The strings for which `keep` holds. Cost: one call for each string.
    pub(crate) fn matching(graph: &Graph, keep: impl Fn(&[u8]) -> bool) -> StringSet {
        let strings = graph.strings();
        StringSet::numbered(graph, |index| strings.get(index).is_some_and(&keep))
    }

    /// The strings for whose index `keep` holds. Cost: one call for each string.
    pub(crate) fn numbered(graph: &Graph, keep: impl Fn(u32) -> bool) -> StringSet {
        let strings = graph.strings();
        let count = u32::try_from(strings.len()).unwrap_or(u32::MAX);
        let mut words = vec![0u64; (count as usize).div_ceil(64)];
        let mut empty = true;
        for index in 0..count {
            if keep(index)
                && let Some(word) = words.get_mut(index as usize / 64)
            {
                *word |= 1 << (index % 64);
                empty = false;
            }
        }
        StringSet { words, empty }
    }

    /// The strings equal to `text`; more than one in odd files only.
    pub(crate) fn equal(graph: &Graph, text: &str) -> StringSet {
        StringSet::matching(graph, |bytes| bytes == text.as_bytes())
    }

    /// Whether `index` is in the set.
    pub(crate) fn contains(&self, index: StringIndex) -> bool {
        self.words.get(index.index() / 64).is_some_and(|word| word >> (index.0 % 64) & 1 == 1)
    }

    /// Whether an edge is named by a string of the set.
    pub(crate) fn names(&self, edge: EdgeName) -> bool {
        matches!(edge, EdgeName::String(index) if self.contains(index))
    }

    /// Whether no string is in the set.
    pub(crate) fn is_empty(&self) -> bool {
        self.empty
    }

    /// The strings in the set, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().zip(0u32..).flat_map(|(&word, at)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit)
        })
    }
}

/// What JavaScript's `parseInt(text, 10)` makes of a name; `None` for NaN.
pub(crate) fn leading_integer(text: &str) -> Option<f64> {
    let text = text.trim_start();
    let digits_from = usize::from(text.starts_with(['+', '-']));
    let digits = text.get(digits_from..)?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let number: f64 = digits.get(..end)?.parse().ok()?;
    Some(if text.starts_with('-') { -number } else { number })
}

/// Whether a name is a number in decimal digits.
pub(crate) fn is_number(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_integers_are_those_of_javascript() {
        assert_eq!(leading_integer("12"), Some(12.0));
        assert_eq!(leading_integer(" 7 / DevTools console"), Some(7.0));
        assert_eq!(leading_integer("-3x"), Some(-3.0));
        for text in ["", "x1", "-", "é"] {
            assert_eq!(leading_integer(text), None, "{text}");
        }
    }
}
