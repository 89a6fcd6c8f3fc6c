//! Tables that fit a width: one column gives way, the others keep their text.

use std::borrow::Cow;
use std::io::{self, Write};

use super::fit::{cut_end, cut_middle, width};
use super::look::{Look, Role};

/// How a column behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Numbers: to the right, never cut.
    Number,
    /// Text cut at its end when the table is too wide.
    Text,
    /// Text cut in its middle when the table is too wide.
    Path,
}

/// One cell: pieces of text, each painted as what it is.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
struct Part {
    role: Role,
    text: String,
    /// Whether it stays whole when the cell is cut.
    kept: bool,
}

impl Cell {
    pub(crate) fn new(role: Role, text: impl Into<String>) -> Cell {
        Cell { parts: Vec::new() }.then(role, text)
    }

    /// A cell that begins with text that is never cut: the lines of a tree.
    pub(crate) fn kept(role: Role, text: impl Into<String>) -> Cell {
        Cell { parts: Vec::new() }.then_kept(role, text)
    }

    pub(crate) fn plain(text: impl Into<String>) -> Cell {
        Cell::new(Role::Plain, text)
    }

    /// The cell with more text after it.
    pub(crate) fn then(mut self, role: Role, text: impl Into<String>) -> Cell {
        self.parts.push(Part { role, text: text.into(), kept: false });
        self
    }

    /// The cell with text after it that is never cut: ids, which people copy.
    pub(crate) fn then_kept(mut self, role: Role, text: impl Into<String>) -> Cell {
        self.parts.push(Part { role, text: text.into(), kept: true });
        self
    }

    /// The cell with `other` after it.
    pub(crate) fn join(mut self, other: Cell) -> Cell {
        self.parts.extend(other.parts);
        self
    }

    /// Columns of what is never cut, and of the mark of a cut.
    fn narrowest(&self) -> usize {
        let kept: usize =
            self.parts.iter().filter(|part| part.kept).map(|part| width(&part.text)).sum();
        if kept == 0 { 0 } else { self.width().min(kept + NARROWEST_NAME) }
    }

    fn width(&self) -> usize {
        self.parts.iter().map(|part| width(&part.text)).sum()
    }
}

/// A table under construction.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<(&'static str, Kind)>,
    rows: Vec<Vec<Cell>>,
    indent: usize,
}

/// Spaces between columns.
const GAP: &str = "  ";
/// A text column is never cut below this, even if the line then is longer than the terminal.
const NARROWEST: usize = 12;
/// Columns that a name keeps between tree lines and an id, which are never cut.
const NARROWEST_NAME: usize = 6;

impl Table {
    pub(crate) fn new(columns: Vec<(&'static str, Kind)>) -> Table {
        Table { columns, rows: Vec::new(), indent: 0 }
    }

    pub(crate) fn indent(mut self, indent: usize) -> Table {
        self.indent = indent;
        self
    }

    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len());
        self.rows.push(cells);
    }

    /// Writes the heading and all rows.
    pub(crate) fn write(&self, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        let widths = self.widths(look.width);
        if self.columns.iter().any(|(title, _)| !title.is_empty()) {
            let titles = self
                .columns
                .iter()
                .map(|&(title, _)| Cell::new(Role::Faint, title))
                .collect::<Vec<_>>();
            self.write_row(&titles, &widths, look, out)?;
        }
        self.rows.iter().try_for_each(|row| self.write_row(row, &widths, look, out))
    }

    /// Natural widths, with the text columns made to share what the numbers leave.
    fn widths(&self, line: usize) -> Vec<usize> {
        let natural = |at: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(at)).map(Cell::width);
            cells.chain([width(self.columns[at].0)]).max().unwrap_or(0)
        };
        let mut widths: Vec<usize> = (0..self.columns.len()).map(natural).collect();
        let gaps = self.indent + GAP.len() * widths.len().saturating_sub(1);
        let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(line);
        let mut flexible: Vec<usize> =
            (0..widths.len()).filter(|&at| self.columns[at].1 != Kind::Number).collect();
        // The widest gives way first, down to the next widest, so that short columns stay whole.
        flexible.sort_by_key(|&at| std::cmp::Reverse(widths[at]));
        let narrowest = |at: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(at)).map(Cell::narrowest);
            cells.chain([NARROWEST]).max().unwrap_or(NARROWEST)
        };
        let narrowest: Vec<usize> = (0..widths.len()).map(narrowest).collect();
        for count in 1..=flexible.len() {
            let next = flexible.get(count).map_or(0, |&next| widths[next]);
            for (done, &at) in flexible[..count].iter().enumerate() {
                let portion = excess.div_ceil(count - done);
                let floor = next.max(narrowest[at]);
                let given = portion.min(widths[at].saturating_sub(floor));
                widths[at] -= given;
                excess -= given;
            }
        }
        widths
    }

    fn write_row(
        &self,
        row: &[Cell],
        widths: &[usize],
        look: &Look,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mut line = " ".repeat(self.indent);
        for (at, ((cell, &(_, kind)), &room)) in
            row.iter().zip(&self.columns).zip(widths).enumerate()
        {
            if at > 0 {
                line.push_str(GAP);
            }
            let padding = " ".repeat(room.saturating_sub(cell.width()));
            if kind == Kind::Number {
                line.push_str(&padding);
            }
            push_cell(&mut line, cell, kind, room, look);
            if kind != Kind::Number {
                line.push_str(&padding);
            }
        }
        // Spaces at the end of a line only make copies ugly.
        writeln!(out, "{}", line.trim_end_matches(' '))
    }
}

