//! The Statistics view.

use std::io::{self, Write};

use super::numbers::{share, signed_size};
use super::table::{Cell, Kind, Table};
use super::{Look, Page, Role, words};
use crate::wire::{SnapshotEntry, StatisticsBody, StatisticsEntry};

/// Columns of the bars.
const BAR: u64 = 24;

impl Page for StatisticsBody {
    fn write_page(&self, _: &SnapshotEntry, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        write(&self.statistics, look, out)
    }
}

/// Writes one line for each part of the heap, largest first.
pub(super) fn write(
    statistics: &StatisticsEntry,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = Table::new(vec![
        ("", Kind::Text),
        ("", Kind::Number),
        ("", Kind::Number),
        ("", Kind::Text),
    ])
    .indent(2);
    for (name, bytes) in words::parts(statistics) {
        let positive = u64::try_from(bytes).unwrap_or(0);
        table.row(vec![
            Cell::plain(name),
            Cell::plain(signed_size(bytes, look.sizes)),
            Cell::new(Role::Faint, share(positive, statistics.total)),
            Cell::new(Role::Class, bar(positive, statistics.total)),
        ]);
    }
    table.row(vec![
        Cell::new(Role::Strong, "Total"),
        Cell::new(Role::Strong, look.size(statistics.total)),
        Cell::plain(""),
        Cell::plain(""),
    ]);
    table.write(look, out)
}

fn bar(part: u64, whole: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (u128::from(part) * u128::from(BAR * 8) / u128::from(whole.max(1))) as usize;
    let eighths = eighths.min(BAR as usize * 8);
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}
