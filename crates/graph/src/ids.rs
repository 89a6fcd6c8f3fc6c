//! Numbers that must not be mistaken for each other.

use std::fmt;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl $name {
            /// As an index into a column.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

number! {
    /// Position of a node in the node table: 0, 1, 2 …
    ///
    /// Not V8's *id* ([`NodeId`]) and not the file's *raw index* (ordinal × fields per row),
    /// which exists only inside the scanner.
    Ordinal(u32)
}
number! {
    /// Position of an edge in the edge table.
    EdgeOrdinal(u32)
}
number! {
    /// Position of a string in the string table; past the file's strings come the derived ones
    /// ("Detached …" names).
    StringIndex(u32)
}
number! {
    /// Position of a class in the [`crate::ClassTable`].
    ClassIndex(u32)
}

/// V8's id of an object, shown as `@123`: stable across the snapshots of one process, odd for
/// JavaScript objects and even for native ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u64);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}

/// Edges on the shortest path from a user root, as DevTools counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Distance(pub i32);

impl Distance {
    /// No path from any root (DevTools' `noDistance`).
    pub const NONE: Distance = Distance(-5);
    /// What the root gets when there are user roots: everything reached only from it is "system".
    pub const SYSTEM: Distance = Distance(100_000_000);

    /// The distance as DevTools shows it; `None` where it shows a dash.
    pub fn shown(self) -> Option<u32> {
        (0..Self::SYSTEM.0).contains(&self.0).then_some(self.0 as u32)
    }
}

/// Whether a DOM node hangs in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Detachedness {
    /// Not a DOM node, or V8 does not know.
    Unknown,
    /// In a document.
    Attached,
    /// Out of every document, and still alive.
    Detached,
}
