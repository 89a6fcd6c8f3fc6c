//! What several test binaries share.

#![allow(
    dead_code,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "shared by several tests; a panic fails them"
)]

pub(crate) mod node;
pub(crate) mod scripted;
