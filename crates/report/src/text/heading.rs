//! What stands above an answer: the snapshot's name, and what is wrong with it.

use std::io::{self, Write};

use heapglass_graph::FindingKind;

use super::fit::{clean, wrap};
use super::numbers::count;
use super::{Look, Role};
use crate::wire::{FindingEntry, SnapshotEntry};

/// The most findings a page shows; `--json` has them all.
const SHOWN_FINDINGS: usize = 8;
/// Findings of snapshots of which something is missing.
const LOST: &[FindingKind] = &[
    FindingKind::Truncated,
    FindingKind::Malformed,
    FindingKind::MissingSection,
    FindingKind::EdgeOutOfRange,
    FindingKind::StringOutOfRange,
];
/// Findings that say themselves where they are: after the end.
const PLACED: &[FindingKind] = &[FindingKind::TrailingBytes];

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
    if findings.is_empty() {
        if !snapshot.partial {
            return Ok(());
        }
        let text =
            "The collector marked this file PARTIAL, but it was read to its end: it is complete.";
        return writeln!(out, "{}\n", look.paint(Role::Faint, text));
    }
    let incomplete = is_incomplete(findings);
    let title = if incomplete {
        "This snapshot is not complete. All figures cover only what could be read."
    } else {
        "This snapshot has oddities; its figures may be affected."
    };
    let partial = if incomplete {
        "the collector marked the file PARTIAL: it stopped before the end"
    } else {
        "the collector marked the file PARTIAL, but it was read to its end"
    };
    warning(title, findings, snapshot.partial.then_some(partial), look, out)
}

/// Whether something of a snapshot is missing.
pub(super) fn is_incomplete(findings: &[FindingEntry]) -> bool {
    findings.iter().any(|finding| finding.is_any_of(LOST))
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
    warning(title, findings, None, look, out)
}

/// Writes findings below a title, and after those that are shown something more.
fn warning(
    title: &str,
    findings: &[FindingEntry],
    also: Option<&str>,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut lines: Vec<String> = findings.iter().take(SHOWN_FINDINGS).map(in_words).collect();
    lines.extend(also.map(str::to_owned));
    if findings.len() > SHOWN_FINDINGS {
        let more = count((findings.len() - SHOWN_FINDINGS) as u64);
        lines.push(format!("and {more} more (see --json)"));
    }
    let mark = look.paint(Role::Warning, "!");
    writeln!(out, "{mark} {}", look.paint(Role::Warning, title))?;
    for text in &lines {
        for (at, line) in wrap(&clean(text), look.width.saturating_sub(4)).iter().enumerate() {
            let bullet = if at == 0 { "-" } else { " " };
            writeln!(out, "{mark} {bullet} {line}")?;
        }
    }
    writeln!(out)
}

fn in_words(finding: &FindingEntry) -> String {
    match finding.offset {
        Some(offset) if !finding.is_any_of(PLACED) => {
            format!("{} (byte {})", finding.message, count(offset))
        }
        _ => finding.message.clone(),
    }
}
