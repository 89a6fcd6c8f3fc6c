//! The whole engine, from bytes to figures.

mod bad_input;
mod common;
mod figures;
mod fixtures;
mod index;
mod layouts;
mod twin;
