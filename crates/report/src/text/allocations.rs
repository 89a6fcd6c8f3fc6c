//! Where objects were allocated.

use std::io::{self, Write};

use heapglass_analysis::name_with_original;

use super::fit::clean;
use super::numbers::{count, counted};
use super::table::{Cell, Kind, Table};
use super::{Look, Role};
use crate::wire::{AllocationsEntry, StackFrameEntry};

/// Says that the snapshot is a recording, and of what.
pub(super) fn sentence(allocations: &AllocationsEntry) -> String {
    let samples = counted(allocations.sample_count, "sample", "samples");
    match allocations.function_count {
        0 => format!("This is a recording of allocations: {samples}, without stacks."),
        functions => format!(
            "This is a recording of allocations: {samples}, {} with stacks.",
            counted(functions, "allocating function", "allocating functions")
        ),
    }
}

/// Writes the functions that allocated most.
pub(super) fn write(
    allocations: &AllocationsEntry,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = Table::new(vec![
        ("Function", Kind::Text),
        ("Live", Kind::Number),
        ("Live size", Kind::Number),
        ("Total", Kind::Number),
        ("Total size", Kind::Number),
        ("Written in", Kind::Path),
    ])
    .optional(&[3, 1])
    .indent(2);
    for function in &allocations.functions {
        table.row(vec![
            Cell::new(Role::Class, name(&function.frame)),
            Cell::plain(count(function.live_count)),
            Cell::plain(look.size(function.live_size)),
            Cell::plain(count(function.total_count)),
            Cell::plain(look.size(function.total_size)),
            Cell::new(Role::Source, position(&function.frame)),
        ]);
    }
    table.write(look, out)
}

/// Writes a stack, innermost call first.
pub(super) fn write_stack(
    stack: &[StackFrameEntry],
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = Table::new(vec![("", Kind::Text), ("", Kind::Path)]).indent(2);
    for frame in stack {
        table.row(vec![
            Cell::new(Role::Class, name(frame)),
            Cell::new(Role::Source, position(frame)),
        ]);
    }
    table.write(look, out)
}

fn name(frame: &StackFrameEntry) -> String {
    match (frame.function.as_str(), frame.original_function.as_deref()) {
        ("", None) => "(anonymous)".to_owned(),
        ("", Some(written)) => clean(written).into_owned(),
        (name, written) => clean(&name_with_original(name, written)).into_owned(),
    }
}

fn position(frame: &StackFrameEntry) -> String {
    let script = match &frame.script {
        Some(script) => clean(script).into_owned(),
        None if frame.script_id > 0 => format!("script {}", frame.script_id),
        None => return String::new(),
    };
    match (frame.line, frame.column) {
        (Some(line), Some(column)) => format!("{script}:{line}:{column}"),
        (Some(line), None) => format!("{script}:{line}"),
        _ => script,
    }
}
