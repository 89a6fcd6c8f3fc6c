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
struct TreeTable<'a> {
    table: Table,
    /// The first number of children that are not opened.
    folded: u64,
    total: u64,
    look: &'a Look,
}

impl<'a> TreeTable<'a> {
    fn new(title: &'static str, total: u64, look: &'a Look) -> Self {
        let table = figures::table(&[(title, Kind::Text)]);
        TreeTable { table, folded: 0, total, look }
    }

    fn row(&mut self, name: Cell, figures: &Figures) {
        self.table.row(figures.after(vec![name], self.total, self.look));
    }

    /// Adds the rows of a tree, of which `hidden` topmost ones are missing; `describe` says what
    /// stands in a row.
    fn rows<T>(
        &mut self,
        rows: &[T],
        bare: u32,
        hidden: u64,
        shape: impl Fn(&T) -> (u32, u64),
        describe: impl Fn(&T) -> (Cell, Figures),
    ) {
        let drawn = tree::drawn_levels(self.look.width);
        for (strokes, line) in tree::lines(rows.iter().map(shape), bare, hidden, drawn) {
            let strokes = Cell::kept(Role::Faint, strokes);
            match line {
                Line::Row { at, folded } => {
                    if let Some(row) = rows.get(at) {
                        let (name, figures) = describe(row);
                        if self.folded == 0 {
                            self.folded = folded;
                        }
                        self.row(strokes.join(with_folded(name, folded)), &figures);
                    }
                }
                Line::Hidden(hidden) => {
                    let mut cells =
                        vec![strokes.then(Role::Faint, format!("{} more", count(hidden)))];
                    cells.resize(5, Cell::plain(""));
                    self.table.row(cells);
                }
            }
        }
    }
}

impl Page for ContainmentBody {
    fn write_page(
        &self,
        snapshot: &SnapshotEntry,
        look: &Look,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mut tree = TreeTable::new("Object", snapshot.total_size, look);
        tree.row(label(&self.object), &Figures::from(&self.object));
        let describe = |row: &ContainmentRow| {
            let edge = Cell::new(Role::Edge, clean(&row.edge.text)).then(Role::Plain, "  ");
            (marked(edge.join(label(&row.object)), row.cycle, "above"), Figures::from(&row.object))
        };
        let shape = |row: &ContainmentRow| (row.depth, row.hidden_children);
        tree.rows(&self.containment, 0, self.hidden_children, shape, describe);
        tree.table.write(look, out)?;
        legend(tree.folded, CHILDREN, look, out)?;
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
        let mut tree = TreeTable::new("Object", snapshot.total_size, look);
        let shape = |row: &DominatorRow| (row.depth, row.hidden_children);
        tree.rows(&self.dominators, 1, 0, shape, dominator);
        tree.table.write(look, out)?;
        legend(tree.folded, CHILDREN, look, out)
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
        let mut tree = TreeTable::new("Object", snapshot.total_size, look);
        let own = Figures { distance: self.distance, ..Figures::from(&self.object) };
        tree.row(marked(label(&self.object), self.unreachable, "unreachable"), &own);
        let describe = |row: &RetainerRow| {
            let edge = Cell::new(Role::Edge, clean(&row.edge.text)).then(Role::Faint, " in ");
            let name = marked(edge.join(label(&row.object)), row.cycle, "above");
            let figures = Figures { distance: row.distance_in_view, ..Figures::from(&row.object) };
            let name = marked(name, row.ignored, "ignored");
            (marked(name, row.unreachable, "unreachable"), figures)
        };
        let shape = |row: &RetainerRow| (row.depth, row.hidden_children);
        tree.rows(&self.retainers, 0, self.hidden_children, shape, describe);
        tree.table.write(look, out)?;
        legend(tree.folded, RETAINERS, look, out)?;
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
pub(super) fn legend(
    folded: u64,
    [one, many]: [&str; 2],
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
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
pub(super) fn with_folded(name: Cell, folded: u64) -> Cell {
    if folded > 0 { name.then_if_room(Role::Faint, format!("  +{}", count(folded))) } else { name }
}

fn marked(name: Cell, marked: bool, word: &str) -> Cell {
    if marked { name.then_if_room(Role::Warning, format!(" ({word})")) } else { name }
}
