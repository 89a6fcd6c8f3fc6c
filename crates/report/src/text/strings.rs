//! The texts of a heap.

use std::io::{self, Write};

use heapglass_analysis::name_with_original;

use super::fit::{clean, cut_end};
use super::numbers::{count, counted};
use super::paths::write_labelled;
use super::prose::paragraph;
use super::strings_words::answer;
use super::{Look, Page, Role};
use crate::wire::{SnapshotEntry, StringsBody, TextEntry};

impl Page for StringsBody {
    fn write_page(&self, _: &SnapshotEntry, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        paragraph(&answer(self, look.sizes).join(" "), look, out)?;
        for (number, text) in (1..).zip(&self.strings) {
            writeln!(out)?;
            write_text(number, text, look, out)?;
        }
        if self.more > 0 {
            let note = format!("{} more; --limit 0 shows all.", count(self.more));
            writeln!(out, "\n{}", look.paint(Role::Faint, &note))?;
        }
        Ok(())
    }
}

/// What to call a holder: its class, but of V8's roots, which have none, what they are.
pub(super) fn holder_name(class_name: &str, original: Option<&str>) -> String {
    match class_name {
        "(synthetic)" => "a root of V8".to_owned(),
        _ => name_with_original(class_name, original),
    }
}

fn write_text(number: u32, text: &TextEntry, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let label = format!("{number}. ");
    let mut shown = format!("\"{}\"", clean(&text.text));
    if text.is_cut {
        shown.push('…');
    }
    let shown = cut_end(&shown, look.width.saturating_sub(label.len()));
    writeln!(out, "{label}{}", look.paint(Role::Text, &shown))?;
    let mut line = |label: &str, text: &str, role: Role| {
        write_labelled(&format!("   {label:<8} "), text, role, look, out)
    };
    let size = look.size_in_words(text.shallow_size);
    let figures = match text.count {
        1 => format!("{size}, string @{}", text.string_id),
        copies => format!(
            "{size} in {}, {} of it copies; the largest is @{}",
            counted(copies, "string", "strings"),
            look.size_in_words(text.wasted_size),
            text.string_id
        ),
    };
    line("size", &figures, Role::Plain)?;
    let holders: Vec<String> = text
        .holders
        .iter()
        .map(|holder| {
            let times =
                if text.count > 1 { format!(" ({})", count(holder.count)) } else { String::new() };
            if let Some(script) = &holder.source_of {
                return format!("source of {} @{}", clean(script), holder.id);
            }
            let class = holder_name(&holder.class_name, holder.original_class_name.as_deref());
            format!("{} @{} by {}{times}", clean(&class), holder.id, clean(&holder.edge))
        })
        .collect();
    if !holders.is_empty() {
        line("held by", &holders.join(", "), Role::Class)?;
    }
    line("path", text.path.as_deref().unwrap_or("none: only weak edges lead to it"), Role::Edge)
}
