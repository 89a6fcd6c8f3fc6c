//! The lists of a snapshot: tables of integers, and the strings.

use super::text::Text;
use super::value::Unexpected;
use crate::meta::Meta;
use crate::scan::integers::{Integers, parse};

/// Digits of the longest number that always fits into 64 bits.
const MOST_DIGITS: u32 = 19;
/// Bytes that are turned into numbers at once.
const AT_ONCE: usize = 1 << 18;
/// Less is not worth it.
const FEWEST: usize = 256;

/// Where inside a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    /// After the bracket.
    #[default]
    First,
    /// After a comma, which something has to follow.
    AfterComma,
    /// Inside an element.
    Inside,
    /// After an element.
    After,
}

impl Place {
    /// Passes over the bytes between two elements, up to and with the bracket or up to the next element's
    /// first byte. `Some(true)` is the end, `Some(false)` the element.
    fn between(&mut self, byte: u8, what: &'static str) -> Result<Option<bool>, &'static str> {
        match (*self, byte) {
            (_, b' ' | b'\n' | b'\r' | b'\t') => {}
            (Place::After, b',') => *self = Place::AfterComma,
            (Place::After | Place::First, b']') => return Ok(Some(true)),
            (Place::After, _) => return Err("a comma"),
            (_, b',' | b']') => return Err(what),
            _ => {
                *self = Place::Inside;
                return Ok(Some(false));
            }
        }
        Ok(None)
    }
}

/// Counts of one table, and the number that is being read.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// What the columns mean; without it the values are only counted.
    pub(super) columns: Option<Columns>,
    pub(super) values: u64,
    /// The sum of the nodes' edge counts.
    pub(super) edges: u64,
    /// Largest index into the strings that was met, plus one.
    pub(super) strings: u64,
    /// Largest value of `to_node` that was met.
    pub(super) furthest: Option<u64>,
    place: Place,
    column: usize,
    number: u64,
    digits: u32,
    /// The type in the current row, of edges.
    kind: u64,
    /// Numbers of many bytes at once.
    integers: Integers,
    /// The table has bytes that V8 does not write, or large numbers: the rest is read one by one.
    is_odd: bool,
}

/// What the columns of a table mean.
#[derive(Debug, Default, Clone)]
pub(super) struct Columns {
    roles: Vec<Role>,
    /// Types of which the name is a number, not a string's index.
    numbered: Vec<u64>,
    /// No column is there twice, and the type is before the name.
    are_usual: bool,
}

/// What a column is looked at for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Kind,
    Name,
    EdgeCount,
    To,
    Other,
}

impl Table {
    /// Begins the table anew, after its bracket.
    pub(super) fn begin(&mut self, columns: Option<Columns>) {
        *self = Table { columns, ..Table::default() };
    }

