//! Flat arrays of integers, read in chunks of whole rows on several threads.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::cursor::Cursor;
use super::integers::{self, Integers};
use crate::progress::{Phase, Progress};
use crate::source::Input;
use crate::{Error, Result};

/// Bytes of text per chunk. Text, values and columns of one chunk stay in a 2 MiB second-level
/// cache.
const CHUNK: usize = 1 << 18;
/// A row that is longer than this is not one.
const LONGEST_ROW: usize = 16 << 20;

/// Whole rows of a table.
pub(super) struct Rows<'a> {
    /// The values, row by row.
    pub(super) values: &'a Integers,
    /// Position of the first row in the table.
    pub(super) first_row: u64,
    /// Number of values in a row.
    pub(super) width: usize,
}

impl Rows<'_> {
    pub(super) fn count(&self) -> usize {
        self.values.low().len() / self.width
    }
}

/// How a table ended.
pub(super) struct TableEnd {
    pub(super) rows: u64,
    /// Offset at which the bytes ended inside the table.
    pub(super) truncated_at: Option<u64>,
    /// Values after the last whole row.
    pub(super) stray_values: usize,
}

/// Reads the array whose `[` has just been consumed, up to and with its `]`.
///
/// `convert` turns rows into a column chunk, on any thread; `consume` receives the chunks in the
/// table's order, one at a time.
pub(super) fn scan<T: Send>(
    cursor: &mut Cursor,
    width: usize,
    threads: usize,
    progress: &dyn Progress,
    convert: impl Fn(Rows<'_>) -> Result<T> + Sync,
    consume: impl FnMut(T) -> Result<()> + Send,
) -> Result<TableEnd> {
    let path = cursor.path.clone();
    let offset = cursor.offset();
    let carry = cursor.take_window();
    let feed = Mutex::new(Feed {
        path: &path,
        input: &mut cursor.input,
        width,
        carry,
        offset,
        next: 0,
        first_row: 0,
        state: State::Open,
    });
    let sink = Sink {
        state: Mutex::new(SinkState {
            next: 0,
            waiting: BTreeMap::new(),
            stray: 0,
            busy: false,
            failed: false,
        }),
        consume: Mutex::new(consume),
        moved: Condvar::new(),
    };
    let give_up = || {
        lock(&feed).state = State::Failed;
        sink.fail();
    };
    let work = || -> Result<()> {
        let _guard = OnPanic(give_up);
        let (mut text, mut values) = (Vec::new(), Integers::default());
        loop {
            if progress.cancelled() {
                sink.fail();
                return Err(Error::Cancelled);
            }
            let taken = lock(&feed).take(&mut text, progress);
            let Some(chunk) = taken.inspect_err(|_| give_up())? else {
                return Ok(());
            };
            let parsed = integers::parse(&text, &mut values)
                .map_err(|bad| Error::syntax(&path, chunk.offset + bad.offset as u64, bad.what));
            let mut stray = 0;
            let result = parsed.and_then(|()| {
                stray = values.low().len() % width;
                values.truncate(values.low().len() - stray);
                convert(Rows { values: &values, first_row: chunk.first_row, width })
            });
            let result = result.and_then(|columns| sink.put(chunk.number, columns, stray));
            result.inspect_err(|_| give_up())?;
        }
    };
    std::thread::scope(|scope| {
        let helpers: Vec<_> = (1..threads.max(1)).map(|_| scope.spawn(work)).collect();
        let mut result = work();
        for helper in helpers {
            let theirs = helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            result = earliest(result, theirs);
        }
        result
    })?;
    let feed = feed.into_inner().unwrap_or_else(PoisonError::into_inner);
    let sink = sink.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    let truncated_at = (feed.state == State::Truncated).then_some(feed.offset);
    let end = TableEnd { rows: feed.first_row, truncated_at, stray_values: sink.stray };
    let (carry, offset) = (feed.carry, feed.offset);
    cursor.put_back(carry, offset);
    Ok(end)
}

/// Of two failures the one earlier in the file, so that messages do not depend on timing.
fn earliest(a: Result<()>, b: Result<()>) -> Result<()> {
    match (a, b) {
        (
            Err(Error::Syntax { path, offset, message }),
            Err(Error::Syntax { offset: other, .. }),
        ) if offset < other => Err(Error::Syntax { path, offset, message }),
        (_, Err(b)) => Err(b),
        (a, Ok(())) => a,
    }
}

/// Calls back if a panic comes by, so that no thread waits for the chunk of one that is gone.
struct OnPanic<F: Fn()>(F);

impl<F: Fn()> Drop for OnPanic<F> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            (self.0)();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Closed,
    Truncated,
    Failed,
}

/// Cuts the input into chunks of whole rows.
struct Feed<'a> {
    path: &'a Path,
    input: &'a mut Input,
    width: usize,
    /// Bytes read and not yet given out.
    carry: Vec<u8>,
    /// Offset of the carry in the input.
    offset: u64,
    next: usize,
    first_row: u64,
    state: State,
}

