//! Snapshots for tests: small ones written by hand with [`SnapshotBuilder`], random ones from the
//! strategies in [`random`].

#![expect(clippy::expect_used, reason = "tests may panic, and so may this crate")]

mod builder;
mod layout;
pub mod random;
mod write;

pub use builder::{EdgeSpec, NodeRef, NodeSpec, SnapshotBuilder};
pub use layout::{Layout, Newlines, Section};
