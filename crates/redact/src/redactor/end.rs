//! How a redaction ends: whole, cut off, or given up.

use std::io::Write;

use super::{Redactor, State};
use crate::Policy;
use crate::coverage::Coverage;
use crate::error::{Error, Result};
use crate::kinds::Kinds;
use crate::named::Suspects;
use crate::proof::Proof;
use crate::replace::{Key, Replacer};
use crate::roles::Roles;
use crate::strings::Strings;

impl<W: Write> Redactor<W> {
    /// Ends the snapshot and gives back where it was written to, what was done, and the means to prove it.
    ///
    /// Errors: the bytes ended too early, or the last of them could not be written.
    pub fn finish(mut self) -> Result<(W, Coverage, Proof)> {
        let (coverage, proof) = self.complete()?;
        Ok((self.out, coverage, proof))
    }

    /// As [`Redactor::finish`], where the result is needed also after an error: nothing may be fed any more, and
    /// [`Redactor::into_out`] gives it.
    ///
    /// Errors: as those of [`Redactor::finish`].
    pub fn complete(&mut self) -> Result<(Coverage, Proof)> {
        if !matches!(self.state, State::Ended) {
            let section = String::from_utf8_lossy(&self.key).into_owned();
            return Err(Error::CutOff { offset: self.offset, section });
        }
        self.flush()?;
        self.out.flush()?;
        let mut strings = self.take_strings();
        // What told what to do with the texts has done so.
        strings.let_go_of_roles();
        self.kinds = Kinds::default();
        if let Some(map) = &mut strings.map {
            map.flush()?;
        }
        let mut coverage = std::mem::take(&mut self.coverage);
        coverage.bytes_read = self.offset;
        coverage.strings = strings.count() as u64;
        coverage.became_equal = strings.replacer.met;
        let replacer = strings.replacer;
        let words = self.words.iter().map(|word| replacer.print_of(word.as_bytes()));
        let looked_for = strings.fates.settle(words)?;
        let proof = Proof {
            policy: self.policy,
            replacer,
            looked_for,
            first_text: self.first_text,
            nodes: coverage.nodes,
            edges: coverage.edges,
        };
        Ok((coverage, proof))
    }

    /// Ends a snapshot that was cut off, or that [`Redactor::feed`] could not redact further:
    /// [`Redactor::into_out`] gives where it was written to.
    ///
    /// Texts that were held back come as with [`Policy::Strict`]: the names that they stand under may be among those
    /// that are missing.
    ///
    /// Errors: it could not be written.
    pub fn cut_off(&mut self) -> Result<()> {
        if let Some(held) = self.held.take() {
            self.named = None;
            self.strings.begin_again(Policy::Strict, Suspects::default());
            self.again(held)?;
        }
        self.flush()?;
        self.out.flush()?;
        Ok(())
    }

    /// Whether the texts that were held back have begun to come, as with [`Policy::Secrets`]. What ends after that and before
    /// it is proven has to be removed: it is neither whole, nor without values.
    pub fn has_given_back(&self) -> bool {
        self.is_given_back
    }

    /// Lets go of the texts that were held back, where nobody waits for them any more.
    pub fn let_go(&mut self) {
        self.held = None;
        self.named = None;
    }

    /// Where the result is written to, with what was written so far.
    pub fn into_out(self) -> W {
        self.out
    }

    /// The strings, in place of which there are none.
    pub(super) fn take_strings(&mut self) -> Strings {
        let none = Replacer::new(Key::new([0; 32]));
        let none = Strings::new(self.policy, Roles::default(), none, None, &self.spool);
        std::mem::replace(&mut self.strings, none)
    }
}
