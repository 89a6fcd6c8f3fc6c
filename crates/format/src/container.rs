//! The index file: named columns in one file, versioned and checksummed.
//!
//! The same file is the engine's work space: the scanner streams columns into it that no pass
//! needs in memory, passes read them back in order, and what is complete at the end becomes the
//! index by a rename. Layout (numbers of the header little-endian, those of the sections as the
//! processor has them, which the magic tells apart):
//!
//! ```text
//! 0      magic (8 bytes), version u32, zero u32, toc offset u64, toc length u64, toc xxh3 u64
//! 4096   sections, each at a multiple of 64
//! toc    JSON: caller's facts, and for each section name, offset, length, element size, xxh3
//! ```

mod read;
mod write;

pub use read::{Container, RowReader, SectionReader};
pub use write::{ContainerWriter, SectionWriter};

use serde::{Deserialize, Serialize};

/// First bytes of an index file. One from a processor of the other byte order is foreign.
const MAGIC: [u8; 8] = if cfg!(target_endian = "big") { *b"HEAPGLSB" } else { *b"HEAPGLSX" };
/// Raised whenever the layout or the meaning of any section changes.
const VERSION: u32 = 1;
/// Where sections begin; the page before holds the fixed header.
const FIRST_SECTION: u64 = 4096;
/// Sections start at multiples of this: any element is aligned in a mapping.
const ALIGNMENT: u64 = 64;
/// Bytes of the fixed header.
const HEADER_BYTES: usize = 40;

/// The table of contents.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Toc {
    /// What the caller wants to know before it believes the sections.
    facts: serde_json::Value,
    sections: Vec<Section>,
}

/// One section of the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Section {
    name: String,
    offset: u64,
    bytes: u64,
    element: u64,
    xxh3: u64,
}

/// How much is read or written at once when a section streams: large enough that system calls
/// are free, small enough to stay in the second-level cache.
const STREAM_BYTES: usize = 1 << 18;

/// The sum that sections are checked with (XXH3, 64 bits).
pub fn checksum(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes)
}

#[cfg(test)]
mod tests;
