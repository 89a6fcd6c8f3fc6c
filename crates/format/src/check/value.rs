//! JSON values of any kind, passed over in pieces of any size.

use super::text::Text;

/// Deepest nesting that is followed. V8's trees of allocations are some dozens deep.
const DEEPEST: usize = 1 << 20;

/// One value on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    /// What is open around it: true for an object, false for a list.
    open: Vec<bool>,
    expect: Expect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    /// A value, or the end of the empty list.
    ValueOrEnd,
    Key,
    /// A key, or the end of the empty object.
    KeyOrEnd,
    Colon,
    /// After a value: a comma, or the end of what it is in.
    CommaOrEnd,
    InKey(Text),
    InString(Text),
    /// The rest of `true`, `false` or `null`.
    Word(&'static [u8]),
    Number(Number),
}

/// Where inside a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    /// After the minus.
    Minus,
    /// After a zero, which no digit may follow.
    Zero,
    Digits,
    /// After the point.
    Point,
    Fraction,
    /// After the `e`.
    Exponent,
    /// After the sign of the exponent.
    Sign,
    Power,
}

/// A byte that stands where none may: its place, and what was expected there.
pub(super) type Unexpected = (usize, &'static str);

impl Value {
    /// Nothing of it has come.
    pub(super) fn new() -> Value {
        Value { open: Vec::new(), expect: Expect::Value }
    }

    /// Passes over bytes: how many, and whether the value ended with them. A bare number ends before what
    /// follows it.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Result<(usize, bool), Unexpected> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let rest = bytes.get(at..).unwrap_or_default();
            match self.expect {
                Expect::InString(text) | Expect::InKey(text) => {
                    let mut text = text;
                    let is_key = matches!(self.expect, Expect::InKey(_));
                    let (used, ended) =
                        text.pass(rest).map_err(|bad| (at + bad, "a string's text"))?;
                    at += used;
                    self.expect = match (ended, is_key) {
                        (true, true) => Expect::Colon,
                        (true, false) => Expect::CommaOrEnd,
                        (false, true) => Expect::InKey(text),
                        (false, false) => Expect::InString(text),
                    };
                }
                Expect::Number(number) => match number.follow(byte) {
                    Some(number) => {
                        self.expect = Expect::Number(number);
                        at += 1;
                    }
                    // What follows the number is looked at again.
                    None if number.may_end() => self.expect = Expect::CommaOrEnd,
                    None => return Err((at, "a digit")),
                },
                Expect::Word(word) => {
                    let Some((_, left)) = word.split_first().filter(|(first, _)| **first == byte)
                    else {
                        return Err((at, "a value"));
                    };
                    let ended = left.is_empty();
                    self.expect = if ended { Expect::CommaOrEnd } else { Expect::Word(left) };
                    at += 1;
                }
                _ if matches!(byte, b' ' | b'\n' | b'\r' | b'\t') => at += 1,
                _ => {
                    self.expect = self.mark(byte).map_err(|expected| (at, expected))?;
                    at += 1;
                }
            }
            if self.expect == Expect::CommaOrEnd && self.open.is_empty() {
                return Ok((at, true));
            }
        }
        Ok((bytes.len(), false))
    }

    /// What is expected after a byte that is no part of a string, a number or a word.
    fn mark(&mut self, byte: u8) -> Result<Expect, &'static str> {
        let in_object = self.open.last() == Some(&true);
        Ok(match (self.expect, byte) {
            (Expect::ValueOrEnd, b']') | (Expect::KeyOrEnd, b'}') => self.close(),
            (Expect::Value | Expect::ValueOrEnd, _) => return self.begin(byte),
            (Expect::Key | Expect::KeyOrEnd, b'"') => Expect::InKey(Text::default()),
            (Expect::Key | Expect::KeyOrEnd, _) => return Err("a key"),
            (Expect::Colon, b':') => Expect::Value,
            (Expect::Colon, _) => return Err("a colon"),
            (_, b',') if in_object => Expect::Key,
            (_, b',') => Expect::Value,
            (_, b'}') if in_object => self.close(),
            (_, b']') if !in_object => self.close(),
            _ => return Err("a comma"),
        })
    }

    fn close(&mut self) -> Expect {
        self.open.pop();
        Expect::CommaOrEnd
    }

    /// The first byte of a value.
    fn begin(&mut self, byte: u8) -> Result<Expect, &'static str> {
        Ok(match byte {
            b'{' | b'[' if self.open.len() >= DEEPEST => return Err("no deeper nesting"),
            b'{' => {
                self.open.push(true);
                Expect::KeyOrEnd
            }
            b'[' => {
                self.open.push(false);
                Expect::ValueOrEnd
            }
            b'"' => Expect::InString(Text::default()),
            b'-' => Expect::Number(Number::Minus),
            b'0' => Expect::Number(Number::Zero),
            b'1'..=b'9' => Expect::Number(Number::Digits),
            b't' => Expect::Word(b"rue"),
            b'f' => Expect::Word(b"alse"),
            b'n' => Expect::Word(b"ull"),
            _ => return Err("a value"),
        })
    }
}

impl Number {
    /// Where a number is after one more byte; `None` if that is no part of it.
    fn follow(self, byte: u8) -> Option<Number> {
        use Number::{Digits, Exponent, Fraction, Minus, Point, Power, Sign, Zero};
        Some(match (self, byte) {
            (Minus, b'0') => Zero,
            (Minus, b'1'..=b'9') | (Digits, b'0'..=b'9') => Digits,
            (Zero | Digits, b'.') => Point,
            (Point | Fraction, b'0'..=b'9') => Fraction,
            (Zero | Digits | Fraction, b'e' | b'E') => Exponent,
            (Exponent, b'+' | b'-') => Sign,
            (Exponent | Sign | Power, b'0'..=b'9') => Power,
            _ => return None,
        })
    }

    /// Whether a number may end here.
    fn may_end(self) -> bool {
        matches!(self, Number::Zero | Number::Digits | Number::Fraction | Number::Power)
    }
}
