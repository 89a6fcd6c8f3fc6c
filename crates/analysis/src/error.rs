//! Why a question has no answer.

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
    /// A class is in the snapshot, but what its objects hold is not told apart.
    #[error(
        "{figure} is known of objects by their class, and {class} has none of its own there: strings, functions, \
         V8's own arrays and code belong to what holds them, and plain objects are all called Object"
    )]
    NoGroup {
        /// What was asked for.
        figure: &'static str,
        /// The class or classes, as they were written.
        class: String,
    },
}

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;