    /// Passes over bytes: how many, and whether the closing bracket was the last of them.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Result<(usize, bool), Unexpected> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.place != Place::Inside && self.place != Place::After {
                let plain = self.plain(bytes.get(at..).unwrap_or_default());
                if plain > 0 {
                    at += plain;
                    self.place = Place::AfterComma;
                    continue;
                }
            }
            if self.place == Place::Inside {
                at += self.digits(bytes.get(at..).unwrap_or_default(), at)?;
                if at < bytes.len() {
                    self.value(self.number);
                    self.place = Place::After;
                }
                continue;
            }
            match self.place.between(byte, "a number").map_err(|expected| (at, expected))? {
                None => at += 1,
                Some(true) => return Ok((at + 1, true)),
                Some(false) if byte.is_ascii_digit() => (self.number, self.digits) = (0, 0),
                Some(false) => return Err((at, "a number")),
            }
        }
        Ok((bytes.len(), false))
    }

    /// Takes in numbers as V8 writes them: a comma after each, before it perhaps the end of a line. Tells
    /// how many bytes they are; those end after a comma.
    fn plain(&mut self, bytes: &[u8]) -> usize {
        let many = self.at_once(bytes);
        if many > 0 { many } else { self.one_by_one(bytes) }
    }

    /// The same of many bytes by the integers of the scan: 0.5 s in place of 1.8 s of a redaction of 1.1 GB (samples of
    /// `perf`, 2026-11-29). Nothing of what is short, or has numbers of more than 32 bits.
    fn at_once(&mut self, bytes: &[u8]) -> usize {
        if self.is_odd || !bytes.first().is_some_and(u8::is_ascii_digit) {
            return 0;
        }
        let window = bytes.get(..AT_ONCE).unwrap_or(bytes);
        let window = window.get(..memchr::memchr(b']', window).unwrap_or(window.len()));
        let window = window.unwrap_or_default();
        let Some(comma) = memchr::memrchr(b',', window).filter(|&comma| comma >= FEWEST) else {
            // So many bytes without a comma are no numbers, and not to be looked through again.
            self.is_odd = window.len() == AT_ONCE;
            return 0;
        };
        let run = window.get(..=comma).unwrap_or_default();
        let numbers = run.strip_suffix(b",").unwrap_or_default().trim_ascii_end();
        let mut integers = std::mem::take(&mut self.integers);
        self.is_odd =
            !is_plain(run) || parse(numbers, &mut integers).is_err() || !integers.wide().is_empty();
        if !self.is_odd {
            self.take_in(integers.low());
        }
        self.integers = integers;
        if self.is_odd { 0 } else { run.len() }
    }

    fn take_in(&mut self, numbers: &[u32]) {
        let Some(columns) = self.columns.clone() else {
            self.values += numbers.len() as u64;
            return;
        };
        let width = columns.roles.len().max(1);
        // To the end of the row at hand, then by rows, then the beginning of one.
        let left = if self.column == 0 { 0 } else { width.saturating_sub(self.column) };
        let (first, rest) = numbers.split_at(left.min(numbers.len()));
        first.iter().for_each(|&number| self.value(number.into()));
        if !columns.are_usual {
            return rest.iter().for_each(|&number| self.value(number.into()));
        }
        let rows = rest.chunks_exact(width);
        let last = rows.remainder();
        self.rows(rows, &columns);
        last.iter().for_each(|&number| self.value(number.into()));
    }

    /// Takes in whole rows.
    fn rows(&mut self, rows: std::slice::ChunksExact<'_, u32>, columns: &Columns) {
        let place = |role| columns.roles.iter().position(|other| *other == role);
        let (kind, name) = (place(Role::Kind), place(Role::Name));
        let (edge_count, to) = (place(Role::EdgeCount), place(Role::To));
        let of = |row: &[u32], column: Option<usize>| column.and_then(|at| row.get(at).copied());
        let numbered = |kind: u32| columns.numbered.contains(&kind.into());
        let mut furthest = None;
        let mut strings = 0;
        for row in rows {
            self.values += row.len() as u64;
            if let Some(name) = of(row, name)
                && !of(row, kind).is_some_and(numbered)
            {
                strings = strings.max(u64::from(name) + 1);
            }
            self.edges = self.edges.wrapping_add(of(row, edge_count).unwrap_or_default().into());
            furthest = furthest.max(of(row, to));
        }
        self.strings = self.strings.max(strings);
        self.furthest = self.furthest.max(furthest.map(u64::from));
    }

    #[inline(always)]
    fn one_by_one(&mut self, bytes: &[u8]) -> usize {
        let mut done = 0;
        let mut rest = bytes;
        loop {
            let mut number = 0u64;
            let mut digits = 0;
            for &byte in rest {
                let digit = byte.wrapping_sub(b'0');
                if digit > 9 {
                    break;
                }
                number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
                digits += 1;
            }
            let after = match rest.get(digits) {
                Some(b',') => 1,
                Some(b'\n') if rest.get(digits + 1) == Some(&b',') => 2,
                _ => return done,
            };
            let odd = digits == 0 || digits > MOST_DIGITS as usize;
            if odd || (digits > 1 && rest.first() == Some(&b'0')) {
                return done;
            }
            self.value(number);
            done += digits + after;
            rest = rest.get(digits + after..).unwrap_or_default();
        }
    }

    /// Takes in the digits at the beginning of `bytes`, and tells how many they are.
    #[inline(always)]
    fn digits(&mut self, bytes: &[u8], at: usize) -> Result<usize, Unexpected> {
        let mut number = self.number;
        let mut count = 0;
        for &byte in bytes {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
            count += 1;
        }
        let before = self.digits;
        self.digits = before.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        if self.digits > 1 {
            // JSON has no number with a zero before it.
            let zero = if before == 0 { bytes.first() == Some(&b'0') } else { self.number == 0 };
            if zero && count > 0 {
                return Err((at + usize::from(before == 0), "a comma"));
            }
            if self.digits > MOST_DIGITS {
                let fits = MOST_DIGITS.saturating_sub(before) as usize;
                return Err((at + fits, "a number of fewer digits"));
            }
        }
        self.number = number;
        Ok(count)
    }

    /// Takes in a number.
    #[inline(always)]
    fn value(&mut self, value: u64) {
        self.values += 1;
        let Some(columns) = &self.columns else { return };
        match columns.roles.get(self.column) {
            Some(Role::Kind) => self.kind = value,
            Some(Role::Name) if columns.numbered.contains(&self.kind) => {}
            Some(Role::Name) => self.strings = self.strings.max(value.saturating_add(1)),
            Some(Role::EdgeCount) => self.edges = self.edges.wrapping_add(value),
            Some(Role::To) => self.furthest = self.furthest.max(Some(value)),
            Some(Role::Other) | None => {}
        }
        self.column += 1;
        if self.column >= columns.roles.len() {
            self.column = 0;
        }
    }
}

