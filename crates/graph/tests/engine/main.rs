//! The whole engine, from bytes to figures.

#![allow(clippy::expect_used, clippy::unwrap_used)] // a test that panics is a test that fails

mod common;
mod figures;
mod fixtures;
mod twin;
