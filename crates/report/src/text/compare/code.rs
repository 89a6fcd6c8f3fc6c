//! The page of `compare --by`: who holds more.

use std::io::{self, Write};

use super::several::{shown_snapshots, totals, trend};
use super::{ComparisonPage, delta};
use crate::text::attribution::{column, name, rest, words};
use crate::text::numbers::counted;
use crate::text::prose::{paragraph, rows_footer};
use crate::text::table::{Cell, Kind, Table};
use crate::text::{Look, Role};
use crate::wire::{CompareCodeBody, SnapshotEntry};

/// Titles of the sizes of each snapshot.
const HOLDS: [&str; 6] = ["Holds 1", "Holds 2", "Holds 3", "Holds 4", "Holds 5", "Holds 6"];

impl ComparisonPage for CompareCodeBody {
    fn write_page(
        &self,
        snapshots: &[SnapshotEntry],
        look: &Look,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        totals(snapshots, look, out)?;
        let first = self.groups.first().filter(|group| group.size_delta > 0);
        let text = match first {
            Some(group) => format!(
                "From the first to the last, {} holds {} more than before.",
                group.name,
                look.size_in_words(group.size_delta.unsigned_abs())
            ),
            None if self.groups.is_empty() => "Nothing matches.".to_owned(),
            None => "None of it holds more in the last than in the first.".to_owned(),
        };
        paragraph(&text, look, out)?;
        writeln!(out)?;
        table(self, snapshots.len(), look).write(look, out)?;
        let (one, many) = words(self.by);
        let all = counted(self.group_count, one, many);
        rows_footer(self.groups.len(), self.group_count, &all, "one", look, out)
    }
}

fn table(body: &CompareCodeBody, snapshots: usize, look: &Look) -> Table {
    let shown = shown_snapshots(snapshots, HOLDS.len());
    let (title, kind) = column(body.by);
    let mut columns = vec![(title, kind), ("Trend", Kind::Text)];
    columns.extend(shown.iter().map(|&at| {
        let ends = if at == 0 { "First" } else { "Last" };
        let title = HOLDS.get(at).filter(|_| snapshots <= HOLDS.len());
        (title.copied().unwrap_or(ends), Kind::Number)
    }));
    columns.push(("Growth", Kind::Number));
    let last = shown.len().saturating_sub(1);
    let optional: Vec<usize> = (1..last).chain([0, last]).map(|at| 2 + at).collect();
    let mut table = Table::new(columns).optional(&optional);
    let groups = body.groups.iter().map(|group| {
        let name = name(&group.name, group.version.as_deref(), group.folder.as_deref());
        (name, &group.held_sizes, group.size_delta)
    });
    let rest = Cell::new(Role::Class, format!("({})", rest(body.by)));
    let rest = (rest, &body.unattributed_sizes, body.unattributed_delta);
    for (name, sizes, growth) in groups.chain([rest]) {
        let size = |at: usize| sizes.get(at).copied().unwrap_or(0);
        let mut cells = vec![name, Cell::kept(Role::Class, trend(sizes))];
        cells.extend(shown.iter().map(|&at| Cell::plain(look.size(size(at)))));
        cells.push(Cell::plain(delta(growth, look)));
        table.row(cells);
    }
    table
}
