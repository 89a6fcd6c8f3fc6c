//! What stands out in one snapshot: owners of much memory, then what is built unlike its like.

use std::io::{self, Write};

use super::paths::{write_labelled, write_one_line};
use super::report::{KEPT_BY, PACKAGE, WRITTEN, write_suspect, write_title};
use super::{Look, Role, leak_words, standing_out_words};
use crate::wire::{OddityEntry, StandingOutEntry};

/// Writes all that stands out, numbered through.
pub(super) fn write(found: &StandingOutEntry, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    for (number, suspect) in (1..).zip(&found.by_weight) {
        writeln!(out)?;
        write_suspect(number, suspect, look, out)?;
    }
    for (number, oddity) in (found.by_weight.len() + 1..).zip(&found.by_structure) {
        writeln!(out)?;
        write_oddity(number, oddity, look, out)?;
    }
    Ok(())
}

fn write_oddity(
    number: usize,
    oddity: &OddityEntry,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_title(number, &standing_out_words::oddity(oddity, look.sizes), look, out)?;
    if !oddity.line.is_empty() {
        write_one_line(KEPT_BY, &oddity.line, look, out)?;
    }
    if let Some(source) = &oddity.source {
        write_labelled(WRITTEN, &leak_words::place(source), Role::Source, look, out)?;
    }
    if let Some(package) = &oddity.package {
        write_labelled(PACKAGE, package, Role::Class, look, out)?;
    }
    Ok(())
}
