//! Reads what was written and looks for what should be gone.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Arc, mpsc};

use heapglass_format::check::{Check, Checked};

use crate::Policy;
use crate::prints::Prints;
use crate::replace::Replacer;
use crate::strings::{TOO_SHORT_TO_PROVE, credentials};
use crate::texts::{Piece, Text, unescape};

/// What is known of the original: hashes of its values, 8 bytes for each.
pub struct Proof {
    pub(crate) policy: Policy,
    pub(crate) replacer: Replacer,
    pub(crate) prints: Prints,
    /// With [`Policy::Secrets`] those of texts that went as a whole, while `prints` are of parts of texts.
    pub(crate) wholes: Prints,
    /// Those of values that are names as well: they may be anywhere but among the values of the table of strings.
    pub(crate) among_values: Prints,
    /// JSON strings before the first text of that table, in which every second text is a value.
    pub(crate) first_text: u64,
    pub(crate) nodes: u64,
    pub(crate) edges: u64,
}

/// A value of the original that is in the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivor {
    /// Which string of the result holds it, from 0, among all JSON strings of the file.
    pub string: u64,
    /// How long it is, in characters.
    pub length: usize,
}

/// What the proof came to.
#[derive(Debug)]
pub struct Proven {
    /// The result as a snapshot: whole or not, with its counts.
    pub checked: Checked,
    /// Whether it has the nodes and edges of the original.
    pub same_counts: bool,
    /// Values that were looked for.
    pub values: u64,
    /// JSON strings that were looked at: those of the table, keys, names of fields.
    pub strings: u64,
    /// Values of the original that are still there, the first few.
    pub survivors: Vec<Survivor>,
}

impl Proven {
    /// Whether the result may be shared.
    pub fn holds(&self) -> bool {
        self.checked.is_whole() && self.same_counts && self.survivors.is_empty()
    }
}

/// More survivors than these are not told of.
const MOST: usize = 10;
/// Bytes that are looked at at once.
const AT_ONCE: usize = 1 << 18;
/// Pieces of so many bytes that the second thread has not looked at.
const WAITING: usize = 4;

impl Proof {
    /// Reads the result and looks at every string in it, wherever in the file it is: whether it, or with
    /// [`Policy::Secrets`] a credential in it, was a value of the original of at least six characters.
    ///
    /// Cost: linear in the file; a lookup among the values for each string.
    pub fn read(&self, mut result: impl Read) -> std::io::Result<Proven> {
        // A second thread looks at the form of the same bytes.
        let (give, take) = mpsc::sync_channel::<Arc<Vec<u8>>>(WAITING);
        let (scanned, checked) = std::thread::scope(|scope| {
            let checker = scope.spawn(move || {
                let mut check = Check::new();
                take.iter().for_each(|bytes| check.feed(&bytes));
                check.finish()
            });
            let scanned = self.scan(&mut result, &give);
            drop(give);
            (scanned, checker.join())
        });
        let (strings, survivors) = scanned?;
        let checked = checked.map_err(|_| std::io::Error::other("the check has ended"))?;
        let same_counts = checked.nodes == self.nodes && checked.edges == self.edges;
        let values = self.prints.len() + self.wholes.len() + self.among_values.len();
        let values = values as u64;
        Ok(Proven { checked, same_counts, values, strings, survivors })
    }

    /// Looks at every string, and passes the bytes on.
    fn scan(
        &self,
        result: &mut impl Read,
        give: &mpsc::SyncSender<Arc<Vec<u8>>>,
    ) -> std::io::Result<(u64, Vec<Survivor>)> {
        let (mut strings, mut survivors) = (0, Vec::new());
        let (mut text, mut inside) = (Text::default(), false);
        // More than can wait at once: the oldest has been looked at by both.
        let mut buffers: VecDeque<Arc<Vec<u8>>> = VecDeque::new();
        loop {
            let oldest = if buffers.len() > WAITING + 2 { buffers.pop_front() } else { None };
            let mut buffer = oldest.and_then(Arc::into_inner).unwrap_or_default();
            buffer.resize(AT_ONCE, 0);
            let got = result.read(&mut buffer)?;
            buffer.truncate(got);
            if buffer.is_empty() {
                return Ok((strings, survivors));
            }
            let bytes = Arc::new(buffer);
            buffers.push_back(bytes.clone());
            // It only ends before if it panicked, which is told when it is joined.
            let _ = give.send(bytes.clone());
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                if !inside {
                    let Some(quote) = memchr::memchr(b'"', rest) else { break };
                    rest = rest.get(quote + 1..).unwrap_or_default();
                    inside = true;
                    continue;
                }
                let (used, ended) = text.pass::<std::io::Error>(rest, |piece| {
                    if let Piece::Whole(raw) = piece
                        && let Some(length) = self.survives(raw, strings)
                        && survivors.len() < MOST
                    {
                        survivors.push(Survivor { string: strings, length });
                    }
                    Ok(())
                })?;
                rest = rest.get(used..).unwrap_or_default();
                strings += u64::from(ended);
                inside = !ended;
            }
        }
    }

    /// The length of the value that a string, the `index`th of the file, is or holds.
    fn survives(&self, raw: &[u8], index: u64) -> Option<usize> {
        let text = unescape(raw);
        let is_value = index.checked_sub(self.first_text).is_some_and(|at| at % 2 == 1);
        if is_value && let Some(length) = self.is_among(&self.among_values, &text) {
            return Some(length);
        }
        match self.policy {
            Policy::Strict | Policy::Structure => self.is_among(&self.prints, &text),
            Policy::Secrets => {
                let mut parts = credentials(&text).into_iter();
                let part = parts.find_map(|part| self.is_among(&self.prints, text.get(part)?));
                part.or_else(|| self.is_among(&self.wholes, &text))
            }
        }
    }

    /// Whether a text is a value of the original that went and is no name as well: with [`Policy::Strict`] and
    /// [`Policy::Structure`] a whole text, with [`Policy::Secrets`] a credential. Of fewer than six characters none is.
    ///
    /// Cost: a hash of the text and a lookup.
    pub fn is_value(&self, text: &str) -> bool {
        self.is_among(&self.prints, text).is_some()
    }

    /// What stands for a number of six digits may well be the number of another order; that says nothing.
    fn is_among(&self, prints: &Prints, text: &str) -> Option<usize> {
        let length = text.chars().count();
        if length < TOO_SHORT_TO_PROVE || prints.len() == 0 {
            return None;
        }
        let print = self.replacer.print_of(text.as_bytes());
        let is_there = prints.has(print);
        (is_there && !self.replacer.stands_for_another(text, print)).then_some(length)
    }
}
