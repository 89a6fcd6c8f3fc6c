//! Paths that keep something alive.

use std::io::{self, Write};

use heapglass_analysis::name_with_original;

use super::fit::{clean, width, wrap};
use super::numbers::{count, counted, distance};
use super::summary::label;
use super::table::{Cell, Kind, Table};
use super::trees::{CHILDREN, TreeTable};
use super::{Look, Page, Role};
use crate::wire::{BranchEntry, MergedPathsBody, PathEntry, PathsBody, SnapshotEntry};

impl Page for PathsBody {
    fn write_page(&self, _: &SnapshotEntry, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        let size = look.size_in_words(self.object.retained_size);
        let name = clean(&self.object.label);
        writeln!(out, "{} retains {size}.", look.paint(Role::Strong, &name))?;
        if self.paths.is_empty() {
            return writeln!(
                out,
                "No path from any root leads to it: only weak edges do, or nothing at all."
            );
        }
        if let Some(path) = &self.program_path {
            write_path("The program's own way: ", path, look, out)?;
            writeln!(out, "{}", look.paint(Role::Faint, &longer(path, self.paths.first())))?;
        }
        for (number, path) in (1..).zip(&self.paths) {
            write_path(&format!("Path {number}: "), path, look, out)?;
        }
        Ok(())
    }
}

fn write_path(title: &str, path: &PathEntry, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    write_one_line(title, &path.text, look, out)?;
    steps(path, look).write(look, out)?;
    if path.omitted > 0 {
        let note = format!("  {} in the middle left out", counted(path.omitted, "step", "steps"));
        writeln!(out, "{}", look.paint(Role::Faint, &note))?;
    }
    Ok(())
}

/// Says how much longer a program's own way is than the shortest path, and what that leads through.
fn longer(path: &PathEntry, shortest: Option<&PathEntry>) -> String {
    let length = |path: &PathEntry| (path.steps.len() as u64).saturating_add(path.omitted);
    let by = length(path).saturating_sub(shortest.map_or(0, length));
    let by = match by {
        0 => "As long as the shortest".to_owned(),
        by => format!("{} longer than the shortest", counted(by, "step", "steps")),
    };
    format!("  {by}; those below lead through lists of Node's or through compiled code")
}

fn steps(path: &PathEntry, look: &Look) -> Table {
    let mut table = Table::new(vec![
        ("Object", Kind::Text),
        ("Distance", Kind::Number),
        ("Retained", Kind::Number),
    ])
    .optional(&[1])
    .indent(2);
    for step in &path.steps {
        let edge = match &step.edge {
            Some(edge) => Cell::new(Role::Edge, clean(&edge.text)).then(Role::Plain, "  "),
            None => Cell::plain(""),
        };
        table.row(vec![
            edge.join(label(&step.object)),
            Cell::plain(distance(step.object.distance)),
            Cell::plain(look.size(step.object.retained_size)),
        ]);
    }
    table
}

/// Writes a path as one line, or as many as it takes, the later ones set in.
pub(super) fn write_one_line(
    title: &str,
    text: &str,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_labelled(title, text, Role::Edge, look, out)
}

/// Writes a label, and beside it a text on as many lines as it needs.
pub(super) fn write_labelled(
    label: &str,
    text: &str,
    role: Role,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let indent = width(label);
    let room = look.width.saturating_sub(indent).max(20);
    for (at, line) in wrap(&clean(text), room).iter().enumerate() {
        if at == 0 {
            writeln!(out, "{}{}", look.paint(Role::Faint, label), look.paint(role, line))?;
        } else {
            writeln!(out, "{:indent$}{}", "", look.paint(role, line))?;
        }
    }
    Ok(())
}

impl Page for MergedPathsBody {
    fn write_page(&self, _: &SnapshotEntry, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        let names: Vec<_> = self.classes.iter().map(|class| clean(&class.class_name)).collect();
        let name = names.first().map_or("", |name| name);
        writeln!(out, "{} × {}", count(self.targets), look.paint(Role::Strong, name))?;
        if self.unreachable > 0 {
            let without = counted(self.unreachable, "has no path", "have no path");
            writeln!(out, "{without} from any root.")?;
        }
        if !self.common.is_empty() {
            write_one_line("Most hang on  ", &self.common, look, out)?;
        }
        if let Some(way) = &self.program_way {
            write_one_line("Program's way ", &way.line, look, out)?;
            let note =
                "Lists of Node's hold these objects on a shorter way, which is the one below.";
            writeln!(out, "{}", look.paint(Role::Faint, note))?;
        }
        writeln!(out)?;
        let table = Table::new(vec![
            ("Path", Kind::Text),
            ("Objects", Kind::Number),
            ("Targets", Kind::Number),
            ("Retained", Kind::Number),
        ])
        .optional(&[1]);
        let mut tree = TreeTable::new(table, look);
        let shape = |branch: &BranchEntry| (branch.depth, branch.hidden_children);
        let describe = |branch: &BranchEntry| {
            let figures = vec![
                Cell::plain(count(branch.count)),
                Cell::plain(count(branch.targets)),
                Cell::plain(look.size(branch.retained_size)),
            ];
            (branch_name(branch), figures)
        };
        tree.rows(&self.paths, 0, self.hidden_paths, shape, describe);
        tree.write(CHILDREN, out)
    }
}

fn branch_name(branch: &BranchEntry) -> Cell {
    let edge =
        branch.edge.as_ref().map_or(String::new(), |edge| format!("{}  ", clean(&edge.text)));
    let edge = Cell::new(Role::Edge, edge);
    match branch.count {
        1 => edge.join(label(&branch.example)),
        _ => edge.then(
            if branch.is_target { Role::Strong } else { Role::Class },
            clean(&name_with_original(
                &branch.class_name,
                branch.example.original_class_name.as_deref(),
            )),
        ),
    }
}
