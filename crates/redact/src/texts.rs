//! JSON strings that arrive in pieces.

use std::borrow::Cow;

/// Longer strings (in escaped bytes) are not kept whole.
pub(crate) const LONGEST: usize = 1 << 20;

/// A string, or a part of one that is too long to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// All of it, with its escapes, without its quotes.
    Whole(&'a [u8]),
    /// A part of a long one; never ends within an escape or a character.
    Part(&'a [u8]),
    /// A long one has ended.
    End,
}

/// Where in a string the bytes are. To be asked once the opening quote was consumed.
#[derive(Debug, Default)]
pub(crate) struct Text {
    kept: Vec<u8>,
    is_long: bool,
    escape: Escape,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    /// After a backslash.
    Begun,
    /// After `\u`, with so many digits to come.
    Digits(u8),
}

impl Text {
    /// Consumes bytes up to and with the closing quote. Returns how many, and whether it was there.
    pub(crate) fn pass<E>(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(Piece<'_>) -> Result<(), E>,
    ) -> Result<(usize, bool), E> {
        // Most strings are whole in one piece and have no escapes.
        if self.kept.is_empty() && !self.is_long && self.escape == Escape::None {
            let window = bytes.get(..LONGEST).unwrap_or(bytes);
            if let Some(end) = memchr::memchr2(b'"', b'\\', window)
                && bytes.get(end) == Some(&b'"')
            {
                each(Piece::Whole(bytes.get(..end).unwrap_or_default()))?;
                return Ok((end + 1, true));
            }
        }
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            at += 1;
            match self.escape {
                Escape::Begun => {
                    self.escape = if byte == b'u' { Escape::Digits(4) } else { Escape::None };
                }
                Escape::Digits(left) => {
                    self.escape = if left > 1 { Escape::Digits(left - 1) } else { Escape::None };
                }
                Escape::None if byte == b'"' => {
                    if self.is_long {
                        each(Piece::Part(&self.kept))?;
                        each(Piece::End)?;
                    } else {
                        each(Piece::Whole(&self.kept))?;
                    }
                    self.kept.clear();
                    self.is_long = false;
                    return Ok((at, true));
                }
                Escape::None if byte == b'\\' => self.escape = Escape::Begun,
                Escape::None => {}
            }
            self.kept.push(byte);
            // A surrogate pair is two escapes; parts may end between them, which changes no count.
            let is_boundary =
                self.escape == Escape::None && bytes.get(at).is_none_or(|next| next & 0xc0 != 0x80);
            if self.kept.len() >= LONGEST && is_boundary {
                self.is_long = true;
                each(Piece::Part(&self.kept))?;
                self.kept.clear();
            }
        }
        Ok((bytes.len(), false))
    }
}

/// The text that an escaped string stands for; halves of surrogate pairs and bytes that are no UTF-8 become U+FFFD.
pub(crate) fn unescape(raw: &[u8]) -> Cow<'_, str> {
    // Faster than what repairs, and nearly all texts are right.
    let text = str::from_utf8(raw).map_or_else(|_| String::from_utf8_lossy(raw), Cow::Borrowed);
    if memchr::memchr(b'\\', raw).is_none() {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    let mut high: Option<u16> = None;
    while let Some(character) = rest.next() {
        let unit = if character != '\\' {
            Err(character)
        } else {
            match rest.next() {
                Some('u') => {
                    let digits = rest
                        .as_str()
                        .get(..4)
                        .filter(|four| four.bytes().all(|b| b.is_ascii_hexdigit()));
                    match digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()) {
                        Some(unit) => {
                            rest = rest.as_str().get(4..).unwrap_or_default().chars();
                            Ok(unit)
                        }
                        None => Err('\u{fffd}'),
                    }
                }
                Some('n') => Err('\n'),
                Some('r') => Err('\r'),
                Some('t') => Err('\t'),
                Some('b') => Err('\u{8}'),
                Some('f') => Err('\u{c}'),
                Some(other) => Err(other),
                None => break,
            }
        };
        match (high.take(), unit) {
            (Some(first), Ok(second @ 0xdc00..=0xdfff)) => {
                let both = char::decode_utf16([first, second]).next();
                out.push(both.and_then(Result::ok).unwrap_or('\u{fffd}'));
                continue;
            }
            (Some(_), _) => out.push('\u{fffd}'),
            (None, _) => {}
        }
        match unit {
            Ok(first @ 0xd800..=0xdbff) => high = Some(first),
            Ok(unit) => out.push(char::from_u32(u32::from(unit)).unwrap_or('\u{fffd}')),
            Err(character) => out.push(character),
        }
    }
    if high.is_some() {
        out.push('\u{fffd}');
    }
    Cow::Owned(out)
}

/// UTF-16 units of an escaped string.
pub(crate) fn units(raw: &[u8]) -> u64 {
    unescape(raw).chars().map(|character| character.len_utf16() as u64).sum()
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Piece, Text, unescape, units};

    #[test]
    fn strings_are_the_same_in_pieces_of_any_size() {
        let text = br#"a\"b\\" rest"#;
        for size in 1..text.len() {
            let (mut parser, mut found) = (Text::default(), None);
            for piece in text.chunks(size) {
                let (_, ended) = parser
                    .pass::<()>(piece, |piece| {
                        if let Piece::Whole(raw) = piece {
                            found = Some(raw.to_vec());
                        }
                        Ok(())
                    })
                    .expect("nothing fails");
                if ended {
                    break;
                }
            }
            assert_eq!(found.as_deref(), Some(&br#"a\"b\\"#[..]), "pieces of {size}");
        }
    }

    #[test]
    fn a_long_string_comes_in_parts() {
        let mut text = vec![b'x'; 3 * LONGEST];
        text.extend_from_slice(b"\\n\"");
        let (mut parser, mut total, mut ends) = (Text::default(), 0, 0);
        for piece in text.chunks(70_001) {
            parser
                .pass::<()>(piece, |piece| {
                    match piece {
                        Piece::Part(part) => total += units(part),
                        Piece::End => ends += 1,
                        Piece::Whole(_) => panic!("it is long"),
                    }
                    Ok(())
                })
                .expect("nothing fails");
        }
        assert_eq!((total, ends), (3 * LONGEST as u64 + 1, 1));
    }

    #[test]
    fn escapes_are_read_as_json_has_them() {
        for text in ["plain", r#"a\"\\\/\b\f\n\r\tz"#, r"\u00e9\ud83d\udd11", "naïve"] {
            let expected: String = serde_json::from_str(&format!("\"{text}\"")).expect("JSON");
            assert_eq!(unescape(text.as_bytes()), expected);
        }
        assert_eq!(unescape(br"\ud83dx\udd11"), "\u{fffd}x\u{fffd}");
        assert_eq!(unescape(br"\uzzzz"), "\u{fffd}zzzz");
    }
}
