//! The page of `leaks`: the verdict, then each suspect.

use std::io::{self, Write};

use super::paths::{write_labelled, write_one_line};
use super::prose::paragraph;
use super::report::{KEPT_BY, OWNER, PACKAGE, WRITTEN, write_title};
use super::{Look, Role, heading, leak_groups, leak_words, standing_out};
use crate::wire::{LeakProcessesDocument, LeakSuspectEntry, LeaksDocument, LeaksOutput};

/// Labels under a suspect, as wide as those of `report`.
const CAUSE: &str = "   usual cause    ";
const FIX: &str = "   usual fix      ";
const EXAMPLE: &str = "   for example    ";
const LOOK: &str = "   look at        ";

impl LeaksOutput {
    /// Writes the page, or that of each process.
    pub fn write_text(&self, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        match self {
            LeaksOutput::One(document) => document.write_text(look, out),
            LeaksOutput::Processes(several) => several.write_text(look, out),
        }
    }
}

impl LeakProcessesDocument {
    /// Writes what all of them have together, then the pages one after the other, each below the first of its snapshots and
    /// where that was taken.
    pub fn write_text(&self, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        heading::oddities(&self.findings, look, out)?;
        paragraph(&self.text.join(" "), look, out)?;
        writeln!(out)?;
        for (at, document) in self.processes.iter().enumerate() {
            if at > 0 {
                writeln!(out, "\n")?;
            }
            if let Some(first) = document.snapshots.first() {
                heading::heading(first, look, out)?;
                writeln!(out)?;
            }
            document.write_text(look, out)?;
        }
        Ok(())
    }
}

impl LeaksDocument {
    /// Writes the page.
    pub fn write_text(&self, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        heading::oddities(&self.findings, look, out)?;
        let sentences = leak_words::verdict(self, look.sizes);
        paragraph(&sentences.join(" "), look, out)?;
        for suspect in &self.suspects {
            writeln!(out)?;
            write_suspect(suspect, look, out)?;
        }
        if let Some(groups) = &self.groups {
            leak_groups::write(groups, look, out)?;
        }
        match &self.standing_out {
            Some(found) => standing_out::write(found, look, out),
            None => Ok(()),
        }
    }
}

/// Writes a suspect with its number, what holds it and what is known of its kind.
pub(super) fn write_suspect(
    suspect: &LeakSuspectEntry,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_title(suspect.rank as usize, &leak_words::suspect(suspect, look.sizes), look, out)?;
    write_one_line(KEPT_BY, &suspect.line, look, out)?;
    if let Some(example) = leak_words::example(suspect) {
        write_labelled(EXAMPLE, &example, Role::Plain, look, out)?;
    }
    if let Some(owner) =
        suspect.owner.as_ref().filter(|owner| owner.id != suspect.accumulation_point.id)
    {
        write_labelled(OWNER, &owner.label, Role::Class, look, out)?;
    }
    if let Some(source) = &suspect.source {
        write_labelled(WRITTEN, &leak_words::place(source), Role::Source, look, out)?;
    }
    if let Some(package) = &suspect.package {
        let users = match suspect.used_by.as_slice() {
            [] => String::new(),
            users => format!(", used by {}", users.join(", ")),
        };
        write_labelled(PACKAGE, &format!("{package}{users}"), Role::Class, look, out)?;
    }
    write_labelled(CAUSE, &suspect.usual_cause, Role::Plain, look, out)?;
    write_labelled(FIX, &suspect.usual_fix, Role::Plain, look, out)?;
    let ids: Vec<String> =
        suspect.instances.iter().map(|object| format!("@{}", object.id)).collect();
    if !ids.is_empty() {
        let text = format!("@{} and {}", suspect.accumulation_point.id, ids.join(" "));
        write_labelled(LOOK, &text, Role::Faint, look, out)?;
    }
    Ok(())
}
