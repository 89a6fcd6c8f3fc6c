//! Rows of integers that arrive in pieces.

/// More fields than this in a row are not believed.
pub(crate) const WIDEST_ROW: usize = 64;

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
        }
    }

    /// Gives each whole row of `bytes` to `each`. Returns how many bytes were used, and whether the list ended.
    ///
    /// Errors: the offset of a byte that does not belong there, and what was expected.
    pub(crate) fn pass<E: From<Odd>>(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(&mut [u64]) -> Result<(), E>,
    ) -> Result<(usize, bool), E> {
        for (at, &byte) in bytes.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit < 10 {
                if self.closed {
                    return Err(Odd(at, "a comma").into());
                }
                self.digits += 1;
                if self.digits > 19 {
                    return Err(Odd(at, "a number of at most 19 digits").into());
                }
                self.value = self.value * 10 + u64::from(digit);
                continue;
            }
            match byte {
                b',' | b']' => {
                    let is_number = self.digits > 0 || self.closed;
                    if is_number {
                        self.number(&mut each)?;
                    } else if byte == b',' || self.comma {
                        return Err(Odd(at, "a number").into());
                    }
                    self.comma = byte == b',';
                    if byte == b']' {
                        if self.column != 0 {
                            return Err(Odd(at, "a whole row").into());
                        }
                        return Ok((at + 1, true));
                    }
                }
                b' ' | b'\n' | b'\r' | b'\t' => self.closed |= self.digits > 0,
                _ => return Err(Odd(at, "a whole number").into()),
            }
        }
        Ok((bytes.len(), false))
    }

    fn number<E>(&mut self, each: &mut impl FnMut(&mut [u64]) -> Result<(), E>) -> Result<(), E> {
        if let Some(field) = self.row.get_mut(self.column) {
            *field = self.value;
        }
        (self.value, self.digits, self.closed) = (0, 0, false);
        self.column += 1;
        if self.column == self.width {
            self.column = 0;
            let width = self.width;
            each(self.row.get_mut(..width).unwrap_or_default())?;
        }
        Ok(())
    }
}

/// A byte that does not belong where it is, and what was expected there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Odd(pub(crate) usize, pub(crate) &'static str);

/// Appends a row as V8 writes it: a comma before it unless it is the first, a line end behind it.
pub(crate) fn write_row(row: &[u64], first: &mut bool, out: &mut Vec<u8>) {
    let mut digits = itoa::Buffer::new();
    for (column, &value) in row.iter().enumerate() {
        if column > 0 || !*first {
            out.push(b',');
        }
        out.extend_from_slice(digits.format(value).as_bytes());
    }
    out.push(b'\n');
    *first = false;
}

#[cfg(test)]
mod tests {
    use super::{Odd, Table};

    fn rows(text: &str, width: usize, piece: usize) -> Result<(Vec<Vec<u64>>, bool), Odd> {
        let mut table = Table::new(width);
        let (mut rows, mut ended) = (Vec::new(), false);
        for piece in text.as_bytes().chunks(piece) {
            let (_, end) = table.pass::<Odd>(piece, |row| {
                rows.push(row.to_vec());
                Ok(())
            })?;
            ended |= end;
        }
        Ok((rows, ended))
    }

    #[test]
    fn rows_are_the_same_in_pieces_of_any_size() {
        let text = "1,22, 333\n,4 ,5,66]";
        for piece in 1..text.len() + 1 {
            let expected = (vec![vec![1, 22, 333], vec![4, 5, 66]], true);
            assert_eq!(rows(text, 3, piece), Ok(expected), "pieces of {piece}");
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
            ("12345678901234567890]", Odd(19, "a number of at most 19 digits")),
        ] {
            assert_eq!(rows(text, 2, 100), Err(expected), "{text}");
        }
    }
}
