//! V8 heap snapshot files: bytes to tables, and the index file that holds the tables.
//!
//! This crate knows the file format and nothing of what the graph means. It never prints,
//! reads the environment or opens a socket.
//!
//! Reading order: [`source`] (where bytes come from), [`meta`] (what the file says of itself),
//! [`scan`] (bytes to columns), [`container`] (the index file), [`mod@column`] (columns read back),
//! [`strings`] (text).

pub mod buffer;
pub mod check;
pub mod column;
pub mod container;
mod error;
mod finding;
mod gzip;
mod kinds;
mod members;
pub mod meta;
pub mod pack;
pub mod prefetch;
pub mod progress;
pub mod scan;
pub mod source;
pub mod strings;

/// Offsets into files and counts of rows are used as `usize` everywhere.
const _: () = assert!(usize::BITS >= 64, "heapglass needs a 64-bit system");

pub use error::{Error, Result};
pub use finding::{Finding, FindingKind, counted, grouped};
pub use gzip::gunzip;
pub use kinds::{EdgeType, NodeType};
pub use progress::{Phase, Progress, Step};
