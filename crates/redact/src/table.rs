//! Rows of integers that arrive in pieces, and go out with some of them changed.

use crate::rows::{LONGEST_FIELD, Rows, integer};

/// More fields than this in a row are not believed.
pub(crate) const WIDEST_ROW: usize = 64;
/// Digits of the longest number that is taken.
pub(crate) const MOST_DIGITS: u32 = 19;

/// The columns of a row that were changed, one bit each.
pub(crate) type Changed = u64;

/// Where in a list of integers the bytes are.
#[derive(Debug)]
pub(crate) struct Table {
    width: usize,
    row: [u64; WIDEST_ROW],
    column: usize,
    value: u64,
    digits: u32,
    /// A number has ended, and a comma or the end has to come.
    closed: bool,
    /// After a comma: a number has to come.
    comma: bool,
    /// A row was written.
    any: bool,
}

impl Table {
    /// A list whose `[` was consumed. `width` is at least 1 and at most [`WIDEST_ROW`].
    pub(crate) fn new(width: usize) -> Table {
        let width = width.clamp(1, WIDEST_ROW);
        Table {
            width,
            row: [0; WIDEST_ROW],
            column: 0,
            value: 0,
            digits: 0,
            closed: false,
            comma: false,
            any: false,
        }
    }

    /// Gives each whole row of `bytes` to `each`, which says what it changed in it, and appends it to `out` as V8
    /// writes rows: a comma before each but the first, a line end behind it. Returns how many bytes were used,
    /// and whether the list ended.
    ///
    /// Errors: the offset of a byte that does not belong there, and what was expected.
    pub(crate) fn pass<E: From<Odd>>(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        mut each: impl FnMut(&mut [u64]) -> Result<Changed, E>,
    ) -> Result<(usize, bool), E> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.column == 0 && self.digits == 0 && !self.closed && byte.is_ascii_digit() {
                let rest = bytes.get(at..).unwrap_or_default();
                let used = self.plain(rest, out, &mut each)?;
                at += used;
                if used > 0 {
                    continue;
                }
            }
            let digit = byte.wrapping_sub(b'0');
            at += 1;
            if digit < 10 {
                if self.closed {
                    return Err(Odd(at - 1, "a comma").into());
                }
                self.digits += 1;
                if self.digits > MOST_DIGITS {
                    return Err(Odd(at - 1, "a number of at most 19 digits").into());
                }
                self.value = self.value * 10 + u64::from(digit);
                continue;
            }
            match byte {
                b',' | b']' => {
                    if self.digits > 0 {
                        self.number(out, &mut each)?;
                    } else if byte == b',' || self.comma {
                        return Err(Odd(at - 1, "a number").into());
                    }
                    self.comma = byte == b',';
                    if byte == b']' {
                        if self.column != 0 {
                            return Err(Odd(at - 1, "a whole row").into());
                        }
                        return Ok((at, true));
                    }
                }
                b' ' | b'\n' | b'\r' | b'\t' => self.closed |= self.digits > 0,
                _ => return Err(Odd(at - 1, "a whole number").into()),
            }
        }
        Ok((bytes.len(), false))
    }

    /// Passes over rows as V8 writes them, from the first digit of one. What was not changed is copied. Returns
    /// how many bytes were used: whole rows with the comma after each, none if the first is not like that or too few
    /// bytes follow it.
    #[inline(always)]
    fn plain<E>(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        each: &mut impl FnMut(&mut [u64]) -> Result<Changed, E>,
    ) -> Result<usize, E> {
        let (mut done, mut at) = (0, 0);
        // Where the numbers of the row end.
        let mut ends = [0usize; WIDEST_ROW];
        let mut rows = Rows::new(out);
        // So that nothing below has to ask whether there are as many bytes: rows are short.
        let last = bytes.len().saturating_sub(self.width * LONGEST_FIELD + Rows::AT_ONCE);
        'rows: while at < last {
            for column in 0..self.width {
                let (value, digits) = integer(bytes, at);
                let odd = digits == 0 || digits > MOST_DIGITS as usize;
                if odd || digits > 1 && bytes.get(at) == Some(&b'0') {
                    break 'rows;
                }
                at += digits;
                if let (Some(field), Some(end)) = (self.row.get_mut(column), ends.get_mut(column)) {
                    (*field, *end) = (value, at);
                }
                if column + 1 < self.width {
                    if bytes.get(at) != Some(&b',') {
                        break 'rows;
                    }
                    at += 1;
                }
            }
            let after = match (bytes.get(at), bytes.get(at + 1)) {
                (Some(b','), _) => 1,
                (Some(b'\n'), Some(b',')) => 2,
                _ => break 'rows,
            };
            let mut changed = match each(self.row.get_mut(..self.width).unwrap_or_default()) {
                Ok(changed) => changed,
                Err(error) => {
                    rows.end();
                    return Err(error);
                }
            };
            if self.any {
                rows.byte(b',');
            }
            self.any = true;
            let mut copied = done;
            while changed != 0 {
                let column = changed.trailing_zeros() as usize;
                changed &= changed - 1;
                let end_of = |column: usize| ends.get(column).copied().unwrap_or(at);
                let start = column.checked_sub(1).map_or(done, |before| end_of(before) + 1);
                rows.copy(bytes, copied, start);
                rows.number(self.row.get(column).copied().unwrap_or_default());
                copied = end_of(column);
            }
            rows.copy(bytes, copied, at);
            rows.byte(b'\n');
            rows.room();
            at += after;
            done = at;
            self.comma = true;
        }
        rows.end();
        Ok(done)
    }

    fn number<E>(
        &mut self,
        out: &mut Vec<u8>,
        each: &mut impl FnMut(&mut [u64]) -> Result<Changed, E>,
    ) -> Result<(), E> {
        if let Some(field) = self.row.get_mut(self.column) {
            *field = self.value;
        }
        (self.value, self.digits, self.closed) = (0, 0, false);
        self.column += 1;
        if self.column == self.width {
            self.column = 0;
            let row = self.row.get_mut(..self.width).unwrap_or_default();
            each(row)?;
            for (column, &value) in row.iter().enumerate() {
                if column > 0 || self.any {
                    out.push(b',');
                }
                append(value, out);
            }
            out.push(b'\n');
            self.any = true;
        }
        Ok(())
    }
}

