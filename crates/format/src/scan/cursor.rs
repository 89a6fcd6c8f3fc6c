//! A window over the input for the parts of a snapshot that are small or need a state machine.

use std::path::{Path, PathBuf};

use crate::source::Input;
use crate::{Error, Result};

/// Bytes read at once.
const WINDOW: usize = 1 << 20;

/// Reads forward through the input and knows where it is.
pub(super) struct Cursor {
    pub(super) input: Input,
    pub(super) path: PathBuf,
    buffer: Vec<u8>,
    at: usize,
    /// Offset of `buffer[0]` in the input.
    base: u64,
    ended: bool,
}

impl Cursor {
    pub(super) fn new(input: Input, path: &Path) -> Cursor {
        Cursor { input, path: path.to_owned(), buffer: Vec::new(), at: 0, base: 0, ended: false }
    }

    /// Offset of the next byte in the input.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// The next byte, not consumed; `None` at the end of the input.
    pub(super) fn peek(&mut self) -> Result<Option<u8>> {
        if self.at == self.buffer.len() {
            self.refill()?;
        }
        Ok(self.buffer.get(self.at).copied())
    }

    /// Consumes the next byte.
    pub(super) fn next(&mut self) -> Result<Option<u8>> {
        let byte = self.peek()?;
        self.at += usize::from(byte.is_some());
        Ok(byte)
    }

    /// The bytes at hand, at least one unless the input has ended.
    pub(super) fn window(&mut self) -> Result<&[u8]> {
        self.peek()?;
        Ok(&self.buffer[self.at..])
    }

    /// Consumes bytes of the window.
    pub(super) fn advance(&mut self, count: usize) {
        self.at = (self.at + count).min(self.buffer.len());
    }

    /// Reads more bytes behind those at hand; false if there are none.
    pub(super) fn extend(&mut self) -> Result<bool> {
        let before = self.buffer.len() - self.at;
        self.refill()?;
        Ok(self.buffer.len() - self.at > before)
    }

    /// Skips white space and consumes the byte after it.
    pub(super) fn token(&mut self) -> Result<Option<u8>> {
        self.skip_space()?;
        self.next()
    }

    /// Skips white space and looks at the byte after it.
    pub(super) fn skip_space(&mut self) -> Result<Option<u8>> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return Ok(other),
            }
        }
    }

    /// Hands the bytes at hand over to a table scanner.
    pub(super) fn take_window(&mut self) -> Vec<u8> {
        let rest = self.buffer.split_off(self.at);
        self.base += self.at as u64;
        self.buffer.clear();
        self.at = 0;
        rest
    }

    /// Takes back what a table scanner did not use; `offset` is that of its first byte.
    pub(super) fn put_back(&mut self, rest: Vec<u8>, offset: u64) {
        (self.buffer, self.at, self.base) = (rest, 0, offset);
        self.ended = false;
    }

    pub(super) fn syntax(&self, message: impl Into<String>) -> Error {
        Error::syntax(&self.path, self.offset(), message)
    }

    /// The error for a byte that has just been consumed.
    pub(super) fn unexpected(&self, found: u8, expected: &str) -> Error {
        let message = format!("expected {expected}, found {:?}", char::from(found));
        Error::syntax(&self.path, self.offset() - 1, message)
    }

    fn refill(&mut self) -> Result<()> {
        if self.ended {
            return Ok(());
        }
        self.buffer.drain(..self.at);
        self.base += self.at as u64;
        self.at = 0;
        let start = self.buffer.len();
        self.buffer.resize(start + WINDOW, 0);
        let got = self.input.fill(&mut self.buffer[start..])?;
        self.buffer.truncate(start + got);
        self.ended = got < WINDOW;
        Ok(())
    }
}
