//! What heapglass says: the wire contract and its text for the terminal.
//!
//! [`wire`] holds the documents that `--json` prints, converted by hand from the engine's types,
//! so that a change inside the engine cannot change them by accident. [`text`] writes the same
//! documents for people: whatever a page shows is in its JSON too. [`schema`] gives the JSON
//! Schema of each document.

mod junit;
mod markdown;
mod sarif;
pub mod schema;
pub mod text;
pub mod wire;

pub use sarif::write_sarif;

/// Version of the documents. It goes up when a field changes its meaning or goes away; new fields
/// may come at any time.
pub const SCHEMA_VERSION: u32 = 1;
