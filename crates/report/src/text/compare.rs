//! The pages of `compare`.

mod code;
mod several;
mod words;

use std::collections::HashMap;
use std::io::{self, Write};

use heapglass_analysis::name_with_original;

use super::fit::clean;
use super::heading::{damage, section};
use super::numbers::{count, counted, signed_size};
use super::prose::{paragraph, rows_footer};
use super::summary::{label, object_table, place};
use super::table::{Cell, Kind, Table};
use super::{Look, Role};
use crate::wire::{
    ClassChangeEntry, CompareBody, CompareObjectsBody, ComparisonDocument, GrownObjectEntry,
    SnapshotEntry, script_of_key,
};

/// Bytes by which an object has to grow itself to be on the page: some of V8's own always do a little.
const WORTH_A_LINE: i64 = 1_000;

/// An answer about several snapshots together that can be written for people.
pub trait ComparisonPage {
    /// Writes the answer about `snapshots`.
    fn write_page(
        &self,
        snapshots: &[SnapshotEntry],
        look: &Look,
        out: &mut dyn Write,
    ) -> io::Result<()>;
}

impl<B: ComparisonPage> ComparisonDocument<B> {
    /// Writes the whole document: first what is damaged, then the answer.
    pub fn write_text(&self, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        for (snapshot, odd) in self.snapshots.iter().zip(&self.findings) {
            if !odd.findings.is_empty() || snapshot.partial {
                writeln!(out, "{}", look.paint(Role::Heading, &clean(&snapshot.file)))?;
                damage(snapshot, &odd.findings, look, out)?;
            }
        }
        self.body.write_page(&self.snapshots, look, out)
    }
}

impl ComparisonPage for CompareBody {
    fn write_page(&self, _: &[SnapshotEntry], look: &Look, out: &mut dyn Write) -> io::Result<()> {
        for sentences in words::verdict(self, look.sizes) {
            paragraph(&sentences, look, out)?;
        }
        if self.class_count == 0 {
            return writeln!(out, "\nNo class that matches has changed.");
        }
        section("Classes", look, out)?;
        let table = match self.same_process {
            true => joined_table(&self.classes, &self.script_names, look),
            false => apart_table(&self.classes, &self.script_names, look),
        };
        table.write(look, out)?;
        let classes = counted(self.class_count, "class", "classes");
        let is_all = self.classes.len() as u64 >= self.class_count;
        let all = format!("{classes} {}changed", if is_all { "" } else { "that " });
        rows_footer(self.classes.len(), self.class_count, &all, "class", look, out)?;
        if !self.grown_objects.is_empty() {
            section("Objects that hold more than before", look, out)?;
            grown_table(&self.grown_objects, look).write(look, out)?;
        }
        let own: Vec<&GrownObjectEntry> = self
            .grown_objects_by_shallow_size
            .iter()
            .filter(|own| own.shallow_size_delta >= WORTH_A_LINE)
            .filter(|own| self.grown_objects.iter().all(|known| known.object.id != own.object.id))
            .collect();
        if !own.is_empty() {
            section("Other objects that grew themselves", look, out)?;
            grown_table(own, look).write(look, out)?;
        }
        Ok(())
    }
}

impl ComparisonPage for CompareObjectsBody {
    fn write_page(
        &self,
        snapshots: &[SnapshotEntry],
        look: &Look,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if self.wrong_order {
            paragraph(words::WRONG_ORDER, look, out)?;
            writeln!(out)?;
        }
        joined_table(&self.classes, &self.script_names, look).write(look, out)?;
        let lists = [
            ("New objects", &self.added_objects, self.added_count, snapshots.last()),
            (
                "Deleted objects, as they were",
                &self.deleted_objects,
                self.deleted_count,
                snapshots.first(),
            ),
        ];
        for (title, objects, number, snapshot) in lists {
            section(title, look, out)?;
            if objects.is_empty() {
                writeln!(out, "None.")?;
                continue;
            }
            let total = snapshot.map_or(0, |snapshot| snapshot.total_size);
            object_table(objects, total, 0, look).write(look, out)?;
            if (objects.len() as u64) < number {
                let all = counted(number, "object", "objects");
                rows_footer(objects.len(), number, &all, "object", look, out)?;
            }
        }
        Ok(())
    }
}

