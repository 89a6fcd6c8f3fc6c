//! Talk: what goes to standard error.

use std::io::Write;

use heapglass_report::text::{Look, Role, SizeStyle, clean};

use crate::exit::{ExitStatus, Failure};

/// Writes messages to standard error. A standard error that is gone is no reason to stop.
#[derive(Debug, Clone)]
pub(crate) struct Messages {
    look: Look,
}

impl Messages {
    pub(crate) fn new(painted: bool) -> Messages {
        let look = Look { width: usize::MAX, colour: painted, sizes: SizeStyle::Human };
        Messages { look }
    }

    /// Something that the user may want to know.
    pub(crate) fn note(&self, text: &str) {
        self.line("note:", Role::Faint, text);
    }

    /// Text as it is.
    pub(crate) fn raw(&self, text: &str) {
        let _ = write!(std::io::stderr().lock(), "{text}");
    }

    /// Something that went wrong.
    pub(crate) fn error(&self, failure: &Failure) {
        // An interrupted user knows what he did.
        if !failure.status.is_by_signal() {
            self.line("error:", Role::Warning, &failure.message);
        }
        if let Some(hint) = &failure.hint {
            self.line("hint:", Role::Strong, hint);
        }
    }

    fn line(&self, word: &str, role: Role, text: &str) {
        let _ =
            writeln!(std::io::stderr().lock(), "{} {}", self.look.paint(role, word), clean(text));
    }
}
