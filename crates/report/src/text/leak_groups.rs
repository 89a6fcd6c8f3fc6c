//! Whose what goes on growing is.

use std::io::{self, Write};

use super::attribution::{column, name, rest};
use super::heading::section;
use super::table::{Cell, Kind, Table};
use super::{Look, Role};
use crate::wire::LeakGroupsEntry;

/// Writes the groups with their suspects.
pub(super) fn write(found: &LeakGroupsEntry, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    if found.groups.is_empty() {
        return Ok(());
    }
    section("Whose it is", look, out)?;
    let mut table = Table::new(vec![
        column(found.by),
        ("Above", Kind::Text),
        ("Each interval", Kind::Number),
        ("Held at first", Kind::Number),
        ("At last", Kind::Number),
    ])
    .indent(2);
    for group in &found.groups {
        let ranks: Vec<String> = group.suspects.iter().map(|rank| format!("{rank}.")).collect();
        let at = |size: Option<&u64>| Cell::plain(look.size(size.copied().unwrap_or(0)));
        table.row(vec![
            match &group.name {
                Some(known) => name(known, group.version.as_deref(), group.folder.as_deref()),
                None => Cell::new(Role::Class, format!("({})", rest(found.by))),
            },
            Cell::plain(ranks.join(" ")),
            Cell::plain(look.size(group.bytes_per_interval.round().max(0.0) as u64)),
            at(group.held_sizes.first()),
            at(group.held_sizes.last()),
        ]);
    }
    table.write(look, out)
}
