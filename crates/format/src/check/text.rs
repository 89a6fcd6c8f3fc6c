//! JSON strings, passed over in pieces of any size.

/// Where inside a string the bytes are; its opening quote has been consumed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Text {
    #[default]
    Plain,
    /// After a backslash.
    Escape,
    /// After `\u`, with so many digits to come.
    Hex(u8),
}

impl Text {
    /// Passes over bytes: how many, and whether the closing quote was the last of them. An error is the
    /// place of the byte that no string has.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Result<(usize, bool), usize> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match *self {
                Text::Plain => {
                    let rest = bytes.get(at..).unwrap_or_default();
                    let length = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
                    let (plain, rest) = rest.split_at(length);
                    // All of them are looked at without a branch, since next to none is found.
                    if plain.iter().fold(false, |found, &byte| found | (byte < 0x20)) {
                        let control = plain.iter().position(|&byte| byte < 0x20);
                        return Err(at + control.unwrap_or_default());
                    }
                    at += length;
                    match rest.first() {
                        None => break,
                        Some(b'"') => return Ok((at + 1, true)),
                        Some(_) => *self = Text::Escape,
                    }
                }
                Text::Escape => match byte {
                    b'u' => *self = Text::Hex(4),
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => *self = Text::Plain,
                    _ => return Err(at),
                },
                Text::Hex(left) if byte.is_ascii_hexdigit() => {
                    *self = if left > 1 { Text::Hex(left - 1) } else { Text::Plain };
                }
                Text::Hex(_) => return Err(at),
            }
            at += 1;
        }
        Ok((bytes.len(), false))
    }
}

/// Whether the bytes are UTF-8, in pieces of any size.
#[derive(Debug, Default)]
pub(super) struct Utf8 {
    /// The beginning of a character that the last piece cut off.
    begun: Vec<u8>,
    /// Where the first bytes are that are none.
    broken_at: Option<u64>,
}

impl Utf8 {
    /// Looks at the next bytes, which begin at `offset`. V8 writes ASCII, which costs next to nothing.
    pub(super) fn feed(&mut self, offset: u64, bytes: &[u8]) {
        if self.broken_at.is_some() || (self.begun.is_empty() && bytes.is_ascii()) {
            return;
        }
        let offset = offset.saturating_sub(self.begun.len() as u64);
        let mut all = std::mem::take(&mut self.begun);
        all.extend_from_slice(bytes);
        if let Err(error) = std::str::from_utf8(&all) {
            let at = error.valid_up_to();
            match error.error_len() {
                None => self.begun = all.split_off(at),
                Some(_) => self.broken_at = Some(offset + at as u64),
            }
        }
    }

    /// Where the first bytes are that are no UTF-8.
    pub(super) fn broken_at(&self) -> Option<u64> {
        self.broken_at
    }
}
