//! Memory that a program could do without.

use std::io::{self, Write};

use heapglass_analysis::name_with_original;

use super::fit::{clean, cut_end, wrap};
use super::heading::section;
use super::numbers::{count, counted, share};
use super::paths::write_labelled;
use super::prose::{paragraph, remark};
use super::strings::holder_name;
use super::table::{Cell, Kind, Table};
use super::waste_words::{answer, of};
use super::{Look, Page, Role};
use crate::wire::{
    SnapshotEntry, UnjudgedEntry, WasteBody, WasteEntry, WasteKindEntry, WasteRowEntry,
};

impl Page for WasteBody {
    fn write_page(
        &self,
        snapshot: &SnapshotEntry,
        look: &Look,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let sentences = answer(self, snapshot.total_size, look.sizes);
        paragraph(&sentences.join(" "), look, out)?;
        let (found, mut nothing): (Vec<_>, Vec<_>) =
            self.kinds.iter().partition(|kind| kind.saved_size > 0);
        nothing.retain(|kind| kind.unjudged.is_empty());
        if !found.is_empty() {
            writeln!(out)?;
            write_table(&found, snapshot.total_size, look, out)?;
        }
        if !nothing.is_empty() {
            let names: Vec<_> =
                nothing.iter().map(|entry| of(entry.kind).title.to_lowercase()).collect();
            let note = format!("Nothing to save at: {}.", names.join(", "));
            remark(&note, look, out)?;
        }
        found.into_iter().try_for_each(|entry| write_kind(entry, look, out))?;
        let unjudged: Vec<&UnjudgedEntry> =
            self.kinds.iter().flat_map(|kind| &kind.unjudged).collect();
        if unjudged.is_empty() {
            return Ok(());
        }
        section("Not judged", look, out)?;
        unjudged.into_iter().try_for_each(|entry| {
            paragraph(&super::waste_words::unjudged(entry, look.sizes), look, out)
        })
    }
}

fn write_table(
    kinds: &[&WasteEntry],
    total: u64,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = Table::new(vec![
        ("Kind", Kind::Text),
        ("Objects", Kind::Number),
        ("To save", Kind::Number),
        ("", Kind::Number),
    ])
    .indent(2);
    for entry in kinds {
        table.row(vec![
            Cell::plain(of(entry.kind).title),
            Cell::plain(count(entry.object_count)),
            Cell::plain(look.size(entry.saved_size)),
            Cell::new(Role::Faint, share(entry.saved_size, total)),
        ]);
    }
    table.write(look, out)
}

fn write_kind(entry: &WasteEntry, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    if entry.rows.is_empty() {
        return Ok(());
    }
    section(of(entry.kind).title, look, out)?;
    for line in wrap(&entry.explanation, look.width) {
        writeln!(out, "{}", look.paint(Role::Faint, &line))?;
    }
    write_labelled("What to do: ", &entry.fix, Role::Plain, look, out)?;
    for (number, row) in (1..).zip(&entry.rows) {
        write_row(number, entry.kind, row, look, out)?;
    }
    if entry.more > 0 {
        let note = format!("   {} more; --limit 0 shows all.", count(entry.more));
        writeln!(out, "{}", look.paint(Role::Faint, &note))?;
    }
    Ok(())
}

fn write_row(
    number: u32,
    kind: WasteKindEntry,
    row: &WasteRowEntry,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let label = format!("{number}. ");
    let size = look.size_in_words(row.saved_size);
    let figures = match kind {
        WasteKindEntry::PackageCopies => format!(": {} copies, {size}", count(row.object_count)),
        _ => format!(": {size} in {}", of_kind(kind, row.object_count)),
    };
    let room = look.width.saturating_sub(label.len() + figures.len()).max(8);
    let original = row.example.original_class_name.as_deref();
    let original = original.filter(|_| row.what == row.example.class_name);
    let what = name_with_original(&row.what, original);
    let what = clean(&what);
    let (what, role) = match kind {
        WasteKindEntry::DuplicateStrings => (format!("\"{}\"", what), Role::Text),
        _ => (what.into_owned(), Role::Class),
    };
    writeln!(out, "{label}{}{figures}", look.paint(role, &cut_end(&what, room)))?;
    let mut line = |label: &str, text: &str, role: Role| {
        write_labelled(&format!("   {label:<8} "), text, role, look, out)
    };
    for copy in &row.copies {
        let version = copy.version.as_ref().map(|version| format!("{version} in "));
        let (version, size) = (version.unwrap_or_default(), look.size_in_words(copy.held_size));
        line("copy", &format!("{version}{} {size}", copy.folder), role)?;
    }
    if let Some(script) = &row.script {
        line("in", script, role)?;
    }
    if let Some(holder) = &row.holder {
        let class = holder_name(&holder.class_name, holder.original_class_name.as_deref());
        let held = format!("{} @{} by {}", clean(&class), holder.id, clean(&holder.edge));
        line("held by", &held, Role::Class)?;
    }
    match &row.path {
        Some(path) => line("path", path, Role::Edge),
        None => Ok(()),
    }
}

/// `3 strings`: what waste of a kind is seen at.
fn of_kind(kind: WasteKindEntry, number: u64) -> String {
    let (one, several) = match kind {
        WasteKindEntry::DuplicateStrings
        | WasteKindEntry::SlicedStrings
        | WasteKindEntry::JoinedStrings => ("string", "strings"),
        WasteKindEntry::BoxedNumbers => ("number", "numbers"),
        WasteKindEntry::UnreadVariables => ("scope", "scopes"),
        _ => ("object", "objects"),
    };
    counted(number, one, several)
}
