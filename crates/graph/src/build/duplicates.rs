//! Ids that several nodes have: V8 gives each object its own, so that one id is one object.

use heapglass_format::Result;
use heapglass_format::column::WideColumn;
use heapglass_format::container::{ContainerWriter, RowReader};
use rustc_hash::FxHashMap;

/// Rows read at once.
const ROWS: usize = 1 << 15;
/// Bits for each node: ids of V8 go up in steps of two, so that those of a young process are told
/// apart without a second look.
const BITS: usize = 4;

/// Ids that several nodes have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Duplicates {
    /// How many ids.
    pub(super) ids: u64,
    /// How many nodes have them.
    pub(super) nodes: u64,
    /// The smallest of them.
    pub(super) smallest: u64,
}

/// Looks for them. Cost: the id column once, and once more if some ids fall on one bit. Memory:
/// half a byte to a byte for each node, touched as far as the ids go.
pub(super) fn find(writer: &ContainerWriter) -> Result<Option<Duplicates>> {
    let low = writer.rows::<u32>("node_id_low")?;
    let bits = (low.len().saturating_mul(BITS)).next_power_of_two().max(64);
    let mut seen = vec![0u64; bits / 64];
    let mut suspects: FxHashMap<u64, u64> = FxHashMap::default();
    each(&low, |id| {
        let at = id as usize & (bits - 1);
        let bit = 1u64 << (at % 64);
        let word = &mut seen[at / 64];
        if *word & bit != 0 {
            suspects.insert(u64::from(id), 0);
        }
        *word |= bit;
    })?;
    drop(seen);
    // The few ids of more than 32 bits.
    let mut counts: FxHashMap<u64, u64> = FxHashMap::default();
    for &[_, id] in &*writer.column::<[u64; 2]>("node_id_wide")? {
        *counts.entry(id).or_default() += 1;
    }
    if !suspects.is_empty() {
        each(&low, |id| {
            if let Some(count) = suspects.get_mut(&u64::from(id)) {
                *count += 1;
            }
        })?;
    }
    counts.extend(suspects);
    counts.retain(|_, count| *count > 1);
    let smallest = counts.keys().copied().min();
    Ok(smallest.map(|smallest| Duplicates {
        ids: counts.len() as u64,
        nodes: counts.values().sum(),
        smallest,
    }))
}

fn each(low: &RowReader<u32>, mut visit: impl FnMut(u32)) -> Result<()> {
    let mut rows = Vec::new();
    let mut start = 0;
    while start < low.len() {
        low.read(start, ROWS, &mut rows)?;
        start += rows.len();
        rows.iter().filter(|&&id| id != WideColumn::ESCAPE).for_each(|&id| visit(id));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(low: &[u32], wide: &[[u64; 2]]) -> Option<Duplicates> {
        let dir = tempfile::tempdir().expect("a directory");
        let writer = ContainerWriter::create(dir.path()).expect("a work file");
        writer.put("node_id_low", low).expect("written");
        writer.put("node_id_wide", wide).expect("written");
        find(&writer).expect("read")
    }

    #[test]
    fn ids_of_several_nodes_are_told() {
        assert_eq!(found(&[], &[]), None);
        let plain: Vec<u32> = (0..100_000).map(|at| at * 2 + 1).collect();
        assert_eq!(found(&plain, &[]), None);
        // Far apart, so that many fall on one bit.
        let far: Vec<u32> = (0..10_000).map(|at| at << 17 | at >> 9).collect();
        assert_eq!(found(&far, &[]), None);
        let twice = [&plain[..], &[7, 99, 7]].concat();
        assert_eq!(found(&twice, &[]), Some(Duplicates { ids: 2, nodes: 5, smallest: 7 }));
        let escape = WideColumn::ESCAPE;
        let big = 1 << 40;
        assert_eq!(
            found(&[1, escape, escape, escape], &[[1, big], [2, big + 1], [3, big + 2]]),
            None
        );
        assert_eq!(
            found(&[1, escape, escape], &[[1, big], [2, big]]),
            Some(Duplicates { ids: 1, nodes: 2, smallest: big })
        );
    }
}
