//! Whose code holds the memory.

use std::io::{self, Write};

use super::fit::{clean, wrap};
use super::numbers::{count, share};
use super::summary::label;
use super::table::{Cell, Kind, Table};
use super::{Look, Role};
use crate::wire::{AttributeByEntry, AttributionEntry};

/// The title of the section.
pub(super) fn title(attribution: &AttributionEntry) -> &'static str {
    match attribution.by {
        AttributeByEntry::Package => "Packages that hold most",
        AttributeByEntry::File => "Files that hold most",
    }
}

/// The column of the groups' names.
pub(super) fn column(by: AttributeByEntry) -> (&'static str, Kind) {
    match by {
        AttributeByEntry::Package => ("Package", Kind::Text),
        AttributeByEntry::File => ("File", Kind::Path),
    }
}

/// Writes the groups, and what the figures are.
pub(super) fn write(
    attribution: &AttributionEntry,
    total: u64,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = Table::new(vec![
        column(attribution.by),
        ("Holds", Kind::Number),
        ("", Kind::Number),
        ("Retains", Kind::Number),
        ("Saved", Kind::Number),
        ("Biggest", Kind::Text),
    ])
    .optional(&[5, 2])
    .indent(2);
    for group in &attribution.groups {
        table.row(vec![
            Cell::new(Role::Class, clean(&group.name)),
            Cell::plain(look.size(group.held_size)),
            Cell::new(Role::Faint, share(group.held_size, total)),
            Cell::plain(look.size(group.retained_size)),
            Cell::plain(look.size(group.saved_size)),
            label(&group.biggest),
        ]);
    }
    table.write(look, out)?;
    let more = attribution.group_count.saturating_sub(attribution.groups.len() as u64);
    let more =
        if more > 0 { format!("{} more are not shown. ", count(more)) } else { String::new() };
    let note = format!(
        "{more}No code alone holds {} ({}). Holds: what it is the nearest owner of. Retains: with what other code \
         below it holds. Saved: what would be freed if all its functions, scopes, modules and objects went.",
        look.size_in_words(attribution.unattributed_size),
        share(attribution.unattributed_size, total)
    );
    for line in wrap(&note, look.width.saturating_sub(2)) {
        writeln!(out, "  {}", look.paint(Role::Faint, &line))?;
    }
    Ok(())
}
