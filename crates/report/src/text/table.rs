//! Tables that fit a width: text is cut, then columns that only some readers need go.

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
    keep: Keep,
}

/// What happens to a piece of text when the cell is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// It is cut.
    No,
    /// It stays whole, unless then nothing else would have room.
    IfRoom,
    /// It stays whole.
    Always,
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
        self.parts.push(Part { role, text: text.into(), keep: Keep::No });
        self
    }

    /// The cell with text after it that is never cut: ids, which people copy.
    pub(crate) fn then_kept(mut self, role: Role, text: impl Into<String>) -> Cell {
        self.parts.push(Part { role, text: text.into(), keep: Keep::Always });
        self
    }

    /// The cell with text after it that goes as a whole where there is no room: remarks.
    pub(crate) fn then_if_room(mut self, role: Role, text: impl Into<String>) -> Cell {
        self.parts.push(Part { role, text: text.into(), keep: Keep::IfRoom });
        self
    }

    /// The cell with `other` after it.
    pub(crate) fn join(mut self, other: Cell) -> Cell {
        self.parts.extend(other.parts);
        self
    }

    /// Columns of what is never cut, and of a name of `name` columns.
    fn narrowest(&self, floor: Floor) -> usize {
        let kept = self.columns_of(Keep::Always)
            + if floor.remarks { self.columns_of(Keep::IfRoom) } else { 0 };
        if kept == 0 { 0 } else { self.width().min(kept + floor.name) }
    }

    /// Columns of the text that is kept so.
    fn columns_of(&self, keep: Keep) -> usize {
        self.parts.iter().filter(|part| part.keep == keep).map(|part| width(&part.text)).sum()
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
    /// Columns that narrow terminals do without, the first to go first.
    optional: Vec<usize>,
}

/// Spaces between columns.
const GAP: &str = "  ";
/// What text keeps at least, in columns.
#[derive(Debug, Clone, Copy)]
struct Floor {
    /// A text column.
    column: usize,
    /// A name between tree lines and an id, which are never cut.
    name: usize,
    /// Whether remarks stay.
    remarks: bool,
}

/// Below this, columns that may go do.
const READABLE: Floor = Floor { column: 12, name: 6, remarks: true };
/// Never less, even if the line then is longer than the terminal.
const NARROWEST: Floor = Floor { column: 4, name: 1, remarks: false };

impl Table {
    pub(crate) fn new(columns: Vec<(&'static str, Kind)>) -> Table {
        Table { columns, rows: Vec::new(), indent: 0, optional: Vec::new() }
    }

    /// The table with columns that narrow terminals do without, the first to go first.
    pub(crate) fn optional(mut self, columns: &[usize]) -> Table {
        self.optional = columns.to_vec();
        self
    }

    pub(crate) fn indent(mut self, indent: usize) -> Table {
        self.indent = indent;
        self
    }

    /// Adds a row; cells that are left out at its end are empty.
    pub(crate) fn row(&mut self, mut cells: Vec<Cell>) {
        debug_assert!(cells.len() <= self.columns.len());
        cells.resize(self.columns.len(), Cell::plain(""));
        self.rows.push(cells);
    }

    /// Writes the heading and all rows.
    pub(crate) fn write(&self, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        let shown = self.shown(look.width);
        if self.columns.iter().any(|(title, _)| !title.is_empty()) {
            let titles = self
                .columns
                .iter()
                .map(|&(title, _)| Cell::new(Role::Faint, title))
                .collect::<Vec<_>>();
            self.write_row(&titles, &shown, look, out)?;
        }
        self.rows.iter().try_for_each(|row| self.write_row(row, &shown, look, out))
    }

    /// The columns that fit into a line, and their widths.
    fn shown(&self, line: usize) -> Vec<(usize, usize)> {
        let natural: Vec<usize> = (0..self.columns.len())
            .map(|at| self.widest(at, width(self.columns[at].0), Cell::width))
            .collect();
        let mut columns: Vec<usize> = (0..self.columns.len()).collect();
        for gone in &self.optional {
            if let (widths, true) = self.widths(&columns, &natural, READABLE, line) {
                return columns.into_iter().zip(widths).collect();
            }
            columns.retain(|column| column != gone);
        }
        let widths = match self.widths(&columns, &natural, READABLE, line) {
            (widths, true) => widths,
            (_, false) => self.widths(&columns, &natural, NARROWEST, line).0,
        };
        columns.into_iter().zip(widths).collect()
    }

    /// The largest of `least` and what `measure` gives for the cells of a column.
    fn widest(&self, at: usize, least: usize, measure: impl Fn(&Cell) -> usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(at)).map(measure);
        cells.chain([least]).max().unwrap_or(least)
    }

