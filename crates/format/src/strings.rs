//! The string table: bytes and offsets, decoded on demand.

use std::borrow::Cow;

use crate::column::Column;

/// Strings of a snapshot as WTF-8 bytes (UTF-8 in which lone surrogates keep their three bytes,
/// so that JavaScript's lengths and order can be told exactly).
///
/// The file's strings come first, then the derived ones.
#[derive(Debug, Clone)]
pub struct StringTable {
    /// All strings of the file, one after the other.
    pub bytes: Column<u8>,
    /// For each string its start in `bytes`, and one more: the end.
    pub starts: Column<u64>,
    /// The derived strings, one after the other.
    pub derived_bytes: Column<u8>,
    /// For each derived string its start in `derived_bytes`, and one more: the end.
    pub derived_starts: Column<u64>,
}

impl StringTable {
    /// Number of strings, derived ones included.
    pub fn len(&self) -> usize {
        self.file_len() + self.derived_starts.len().saturating_sub(1)
    }

    /// Whether there is no string.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of the file's own strings.
    pub fn file_len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The WTF-8 bytes of a string; `None` if there is no such string.
    pub fn get(&self, index: u32) -> Option<&[u8]> {
        let index = index as usize;
        let (bytes, starts, at) = match index.checked_sub(self.file_len()) {
            None => (&*self.bytes, &*self.starts, index),
            Some(at) => (&*self.derived_bytes, &*self.derived_starts, at),
        };
        let start = *starts.get(at)? as usize;
        let end = *starts.get(at + 1)? as usize;
        bytes.get(start..end)
    }

    /// The string as text; lone surrogates read as U+FFFD, a missing string as empty.
    pub fn lossy(&self, index: u32) -> Cow<'_, str> {
        lossy(self.get(index).unwrap_or_default())
    }
}

/// WTF-8 as text: each lone surrogate (three bytes) reads as one U+FFFD.
pub fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            let mut text = String::with_capacity(bytes.len());
            let mut rest = bytes;
            while let Err(error) = std::str::from_utf8(rest) {
                let (good, bad) = rest.split_at(error.valid_up_to());
                text.push_str(&String::from_utf8_lossy(good));
                text.push('\u{fffd}');
                // A surrogate in WTF-8 is ED A0..BF xx, which str::from_utf8 rejects at its
                // first byte; anything else cannot occur in a table and is skipped byte by byte.
                let skip = if bad.len() >= 3 && bad[0] == 0xed { 3 } else { 1 };
                rest = &bad[skip..];
            }
            text.push_str(&String::from_utf8_lossy(rest));
            Cow::Owned(text)
        }
    }
}
