/// Why a snapshot cannot be redacted. What was written so far is no whole snapshot.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are not those of a snapshot as V8 writes it.
    #[error("byte {offset}: {message}")]
    Syntax {
        /// Bytes of the snapshot before the place.
        offset: u64,
        /// What was found, and what was expected.
        message: String,
    },
    /// The bytes end too early.
    #[error(
        "it ends at byte {offset}, inside `{section}`: what is missing cannot be redacted, and the rest would look whole"
    )]
    CutOff {
        /// Bytes of the snapshot.
        offset: u64,
        /// The section that is not whole.
        section: String,
    },
    /// The sections come in an order in which they cannot be redacted in one pass.
    #[error(
        "byte {offset}: section `{section}` comes before `{needed}`, so it cannot be redacted as it streams by"
    )]
    Order {
        /// Where it begins.
        offset: u64,
        /// The section.
        section: &'static str,
        /// The one that has to come before it.
        needed: &'static str,
    },
    /// The redacted bytes could not be written.
    #[error("cannot write the redacted snapshot: {0}")]
    Write(#[from] std::io::Error),
}

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;