    /// Widths of `columns`, natural ones with the text columns made to share what the numbers
    /// leave, and whether they fit into the line then.
    fn widths(
        &self,
        columns: &[usize],
        natural: &[usize],
        floor: Floor,
        line: usize,
    ) -> (Vec<usize>, bool) {
        let mut widths: Vec<usize> = columns.iter().map(|&at| natural[at]).collect();
        let gaps = self.indent + GAP.len() * widths.len().saturating_sub(1);
        let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(line);
        let mut flexible: Vec<usize> =
            (0..widths.len()).filter(|&at| self.columns[columns[at]].1 != Kind::Number).collect();
        // The widest gives way first, down to the next widest, so that short columns stay whole.
        flexible.sort_by_key(|&at| std::cmp::Reverse(widths[at]));
        let narrowest: Vec<usize> = columns
            .iter()
            .map(|&at| self.widest(at, floor.column, |cell| cell.narrowest(floor)))
            .collect();
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
        (widths, excess == 0)
    }

    fn write_row(
        &self,
        row: &[Cell],
        shown: &[(usize, usize)],
        look: &Look,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mut line = " ".repeat(self.indent);
        for &(at, room) in shown {
            let (Some(cell), (_, kind)) = (row.get(at), self.columns[at]) else { continue };
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
    let (always, remarks) = (cell.columns_of(Keep::Always), cell.columns_of(Keep::IfRoom));
    let has_room = always + remarks < room || cell.width() <= room;
    let kept = always + if has_room { remarks } else { 0 };
    let mut left = room.saturating_sub(kept);
    let mut uncut: usize = cell.width() - always - remarks;
    for part in &cell.parts {
        let wide = width(&part.text);
        let text = if kind == Kind::Number || part.keep == Keep::Always {
            Cow::Borrowed(part.text.as_str())
        } else if part.keep == Keep::IfRoom {
            Cow::Borrowed(if has_room { part.text.as_str() } else { "" })
        } else if kind == Kind::Path {
            cut_middle(&part.text, left)
        } else if wide < uncut && uncut > left && wide >= left {
            // It fits as it is, and what follows does not: the cut must show here.
            cut_end_marked(&part.text, left)
        } else {
            cut_end(&part.text, left)
        };
        if part.keep == Keep::No {
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
    fn columns_that_may_go_do_before_a_name_gets_unreadable() {
        let mut table = Table::new(vec![
            ("Object", Kind::Text),
            ("Distance", Kind::Number),
            ("Retained", Kind::Number),
            ("", Kind::Number),
        ])
        .optional(&[3, 1]);
        table.row(vec![
            Cell::kept(Role::Faint, "└─ ")
                .then(Role::Class, "Session")
                .then_kept(Role::Faint, " @7"),
            Cell::plain("3"),
            Cell::plain("1.2 MB"),
            Cell::plain("12%"),
        ]);
        let first = |width: usize| draw(&table, width).lines().nth(1).map(str::to_owned);
        assert_eq!(first(40).as_deref(), Some("└─ Session @7         3    1.2 MB  12%"));
        assert_eq!(first(36).as_deref(), Some("└─ Session @7         3    1.2 MB"));
        assert_eq!(first(25).as_deref(), Some("└─ Session @7    1.2 MB"));
        assert_eq!(first(20).as_deref(), Some("└─ Ses… @7    1.2 MB"));
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
        assert_eq!(draw(&table, 10), "0… @123456\n");
        assert_eq!(draw(&table, 3), "… @123456\n", "the id stays at any width");

        let mut table = Table::new(vec![("", Kind::Text)]);
        table.row(vec![
            Cell::plain("0123456789")
                .then_kept(Role::Faint, " @12")
                .then_if_room(Role::Faint, " +9"),
        ]);
        assert_eq!(draw(&table, 17), "0123456789 @12 +9\n");
        assert_eq!(draw(&table, 13), "01234… @12 +9\n");
        assert_eq!(draw(&table, 6), "0… @12\n");
    }
}
