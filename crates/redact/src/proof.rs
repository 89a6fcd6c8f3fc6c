//! Reads what was written and looks for what should be gone.

use std::io::Read;

use heapglass_format::check::{Check, Checked};

use crate::Policy;
use crate::replace::Replacer;
use crate::strings::{TOO_SHORT_TO_PROVE, credentials};
use crate::texts::{Piece, Text, unescape};

/// What is known of the original: hashes of its values, 8 bytes for each.
pub struct Proof {
    pub(crate) policy: Policy,
    pub(crate) replacer: Replacer,
    /// Sorted.
    pub(crate) prints: Vec<u64>,
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

impl Proof {
    /// Reads the result and looks at every string in it, wherever in the file it is: whether it, or with
    /// [`Policy::Secrets`] a credential in it, was a value of the original of at least six characters.
    ///
    /// Cost: linear in the file; a lookup among the values for each string.
    pub fn read(&self, mut result: impl Read) -> std::io::Result<Proven> {
        let mut check = Check::new();
        let (mut strings, mut survivors) = (0, Vec::new());
        let (mut text, mut inside) = (Text::default(), false);
        let mut buffer = vec![0; 1 << 18];
        loop {
            let got = result.read(&mut buffer)?;
            let bytes = buffer.get(..got).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            check.feed(bytes);
            let mut rest = bytes;
            while !rest.is_empty() {
                if !inside {
                    let Some(quote) = memchr::memchr(b'"', rest) else { break };
                    rest = rest.get(quote + 1..).unwrap_or_default();
                    inside = true;
                    continue;
                }
                let (used, ended) = text.pass::<std::io::Error>(rest, |piece| {
                    if let Piece::Whole(raw) = piece
                        && let Some(length) = self.survives(raw)
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
        let checked = check.finish();
        let same_counts = checked.nodes == self.nodes && checked.edges == self.edges;
        Ok(Proven { checked, same_counts, values: self.prints.len() as u64, strings, survivors })
    }

    /// The length of the value that a string is or holds.
    fn survives(&self, raw: &[u8]) -> Option<usize> {
        let text = unescape(raw);
        match self.policy {
            Policy::Strict => self.is_value(&text),
            Policy::Secrets => {
                credentials(&text).into_iter().find_map(|range| self.is_value(text.get(range)?))
            }
        }
    }

    /// What stands for a number of six digits may well be the number of another order; that says nothing.
    fn is_value(&self, text: &str) -> Option<usize> {
        let length = text.chars().count();
        if length < TOO_SHORT_TO_PROVE {
            return None;
        }
        let print = self.replacer.print_of(text.as_bytes());
        let is_there = self.prints.binary_search(&print).is_ok();
        (is_there && !self.replacer.stands_for_another(print)).then_some(length)
    }
}
