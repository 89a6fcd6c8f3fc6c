//! Integers byte by byte: every run, and what is wrong with a bad one.

use super::{BadInteger, Integers};

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

/// Reads from `at` on, where a number stands next or, if `at` is 0, anything may.
pub(super) fn parse(run: &[u8], mut at: usize, out: &mut Integers) -> Result<(), BadInteger> {
    let mut expect = if at == 0 { Expect::First } else { Expect::Number };
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
            _ => {
                return Err(BadInteger { offset: at, what: complaint(byte) });
            }
        }
    }
    if expect == Expect::Number {
        return Err(BadInteger { offset: run.len(), what: "a comma without a number after it" });
    }
    Ok(())
}

/// Reads the number at `at`; returns where it ends.
#[inline(always)]
fn number(run: &[u8], at: usize, out: &mut Integers) -> Result<usize, BadInteger> {
    let mut value: u64 = 0;
    let mut end = at;
    while let Some(digit) = run.get(end).map(|b| b.wrapping_sub(b'0')).filter(|&d| d < 10) {
        let next = value.checked_mul(10).and_then(|v| v.checked_add(u64::from(digit)));
        value = next.ok_or(BadInteger { offset: at, what: "a number of more than 64 bits" })?;
        end += 1;
    }
    out.push(value);
    Ok(end)
}

fn complaint(byte: u8) -> &'static str {
    match byte {
        b'-' => "a negative number",
        b',' => "a comma without a number before it",
        b'.' | b'e' | b'E' => "a number that is no integer",
        b'0'..=b'9' => "two numbers without a comma",
        _ => "not a number",
    }
}
