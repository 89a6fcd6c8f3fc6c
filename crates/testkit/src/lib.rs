//! Snapshots for tests: small ones written by hand with [`SnapshotBuilder`], random ones from the
//! strategies in [`random`].
//!
//! Tests may panic; so may this crate.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod builder;
mod layout;
pub mod random;
mod write;

pub use builder::{EdgeSpec, NodeRef, NodeSpec, SnapshotBuilder};
pub use layout::{Layout, Newlines, Section};
