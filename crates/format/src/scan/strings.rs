//! The `strings` section: JSON strings to WTF-8, of any number and length.

use super::cursor::Cursor;
use crate::Result;
use crate::container::{ContainerWriter, SectionWriter};
use crate::progress::{Phase, Progress};

/// Strings longer than this are not shown to the visitor and not kept whole in memory.
pub const LONGEST_VISITED: usize = 1 << 16;

/// What reading the section gave.
#[derive(Debug, Default)]
pub(super) struct StringsEnd {
    pub(super) count: u64,
    pub(super) truncated_at: Option<u64>,
    /// Strings that were not valid UTF-8 or had broken escapes.
    pub(super) repaired: u64,
}

/// Reads the array whose `[` has just been consumed, up to and with its `]`, into the sections
/// `string_bytes` and `string_starts`. `visit` sees each string of up to [`LONGEST_VISITED`]
/// bytes with its index. A string that the input cuts off is dropped.
pub(super) fn scan(
    cursor: &mut Cursor,
    writer: &ContainerWriter,
    progress: &dyn Progress,
    visit: &mut dyn FnMut(u32, &[u8]),
) -> Result<StringsEnd> {
    let capacity = cursor.input.size.map_or(1 << 20, |size| size.saturating_sub(cursor.offset()));
    let mut out = Out {
        bytes: writer.stream::<u8>("string_bytes", capacity),
        starts: writer.stream::<u64>("string_starts", capacity / 16),
        text: Vec::with_capacity(LONGEST_VISITED),
        flushed: 0,
        high: None,
        repaired: false,
    };
    let mut end = StringsEnd::default();
    let mut expect_comma = false;
    loop {
        match cursor.token()? {
            None => break end.truncated_at = Some(cursor.offset()),
            Some(b']') => break,
            Some(b',') if expect_comma => expect_comma = false,
            Some(b'"') if !expect_comma => {
                out.starts.append(&[out.bytes.bytes()])?;
                if !string(cursor, &mut out)? {
                    end.truncated_at = Some(cursor.offset());
                    return out.finish_truncated(end);
                }
                out.end_string(end.count, visit)?;
                end.repaired += u64::from(std::mem::take(&mut out.repaired));
                end.count += 1;
                expect_comma = true;
                if end.count.is_multiple_of(1 << 14) {
                    progress.update(Phase::Read, cursor.input.consumed(), cursor.input.disk_size);
                }
            }
            Some(other) => {
                let expected = if expect_comma { "a comma or `]`" } else { "a string" };
                return Err(cursor.unexpected(other, expected));
            }
        }
    }
    out.starts.append(&[out.bytes.bytes()])?;
    out.starts.finish()?;
    out.bytes.finish()?;
    Ok(end)
}

/// Where decoded strings go.
struct Out<'a> {
    bytes: SectionWriter<'a>,
    starts: SectionWriter<'a>,
    /// The current string, as far as it is not flushed.
    text: Vec<u8>,
    /// Bytes of the current string already in `bytes`.
    flushed: u64,
    /// The first half of a surrogate pair, waiting for the second.
    high: Option<u16>,
    repaired: bool,
}

