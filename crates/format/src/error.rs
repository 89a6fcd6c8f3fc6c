//! What can go wrong between a snapshot's bytes and its tables.

use std::path::{Path, PathBuf};

/// What can go wrong between a snapshot's bytes and its tables.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system said no.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb: "open", "read", "write".
        action: &'static str,
        /// The file it was tried on.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The bytes are not the JSON that a snapshot is.
    #[error("{}: byte {offset}: {message}", path.display())]
    Syntax {
        /// The snapshot.
        path: PathBuf,
        /// Offset into the (decompressed) bytes.
        offset: u64,
        /// What was found and what was expected.
        message: String,
    },
    /// The file is something else that is commonly mistaken for a snapshot.
    #[error("{}: {what}; {hint}", path.display())]
    NotASnapshot {
        /// The file.
        path: PathBuf,
        /// What the file is.
        what: String,
        /// What to do instead.
        hint: String,
    },
    /// Compressed bytes are damaged, or end before they give anything.
    #[error("{}: cannot decompress it, at or before byte {offset}: {source}", path.display())]
    Decompress {
        /// The file.
        path: PathBuf,
        /// Bytes of the file that were taken when it was noticed. Decoders read ahead.
        offset: u64,
        /// The decoder's answer.
        source: std::io::Error,
    },
    /// An index file cannot be believed. Callers rebuild it.
    #[error("{}: the index is {reason}", path.display())]
    Index {
        /// The index file.
        path: PathBuf,
        /// "foreign", "stale", "damaged" and where.
        reason: String,
    },
    /// The snapshot has more of something than the engine can number.
    #[error("{}: {count} {what} are more than the limit of {limit}", path.display())]
    TooMany {
        /// The snapshot.
        path: PathBuf,
        /// What there is too much of: "nodes", "edges", "strings".
        what: &'static str,
        /// How many there are.
        count: u64,
        /// How many can be numbered.
        limit: u64,
    },
    /// The caller asked to stop.
    #[error("interrupted")]
    Cancelled,
}

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Wraps a system error with what was tried on which file.
    pub fn io(action: &'static str, path: &Path, source: std::io::Error) -> Error {
        Error::Io { action, path: path.to_owned(), source }
    }

    /// A syntax error at a byte offset.
    pub fn syntax(path: &Path, offset: u64, message: impl Into<String>) -> Error {
        Error::Syntax { path: path.to_owned(), offset, message: message.into() }
    }
}
