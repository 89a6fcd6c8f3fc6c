//! Reads what was written and looks for what should be gone.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use heapglass_format::check::{Check, Checked};

use crate::Policy;
use crate::credentials::credentials;
use crate::fates::LookedFor;
use crate::prints::Prints;
use crate::quoted::{AT_ONCE, Batch, Strings, WAITING};
use crate::replace::Replacer;
use crate::strings::{TOO_SHORT_TO_PROVE, is_to_prove};
use crate::texts::unescape;

/// What is known of the original: hashes of its values, 8 bytes for each.
pub struct Proof {
    pub(crate) policy: Policy,
    pub(crate) replacer: Replacer,
    pub(crate) looked_for: LookedFor,
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

/// What was found among the strings of a result.
#[derive(Debug)]
pub struct Looked {
    strings: u64,
    survivors: Vec<Survivor>,
}

/// More survivors than these are not told of.
const MOST: usize = 10;
/// Threads that look strings up while another finds them: most of the proof waits for memory in them.
const LOOKING_UP: usize = 2;

/// Reads a result and looks at its form alone, which may be done while it is still being written.
pub fn form_of(mut result: impl Read) -> io::Result<Checked> {
    let mut check = Check::new();
    let mut buffer = vec![0; AT_ONCE];
    loop {
        match result.read(&mut buffer)? {
            0 => return Ok(check.finish()),
            got => check.feed(buffer.get(..got).unwrap_or_default()),
        }
    }
}

impl Proof {
    /// Reads the result and looks at its form, and at every string in it, wherever in the file it is: whether it, or with
    /// [`Policy::Secrets`] a credential in it, was a value of the original of at least six characters.
    ///
    /// Cost: linear in the file; a lookup among the values for each string.
    pub fn read(&self, result: impl Read) -> io::Result<Proven> {
        // Another thread looks at the form of the same bytes.
        let (give, take) = mpsc::sync_channel::<Arc<Vec<u8>>>(WAITING);
        let (looked, checked) = std::thread::scope(|scope| {
            let checker = scope.spawn(move || {
                let mut check = Check::new();
                take.iter().for_each(|bytes| check.feed(&bytes));
                check.finish()
            });
            let looked = self.look(result, Some(&give));
            drop(give);
            (looked, checker.join())
        });
        let checked = checked.map_err(|_| io::Error::other("the check has ended"))?;
        Ok(self.conclude(checked, looked?))
    }

    /// Reads the result and looks at its strings alone, as [`Proof::read`] does.
    pub fn strings_of(&self, result: impl Read) -> io::Result<Looked> {
        self.look(result, None)
    }

    /// What the form and the strings of one result come to.
    pub fn conclude(&self, checked: Checked, looked: Looked) -> Proven {
        let same_counts = checked.nodes == self.nodes && checked.edges == self.edges;
        let LookedFor { prints, wholes, among_values } = &self.looked_for;
        let values = prints.len() + wholes.len() + among_values.len();
        let Looked { strings, survivors } = looked;
        Proven { checked, same_counts, values: values as u64, strings, survivors }
    }

    /// Finds every string, which other threads look up, and passes the bytes on.
    fn look(
        &self,
        result: impl Read,
        bytes: Option<&mpsc::SyncSender<Arc<Vec<u8>>>>,
    ) -> io::Result<Looked> {
        let (full, filled) = mpsc::sync_channel(WAITING);
        let (give_back, empty) = mpsc::channel();
        // All of them hold it, so that finding ends as well where they have panicked.
        let filled = Arc::new(Mutex::new(filled));
        std::thread::scope(|scope| {
            let looking_up: Vec<_> = (0..LOOKING_UP)
                .map(|_| {
                    let (filled, give_back) = (filled.clone(), give_back.clone());
                    scope.spawn(move || self.look_up(&filled, &give_back))
                })
                .collect();
            drop(filled);
            // No character comes of less than a byte.
            let shortest = TOO_SHORT_TO_PROVE;
            let strings = Strings { shortest, full, empty, bytes }.of(result);
            let mut survivors = Vec::new();
            for thread in looking_up {
                let ended = |_| io::Error::other("the proof has ended");
                survivors.extend(thread.join().map_err(ended)?);
            }
            survivors.sort_unstable_by_key(|survivor| survivor.string);
            survivors.truncate(MOST);
            Ok(Looked { strings: strings?, survivors })
        })
    }

