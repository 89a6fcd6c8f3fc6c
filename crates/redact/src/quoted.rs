//! All JSON strings of a file, wherever in it they are, many at once.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};

use crate::texts::{Piece, Text};

/// Bytes that are looked at at once.
pub(crate) const AT_ONCE: usize = 1 << 18;
/// Pieces of a file, and lists of strings, that wait for another thread.
pub(crate) const WAITING: usize = 4;
/// Strings, and their bytes, that go together.
const TOGETHER: usize = 1 << 12;
const BYTES_TOGETHER: usize = 1 << 16;

/// Some strings of a file, as they are escaped in it.
#[derive(Default)]
pub(crate) struct Batch {
    texts: Vec<u8>,
    /// For each which string of the file it is, and where in `texts` it ends.
    ends: Vec<(u64, usize)>,
}

impl Batch {
    /// Each with its number in the file.
    pub(crate) fn each(&self) -> impl Iterator<Item = (u64, &[u8])> {
        (0..self.ends.len()).filter_map(|at| self.get(at))
    }

    /// That of a place in the batch.
    pub(crate) fn get(&self, at: usize) -> Option<(u64, &[u8])> {
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = start.map_or(0, |(_, end)| *end);
        let (number, end) = *self.ends.get(at)?;
        Some((number, self.texts.get(start..end)?))
    }

    fn push(&mut self, number: u64, raw: &[u8]) {
        self.texts.extend_from_slice(raw);
        self.ends.push((number, self.texts.len()));
    }

    fn is_full(&self) -> bool {
        self.ends.len() >= TOGETHER || self.texts.len() >= BYTES_TOGETHER
    }

    pub(crate) fn clear(&mut self) {
        self.texts.clear();
        self.ends.clear();
    }
}

/// Reads a file, finds its strings and gives them out.
pub(crate) struct Strings<'a> {
    /// Those of fewer bytes, as they are escaped, are counted alone, as are those too long to be kept.
    pub(crate) shortest: usize,
    pub(crate) full: SyncSender<Batch>,
    /// Batches that can be filled again.
    pub(crate) empty: Receiver<Batch>,
    /// Where all bytes go as well.
    pub(crate) bytes: Option<&'a SyncSender<Arc<Vec<u8>>>>,
}

impl Strings<'_> {
    /// Reads to the end, and tells how many strings there are.
    ///
    /// Cost: where there are no strings, a look for the next quote, which is less than to read the bytes.
    pub(crate) fn of(self, mut file: impl Read) -> io::Result<u64> {
        let mut batch = Batch::default();
        let (mut text, mut inside, mut count) = (Text::default(), false, 0);
        // More than can wait at once: the oldest has been looked at by both.
        let mut buffers: VecDeque<Arc<Vec<u8>>> = VecDeque::new();
        let most = if self.bytes.is_some() { WAITING + 2 } else { 0 };
        loop {
            let oldest = if buffers.len() > most { buffers.pop_front() } else { None };
            let mut buffer = oldest.and_then(Arc::into_inner).unwrap_or_default();
            buffer.resize(AT_ONCE, 0);
            let got = file.read(&mut buffer)?;
            buffer.truncate(got);
            if buffer.is_empty() {
                self.give(batch);
                return Ok(count);
            }
            let bytes = Arc::new(buffer);
            buffers.push_back(bytes.clone());
            // It only ends before if it panicked, which is told when it is joined.
            self.bytes.map(|to| to.send(bytes.clone()));
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                if !inside {
                    let Some(quote) = memchr::memchr(b'"', rest) else { break };
                    rest = rest.get(quote + 1..).unwrap_or_default();
                    inside = true;
                    continue;
                }
                let (used, ended) = text.pass::<io::Error>(rest, |piece| {
                    if let Piece::Whole(raw) = piece
                        && raw.len() >= self.shortest
                    {
                        batch.push(count, raw);
                    }
                    Ok(())
                })?;
                rest = rest.get(used..).unwrap_or_default();
                count += u64::from(ended);
                inside = !ended;
                if batch.is_full() {
                    batch = self.give(batch);
                }
            }
        }
    }

    /// Gives a batch out for an empty one.
    fn give(&self, batch: Batch) -> Batch {
        // As above.
        let _ = self.full.send(batch);
        self.empty.try_recv().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{channel, sync_channel};

    use super::{Strings, TOGETHER};

    #[test]
    fn strings_come_with_their_numbers() {
        let many = 3 * TOGETHER as u64;
        let mut file = String::from("{\"a\":[1,2],\"b\\\"c\":[");
        (2..many).for_each(|number| file += &format!("\"{number}\",5,"));
        let (full, filled) = sync_channel(many as usize);
        let (give_back, empty) = channel();
        let strings = Strings { shortest: 4, full, empty, bytes: None };
        assert_eq!(strings.of(file.as_bytes()).expect("read from memory"), many);
        let mut found = Vec::new();
        for mut batch in filled {
            let texts = batch.each().map(|(number, raw)| (number, raw.to_vec()));
            found.extend(texts);
            batch.clear();
            let _ = give_back.send(batch);
        }
        let expected = (1000..many).map(|number| (number, number.to_string().into_bytes()));
        let first = std::iter::once((1, b"b\\\"c".to_vec()));
        assert!(found == first.chain(expected).collect::<Vec<_>>());
    }
}
