//! The whole engine, from bytes to figures.

mod common;
mod figures;
mod fixtures;
mod twin;
