//! Runs of integers: `1,2,3` with white space anywhere between.

/// Why a run of integers could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadInteger {
    /// Offset into the run.
    pub offset: usize,
    /// What is wrong there.
    pub what: &'static str,
}

/// The values of a run: 32 bits each, the few larger ones beside them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Integers {
    /// The values; where one does not fit, `u32::MAX`, and the value in `wide`.
    pub low: Vec<u32>,
    /// `(position, value)` of values of `u32::MAX` and more, ascending.
    pub wide: Vec<(usize, u64)>,
}

impl Integers {
    /// The value at a position.
    pub fn get(&self, at: usize) -> u64 {
        match self.low[at] {
            u32::MAX => match self.wide.binary_search_by_key(&at, |w| w.0) {
                Ok(found) => self.wide[found].1,
                Err(_) => u64::from(u32::MAX),
            },
            low => u64::from(low),
        }
    }

    /// Empties both lists and keeps their memory.
    pub fn clear(&mut self) {
        self.low.clear();
        self.wide.clear();
    }

    fn push(&mut self, value: u64) {
        match u32::try_from(value) {
            Ok(low) if low != u32::MAX => self.low.push(low),
            _ => {
                self.wide.push((self.low.len(), value));
                self.low.push(u32::MAX);
            }
        }
    }
}

/// Appends the integers of `run` to `out`.
///
/// Grammar: white space, or integers without sign separated by one comma each, white space
/// around each. On an error, `out` holds the integers before it.
pub fn parse(run: &[u8], out: &mut Integers) -> Result<(), BadInteger> {
    parse_plain(run, 0, out)
}

/// What the grammar allows next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    /// A number, or the end if there was none yet.
    First,
    /// A number.
    Number,
    /// A comma or the end.
    Comma,
}

/// Reads byte by byte from `at` on.
fn parse_plain(run: &[u8], mut at: usize, out: &mut Integers) -> Result<(), BadInteger> {
    let mut expect = Expect::First;
    while let Some(&byte) = run.get(at) {
        match byte {
            b'0'..=b'9' if expect != Expect::Comma => {
                at = number(run, at, out)?;
                expect = Expect::Comma;
            }
            b',' if expect == Expect::Comma => {
                expect = Expect::Number;
                at += 1;
            }
            b' ' | b'\n' | b'\r' | b'\t' => at += 1,
            b'-' => return Err(BadInteger { offset: at, what: "a negative number" }),
            b',' => return Err(BadInteger { offset: at, what: "a comma without a number before it" }),
            b'.' | b'e' | b'E' => return Err(BadInteger { offset: at, what: "a number that is no integer" }),
            b'0'..=b'9' => return Err(BadInteger { offset: at, what: "two numbers without a comma" }),
            _ => return Err(BadInteger { offset: at, what: "something that is no number" }),
        }
    }
    if expect == Expect::Number {
        return Err(BadInteger { offset: run.len(), what: "a comma without a number after it" });
    }
    Ok(())
}

/// Reads the number at `at`; returns where it ends.
fn number(run: &[u8], at: usize, out: &mut Integers) -> Result<usize, BadInteger> {
    let mut value: u64 = 0;
    let mut end = at;
    while let Some(digit) = run.get(end).map(|b| b.wrapping_sub(b'0')).filter(|&d| d < 10) {
        // 19 digits always fit 64 bits; the twentieth may not.
        let next = value.checked_mul(10).and_then(|v| v.checked_add(u64::from(digit)));
        value = next.ok_or(BadInteger { offset: at, what: "a number of more than 64 bits" })?;
        end += 1;
    }
    out.push(value);
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(run: &str) -> Result<Vec<u64>, BadInteger> {
        let mut out = Integers::default();
        parse(run.as_bytes(), &mut out)?;
        Ok((0..out.low.len()).map(|at| out.get(at)).collect())
    }

    #[test]
    fn reads_what_v8_and_pretty_printers_write() {
        assert_eq!(values(""), Ok(vec![]));
        assert_eq!(values(" \n"), Ok(vec![]));
        assert_eq!(values("1,2,3"), Ok(vec![1, 2, 3]));
        assert_eq!(values("9,1,0\n,3,4,5\n"), Ok(vec![9, 1, 0, 3, 4, 5]));
        assert_eq!(values("\r\n  1 ,\t2\r\n"), Ok(vec![1, 2]));
        assert_eq!(values("4294967294,4294967295,4294967296"), Ok(vec![4294967294, 4294967295, 4294967296]));
        assert_eq!(values("18446744073709551615"), Ok(vec![u64::MAX]));
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        for (run, offset) in [
            ("1,,2", 2), (",1", 0), ("1,2,", 4), ("1 2", 2), ("1,-2", 2), ("1,2.5", 3), ("1e5", 1),
            ("1,x", 2), ("18446744073709551616", 0), ("1,[2]", 2), ("1,\"2\"", 2),
        ] {
            assert_eq!(values(run).map_err(|e| e.offset), Err(offset), "{run:?}");
        }
    }
}
