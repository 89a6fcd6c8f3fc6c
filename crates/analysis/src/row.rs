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
