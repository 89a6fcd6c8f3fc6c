//! What stands below the pages of several snapshots: each of them in one line.

use std::io::{self, Write};

use super::fit::clean;
use super::heading::{is_incomplete, section};
use super::prose::remark;
use super::table::{Cell, Kind, Table};
use super::{Look, Page, Role};
use crate::wire::{Document, SnapshotEntry};

/// The answer about a snapshot in a few words.
#[derive(Debug, Clone)]
pub struct Brief {
    snapshot: SnapshotEntry,
    is_incomplete: bool,
    answer: String,
}

impl Brief {
    /// What is said of a snapshot among others; `None` for answers that are tables through and through.
    pub fn of<B: Page>(document: &Document<B>) -> Option<Brief> {
        Some(Brief {
            answer: document.body.in_brief()?,
            is_incomplete: is_incomplete(&document.findings),
            snapshot: document.snapshot.clone(),
        })
    }

    /// The pod and its container, or the file.
    fn place(&self) -> String {
        let SnapshotEntry { file, pod, container, .. } = &self.snapshot;
        match (pod, container) {
            (Some(pod), Some(container)) => format!("{pod}/{container}"),
            (Some(pod), None) => pod.clone(),
            _ => file.clone(),
        }
    }

    /// What two snapshots have in common only if they are one.
    fn figures(&self) -> (u64, u64, u64) {
        let SnapshotEntry { node_count, edge_count, total_size, .. } = self.snapshot;
        (node_count, edge_count, total_size)
    }
}

/// Writes a table of several snapshots, how many could not be read, and which seem to be copies.
pub fn write_briefs(
    briefs: &[Brief],
    unreadable: usize,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    section("All snapshots", look, out)?;
    let (number, taken) = (("", Kind::Number), ("Taken", Kind::Number));
    let columns = vec![
        number,
        ("Snapshot", Kind::Path),
        taken,
        ("Heap", Kind::Number),
        ("Stands out most", Kind::Text),
    ];
    let mut table = Table::new(columns).indent(2).optional(&[2]);
    for (at, brief) in (1..).zip(briefs) {
        let incomplete = if brief.is_incomplete { "not complete: " } else { "" };
        table.row(vec![
            Cell::new(Role::Faint, format!("{at}.")),
            Cell::plain(clean(&brief.place())),
            Cell::new(Role::Faint, brief.snapshot.taken_at.as_deref().unwrap_or_default()),
            Cell::plain(look.size(brief.snapshot.total_size)),
            Cell::new(Role::Warning, incomplete).then(Role::Plain, clean(&brief.answer)),
        ]);
    }
    table.write(look, out)?;
    for (at, brief) in briefs.iter().enumerate() {
        let same = |other: &Brief| other.figures() == brief.figures();
        if let Some(first) = briefs.iter().take(at).position(same) {
            let copy = format!(
                "{} has the counts and sizes of {}: it seems to be a copy of it.",
                at + 1,
                first + 1
            );
            remark(&copy, look, out)?;
        }
    }
    match unreadable {
        0 => Ok(()),
        1 => remark("1 more could not be read.", look, out),
        more => remark(&format!("{more} more could not be read."), look, out),
    }
}

#[cfg(test)]
mod tests {
    use super::super::SizeStyle;
    use super::*;

    fn brief(file: &str, pod: Option<&str>, total_size: u64, is_incomplete: bool) -> Brief {
        let snapshot = SnapshotEntry {
            file: file.to_owned(),
            node_count: 10,
            edge_count: 20,
            total_size,
            namespace: None,
            pod: pod.map(str::to_owned),
            container: pod.map(|_| "web".to_owned()),
            taken_at: pod.map(|_| "2025-01-05 14:30:22".to_owned()),
            partial: false,
        };
        Brief { snapshot, is_incomplete, answer: "Map of 1,200 × Session (15%)".to_owned() }
    }

    #[test]
    fn several_snapshots_are_told_in_a_line_each() {
        let look = Look { width: 120, colour: false, sizes: SizeStyle::Human };
        let briefs = [
            brief("a", Some("shop-1"), 5_400_000, false),
            brief("b.heapsnapshot", None, 1_000_000, true),
            brief("c", Some("shop-2"), 5_400_000, false),
        ];
        let mut page = Vec::new();
        write_briefs(&briefs, 2, &look, &mut page).expect("memory takes it");
        let lines = [
            "",
            "All snapshots",
            "      Snapshot                      Taken    Heap  Stands out most",
            "  1.  shop-1/web      2025-01-05 14:30:22  5.4 MB  Map of 1,200 × Session (15%)",
            "  2.  b.heapsnapshot                       1.0 MB  not complete: Map of 1,200 × Session (15%)",
            "  3.  shop-2/web      2025-01-05 14:30:22  5.4 MB  Map of 1,200 × Session (15%)",
            "  3 has the counts and sizes of 1: it seems to be a copy of it.",
            "  2 more could not be read.",
            "",
        ];
        assert_eq!(String::from_utf8_lossy(&page), lines.join("\n"));
    }
}
