//! V8's inspector: what is said to it and what it answers, without a socket ([`protocol`], [`taking`]),
//! and the thin layer that moves the bytes ([`session`], [`discover`], `whole`).

pub mod ask;
pub mod discover;
pub mod protocol;
pub mod session;
pub mod taking;
mod whole;

pub use ask::Identity;
pub use session::Session;

/// Why the inspector could not be talked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectorError {
    /// The connection ended or broke.
    #[error("the connection to the inspector was lost: {0}")]
    Lost(String),
    /// No answer in time: the event loop is busy or stands still.
    #[error("no answer to {what} within {seconds} s")]
    Silent {
        /// The request.
        what: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The process refused a request.
    #[error("{method} was refused: {message}")]
    Refused {
        /// The request.
        method: String,
        /// The answer.
        message: String,
    },
    /// Something else than an inspector answers there.
    #[error("{0}")]
    NotAnInspector(String),
}
