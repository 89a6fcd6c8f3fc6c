//! Bytes to columns: reads a snapshot once, front to back, in chunks.
//!
//! The columns that graph passes need at random stay in memory ([`Tables`]); all others stream
//! into sections of the [`ContainerWriter`] and never are in memory as a whole. Field offsets and
//! row widths come from `snapshot.meta`; sections may come in any order.

mod cursor;
pub(crate) mod integers;
mod json;
mod layout;
mod sections;
mod strings;
mod table;
mod tables;

pub use integers::{BadInteger, Integers, Way as IntegersWay};
pub use strings::LONGEST_VISITED;
pub use tables::Tables;

use std::path::Path;

use cursor::Cursor;
use layout::Layout;
use sections::Reading;

use crate::container::ContainerWriter;
use crate::finding::{Finding, FindingKind};
use crate::meta::Header;
use crate::progress::Progress;
use crate::source::Source;
use crate::{Error, Result};

/// Reads `source`. `visit` sees each string of up to [`LONGEST_VISITED`] bytes with its index.
///
/// Cost: linear in the file; memory is 9 bytes per node (10 with `detachedness`), 4 per
/// edge and 16 per located object. What is cut off or odd becomes a [`Finding`].
///
/// Errors: the bytes are no snapshot, or malformed before anything can be said of the heap.
pub fn read(
    source: &Source,
    writer: &ContainerWriter,
    threads: usize,
    progress: &dyn Progress,
    visit: &mut (dyn FnMut(u32, &[u8]) + Send),
) -> Result<Tables> {
    let path = source.path();
    let mut header = None;
    loop {
        let cursor = Cursor::new(source.open()?, path);
        let mut reading = Reading::new(cursor, writer, threads, progress, header.take());
        match reading.run(visit)? {
            Outcome::Done => return reading.finish(),
            Outcome::HeaderComesLater if source.is_stream() => {
                return Err(Error::NotASnapshot {
                    path: path.to_owned(),
                    what: "its tables come before the description of their fields".into(),
                    hint: "save it to a file, which can be read twice".into(),
                });
            }
            Outcome::HeaderComesLater => header = Some(find_header(source)?),
        }
    }
}

/// What one pass over the file came to.
enum Outcome {
    Done,
    /// A table came before `snapshot.meta`: read the header first, then start again.
    HeaderComesLater,
}

/// Where a file without a `snapshot` section ends, or was given up.
#[derive(Debug, Clone, Copy)]
enum End {
    /// At this byte, in the middle of something.
    CutOff(u64),
    /// It is whole; its last brace is before this byte.
    Whole(u64),
}

/// Looks for the `snapshot` section alone.
fn find_header(source: &Source) -> Result<Header> {
    let mut cursor = Cursor::new(source.open()?, source.path());
    let mut keys = Vec::new();
    begin(&mut cursor)?;
    while cursor.skip_space()? == Some(b'"') {
        cursor.advance(1);
        let Some(key) = json::key(&mut cursor)? else {
            break;
        };
        if key == "snapshot" {
            return parse_header(&mut cursor);
        }
        if keys.len() < 16 {
            keys.push(key);
        }
        if !json::skip(&mut cursor)? {
            break;
        }
        if cursor.skip_space()? == Some(b',') {
            cursor.advance(1);
        }
    }
    let end = match cursor.peek()? {
        None => End::CutOff(cursor.offset()),
        Some(_) => End::Whole(cursor.offset()),
    };
    Err(sections::foreign(source.path(), &keys, end))
}

/// Consumes a byte-order mark and the opening brace.
fn begin(cursor: &mut Cursor) -> Result<()> {
    let path = cursor.path.clone();
    while cursor.window()?.len() < 3 && cursor.extend()? {}
    let window = cursor.window()?;
    if window.is_empty() {
        return Err(not_a_snapshot(&path, "it is empty", "was the capture cut off? take it again"));
    }
    if window.starts_with(&[0xef, 0xbb, 0xbf]) {
        cursor.advance(3);
    } else if window.starts_with(&[0xff, 0xfe]) || window.starts_with(&[0xfe, 0xff]) {
        return Err(not_a_snapshot(&path, "it is UTF-16 text", "convert it to UTF-8"));
    }
    let hint = "a heap snapshot starts with {\"snapshot\":";
    match cursor.token()? {
        Some(b'{') => Ok(()),
        Some(byte) => {
            let offset = cursor.offset() - 1;
            let what =
                format!("it is no heap snapshot: byte {offset} is {}, not `{{`", shown(byte));
            Err(not_a_snapshot(&path, &what, hint))
        }
        None => {
            let what = format!("it is blank: {} bytes of white space", cursor.offset());
            Err(not_a_snapshot(&path, &what, "was the capture cut off? take it again"))
        }
    }
}

fn parse_header(cursor: &mut Cursor) -> Result<Header> {
    let offset = cursor.offset();
    let path = cursor.path.clone();
    let Some(text) = json::text(cursor)? else {
        let what = format!("it is cut off at byte {}, inside its header", cursor.offset());
        return Err(not_a_snapshot(&path, &what, CUT_OFF));
    };
    let header: Header = serde_json::from_slice(&text).map_err(|e| {
        let reason = e.to_string();
        // Line and column are those within the section, which no editor shows.
        let reason = reason.split(" at line ").next().unwrap_or(&reason);
        let reason =
            reason.replace("struct Header", "an object").replace("struct Meta", "an object");
        Error::syntax(
            &path,
            offset,
            format!("the snapshot section is not as V8 writes it: {reason}"),
        )
    })?;
    Layout::new(&header, &path, offset)?;
    Ok(header)
}

/// What to do about a file that ends too early for anything to be said.
const CUT_OFF: &str = "copy it again, or take the snapshot again";

/// A byte as a message shows it.
fn shown(byte: u8) -> String {
    if byte.is_ascii_graphic() {
        format!("`{}`", char::from(byte))
    } else {
        format!("0x{byte:02x}")
    }
}

fn not_a_snapshot(path: &Path, what: &str, hint: &str) -> Error {
    Error::NotASnapshot { path: path.to_owned(), what: what.into(), hint: hint.into() }
}

fn truncated(section: &str, offset: u64) -> Finding {
    let message = format!("the file ends inside `{section}`; figures cover what was read");
    Finding::at(FindingKind::Truncated, offset, message)
}
