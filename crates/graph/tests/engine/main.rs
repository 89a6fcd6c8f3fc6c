//! The whole engine, from bytes to figures.
#![expect(clippy::unwrap_used, reason = "tests panic, and so may what they share")]

mod bad_input;
mod common;
mod figures;
mod fixtures;
mod index;
mod layouts;
mod missing_names;
mod twin;
