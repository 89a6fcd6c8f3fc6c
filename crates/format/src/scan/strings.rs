//! The `strings` section: JSON strings to WTF-8, of any number and length.

mod batch;

use super::cursor::Cursor;
use crate::Result;
use crate::container::ContainerWriter;
use crate::progress::{Phase, Progress};
pub(super) use batch::Visit;
use batch::{Batch, with_writer};

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
///
/// With a second thread, that one visits and writes what the first has read.
pub(super) fn scan(
    cursor: &mut Cursor,
    writer: &ContainerWriter,
    threads: usize,
    progress: &dyn Progress,
    visit: Visit<'_>,
) -> Result<StringsEnd> {
    let capacity = cursor.input.size.map_or(1 << 20, |size| size.saturating_sub(cursor.offset()));
    with_writer(writer, capacity, threads, visit, |send| read(cursor, progress, send))
}

fn read(
    cursor: &mut Cursor,
    progress: &dyn Progress,
    send: &mut dyn FnMut(&mut Batch) -> Result<()>,
) -> Result<StringsEnd> {
    let mut batch = Batch::default();
    let mut end = StringsEnd::default();
    let mut expect_comma = false;
    loop {
        if batch.is_full() {
            send(&mut batch)?;
            progress.update(Phase::Read, cursor.input.consumed(), cursor.input.disk_size);
        }
        if !expect_comma {
            let plain = plain_strings(cursor.window()?, &mut batch);
            cursor.advance(plain);
        }
        match cursor.token()? {
            None => break end.truncated_at = Some(cursor.offset()),
            Some(b']') => break,
            Some(b',') if expect_comma => expect_comma = false,
            Some(b'"') if !expect_comma => {
                batch.begin();
                if !string(cursor, &mut batch, send)? {
                    end.truncated_at = Some(cursor.offset());
                    batch.take_back();
                    break;
                }
                batch.end();
                end.repaired += u64::from(std::mem::take(&mut batch.repaired));
                expect_comma = true;
            }
            Some(other) => {
                let expected = if expect_comma { "a comma or `]`" } else { "a string" };
                return Err(cursor.unexpected(other, expected));
            }
        }
    }
    end.count = batch.count();
    send(&mut batch)?;
    Ok(end)
}

/// Takes strings as V8 writes most of them: ASCII without escapes, a comma after each, perhaps a
/// line end. Returns how many bytes it took; they end before a string or white space.
fn plain_strings(window: &[u8], batch: &mut Batch) -> usize {
    let mut at = 0;
    while !batch.is_full() && window.get(at) == Some(&b'"') {
        let text = &window[at + 1..];
        let Some(length) = memchr::memchr2(b'"', b'\\', text) else { break };
        let is_plain = text[length] == b'"' && text.get(length + 1) == Some(&b',');
        if !is_plain || !text[..length].is_ascii() || length > LONGEST_VISITED {
            break;
        }
        batch.push(&text[..length]);
        at += length + 3;
        at += usize::from(window.get(at) == Some(&b'\n'));
    }
    at
}

/// Reads a string whose opening quote has been consumed; false if the input ends inside it.
fn string(
    cursor: &mut Cursor,
    out: &mut Batch,
    send: &mut dyn FnMut(&mut Batch) -> Result<()>,
) -> Result<bool> {
    loop {
        if out.is_long() {
            send(out)?;
        }
        let window = cursor.window()?;
        if window.is_empty() {
            return Ok(false);
        }
        match memchr::memchr2(b'"', b'\\', window) {
            Some(at) => {
                out.literal(&window[..at]);
                let quote = window[at] == b'"';
                cursor.advance(at + 1);
                if quote {
                    return Ok(true);
                }
                if !escape(cursor, out)? {
                    return Ok(false);
                }
            }
            None => {
                let whole = whole_characters(window);
                out.literal(&window[..whole]);
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
fn escape(cursor: &mut Cursor, out: &mut Batch) -> Result<bool> {
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