/// Whether bytes from the first digit of a number to a comma are as V8 writes them: no white space but a line's end before
/// a comma, and no zero before another digit. Three looks at neighbours, so that the compiler makes vectors of them.
fn is_plain(run: &[u8]) -> bool {
    let digit = |byte: u8| byte.wrapping_sub(b'0') < 10;
    let Some((&first, behind)) = run.split_first() else { return true };
    let is_odd = |before: u8, byte: u8, after: u8| {
        let is_end = (byte == b'\n') & (after == b',') & digit(before);
        let is_comma = (byte == b',') & (digit(before) | (before == b'\n'));
        let leads = (byte == b'0') & !digit(before) & digit(after);
        !(is_end | is_comma | digit(byte)) | leads
    };
    let second = behind.first().copied().unwrap_or(b',');
    let mut odd = u8::from(is_odd(b',', first, second));
    let after = behind.get(1..).unwrap_or_default();
    for ((&before, &byte), &after) in run.iter().zip(behind).zip(after) {
        odd |= u8::from(is_odd(before, byte, after));
    }
    let ends = matches!(run, [.., before, b','] if digit(*before) || *before == b'\n');
    odd == 0 && ends
}

impl Columns {
    /// Those of the node table.
    pub(super) fn of_nodes(meta: &Meta) -> Columns {
        let role = |name: &str| match name {
            "name" => Role::Name,
            "edge_count" => Role::EdgeCount,
            _ => Role::Other,
        };
        Columns::new(roles(&meta.node_fields, role), Vec::new())
    }

    /// Those of the edge table.
    pub(super) fn of_edges(meta: &Meta) -> Columns {
        let role = |name: &str| match name {
            "type" => Role::Kind,
            "name_or_index" => Role::Name,
            "to_node" => Role::To,
            _ => Role::Other,
        };
        let kinds = (0u64..).zip(meta.edge_type_names());
        let numbered = kinds.filter(|(_, name)| matches!(name.as_str(), "element" | "hidden"));
        Columns::new(roles(&meta.edge_fields, role), numbered.map(|(kind, _)| kind).collect())
    }

    fn new(roles: Vec<Role>, numbered: Vec<u64>) -> Columns {
        let count = |role: Role| roles.iter().filter(|other| **other == role).count();
        let is_once = [Role::Kind, Role::Name, Role::EdgeCount, Role::To]
            .into_iter()
            .all(|role| count(role) <= 1);
        let place = |role: Role| roles.iter().position(|other| *other == role);
        let is_in_order = place(Role::Kind).is_none_or(|kind| place(Role::Name) > Some(kind));
        Columns { are_usual: is_once && is_in_order, roles, numbered }
    }
}

fn roles(fields: &[String], role: impl Fn(&str) -> Role) -> Vec<Role> {
    fields.iter().map(|name| role(name)).collect()
}

/// The list of strings.
#[derive(Debug, Default)]
pub(super) struct Strings {
    pub(super) count: u64,
    place: Place,
    text: Text,
}

impl Strings {
    /// Passes over bytes: how many, and whether the closing bracket was the last of them.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Result<(usize, bool), Unexpected> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.place == Place::Inside {
                let rest = bytes.get(at..).unwrap_or_default();
                let text = self.text.pass(rest);
                let (used, ended) = text.map_err(|bad| (at + bad, "a string's text"))?;
                at += used;
                if ended {
                    self.count += 1;
                    self.place = Place::After;
                }
                continue;
            }
            match self.place.between(byte, "a string").map_err(|expected| (at, expected))? {
                Some(true) => return Ok((at + 1, true)),
                Some(false) if byte != b'"' => return Err((at, "a string")),
                Some(false) => self.text = Text::default(),
                None => {}
            }
            at += 1;
        }
        Ok((bytes.len(), false))
    }
}
