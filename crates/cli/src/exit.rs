//! How the program ends.

use std::fmt;
use std::process::ExitCode;

/// The exit codes; the table is in `--help` and in docs/cli.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// All is well.
    Fine,
    /// The analysis found what it was asked to fail on.
    Failed,
    /// Wrong usage, no such object or class, or the answer could not be written.
    Usage,
    /// An input could not be read.
    Unreadable,
    /// A snapshot could not be collected.
    NotCollected,
    /// Ctrl-C.
    Interrupted,
    /// SIGTERM.
    Terminated,
    /// SIGHUP: the terminal was closed, or the connection to it was lost.
    HungUp,
    /// SIGQUIT.
    Quit,
}

impl ExitStatus {
    pub(crate) fn code(self) -> u8 {
        match self {
            ExitStatus::Fine => 0,
            ExitStatus::Failed => 1,
            ExitStatus::Usage => 2,
            ExitStatus::Unreadable => 3,
            ExitStatus::NotCollected => 4,
            ExitStatus::Interrupted => 130,
            ExitStatus::Terminated => 143,
            ExitStatus::HungUp => 129,
            ExitStatus::Quit => 131,
        }
    }

    /// Whether a signal asked for the end.
    pub(crate) fn is_by_signal(self) -> bool {
        matches!(
            self,
            ExitStatus::Interrupted
                | ExitStatus::Terminated
                | ExitStatus::HungUp
                | ExitStatus::Quit
        )
    }

    /// The one of two that a run over several inputs ends with: an input that could not be read
    /// outweighs a question that had no answer.
    pub(crate) fn worse(self, other: ExitStatus) -> ExitStatus {
        if other.code() > self.code() { other } else { self }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> ExitCode {
        ExitCode::from(status.code())
    }
}

/// An error that knows its exit code and what to do about it.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) status: ExitStatus,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(status: ExitStatus, message: impl Into<String>) -> Failure {
        Failure { status, message: message.into(), hint: None }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Failure {
        Failure::new(ExitStatus::Usage, message)
    }

    pub(crate) fn unreadable(message: impl Into<String>) -> Failure {
        Failure::new(ExitStatus::Unreadable, message)
    }

    pub(crate) fn not_collected(message: impl Into<String>) -> Failure {
        Failure::new(ExitStatus::NotCollected, message)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
