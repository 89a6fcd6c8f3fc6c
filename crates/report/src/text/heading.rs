//! What stands above an answer: the snapshot's name, and what is wrong with it.

use std::io::{self, Write};

use super::fit::{clean, wrap};
use super::numbers::count;
use super::{Look, Role};
use crate::wire::{FindingEntry, SnapshotEntry};

/// The most findings a page shows; `--json` has them all.
const SHOWN_FINDINGS: usize = 8;

/// Writes the snapshot's name and where it was taken.
pub fn heading(snapshot: &SnapshotEntry, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let file = if snapshot.file == "-" { "standard input" } else { &snapshot.file };
    let name = clean(file);
    // Never cut, however long: it is what people copy into the next command.
    writeln!(out, "{}", look.paint(Role::Heading, &name))?;
    let facts = [
        ("namespace", &snapshot.namespace),
        ("pod", &snapshot.pod),
        ("container", &snapshot.container),
        ("taken", &snapshot.taken_at),
    ];
    let facts = facts
        .iter()
        .filter_map(|(word, value)| value.as_ref().map(|value| format!("{word} {value}")));
    let facts = facts.collect::<Vec<_>>().join(" · ");
    if !facts.is_empty() {
        for line in wrap(&clean(&facts), look.width) {
            writeln!(out, "{}", look.paint(Role::Faint, &line))?;
        }
    }
    Ok(())
}

/// Writes the title of a part of a page.
pub(super) fn section(title: &str, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", look.paint(Role::Heading, title))
}

/// Writes what is damaged, so that nobody takes the figures for those of a whole snapshot.
pub(super) fn damage(
    snapshot: &SnapshotEntry,
    findings: &[FindingEntry],
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    if findings.is_empty() && !snapshot.partial {
        return Ok(());
    }
    let incomplete = findings.iter().any(|finding| loses_data(&finding.kind));
    if findings.is_empty() {
        let text =
            "The collector marked this file PARTIAL, but it was read to its end: it is complete.";
        return writeln!(out, "{}\n", look.paint(Role::Faint, text));
    }
    let title = if incomplete {
        "This snapshot is not complete. All figures cover only what could be read."
    } else {
        "This snapshot has oddities; its figures may be affected."
    };
    writeln!(out, "{} {}", look.paint(Role::Warning, "!"), look.paint(Role::Warning, title))?;
    let mut lines: Vec<String> = findings.iter().take(SHOWN_FINDINGS).map(in_words).collect();
    if snapshot.partial {
        let text = if incomplete {
            "the collector marked the file PARTIAL: it stopped before the end"
        } else {
            "the collector marked the file PARTIAL, but it was read to its end"
        };
        lines.push(text.to_owned());
    }
    if findings.len() > SHOWN_FINDINGS {
        lines.push(format!(
            "and {} more (see --json)",
            count((findings.len() - SHOWN_FINDINGS) as u64)
        ));
    }
    write_list(&lines, look, out)?;
    writeln!(out)
}

/// Writes what was odd in several snapshots, each with its file in front, and which were not used.
pub(super) fn oddities(
    findings: &[FindingEntry],
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    let title = match findings.iter().all(FindingEntry::is_left_out) {
        true => "Some snapshots were left out.",
        false => "Some snapshots have oddities; the figures may be affected.",
    };
    writeln!(out, "{} {}", look.paint(Role::Warning, "!"), look.paint(Role::Warning, title))?;
    let mut lines: Vec<String> = findings.iter().take(SHOWN_FINDINGS).map(in_words).collect();
    if findings.len() > SHOWN_FINDINGS {
        let more = count((findings.len() - SHOWN_FINDINGS) as u64);
        lines.push(format!("and {more} more (see --json)"));
    }
    write_list(&lines, look, out)?;
    writeln!(out)
}

fn write_list(lines: &[String], look: &Look, out: &mut dyn Write) -> io::Result<()> {
    for text in lines {
        for (at, line) in wrap(&clean(text), look.width.saturating_sub(4)).iter().enumerate() {
            let bullet = if at == 0 { "-" } else { " " };
            writeln!(out, "{} {bullet} {line}", look.paint(Role::Warning, "!"))?;
        }
    }
    Ok(())
}

fn loses_data(kind: &str) -> bool {
    matches!(
        kind,
        "truncated" | "malformed" | "missing_section" | "edge_out_of_range" | "string_out_of_range"
    )
}

fn in_words(finding: &FindingEntry) -> String {
    match finding.offset {
        Some(offset) if !finding.message.contains("byte") => {
            format!("{} (byte {})", finding.message, count(offset))
        }
        _ => finding.message.clone(),
    }
}
