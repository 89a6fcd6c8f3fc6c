//! The Summary view: classes, and the objects of a class.

use std::collections::HashMap;
use std::io::{self, Write};

use heapglass_analysis::name_with_original;

use super::figures::{self, Figures};
use super::fit::clean;
use super::numbers::{count, counted};
use super::prose::rows_footer;
use super::table::{Cell, Kind, Table};
use super::{Look, Page, Role};
use crate::wire::{ClassEntry, InstancesBody, ObjectEntry, SnapshotEntry, SummaryBody};

impl Page for SummaryBody {
    fn write_page(
        &self,
        snapshot: &SnapshotEntry,
        look: &Look,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if self.class_count == 0 {
            return writeln!(out, "No class matches.");
        }
        class_table(&self.classes, snapshot.total_size, 0, look).write(look, out)?;
        let classes = counted(self.class_count, "class", "classes");
        let objects = counted(self.object_count, "object", "objects");
        let size = look.size_in_words(self.shallow_size);
        let all = format!("{classes}; {objects}, {size} in all");
        rows_footer(self.classes.len(), self.class_count, &all, "class", look, out)
    }
}

impl Page for InstancesBody {
    fn write_page(
        &self,
        snapshot: &SnapshotEntry,
        look: &Look,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if !self.classes.is_empty() {
            class_table(&self.classes, snapshot.total_size, 0, look).write(look, out)?;
            writeln!(out)?;
        }
        object_table(&self.objects, snapshot.total_size, 0, look).write(look, out)?;
        let objects = counted(self.object_count, "object", "objects");
        let all = format!("{objects}, {} in all", look.size_in_words(self.shallow_size));
        rows_footer(self.objects.len(), self.object_count, &all, "object", look, out)
    }
}

/// A table of classes; shares are those of `total`.
pub(super) fn class_table(classes: &[ClassEntry], total: u64, indent: usize, look: &Look) -> Table {
    let mut seen: HashMap<&str, u32> = HashMap::new();
    for class in classes {
        *seen.entry(&class.class_name).or_default() += 1;
    }
    let mut table =
        figures::table(&[("Class", Kind::Text), ("Count", Kind::Number)]).indent(indent);
    for class in classes {
        let shown = name_with_original(&class.class_name, class.original_name.as_deref());
        let mut name = Cell::new(Role::Class, clean(&shown));
        if seen.get(&*class.class_name).is_some_and(|&times| times > 1) {
            name = name.then(Role::Faint, place(&class.class_key, class.script.as_deref()));
        }
        let own = vec![name, Cell::plain(count(class.count))];
        table.row(Figures::from(class).after(own, total, look));
    }
    table
}

/// Where a class is written, to tell it from others of its name: its key is
/// `script,line,column,name`, with line and column from 0 and the script's number or name; of a number
/// `known` is the name, where that is known.
pub(super) fn place(class_key: &str, known: Option<&str>) -> String {
    let mut parts = class_key.splitn(4, ',');
    let (script, line, column) = (parts.next(), parts.next(), parts.next());
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<u64>().ok());
    match (script, number(line), number(column)) {
        (Some(script), Some(line), Some(column)) if !script.is_empty() => {
            let is_number = script.bytes().all(|byte| byte.is_ascii_digit());
            let word = if is_number && known.is_none() { "script " } else { "" };
            let script = known.unwrap_or(script);
            let file = script.rsplit(['/', '\\']).next().unwrap_or(script);
            format!("  {word}{}:{}:{}", clean(file), line + 1, column + 1)
        }
        _ => String::new(),
    }
}

/// A table of objects; shares are those of `total`.
pub(super) fn object_table(
    objects: &[ObjectEntry],
    total: u64,
    indent: usize,
    look: &Look,
) -> Table {
    let with_edges = objects.iter().any(|object| object.edge_count.is_some());
    let with_holders = objects.iter().any(|object| object.held_as.is_some());
    let mut columns = vec![("Object", Kind::Text)];
    columns.extend(with_edges.then_some(("Edges", Kind::Number)));
    columns.extend(with_holders.then_some(("Held as", Kind::Text)));
    let mut table = figures::table(&columns).indent(indent);
    if with_holders {
        // What holds an object goes before its distance, and after the share.
        let own = columns.len();
        table = table.optional(&[own + 3, own - 1, own]);
    }
    for object in objects {
        let mut own = vec![label(object)];
        if with_edges {
            own.push(Cell::plain(object.edge_count.map(count).unwrap_or_default()));
        }
        if with_holders {
            own.push(Cell::plain(clean(object.held_as.as_deref().unwrap_or_default())));
        }
        table.row(Figures::from(object).after(own, total, look));
    }
    table
}

/// The class of an object, with the name that it was written by.
pub(super) fn class_of(object: &ObjectEntry) -> String {
    name_with_original(&object.class_name, object.original_class_name.as_deref())
}

/// An object's label with its id set back; the id is never cut, as it is what people copy.
pub(super) fn label(object: &ObjectEntry) -> Cell {
    let id = format!(" @{}", object.id);
    let name = object.label.strip_suffix(&id).unwrap_or(&object.label);
    let role = if object.is_string() { Role::Text } else { Role::Class };
    Cell::new(role, clean(name)).then_kept(Role::Faint, id)
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_class_is_told_by_the_file_that_it_is_written_in() {
        for (key, known, told) in [
            ("65,296,15,Module", None, "  script 65:297:16"),
            ("65,296,15,Module", Some("/app/lib/loader.js"), "  loader.js:297:16"),
            ("65,296,15,Module", Some("C:\\app\\loader.js"), "  loader.js:297:16"),
            ("65,296,15,Module", Some("node:events"), "  node:events:297:16"),
            ("/app/lib/loader.js,296,15,Module", None, "  loader.js:297:16"),
            (",Module", Some("/app/lib/loader.js"), ""),
        ] {
            assert_eq!(place(key, known), told, "{key} {known:?}");
        }
    }
}
