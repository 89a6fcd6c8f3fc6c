//! The Containment view, the dominator tree and the Retainers pane.

use std::io::{self, Write};

use super::figures::{self, Figures};
use super::fit::clean;
use super::numbers::{count, counted};
use super::prose::{footer, rows_footer};
use super::summary::{class_of, label};
use super::table::{Cell, Kind, Table};
use super::tree::{self, Line};
use super::{Look, Page, Role};
use crate::wire::{
    ContainmentBody, ContainmentRow, DominatorRow, DominatorsBody, RetainerRow, RetainersBody,
    SnapshotEntry,
};

/// A table whose first column is a tree.
pub(super) struct TreeTable<'a> {
    table: Table,
    /// The first number of children that are not opened.
    folded: u64,
    look: &'a Look,
}

impl<'a> TreeTable<'a> {
    pub(super) fn new(table: Table, look: &'a Look) -> Self {
        TreeTable { table, folded: 0, look }
    }

    /// Adds the rows of a tree, of which `hidden` topmost ones are missing; `describe` says what
    /// stands in a row: its name, and the cells after it.
    pub(super) fn rows<T>(
        &mut self,
        rows: &[T],
        bare: u32,
        hidden: u64,
        shape: impl Fn(&T) -> (u32, u64),
        describe: impl Fn(&T) -> (Cell, Vec<Cell>),
    ) {
        let drawn = tree::drawn_levels(self.look.width);
        for (strokes, line) in tree::lines(rows.iter().map(shape), bare, hidden, drawn) {
            let (name, others) = match line {
                Line::Row { at, folded } => {
                    let Some(row) = rows.get(at) else { continue };
                    if self.folded == 0 {
                        self.folded = folded;
                    }
                    let (name, others) = describe(row);
                    (with_folded(name, folded), others)
                }
                Line::Hidden(hidden) => {
                    (Cell::new(Role::Faint, format!("{} more", count(hidden))), Vec::new())
                }
            };
            let name = Cell::kept(Role::Faint, strokes).join(name);
            self.table.row(std::iter::once(name).chain(others).collect());
        }
    }

    /// Writes the table, and explains the number after a name, if there is one; what is below a row is called `what`.
    pub(super) fn write(&self, what: [&str; 2], out: &mut dyn Write) -> io::Result<()> {
        self.table.write(self.look, out)?;
        legend(self.folded, what, self.look, out)
    }
}

impl Page for ContainmentBody {
    fn write_page(
        &self,
        snapshot: &SnapshotEntry,
        look: &Look,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let total = snapshot.total_size;
        let mut tree = TreeTable::new(figures::table(&[("Object", Kind::Text)]), look);
        tree.table.row(Figures::from(&self.object).after(vec![label(&self.object)], total, look));
        let describe = |row: &ContainmentRow| {
            let edge = Cell::new(Role::Edge, clean(&row.edge.text)).then(Role::Plain, "  ");
            let name = marked(edge.join(label(&row.object)), row.cycle, "above");
            (name, Figures::from(&row.object).cells(total, look))
        };
        let shape = |row: &ContainmentRow| (row.depth, row.hidden_children);
        tree.rows(&self.containment, 0, self.hidden_children, shape, describe);
        tree.write(CHILDREN, out)?;
        let shown = self.containment.iter().filter(|row| row.depth == 0).count();
        all_footer(shown, self.hidden_children, CHILDREN, look, out)
    }
}

impl Page for DominatorsBody {
    fn write_page(
        &self,
        snapshot: &SnapshotEntry,
        look: &Look,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mut tree = TreeTable::new(figures::table(&[("Object", Kind::Text)]), look);
        let describe = |row: &DominatorRow| {
            let (name, figures) = dominator(row);
            (name, figures.cells(snapshot.total_size, look))
        };
        let shape = |row: &DominatorRow| (row.depth, row.hidden_children);
        tree.rows(&self.dominators, 1, 0, shape, describe);
        tree.write(CHILDREN, out)
    }
}

fn dominator(row: &DominatorRow) -> (Cell, Figures) {
    let name = if row.count == 1 {
        label(&row.object)
    } else {
        Cell::new(Role::Strong, format!("{} × ", count(row.count)))
            .then(Role::Class, clean(&class_of(&row.object)))
    };
    let distance = row.object.distance;
    (name, Figures { distance, shallow_size: row.shallow_size, retained_size: row.retained_size })
}

impl Page for RetainersBody {
    fn write_page(
        &self,
        snapshot: &SnapshotEntry,
        look: &Look,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let total = snapshot.total_size;
        let mut tree = TreeTable::new(figures::table(&[("Object", Kind::Text)]), look);
        let own = Figures { distance: self.distance, ..Figures::from(&self.object) };
        let name = marked(label(&self.object), self.unreachable, "unreachable");
        tree.table.row(own.after(vec![name], total, look));
        let describe = |row: &RetainerRow| {
            let edge = Cell::new(Role::Edge, clean(&row.edge.text)).then(Role::Faint, " in ");
            let name = marked(edge.join(label(&row.object)), row.cycle, "above");
            let figures = Figures { distance: row.distance_in_view, ..Figures::from(&row.object) };
            let name = marked(name, row.ignored, "ignored");
            (marked(name, row.unreachable, "unreachable"), figures.cells(total, look))
        };
        let shape = |row: &RetainerRow| (row.depth, row.hidden_children);
        tree.rows(&self.retainers, 0, self.hidden_children, shape, describe);
        tree.write(RETAINERS, out)?;
        if self.retainers.is_empty() {
            writeln!(
                out,
                "{}",
                look.paint(Role::Faint, "Nothing holds it, or only weak edges do (--weak).")
            )?;
        }
        if self.unreachable {
            let text = "Without what is ignored no root reaches it: nothing else keeps it alive.";
            footer(text, look, out)?;
        }
        let shown = self.retainers.iter().filter(|row| row.depth == 0).count();
        all_footer(shown, self.hidden_children, RETAINERS, look, out)
    }
}

/// What is below a row of a tree, one and many.
pub(super) const CHILDREN: [&str; 2] = ["child", "children"];
const RETAINERS: [&str; 2] = ["retainer", "retainers"];

/// Explains the number after a name, if there is one.
fn legend(folded: u64, [one, many]: [&str; 2], look: &Look, out: &mut dyn Write) -> io::Result<()> {
    if folded == 0 {
        return Ok(());
    }
    let text =
        format!("+{} after a name: {} not shown.", count(folded), counted(folded, one, many));
    footer(&text, look, out)
}

/// Says how many topmost rows there are and how to see all, where some are missing.
fn all_footer(
    shown: usize,
    hidden: u64,
    [one, many]: [&str; 2],
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    if hidden == 0 {
        return Ok(());
    }
    let all = shown as u64 + hidden;
    rows_footer(shown, all, &counted(all, one, many), one, look, out)
}

/// The name with the number of its children that are not opened.
fn with_folded(name: Cell, folded: u64) -> Cell {
    if folded > 0 { name.then_if_room(Role::Faint, format!("  +{}", count(folded))) } else { name }
}

fn marked(name: Cell, marked: bool, word: &str) -> Cell {
    if marked { name.then_if_room(Role::Warning, format!(" ({word})")) } else { name }
}
