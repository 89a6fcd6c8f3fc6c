//! One object in readable form.

use std::io::{self, Write};

use heapglass_analysis::name_with_original;

use super::allocations::write_stack;
use super::details;
use super::fit::{chunks, clean, cut_end, width, wrap};
use super::heading::section;
use super::numbers::{count, counted, distance};
use super::prose::remark;
use super::summary::{class_of, label};
use super::table::{Cell, Kind, Table};
use super::{Look, Page, Role};
use crate::wire::{
    CollectionEntry, ContextVariableEntry, Detachedness, FieldEntry, LocationEntry, MapEntryEntry,
    ObjectBody, ObjectDetail, ObjectEntry, SnapshotEntry, StringEntry, ValueEntry,
};

/// What stands for a key or value that is not in the snapshot.
const NOT_IN_SNAPSHOT: &str = "(not in the snapshot)";
/// What is never in a collection's table.
const WITHOUT_EDGE: &str =
    "Small integers, true, false, null and undefined have no edge in a snapshot";

/// Columns that a string's text may take in all before it is cut; `--json` has the whole of it.
const SHOWN_TEXT: usize = 2_000;

impl Page for ObjectBody {
    fn write_page(&self, _: &SnapshotEntry, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        let detail = &self.object;
        let kind = format!("  {}", kind(&detail.object));
        let name = clean(&detail.object.label);
        writeln!(out, "{}{}", look.paint(Role::Strong, &name), look.paint(Role::Faint, &kind))?;
        facts(detail, look).write(look, out)?;
        if !detail.details.is_empty() {
            section("Contents", look, out)?;
            write_details(detail, look, out)?;
        }
        if !detail.allocation_stack.is_empty() {
            section("Allocated at", look, out)?;
            write_stack(&detail.allocation_stack, look, out)?;
        }
        if let Some(string) = &detail.string {
            write_string(string, look, out)?;
        }
        if let Some(function) = &detail.function {
            variables(
                "Variables it sees",
                &function.variables,
                function.more_variables,
                look,
                out,
            )?;
        }
        variables("Variables", &detail.variables, 0, look, out)?;
        fields("Properties", &detail.properties, detail.more_properties, look, out)?;
        if let Some(collection) = detail.collection {
            map_entries(collection, &detail.entries, detail.more_entries, look, out)?;
        }
        let elements = &detail.elements;
        let title = match elements.length {
            Some(length) => format!("Elements (length {})", count(length)),
            None => "Elements".to_owned(),
        };
        let more = elements.count.saturating_sub(elements.items.len() as u64);
        fields(&title, &elements.items, more, look, out)?;
        if elements.count == 0 && detail.object.class_name == "Array" {
            section(&title, look, out)?;
            remark("None in the snapshot: it is empty, or holds nothing but numbers.", look, out)?;
        }
        if detail.internals.is_empty() && detail.more_internals > 0 {
            let edges = counted(detail.more_internals, "internal edge", "internal edges");
            return writeln!(
                out,
                "\n{}",
                look.paint(Role::Faint, &format!("{edges} not shown (--internals)."))
            );
        }
        fields("Internal edges", &detail.internals, detail.more_internals, look, out)
    }
}

/// Writes what a string says.
fn write_string(string: &StringEntry, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let length = string.length.map(|length| format!(" ({} characters)", count(length)));
    section(&format!("Text{}", length.unwrap_or_default()), look, out)?;
    let text = clean(&string.text);
    let shown = cut_end(&text, SHOWN_TEXT);
    let room = look.width.saturating_sub(2);
    for line in wrap(&shown, room) {
        for piece in chunks(&line, room) {
            writeln!(out, "  {}", look.paint(Role::Text, &piece))?;
        }
    }
    let remark = match string.truncated {
        true => "(the snapshot does not hold all of it)",
        false if shown != text => "(--json has all of it)",
        false => return Ok(()),
    };
    writeln!(out, "  {}", look.paint(Role::Faint, remark))
}

fn kind(object: &ObjectEntry) -> String {
    let detached = match object.detachedness {
        Some(Detachedness::Detached) => ", detached",
        _ => "",
    };
    format!("{} of class {}{detached}", object.node_type, clean(&class_of(object)))
}