/// A chunk: its text is in the caller's buffer.
struct Chunk {
    number: usize,
    first_row: u64,
    offset: u64,
}

impl Feed<'_> {
    /// Puts the next chunk's text into `text`; `None` at the end of the table.
    fn take(&mut self, text: &mut Vec<u8>, progress: &dyn Progress) -> Result<Option<Chunk>> {
        if self.state != State::Open {
            return Ok(None);
        }
        text.clear();
        std::mem::swap(text, &mut self.carry);
        let mut searched = 0;
        let (length, rows) = loop {
            if let Some(found) = memchr::memchr(b']', &text[searched..]) {
                self.state = State::Closed;
                break (searched + found, None);
            }
            searched = text.len();
            if searched >= CHUNK {
                let (rows, length) = whole_rows(text, self.width);
                if rows > 0 {
                    break (length, Some(rows));
                }
                if searched > LONGEST_ROW {
                    let what = "a table row is longer than 16 MiB";
                    return Err(Error::syntax(self.path, self.offset, what));
                }
            }
            if !self.read(text)? {
                self.state = State::Truncated;
                // The last number may have lost digits, so the row it stands in is dropped.
                let (rows, length) = whole_rows(text, self.width);
                break (length, Some(rows));
            }
        };
        let chunk = Chunk { number: self.next, first_row: self.first_row, offset: self.offset };
        self.next += 1;
        // The byte after the rows is the comma before the next row, or the `]`.
        let rest = match self.state {
            State::Truncated => &[],
            _ => text.get(length + 1..).unwrap_or_default(),
        };
        self.carry.clear();
        self.carry.extend_from_slice(rest);
        self.offset += (text.len() - rest.len()) as u64;
        text.truncate(length);
        self.first_row += match rows {
            Some(rows) => rows,
            None => self.rows_of_last(text),
        };
        progress.update(Phase::Read, self.input.consumed(), self.input.disk_size);
        Ok(Some(chunk))
    }

    /// Rows of the last chunk of a closed table: there is a number after the last comma.
    fn rows_of_last(&self, text: &[u8]) -> u64 {
        let commas = memchr::memchr_iter(b',', text).count() as u64;
        let any = text.iter().any(u8::is_ascii_digit);
        if any { (commas + 1) / self.width as u64 } else { 0 }
    }

    fn read(&mut self, text: &mut Vec<u8>) -> Result<bool> {
        let start = text.len();
        text.resize(start + CHUNK, 0);
        let got = self.input.fill(&mut text[start..])?;
        text.truncate(start + got);
        Ok(got > 0)
    }
}

/// How many rows of `text` are followed by a comma, and where the last such comma is.
fn whole_rows(text: &[u8], width: usize) -> (u64, usize) {
    let commas = memchr::memchr_iter(b',', text).count();
    let mut end = text.len();
    for _ in 0..=commas % width {
        match memchr::memrchr(b',', &text[..end]) {
            Some(comma) => end = comma,
            None => return (0, 0),
        }
    }
    ((commas / width) as u64, if commas < width { 0 } else { end })
}

/// Chunks that may wait for an earlier one. Without a bound, a thread that is not scheduled for
/// a while would let the others fill the memory.
const MOST_WAITING: usize = 8;

/// Puts chunks back into the table's order.
struct Sink<T, C> {
    state: Mutex<SinkState<T>>,
    /// Held by the one thread that consumes; the others go on converting meanwhile.
    consume: Mutex<C>,
    /// Signalled when chunks were consumed, or will never be.
    moved: Condvar,
}

struct SinkState<T> {
    next: usize,
    waiting: BTreeMap<usize, T>,
    stray: usize,
    /// A thread is consuming, and will see what is put before it ends.
    busy: bool,
    failed: bool,
}

impl<T, C: FnMut(T) -> Result<()>> Sink<T, C> {
    /// Takes a chunk, and consumes those whose turn it is unless another thread does. Waits if
    /// too many wait already for one that is still missing.
    fn put(&self, number: usize, columns: T, stray: usize) -> Result<()> {
        let mut state = lock(&self.state);
        state.stray += stray;
        state.waiting.insert(number, columns);
        if !state.busy {
            state.busy = true;
            while let Some(columns) = state.take_next() {
                drop(state);
                (lock(&self.consume))(columns)?;
                state = lock(&self.state);
                self.moved.notify_all();
            }
            state.busy = false;
        }
        while state.waiting.len() > MOST_WAITING && !state.failed {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// The chunk that others wait for will not come.
    fn fail(&self) {
        lock(&self.state).failed = true;
        self.moved.notify_all();
    }
}

impl<T> SinkState<T> {
    /// The chunk whose turn it is, if it is there.
    fn take_next(&mut self) -> Option<T> {
        let next = self.waiting.remove(&self.next)?;
        self.next += 1;
        Some(next)
    }
}

#[cfg(test)]
mod tests;