fn append(value: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// A byte that does not belong where it is, and what was expected there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Odd(pub(crate) usize, pub(crate) &'static str);

#[cfg(test)]
mod tests {
    use super::{Odd, Table};

    /// What is written, the rows that were given, and whether the list ended; the second column is doubled.
    type Passed = (String, Vec<Vec<u64>>, bool);

    fn pass(text: &str, width: usize, piece: usize) -> Result<Passed, Odd> {
        let mut table = Table::new(width);
        let (mut out, mut rows, mut ended) = (Vec::new(), Vec::new(), false);
        for piece in text.as_bytes().chunks(piece) {
            let (_, end) = table.pass::<Odd>(piece, &mut out, |row| {
                rows.push(row.to_vec());
                row[1] *= 2;
                Ok(1 << 1)
            })?;
            ended |= end;
        }
        Ok((String::from_utf8(out).expect("ASCII"), rows, ended))
    }

    #[test]
    fn rows_are_the_same_in_pieces_of_any_size() {
        let expected =
            ("1,44,333\n,4,10,66\n".to_owned(), vec![vec![1, 22, 333], vec![4, 5, 66]], true);
        for text in [
            "1,22, 333\n,4 ,5,66]",
            "1,22,333\n,4,5,66\n]",
            "1,22,333,4,5,66]",
            "01,22,333,4,5,66]",
        ] {
            for piece in 1..text.len() + 1 {
                assert_eq!(
                    pass(text, 3, piece),
                    Ok(expected.clone()),
                    "{text:?} in pieces of {piece}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_table_of_whole_numbers_is_refused() {
        for (text, expected) in [
            ("1,,2]", Odd(2, "a number")),
            ("1,]", Odd(2, "a number")),
            ("1 2]", Odd(2, "a comma")),
            ("-1]", Odd(0, "a whole number")),
            ("1,2,3]", Odd(5, "a whole row")),
            ("1,2,]", Odd(4, "a number")),
            ("1,2,x]", Odd(4, "a whole number")),
            ("1,2,12345678901234567890]", Odd(23, "a number of at most 19 digits")),
            ("12345678901234567890]", Odd(19, "a number of at most 19 digits")),
        ] {
            assert_eq!(pass(text, 2, 100), Err(expected), "{text}");
        }
    }
}
