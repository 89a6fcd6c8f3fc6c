//! The parts of a snapshot that are plain JSON: keys, the header, sections to skip, the trace
//! tree.

use super::cursor::Cursor;
use crate::Result;

/// Largest `snapshot` section that is believed. V8 writes about 2 kB.
const LONGEST_HEADER: usize = 16 << 20;

/// Reads an object key up to and with its colon. `None` if the input ends before that.
pub(super) fn key(cursor: &mut Cursor) -> Result<Option<String>> {
    let mut text = Vec::new();
    loop {
        match cursor.next()? {
            None => return Ok(None),
            Some(b'"') => break,
            Some(_) if text.len() >= 256 => {
                return Err(cursor.syntax("a key of more than 256 bytes"));
            }
            Some(b'\\') => text.extend(cursor.next()?),
            Some(byte) => text.push(byte),
        }
    }
    match cursor.token()? {
        None => Ok(None),
        Some(b':') => Ok(Some(String::from_utf8_lossy(&text).into_owned())),
        Some(other) => Err(cursor.unexpected(other, "a colon after a key")),
    }
}

/// Passes over one value of any kind and gives its bytes to `keep`. False if the input ends
/// inside it.
fn value(cursor: &mut Cursor, mut keep: impl FnMut(&Cursor, u8) -> Result<()>) -> Result<bool> {
    let (mut depth, mut in_string) = (0usize, false);
    cursor.skip_space()?;
    loop {
        let Some(byte) = cursor.peek()? else {
            return Ok(false);
        };
        if in_string {
            keep(cursor, byte)?;
            cursor.advance(1);
            match byte {
                b'"' => in_string = false,
                b'\\' => {
                    let Some(escaped) = cursor.next()? else {
                        return Ok(false);
                    };
                    keep(cursor, escaped)?;
                }
                _ => {}
            }
        } else {
            match byte {
                b'"' => in_string = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' | b',' if depth == 0 => return Ok(true),
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            keep(cursor, byte)?;
            cursor.advance(1);
        }
        if depth == 0 && !in_string && matches!(byte, b'"' | b'}' | b']') {
            return Ok(true);
        }
    }
}

/// Skips one value. False if the input ends inside it.
pub(super) fn skip(cursor: &mut Cursor) -> Result<bool> {
    value(cursor, |_, _| Ok(()))
}

/// The text of one small value; `None` if the input ends inside it.
pub(super) fn text(cursor: &mut Cursor) -> Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    let whole = value(cursor, |cursor, byte| {
        text.push(byte);
        if text.len() > LONGEST_HEADER {
            Err(cursor.syntax("the header is longer than 16 MiB"))
        } else {
            Ok(())
        }
    })?;
    Ok(whole.then_some(text))
}

/// Flattens the trace tree: rows of `width` numbers and the parent's row, parents first. The
/// field at `children` is the nested list. `None` if the input ends inside it.
pub(super) fn trace_tree(
    cursor: &mut Cursor,
    width: usize,
    children: usize,
    mut row: impl FnMut(&[u64], u32) -> Result<()>,
) -> Result<Option<()>> {
    /// A list of nodes that is open: its parent's row and the fields read of the current node.
    struct Open {
        parent: u32,
        fields: Vec<u64>,
    }
    let mut rows: u32 = 0;
    let mut stack = vec![Open { parent: u32::MAX, fields: Vec::new() }];
    match cursor.token()? {
        Some(b'[') => {}
        Some(other) => return Err(cursor.unexpected(other, "the trace tree's list")),
        None => return Ok(None),
    }
    while let Some(open) = stack.last_mut() {
        let Some(byte) = cursor.skip_space()? else {
            return Ok(None);
        };
        match byte {
            b'0'..=b'9' => {
                let Some(number) = integer(cursor)? else {
                    return Ok(None);
                };
                open.fields.push(number);
                if open.fields.len() == width {
                    open.fields.clear();
                }
                continue;
            }
            b',' => {}
            b'[' if open.fields.len() == children => {
                row(&open.fields, open.parent)?;
                let parent = rows;
                rows = rows.saturating_add(1);
                open.fields.push(0);
                if open.fields.len() == width {
                    open.fields.clear();
                }
                stack.push(Open { parent, fields: Vec::new() });
            }
            b']' => {
                stack.pop();
            }
            _ => return Err(cursor.syntax("expected a number or a list in the trace tree")),
        }
        cursor.advance(1);
    }
    Ok(Some(()))
}

fn integer(cursor: &mut Cursor) -> Result<Option<u64>> {
    let mut value: u64 = 0;
    loop {
        match cursor.peek()? {
            None => return Ok(None),
            Some(digit @ b'0'..=b'9') => {
                value = value.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
                cursor.advance(1);
            }
            Some(_) => return Ok(Some(value)),
        }
    }
}
