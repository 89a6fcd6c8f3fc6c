//! Sentences on a page: paragraphs, remarks below tables, how many rows there are.

use std::io::{self, Write};

use super::fit::{clean, wrap};
use super::numbers::count;
use super::{Look, Role};

/// Writes a paragraph.
pub(super) fn paragraph(text: &str, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    indented(text, "", look, out)
}

/// Writes a paragraph with this before each line.
pub(super) fn indented(
    text: &str,
    indent: &str,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let room = look.width.saturating_sub(indent.len());
    wrap(&clean(text), room).iter().try_for_each(|line| writeln!(out, "{indent}{line}"))
}

/// A text with a capital letter at its beginning.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Writes a remark, set back.
pub(super) fn remark(text: &str, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    wrap(&clean(text), look.width.saturating_sub(2))
        .iter()
        .try_for_each(|line| writeln!(out, "  {}", look.paint(Role::Faint, line)))
}

/// Writes what stands below a table.
pub(super) fn footer(text: &str, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    wrap(text, look.width)
        .iter()
        .try_for_each(|line| writeln!(out, "{}", look.paint(Role::Faint, line)))
}

/// Says below a table how many rows there are, and how to see those that are not shown.
pub(super) fn rows_footer(
    shown: usize,
    all: u64,
    all_in_words: &str,
    one: &str,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let shown = shown as u64;
    let text = match shown < all {
        true => format!("{} of {all_in_words}. --limit 0 shows every {one}.", count(shown)),
        false => format!("{all_in_words}."),
    };
    footer(&text, look, out)
}