impl Out<'_> {
    /// Ends the current string: shows it and appends it to the section.
    fn end_string(&mut self, index: u64, visit: &mut dyn FnMut(u32, &[u8])) -> Result<()> {
        self.end_surrogate();
        if let (0, Ok(index)) = (self.flushed, u32::try_from(index)) {
            visit(index, &self.text);
        }
        self.bytes.append(&self.text)?;
        self.text.clear();
        self.flushed = 0;
        Ok(())
    }

    /// The string that was cut off is not a string: its start becomes the end of the one before.
    fn finish_truncated(self, end: StringsEnd) -> Result<StringsEnd> {
        self.starts.finish()?;
        self.bytes.finish()?;
        Ok(end)
    }

    /// Appends literal text; `bytes` never ends inside a UTF-8 sequence.
    fn literal(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.end_surrogate();
        if bytes.is_ascii() || std::str::from_utf8(bytes).is_ok() {
            self.text.extend_from_slice(bytes);
        } else {
            self.repaired = true;
            self.text.extend_from_slice(String::from_utf8_lossy(bytes).as_bytes());
        }
        self.flush_long()
    }

    /// Writes what there is of a long string, so that no string is in memory as a whole.
    fn flush_long(&mut self) -> Result<()> {
        if self.text.len() > LONGEST_VISITED {
            self.bytes.append(&self.text)?;
            self.flushed += self.text.len() as u64;
            self.text.clear();
        }
        Ok(())
    }

    /// Appends an escaped UTF-16 code unit.
    fn unit(&mut self, unit: u16) {
        match (self.high.take(), unit) {
            (Some(high), 0xdc00..=0xdfff) => {
                let low = u32::from(unit) - 0xdc00;
                self.code_point(0x10000 + ((u32::from(high) - 0xd800) << 10) + low);
            }
            (high, unit) => {
                if let Some(high) = high {
                    self.code_point(u32::from(high));
                }
                match unit {
                    0xd800..=0xdbff => self.high = Some(unit),
                    _ => self.code_point(u32::from(unit)),
                }
            }
        }
    }

    fn end_surrogate(&mut self) {
        if let Some(high) = self.high.take() {
            self.code_point(u32::from(high));
        }
    }

    /// Generalised UTF-8 (WTF-8): surrogates are encoded like any other code point.
    fn code_point(&mut self, c: u32) {
        let tail = |shift: u32| 0x80 | ((c >> shift) & 0x3f) as u8;
        match c {
            0..0x80 => self.text.push(c as u8),
            0x80..0x800 => self.text.extend([0xc0 | (c >> 6) as u8, tail(0)]),
            0x800..0x1_0000 => self.text.extend([0xe0 | (c >> 12) as u8, tail(6), tail(0)]),
            _ => self.text.extend([0xf0 | (c >> 18) as u8, tail(12), tail(6), tail(0)]),
        }
    }
}

/// Reads a string whose opening quote has been consumed; false if the input ends inside it.
fn string(cursor: &mut Cursor, out: &mut Out<'_>) -> Result<bool> {
    loop {
        let window = cursor.window()?;
        if window.is_empty() {
            return Ok(false);
        }
        match memchr::memchr2(b'"', b'\\', window) {
            Some(at) => {
                out.literal(&window[..at])?;
                let quote = window[at] == b'"';
                cursor.advance(at + 1);
                if quote {
                    return Ok(true);
                }
                if !escape(cursor, out)? {
                    return Ok(false);
                }
                out.flush_long()?;
            }
            None => {
                let whole = whole_characters(window);
                out.literal(&window[..whole])?;
                cursor.advance(whole);
                if !cursor.extend()? {
                    return Ok(false);
                }
            }
        }
    }
}

/// Length of `bytes` without a UTF-8 sequence that its end cuts off.
fn whole_characters(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let byte = bytes[bytes.len() - back];
        if byte & 0xc0 == 0xc0 {
            let length = if byte >= 0xf0 {
                4
            } else if byte >= 0xe0 {
                3
            } else {
                2
            };
            return if length > back { bytes.len() - back } else { bytes.len() };
        }
        if byte & 0x80 == 0 {
            break;
        }
    }
    bytes.len()
}

/// Reads an escape whose backslash has been consumed; false if the input ends inside it.
fn escape(cursor: &mut Cursor, out: &mut Out<'_>) -> Result<bool> {
    let Some(kind) = cursor.next()? else {
        return Ok(false);
    };
    let byte = match kind {
        b'u' => {
            let mut unit: u16 = 0;
            for _ in 0..4 {
                let Some(byte) = cursor.peek()? else {
                    return Ok(false);
                };
                let Some(digit) = char::from(byte).to_digit(16) else {
                    out.repaired = true;
                    out.unit(0xfffd);
                    return Ok(true);
                };
                unit = unit << 4 | digit as u16;
                cursor.advance(1);
            }
            out.unit(unit);
            return Ok(true);
        }
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'"' | b'\\' | b'/' => kind,
        _ => {
            out.repaired = true;
            0x1a
        }
    };
    out.unit(u16::from(byte));
    Ok(true)
}
