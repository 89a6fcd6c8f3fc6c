//! Text that comes line by line.

use std::borrow::Cow;
use std::ops::Range;

use crate::told::{Fate, Mark, Told};
use crate::{Rules, flow, mask_of};

/// Longer lines are masked piece by piece, cut where no credential is.
const PIECE: usize = 64 << 10;

/// Masks lines, and what goes over several of them: private keys, blocks of YAML under a telling name, the value that
/// follows a telling name, the argument after a telling one.
#[derive(Debug)]
pub struct Lines {
    rules: &'static Rules,
    /// Within a private key: how many words stand before its lines, as a log's time does.
    within_key: Option<usize>,
    told: Told,
    masked: u64,
}

impl Default for Lines {
    fn default() -> Lines {
        Lines { rules: Rules::standard(), within_key: None, told: Told::default(), masked: 0 }
    }
}

impl Lines {
    /// A line without what should not be seen; `None` for a line that is left out as a whole.
    pub fn mask(&mut self, line: &str) -> Option<String> {
        self.marked(line, Mark::None)
    }

    /// As [`Lines::mask`], for a line that others of its document tell of.
    pub(crate) fn marked(&mut self, line: &str, mark: Mark) -> Option<String> {
        let text = match self.told.line(self.rules, line, mark) {
            Fate::Out => return None,
            Fate::Masked(range, rule) => self.without(line, vec![(range, rule)]),
            Fate::Stays => self.without(line, flow::of_line(line)),
        };
        self.line(&text)
    }

    /// A line with masks in place of these parts, which are in order.
    pub(crate) fn without<'a>(
        &mut self,
        line: &'a str,
        parts: Vec<(Range<usize>, &'static str)>,
    ) -> Cow<'a, str> {
        if parts.is_empty() {
            return Cow::Borrowed(line);
        }
        let (mut text, mut at) = (String::with_capacity(line.len()), 0);
        for (range, rule) in parts {
            text.push_str(line.get(at..range.start).unwrap_or_default());
            text.push_str(&mask_of(rule));
            at = range.end;
            // What is masked already was counted.
            let part = line.get(range).unwrap_or_default();
            self.masked += u64::from(!part.contains("[REDACTED:"));
        }
        text.push_str(line.get(at..).unwrap_or_default());
        Cow::Owned(text)
    }

    fn line(&mut self, line: &str) -> Option<String> {
        if let Some(words) = self.within_key {
            if line.contains("-----END") {
                self.within_key = None;
                return None;
            }
            if looks_like_key(line) || words > 0 && looks_like_key(after_words(line, words)) {
                return None;
            }
            // It was cut off, or only spoken of.
            self.within_key = None;
        }
        let begins = line.contains("PRIVATE KEY") && !line.contains("-----END");
        if let (Some(at), true) = (line.find("-----BEGIN"), begins) {
            self.within_key = Some(line[..at].split_whitespace().count());
        }
        Some(self.pieces(line))
    }

    /// How many credentials were masked.
    pub fn masked(&self) -> u64 {
        self.masked
    }

    fn pieces(&mut self, line: &str) -> String {
        let mut text = String::with_capacity(line.len());
        let mut rest = line;
        while rest.len() > PIECE {
            let (piece, after) = rest.split_at(self.rules.cut(rest, PIECE));
            self.piece(piece, &mut text);
            rest = after;
        }
        self.piece(rest, &mut text);
        text
    }

    fn piece(&mut self, piece: &str, text: &mut String) {
        let masked = self.rules.mask(piece);
        if let Cow::Owned(masked) = &masked {
            let count = |text: &str| text.matches("[REDACTED:").count() as u64;
            self.masked += count(masked).saturating_sub(count(piece));
        }
        text.push_str(&masked);
    }
}

/// Whether a line can be one within a private key: base64, or a header of it.
fn looks_like_key(line: &str) -> bool {
    let line = line.trim();
    line.is_empty()
        || line.contains(": ") && line.len() < 80
        || line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=\\".contains(&byte))
            && line.len() <= 128
}

/// A line without its first words.
fn after_words(line: &str, words: usize) -> &str {
    let skip = |rest: &str| rest.find(char::is_whitespace).unwrap_or(rest.len());
    (0..words).fold(line.trim_start(), |rest, _| rest[skip(rest)..].trim_start())
}
