//! Takes what is private out of a heap snapshot as it streams by.
//!
//! [`Redactor`] is fed the bytes of a snapshot in pieces of any size and writes the bytes of another one with the
//! same nodes, edges, ids and sizes. [`Proof`] reads what was written and looks for values of the original.
//!
//! V8 writes the table of strings last and gives equal texts one entry, whether they are a value, a class or a
//! property. What a text is used for is known long before the text is. So each entry becomes two: entry `2i` is the
//! text `i` as a name, entry `2i + 1` the same text as a value; each use is pointed to one of them as it passes, and
//! the two texts are decided on when they come. See docs/design/redact.md.
//!
//! Reading order: [`Redactor`] (sections), `table` (rows of integers), `objects` (which are dictionaries), `roles` (what
//! texts are used for), `names`, `forms`, `drawn`, `paths` and `public` (what may stay), `replace` (what stands in its place), `strings` (the last section), `proof`.

#![forbid(unsafe_code)]

mod coverage;
mod credentials;
mod drawn;
mod error;
mod fates;
mod forms;
mod given;
mod held;
mod kinds;
mod layout;
mod located;
mod named;
mod names;
mod objects;
mod owners;
mod paths;
mod prints;
mod proof;
mod public;
mod quoted;
mod redactor;
mod replace;
mod roles;
mod rows;
mod spool;
mod strings;
mod table;
mod technical;
mod texts;

pub use coverage::{Coverage, Kind, Tally};
pub use error::{Error, Result};
pub use proof::{Looked, Proof, Proven, Survivor, form_of};
pub use redactor::Redactor;
pub use replace::Key;

/// What is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Every value, and names that are data.
    Strict,
    /// As strict, and names of properties, variables and symbols, but for those that Node.js and public npm packages
    /// use.
    Structure,
    /// Credentials alone, as the rules of `heapglass-secrets` find them in texts and by the names they stand under.
    Secrets,
}

/// How a snapshot is redacted.
#[derive(Debug, Clone)]
pub struct Redaction {
    /// What is taken out.
    pub policy: Policy,
    /// What texts are hashed with.
    pub key: Key,
    /// Whether the credentials of the clear texts are noted.
    pub notes: bool,
}

impl Redaction {
    /// Whether texts wait on the disk until all of them have come: at most as many bytes as the snapshot has.
    pub fn holds_back(&self) -> bool {
        self.policy == Policy::Secrets
    }
}

impl Policy {
    /// As it is written into the snapshot and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Policy::Strict => "strict",
            Policy::Structure => "structure",
            Policy::Secrets => "secrets",
        }
    }
}
