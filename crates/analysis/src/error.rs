use heapglass_graph::NodeId;

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No node has this id.
    #[error("there is no object {0} in this snapshot")]
    NoSuchObject(NodeId),
    /// No class has this name or class key.
    #[error("there is no class {0:?} in this snapshot")]
    NoSuchClass(String),
    /// The object is not a native context.
    #[error("{0} is not a native context")]
    NotANativeContext(NodeId),
    /// A class filter is not a regular expression.
    #[error("not a regular expression: {0}")]
    Pattern(String),
    /// An assertion cannot be read.
    #[error("{text:?} is no assertion: {reason}")]
    Assertion {
        /// As it was written.
        text: String,
        /// What is wrong, and how it is written.
        reason: String,
    },
}

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;
