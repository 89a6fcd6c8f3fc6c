//! Strings on their way from the reader to the visitor and the work file.

use std::sync::mpsc::{channel, sync_channel};

use super::LONGEST_VISITED;
use crate::container::{ContainerWriter, SectionWriter};
use crate::{Error, Result};

/// Sees strings with their indexes.
pub(in crate::scan) type Visit<'a> = &'a mut (dyn FnMut(u32, &[u8]) + Send);

/// Bytes of text from which on a batch is sent.
const FULL: usize = 1 << 18;
/// Batches that may wait for the writer.
const WAITING: usize = 2;

/// Some decoded strings, one after the other.
#[derive(Default)]
pub(super) struct Batch {
    /// Index of the first string that starts here.
    first: u64,
    text: Vec<u8>,
    /// Where strings start in `text`. Before the first of them is the rest of a string that
    /// started in an earlier batch.
    starts: Vec<u32>,
    /// The last string has not ended.
    goes_on: bool,
    /// The input ended inside a string of which a part was sent: its start is the end of the one
    /// before, and the list of starts is complete.
    cut_off: bool,
    /// The first half of a surrogate pair, waiting for the second.
    high: Option<u16>,
    pub(super) repaired: bool,
}

impl Batch {
    /// Whether it is time to send the batch.
    #[inline(always)]
    pub(super) fn is_full(&self) -> bool {
        self.text.len() >= FULL || self.starts.len() >= FULL
    }

    /// Whether the string that has begun is longer than the visitor sees, so that it may be sent
    /// in parts.
    pub(super) fn is_long(&self) -> bool {
        let start = self.starts.last().map_or(0, |&start| start as usize);
        self.text.len() - start > LONGEST_VISITED
    }

    /// Number of strings that started up to now, those of earlier batches among them.
    pub(super) fn count(&self) -> u64 {
        self.first + self.starts.len() as u64
    }

    /// Becomes the empty batch after `last`.
    fn go_on_after(&mut self, last: &Batch) {
        self.text.clear();
        self.starts.clear();
        self.first = last.count();
        (self.goes_on, self.high, self.repaired) = (last.goes_on, last.high, last.repaired);
    }

    /// Appends a whole string of ASCII.
    #[inline(always)]
    pub(super) fn push(&mut self, text: &[u8]) {
        self.starts.push(self.text.len() as u32);
        self.text.extend_from_slice(text);
    }

    /// Begins a string.
    pub(super) fn begin(&mut self) {
        self.starts.push(self.text.len() as u32);
        self.goes_on = true;
    }

    /// Takes back the string that has begun.
    pub(super) fn take_back(&mut self) {
        let start = self.starts.pop();
        self.cut_off = start.is_none();
        self.first -= u64::from(self.cut_off);
        self.text.truncate(start.map_or(0, |start| start as usize));
        self.goes_on = false;
    }

    /// Appends literal text; `bytes` never ends inside a UTF-8 sequence.
    pub(super) fn literal(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.end_half();
        if bytes.is_ascii() || std::str::from_utf8(bytes).is_ok() {
            self.text.extend_from_slice(bytes);
        } else {
            self.repaired = true;
            self.text.extend_from_slice(String::from_utf8_lossy(bytes).as_bytes());
        }
    }

    /// Appends an escaped UTF-16 code unit.
    pub(super) fn unit(&mut self, unit: u16) {
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

    /// Ends the string that has begun.
    pub(super) fn end(&mut self) {
        self.end_half();
        self.goes_on = false;
    }

    fn end_half(&mut self) {
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

/// Runs `read` and passes on the batches that it sends: on a second thread if there is one.
pub(super) fn with_writer<R>(
    writer: &ContainerWriter,
    capacity: u64,
    threads: usize,
    visit: Visit<'_>,
    read: impl FnOnce(&mut dyn FnMut(&mut Batch) -> Result<()>) -> Result<R>,
) -> Result<R> {
    let mut taker = Taker {
        bytes: writer.stream::<u8>("string_bytes", capacity),
        starts: writer.stream::<u64>("string_starts", capacity / 16),
        places: Vec::new(),
        visit,
        cut_off: false,
    };
    if threads < 2 {
        let result = read(&mut |batch| {
            taker.take(batch)?;
            batch.first = batch.count();
            batch.text.clear();
            batch.starts.clear();
            Ok(())
        })?;
        return taker.finish().map(|()| result);
    }
    std::thread::scope(|scope| {
        let (send, receive) = sync_channel::<Batch>(WAITING);
        let (give_back, empty) = channel::<Batch>();
        let helper = scope.spawn(move || {
            for batch in receive {
                taker.take(&batch)?;
                // The reader may have ended meanwhile.
                let _ = give_back.send(batch);
            }
            taker.finish()
        });
        let send = move |batch: &mut Batch| {
            let mut next = empty.try_recv().unwrap_or_default();
            next.go_on_after(batch);
            // The helper ends early only with an error, which is reported below.
            send.send(std::mem::replace(batch, next)).map_err(|_| Error::Cancelled)
        };
        let result = {
            let mut send = send;
            read(&mut send)
        };
        let taken = helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        taken.and(result)
    })
}

/// Shows strings to the visitor and writes them.
struct Taker<'a> {
    bytes: SectionWriter<'a>,
    starts: SectionWriter<'a>,
    places: Vec<u64>,
    visit: Visit<'a>,
    cut_off: bool,
}

impl Taker<'_> {
    fn take(&mut self, batch: &Batch) -> Result<()> {
        let before = self.bytes.bytes();
        self.places.clear();
        self.places.extend(batch.starts.iter().map(|&start| before + u64::from(start)));
        self.starts.append(&self.places)?;
        let whole = batch.starts.len() - usize::from(batch.goes_on && !batch.starts.is_empty());
        let ends = batch.starts.iter().skip(1).copied().chain([batch.text.len() as u32]);
        for ((index, &start), end) in (batch.first..).zip(&batch.starts[..whole]).zip(ends) {
            let text = &batch.text[start as usize..end as usize];
            if let (Ok(index), true) = (u32::try_from(index), text.len() <= LONGEST_VISITED) {
                (self.visit)(index, text);
            }
        }
        self.cut_off |= batch.cut_off;
        self.bytes.append(&batch.text)
    }

    fn finish(mut self) -> Result<()> {
        if !self.cut_off {
            self.starts.append(&[self.bytes.bytes()])?;
        }
        self.starts.finish()?;
        self.bytes.finish()
    }
}