fn facts(detail: &ObjectDetail, look: &Look) -> Table {
    let mut table = Table::new(vec![("", Kind::Text), ("", Kind::Path)]).indent(2);
    let mut fact = |name: &str, value: Cell| table.row(vec![Cell::new(Role::Faint, name), value]);
    let object = &detail.object;
    let nodes = counted(detail.retained_count, "node", "nodes");
    fact(
        "Retained size",
        Cell::plain(format!("{} in {nodes}", look.size_in_words(object.retained_size))),
    );
    fact("Shallow size", Cell::plain(look.size_in_words(object.shallow_size)));
    fact("Distance", Cell::plain(distance(object.distance)));
    if !object.is_string() && detail.value != object.label {
        fact("Value", Cell::new(Role::Text, clean(&detail.value)));
    }
    if let Some(location) = &detail.location {
        fact("Written in", Cell::new(Role::Source, position(location)));
    }
    if let Some(prototype) = &detail.prototype {
        fact("Prototype", label(prototype));
    }
    if let Some(dominator) = &detail.dominator {
        fact("Dominated by", label(dominator));
    }
    if let Some(context) = &detail.native_context {
        fact("Native context", label(context));
    }
    let into = counted(detail.retainer_count, "edge", "edges");
    fact("Edges", Cell::plain(format!("{into} in, {} out", count(detail.edge_count))));
    table
}

/// `script:line:column`, as editors and terminals make links of.
pub(super) fn position(location: &LocationEntry) -> String {
    let LocationEntry { script, script_id, line, column, .. } = location;
    match script {
        Some(script) => format!("{}:{line}:{column}", clean(script)),
        None => format!("script {script_id}, line {line}, column {column}"),
    }
}

fn more(hidden: u64, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    if hidden == 0 {
        return Ok(());
    }
    writeln!(out, "  {}", look.paint(Role::Faint, &format!("{} more", count(hidden))))
}

fn value_table() -> Table {
    Table::new(vec![
        ("Name", Kind::Text),
        ("Value", Kind::Text),
        ("Shallow", Kind::Number),
        ("Retained", Kind::Number),
    ])
    .optional(&[2])
    .indent(2)
}

/// The same without names.
fn one_value_table() -> Table {
    Table::new(vec![("Value", Kind::Text), ("Shallow", Kind::Number), ("Retained", Kind::Number)])
        .optional(&[1])
        .indent(2)
}

fn value_row(name: Cell, value: &str, object: Option<&ObjectEntry>, look: &Look) -> Vec<Cell> {
    // The id is what one asks on with: it is there once, and never cut.
    let id = object.map(|object| format!(" @{}", object.id)).unwrap_or_default();
    let text = value.strip_suffix(id.as_str()).unwrap_or(value);
    let value = Cell::plain(clean(text)).then_kept(Role::Faint, id);
    let size =
        |bytes: Option<u64>| Cell::plain(bytes.map_or(String::new(), |bytes| look.size(bytes)));
    vec![
        name,
        value,
        size(object.map(|object| object.shallow_size)),
        size(object.map(|object| object.retained_size)),
    ]
}

fn fields(
    title: &str,
    fields: &[FieldEntry],
    hidden: u64,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    if fields.is_empty() && hidden == 0 {
        return Ok(());
    }
    section(title, look, out)?;
    let mut table = value_table();
    for field in fields {
        let name = Cell::new(Role::Edge, clean(&field.edge.text));
        table.row(value_row(name, &field.value, Some(&field.object), look));
    }
    table.write(look, out)?;
    more(hidden, look, out)
}

fn variables(
    title: &str,
    variables: &[ContextVariableEntry],
    hidden: u64,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    if variables.is_empty() && hidden == 0 {
        return Ok(());
    }
    section(title, look, out)?;
    let mut table = value_table();
    for variable in variables {
        let name = name_with_original(&variable.name, variable.original_name.as_deref());
        let mut name = Cell::new(Role::Edge, clean(&name));
        if variable.scope > 0 {
            name = name.then(
                Role::Faint,
                format!("  {} up", counted(u64::from(variable.scope), "scope", "scopes")),
            );
        }
        table.row(value_row(name, &variable.value, Some(&variable.object), look));
    }
    table.write(look, out)?;
    more(hidden, look, out)
}