    /// Looks up strings as long as some come, and gives back the first few survivors among them.
    fn look_up(
        &self,
        filled: &Mutex<mpsc::Receiver<Batch>>,
        give_back: &mpsc::Sender<Batch>,
    ) -> Vec<Survivor> {
        let (mut survivors, mut prints) = (Vec::new(), Vec::new());
        let next = || filled.lock().unwrap_or_else(PoisonError::into_inner).recv().ok();
        while let Some(mut batch) = next() {
            let found = self.survivors_in(&batch, &mut prints);
            survivors.extend(found.take(MOST.saturating_sub(survivors.len())));
            batch.clear();
            // At the end nobody takes it.
            let _ = give_back.send(batch);
        }
        survivors
    }

    /// Those among strings that came together, so that the lookups wait for memory together: one after the other took 0.6 s
    /// of 2.2 million (2026-11-30). `prints` is room for their hashes.
    fn survivors_in<'a>(
        &'a self,
        batch: &'a Batch,
        prints: &'a mut Vec<(u64, usize)>,
    ) -> impl Iterator<Item = Survivor> + 'a {
        prints.clear();
        prints.extend(batch.each().enumerate().filter_map(|(at, (_, raw))| {
            let text = unescape(raw);
            is_to_prove(&text).then(|| (self.replacer.print_of(text.as_bytes()), at))
        }));
        // In a longer text any part may be a credential.
        if self.policy != Policy::Secrets {
            let LookedFor { prints: whole, among_values, .. } = &self.looked_for;
            prints.retain(|(print, _)| whole.may_have(*print) || among_values.may_have(*print));
        }
        prints.iter().filter_map(|&(_, at)| {
            let (string, raw) = batch.get(at)?;
            let length = self.survives(&unescape(raw), string)?;
            Some(Survivor { string, length })
        })
    }

    /// The length of the value that a string, the `index`th of the file, is or holds.
    fn survives(&self, text: &str, index: u64) -> Option<usize> {
        let is_value = index.checked_sub(self.first_text).is_some_and(|at| at % 2 == 1);
        let print = is_to_prove(text).then(|| self.replacer.print_of(text.as_bytes()));
        let is_among = |prints: &Prints| print.is_some_and(|at| self.is_among(prints, text, at));
        let looked = &self.looked_for;
        let survives = is_value && is_among(&looked.among_values)
            || match self.policy {
                Policy::Strict | Policy::Structure => is_among(&looked.prints),
                Policy::Secrets => is_among(&looked.wholes),
            };
        if survives {
            return Some(text.chars().count());
        }
        let parts = if self.policy == Policy::Secrets { credentials(text) } else { Vec::new() };
        let mut parts = parts.into_iter().filter_map(|part| text.get(part));
        let part = parts.find(|part| {
            is_to_prove(part)
                && self.is_among(&looked.prints, part, self.replacer.print_of(part.as_bytes()))
        });
        part.map(|part| part.chars().count())
    }

    /// Only [`Proof::is_value`] is asked from now on, of texts longer than those that may meet: half of the memory goes.
    #[must_use]
    pub fn for_texts_beside(mut self) -> Proof {
        self.replacer.forget_given();
        let prints = std::mem::take(&mut self.looked_for.prints);
        self.looked_for = LookedFor { prints, ..LookedFor::default() };
        self
    }

    /// Whether a text is a value of the original that went and is no name as well: with [`Policy::Strict`] and
    /// [`Policy::Structure`] a whole text, with [`Policy::Secrets`] a credential. Of fewer than six characters none is.
    ///
    /// Cost: a hash of the text and a lookup.
    pub fn is_value(&self, text: &str) -> bool {
        is_to_prove(text)
            && self.is_among(&self.looked_for.prints, text, self.replacer.print_of(text.as_bytes()))
    }

    /// What stands for a number of six digits may well be the number of another order; that says nothing.
    fn is_among(&self, prints: &Prints, text: &str, print: u64) -> bool {
        prints.has(print) && !self.replacer.stands_for_another(text, print)
    }
}
