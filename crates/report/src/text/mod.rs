//! The documents as text for a terminal.
//!
//! Every page is readable without colour, fits the width it is given as far as its numbers allow,
//! and escapes whatever a heap's own strings could do to a terminal.

mod allocations;
mod attribution;
mod brief;
pub(crate) mod calendar;
mod check;
pub(crate) mod check_words;
mod compare;
mod details;
mod figures;
mod fit;
mod heading;
mod leak_groups;
pub(crate) mod leak_processes_words;
pub(crate) mod leak_words;
mod leaks;
mod look;
mod numbers;
mod object;
mod paths;
mod process;
pub(crate) mod prose;
mod redact;
pub(crate) mod redact_words;
mod reliability;
mod report;
mod secrets;
pub(crate) mod secrets_words;
mod standing_out;
pub(crate) mod standing_out_words;
mod statistics;
mod strings;
pub(crate) mod strings_words;
mod summary;
mod table;
mod tree;
mod trees;
mod waste;
pub(crate) mod waste_words;
pub(crate) mod words;

use std::io::{self, Write};

pub use brief::{Brief, write_briefs};
pub use compare::ComparisonPage;
pub use fit::clean;
pub use heading::heading;
pub use look::{Look, Painted, Role};
pub use numbers::{SizeStyle, counted, size_in_words};
pub use redact::write_redacted;

use crate::wire::{Document, SnapshotEntry};

/// An answer that can be written for people.
pub trait Page {
    /// Writes the answer about `snapshot`.
    fn write_page(
        &self,
        snapshot: &SnapshotEntry,
        look: &Look,
        out: &mut dyn Write,
    ) -> io::Result<()>;

    /// Writes below the answer, where it is the only one, how to go on from it.
    fn write_next(&self, _look: &Look, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// The answer in a few words, if there is one that short, for a table of several snapshots.
    fn in_brief(&self) -> Option<String> {
        None
    }
}

impl<B: Page> Document<B> {
    /// Writes the whole document: first what is damaged, then the answer.
    pub fn write_text(&self, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        heading::damage(&self.snapshot, &self.findings, look, out)?;
        self.body.write_page(&self.snapshot, look, out)
    }

    /// Writes how to go on from an answer that is the only one.
    pub fn write_next(&self, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        self.body.write_next(look, out)
    }
}
