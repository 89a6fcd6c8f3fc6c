//! What a process had in memory beside its heap.

use std::io::{self, Write};

use super::numbers::{share, signed_size};
use super::prose::remark;
use super::table::{Cell, Kind, Table};
use super::{Look, Role};
use crate::wire::ProcessEntry;

/// Writes one line for each part, and what the last one may be.
pub(super) fn write(process: &ProcessEntry, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let mut table =
        Table::new(vec![("", Kind::Text), ("", Kind::Number), ("", Kind::Number)]).indent(2);
    let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    for (name, bytes) in [
        ("V8's heap", signed(process.heap_size)),
        ("Compiled code", signed(process.code_size)),
        ("Outside the heap, held by it", signed(process.external_size)),
        ("Not in the snapshot", process.unexplained_size),
    ] {
        table.row(vec![
            Cell::plain(name),
            Cell::plain(signed_size(bytes, look.sizes)),
            Cell::new(Role::Faint, share(u64::try_from(bytes).unwrap_or(0), process.resident_size)),
        ]);
    }
    table.row(vec![
        Cell::new(Role::Strong, "Resident memory"),
        Cell::new(Role::Strong, look.size(process.resident_size)),
        Cell::plain(""),
    ]);
    table.write(look, out)?;
    remark(&note(process, look), look, out)
}

fn note(process: &ProcessEntry, look: &Look) -> String {
    let source = &process.source;
    if process.unexplained_size < 0 {
        return format!(
            "From {source}. The snapshot has more than was in memory: they are of different moments, or part of the heap \
             was swapped out or never written to."
        );
    }
    let mapped = match process.mapped_size {
        Some(bytes) => {
            format!(" {} are pages of programs and libraries.", look.size_in_words(bytes))
        }
        None => String::new(),
    };
    format!(
        "From {source}. Not in the snapshot: Node.js itself and its libraries, native modules, stacks of threads, garbage \
         and free pages of V8, what the allocator keeps.{mapped}"
    )
}
