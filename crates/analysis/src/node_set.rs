//! A set of nodes, one bit each.

use heapglass_graph::Ordinal;

/// A set of nodes: one bit for each node of a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSet {
    words: Vec<u64>,
    node_count: u32,
}

impl NodeSet {
    /// No node of a graph with `node_count` nodes.
    pub fn empty(node_count: u32) -> NodeSet {
        NodeSet { words: vec![0; (node_count as usize).div_ceil(64)], node_count }
    }

    /// The nodes of `0..node_count` for which `keep` holds. Cost: one call each.
    pub fn from_fn(node_count: u32, mut keep: impl FnMut(Ordinal) -> bool) -> NodeSet {
        let mut set = NodeSet::empty(node_count);
        for ordinal in (0..node_count).map(Ordinal) {
            if keep(ordinal) {
                set.insert(ordinal);
            }
        }
        set
    }

    /// Whether `node` is in the set. A node that the graph does not have is in no set.
    pub fn contains(&self, node: Ordinal) -> bool {
        self.words.get(node.index() / 64).is_some_and(|word| word >> (node.index() % 64) & 1 == 1)
    }

    /// Puts `node` in; says whether it was not there before.
    pub fn insert(&mut self, node: Ordinal) -> bool {
        let bit = 1 << (node.index() % 64);
        match self.words.get_mut(node.index() / 64) {
            Some(word) if node.0 < self.node_count => {
                let new = *word & bit == 0;
                *word |= bit;
                new
            }
            _ => false,
        }
    }

    /// Takes `node` out.
    pub fn remove(&mut self, node: Ordinal) {
        if let Some(word) = self.words.get_mut(node.index() / 64) {
            *word &= !(1 << (node.index() % 64));
        }
    }

    /// Number of nodes in the set.
    pub fn len(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Whether no node is in the set.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// The nodes in the set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Ordinal> + '_ {
        self.words.iter().zip(0u32..).flat_map(|(&word, at)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(Ordinal(at * 64 + bit))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_put_in() {
        let mut set = NodeSet::empty(130);
        for node in [0, 63, 64, 129] {
            assert!(set.insert(Ordinal(node)));
            assert!(!set.insert(Ordinal(node)));
        }
        assert!(!set.insert(Ordinal(130)), "no such node");
        set.remove(Ordinal(63));
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 64, 129].map(Ordinal));
        assert_eq!(set.len(), 3);
        assert!(
            !set.contains(Ordinal(1)) && set.contains(Ordinal(129)) && !set.contains(Ordinal(999))
        );
    }
}