/// The table of snapshots of one process: DevTools' columns, and how objects grew that were there.
fn joined_table(
    classes: &[ClassChangeEntry],
    scripts: &HashMap<u32, String>,
    look: &Look,
) -> Table {
    let number = Kind::Number;
    let mut table = Table::new(vec![
        ("Class", Kind::Text),
        ("New", number),
        ("Deleted", number),
        ("Delta", number),
        ("Allocated", number),
        ("Freed", number),
        ("Size delta", number),
        ("Grown", number),
    ])
    .optional(&[5, 4, 2, 1, 3]);
    let names = Names::of(classes.iter().map(|class| class.class_name.as_str()), scripts);
    for class in classes {
        let grown = difference(class.grown_size, class.shrunk_size);
        table.row(vec![
            names.cell(&class.class_name, class.original_name.as_deref(), &class.class_key),
            Cell::plain(count(class.new_count.unwrap_or(0))),
            Cell::plain(count(class.deleted_count.unwrap_or(0))),
            Cell::plain(signed_count(class.count_delta)),
            Cell::plain(look.size(class.allocated_size.unwrap_or(0))),
            Cell::plain(look.size(class.freed_size.unwrap_or(0))),
            Cell::plain(delta(class.size_delta, look)),
            Cell::plain(delta(grown, look)),
        ]);
    }
    table
}

/// The table of snapshots of two processes.
fn apart_table(classes: &[ClassChangeEntry], scripts: &HashMap<u32, String>, look: &Look) -> Table {
    let number = Kind::Number;
    let mut table = Table::new(vec![
        ("Class", Kind::Text),
        ("First", number),
        ("Second", number),
        ("Delta", number),
        ("First size", number),
        ("Second size", number),
        ("Size delta", number),
    ])
    .optional(&[1, 2, 4, 5, 3]);
    let names = Names::of(classes.iter().map(|class| class.class_name.as_str()), scripts);
    for class in classes {
        table.row(vec![
            names.cell(&class.class_name, class.original_name.as_deref(), &class.class_key),
            Cell::plain(count(class.base_count)),
            Cell::plain(count(class.count)),
            Cell::plain(signed_count(class.count_delta)),
            Cell::plain(look.size(class.base_size)),
            Cell::plain(look.size(class.size)),
            Cell::plain(delta(class.size_delta, look)),
        ]);
    }
    table
}

fn grown_table<'a>(objects: impl IntoIterator<Item = &'a GrownObjectEntry>, look: &Look) -> Table {
    let number = Kind::Number;
    let mut table = Table::new(vec![
        ("Object", Kind::Text),
        ("Held as", Kind::Text),
        ("Itself", number),
        ("Retained", number),
        ("Before", number),
        ("Now", number),
    ])
    .optional(&[4, 2, 5, 1]);
    for grown in objects {
        table.row(vec![
            label(&grown.object),
            Cell::plain(clean(grown.object.held_as.as_deref().unwrap_or_default())),
            Cell::plain(delta(grown.shallow_size_delta, look)),
            Cell::plain(delta(grown.retained_size_delta, look)),
            Cell::plain(look.size(grown.base_retained_size)),
            Cell::plain(look.size(grown.object.retained_size)),
        ]);
    }
    table
}

/// Names of classes, with their place where there are several of one name.
struct Names<'a> {
    seen: HashMap<&'a str, u32>,
    scripts: &'a HashMap<u32, String>,
}

impl<'a> Names<'a> {
    /// `scripts` are the names of scripts that are known, by the numbers in class keys.
    fn of(names: impl Iterator<Item = &'a str>, scripts: &'a HashMap<u32, String>) -> Names<'a> {
        let mut seen = HashMap::new();
        for name in names {
            *seen.entry(name).or_default() += 1;
        }
        Names { seen, scripts }
    }

    fn cell(&self, name: &str, original: Option<&str>, key: &str) -> Cell {
        let cell = Cell::new(Role::Class, clean(&name_with_original(name, original)));
        match self.seen.get(name) {
            Some(2..) => {
                let script = script_of_key(key).and_then(|number| self.scripts.get(&number));
                cell.then(Role::Faint, clean(&place(key, script.map(String::as_str))))
            }
            _ => cell,
        }
    }
}

/// `a - b` of sizes; what is not known counts as 0.
fn difference(a: Option<u64>, b: Option<u64>) -> i64 {
    let signed = |size: Option<u64>| i64::try_from(size.unwrap_or(0)).unwrap_or(i64::MAX);
    signed(a) - signed(b)
}

/// A size with its sign: `+1.2 MB`.
fn delta(bytes: i64, look: &Look) -> String {
    let sign = if bytes > 0 { "+" } else { "" };
    format!("{sign}{}", signed_size(bytes, look.sizes))
}

/// A count with its sign: `+1,234`.
fn signed_count(number: i64) -> String {
    let sign = match number {
        1.. => "+",
        0 => "",
        _ => "-",
    };
    format!("{sign}{}", count(number.unsigned_abs()))
}