/// Writes what the snapshot tells by the kind of object, in lines as long as they need.
fn write_details(detail: &ObjectDetail, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let words: Vec<_> =
        detail.details.iter().map(|one| details::in_words(one, &detail.details, look)).collect();
    let title = words.iter().map(|(title, _)| width(title)).max().unwrap_or(0);
    let room = look.width.saturating_sub(title + 4).max(16);
    for (name, text) in &words {
        for (at, line) in wrap(text, room).iter().enumerate() {
            let name = format!("{:title$}", if at == 0 { name } else { "" });
            for (at, piece) in chunks(line, room).iter().enumerate() {
                let name = if at == 0 { name.clone() } else { " ".repeat(title) };
                writeln!(out, "  {}  {piece}", look.paint(Role::Faint, &name))?;
            }
        }
    }
    Ok(())
}

fn map_entries(
    collection: CollectionEntry,
    entries: &[MapEntryEntry],
    hidden: u64,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    section("Entries", look, out)?;
    if entries.is_empty() && hidden == 0 {
        let text = match collection {
            CollectionEntry::Map | CollectionEntry::Set => {
                "None in the snapshot: it is empty, or holds nothing but small integers, true, \
                 false, null and undefined, which have no edge."
            }
            CollectionEntry::WeakMap | CollectionEntry::WeakSet => "None in the snapshot.",
        };
        return remark(text, look, out);
    }
    let is_set = matches!(collection, CollectionEntry::Set | CollectionEntry::WeakSet);
    let mut table = if is_set { one_value_table() } else { value_table() };
    for entry in entries {
        let text =
            |value: &ValueEntry| value.value.clone().unwrap_or_else(|| NOT_IN_SNAPSHOT.to_owned());
        let key = Cell::new(Role::Edge, clean(&text(&entry.key)));
        table.row(if is_set {
            let row = value_row(key, &text(&entry.key), entry.key.object.as_ref(), look);
            row.into_iter().skip(1).collect()
        } else {
            value_row(key, &text(&entry.value), entry.value.object.as_ref(), look)
        });
    }
    table.write(look, out)?;
    more(hidden, look, out)?;
    let lacks_some =
        entries.iter().any(|entry| entry.key.value.is_none() || entry.value.value.is_none());
    // Which of a Set's values have none cannot be seen.
    match collection {
        CollectionEntry::Set => {
            remark(&format!("{WITHOUT_EDGE}: those in a Set are not listed."), look, out)
        }
        CollectionEntry::Map | CollectionEntry::WeakMap if lacks_some => {
            remark(&format!("{WITHOUT_EDGE}."), look, out)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::numbers::SizeStyle;

    fn page(collection: CollectionEntry, entries: &[(Option<&str>, Option<&str>)]) -> String {
        let look = Look { width: 200, colour: false, sizes: SizeStyle::Human };
        let value =
            |text: Option<&str>| ValueEntry { value: text.map(str::to_owned), object: None };
        let entry = |&(key, to)| MapEntryEntry { key: value(key), value: value(to) };
        let entries: Vec<MapEntryEntry> = entries.iter().map(entry).collect();
        let mut out = Vec::new();
        map_entries(collection, &entries, 0, &look, &mut out).expect("writing to a vector");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn a_map_stays_one_where_no_value_is_in_the_snapshot() {
        let entries = [(Some("\"one\""), None), (None, Some("\"two\""))];
        let map = page(CollectionEntry::Map, &entries[..1]);
        assert!(map.contains("Name"), "{map}");
        assert!(map.contains("\"one\"  (not in the snapshot)"), "{map}");
        assert!(map.contains("true, false, null and undefined have no edge"), "{map}");
        let map = page(CollectionEntry::Map, &entries[1..]);
        assert!(map.contains("(not in the snapshot)  \"two\""), "{map}");
        let whole = page(CollectionEntry::Map, &[(Some("\"one\""), Some("\"two\""))]);
        assert!(!whole.contains("undefined"), "{whole}");
        let set = page(CollectionEntry::Set, &entries[..1]);
        assert!(!set.contains("Name") && !set.contains("(not in the snapshot)"), "{set}");
        assert!(set.contains("undefined have no edge in a snapshot: those in a Set"), "{set}");
        let empty = page(CollectionEntry::Set, &[]);
        assert!(empty.contains("true, false, null and undefined"), "{empty}");
    }
}