fn push_cell(line: &mut String, cell: &Cell, kind: Kind, room: usize, look: &Look) {
    let kept: usize =
        cell.parts.iter().filter(|part| part.kept).map(|part| width(&part.text)).sum();
    let mut left = room.saturating_sub(kept);
    let mut uncut: usize = cell.width() - kept;
    for part in &cell.parts {
        let wide = width(&part.text);
        let text = if kind == Kind::Number || part.kept {
            Cow::Borrowed(part.text.as_str())
        } else if kind == Kind::Path {
            cut_middle(&part.text, left)
        } else if wide < uncut && uncut > left && wide >= left {
            // It fits as it is, and what follows does not: the cut must show here.
            cut_end_marked(&part.text, left)
        } else {
            cut_end(&part.text, left)
        };
        if !part.kept {
            left = left.saturating_sub(width(&text));
            uncut -= wide;
        }
        line.push_str(&look.paint(part.role, &text).to_string());
    }
}

/// `text` cut to at most `columns`, with the mark of a cut even if it fits exactly.
fn cut_end_marked(text: &str, columns: usize) -> Cow<'static, str> {
    let marked = format!("{text}…");
    Cow::Owned(cut_end(&marked, columns).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::numbers::SizeStyle;

    fn draw(table: &Table, width: usize) -> String {
        let look = Look { width, colour: false, sizes: SizeStyle::Human };
        let mut out = Vec::new();
        table.write(&look, &mut out).expect("writing to a vector");
        String::from_utf8(out).expect("text")
    }

    fn sample() -> Table {
        let mut table =
            Table::new(vec![("Class", Kind::Text), ("Count", Kind::Number), ("Where", Kind::Path)]);
        table.row(vec![
            Cell::plain("Session"),
            Cell::plain("12"),
            Cell::plain("/app/src/session.js:12:3"),
        ]);
        table.row(vec![Cell::plain("(string)"), Cell::plain("1,200"), Cell::plain("")]);
        table
    }

    #[test]
    fn a_table_that_fits_is_left_alone() {
        let expected = "Class     Count  Where\n\
                        Session      12  /app/src/session.js:12:3\n\
                        (string)  1,200\n";
        assert_eq!(draw(&sample(), 80), expected);
    }

    #[test]
    fn the_widest_text_gives_way_in_its_middle() {
        let expected = "Class     Count  Where\n\
                        Session      12  /app/s…s:12:3\n\
                        (string)  1,200\n";
        assert_eq!(draw(&sample(), 30), expected);
    }

    #[test]
    fn a_cell_of_parts_is_cut_once() {
        let mut table = Table::new(vec![("", Kind::Text)]);
        table.row(vec![Cell::plain("0123456789").then(Role::Faint, "abcdefghij")]);
        assert_eq!(draw(&table, 15), "0123456789abcd…\n");
        assert_eq!(draw(&table, 12), "0123456789a…\n");

        let mut table = Table::new(vec![("", Kind::Text)]);
        table.row(vec![Cell::plain("0123456789").then_kept(Role::Faint, " @123456")]);
        assert_eq!(draw(&table, 14), "01234… @123456\n");
        assert_eq!(draw(&table, 10), "01234… @123456\n", "the id and some of the name stay");
    }
}
