//! What each node is, in half a byte, from the node table to the edges that lead to it.

/// What a node is, as far as edges to it are judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind(u8);

impl Kind {
    /// None of the others.
    pub(crate) const OTHER: Kind = Kind(0);
    /// A table of V8's own: keys and values of a dictionary, numbered elements.
    pub(crate) const TABLE: Kind = Kind(1);
    /// A whole string.
    pub(crate) const STRING: Kind = Kind(2);
    const FIRST_CLASS: u32 = 3;
    const CLASSES: u32 = 13;

    /// An object of the class whose name is text `class`. Two classes may share a kind.
    pub(crate) fn of_class(class: u32) -> Kind {
        let mixed = class.wrapping_mul(0x9e37_79b1) >> 16;
        Kind((Kind::FIRST_CLASS + mixed % Kind::CLASSES) as u8)
    }

    /// Whether it is that of objects of a class.
    pub(crate) fn is_class(self) -> bool {
        u32::from(self.0) >= Kind::FIRST_CLASS
    }
}

/// The kind of each node: half a byte for each.
#[derive(Debug, Default)]
pub(crate) struct Kinds {
    pairs: Vec<u8>,
    count: usize,
}

impl Kinds {
    /// Tells the next node's.
    pub(crate) fn push(&mut self, kind: Kind) {
        match self.pairs.last_mut().filter(|_| self.count % 2 == 1) {
            Some(pair) => *pair |= kind.0 << 4,
            None => self.pairs.push(kind.0),
        }
        self.count += 1;
    }

    /// How many nodes there are.
    pub(crate) fn count(&self) -> u64 {
        self.count as u64
    }

    /// That of a node, by its ordinal.
    pub(crate) fn of(&self, node: u64) -> Kind {
        let pair = usize::try_from(node / 2).ok().and_then(|at| self.pairs.get(at));
        pair.map_or(Kind::OTHER, |pair| Kind(pair >> (4 * (node % 2)) & 15))
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Kinds};

    #[test]
    fn kinds_come_back() {
        let told = [Kind::STRING, Kind::of_class(7), Kind::TABLE, Kind::OTHER, Kind::of_class(8)];
        let mut kinds = Kinds::default();
        told.iter().for_each(|kind| kinds.push(*kind));
        let back: Vec<Kind> = (0..5).map(|node| kinds.of(node)).collect();
        assert_eq!(back, told);
        assert_eq!(kinds.of(99), Kind::OTHER);
        assert!(told.map(Kind::is_class) == [false, true, false, false, true]);
    }
}
