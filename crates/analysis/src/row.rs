//! Trees as rows in preorder.

/// A row of a tree. A tree is its rows in preorder: a row's children are the rows after it that
/// are one deeper, up to the first that is not deeper than itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<T> {
    /// 0 for the topmost rows.
    pub depth: u32,
    /// What stands in the row.
    pub item: T,
    /// Children that exist and are not shown (beyond a limit, a depth or a share).
    pub hidden_children: u64,
}

/// A tree, or several side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree<T> {
    /// The rows in preorder, see [`Row`].
    pub rows: Vec<Row<T>>,
    /// Topmost rows that exist and are not shown.
    pub hidden: u64,
}

/// A child to be shown.
pub(crate) struct Shown<K, T> {
    /// What its own children are found by.
    pub(crate) key: K,
    /// Its row.
    pub(crate) item: T,
    /// Whether its own children shall be shown.
    pub(crate) open: bool,
    /// Children it has, for when it is not opened.
    pub(crate) children: u64,
}

/// The children of a node.
pub(crate) struct Children<K, T> {
    /// Those to be shown.
    pub(crate) shown: Vec<Shown<K, T>>,
    /// The number of others.
    pub(crate) hidden: u64,
}

/// Grows a tree from its topmost rows, at most `max_rows` of it. `children` gets the keys of the
/// row it is asked for and of all rows above it, topmost first.
pub(crate) fn grow<K, T>(
    top: Children<K, T>,
    max_rows: usize,
    mut children: impl FnMut(&[K]) -> Children<K, T>,
) -> Tree<T> {
    let mut rows: Vec<Row<T>> = Vec::new();
    let mut hidden = top.hidden;
    let mut path: Vec<K> = Vec::new();
    // For each open row, and the invisible one on top, what is left of its children.
    let mut open = vec![(None, top.shown.into_iter())];
    while let Some((parent, left)) = open.last_mut() {
        let depth = path.len() as u32;
        let next = if rows.len() < max_rows { left.next() } else { None };
        let Some(child) = next else {
            match parent.and_then(|at: usize| rows.get_mut(at)) {
                Some(parent) => parent.hidden_children += left.len() as u64,
                None => hidden += left.len() as u64,
            }
            open.pop();
            path.pop();
            continue;
        };
        let at = rows.len();
        if child.open && rows.len() + 1 < max_rows {
            path.push(child.key);
            let below = children(&path);
            rows.push(Row { depth, item: child.item, hidden_children: below.hidden });
            open.push((Some(at), below.shown.into_iter()));
        } else {
            rows.push(Row { depth, item: child.item, hidden_children: child.children });
        }
    }
    Tree { rows, hidden }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ten(key: u32) -> Children<u32, u32> {
        let shown = (0..2).map(|at| Shown {
            key: key * 10 + at,
            item: key * 10 + at,
            open: key < 100,
            children: 10,
        });
        Children { shown: shown.collect(), hidden: 8 }
    }

    #[test]
    fn every_child_is_shown_or_counted() {
        for max_rows in [1, 2, 3, 5, 100] {
            let Tree { rows, hidden } =
                grow(ten(1), max_rows, |path| ten(path.last().copied().unwrap_or(0)));
            assert_eq!(rows.len(), max_rows.min(14));
            let topmost = rows.iter().filter(|row| row.depth == 0).count() as u64;
            assert_eq!(topmost + hidden, 10);
            for (at, row) in rows.iter().enumerate() {
                let shown = rows[at + 1..]
                    .iter()
                    .take_while(|below| below.depth > row.depth)
                    .filter(|below| below.depth == row.depth + 1)
                    .count() as u64;
                assert_eq!(shown + row.hidden_children, 10, "row {at} of {max_rows}");
            }
        }
        let rows = grow(ten(1), 100, |path| ten(path.last().copied().unwrap_or(0))).rows;
        let depths: Vec<u32> = rows.iter().map(|row| row.depth).collect();
        assert_eq!(depths[..5], [0, 1, 2, 2, 1]);
    }

    #[test]
    fn a_long_chain_is_grown_without_recursion() {
        let link = |at: u32| Children {
            shown: vec![Shown { key: at, item: at, open: at < 500_000, children: 1 }],
            hidden: 0,
        };
        let rows = grow(link(0), usize::MAX, |path| link(path.len() as u32)).rows;
        assert_eq!(rows.len(), 500_001);
    }
}
